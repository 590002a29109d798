"""Rules and their revisions: what a key result's value stands on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from hub.store.tables_okr import rules


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One revision of a key result's rule; `body` is what mappings.Rule.from_json takes."""

    id: int
    key_result_id: int
    revision: int
    digest: str
    body: Mapping[str, Any]
    connection: str
    selection_id: int | None
    created_at: datetime
    author: str
    evaluated_at: datetime | None
    words: Mapping[str, Mapping[str, int]] | None = None  # per field, on how many items at the last accepted reading


def _shape(row: Row[Any]) -> RuleRow:
    return RuleRow(
        row.id,
        row.key_result_id,
        row.revision,
        row.digest,
        row.body,
        row.connection,
        row.selection_id,
        row.created_at,
        row.author,
        row.evaluated_at,
        row.words,
    )


def current_rule(tx: Connection, key_result_id: int) -> RuleRow | None:
    row = tx.execute(
        select(rules).where(rules.c.key_result_id == key_result_id, rules.c.is_current.is_(True))
    ).one_or_none()
    return None if row is None else _shape(row)


def current_rules_on(tx: Connection, selection_ids: Sequence[int]) -> list[RuleRow]:
    """Return the current rules that read any of the selections."""
    rows = tx.execute(
        select(rules).where(rules.c.is_current.is_(True), rules.c.selection_id.in_(selection_ids)).order_by(rules.c.id)
    )
    return [_shape(row) for row in rows]


def put_rule(
    tx: Connection,
    *,
    key_result_id: int,
    digest: str,
    body: Mapping[str, Any],
    connection: str,
    selection_id: int,
    author: str,
    now: datetime,
) -> int:
    """Make a rule current. The same digest keeps its revision (its comments may change), another one gets the next."""
    current = current_rule(tx, key_result_id)
    if current is not None and current.digest == digest:
        tx.execute(update(rules).where(rules.c.id == current.id).values(body=dict(body), selection_id=selection_id))
        return current.revision
    retire_rule(tx, key_result_id)
    last = tx.execute(
        select(func.max(rules.c.revision)).where(rules.c.key_result_id == key_result_id)
    ).scalar_one_or_none()
    revision = (last or 0) + 1
    tx.execute(
        rules.insert().values(
            key_result_id=key_result_id,
            revision=revision,
            digest=digest,
            body=dict(body),
            connection=connection,
            selection_id=selection_id,
            created_at=now,
            author=author,
            is_current=True,
            evaluated_at=None,
        )
    )
    return revision


def retire_rule(tx: Connection, key_result_id: int) -> None:
    """Leave a key result without a rule; its revisions stay."""
    tx.execute(update(rules).where(rules.c.key_result_id == key_result_id).values(is_current=False))


def note_evaluated(
    tx: Connection, rule_id: int, now: datetime, words: Mapping[str, Mapping[str, int]] | None = None
) -> None:
    """Note that a value was recorded, with the words that its items had: per field, on how many of them."""
    tx.execute(update(rules).where(rules.c.id == rule_id).values(evaluated_at=now, words=words))


def forget_evaluated(tx: Connection, selection_ids: Collection[int]) -> None:
    """Note that the items below the current rules on these selections moved, and no value stands on that yet.

    Stored with the items themselves, so that a reader killed right after them leaves the work to the next one.
    """
    if selection_ids:
        tx.execute(
            update(rules)
            .where(rules.c.is_current.is_(True), rules.c.selection_id.in_(sorted(selection_ids)))
            .values(evaluated_at=None)
        )


def revisions(tx: Connection, key_result_id: int) -> list[RuleRow]:
    """Return every revision, the newest first."""
    rows = tx.execute(select(rules).where(rules.c.key_result_id == key_result_id).order_by(rules.c.revision.desc()))
    return [_shape(row) for row in rows]
