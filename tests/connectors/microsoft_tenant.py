"""A tenant of Microsoft 365 on loopback and a connector that reads it, with a clock the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from connectors.microsoft import Microsoft
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.server import serve
from connectors.shapes import Cursor, Page, Scope, Select
from connectors.wire import Counter, open_wire
from tests.connectors.conftest import LOOPBACK, Clock


class SandboxBearer:
    """Tokens as the hub's vault would hand them out: of the app itself, or of a person.

    While it `looks_ahead` it renews before a token lapses, as the vault does; else Graph's 401 tells.
    """

    def __init__(self, tenant: MicrosoftSandbox, user: str = "") -> None:
        self.tenant, self.user = tenant, user
        self.renewed, self.looks_ahead = 0, True
        self.held = tenant.login.issue(user=user)

    @property
    def identity(self) -> str:
        return self.user or "the app"

    def token(self) -> str:
        if self.looks_ahead and self.tenant.login.find(self.held) is None:
            self.held = self.tenant.login.issue(user=self.user)
        return self.held

    def renew(self, refused: str) -> str:
        self.renewed += 1
        self.held = self.tenant.login.issue(user=self.user)
        return self.held


class Tenant:
    """The simulated tenant, its clock, a connector on a real wire, and what that wire counted."""

    def __init__(self, url: str, graph: MicrosoftSandbox, clock: Clock) -> None:
        self.url, self.graph, self.clock = url, graph, clock
        self.planner, self.office = graph.planner, graph.office
        self.counter = Counter()
        self.naps: list[float] = []
        self.mira = self.planner.add_user("mira@northwind.test", "Mira Okafor")
        self.team = self.planner.add_team("Marketing")
        self.connector = self.connect()

    def connect(self, *, user: str = "", **settings: str) -> Microsoft:
        """Connect as the app, or as a person by the user's id."""
        wire = open_wire(
            hosts=(),
            base_url=self.url,
            allow_private=LOOPBACK,
            counter=self.counter,
            sleep=self._nap,
            now=lambda: self.clock().timestamp(),
            bearer=SandboxBearer(self.graph, user),
        )
        login = self.graph.login
        held = {"tenant": login.tenant, "client_id": login.client_id, "base_url": self.url, **settings}
        return Microsoft(held, wire)

    def _nap(self, seconds: float) -> None:
        """Let the time pass that a wire would sleep."""
        self.naps.append(seconds)
        self.clock.pass_(seconds=seconds)

    def connect_app(self, reads: str) -> Microsoft:
        """Connect as the app that reads one person's To Do and OneDrive."""
        made = self.connect()
        login = self.graph.login
        held = {"tenant": login.tenant, "client_id": login.client_id, "base_url": self.url, "user": reads}
        return Microsoft(held, made._wire)

    def scope(self, **picker: str) -> Scope:
        return self.connector.resolve(Select(picker=picker))

    def read(self, scope: Scope) -> list[Page]:
        return list(self.connector.fetch(scope))


@contextmanager
def open_tenant() -> Iterator[Tenant]:
    """Open a tenant with one team and one person."""
    clock = Clock()
    graph = MicrosoftSandbox(now=clock)
    with serve(graph) as server:
        yield Tenant(server.url, graph, clock)
    graph.close()


def cursor_of(pages: Sequence[Page]) -> Cursor:
    found = pages[-1].cursor
    assert found is not None
    return found


def members(pages: Sequence[Page]) -> dict[str, frozenset[str]]:
    return {key: held for page in pages for key, held in page.memberships.items()}


def items(pages: Sequence[Page]) -> Mapping[str, object]:
    return {item.key: item for page in pages for item in page.items}
