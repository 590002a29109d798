"""Bringing a database to the newest revision, by Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.store.engine import Store


def upgrade(store: Store, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction: two processes that start at once take turns.

    There is no way back: a backup made before is the way to an older version.
    """
    config = _config()
    with store.write() as tx:
        if tx.dialect.name == "postgresql":
            tx.exec_driver_sql("SELECT pg_advisory_xact_lock(741852963)")
        config.attributes["connection"] = tx
        command.upgrade(config, to)


def revision_now(store: Store) -> str | None:
    """Return the revision that the database is at; None when it is empty."""
    with store.read() as tx:
        return MigrationContext.configure(tx).get_current_revision()


@cache
def newest_revision() -> str | None:
    """Return the newest revision that this version of the hub has."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
