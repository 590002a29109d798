"""Connections and channels of hub.yaml, held to the table of settings that their connector describes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic_core import PydanticCustomError

from connectors.addresses import why_no_address
from connectors.fields import Description, Face, Field, OAuth2, name_of
from connectors.registry import KINDS, load
from hub.model.references import is_reference
from hub.workspace.entries import read_duration
from hub.workspace.places import find, key_of, problem_at
from mappings import Node, Problem, nearest

EVERY = timedelta(minutes=15)
ON_PAGE = "page"
_YES = {"yes": True, "true": True, "no": False, "false": False}
LEAST_EVERY = timedelta(minutes=1)
OWN = (
    "kind",
    "every",
    "allow_private",
    "name",
    "owner",
    "sign_in",
    "adopt",
)  # the hub's own words in a connection or channel


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """A connection or channel: its settings as written, secrets still as ${ENV_NAME}."""

    slug: str
    kind: str
    name: str
    settings: Mapping[str, str]
    allow_private: tuple[str, ...]
    every: timedelta
    owner: str = ""
    sign_in: str = ""  # a way to sign in by its name; "" as the settings say; ON_PAGE: all of it is done on the page
    adopt: bool = False  # the file takes a connection over that was made on the page


def read_tools(
    path: str, root: Node | None, section: str, entries: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, ToolSettings], list[Problem]]:
    """Read the connections or the channels of hub.yaml; what is wrong with one does not hide the others."""
    found: dict[str, ToolSettings] = {}
    problems: list[Problem] = []
    face = Face.SOURCE if section == "connections" else Face.CHANNEL
    for slug, entry in entries.items():
        tool, more = _Tool(path, root, section, slug, entry, face).read()
        problems.extend(more)
        found[slug] = tool
    return found, problems


class _Tool:
    def __init__(
        self, path: str, root: Node | None, section: str, slug: str, entry: Mapping[str, Any], face: Face
    ) -> None:
        self.path, self.root, self.section, self.slug, self.entry, self.face = path, root, section, slug, entry, face

    def read(self) -> tuple[ToolSettings, list[Problem]]:
        problems: list[Problem] = []
        kind = str(self.entry.get("kind") or "")
        description = load(kind).describe() if kind in KINDS else None
        if description is None:
            message = f"there is no tool of kind {kind!r}" if kind else "a kind is missing: say which tool this is"
            spot = self._at("kind") if kind else self._name(self.slug)
            problems.append(self._problem(spot, message, "unknown-kind", nearest(kind, KINDS)))
        elif self.face not in description.faces:
            verb = "be read" if self.face is Face.SOURCE else "be told"
            problems.append(self._problem(self._at("kind"), f"{description.title} cannot {verb}", "wrong-kind"))
        else:
            problems.extend(self._fields(description))
        every = EVERY
        networks: tuple[str, ...] = ()
        try:
            every = self._every(problems)
            networks = self._networks(problems)
        except PydanticCustomError as wrong:
            problems.append(self._problem(self._at("every"), wrong.message(), wrong.type))
        own = {name: str(value) for name, value in self.entry.items() if name not in OWN and value is not None}
        return ToolSettings(
            self.slug,
            kind,
            str(self.entry.get("name") or self.slug),
            own,
            networks,
            every,
            str(self.entry.get("owner") or ""),
            str(self.entry.get("sign_in") or ""),
            _YES.get(str(self.entry.get("adopt") or "").lower(), False),
        ), problems

    def _fields(self, description: Description) -> Iterator[Problem]:
        known = {field.name: field for field in description.all_fields()}
        for name, value in self.entry.items():
            if name in OWN and name not in known:
                continue
            if name not in known:
                near = nearest(name, [*known, *OWN])
                yield self._problem(self._name(name), f"unknown setting {name!r}", "unknown-field", near)
            elif value is None:
                yield self._problem(self._name(name), f"{name} has no value", "empty")
            elif not isinstance(value, str):
                yield self._problem(self._at(name), f"{name} takes a text", "wrong-type")
            else:
                yield from self._value(known[name], value)
        yield from self._own_words(description)
        if str(self.entry.get("sign_in") or "") == ON_PAGE:
            return
        for name in dict.fromkeys(self._missing(description)):
            yield self._problem(self._name(self.slug), f"{name} is missing: {known[name].help}", "missing-field")

    def _own_words(self, description: Description) -> Iterator[Problem]:
        """Look at what a connection says of how it is signed in, and by whom it is kept."""
        named, adopt = self.entry.get("sign_in"), self.entry.get("adopt")
        ways = [name_of(way) for way in description.auth]
        if named is not None and (self.face is not Face.SOURCE or str(named) not in {*ways, ON_PAGE}):
            told = f"sign_in is one of {', '.join(dict.fromkeys([*ways, ON_PAGE]))}"
            yield self._problem(self._at("sign_in"), told, "choice", nearest(str(named), [*ways, ON_PAGE]))
        if adopt is not None and (self.face is not Face.SOURCE or str(adopt).lower() not in _YES):
            yield self._problem(self._at("adopt"), "adopt is yes or no", "wrong-type")
        if str(named or "") == ON_PAGE:
            for name in self.entry:
                if name not in OWN:
                    told = f"{name} is set on the page, where this connection is made (sign_in: page)"
                    yield self._problem(self._name(name), told, "on-page")

    def _missing(self, description: Description) -> list[str]:
        named = str(self.entry.get("sign_in") or "")
        ways = [way for way in description.auth if not named or name_of(way) == named] or list(description.auth)
        lacking = [
            ([field.name for field in way.fields if field.required and not self.entry.get(field.name)], way)
            for way in ways
        ]
        missing, chosen = min(lacking, key=lambda one: len(one[0]), default=([], None))
        if isinstance(chosen, OAuth2) and chosen.grant == "authorization_code" and Face.SITES in description.faces:
            return missing  # the rest comes with the site that is chosen after the sign-in
        return missing + [f.name for f in description.settings if f.required and not self.entry.get(f.name)]

    def _value(self, field: Field, value: str) -> Iterator[Problem]:
        if field.secret and not is_reference(value):
            name = f"{self.slug}_{field.name}".upper().replace("-", "_")
            yield self._problem(
                self._at(field.name),
                f"{field.name} is a secret: write ${{{name}}} and set it in the environment",
                "secret-in-file",
            )
        if field.kind == "url" and "${" not in value and (why := why_no_address(value)):
            yield self._problem(self._at(field.name), f"{field.name} is not a web address: {why}", "address")
        if field.choices and value not in field.choices:
            near = nearest(value, field.choices)
            yield self._problem(
                self._at(field.name), f"{field.name} is one of {', '.join(field.choices)}", "choice", near
            )

    def _every(self, problems: list[Problem]) -> timedelta:
        written = self.entry.get("every")
        if written is None:
            return EVERY
        every = read_duration(written)
        if not isinstance(every, timedelta):
            problems.append(self._problem(self._at("every"), "write a duration such as 15 minutes", "duration"))
            return EVERY
        if every < LEAST_EVERY:
            problems.append(self._problem(self._at("every"), "the shortest interval is 1 minute", "duration"))
        return every

    def _networks(self, problems: list[Problem]) -> tuple[str, ...]:
        written = self.entry.get("allow_private") or ()
        listed = [written] if isinstance(written, str) else list(written)
        for position, network in enumerate(listed):
            try:
                ipaddress.ip_network(str(network))
            except ValueError:
                problems.append(
                    self._problem(
                        find(self.root, self.section, self.slug, "allow_private", position),
                        f"{network!r} is not a network such as 10.1.0.0/16",
                        "network",
                    )
                )
        return tuple(str(network) for network in listed)

    def _at(self, name: str) -> Node | None:
        return find(self.root, self.section, self.slug, name)

    def _name(self, name: str) -> Node | None:
        path = (self.section, name) if name == self.slug else (self.section, self.slug, name)
        return key_of(self.root, *path)

    def _problem(self, node: Node | None, message: str, code: str, near: str = "") -> Problem:
        return problem_at(self.path, node, message, code, suggestion=near)
