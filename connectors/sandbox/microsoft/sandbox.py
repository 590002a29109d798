"""The whole simulated tenant: what a driver does to it, what HTTP shows of it, and the notifications it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.microsoft.app import GraphApp, Quota
from connectors.sandbox.microsoft.login import Login
from connectors.sandbox.microsoft.office import Office
from connectors.sandbox.microsoft.office_routes import OfficeRoutes
from connectors.sandbox.microsoft.planner import Planner
from connectors.sandbox.microsoft.planner_routes import PlannerRoutes
from connectors.sandbox.microsoft.subscriptions import Subscriptions

APP_ROLES = (
    "Tasks.Read.All",
    "Group.Read.All",
    "User.ReadBasic.All",
    "Channel.ReadBasic.All",
    "TeamsTab.Read.All",
    "Sites.Read.All",
    "Files.Read.All",
)
DELEGATED = (
    "User.Read",
    "Tasks.Read",
    "Group.Read.All",
    "User.ReadBasic.All",
    "Channel.ReadBasic.All",
    "TeamsTab.Read.All",
    "Sites.Read.All",
    "Files.ReadWrite",
)


class MicrosoftSandbox:
    """A tenant of Microsoft 365 in memory, as a WSGI application: Graph v1.0 and its login server.

    `now` is its clock (aware). `planner` and `office` are changed by their own methods; `login` hands out tokens,
    and its `roles` and `consented` are what was granted.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        tenant: str = "northwind.onmicrosoft.com",
        client_id: str = "00001111-aaaa-2222-bbbb-3333cccc4444",
        client_secret: str = "sandbox-client-secret",
    ) -> None:
        self.planner = Planner(now=now)
        self.office = Office(now=now)
        self.login = Login(tenant=tenant, client_id=client_id, client_secret=client_secret, now=now)
        self.login.roles.update(APP_ROLES)
        self.login.consented.update(DELEGATED)
        self.subscriptions = Subscriptions(now)
        self.office.listeners.append(self.subscriptions.tell)
        self.faults = Faults()
        self.planner_routes = PlannerRoutes(self.planner)
        self.office_routes = OfficeRoutes(self.office, self.planner)
        routes = [*self.planner_routes.routes(), *self.office_routes.routes(), *self.subscriptions.routes()]
        self.app = GraphApp(routes, self.login, self.faults, now, self.planner.lock)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.app(environ, start_response)

    @property
    def requests(self) -> list[Asked]:
        """Everything that was asked over HTTP, oldest first; a batch is one."""
        return self.faults.requests

    @property
    def inner(self) -> list[Asked]:
        """Everything that was asked within batches, oldest first."""
        return self.app.inner

    @property
    def delay(self) -> float:
        """Seconds every request takes."""
        return self.app.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self.app.delay = seconds

    def limit(self, number: int, seconds: float, *, names_wait: bool = True) -> None:
        """Answer 429 to more than so many requests in so many seconds."""
        self.app.quota = Quota(number, seconds, names_wait)

    def count(self, path: str = "") -> int:
        """Count the requests over HTTP whose path contains `path`."""
        return self.faults.count(path)

    def fail_next(
        self, n: int, status: int, headers: Mapping[str, str] | None = None, *, body: str = "", path: str = ""
    ) -> None:
        """Answer the next `n` requests whose path contains `path` with `status`."""
        self.faults.fail_next(n, status, headers, body=body, path=path)

    def close(self) -> None:
        """Stop sending notifications."""
        self.subscriptions.close()
