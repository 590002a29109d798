"""okrhub plan and okrhub apply."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import click
from rich.markup import escape

from hub.cli.console import declared, json_option, now, open_store, out, print_json, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PENDING, EXIT_PROBLEM, complain
from hub.flows.plan import Applied, NotAdopted
from hub.flows.plan import apply as apply_declaration
from hub.flows.plan import plan as plan_declaration
from hub.jobs import ring_channels, ring_connection
from hub.model.words import STATUS_WORDS
from hub.queue import Bell

SIGNS = {"create": "[green]+[/green]", "change": "[yellow]~[/yellow]", "archive": "[red]-[/red]"}


@click.command()
@workspace_option
@json_option
def plan(workspace: Path | None, as_json: bool) -> int:
    """Show what applying the files would change, values and statuses included. Changes nothing.

    Exits with 2 when there are changes, 0 when files and hub say the same, 1 when the files have errors.
    """
    settings = settings_for(workspace)
    declaration = declared(settings)
    try:
        found = plan_declaration(open_store(settings), declaration, now=now(), environ=os.environ)
    except NotAdopted as problem:
        complain(str(problem))
        return EXIT_PROBLEM
    if as_json:
        print_json(_as_json(found))
    else:
        show(found, "would be applied")
    return EXIT_CLEAN if found.is_clean else EXIT_PENDING


@click.command()
@workspace_option
@json_option
def apply(workspace: Path | None, as_json: bool) -> int:
    """Make the hub say what the files say. What files no longer name is archived, never deleted."""
    settings = settings_for(workspace)
    declaration = declared(settings)
    store = open_store(settings)
    try:
        done = apply_declaration(store, declaration, now=now(), who=_who(), environ=os.environ)
    except NotAdopted as problem:
        complain(str(problem))
        return EXIT_PROBLEM
    bell = Bell(settings.redis)
    if bell.is_up():
        for connection_id in done.connections:
            ring_connection(store, bell, connection_id)
        ring_channels(store, bell, done.channels)
    if as_json:
        print_json(_as_json(done))
    else:
        show(done, "applied")
    return EXIT_CLEAN


def show(found: Applied, ending: str) -> None:
    """Print changes and outlooks for people."""
    for change in found.changes:
        out.print(f"{SIGNS[change.verb]} {change.noun} {escape(change.slug)}")
        for field, before, after in change.details:
            arrow = f"{before} → {after}" if before else after
            out.print(f"    {escape(f'{field}: {arrow}')}", style="dim")
    for one in found.outlooks:
        if one.note:
            out.print(f"  {escape(one.key)}: {escape(one.note)}")
            continue
        value = f"{one.numbers.bare(one.value)} → {one.numbers.bare(one.new_value)}"
        status = STATUS_WORDS[one.new_status]
        if one.status is not one.new_status:
            status = f"{STATUS_WORDS[one.status]} → {status}"
        out.print(f"  {escape(one.key)}: {value}, {status}")
    for sentence in found.private:
        out.print(f"[yellow]private:[/yellow] {escape(sentence)}")
    for sentence in found.ignored:
        out.print(f"[yellow]not taken:[/yellow] {escape(sentence)}")
    if found.is_clean:
        out.print("Files and hub say the same: nothing to change.")
    else:
        out.print(f"{len(found.changes)} {'change' if len(found.changes) == 1 else 'changes'} {ending}.")


def _as_json(found: Applied) -> dict[str, object]:
    return {
        "changes": [
            {
                "verb": change.verb,
                "noun": change.noun,
                "slug": change.slug,
                "fields": [
                    {"field": field, "before": before, "after": after} for field, before, after in change.details
                ],
            }
            for change in found.changes
        ],
        "key_results": [
            {
                "key": one.key,
                "value": one.value,
                "new_value": one.new_value,
                "status": one.status,
                "new_status": one.new_status,
                "note": one.note,
            }
            for one in found.outlooks
        ],
        "private_routes": list(found.private),
        "not_taken": list(found.ignored),
    }


def _who() -> str:
    return os.environ.get("OKRHUB_USER") or getpass.getuser()
