"""Simulated tools under the limits of their vendors, and how workers read from each what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from connectors.allowance import accounts_of
from connectors.contract import Sweep
from connectors.registry import load
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.quota import before_graph, before_jira
from connectors.sandbox.server import WsgiApp, serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Cursor, Scope, Select
from tests.connectors.microsoft_tenant import SandboxBearer
from tests.limits.burst import Clock, Crew


@dataclass(slots=True)
class Tool:
    """A simulated tool under its limits, and how a worker reads from it what changed."""

    clock: Clock
    crew: Crew
    read: Callable[[], None]
    somebody_else_asks: Callable[[], None]  # nearly all that the account may ask now


@contextmanager
def _opened(
    kind: str, app: WsgiApp, clock: Clock, settings: dict[str, str], select: Select, bearer: object = None
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
        scope: Scope = first.resolve(select)  # type: ignore[attr-defined]
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
    with _opened("asana", tool, clock, {"token": tool.token}, Select(picker={"project": project})) as (crew, read):
        tool.app.quota.most = most
        yield Tool(clock, crew, read, lambda: tool.app.quota.take(1450) and None)
    tool.close()


@contextmanager
def trello(clock: Clock) -> Iterator[Tool]:
    """A Trello: 100 requests of a token in ten seconds, and no Retry-After."""
    tool = TrelloSandbox(now=clock.date)
    board = tool.add_board("Launch")
    settings = {"api_key": tool.api_key, "token": tool.token}
    with _opened("trello", tool, clock, settings, Select(picker={"board": board})) as (crew, read):
        tool.quotas.enforced = True

        def ask() -> None:
            for _ in range(80):
                tool.quotas.refuse(tool.api_key, tool.token, f"/1/boards/{board}")

        yield Tool(clock, crew, read, ask)


@contextmanager
def planner(clock: Clock) -> Iterator[Tool]:
    """A Planner. Microsoft publishes no limit of its own: 10,000 in ten seconds, without a word of how long to wait."""
    tool = MicrosoftSandbox(now=clock.date)
    limited = before_graph(tool, clock.date, 10_000, 10.0)
    plan = tool.planner.add_plan(tool.planner.add_team("Marketing"), "Launch")
    login = tool.login
    settings = {"tenant": login.tenant, "client_id": login.client_id}
    bearer = SandboxBearer(tool)
    with _opened("microsoft", limited, clock, settings, Select(picker={"plan": plan}), bearer) as (crew, read):

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


@contextmanager
def jira(clock: Clock, points: int | None = None) -> Iterator[Tool]:
    """A Jira Cloud site: 100 requests a second of each endpoint, and with `points` so many an hour."""
    tool = JiraSandbox(now=clock.date)
    tool.add_project("PAY", "Payments")
    for number in range(4):
        tool.create("PAY", summary=f"Story {number}", labels=["okr"])
    clock.at += 3600
    limited = before_jira(tool, clock.date, points=points)
    settings = {"email": tool.email, "token": tool.token}
    with _opened("jira", limited, clock, settings, Select(query="project = PAY AND labels = okr")) as (crew, read):

        def ask() -> None:
            path = "/rest/api/3/search/jql"
            limited.use_up(100, Request(EnvironBuilder(path=path, method="POST").get_environ()))

        yield Tool(clock, crew, read, ask)
    tool.close()


TOOLS = (jira, asana, trello, planner)
