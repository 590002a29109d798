"""okrhub db: the database's own commands."""

from __future__ import annotations

import click

from hub.cli.console import open_store, require_workspace
from hub.cli.exits import EXIT_CLEAN
from hub.settings import Settings
from hub.store.migrate import revision_now


@click.group()
def db() -> None:
    """Look after the database."""


@db.command(name="upgrade")
def upgrade_command() -> int:
    """Bring the database to the newest revision. `okrhub up` does it by itself; platforms run it at a release."""
    settings = Settings()
    require_workspace(settings)
    store = open_store(settings)
    click.echo(f"the database is at revision {revision_now(store)}")
    return EXIT_CLEAN
