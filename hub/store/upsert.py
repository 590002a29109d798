"""INSERT ... ON CONFLICT in the one shape that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


class Fixed(dict[str, Any]):
    """What an update sets, made once for all: told apart by identity, so that its statement can be kept."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


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
    build = _upsert_known if set_ is None or isinstance(set_, Fixed) else _upsert_statement
    statement = build(tx.dialect.name, table, tuple(rows[0]), tuple(by), tuple(keep), set_)
    if isinstance(set_, Fixed) and len(rows) > 1:
        # With RETURNING SQLAlchemy sends many rows in one statement: one call to the driver in place of one a row.
        statement = _told(statement, table, by[0])
    tx.execute(statement, [dict(row) for row in rows])


def _upsert_statement(
    dialect: str,
    table: Table,
    columns: Sequence[str],
    by: Sequence[str],
    keep: Sequence[str],
    set_: Mapping[str, Any] | None,
) -> Any:
    statement = _insert(dialect, table)
    changes = {
        name: statement.excluded[name]
        for name in columns
        if name not in by and name not in keep and (set_ is None or name not in set_)
    }
    changes.update(set_ or {})
    if changes:
        return statement.on_conflict_do_update(index_elements=list(by), set_=changes)
    return statement.on_conflict_do_nothing(index_elements=list(by))


# Building a statement costs more than running it: those that are always the same are kept.
_upsert_known = lru_cache(maxsize=256)(_upsert_statement)


@lru_cache(maxsize=64)
def _told(statement: Any, table: Table, column: str) -> Any:
    return statement.returning(table.c[column])


def insert_new(tx: Connection, table: Table, row: Mapping[str, Any], *, by: Sequence[str]) -> bool:
    """Insert a row unless one with the same `by` columns is there; say whether it was new."""
    # Asked for by RETURNING: on PostgreSQL the row count of such an insert is unknown (-1).
    statement = _insert_new_statement(tx.dialect.name, table, tuple(by), by[0])
    return tx.execute(statement, dict(row)).first() is not None


def insert_all_new(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, by: Sequence[str], returning: str
) -> set[Any]:
    """Insert the rows that are not there by the columns `by`; return the column named of those that were new.

    No two of the rows may be the same by those columns.
    """
    if not rows:
        return set()
    statement = _insert_new_statement(tx.dialect.name, table, tuple(by), returning)
    return {row[0] for row in tx.execute(statement, [dict(row) for row in rows])}


@lru_cache(maxsize=64)
def _insert_new_statement(dialect: str, table: Table, by: Sequence[str], returning: str) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=list(by)).returning(table.c[returning])


def _insert(dialect: str, table: Table) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
