"""The form by which a tool is connected, drawn from its connector's own table, and read back."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from connectors.addresses import why_no_address
from connectors.errors import Misconfigured
from connectors.fields import ApiToken, Description, Face, Field, OAuth2, name_of
from connectors.registry import KINDS, load
from hub.flows.connect.refusal import NotThere, Refused
from hub.model.references import REFERENCE
from hub.opening import Way
from hub.store.connected import SecretSet
from hub.store.connections import ConnectionRow
from hub.vault import is_sealed

T = TypeVar("T")

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST = 4000  # letters of one setting
EVERY = timedelta(minutes=15)
LEAST_EVERY, MOST_EVERY = 1, 7 * 24 * 60  # minutes
_WORDS = {"url": "address", "id": "ID", "api": "API"}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that can be connected, and the ways to sign in to it: (name, title)."""

    kind: str
    title: str
    docs: str
    ways: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a form. `is_set` says by whom and when a secret was set that is not shown again."""

    field: Field
    label: str
    value: str = ""
    is_set: SecretSet | None = None
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form for one way to sign in to one tool. Entries that nobody has to fill in are under `more`."""

    tool: Tool
    way: str
    way_title: str
    entries: tuple[Entry, ...]
    more: tuple[Entry, ...]
    is_redirect: bool  # people agree at the tool itself
    takes_end: bool  # a token whose end the tool does not tell: a person may say it


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form said, once it can be right. `fresh` are the secrets that were pasted."""

    slug: str
    settings: Mapping[str, str]
    allow_private: tuple[str, ...]
    every: timedelta
    lapses_on: date | None
    fresh: frozenset[str]


def list_tools() -> list[Tool]:
    """Return the tools that can be read, by title."""
    found = [load(kind).describe() for kind in KINDS]
    return sorted((tool_of(one) for one in found if Face.SOURCE in one.faces), key=lambda one: one.title)


def tool_of(described: Description) -> Tool:
    ways = tuple((name_of(way), way.title) for way in described.auth)
    return Tool(described.kind, described.title, described.docs, ways)


def describe(kind: str) -> Description:
    """Return what a tool says of itself. Raises NotThere when there is none that can be read."""
    try:
        described = load(kind).describe()
    except Misconfigured:
        raise NotThere(f"There is no tool called {kind[:40]!r}.") from None
    if Face.SOURCE not in described.faces:
        raise NotThere(f"{described.title} holds no work to read.")
    return described


def way_named(described: Description, name: str) -> Way:
    """Return a way to sign in by its name, the first when none is named. Raises NotThere."""
    found = next((way for way in described.auth if not name or name_of(way) == name), None)
    if found is None:
        raise NotThere(f"{described.title} has no such way to sign in.")
    return found


def draw_form(
    kind: str,
    way: str = "",
    *,
    row: ConnectionRow | None = None,
    secrets: Mapping[str, SecretSet] | None = None,
    given: Mapping[str, str] | None = None,
) -> Form:
    """Draw the form for a tool, filled with what a connection is set to, or with what was given. Secrets are not.

    Raises NotThere for a tool or a way that does not exist.
    """
    described = describe(kind)
    chosen = way_named(described, way or (row.way if row is not None else ""))
    lines: list[Entry] = []
    more: list[Entry] = []
    for field in fields_of(described, chosen):
        held = {} if row is None else row.settings
        is_set = None
        if field.secret and is_sealed(held.get(field.name, "")):
            is_set = (secrets or {}).get(field.name)
        value = "" if field.secret else (given if given is not None else held).get(field.name, "")
        is_needed = field.required and is_set is None and not _comes_by_site(described, chosen, field)
        entry = Entry(field, label_of(field), value, is_set, is_needed)
        (lines if field.required or value else more).append(entry)
    return Form(
        tool_of(described),
        name_of(chosen),
        chosen.title,
        tuple(lines),
        tuple(more),
        isinstance(chosen, OAuth2) and chosen.grant == "authorization_code",
        isinstance(chosen, ApiToken),
    )


def read_form(kind: str, way: str, given: Mapping[str, str], *, row: ConnectionRow | None = None) -> Filled:
    """Read what a form said. Raises Refused with every field that cannot be right, and NotThere."""
    described = describe(kind)
    chosen = way_named(described, way)
    settings: dict[str, str] = {}
    fresh: set[str] = set()
    problems: list[Refused] = []
    fields = fields_of(described, chosen)
    leads_elsewhere = row is not None and _leads_elsewhere(fields, row.settings, given)
    for field in fields:
        text = given.get(field.name, "").strip()
        held = "" if row is None else row.settings.get(field.name, "")
        if field.secret and not text and held and leads_elsewhere:
            words = (
                f"An address is another one now: paste {label_of(field).lower()} again, so that the stored one goes "
                "nowhere it was not meant for."
            )
            problems.append(Refused(words, field.name))
            continue
        if field.secret and not text and held:
            settings[field.name] = held  # sealed, or as a file says it
            continue
        is_needed = field.required and not _comes_by_site(described, chosen, field)
        _or_note(problems, partial(_check, field, text, is_needed=is_needed), None)
        if text:
            settings[field.name] = text
            if field.secret:
                fresh.add(field.name)
    slug = row.slug if row is not None else given.get("slug", "").strip()
    if not SLUG.fullmatch(slug) or len(slug) > 63:
        problems.append(Refused("The name has small letters, digits and single hyphens, such as jira-main.", "slug"))
    networks: tuple[str, ...] = _or_note(problems, lambda: _networks(given.get("allow_private", "")), ())
    every = _or_note(problems, lambda: _every(given.get("every", ""), row), EVERY)
    lapses_on = None
    if isinstance(chosen, ApiToken):
        lapses_on = _or_note(problems, lambda: _day(given.get("lapses_on", "")), None)
    if problems:
        raise Refused(str(problems[0]), problems[0].field, problems[1:])
    return Filled(slug, settings, networks, every, lapses_on, frozenset(fresh))


def _or_note(problems: list[Refused], read: Callable[[], T], otherwise: T) -> T:
    """Return what is read of a form; where it is refused, note that and return something in its place."""
    try:
        return read()
    except Refused as problem:
        problems.append(problem)
        return otherwise


def fields_of(described: Description, way: Way) -> tuple[Field, ...]:
    """Return the fields of one way to sign in, then the settings, each name once."""
    return tuple({field.name: field for field in reversed((*way.fields, *described.settings))}.values())[::-1]


def label_of(field: Field) -> str:
    """Return a field's name in words."""
    words = " ".join(_WORDS.get(word, word) for word in field.name.split("_"))
    return {"base_url": "Address"}.get(field.name, words[0].upper() + words[1:])


def _comes_by_site(described: Description, way: Way, field: Field) -> bool:
    """Whether a setting may be left to the choice of a site that follows the sign-in."""
    return isinstance(way, OAuth2) and Face.SITES in described.faces and field not in way.fields


def _leads_elsewhere(fields: Sequence[Field], held: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Whether a form would send what is stored to another host than before, of anybody's choice."""
    return any(
        _host(given[one.name].strip()) != _host(held.get(one.name, "") or one.default)
        for one in fields
        if one.kind == "url" and given.get(one.name, "").strip()
    )


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return address


def _check(field: Field, text: str, *, is_needed: bool) -> None:
    label = label_of(field)
    if not text:
        if is_needed:
            raise Refused(f"{label} is missing. {field.help}", field.name)
        return
    if len(text) > LONGEST or not text.isprintable():
        raise Refused(f"{label} is one line of at most {LONGEST} letters.", field.name)
    if REFERENCE.search(text) or is_sealed(text):
        raise Refused(f"{label}: ${{NAME}} works in hub.yaml alone. Paste the value itself.", field.name)
    if field.kind == "url" and (why := why_no_address(text)):
        raise Refused(f"{label} is not a web address: {why}.", field.name)
    if field.kind == "int" and not text.isdigit():
        raise Refused(f"{label} is a whole number.", field.name)
    if field.choices and text not in field.choices:
        raise Refused(f"{label} is one of {', '.join(field.choices)}.", field.name)


def _networks(given: str) -> tuple[str, ...]:
    found = []
    for text in given.replace(",", " ").split():
        try:
            found.append(str(ipaddress.ip_network(text)))
        except ValueError:
            raise Refused(f"{text[:40]!r} is not a network such as 10.1.0.0/16.", "allow_private") from None
    return tuple(found)


def _every(given: str, row: ConnectionRow | None) -> timedelta:
    if not given.strip():
        return EVERY if row is None else row.every
    if not given.strip().isdigit() or not LEAST_EVERY <= int(given) <= MOST_EVERY:
        raise Refused(f"Say in minutes how often it is read: {LEAST_EVERY} to {MOST_EVERY}.", "every")
    return timedelta(minutes=int(given))


def _day(given: str) -> date | None:
    if not given.strip():
        return None
    try:
        return date.fromisoformat(given.strip())
    except ValueError:
        raise Refused("Write the day on which the token expires as 2027-03-31.", "lapses_on") from None
