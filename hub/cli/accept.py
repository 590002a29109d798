"""okrhub accept."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.console import now, open_store, out, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.cli.user import who_runs
from hub.flows.sync import NotAccepted
from hub.flows.sync import accept as accept_reading
from hub.jobs import ring_channels
from hub.model.numbers import say_exact
from hub.model.words import STATUS_WORDS
from hub.queue import Bell


@click.command()
@workspace_option
@click.argument("key_result")
def accept(workspace: Path | None, key_result: str) -> int:
    """Take the reading of KEY_RESULT that a guard of its rule holds back.

    It is worked out over the stored items: no tool is asked. KEY_RESULT is objective/key-result. The audit log and
    the key result's page say who took it.
    """
    settings = settings_for(workspace)
    store = open_store(settings)
    try:
        found = accept_reading(store, key_result, who=who_runs("okrhub accept"), now=now())
    except NotAccepted as refused:
        complain(str(refused))
        return EXIT_PROBLEM
    assert found.recorded is not None  # what was taken before is refused where nobody says what they were shown
    bell = Bell(settings.redis)
    if found.recorded.channels and bell.is_up():
        ring_channels(store, bell, found.recorded.channels)
    out.print(f"{found.recorded.key}: {say_exact(found.value)}, {STATUS_WORDS[found.recorded.after].lower()}")
    return EXIT_CLEAN
