"""okrhub secrets: the keys that seal what is stored."""

from __future__ import annotations

from pathlib import Path

import click

from connectors.errors import Misconfigured
from hub.cli.console import count, err, now, open_store, out, require_workspace, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.cli.user import who_runs
from hub.flows.connect import rotate_keys
from hub.vault import open_vault


@click.group()
def secrets() -> None:
    """Look after the keys that seal secrets in the database."""


@secrets.command()
@workspace_option
@click.option("--reseal-only", is_flag=True, help="Make no new key: seal with the first one there is.")
def rotate(workspace: Path | None, reseal_only: bool) -> int:
    """Make a new key and seal every stored secret with it. The hub may go on running.

    An old key stays in the file for an hour, for what was being stored meanwhile; the next rotation forgets it. With
    OKRHUB_VAULT_KEYS put the new key first there, on every machine, then run this.
    """
    settings = settings_for(workspace)
    require_workspace(settings, keeps_files=True)
    vault = open_vault(settings)
    try:
        done = rotate_keys(
            open_store(settings), vault, who=who_runs("okrhub secrets"), now=now(), new_key=not reseal_only
        )
    except Misconfigured as problem:
        complain(problem.told)
        return EXIT_PROBLEM
    out.print(f"{count(done.sealed, 'secret')} sealed anew.")
    if done.left:
        err.print(
            f"{count(done.left, 'older key')} kept for an hour; nothing stored needs it. Rotate again to forget it."
        )
    return EXIT_CLEAN
