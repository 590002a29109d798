"""Microsoft Graph: no OpenAPI, but its calls by permission and the types of what they answer (CSDL)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

from tests.contract.exchanges import Exchange

# what the two files leave out, each with where it is described
_LEARN = "https://learn.microsoft.com/en-us/graph/"
UNDESCRIBED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/groups"), _LEARN + "api/group-list"),
    (re.compile(r"/(me|users/[^/]+)"), _LEARN + "api/user-get"),
    (re.compile(r"/organization"), _LEARN + "api/organization-get"),
    (
        re.compile(r"/(me/drive|drives/[^/]+|groups/[^/]+/drive|sites/[^/]+/drive|shares/[^/]+)(/.*)?"),
        _LEARN + "api/driveitem-get",
    ),
    (re.compile(r"/sites/[^/]+:/.*|/sites"), _LEARN + "api/site-getbypath"),
    (re.compile(r"/sites/[^/]+/lists/[^/]+(/items/[^/]+|/columns)?"), _LEARN + "api/listitem-get"),
    (
        re.compile(
            r"/(me|users/[^/]+)/todo/lists/[^/]+(/tasks/[^/]+(/checklistItems)?|/tasks/delta(\(\))?)?|/users/[^/]+/todo/lists(/delta)?"
        ),
        _LEARN + "api/resources/todo-overview",
    ),
    (re.compile(r"/users|/sites/root|/users/[^/]+/drive(/.*)?"), _LEARN + "api/resources/overview"),
    (re.compile(r"/teams/[^/]+/primaryChannel/tabs"), _LEARN + "api/channel-list-tabs"),
    (re.compile(r"/subscriptions(/[^/]+(/reauthorize)?)?"), _LEARN + "api/resources/subscription"),
)


# the type of what a call answers: an entity, or a collection of such in `value`
ANSWERS: tuple[tuple[re.Pattern[str], str, bool], ...] = (
    (re.compile(r".*/planner/plans"), "plannerPlan", True),
    (re.compile(r".*/planner/plans/[^/]+"), "plannerPlan", False),
    (re.compile(r".*/planner/plans/[^/]+/details"), "plannerPlanDetails", False),
    (re.compile(r".*/planner/plans/[^/]+/buckets"), "plannerBucket", True),
    (re.compile(r".*/planner/(plans/[^/]+/|buckets/[^/]+/)?tasks"), "plannerTask", True),
    (re.compile(r".*/planner/tasks/[^/]+"), "plannerTask", False),
    (re.compile(r".*/planner/tasks/[^/]+/details"), "plannerTaskDetails", False),
    (re.compile(r".*/todo/lists"), "todoTaskList", True),
    (re.compile(r".*/todo/lists/[^/]+"), "todoTaskList", False),
    (re.compile(r".*/todo/lists/[^/]+/tasks(/delta(\(\))?)?"), "todoTask", True),
    (re.compile(r".*/todo/lists/[^/]+/tasks/[^/]+"), "todoTask", False),
    (re.compile(r".*/workbook/.*(range(\(.*\))?|usedRange(\(.*\))?)"), "workbookRange", False),
    (re.compile(r".*/lists/[^/]+/items/[^/]+"), "listItem", False),
)


class Graph:
    """Judges calls to Graph v1.0."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _calls(self) -> list[tuple[str, re.Pattern[str]]]:
        lines = (self._folder / "graph-permissions-extract.txt").read_text().splitlines()
        found = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ /", line)]
        return [(methods, _pattern(path)) for methods, path in found]

    @cached_property
    def _types(self) -> Mapping[str, ElementTree.Element]:
        root = ElementTree.parse(self._folder / "graph-subset.csdl.xml").getroot()
        return {one.get("Name", ""): one for one in root if one.tag in {"EntityType", "ComplexType", "EnumType"}}

    def judge(self, exchange: Exchange, counts: Counter[str]) -> Iterator[str]:
        """Yield what is wrong with a call and its answer; of a batch, with each call in it."""
        if exchange.path == "/$batch" and exchange.method == "POST":
            counts["graph: batches"] += 1
            for one in parts_of(exchange):
                yield from (f"in a batch, {one.method} {one.path}: {said}" for said in self.judge(one, counts))
            return
        if any(exchange.method in methods.split(",") and p.fullmatch(exchange.path) for methods, p in self._calls):
            counts["graph: requests checked (method and path)"] += 1
        elif why := next((why for pattern, why in UNDESCRIBED if pattern.fullmatch(exchange.path)), ""):
            counts[f"graph: calls that neither file describes ({why})"] += 1
        elif exchange.is_connectors:
            yield "no permission is known for such a call, so there is none"
        if exchange.is_connectors:
            yield from self._asked(exchange, counts)
        if exchange.status is None or exchange.is_ordered or exchange.status >= 300:
            counts["graph: answers without a type, refused or ordered to be wrong"] += 1
            return
        found = next(((kind, many) for p, kind, many in ANSWERS if p.fullmatch(exchange.path)), None)
        if found is None or found[0] not in self._types or not exchange.answer:
            counts["graph: answers without a type, refused or ordered to be wrong"] += 1
            return
        counts["graph: answers checked"] += 1
        kind, is_many = found
        value = json.loads(exchange.answer)
        if is_many:
            for at, one in enumerate(value.get("value", ())):
                yield from (f"answer: value[{at}].{problem}" for problem in self._entity(one, kind))
        else:
            yield from (f"answer: {problem}" for problem in self._entity(value, kind))

    def _asked(self, exchange: Exchange, counts: Counter[str]) -> Iterator[str]:
        """Check the properties that a call selects, and those it writes, where the type is known."""
        found = next((kind for pattern, kind, _ in ANSWERS if pattern.fullmatch(exchange.path)), None)
        if found is None or found not in self._types:
            return
        properties, is_open = self._properties(found)
        for name in dict(exchange.query).get("$select", "").split(","):
            if name and name not in properties and not is_open:
                yield f"$select: a {found} has no {name}"
        if "$select" in dict(exchange.query):
            counts["graph: requests checked ($select)"] += 1
        if exchange.body and exchange.method in {"POST", "PATCH"}:
            counts["graph: requests checked (body)"] += 1
            yield from (f"the body: {problem}" for problem in self._entity(json.loads(exchange.body), found))

    def _entity(self, value: Any, kind: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"it is no {kind}"
            return
        properties, is_open = self._properties(kind)
        for name, one in value.items():
            if name.startswith("@") or "@odata." in name:
                continue
            if name not in properties:
                if not is_open:
                    yield f"{name}: a {kind} has none"
                continue
            yield from (f"{name}: {problem}" for problem in self._value(one, properties[name]))

    def _properties(self, kind: str) -> tuple[dict[str, str], bool]:
        """Return the properties of a type and of those it stands on, by name, and whether it may have any other."""
        found: dict[str, str] = {"id": "Edm.String"}
        is_open = False
        while kind in self._types:
            element = self._types[kind]
            is_open = is_open or element.get("OpenType") == "true"
            for one in element:
                if one.tag in {"Property", "NavigationProperty"}:
                    found.setdefault(one.get("Name", ""), one.get("Type", ""))
            kind = (element.get("BaseType") or "").rpartition(".")[2]
        return found, is_open or kind not in {"", "entity"}  # what it stands on is not in the subset

    def _value(self, value: Any, kind: str) -> Iterator[str]:
        if value is None:
            return
        if kind.startswith("Collection("):
            if not isinstance(value, list):
                yield "it is no list"
                return
            for at, one in enumerate(value):
                yield from (f"[{at}] {problem}" for problem in self._value(one, kind[11:-1]))
            return
        bare = kind.rpartition(".")[2]
        if kind.startswith("Edm."):
            if bare in _PLAIN and not _PLAIN[bare](value):
                yield f"{value!r} is no {bare}"
        elif bare in self._types and self._types[bare].tag == "EnumType":
            names = {one.get("Name") for one in self._types[bare]}
            if value not in names:
                yield f"{value!r} is none of {', '.join(sorted(str(n) for n in names))}"
        elif bare in self._types:
            yield from self._entity(value, bare)


def parts_of(batch: Exchange) -> list[Exchange]:
    """Return the calls of a batch as exchanges of their own. https://learn.microsoft.com/en-us/graph/json-batching"""
    try:
        asked = json.loads(batch.body)["requests"]
        answers = json.loads(batch.answer)["responses"] if batch.status == 200 and not batch.is_ordered else []
    except (ValueError, KeyError, TypeError):
        return []
    by_id = {one["id"]: one for one in answers}
    found = []
    for one in asked:
        parts, answer = urlsplit(one["url"]), by_id.get(one["id"])
        found.append(
            replace(
                batch,
                method=one["method"],
                path=unquote(parts.path),
                query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                body=json.dumps(one["body"]).encode() if "body" in one else b"",
                status=None if answer is None else answer["status"],
                answer=b"" if answer is None else json.dumps(answer.get("body")).encode(),
            )
        )
    return found


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z")
_PLAIN = {
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "Int32": lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31,
    "Int64": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "DateTimeOffset": lambda value: isinstance(value, str) and bool(_TIME.fullmatch(value)),
}


def _pattern(path: str) -> re.Pattern[str]:
    path = path.strip().partition("?")[0]
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"({[^}]+})", path))
    )
