"""okrhub connections and okrhub scopes: what is connected, and what can be picked from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from connectors.errors import ConnectorError
from hub.cli.console import count, err, json_option, now, open_store, out, print_json, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.cli.user import who_runs
from hub.flows.connect import Connected, Desk, NotThere, list_connected, pick
from hub.model.words import say_age
from hub.vault import open_vault


@click.command(name="connections")
@workspace_option
@json_option
def connections_command(workspace: Path | None, as_json: bool) -> int:
    """Show what is connected: for whom each speaks, how its reading stands, when its sign-in ends.

    Exits with 1 when one is broken, or nobody has signed in to it.
    """
    found = list_connected(open_store(settings_for(workspace)))
    if as_json:
        print_json([_plain(one) for one in found])
    else:
        for one in found:
            _show(one)
        if not found:
            err.print("nothing is connected: `okrhub connect KIND`, or name a tool in hub.yaml")
    return EXIT_PROBLEM if any(one.row.state == "broken" or not one.is_signed_in for one in found) else EXIT_CLEAN


@click.command()
@workspace_option
@json_option
@click.argument("connection")
@click.argument("query", default="")
def scopes(workspace: Path | None, as_json: bool, connection: str, query: str) -> int:
    """List what CONNECTION can select, with the line for a mapping. QUERY narrows by name or key."""
    settings = settings_for(workspace)
    desk = Desk(open_store(settings), open_vault(settings), os.environ, who_runs("okrhub scopes"))
    try:
        found = pick(desk, connection, query, now)
    except NotThere:
        complain(f"there is no connection {connection!r}: `okrhub connections` lists them")
        return EXIT_PROBLEM
    except ConnectorError as problem:
        complain(problem.told)
        return EXIT_PROBLEM
    if as_json:
        print_json(
            [
                {"kind": one.scope.kind, "name": one.scope.name, "url": one.scope.url, "select": one.line}
                for one in found
            ]
        )
        return EXIT_CLEAN
    for one in found:
        out.print(f"[bold]{escape(one.scope.name)}[/bold]  [dim]{escape(one.scope.kind)}[/dim]")
        out.print(f"    {one.line}", markup=False)
    if not found:
        err.print("nothing like that can be picked with this account: what it cannot see is not listed")
    return EXIT_CLEAN


def _show(one: Connected) -> None:
    row = one.row
    state = "not signed in" if not one.is_signed_in else row.state
    colour = {"ok": "green", "waiting": "yellow"}.get(state, "red")
    read = f"read {say_age(row.last_ok_at, now())}" if row.last_ok_at else "never read"
    account = f", as {row.account}" if row.account else ""
    out.print(
        f"[bold]{escape(row.slug)}[/bold]  {escape(one.title)}{escape(account)}  [{colour}]{state}[/{colour}], {read}, "
        f"{count(one.key_results, 'key result')}"
    )
    if row.problem:
        out.print(f"    {row.problem}", markup=False)
    for name, why in row.missing:
        out.print(f"    {name} is missing: {why}", markup=False)
    if one.lapses_at is not None and one.ends_soon(now()):
        ended = "ended" if one.lapses_at <= now() else "ends"
        out.print(f"    the sign-in {ended} on {one.lapses_at:%Y-%m-%d}: sign in again", markup=False)


def _plain(one: Connected) -> dict[str, Any]:
    row = one.row
    return {
        "slug": row.slug,
        "name": row.title,
        "kind": row.kind,
        "is_provided": row.is_provided,
        "state": row.state,
        "problem": row.problem,
        "last_ok_at": row.last_ok_at,
        "next_due_at": row.next_due_at,
        "is_signed_in": one.is_signed_in,
        "account": row.account,
        "sees": row.sees,
        "missing": [{"permission": name, "why": why} for name, why in row.missing],
        "owner": row.owner,
        "lapses_at": one.lapses_at,
        "key_results": one.key_results,
    }
