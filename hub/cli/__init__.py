"""The command line: each command calls one flow and says what came of it."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click
from pydantic import ValidationError

from hub import __version__, request_id
from hub.cli.exits import EXIT_USAGE, complain
from hub.log import set_up_logs

# Imported when called: neither `okrhub lint` nor `okrhub --help` waits for the web and the queue.
COMMANDS = {
    "demo": ("hub.cli.demo:demo", "Show the whole system on this machine against simulated tools."),
    "up": ("hub.cli.up:up", "Run the hub: pages, workers, clock, queue server."),
    "init": ("hub.cli.init:init", "Write a small commented workspace to start from."),
    "lint": ("hub.cli.lint:lint", "Check every file and print all problems at once."),
    "test": ("hub.cli.lint:test", "Run the examples that stand beside the mappings."),
    "plan": ("hub.cli.plan:plan", "Show what applying the files would change."),
    "apply": ("hub.cli.plan:apply", "Make the hub say what the files say."),
    "sync": ("hub.cli.sync:sync", "Read the tools now, with a progress bar."),
    "explain": ("hub.cli.explain:explain", "Show why a key result has its value."),
    "accept": ("hub.cli.accept:accept", "Take a reading that was held back."),
    "web": ("hub.cli.run:web", "Serve the pages and /hooks."),
    "worker": ("hub.cli.run:worker", "Work on the queues."),
    "clock": ("hub.cli.run:clock", "Ring the workers for what is due."),
    "user": ("hub.cli.user:user", "Look after accounts: add, list, link, role, disable, token."),
    "connect": ("hub.cli.connect:connect", "Connect a tool: asked for, checked, then saved."),
    "connections": ("hub.cli.connections:connections_command", "Show what is connected and how it stands."),
    "scopes": ("hub.cli.connections:scopes", "List what a connection can select."),
    "secrets": ("hub.cli.secrets:secrets", "Look after the keys that seal secrets."),
    "db": ("hub.cli.db:db", "Look after the database."),
}


class _Lazy(click.Group):
    """A group that imports a command when it is called, and lists them in the order they are used."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])


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
    set_up_logs(os.environ.get("OKRHUB_LOG", "warning"))  # commands that run for long set up their own
    try:
        with request_id.carry(request_id.make()):  # what this run rings for carries it on
            result = group.main(prog_name="okrhub", standalone_mode=False)
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
    except Exception as problem:
        if not _is_away(problem):
            raise
        told = f"what the hub needs is not there: {type(problem).__name__}: {str(problem).splitlines()[0]}"
        complain(_why_no_database(problem) or told)
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)


def _why_no_database(problem: Exception) -> str:
    from hub.store.engine import why_away  # here: `okrhub --help` does not wait for the database's library

    return why_away(problem)


def _is_away(problem: Exception) -> bool:
    """Whether a database, a queue server or a folder is away, rather than the hub at fault."""
    names = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(problem).__mro__}
    return bool(names & {"sqlalchemy.OperationalError", "redis.ConnectionError", "builtins.PermissionError"})
