"""okrhub explain."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from hub.cli.console import json_option, now, open_store, out, print_json, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.flows.explain import Explanation
from hub.flows.explain import explain as explain_key_result
from hub.model.held_back import say_note
from hub.model.numbers import apart, numbers_of
from hub.model.shares import doubt_shares
from hub.model.words import STATUS_WORDS
from mappings import nearest

GROUPS = {
    "counted": "Counted",
    "open": "Open, would still count",
    "left_out": "Left out by the rule",
    "dropped": "Dropped",
}


@click.command()
@workspace_option
@json_option
@click.option("--all", "show_all", is_flag=True, help="Show every item, not only the first 40 of each group.")
@click.argument("key_result")
def explain(workspace: Path | None, as_json: bool, show_all: bool, key_result: str) -> int:
    """Show why a key result has its value: the rule, its revision, and what each item added.

    Worked out over the stored items, so it needs no network. KEY_RESULT is objective/key-result.
    """
    store = open_store(settings_for(workspace))
    found = explain_key_result(store, key_result, now())
    if found is None:
        from hub.store import key_results

        with store.read() as tx:
            near = nearest(key_result, [one.key for one in key_results.all_key_results(tx)])
        complain(f"there is no key result {key_result!r}" + (f" (did you mean {near!r}?)" if near else ""))
        return EXIT_PROBLEM
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found, None if show_all else 40)
    return EXIT_CLEAN


def _show(found: Explanation, limit: int | None) -> None:
    declared, standing = found.key_result.declared, found.key_result.standing
    fresh, _ = found.key_result.freshness_at(now())
    out.print(f"[bold]{escape(declared.title)}[/bold]")
    would_be = found.evaluation.value if found.evaluation is not None else None
    numbers = numbers_of(declared, standing.value, would_be)
    out.print(f"{numbers.full(standing.value)}, {STATUS_WORDS[standing.status].lower()}, {fresh.value}")
    if ended := found.key_result.ended_words(now()):
        out.print(f"The cycle {ended}.")
    if standing.freshness_note and not found.key_result.is_frozen(now()):
        out.print(f"[yellow]{escape(say_note(found.key_result))}[/yellow]")
    if found.row is None or found.rule is None:
        out.print("[dim]Kept by check-ins: no mapping stands behind it.[/dim]")
        return
    if found.unread:
        out.print(f"[yellow]{escape(found.unread)}[/yellow]")
    out.print(
        f"\nRule, revision {found.row.revision}, by {escape(found.row.author)} on {found.row.created_at:%d %b %Y}"
    )
    for number, text in enumerate(found.rule.source.rstrip().splitlines(), 1):
        out.print(f"[dim]{number:>3}[/dim]  {escape(text)}")
    if found.selection is not None and found.selection.scope is not None:
        out.print(f"\nRead from {escape(found.row.connection)}: {escape(found.selection.scope.query)}")
    if found.evaluation is None:
        _show_departed(found, limit)
        _show_written(found)
        return
    if found.evaluation.broken:
        out.print(f"[red]{escape(found.evaluation.broken)}[/red]")
    for name, title in GROUPS.items():
        _show_group(found, name, title, limit)
    _show_departed(found, limit)
    for note in found.evaluation.notes:
        out.print(f"[dim]{escape(note)}[/dim]")
    if found.evaluation.denominator is not None:
        sides = apart([found.evaluation.numerator, found.evaluation.denominator])
        top, bottom = sides.bare(found.evaluation.numerator), sides.bare(found.evaluation.denominator)
        out.print(f"{top} of {bottom} gives {numbers.bare(would_be)}")
    else:
        out.print(f"Value: {numbers.bare(would_be)}")
    doubt = "" if found.rule.measure.fold == "percent" or would_be is None else doubt_shares(declared, [would_be])
    if doubt:
        out.print(f"[yellow]{escape(doubt[0].upper() + doubt[1:])}.[/yellow]")
    _show_written(found)


def _show_group(found: Explanation, name: str, title: str, limit: int | None) -> None:
    assert found.evaluation is not None
    lines = [line for line in found.evaluation.lines if line.group == name]
    if not lines:
        return
    table = Table(title=f"{title} ({len(lines)})", title_justify="left", box=None, pad_edge=False, show_header=False)
    amounts, added_up = apart(line.amount for line in lines), apart(line.contribution for line in lines)
    for line in lines[:limit]:
        amount = "" if line.amount is None else amounts.bare(line.amount)
        added = added_up.bare(line.contribution) if name == "counted" else ""
        table.add_row(
            escape(line.ref), escape(line.title[:60]), escape(f"{line.reason}, line {line.line}"), amount, added
        )
    out.print(table)
    if limit is not None and len(lines) > limit:
        out.print(f"[dim]... and {len(lines) - limit} more: --all shows them[/dim]")


def _show_written(found: Explanation) -> None:
    for one in found.written:
        at = f"{one.written_at:%d %b %Y %H:%M} UTC" if one.written_at else "nothing yet"
        told = f": {one.said}" if one.said else ""
        out.print(f"Written back to {escape(one.target)}, {at}{escape(told)}")
        if one.problem:
            out.print(f"[yellow]{escape(one.problem)}[/yellow]" + (" (stopped)" if one.state == "stopped" else ""))


def _show_departed(found: Explanation, limit: int | None) -> None:
    """Show which items are not read any more, and why: deleted, hidden, or moved out of the selection."""
    if not found.departed:
        return
    title = f"Not read any more, in thirty days ({len(found.departed)})"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)
    for one in found.departed[:limit]:
        table.add_row(escape(one.item.ref), escape(one.item.title[:60]), escape(one.why), f"{one.at:%d %b %Y}")
    out.print(table)


def _as_json(found: Explanation) -> dict[str, object]:
    standing = found.key_result.standing
    evaluation = found.evaluation
    return {
        "key": found.key_result.key,
        "title": found.key_result.declared.title,
        "value": standing.value,
        "status": standing.status,
        "freshness": found.key_result.freshness_at(now())[0],
        "phase": found.key_result.phase_at(now()),
        "ended": found.key_result.ended_words(now()),
        "rule": None if found.row is None else {"revision": found.row.revision, "connection": found.row.connection},
        "unread": found.unread,
        "reason": say_note(found.key_result),
        "query": found.selection.scope.query if found.selection and found.selection.scope else None,
        "would_be": evaluation.value if evaluation else None,
        "notes": list(evaluation.notes) if evaluation else [],
        "broken": evaluation.broken if evaluation else "",
        "items": [
            {
                "key": line.key,
                "ref": line.ref,
                "title": line.title,
                "status": line.status,
                "group": line.group,
                "amount": line.amount,
                "credit": line.credit,
                "adds": line.contribution,
                "reason": line.reason,
                "line": line.line,
            }
            for line in (evaluation.lines if evaluation else ())
        ],
        "written_back": [
            {"to": one.target, "at": one.written_at, "said": one.said, "state": one.state, "problem": one.problem}
            for one in found.written
        ],
        "departed": [
            {"key": one.item.item_key, "ref": one.item.ref, "why": one.why, "at": one.at} for one in found.departed
        ],
    }
