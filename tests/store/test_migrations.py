"""The database that the migrations make is the one that the tables describe, and history is only ever added to."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

import hub
from hub.store import Store
from hub.store.migrate import revision_now, upgrade
from hub.store.schema import metadata

APPEND_ONLY = {"measurements", "status_changes", "check_ins", "audit", "receipts", "comments"}


def test_migrations_and_tables_do_not_differ(store: Store) -> None:
    with store.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(tx).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing(store: Store) -> None:
    before = revision_now(store)
    upgrade(store)
    assert revision_now(store) == before == "0008"


def test_two_processes_that_upgrade_an_empty_database_at_once_take_turns(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/down/hub.db"
    assert revision_now(Store(url)) is None
    problems: list[BaseException] = []

    def run() -> None:
        own = Store(url)
        try:
            upgrade(own)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert problems == []
    assert revision_now(Store(url)) == "0008"


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    with store.write() as tx:
        tx.execute(text("CREATE TABLE threads (id INTEGER)"))  # in the way of the first migration's last tables
    with pytest.raises(Exception, match="threads"):
        upgrade(store)
    with store.read() as tx:
        assert inspect(tx).get_table_names() == ["threads"]


@pytest.mark.usefixtures("real_disk")
def test_sqlite_writers_wait_and_readers_see_one_picture(sqlite_store: Store) -> None:
    with sqlite_store.read() as tx:
        pragmas = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15000, "synchronous": 2}


def test_a_reader_keeps_its_picture_while_another_writes(sqlite_store: Store) -> None:
    number = text("SELECT count(*) FROM counts")
    with sqlite_store.read() as reader:
        assert reader.execute(number).scalar_one() == 0
        with sqlite_store.write() as writer:
            writer.execute(text("INSERT INTO counts (name, label, number) VALUES ('a', 'b', 1)"))
        assert reader.execute(number).scalar_one() == 0
    with sqlite_store.read() as reader:
        assert reader.execute(number).scalar_one() == 1


def test_an_exception_rolls_the_transaction_back(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write() as tx:
            tx.execute(text("INSERT INTO counts (name, label, number) VALUES ('a', 'b', 1)"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_and_fail()
    with store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM counts")).scalar_one() == 0


def written_over(source: str) -> set[str]:
    """Return the tables that a module passes to update() or delete(), or calls those methods of."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name("update" | "delete"):
                    found.update(one.id for one in node.args if isinstance(one, ast.Name))
                case ast.Attribute(ast.Name(table), "update" | "delete"):
                    found.add(table)
    return found


def test_no_function_changes_or_deletes_what_is_only_added_to() -> None:
    folder = Path(hub.__file__).parent
    found = {path.name: written_over(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")}
    assert {"key_results", "outbox", "touched"} <= set().union(*found.values())  # the search finds what there is
    assert {name: tables & APPEND_ONLY for name, tables in found.items() if tables & APPEND_ONLY} == {}
