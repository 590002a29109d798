"""From a change in the tool to the card in the channel, with the processes that `okrhub up` runs."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.slack import SlackSandbox
from hub.flows.plan import apply
from hub.jobs import ring_connection
from hub.processes.installation import child_environ, programs
from hub.processes.queue_server import clear_runtime
from hub.processes.supervisor import Supervisor
from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store, connections, key_results
from hub.store.migrate import upgrade
from hub.store.reads import reads_after
from hub.workspace import read_workspace
from tests.bench.row import Row

SECONDS = 30
PER_SECOND = 20
FLIPS = 60  # changes that turn a key result's light, and so end in a card: two a second
CHANNELS = 6  # Slack takes a message a second for each
P50, P99 = 2.0, 6.0  # seconds


def now() -> datetime:
    return datetime.now(UTC)


def latency() -> Iterator[Row]:
    """Webhooks at 20 a second for 30 s: the time from a change in Jira to its card in Slack."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        jira = JiraSandbox(email="bench@example.test", token="bench-token", now=now)
        stack.callback(jira.close)
        slack = SlackSandbox(now=now)
        hooks = [slack.add_channel(f"#c{number}", f"c{number}") for number in range(CHANNELS)]
        jira_url, slack_url = (stack.enter_context(serve(tool)).url for tool in (jira, slack))
        jira.add_project("BIG", "Big")
        long_ago = now() - timedelta(days=60)
        flips = [jira.create("BIG", summary=f"Flip {n}", labels=[f"flip-{n}"], created=long_ago) for n in range(FLIPS)]
        others = [jira.create("BIG", summary=f"Other {n}", labels=["other"], created=long_ago) for n in range(200)]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        settings = Settings(
            workspace=folder / "workspace", data=folder / "data", port=port, redis_url="", database_url="", log="error"
        )
        _write_workspace(settings.workspace)
        os.environ.update(
            {
                "JIRA_URL": jira_url,
                "JIRA_TOKEN": "bench-token",
                "JIRA_SECRET": "bench-webhook-secret",
                "SLACK_URL": f"{slack_url}/api/",
                **{f"HOOK_{n}": f"{slack_url}{hook.webhook_path}" for n, hook in enumerate(hooks)},
            }
        )
        reading = read_workspace(settings.workspace)
        assert reading.declaration is not None, [str(one) for one in reading.problems]
        store = Store(settings.database)
        stack.callback(store.close)
        upgrade(store)
        apply(store, reading.declaration, now=now(), who="bench", environ=os.environ)
        supervisor = Supervisor(programs(settings), say=lambda line: print(line, file=sys.stderr), quiet=True)
        stack.callback(clear_runtime, settings)
        stack.callback(supervisor.stop)
        supervisor.start()
        os.environ.update(child_environ(settings))
        bell = Bell(settings.redis)
        with store.read() as tx:
            (row,) = connections.all_connections(tx)
        ring_connection(store, bell, row.id)
        _wait(lambda: _is_read(store), 60, "the first read")
        jira.register_webhook(f"http://127.0.0.1:{port}/hooks/jira", "bench-webhook-secret")
        began = _change_at_pace(jira, flips, others)
        _wait(lambda: len(slack.posts) >= FLIPS, 60, lambda: f"{FLIPS} cards; there are {len(slack.posts)}")
        assert jira.drain(60), "some webhooks were not delivered"
        assert all(sent.status == 204 for sent in jira.deliveries), {sent.status for sent in jira.deliveries}
        spent = sorted(_spent(began, slack))
        with store.read() as tx:
            reads = [one for one in reads_after(tx, limit=10_000) if one.reason == "webhook"]
        lasted = sorted((one.ended_at - one.started_at).total_seconds() for one in reads)
        p50, p99 = spent[len(spent) // 2], spent[min(len(spent) - 1, int(len(spent) * 0.99))]
        taken = len(jira.deliveries)
        yield Row(
            f"change in Jira to card in Slack, at {PER_SECOND} webhooks a second for {SECONDS} s ({taken:,} webhooks, "
            f"{FLIPS} cards)",
            f"p50 {p50:.2f} s, p99 {p99:.2f} s, worst {spent[-1]:.2f} s; {len(reads)} reads, half of them "
            f"within {lasted[len(lasted) // 2]:.2f} s",
            f"p50 {P50:.0f} s, p99 {P99:.0f} s",
            p50 <= P50 and p99 <= P99,
        )


def _change_at_pace(jira: JiraSandbox, flips: list[str], others: list[str]) -> dict[int, datetime]:
    """Make 20 changes a second, of which two turn a light; return when each of those was made."""
    made: dict[int, datetime] = {}
    total = SECONDS * PER_SECOND
    began = time.perf_counter()
    for number in range(total):
        time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        if number % (total // FLIPS) == 0:
            which = number // (total // FLIPS)
            made[which] = now()
            jira.transition(flips[which], "Done")
        else:
            jira.edit(others[number % len(others)], summary=f"Other, edit {number}")
    return made


def _spent(began: dict[int, datetime], slack: SlackSandbox) -> Iterator[float]:
    for which, at in began.items():
        (post,) = [one for one in slack.posts if f"Flip number {which:02}." in json.dumps(one.payload)]
        yield (post.at - at).total_seconds()


def _write_workspace(folder: Path) -> None:
    for name in ("okrs", "mappings"):
        (folder / name).mkdir(parents=True)
    today = now().date()
    channels = "".join(
        f'  c{n}: {{kind: slack, name: "#c{n}", webhook_url: "${{HOOK_{n}}}", base_url: "${{SLACK_URL}}", '
        "allow_private: [127.0.0.0/8]}\n"
        for n in range(CHANNELS)
    )
    routes = "".join(f"  - {{to: [c{n}], objective: o{n}}}\n" for n in range(CHANNELS))
    (folder / "hub.yaml").write_text(
        'workspace: Bench\ntime_zone: UTC\nconnections:\n  jira: {kind: jira, base_url: "${JIRA_URL}", '
        'email: bench@example.test, token: "${JIRA_TOKEN}", webhook_secret: "${JIRA_SECRET}", '
        f"allow_private: [127.0.0.0/8]}}\nchannels:\n{channels}routes:\n{routes}"
    )
    objectives = "".join(
        f"  - objective: o{n}\n    title: Objective {n}\n    team: all\n    cycle: now\n    key_results:\n"
        + "".join(
            f"      - {{key_result: k{at}, title: Flip number {at:02}., kind: reach, target: 1}}\n"
            for at in range(FLIPS)
            if at % CHANNELS == n
        )
        + ("      - {key_result: edits, title: Others, kind: reach, target: 200}\n" if n == 0 else "")
        for n in range(CHANNELS)
    )
    (folder / "okrs" / "all.yaml").write_text(
        f"cycles: {{now: {{starts: {today - timedelta(days=50)}, ends: {today + timedelta(days=40)}}}}}\n"
        f"teams: {{all: {{name: All}}}}\nobjectives:\n{objectives}"
    )
    rules = "".join(
        f"  - {{key_result: o{n % CHANNELS}/k{n}, from: jira, select: project = BIG AND labels = flip-{n}, "
        "where: [{state: done}], measure: count}\n"
        for n in range(FLIPS)
    )
    (folder / "mappings" / "all.yaml").write_text(
        f"mappings:\n{rules}"
        "  - {key_result: o0/edits, from: jira, select: project = BIG AND labels = other, where: [{state: done}], "
        "measure: count}\n"
    )


def _is_read(store: Store) -> bool:
    with store.read() as tx:
        return all(one.standing.checked_at is not None for one in key_results.all_key_results(tx))


def _wait(done: object, seconds: float, what: object) -> None:
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what() if callable(what) else what}"
        time.sleep(0.05)
