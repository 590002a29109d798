"""The shapes that cross the line between a tool and the hub: frozen, vendor-free, no I/O.

Every `datetime` is aware (UTC unless said otherwise), every number a `Decimal`, every key the tool's stable id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType

Scalar = str | Decimal | bool | date | datetime | timedelta | tuple[str, ...] | None
Cursor = NewType("Cursor", str)  # opaque: written and read only by the connector that made it


class State(StrEnum):
    """Where a piece of work stands, whatever its tool calls it."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Select:
    """What a rule asks a tool for: its own query, or a picker such as {project: PAY}; one of the two.

    `fields` are the tool's own field names (or ids) that rules on this selection mention;
    the name `points` stands for the tool's notion of story points. `refs` are what people call items that rules on
    this selection mention (PAY-1), whatever else an item of that name is called by now.
    """

    query: str = ""
    picker: Mapping[str, str] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """A slice of a tool that rules read: the canonical native query and what it is called.

    `fields` maps each name asked for in `Select.fields` to the tool's id of that field; of several ids with commas
    between, the first in which an item holds a value counts. It may map `status` as well, where what the tool calls an
    item's status depends on where one looks from (Asana's section in *this* project). Two scopes may give one name two
    ids: each sees an item by its own (`seen_by`). `aliases` maps what `Select.refs` named to what the tool calls that
    item now: another name where it was renamed (an issue that moved to another project).
    """

    kind: str  # "jql", "project", "board", "plan"
    key: str  # stable: the same query always has the same key; never a display name
    name: str
    query: str
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def field_ids(self) -> frozenset[str]:
        """The ids of all fields that the scope looks at."""
        return frozenset(id for ids in self.fields.values() for id in ids.split(","))


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One issue, task or card, as every tool must present it.

    A connector keys `fields` by the tool's own ids: an item is read once for all scopes, and `seen_by` gives each the
    names that its rules use. An id asked for that is missing from the mapping was *absent* from the tool's answer
    (renamed, removed, not visible); None is a field without a value. Ids with an "@" in them are the connector's own:
    every read of an item carries all of them that it has. A connector leaves `points` to `seen_by`.

    `unreadable` says of an attribute (by its name here) or a field (by its id) that the tool sent something which
    nobody can read, and what; the value itself is then left out. `created` and `updated`, which every item has, take
    the best other date instead. `due` is a day where the tool sends one, and an instant where it sends that.
    """

    key: str  # the tool's stable id
    ref: str  # what people call it, such as PAY-412
    title: str
    state: State
    status: str  # the tool's own word, kept for people
    type: str
    url: str
    created: datetime
    updated: datetime
    done: datetime | None = None
    due: date | datetime | None = None
    assignee: str | None = None
    points: Decimal | None = None
    parent: str | None = None
    labels: frozenset[str] = frozenset()
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


POINTS, STATUS = "points", "status"  # the names in `Scope.fields` that stand for the attributes of these names
OWN = "fields."  # before the name of one of the tool's own fields in `unreadable`, once an item is seen by a scope
NOT_A_NUMBER = "found text where a number was expected"


def seen_by(item: WorkItem, fields: Mapping[str, str]) -> WorkItem:
    """Return an item as one scope sees it: with that scope's names for fields, and its own points and status.

    `fields` is the scope's. What it does not name is left out, save a gauge's one number. In `unreadable` the tool's
    own fields stand by name behind "fields.".
    """
    named: dict[str, Scalar] = {"value": item.fields["value"]} if item.fields.keys() == {"value"} else {}
    unreadable = {name: why for name, why in item.unreadable.items() if name in ATTRIBUTES}
    points, status = item.points, item.status
    for name, ids in fields.items():
        held = [id for id in ids.split(",") if id in item.fields or id in item.unreadable]
        id = next(
            (id for id in held if id in item.unreadable or item.fields[id] is not None), held[0] if held else None
        )
        if id is None:
            continue
        if id in item.unreadable:
            unreadable[name if name in (POINTS, STATUS) else OWN + name] = item.unreadable[id]
            continue
        value = item.fields[id]
        if name == STATUS and isinstance(value, str):
            status = value
            unreadable.pop(STATUS, None)
            continue
        if name == POINTS:
            number = plain_decimal(value)
            if value is not None and number is None:
                unreadable[POINTS] = NOT_A_NUMBER
                continue
            points = value = number
        named[name] = value
    return replace(item, points=points, status=status, fields=named, unreadable=unreadable)


def plain_decimal(value: Scalar) -> Decimal | None:
    """Return a number, or text that is plainly one such as "3" or "2.5"; None for anything else."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,28}(?:\.[0-9]{1,28})?", re.ASCII)
ATTRIBUTES = frozenset(WorkItem.__dataclass_fields__) - {"fields", "unreadable"}


class Absence(StrEnum):
    """Why an item that was there is not there any more, as far as its tool tells."""

    DELETED = "deleted"
    HIDDEN = "hidden"  # it exists, and the account may not see it any more
    UNKNOWN = "unknown"  # the tool answers the same for both


@dataclass(frozen=True, slots=True)
class Roll:
    """A roll call: of the items that `scopes` hold, only those whose key is in `keys` are still there.

    `exact` is true when every key in `keys` is a member of the one scope named, so that a key the hub does
    not hold yet has joined; otherwise `keys` is a wider set (all that lives in the bounding projects).
    """

    scopes: frozenset[str]
    keys: frozenset[str]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a read. Safe to store, and safe to resume from, on its own.

    `memberships` says for each item looked at which of the scopes asked about hold it *now*;
    an empty set means none. An item in `items` is always in `memberships`. `remarks` are sentences that people should
    know of a scope, such as that no list of its board means done: they take the place of those said before, where the
    scope's key is in it.
    """

    items: tuple[WorkItem, ...] = ()
    memberships: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()  # keys the tool says do not exist, or may not be seen
    gone_because: Mapping[str, Absence] = field(default_factory=dict)  # of `gone`, where the tool tells the two apart
    cursor: Cursor | None = None  # where the next read starts once this page is stored
    total: int | None = None  # how many items the whole read covers, if the tool says
    rolls: tuple[Roll, ...] = ()  # on the last page
    # Scopes that the tool has nothing to show for at present, by key, each with why: what is held of them stands, and
    # no page of this read says anything of them. On the first page.
    resting: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by scope's key: see `Scope.aliases`
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # scope key -> what people should know


@dataclass(frozen=True, slots=True)
class Sample:
    """A number the tool works out itself: an Excel cell, a goal's metric."""

    name: str
    value: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One inbound HTTP request, kept whole: signatures are over raw bytes and full URLs."""

    method: str
    url: str  # the public URL the tool was given, not the one a proxy rewrote
    headers: Mapping[str, str]  # lower-case names
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer a tool demands before it will send events."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    secret: str | None = None  # learned in the handshake; the hub stores it


@dataclass(frozen=True, slots=True)
class Event:
    """A doorbell: which work moved. Never a source of values.

    Some say something of the webhook itself, and name no work: `renew` (it lapses soon), `removed` (the tool has
    dropped it: it is made anew), `missed` (events went by unheard: everything is read in full). Any other kind rings.
    """

    key: str  # unique per connection and the same on every redelivery
    item_keys: tuple[str, ...] = ()
    kind: str = "changed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A live webhook at the tool, and when it lapses."""

    key: str  # the tool's id of it
    scope_key: str
    expires_at: datetime | None = None
    secret: str | None = None  # where the tool, not the hub, made it and tells it in its answer


@dataclass(frozen=True, slots=True)
class Missing:
    """A permission that the sign-in does not have, in the tool's own word, and what does not work without it."""

    scope: str  # "read:jira-work"
    why: str  # "epics and issues cannot be read"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a connection speaks for, and what that account can see. `expires_at` where the tool tells it."""

    name: str  # "ana@acme.example"
    sees: str = ""  # "12 projects, 3 boards"; empty where it was not asked
    missing: tuple[Missing, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One of the places that a sign-in reaches, and the settings that lead a connection to it."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transition:
    """An item's step from one status to the next, as its tool remembers it."""

    item_key: str
    at: datetime
    was: str  # the tool's own word; empty where the item came into being
    now: str
    state: State | None = None  # what `now` stands for; None for a status that the tool has no more


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """What the hub may write back beside the work. Whoever writes the same `key` to the same target again replaces
    what stands there, where the tool can; all texts are plain.
    """

    key: str  # stable: "okr-hub:faster-checkout/ship-epics"
    target: str  # the tool's own key of what is written to, as a person writes it: PAY-1
    by: str  # one of `Description.write_backs`
    title: str  # the key result's
    text: str  # "At risk, was on track: 22 of 40 merchants"
    status: str = ""  # on_track | at_risk | off_track | achieved | missed; empty where nothing is judged yet
    value: Decimal | None = None
    percent: Decimal | None = None  # share of the way, 0..1
    link: str = ""
    field: str = ""  # for by="field": the field's name or id


class Tone(StrEnum):
    """The colour of a message. A channel always says it in words as well."""

    GOOD = "good"  # on track
    DONE = "done"  # achieved
    WARN = "warn"  # at risk
    BAD = "bad"  # off track, missed
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of why: an item and what happened to it, or a sentence alone."""

    text: str  # "reopened", "finished", "added to scope"
    ref: str = ""  # "PAY-429"
    title: str = ""  # only where the rule says `show_items: titles`
    url: str = ""
    amount: str = ""  # signed, as people read it: "+3", "−1"


SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Notification:
    """A message before it is dressed for any one channel. All texts are plain: a channel escapes them."""

    key: str  # idempotency key: the change it tells of, and the channel it goes to
    kind: str  # "status_change", or SUMMARY: its reasons are several changes, a line each
    headline: str  # "At risk, was on track"
    tone: Tone
    subject: str  # the key result's title
    link: str  # the key result's page
    was: str = ""  # the status before, in words
    now: str = ""  # the status now, in words
    value: str = ""  # "19"
    value_note: str = ""  # "of 40 merchants, 23 expected today"
    progress: Decimal | None = None  # share of the way, 0..1
    expected: Decimal | None = None  # share expected today, 0..1
    summary: str = ""  # "22 to 19"
    reasons: tuple[Reason, ...] = ()
    more_reasons: int = 0  # how many further reasons were left out
    facts: tuple[tuple[str, str], ...] = ()  # (label, text), in order
    footnote: str = ""
    thread: str = ""  # the channel's own key of the first message about this subject, if any


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a write or a send, in the tool's own terms."""

    at: datetime
    key: str = ""  # the message's id, where the tool gives one
    thread: str = ""  # the key that later messages about the same subject should name
