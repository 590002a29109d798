"""The items that selections hold: pages of a read stored whole, and who belongs where."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from connectors.shapes import ATTRIBUTES, Absence, Scalar, State, WorkItem, seen_by
from hub.store.tables_work import items, memberships, selections
from hub.store.upsert import upsert

KEYS_A_STATEMENT = 400
LONGEST_TITLE = 300  # characters; Jira itself allows 255
LONGEST_WHY = 200  # characters of what is wrong with a value


def save_items(tx: Connection, connection_id: int, read: Sequence[WorkItem], asked: frozenset[str]) -> None:
    """Store items as they were read, fields by id. They merge: one that this read did not ask for keeps its value.

    A field that was asked for (`asked` holds ids) and is missing from the answer is missing afterwards: its absence
    must show. So is one that came and cannot be read; and one that could not be read stays so until it is asked for.
    """
    known: dict[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {}
    columns = items.c.key, items.c.fields, items.c.unreadable
    for stretch in _stretches([item.key for item in read]):
        found = tx.execute(select(*columns).where(items.c.connection_id == connection_id, items.c.key.in_(stretch)))
        known.update((row.key, (row.fields, row.unreadable or {})) for row in found)
    rows = []
    for item in read:
        fields, unreadable = known.get(item.key, ({}, {}))
        # an id with an "@" is the connector's own, and every read brings all of these
        kept = {id: value for id, value in fields.items() if id not in asked and "@" not in id}
        odd = {
            id: why
            for id, why in unreadable.items()
            if id not in asked and "@" not in id and id not in ATTRIBUTES and id not in item.fields
        }
        rows.append(_item_row(connection_id, item, kept, odd))
    upsert(tx, items, rows, by=["connection_id", "key"])


def _item_row(connection_id: int, item: WorkItem, known: Mapping[str, Any], odd: Mapping[str, str]) -> dict[str, Any]:
    """Return the row of an item. `known` and `odd` are fields that this read did not ask for, and why not readable."""
    unreadable = {**odd, **item.unreadable}
    return {
        "connection_id": connection_id,
        "key": item.key,
        "ref": _clean(item.ref),
        "title": _clean(item.title)[:LONGEST_TITLE],
        "state": item.state.value,
        "status": _clean(item.status),
        "type": _clean(item.type),
        "url": _clean(item.url),
        "created": item.created,
        "updated": item.updated,
        "done": item.done,
        "due": item.due if not isinstance(item.due, datetime) else None,
        "due_at": item.due if isinstance(item.due, datetime) else None,
        "assignee": None if item.assignee is None else _clean(item.assignee),
        "parent": item.parent,
        "labels": sorted(_clean(label) for label in item.labels),
        "fields": {**known, **{id: _pack(value) for id, value in item.fields.items()}},
        "unreadable": {name: _clean(why)[:LONGEST_WHY] for name, why in unreadable.items()} or None,
        "gone_at": None,
        "gone_because": None,
    }


def set_memberships(
    tx: Connection, connection_id: int, now_in: Mapping[str, Iterable[int]], asked: Sequence[int]
) -> set[int]:
    """Set which of the selections asked about hold each item; return the selections that gained or lost one."""
    moved: set[int] = set()
    held: dict[str, set[int]] = {key: set() for key in now_in}
    for stretch in _stretches(list(now_in)):
        found = tx.execute(
            select(memberships.c.item_key, memberships.c.selection_id).where(
                memberships.c.connection_id == connection_id,
                memberships.c.item_key.in_(stretch),
                memberships.c.selection_id.in_(asked),
            )
        )
        for row in found:
            held[row.item_key].add(row.selection_id)
    joined: list[dict[str, Any]] = []
    for key, wanted in now_in.items():
        wanted_ids = set(wanted) & set(asked)
        for selection_id in held[key] - wanted_ids:
            tx.execute(
                delete(memberships).where(memberships.c.selection_id == selection_id, memberships.c.item_key == key)
            )
            moved.add(selection_id)
        for selection_id in wanted_ids - held[key]:
            joined.append({"selection_id": selection_id, "connection_id": connection_id, "item_key": key})
            moved.add(selection_id)
    upsert(tx, memberships, joined, by=["selection_id", "item_key"], keep=["connection_id"])
    return moved


def selections_of(tx: Connection, connection_id: int, keys: Sequence[str]) -> set[int]:
    """Return the selections that hold any of the items."""
    found: set[int] = set()
    for stretch in _stretches(list(keys)):
        rows = tx.execute(
            select(memberships.c.selection_id)
            .where(memberships.c.connection_id == connection_id, memberships.c.item_key.in_(stretch))
            .distinct()
        )
        found.update(row.selection_id for row in rows)
    return found


def members(tx: Connection, selection_ids: Sequence[int]) -> dict[str, set[int]]:
    """Return the item keys that the selections hold, each with the selections that hold it."""
    held: dict[str, set[int]] = {}
    rows = tx.execute(
        select(memberships.c.item_key, memberships.c.selection_id).where(memberships.c.selection_id.in_(selection_ids))
    )
    for row in rows:
        held.setdefault(row.item_key, set()).add(row.selection_id)
    return held


def drop_members(tx: Connection, selection_ids: Sequence[int], keys: Sequence[str]) -> None:
    for stretch in _stretches(list(keys)):
        tx.execute(
            delete(memberships).where(
                memberships.c.selection_id.in_(selection_ids), memberships.c.item_key.in_(stretch)
            )
        )


def bury(
    tx: Connection, connection_id: int, keys: Sequence[str], now: datetime, because: Mapping[str, Absence] | None = None
) -> None:
    """Mark items as not in the tool any more, or not visible, and why. They are kept: history names them.

    Of one that is marked already, a reason takes the place of "nobody knows", and not the other way round.
    """
    told = because or {}
    for why in Absence:
        for stretch in _stretches([key for key in keys if told.get(key, Absence.UNKNOWN) is why]):
            these = (items.c.connection_id == connection_id) & items.c.key.in_(stretch)
            tx.execute(
                update(items).where(these, items.c.gone_at.is_(None)).values(gone_at=now, gone_because=why.value)
            )
            if why is not Absence.UNKNOWN:
                tx.execute(update(items).where(these, items.c.gone_because != why.value).values(gone_because=why.value))


def absences(tx: Connection, connection_id: int, keys: Collection[str]) -> dict[str, Absence]:
    """Return which of the items the tool does not show any more, and why, as far as it told."""
    found: dict[str, Absence] = {}
    for stretch in _stretches(sorted(keys)):
        rows = tx.execute(
            select(items.c.key, items.c.gone_because).where(
                items.c.connection_id == connection_id, items.c.key.in_(stretch), items.c.gone_at.is_not(None)
            )
        )
        found.update((row.key, Absence(row.gone_because or Absence.UNKNOWN)) for row in rows)
    return found


def unbury(tx: Connection, connection_id: int, keys: Sequence[str]) -> None:
    """Note that items are visible again."""
    for stretch in _stretches(list(keys)):
        tx.execute(
            update(items)
            .where(items.c.connection_id == connection_id, items.c.key.in_(stretch), items.c.gone_at.is_not(None))
            .values(gone_at=None, gone_because=None)
        )


def buried(tx: Connection, connection_id: int) -> set[str]:
    found = tx.execute(select(items.c.key).where(items.c.connection_id == connection_id, items.c.gone_at.is_not(None)))
    return {row.key for row in found}


def selection_items(tx: Connection, selection_id: int) -> Iterator[WorkItem]:
    """Yield the items a selection holds, by key, with the names that its own rules have for their fields."""
    names = tx.execute(select(selections.c.fields).where(selections.c.id == selection_id)).scalar_one_or_none() or {}
    rows = tx.execute(
        select(items)
        .join(
            memberships,
            (memberships.c.connection_id == items.c.connection_id) & (memberships.c.item_key == items.c.key),
        )
        .where(memberships.c.selection_id == selection_id, items.c.gone_at.is_(None))
        .order_by(items.c.key)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        yield seen_by(_work_item(row), names)


def member_count(tx: Connection, selection_id: int) -> int:
    found = tx.execute(select(func.count()).select_from(memberships).where(memberships.c.selection_id == selection_id))
    return int(found.scalar_one())


def _work_item(row: Row[Any]) -> WorkItem:
    unreadable = row.unreadable or {}
    return WorkItem(
        key=row.key,
        ref=row.ref,
        title=row.title,
        state=State(row.state),
        status=row.status,
        type=row.type,
        url=row.url,
        created=row.created,
        updated=row.updated,
        done=row.done,
        due=row.due_at if row.due_at is not None else row.due,
        assignee=row.assignee,
        parent=row.parent,
        labels=frozenset(row.labels),
        fields={id: _unpack(value) for id, value in row.fields.items() if id not in unreadable},
        unreadable=unreadable,
    )


# Control characters drive terminals and end PostgreSQL's texts; overrides turn what follows around on a page.
_HARMFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def _clean(text: str) -> str:
    """Drop what no person sees and what harms those who do not."""
    return _HARMFUL.sub("", text)


def _pack(value: Scalar) -> Any:
    """Turn a field into JSON that says what it was: numbers stay exact."""
    match value:
        case Decimal():
            return {"n": str(value)}
        case datetime():
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case timedelta():
            return {"us": value // timedelta(microseconds=1)}
        case tuple():
            return [_clean(part) for part in value]
        case str():
            return _clean(value)
    return value


def _unpack(value: Any) -> Scalar:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        if "n" in value:
            return Decimal(value["n"])
        if "us" in value:
            return timedelta(microseconds=value["us"])
        return datetime.fromisoformat(value["t"]) if "t" in value else date.fromisoformat(value["d"])
    unpacked: Scalar = value
    return unpacked


def _stretches(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        yield keys[start : start + KEYS_A_STATEMENT]
