"""The whole simulated Asana: what a driver does to it, what HTTP shows of it, and the webhooks it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.asana.app import AsanaApp
from connectors.sandbox.asana.login import Login
from connectors.sandbox.asana.objects import Json
from connectors.sandbox.asana.reads import Reads
from connectors.sandbox.asana.state import Domain
from connectors.sandbox.asana.webhooks import Postman, Sent
from connectors.sandbox.asana.writes import Writes
from connectors.sandbox.faults import Asked, Faults


class AsanaSandbox(Domain):
    """An Asana in memory, as a WSGI application.

    `now` is its clock (aware); `index_lag` (from Domain) how many seconds searching runs behind, `streams.lag` the
    events. `app.quota.most` and `app.search_quota.most` switch the limits on, `reads.is_paid` the plan.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        email: str = "hub@northwind.test",
        token: str = "sandbox-token",
        workspace: str = "Northwind",
    ) -> None:
        super().__init__(now=now, email=email, workspace=workspace)
        self.token = token
        self.faults = Faults()
        self.reads = Reads(self)
        self.draw = self.reads.bodies.task
        self.postman = Postman(now)
        person = {"id": self.me, "gid": self.me, "name": self.things[self.me].name, "email": email}
        self.login = Login(now, token, person)
        self.app = AsanaApp(self.reads, Writes(self.reads, self.postman), self.login, self.faults)
        self.listeners.append(self.postman.heard)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.app(environ, start_response)

    @property
    def requests(self) -> list[Asked]:
        """Everything that was asked over HTTP, oldest first."""
        return self.faults.requests

    @property
    def deliveries(self) -> list[Sent]:
        """Every webhook delivery, oldest first, with the status of each try."""
        return self.postman.deliveries

    def count(self, path: str = "") -> int:
        """Count the requests over HTTP whose path contains `path`."""
        return self.faults.count(path)

    def fail_next(
        self, n: int, status: int, headers: Mapping[str, str] | None = None, *, body: str = "", path: str = ""
    ) -> None:
        """Answer the next `n` requests whose path contains `path` with `status`."""
        said = body or f'{{"errors": [{{"message": "Ordered fault {status}."}}]}}'
        self.faults.fail_next(n, status, headers, body=said, path=path)

    def task(self, gid: str) -> Json:
        """Draw one task with all fields, whether it may be seen or not."""
        with self.lock:
            return self.reads.bodies.task(self.tasks[gid])

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until every webhook is delivered or given up; false when it took longer than `timeout` seconds."""
        return self.postman.drain(timeout)

    def close(self) -> None:
        """Stop sending webhooks."""
        self.postman.close()
