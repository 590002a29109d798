"""A small hub with simulated tools around it and a clock that the test turns."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.contract import Connector
from connectors.registry import load, secrets_of
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox
from connectors.shapes import Delivery
from connectors.wire import Counter, open_wire
from hub.flows.notify import tell_channel
from hub.flows.plan import apply
from hub.flows.plan.apply import Applied
from hub.flows.receive import Answer, receive
from hub.flows.sync import Synced, sync
from hub.model.key_result import KeyResult
from hub.store import Store, channels, connections, key_results, measurements, outbox, selected, touched
from hub.store.channels import ChannelRow
from hub.store.connections import ConnectionRow
from hub.store.measurements import Measurement
from hub.store.selected import Selection
from hub.workspace import read_workspace
from tests.canaries import canary

SECRET = canary("webhook")
OKR = "project = PAY AND labels = okr"
BUGS = "project = PAY AND type = Bug"

HUB = """\
workspace: Test house
time_zone: UTC
public_url: https://hub.test
connections:
  jira-main:
    kind: jira
    base_url: "${JIRA_URL}"
    email: hub@northwind.test
    token: "${JIRA_TOKEN}"
    webhook_secret: "${JIRA_WEBHOOK_SECRET}"
    every: 15 minutes
    allow_private: [127.0.0.0/8]
channels:
  a-teams:
    kind: teams
    name: Payments
    workflow_url: "${TEAMS_PAYMENTS_URL}"
    base_url: "${TEAMS_URL}"
    owner: mira@northwind.test
    allow_private: [127.0.0.0/8]
  b-hook:
    kind: slack
    name: "#payments"
    webhook_url: "${SLACK_PAYMENTS_URL}"
    base_url: "${SLACK_URL}"
    allow_private: [127.0.0.0/8]
  c-bot:
    kind: slack
    name: "#okrs"
    bot_token: "${SLACK_BOT_TOKEN}"
    channel: C0OKRS
    base_url: "${SLACK_URL}"
    allow_private: [127.0.0.0/8]
routes:
  - {to: [a-teams, b-hook, c-bot]}
policy: {on_track: 70%, at_risk: 40%, hold: 1 hour}
"""

OKRS = """\
cycles:
  quarter: {starts: 2026-10-01, ends: 2026-12-31}
people: {mira@northwind.test: Mira Okafor}
teams:
  payments: {name: Payments}
objectives:
  - objective: ship
    title: Ship it
    team: payments
    cycle: quarter
    owner: mira@northwind.test
    key_results:
"""

# Half of the quarter has gone by at the house's first instant: of 10, 5 are due, 4 are on track, 3 at risk.
FINISHED = "{key_result: finished, title: Ten stories finished, kind: reach, target: 10, owner: mira@northwind.test}"
POINTS = "{key_result: points, title: Thirty points, kind: reach, target: 30, owner: mira@northwind.test}"
OPEN_BUGS = "{key_result: open-bugs, title: Fewer than three bugs, kind: stay_below, target: 3}"
KEY_RESULTS = (FINISHED, POINTS, OPEN_BUGS)


def rule(name: str, select: str, measure: str, where: str = "", **more: str) -> str:
    """Write one mapping."""
    lines = [
        f"  - key_result: ship/{name}",
        "    owner: mira@northwind.test",
        "    from: jira-main",
        f"    select: {select}",
        f"    measure: {measure}",
    ]
    if where:
        lines.append(f"    where: [{where}]")
    return "\n".join([*lines, *(f"    {word}: {value}" for word, value in more.items())])


FINISHED_RULE = rule("finished", OKR, "count", "{state: done}", show_items="titles")
POINTS_RULE = rule("points", OKR, "{sum: points}", "{state: done}")
BUGS_RULE = rule("open-bugs", BUGS, "count", "{state: {not: done}}")
RULES = (FINISHED_RULE, POINTS_RULE, BUGS_RULE)


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


class House:
    """The hub's store with the three simulated tools; every call takes the house's clock."""

    def __init__(self, folder: Path, store: Store, clock: Clock, tools: ExitStack) -> None:
        self.folder, self.store, self.clock = folder, store, clock
        self.naps: list[float] = []
        self.last_counter = Counter()
        self.jira = JiraSandbox(now=clock, token=canary("jira"))
        self.jira.add_project("PAY", "Payments")
        self.jira.add_project("WEB", "Web shop")
        self.slack = SlackSandbox(now=clock, bot_token=f"xoxb-{canary('slack')}")
        self.teams = TeamsSandbox(now=clock)
        self.slack.add_channel("#okrs", "okrs")
        hook = self.slack.add_channel("#payments", "payments")
        flow = self.teams.add_channel("Payments", "payments")
        tools.callback(self.jira.close)
        jira, slack, teams = (tools.enter_context(serve(one)).url for one in (self.jira, self.slack, self.teams))
        self.environ = {
            "JIRA_URL": jira,
            "JIRA_TOKEN": self.jira.token,
            "JIRA_WEBHOOK_SECRET": SECRET,
            "SLACK_URL": f"{slack}/api/",
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_PAYMENTS_URL": f"{slack}{hook.webhook_path}",
            "TEAMS_URL": teams,
            "TEAMS_PAYMENTS_URL": f"{teams}{flow}",
        }

    # -- the workspace

    def apply(
        self, rules: Sequence[str] = RULES, key_results: Sequence[str] = KEY_RESULTS, hub: str = HUB, okrs: str = OKRS
    ) -> Applied:
        """Write the workspace and apply it."""
        (self.folder / "okrs").mkdir(exist_ok=True)
        (self.folder / "mappings").mkdir(exist_ok=True)
        (self.folder / "hub.yaml").write_text(hub)
        (self.folder / "okrs" / "all.yaml").write_text(okrs + "".join(f"      - {one}\n" for one in key_results))
        (self.folder / "mappings" / "all.yaml").write_text("\n".join(["mappings:", *rules, ""]))
        reading = read_workspace(self.folder)
        assert reading.declaration is not None, [str(one) for one in reading.problems]
        return apply(self.store, reading.declaration, now=self.clock(), who="a test", environ=self.environ)

    # -- the flows

    def opener(
        self,
        kind: str,
        settings: Mapping[str, str],
        *,
        allow_private: Sequence[str] = (),
        counter: Counter | None = None,
    ) -> Connector:
        """Open a connector as the registry does, on a wire that notes its waits instead of keeping them."""
        made = load(kind)
        self.last_counter = counter or Counter()
        wire = open_wire(
            hosts=made.describe().hosts,
            base_url=settings.get("base_url", ""),
            allow_private=allow_private,
            counter=self.last_counter,
            secrets=secrets_of(kind, settings),
            sleep=self.naps.append,
        )
        return made(settings, wire)

    def sync(self, *, due: bool = True, owner: str = "reader", **more: Any) -> Synced:
        """Read Jira as a worker does; `due` makes its time come first."""
        if due:
            with self.store.write() as tx:
                connections.make_due(tx, self.connection.id, self.clock())
        wanted: dict[str, Any] = {"now": self.clock, "opener": self.opener, **more}
        return sync(self.store, self.connection.id, owner=owner, environ=self.environ, **wanted)

    def ring(self, key: str, *, identifier: str = "") -> Answer:
        """Deliver a signed webhook that says an issue moved."""
        return self.ring_id(str(self.jira.by_key[key].id), identifier=identifier)

    def ring_id(self, id: str, *, identifier: str = "", event: str = "jira:issue_updated") -> Answer:
        body = json.dumps({"webhookEvent": event, "issue": {"id": id, "key": "PAY-1"}}).encode()
        return self.receive(body, {"x-atlassian-webhook-identifier": identifier or str(uuid.uuid4())})

    def receive(self, body: bytes, headers: Mapping[str, str] | None = None, *, slug: str = "jira-main") -> Answer:
        """Deliver a body, signed with the right secret unless the headers say otherwise."""
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        sent = {"x-hub-signature": f"sha256={mac}", **(headers or {})}
        delivery = Delivery("POST", f"https://hub.test/hooks/{slug}", sent, {}, body, self.clock())
        return receive(self.store, slug, delivery, environ=self.environ, opener=self.opener)

    def tell(self, slug: str, *, owner: str = "sender") -> int:
        """Send a channel's letters as a worker does."""
        return tell_channel(
            self.store,
            self.channel(slug).id,
            owner=owner,
            now=self.clock,
            environ=self.environ,
            opener=self.opener,
            sleep=lambda _seconds: None,
        )

    # -- what is there

    @property
    def connection(self) -> ConnectionRow:
        with self.store.read() as tx:
            found = connections.connection_by_slug(tx, "jira-main")
        assert found is not None
        return found

    def channel(self, slug: str) -> ChannelRow:
        with self.store.read() as tx:
            return next(one for one in channels.all_channels(tx) if one.slug == slug)

    def key_result(self, name: str = "finished") -> KeyResult:
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
        assert found is not None
        return found

    def value(self, name: str = "finished") -> str:
        """Return the value as text, with the freshness that stands beside it: "3 fresh"."""
        standing = self.key_result(name).standing
        return f"{standing.value} {standing.freshness}"

    def measurements(self, name: str = "finished") -> list[Measurement]:
        with self.store.read() as tx:
            return measurements.measurements_of(tx, self.key_result(name).id)

    def selections(self) -> list[Selection]:
        with self.store.read() as tx:
            return selected.selections_in_use(tx, self.connection.id)

    def unsettled(self) -> int:
        with self.store.read() as tx:
            return outbox.unsettled_count(tx)

    def touched(self) -> dict[str, int]:
        with self.store.read() as tx:
            return touched.touched_keys(tx, self.connection.id)

    # -- work in Jira

    def stories(self, number: int, *, done: int = 0, points: float | None = 3, project: str = "PAY") -> list[str]:
        """Create stories labelled okr, the first `done` of them finished an hour ago."""
        made = []
        for at in range(number):
            key = self.jira.create(
                project,
                summary=f"Story {at + 1}",
                labels=["okr"],
                points=points,
                created=self.clock() - timedelta(hours=2),
            )
            if at < done:
                self.jira.transition(key, "Done", self.clock() - timedelta(hours=1))
            made.append(key)
        return made

    def bugs(self, number: int) -> list[str]:
        return [self.jira.create("PAY", summary=f"Bug {at + 1}", type="Bug") for at in range(number)]

    def finish(self, *keys: str) -> None:
        for key in keys:
            self.jira.transition(key, "Done")


@contextmanager
def open_house(folder: Path, store: Store) -> Iterator[House]:
    """Open a house with nothing applied yet."""
    with ExitStack() as tools:
        yield House(folder, store, Clock(), tools)
