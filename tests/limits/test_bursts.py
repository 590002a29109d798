"""Five hundred reads at once of Asana, Trello and Planner, each under the limits that its vendor has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from werkzeug.wrappers import Request

from connectors.allowance import accounts_of
from connectors.contract import Sweep
from connectors.registry import load
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.quota import before_graph
from connectors.sandbox.server import WsgiApp, serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Cursor, Scope, Select
from tests.connectors.microsoft_tenant import SandboxBearer
from tests.limits.burst import Clock, Crew

READS = 500


@dataclass(slots=True)
class Tool:
    """A simulated tool under its limits, and how a worker reads from it what changed."""

    clock: Clock
    crew: Crew
    read: Callable[[], None]
    somebody_else_asks: Callable[[], None]  # nearly all that the account may ask now


@contextmanager
def _opened(
    kind: str, app: WsgiApp, clock: Clock, settings: dict[str, str], picker: dict[str, str], bearer: object = None
) -> Iterator[tuple[Crew, Callable[[], None]]]:
    """Serve a tool and read it once in full; give the workers and one read of what changed."""
    described = load(kind).describe()
    with serve(app) as server:
        held = {**settings, "base_url": server.url}
        crew = Crew(clock, server.url, bearer)

        def connect() -> Sweep:
            made = load(kind)(held, crew.wire(accounts_of(described, held, "one")))
            assert isinstance(made, Sweep)
            return made

        first = connect()
        scope: Scope = first.resolve(Select(picker=picker))  # type: ignore[attr-defined]
        cursor: Cursor = list(first.fetch(scope))[-1].cursor  # type: ignore[attr-defined]
        clock.at += 1000
        crew.counter.take()
        yield crew, lambda: list(connect().changes([scope], cursor)).clear()


@contextmanager
def asana(clock: Clock, most: int = 1500) -> Iterator[Tool]:
    """An Asana of a paid plan: 1,500 requests a minute; one that is refused counts as well."""
    tool = AsanaSandbox(now=clock.date)
    project = tool.add_project("Launch", sections=["To do"])
    for number in range(3):
        tool.create(project, name=f"Task {number}")
    with _opened("asana", tool, clock, {"token": tool.token}, {"project": project}) as (crew, read):
        tool.app.quota.most = most
        yield Tool(clock, crew, read, lambda: tool.app.quota.take(1450) and None)
    tool.close()


@contextmanager
def trello(clock: Clock) -> Iterator[Tool]:
    """A Trello: 100 requests of a token in ten seconds, and no Retry-After."""
    tool = TrelloSandbox(now=clock.date)
    board = tool.add_board("Launch")
    settings = {"api_key": tool.api_key, "token": tool.token}
    with _opened("trello", tool, clock, settings, {"board": board}) as (crew, read):
        tool.quotas.enforced = True

        def ask() -> None:
            for _ in range(80):
                tool.quotas.refuse(tool.api_key, tool.token, f"/1/boards/{board}")

        yield Tool(clock, crew, read, ask)
    tool.post.close() if hasattr(tool.post, "close") else None


@contextmanager
def planner(clock: Clock) -> Iterator[Tool]:
    """A Planner. Microsoft publishes no limit: 100 in a minute here, without a word of how long to wait."""
    tool = MicrosoftSandbox(now=clock.date)
    limited = before_graph(tool, clock.date, 10_000, 10.0)
    plan = tool.planner.add_plan(tool.planner.add_team("Marketing"), "Launch")
    login = tool.login
    settings = {"tenant": login.tenant, "client_id": login.client_id}
    bearer = SandboxBearer(tool)
    with _opened("microsoft", limited, clock, settings, {"plan": plan}, bearer) as (crew, read):

        def ask() -> None:
            environ = {
                "HTTP_AUTHORIZATION": f"Bearer {bearer.token()}",
                "PATH_INFO": "/v1.0/me",
                "REQUEST_METHOD": "GET",
            }
            limited.use_up(
                9_950, Request({**environ, "wsgi.url_scheme": "http", "SERVER_NAME": "x", "SERVER_PORT": "1"})
            )

        yield Tool(clock, crew, read, ask)
    tool.close()


@pytest.mark.parametrize("open_tool", [asana, trello, planner], ids=["asana", "trello", "planner"])
def test_five_hundred_reads_at_once_end_without_one_refusal(open_tool: Callable[[Clock], Iterator[Tool]]) -> None:
    with open_tool(Clock()) as tool:  # type: ignore[attr-defined]
        done = tool.crew.run([("all", tool.read)] * READS)
        counted = tool.crew.counter.take()
    assert len(done.ended["all"]) == READS
    assert counted["throttled"] == 0
    assert counted["requests"] >= READS
    assert done.longest_go <= 8.5


@pytest.mark.parametrize("open_tool", [asana, trello, planner], ids=["asana", "trello", "planner"])
def test_after_a_first_refusal_that_somebody_else_brought_about_there_is_no_other(
    open_tool: Callable[[Clock], Iterator[Tool]],
) -> None:
    with open_tool(Clock()) as tool:  # type: ignore[attr-defined]
        tool.somebody_else_asks()
        done = tool.crew.run([("all", tool.read)] * 120)
        counted = tool.crew.counter.take()
    assert len(done.ended["all"]) == 120
    assert counted["throttled"] == 1


def test_a_free_plan_of_asana_that_allows_a_tenth_refuses_once() -> None:
    with asana(Clock(), most=150) as tool:
        done = tool.crew.run([("all", tool.read)] * 330)
        counted = tool.crew.counter.take()
    assert len(done.ended["all"]) == 330
    assert counted["throttled"] == 1
