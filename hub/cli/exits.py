"""Exit codes, and how a command says what went wrong."""

from __future__ import annotations

import click

EXIT_CLEAN = 0
EXIT_PROBLEM = 1
EXIT_PENDING = 2
EXIT_USAGE = 64


def complain(message: str) -> None:
    """Say what went wrong on standard error."""
    click.secho("okrhub: ", fg="red", err=True, nl=False)
    click.echo(message, err=True)
