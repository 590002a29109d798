"""okrhub init: a commented workspace to start from."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import click

from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain

NAMES = ("hub.yaml", "okrs/company.yaml", "mappings/first.yaml", ".env.example", ".gitignore")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def init(folder: Path) -> int:
    """Write a small commented workspace into DIR: one Jira, one Slack, one objective to change.

    Nothing that is there already is overwritten.
    """
    there = [name for name in NAMES if (folder / name).exists()]
    if there:
        complain(f"{folder / there[0]} is there already: choose an empty folder")
        return EXIT_PROBLEM
    first, last = _this_quarter(date.today())  # noqa: DTZ011  (the admin's own day is meant)
    with as_file(files("hub") / "starter") as starter:
        for name in NAMES:
            source = starter / name.replace(".env.example", "env.example").replace(".gitignore", "gitignore")
            text = source.read_text(encoding="utf-8").replace("QUARTER_STARTS", f"{first}")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("QUARTER_ENDS", f"{last}"), encoding="utf-8")
            click.echo(f"wrote {target}")
    click.echo(
        f"\nNext: edit the files in {folder}, set the variables that .env.example names, then in {folder}\n"
        "  okrhub lint     checks the files\n"
        "  okrhub up       runs the hub at http://127.0.0.1:8080"
    )
    return EXIT_CLEAN


def _this_quarter(today: date) -> tuple[date, date]:
    first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    after = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return first, after - timedelta(days=1)
