"""okrhub sync: read now, and watch it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from connectors.ledgers import share
from hub.cli.console import err, json_option, now, open_store, out, print_json, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.flows.sync import Synced
from hub.flows.sync import sync as sync_connection
from hub.jobs import ring_channels
from hub.kernel import name_process
from hub.model.key_result import Declared
from hub.model.kinds import Freshness
from hub.model.numbers import apart, numbers_of, say_exact
from hub.model.words import STATUS_WORDS
from hub.opening import find_unresolved
from hub.queue import Bell
from hub.shared_ledger import SharedLedger
from hub.store import Store, connections, key_results, okrs
from hub.store.connections import ConnectionRow
from hub.vault import Vault, open_vault

FAILED = frozenset({"broken", "waiting", "lost", "unresolved"})
OWN_SHELL = "This command lacks it: run it where the hub's settings are set. Nothing was changed."


@click.command()
@workspace_option
@json_option
@click.argument("key_results", nargs=-1, metavar="[KEY_RESULT ...]")
def sync(workspace: Path | None, as_json: bool, key_results: tuple[str, ...]) -> int:
    """Read the tools now and record what moved, with a progress bar.

    Without arguments every connection is read; with key results (objective/key-result) the connections that they
    stand on. A connection that a worker reads at this moment is left to it. Such a read is not on schedule: a reading
    that is held back stays so.

    Exits with 1 when a connection could not be read, or a key result that stands on one is not as good as new.
    """
    settings = settings_for(workspace)
    store = open_store(settings)
    wanted = _connections(store, key_results)
    if not wanted:
        complain("there is no connection to read: `okrhub apply` a workspace with one first")
        return EXIT_PROBLEM
    bell = Bell(settings.redis)
    if bell.is_up():
        share(SharedLedger(settings.redis))  # workers may be reading with the same sign-in
    outcomes: list[tuple[ConnectionRow, Synced]] = []
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        console=err,
        disable=as_json,
    ) as progress:
        for row in wanted:
            outcomes.append((row, _read(store, row, progress, open_vault(settings))))
    if any(one.channels for _, one in outcomes) and bell.is_up():
        ring_channels(store, bell, sorted({channel for _, one in outcomes for channel in one.channels}))
    if as_json:
        print_json([_as_json(row, one, _put_off(store, row, one)) for row, one in outcomes])
    else:
        goals = _goals(store)
        for row, one in outcomes:
            _show(row, one, _put_off(store, row, one), goals)
    return EXIT_PROBLEM if any(one.state in FAILED or one.kept for _, one in outcomes) else EXIT_CLEAN


def _connections(store: Store, keys: tuple[str, ...]) -> list[ConnectionRow]:
    with store.read() as tx:
        every = connections.all_connections(tx)
        if not keys:
            return every
        slugs: set[str] = set()
        for key in keys:
            found = key_results.key_result_by_key(tx, key)
            if found is None:
                raise click.UsageError(f"there is no key result {key!r}")
            if found.is_manual:
                raise click.UsageError(f"{key} is kept by check-ins: no tool is read for it")
            slugs.add(found.connection)
    return [row for row in every if row.slug in slugs]


def _read(store: Store, row: ConnectionRow, progress: Progress, vault: Vault) -> Synced:
    task: TaskID = progress.add_task(escape(row.slug), total=None, told="")

    def report(name: str, done: int, total: int | None) -> None:
        told = f"{done:,} items" if total is None else f"{done:,} of {total:,} items"
        progress.update(task, description=escape(f"{row.slug}: {name[:50]}"), completed=done, total=total, told=told)

    lacks = find_unresolved(store, row, vault=vault, environ=os.environ)
    if lacks is not None:
        # What this shell lacks, the hub's own processes may well have: they say themselves how the connection stands.
        progress.update(task, completed=1, total=1)
        return Synced("unresolved", f"{str(lacks).rstrip('.')}. {OWN_SHELL}")
    with store.write() as tx:
        connections.make_due(tx, row.id, now())
    outcome = sync_connection(
        store,
        row.id,
        owner=f"{name_process()}/cli-{uuid.uuid4().hex[:8]}",
        now=lambda: datetime.now(UTC),
        environ=os.environ,
        progress=report,
        vault=vault,
    )
    progress.update(task, description=escape(row.slug), completed=1, total=1, told=f"{outcome.items:,} items")
    return outcome


def _goals(store: Store) -> dict[str, Declared]:
    with store.read() as tx:
        return {one.key: one.declared for one in key_results.all_key_results(tx)}


def _put_off(store: Store, row: ConnectionRow, one: Synced) -> datetime | None:
    """Return until when a connection waits, in the workspace's zone, where that is how its read ended."""
    with store.read() as tx:
        after = connections.connection_by_id(tx, row.id)
        workspace = okrs.workspace_now(tx)
    if one.state != "waiting" or after is None or after.paused_until is None:
        return None
    return after.paused_until.astimezone(workspace.zone if workspace else UTC)


def _told(one: Synced, until: datetime | None) -> str:
    if until is None:
        return one.problem
    day = "" if until.date() == now().astimezone(until.tzinfo).date() else f"{until:%d %b} "
    return f"put off until {day}{until:%H:%M} ({until.tzinfo}): {one.problem}"


def _show(row: ConnectionRow, one: Synced, until: datetime | None, goals: Mapping[str, Declared]) -> None:
    match one.state:
        case "busy":
            out.print(f"{escape(row.slug)}: a worker is reading it at this moment")
        case "done":
            out.print(f"{escape(row.slug)}: {one.items:,} items in {one.requests} requests")
        case _:
            out.print(f"[red]{escape(row.slug)}: {escape(_told(one, until))}[/red]")
    for kept in one.kept:
        is_whole = one.state == "broken" and kept.reason == one.problem  # said above, once for all
        why = "" if is_whole or not kept.reason else f": {kept.reason}"
        stands = "no value yet" if kept.value is None else f"stays at {say_exact(kept.value)}"
        out.print(f"  [yellow]{escape(kept.key)}: {kept.freshness}, {stands}{escape(why)}[/yellow]")
    for moved in one.recorded:
        if (moved.value_before, moved.before) != (moved.value, moved.after):
            status = STATUS_WORDS[moved.after]
            if moved.before is not moved.after:
                status = f"{STATUS_WORDS[moved.before]} → {status}"
            pair = (moved.value_before, moved.value)
            goal = goals.get(moved.key)  # None where it was archived meanwhile
            numbers = apart(pair) if goal is None else numbers_of(goal, *pair)
            was = "" if moved.value_before is None else f"{numbers.bare(moved.value_before)} → "
            out.print(f"  {escape(moved.key)}: {was}{numbers.bare(moved.value)}, {status}")


def _problem(one: Synced) -> str:
    """Return what is wrong in one sentence, also where a connection was read and key results on it are not good."""
    if one.problem or not one.kept:
        return one.problem
    named = ", ".join(kept.key for kept in one.kept)
    return f"not up to date: {named}. Each says why below."


def _as_json(row: ConnectionRow, one: Synced, until: datetime | None) -> dict[str, object]:
    kept = {held.key: held for held in one.kept}
    return {
        "connection": row.slug,
        "state": one.state,
        "problem": _problem(one),
        "put_off_until": until,
        "requests": one.requests,
        "items": one.items,
        "key_results": [
            {
                "key": moved.key,
                "value_before": moved.value_before,
                "value": moved.value,
                "status_before": moved.before,
                "status": moved.after,
                "freshness": kept[moved.key].freshness if moved.key in kept else Freshness.FRESH,
                "reason": kept[moved.key].reason if moved.key in kept else "",
            }
            for moved in one.recorded
        ]
        + [
            {
                "key": held.key,
                "value_before": held.value,
                "value": held.value,
                "status_before": held.status,
                "status": held.status,
                "freshness": held.freshness,
                "reason": held.reason,
            }
            for held in one.kept
            if held.key not in {moved.key for moved in one.recorded}
        ],
    }
