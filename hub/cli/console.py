"""What the commands share: where they stand and how they speak."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hub.cli.exits import EXIT_PROBLEM, complain
from hub.settings import Settings
from hub.store import Store
from hub.store.migrate import upgrade
from hub.workspace import Declaration, read_workspace
from hub.workspace.folder import Reading

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

workspace_option = click.option(
    "--workspace",
    "-w",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder that holds hub.yaml (default: OKRHUB_WORKSPACE, or the current folder).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def settings_for(workspace: Path | None, **changes: Any) -> Settings:
    """Return the settings with the workspace of the command line, if one was given."""
    if workspace is not None:
        changes["workspace"] = workspace
    return Settings(**changes)


def require_workspace(settings: Settings, *, keeps_files: bool = False) -> None:
    """End the command when its data would lie in a folder that is no workspace: an empty database would be made there.

    `keeps_files` is for a command that keeps files beside the database too.
    """
    is_elsewhere = settings.data is not None or (settings.database_url and not keeps_files)
    if not is_elsewhere and not (settings.workspace / "hub.yaml").is_file():
        complain(
            f"there is no hub.yaml in {settings.workspace.resolve()}: go to your workspace, name it by "
            "OKRHUB_WORKSPACE, or begin one with `okrhub init`"
        )
        raise SystemExit(EXIT_PROBLEM)


def open_store(settings: Settings) -> Store:
    """Open the database and bring it up to date; it is closed when the command ends."""
    store = Store(settings.database)
    click.get_current_context().call_on_close(store.close)
    upgrade(store)
    return store


def now() -> datetime:
    return datetime.now(UTC)


def print_json(value: Any) -> None:
    """Print one JSON value; decimals as numbers, times as ISO text."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def show_problems(reading: Reading) -> None:
    """Print every problem with its line and a caret under the word."""
    for problem in reading.problems:
        click.echo(str(problem), err=True)
        text = reading.texts.get(problem.path)
        if text:
            click.echo(problem.caret(text), err=True)
    errors = sum(1 for problem in reading.problems if problem.severity == "error")
    warnings = sum(1 for problem in reading.problems if problem.severity == "warning")
    if errors or warnings:
        click.echo(f"{count(errors, 'error')}, {count(warnings, 'warning')}", err=True)


def declared(settings: Settings) -> Declaration:
    """Read the workspace; its problems are printed and end the command with exit code 1."""
    reading = read_workspace(settings.workspace)
    if reading.declaration is None:
        show_problems(reading)
        raise SystemExit(EXIT_PROBLEM)
    return reading.declaration


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
