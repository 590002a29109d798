"""The answers we read: ids and pages as typed structs, strict about what is needed; what issues hold as it came.

Shapes: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (search/jql, jql/match, issue/bulkfetch).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from connectors.errors import Unexpected
from connectors.lenient import loosely, member, parts
from connectors.tame import describe, instant, shape

NEVER = -1  # in place of a time that cannot be read: the issue counts as changed at each look


class IssueId(Struct):
    """An issue of which only the id was asked; a server tells its key as well, whatever that is."""

    id: str | int
    key: Any = ""


class IdPage(Struct, rename="camel"):
    """A page of ids. The token is absent on the last page."""

    issues: list[IssueId] = []
    next_page_token: str | None = None
    is_last: bool | None = None


class _When(Struct):
    updated: Any = None


class Stamp(Struct):
    """An issue and when it last changed."""

    id: str | int
    fields: _When

    @property
    def at(self) -> int:
        """When it last changed, in milliseconds since 1970; NEVER where that cannot be read."""
        return milliseconds(self.fields.updated)


class StampPage(Struct, rename="camel"):
    """A page of stamps."""

    issues: list[Stamp] = []
    next_page_token: str | None = None
    is_last: bool | None = None


class ServerIds(Struct, rename="camel"):
    """A page of ids as Data Center gives it."""

    start_at: int
    total: int
    issues: list[IssueId] = []


class ServerStamps(Struct, rename="camel"):
    """A page of stamps as Data Center gives it."""

    start_at: int
    total: int
    issues: list[Stamp] = []


class Match(Struct, rename="camel"):
    """Which of the issues asked about one query holds, or why it cannot be answered."""

    matched_issues: list[int]
    errors: list[str] = []


class Matches(Struct):
    """One match per query, in the order asked."""

    matches: list[Match]


class Parent(Struct):
    key: str
    id: str = ""


class _Below(Struct):
    updated: Any = None
    parent: Parent | None = None


class Child(Struct):
    """An issue, when it last changed, and what it belongs to."""

    id: str | int
    fields: _Below
    key: Any = ""

    @property
    def at(self) -> int:
        """When it last changed, in milliseconds since 1970; NEVER where that cannot be read."""
        return milliseconds(self.fields.updated)


class ChildPage(Struct, rename="camel"):
    """A page of issues that have a parent."""

    issues: list[Child] = []
    next_page_token: str | None = None
    is_last: bool | None = None


# What every read asks for.
STANDARD = (
    "summary",
    "status",
    "issuetype",
    "created",
    "updated",
    "labels",
    "statuscategorychangedate",
    "resolutiondate",
    "duedate",
    "assignee",
    "parent",
    "priority",
    "resolution",
)


class Issue(Struct):
    """An issue: its id, and the rest as it came. What is in `fields` is judged one by one, by items.py."""

    id: str
    key: object
    fields: dict[str, Any]


class IssueError(Struct, rename="camel"):
    """An issue that Jira could not return this time. One that does not exist is simply left out."""

    id: str = ""
    error_message: str = ""


class Envelope(Struct, rename="camel"):
    """What is around issues: the cloud's `issue_errors`, Data Center's `start_at` and `total`."""

    issues: list[Any] = []
    issue_errors: list[IssueError] = []
    start_at: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Bodies:
    """The issues asked for, as far as they exist."""

    issues: list[Issue]
    issue_errors: list[IssueError]
    start_at: int
    total: int


ids = msgspec.json.Decoder(IdPage)
server_ids = msgspec.json.Decoder(ServerIds)
server_stamps = msgspec.json.Decoder(ServerStamps)
children = msgspec.json.Decoder(ChildPage)
stamps = msgspec.json.Decoder(StampPage)
matches = msgspec.json.Decoder(Matches)


def bodies(body: bytes) -> Bodies:
    """Decode issues. Raises Unexpected for another envelope, and for an issue that has no id."""
    try:
        whole = loosely(body)
    except ValueError as broken:
        raise Unexpected("jira sent what is not JSON") from broken
    page = shape(whole, Envelope, "jira")
    issues = [_read(one, f"issues[{i}]") for i, one in enumerate(page.issues)]
    return Bodies(issues, page.issue_errors, page.start_at, page.total)


def _read(whole: object, where: str) -> Issue:
    id = member(whole, "id")
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str):
        raise Unexpected(f"jira changed shape at {where}.id: expected digits, found {describe(id)}")
    number(id, f"{where}.id")
    return Issue(id, member(whole, "key"), parts(member(whole, "fields")))


def milliseconds(at: object) -> int:
    """Return a time as milliseconds since 1970, the one spelling in JQL that no time zone bends; NEVER for none."""
    if not isinstance(at, str | datetime):
        return NEVER
    try:
        return round(instant(at).timestamp() * 1000)
    except (ValueError, OverflowError):
        return NEVER


def number(id: str | int, path: str) -> int:
    """Return an id as a number. Raises Unexpected naming the path for anything else."""
    text = str(id)
    if isinstance(id, bool) or not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unexpected(f"jira changed shape at {path}: expected digits, found text")
    return int(text)
