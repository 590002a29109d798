"""okrhub demo --once: the main job from end to end, once, as one JSON object."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.company import changes_for_once
from hub.demo.stage import Stage, is_all_read, is_listening, is_quiet, read_at_next_tick, wait_until
from hub.model.kinds import Freshness, Status
from hub.store import channels, connections, counts, key_results, outbox
from hub.store.changes import changes_after

READ_SECONDS = 40.0
LISTEN_SECONDS = 20.0
TELL_SECONDS = 30.0


def run_once(stage: Stage, started: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Read everything, make six changes in four tools, wait until all is told; return what the hub shows.

    Raises DemoFailed when something that must happen does not.
    """
    store, tools = stage.store, stage.tools
    wait_until(
        lambda: is_all_read(store), READ_SECONDS, stage.supervisor, lambda: f"not everything was read: {_unread(stage)}"
    )
    say(f"every key result is read, {time.monotonic() - started:.1f} s")
    tools.ring_at(stage.public_url)
    wait_until(
        lambda: is_listening(store), LISTEN_SECONDS, stage.supervisor, lambda: "the webhooks were not registered"
    )
    planned = changes_for_once(tools.sites)
    for change in planned:
        change.apply()
        say(change.says)
    read_at_next_tick(store)
    if not tools.sites.drain(TELL_SECONDS):
        say("some webhooks were not taken in")
    wanted = {(change.key_result, change.becomes) for change in planned}
    wait_until(
        lambda: wanted <= _changed(stage) and is_quiet(store),
        TELL_SECONDS,
        stage.supervisor,
        lambda: f"not every change was told; changed: {sorted(_changed(stage))}",
    )
    return result(stage, time.monotonic() - started)


def result(stage: Stage, seconds: float) -> dict[str, Any]:
    """Return the one JSON object: key results, posts, requests by tool, webhooks, seconds."""
    now = datetime.now(UTC)
    with stage.store.read() as tx:
        every = key_results.all_key_results(tx)
        letters = outbox.told(tx, limit=1000, oldest_first=True)
        read = {row.slug: row.kind for row in connections.all_connections(tx)}
        told = {row.slug: row.kind for row in channels.all_channels(tx)}
        requests: dict[str, int] = {}
        for name, kinds in (("requests", read), ("channel.requests", told)):
            for slug, number in counts.counted(tx, name).items():
                requests[kinds[slug]] = requests.get(kinds[slug], 0) + number
        received = sum(counts.counted(tx, "webhooks.received").values())
        accepted = sum(counts.counted(tx, "webhooks.accepted").values())
    return {
        "key_results": [
            {
                "key": one.key,
                "kind": one.declared.kind.value,
                "value": one.standing.value,
                "progress": one.standing.progress,
                "status": one.standing.status.value,
                "freshness": one.freshness_at(now)[0].value,
                "items": one.standing.in_scope,
            }
            for one in every
        ],
        "posts": [
            {
                "channel": told.channel,
                "kind": told.letter.kind,
                "key_result": told.key_result,
                "from": told.letter.before,
                "to": told.letter.after,
            }
            for told in letters
        ],
        "requests": dict(sorted(requests.items())),
        "webhooks": {"received": received, "accepted": accepted},
        "seconds": round(seconds, 1),
    }


def is_all_fresh(found: dict[str, Any]) -> bool:
    return all(one["freshness"] == Freshness.FRESH.value for one in found["key_results"])


def _changed(stage: Stage) -> set[tuple[str, str]]:
    with stage.store.read() as tx:
        keys = {one.id: one.key for one in key_results.all_key_results(tx)}
        return {
            (keys[change.key_result_id], change.after.value)
            for change in changes_after(tx)
            if change.before is not Status.NOT_JUDGED
        }


def _unread(stage: Stage) -> str:
    with stage.store.read() as tx:
        rows = connections.all_connections(tx)
        left = [one.key for one in key_results.all_key_results(tx) if one.standing.checked_at is None]
        notes = [one.standing.freshness_note for one in key_results.all_key_results(tx) if one.standing.freshness_note]
    problems = [f"{row.slug}: {row.problem}" for row in rows if row.problem]
    return "; ".join([*left, *notes, *problems])
