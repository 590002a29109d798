"""okrhub connect: connect a tool from the hub's own machine. Secrets are typed unseen, sealed, and shown to nobody."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.markup import escape

from connectors.errors import ConnectorError
from hub.cli.console import err, now, open_store, out, require_workspace, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.cli.run import address_of
from hub.cli.user import who_runs
from hub.flows.connect import Desk, Form, NotThere, Refused, ask, begin, draw_form, list_tools, read_form, save_draft
from hub.jobs import ring_connection
from hub.queue import Bell
from hub.vault import open_vault


@click.command()
@workspace_option
@click.argument("kind", required=False)
@click.option("--name", default="", help="What mappings call it; the tool's kind unless given.")
@click.option("--way", default="", help="How to sign in: token, client_credentials or authorization_code.")
@click.option("--allow-private", default="", help="Networks such as 10.1.0.0/16, for a tool inside your own.")
@click.option("--expires-on", default="", help="The day on which a pasted token ends, as 2027-03-31.")
@click.option("--yes", is_flag=True, help="Save without asking when the check went well.")
def connect(
    workspace: Path | None, kind: str | None, name: str, way: str, allow_private: str, expires_on: str, yes: bool
) -> int:
    """Connect a tool of a KIND: ask for what it takes, check it, say what it sees, and save it.

    Without KIND it lists the tools. Signing in at the tool's own page takes a browser: then it prints the address of
    the hub's page to do it on.
    """
    if kind is None:
        for tool in list_tools():
            ways = "; ".join(f"{one} ({title})" for one, title in tool.ways)
            out.print(f"[bold]{escape(tool.kind)}[/bold]  {escape(tool.title)}: {escape(ways)}")
        return EXIT_CLEAN
    settings = settings_for(workspace)
    try:
        form = draw_form(kind, way)
    except NotThere as problem:
        complain(f"{problem} `okrhub connect` lists the tools and their ways.")
        return EXIT_PROBLEM
    if form.is_redirect:
        out.print(f"People agree at {form.tool.title} in a browser. Open, as an admin:", markup=False)
        out.print(f"{address_of(settings)}/connect/{form.tool.kind}?way={form.way}", markup=False)
        return EXIT_CLEAN
    require_workspace(settings, keeps_files=True)
    store = open_store(settings)
    desk = Desk(store, open_vault(settings), os.environ, who_runs("okrhub connect"))
    given = {"slug": name or kind, "allow_private": allow_private, "lapses_on": expires_on, **_asked(form)}
    try:
        draft = ask(desk, begin(desk, kind, form.way, read_form(kind, form.way, given)), now())
    except Refused as problem:
        complain(str(problem))
        return EXIT_PROBLEM
    except ConnectorError as problem:
        complain(f"nothing was saved: {problem.told}")
        return EXIT_PROBLEM
    assert draft.identity is not None
    sees = f", which sees {draft.identity.sees}" if draft.identity.sees else ""
    err.print(f"It works: {draft.identity.name}{sees}.", markup=False)
    for one in draft.identity.missing:
        err.print(f"{one.scope} is missing: {one.why}", markup=False, style="yellow")
    if not yes and not click.confirm("Save it?", default=True, err=True):
        complain("nothing was saved")
        return EXIT_PROBLEM
    try:
        row = save_draft(desk, draft, now())
    except Refused as problem:
        complain(str(problem))
        return EXIT_PROBLEM
    bell = Bell(settings.redis)
    if bell.is_up():
        ring_connection(store, bell, row.id)
    out.print(f"{row.slug} is connected. What can be picked: okrhub scopes {row.slug}", markup=False)
    return EXIT_CLEAN


def _asked(form: Form) -> dict[str, str]:
    """Ask for what the tool takes. What nobody has to fill in may be left empty."""
    given: dict[str, str] = {}
    for line in (*form.entries, *form.more):
        field = line.field
        err.print(field.help, style="dim", markup=False)
        default = field.default if line.is_needed and field.default else ("" if not line.is_needed else None)
        given[field.name] = click.prompt(
            line.label, default=default, hide_input=field.secret, show_default=bool(field.default), err=True
        )
    return given
