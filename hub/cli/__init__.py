"""The command line: each command calls one flow and says what came of it."""

from __future__ import annotations

import sys
from importlib import import_module

import click
from pydantic import ValidationError

from hub import __version__
from hub.cli.console import EXIT_USAGE, complain

# Imported when asked for: `okrhub lint` must not wait for the web and the queue.
COMMANDS = {
    "demo": "hub.cli.demo:demo",
    "up": "hub.cli.up:up",
    "init": "hub.cli.init:init",
    "lint": "hub.cli.lint:lint",
    "test": "hub.cli.lint:test",
    "plan": "hub.cli.plan:plan",
    "apply": "hub.cli.plan:apply",
    "sync": "hub.cli.sync:sync",
    "explain": "hub.cli.explain:explain",
    "web": "hub.cli.run:web",
    "worker": "hub.cli.run:worker",
    "clock": "hub.cli.run:clock",
    "db": "hub.cli.db:db",
}


class _Lazy(click.Group):
    """A group that imports a command when it is called, and lists them in the order they are used."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.command(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 clean, 1 a problem, 2 changes pending (plan), 64 wrong usage.",
)
@click.version_option(__version__, prog_name="okrhub")
def group() -> None:
    """Keep OKRs in step with the tools where work really happens.

    \b
    To look at it:        okrhub demo
    To use it:            okrhub init DIR, edit the files there, then `okrhub up` in DIR
    After an edit:        okrhub lint, okrhub test, okrhub plan, okrhub apply
    To see why:           okrhub explain OBJECTIVE/KEY-RESULT

    The workspace is the folder that holds hub.yaml: the current one, or OKRHUB_WORKSPACE.
    """


def main() -> None:
    """Run the command line. Wrong usage exits with 64: click's own 2 means "changes pending" here."""
    try:
        result = group.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as wrong:
        click.echo(wrong.format_message())
        sys.exit(EXIT_USAGE)
    except click.UsageError as wrong:
        wrong.show()
        sys.exit(EXIT_USAGE)
    except click.Abort:
        complain("stopped")
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(1)
    except ValidationError as wrong:
        if wrong.title != "Settings":
            raise
        for one in wrong.errors():
            complain(f"OKRHUB_{str(one['loc'][0]).upper()} makes no sense: {one['msg']}")
        sys.exit(EXIT_USAGE)
    sys.exit(result if isinstance(result, int) else 0)
