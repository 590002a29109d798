"""A database that was filled at the first revision comes up to the newest with everything in it, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, Integer, MetaData, Numeric, Table, insert, select

from hub.store import Store
from hub.store.migrate import revision_now, upgrade
from hub.store.schema import metadata
from tests.store.postgres import another_database

FIRST = "0001"
ROWS = 3


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it, not even tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'hub.db'}"
        return
    with another_database(request.getfixturevalue("postgres_url")) as url:
        yield url


def tables_of(tx: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(tx)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def value_for(column: Any, number: int) -> Any:
    """Return a value that the column takes; rows with the same number refer to each other."""
    kind = column.type
    if column.foreign_keys or (column.primary_key and isinstance(kind, Integer)):
        return number
    if isinstance(kind, Boolean):
        return number % 2 == 0
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, Numeric):
        return Decimal(f"{number}.5")
    if isinstance(kind, JSON):
        return {"number": number}
    if isinstance(kind, Date):
        return date(2026, 10, number)
    if isinstance(kind, DateTime):
        return datetime(2026, 10, number, tzinfo=UTC)
    if getattr(kind, "length", None) == 27:  # an instant as SQLite keeps it
        return f"2026-10-{number:02d}T00:00:00.000000Z"
    return f"{column.name} {number}"


def fill(tx: Connection) -> None:
    for table in tables_of(tx):
        for number in range(1, ROWS + 1):
            tx.execute(insert(table).values({column.name: value_for(column, number) for column in table.columns}))


def contents(tx: Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row._mapping) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]
        for table in tables_of(tx)
    }


# What is read anew from the tools after an upgrade, since it was kept by names that only rules of then could tell.
READ_ANEW = {"items": {"points", "fields"}, "selections": {"joined_at", "cursor", "scope_key"}}


def test_every_row_of_the_first_revision_is_there_after_the_last(empty_url: str) -> None:
    store = Store(empty_url)
    upgrade(store, FIRST)
    with store.write() as tx:
        fill(tx)
    with store.read() as tx:
        before = contents(tx)
    assert all(len(rows) == ROWS for rows in before.values())
    upgrade(store)
    with store.read() as tx:
        after = contents(tx)
        assert compare_metadata(MigrationContext.configure(tx, opts={"compare_type": True}), metadata) == []
    for name, rows in before.items():
        stays = rows[0].keys() - READ_ANEW.get(name, set())
        assert [{column: row[column] for column in stays} for row in after[name]] == [
            {column: row[column] for column in stays} for row in rows
        ], name
    assert all(row["fields"] == {} for row in after["items"])
    assert all(row["joined_at"] is None for row in after["selections"])
    for table in metadata.sorted_tables:
        for column in table.columns:
            if not column.nullable:
                assert all(row[column.name] is not None for row in after[table.name]), f"{table.name}.{column.name}"
    store.close()


def test_what_a_tool_said_before_is_known_as_what_it_said(empty_url: str) -> None:
    store = Store(empty_url)
    upgrade(store, FIRST)
    with store.write() as tx:
        fill(tx)
    upgrade(store)
    with store.read() as tx:
        rows = {row["id"]: row for row in contents(tx)["key_results"]}
    # The second one alone has a rule that is current: the others are kept by hand.
    assert {id for id, row in rows.items() if row["automatic_at"] is not None} == {2}
    assert (rows[2]["automatic_value"], rows[2]["automatic_at"]) == (rows[2]["value"], rows[2]["measured_at"])
    store.close()


def test_several_processes_that_upgrade_at_once_take_turns(empty_url: str) -> None:
    code = (
        "import sys\n"
        "from hub.store import Store\n"
        "from hub.store.migrate import upgrade\n"
        "sys.stdin.readline()\n"
        "upgrade(Store(sys.argv[1]))\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, empty_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for one in started:
        assert one.stdin is not None
        one.stdin.write("now\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[1] for one in started]
    assert [(one.returncode, words) for one, words in zip(started, said, strict=True)] == [(0, "")] * 3
    store = Store(empty_url)
    assert revision_now(store) is not None
    upgrade(store)
    store.close()
