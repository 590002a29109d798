"""INSERT ... ON CONFLICT in the one shape that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

ROWS_A_STATEMENT = 500


def upsert(
    tx: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: Sequence[str],
    keep: Sequence[str] = (),
    set_: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows, or update those that exist by the columns `by`, leaving the columns `keep` as they were.

    `set_` overrides what an update sets, by column name.
    """
    if not rows:
        return
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        stretch = [dict(row) for row in rows[start : start + ROWS_A_STATEMENT]]
        statement = make(table).values(stretch)
        changes = {
            name: statement.excluded[name]
            for name in stretch[0]
            if name not in by and name not in keep and (set_ is None or name not in set_)
        }
        changes.update(set_ or {})
        if changes:
            statement = statement.on_conflict_do_update(index_elements=list(by), set_=changes)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=list(by))
        tx.execute(statement)


def insert_new(tx: Connection, table: Table, row: Mapping[str, Any], *, by: Sequence[str]) -> bool:
    """Insert a row unless one with the same `by` columns is there; say whether it was new."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    statement = make(table).values(dict(row)).on_conflict_do_nothing(index_elements=list(by))
    return bool(tx.execute(statement).rowcount)
