"""INSERT ... ON CONFLICT in the one shape that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


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
    # Rows are bound one by one (executemany): a statement with all rows in it would be compiled anew each time.
    statement = _insert(tx, table)
    changes = {
        name: statement.excluded[name]
        for name in rows[0]
        if name not in by and name not in keep and (set_ is None or name not in set_)
    }
    changes.update(set_ or {})
    if changes:
        statement = statement.on_conflict_do_update(index_elements=list(by), set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(by))
    tx.execute(statement, [dict(row) for row in rows])


def insert_new(tx: Connection, table: Table, row: Mapping[str, Any], *, by: Sequence[str]) -> bool:
    """Insert a row unless one with the same `by` columns is there; say whether it was new."""
    # Asked for by RETURNING: on PostgreSQL the row count of such an insert is unknown (-1).
    statement = _insert(tx, table).on_conflict_do_nothing(index_elements=list(by)).returning(table.c[by[0]])
    return tx.execute(statement, dict(row)).first() is not None


def insert_all_new(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, by: Sequence[str], returning: str
) -> set[Any]:
    """Insert the rows that are not there by the columns `by`; return the column named of those that were new.

    No two of the rows may be the same by those columns.
    """
    if not rows:
        return set()
    statement = _insert(tx, table).on_conflict_do_nothing(index_elements=list(by)).returning(table.c[returning])
    return {row[0] for row in tx.execute(statement, [dict(row) for row in rows])}


def _insert(tx: Connection, table: Table) -> Any:
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)
