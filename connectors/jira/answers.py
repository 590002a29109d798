"""The answers we read, as typed structs: strict about what is needed, blind to the rest.

Shapes: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (search/jql, jql/match, issue/bulkfetch).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType


class IssueId(Struct):
    """An issue of which only the id was asked; a server tells its key as well."""

    id: str
    key: str = ""


class IdPage(Struct, rename="camel"):
    """A page of ids. The token is absent on the last page."""

    issues: list[IssueId] = []
    next_page_token: str | None = None
    is_last: bool | None = None


class _When(Struct):
    updated: datetime


class Stamp(Struct):
    """An issue and when it last changed."""

    id: str
    fields: _When


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


class Named(Struct):
    """Anything that has a name."""

    name: str


class _Category(Struct):
    key: str


class _Status(Struct, rename="camel"):
    name: str
    status_category: _Category


class _Person(Struct, rename="camel"):
    display_name: str | None = None


class Parent(Struct):
    key: str
    id: str = ""


class _Below(Struct):
    updated: datetime
    parent: Parent | None = None


class Child(Struct):
    """An issue, when it last changed, and what it belongs to."""

    id: str
    key: str
    fields: _Below


class ChildPage(Struct, rename="camel"):
    """A page of issues that have a parent."""

    issues: list[Child] = []
    next_page_token: str | None = None
    is_last: bool | None = None


class StandardFields(Struct):
    """The fields every read asks for. What a site may hide has a default."""

    summary: str
    status: _Status
    issuetype: Named
    created: datetime
    updated: datetime
    labels: list[str] = []
    statuscategorychangedate: datetime | None = None
    resolutiondate: datetime | None = None
    duedate: str | None = None
    assignee: _Person | None = None
    parent: Parent | None = None
    priority: Named | UnsetType | None = UNSET
    resolution: Named | UnsetType | None = UNSET


STANDARD = tuple(StandardFields.__struct_fields__)


class Issue(Struct):
    """An issue as bulkfetch gives it; `fields` is StandardFields, or a struct that has these and some more."""

    id: str
    key: str
    fields: StandardFields


class IssueError(Struct, rename="camel"):
    """An issue that Jira could not return this time. One that does not exist is simply left out."""

    id: str = ""
    error_message: str = ""


class Bodies(Struct, rename="camel"):
    """The issues asked for, as far as they exist."""

    issues: list[Issue] = []
    issue_errors: list[IssueError] = []  # the cloud's
    start_at: int = 0  # this and the next are Data Center's
    total: int = 0


ids = msgspec.json.Decoder(IdPage)
server_ids = msgspec.json.Decoder(ServerIds)
server_stamps = msgspec.json.Decoder(ServerStamps)
children = msgspec.json.Decoder(ChildPage)
stamps = msgspec.json.Decoder(StampPage)
matches = msgspec.json.Decoder(Matches)


@lru_cache(maxsize=64)
def bodies_with(extra: frozenset[str]) -> msgspec.json.Decoder[Any]:
    """Return a decoder of `Bodies` whose fields carry these ids as well, untyped, UNSET where absent."""
    more = sorted(name for name in extra if name not in STANDARD)
    if not more:
        return msgspec.json.Decoder(Bodies)
    # attribute names are ours, since a field id need not be a Python name
    fields = msgspec.defstruct(
        "Fields",
        [(f"extra_{i}", Any, msgspec.field(default=UNSET, name=name)) for i, name in enumerate(more)],
        bases=(StandardFields,),
    )
    issue = msgspec.defstruct("IssueWith", [("id", str), ("key", str), ("fields", fields)])
    answer = msgspec.defstruct(
        "BodiesWith",
        [
            ("issues", list[issue], msgspec.field(default_factory=list)),  # type: ignore[valid-type]
            ("issue_errors", list[IssueError], msgspec.field(default_factory=list)),
            ("start_at", int, 0),
            ("total", int, 0),
        ],
        rename="camel",
    )
    return msgspec.json.Decoder(answer)


def value_of(fields: StandardFields, field_id: str) -> object:
    """Return a field as plain JSON values, UNSET when the answer did not have it."""
    for name, encoded in zip(type(fields).__struct_fields__, type(fields).__struct_encode_fields__, strict=True):
        if encoded == field_id:
            found = getattr(fields, name)
            return found if found is UNSET or name.startswith("extra_") else msgspec.to_builtins(found)
    return UNSET
