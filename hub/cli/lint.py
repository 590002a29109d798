"""okrhub lint and okrhub test: the files alone, no network and no database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hub.cli.console import count, declared, json_option, print_json, settings_for, show_problems, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM
from hub.workspace import read_workspace
from mappings import mapping_schema, run_examples


@click.command()
@workspace_option
@json_option
@click.option("--schema", is_flag=True, help="Print the JSON Schema of mapping files, for editors, and exit.")
def lint(workspace: Path | None, as_json: bool, schema: bool) -> int:
    """Check every file of the workspace and print all problems at once.

    Each problem has its file, line and column, the word that is wrong, and what probably was meant.
    Warnings do not stop a workspace from being applied; errors do (exit code 1).
    """
    if schema:
        print_json(mapping_schema())
        return EXIT_CLEAN
    reading = read_workspace(settings_for(workspace).workspace)
    if as_json:
        print_json(
            [
                {
                    "path": one.path,
                    "line": one.line,
                    "column": one.column,
                    "severity": one.severity,
                    "code": one.code,
                    "message": one.message,
                    "suggestion": one.suggestion,
                }
                for one in reading.problems
            ]
        )
    else:
        show_problems(reading)
        if reading.declaration is not None:
            click.echo(
                f"{count(len(reading.texts), 'file')}, {count(len(reading.declaration.key_results), 'key result')}, "
                f"{count(len(reading.declaration.rules), 'mapping')}: ready to apply"
            )
    return EXIT_PROBLEM if reading.declaration is None else EXIT_CLEAN


@click.command()
@workspace_option
@json_option
@click.argument("key_results", nargs=-1)
def test(workspace: Path | None, as_json: bool, key_results: tuple[str, ...]) -> int:
    """Run the examples that stand beside the mappings.

    Give KEY_RESULTS (objective/key-result) to run those alone.
    """
    declaration = declared(settings_for(workspace))
    known = {rule.key_result for rule in declaration.rules}
    for key in key_results:
        if key not in known:
            raise click.UsageError(f"there is no mapping for {key!r}")
    cycles = {cycle.slug: (cycle.starts, cycle.ends) for cycle in declaration.cycles}
    of = {one.objective: cycles.get(one.cycle) for one in declaration.objectives}
    rows = []
    for rule in declaration.rules:
        if key_results and rule.key_result not in key_results:
            continue
        for result in run_examples(
            rule, now=datetime.now(UTC), zone=declaration.zone, cycle=of.get(rule.key_result.split("/")[0])
        ):
            rows.append((rule, result))
    failed = [one for one in rows if not one[1].passed]
    if as_json:
        print_json(
            [
                {"key_result": rule.key_result, "example": one.says, "passed": one.passed, "problem": one.problem}
                for rule, one in rows
            ]
        )
    else:
        for rule, one in rows:
            mark = "ok  " if one.passed else "FAIL"
            click.echo(f"{mark}  {rule.key_result}: {one.says}")
            if not one.passed:
                click.echo(f"      {one.problem or f'gives {one.got}, expected {one.expected}'}")
        click.echo(f"{len(rows) - len(failed)} of {len(rows)} examples hold")
    return EXIT_PROBLEM if failed else EXIT_CLEAN
