"""A Jira on loopback, in the cloud or not, and a connector that reads it, with a clock the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.jira import Jira
from connectors.sandbox.atlassian_login import CLOUD_ID, App, AtlassianLogin, Place
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.shapes import Cursor, Page, Scope, Select
from connectors.wire import Bearer, Counter, open_wire

LOOPBACK = ("127.0.0.0/8",)


class Clock:
    """The site's time: stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


class Site:
    """The simulated Jira, its clock, a connector on a real wire, and what that wire counted."""

    def __init__(self, url: str, jira: JiraSandbox, clock: Clock) -> None:
        self.url = url
        self.jira = jira
        self.clock = clock
        self.counter = Counter()
        self.naps: list[float] = []
        self.connector = self.connect()

    def connect(self, bearer: Bearer | None = None, /, **settings: str) -> Jira:
        wire = open_wire(
            hosts=(),
            base_url=self.url,
            allow_private=LOOPBACK,
            counter=self.counter,
            secrets=["sandbox-token"],
            sleep=self.naps.append,
            bearer=bearer,
        )
        return Jira(self.settings | settings, wire)

    @property
    def settings(self) -> dict[str, str]:
        if not self.jira.is_cloud:
            return {"base_url": self.url, "deployment": "data_center", "personal_token": "sandbox-token"}
        return {"base_url": self.url, "email": self.jira.email, "token": "sandbox-token"}

    @property
    def through_gateway(self) -> dict[str, str]:
        """The settings of a connection that comes through the gateway, as its sites give them."""
        return {"base_url": f"{self.url}/ex/jira/{CLOUD_ID}", "site_url": self.url, "gateway_url": self.url}


SCOPES = frozenset(
    {
        "read:jira-work",
        "read:jira-user",
        "write:jira-work",
        "manage:jira-webhook",
        "read:board-scope:jira-software",
        "read:sprint:jira-software",
        "read:board-scope.admin:jira-software",
        "read:project:jira",
        "read:issue-details:jira",
    }
)
APP = App("client-7", "app-secret-of-length", frozenset({"https://hub.test/oauth"}), SCOPES)
SERVICE = App("service-9", "service-secret", scopes=SCOPES, service_account="bot@serviceaccount.atlassian.com")


def open_site(
    *, is_cloud: bool = True, login: AtlassianLogin | None = None, clock: Clock | None = None
) -> Iterator[Site]:
    clock = clock or Clock()
    jira = JiraSandbox(
        now=clock, time_zone="America/New_York", is_cloud=is_cloud, login=login, scoped_token="scoped-token"
    )
    jira.add_project("PAY", "Payments")
    jira.add_project("WEB", "Web shop")
    with serve(jira) as server:
        if login is not None:
            login.places.append(Place(CLOUD_ID, server.url, "Northwind", SCOPES))
        yield Site(server.url, jira, clock)
    jira.close()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from open_site()


@pytest.fixture
def server() -> Iterator[Site]:
    """A Data Center in the place of a site."""
    yield from open_site(is_cloud=False)


@pytest.fixture(params=["cloud", "data center"])
def either(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site of Jira Cloud, then a Data Center."""
    yield from open_site(is_cloud=request.param == "cloud")


@pytest.fixture
def login() -> AtlassianLogin:
    """The login server, whose clock is that of the site behind it."""
    made = AtlassianLogin(now=Clock())
    made.register(APP)
    made.register(SERVICE)
    return made


@pytest.fixture
def gated(login: AtlassianLogin) -> Iterator[Site]:
    """A site behind the gateway of Atlassian's login."""
    assert isinstance(login.now, Clock)
    yield from open_site(login=login, clock=login.now)


@pytest.fixture
def old(site: Site) -> Site:
    """A site whose issues are all an hour old."""
    for number in range(6):
        site.jira.create("PAY", summary=f"Pay {number}", labels=["okr"] if number % 2 == 0 else [])
    for number in range(4):
        site.jira.create("WEB", summary=f"Web {number}")
    site.clock.pass_(hours=1)
    return site


def scopes_of(site: Site, *queries: str) -> list[Scope]:
    return [site.connector.resolve(Select(query=q)) for q in queries]


def read_once(site: Site, scopes: Sequence[Scope]) -> Cursor:
    """Read each scope once; return where its changes start, with the counter at zero."""
    cursors = [list(site.connector.fetch(scope))[-1].cursor for scope in scopes]
    site.counter.take()
    assert cursors[0] is not None
    return cursors[0]


def id_of(site: Site, key: str) -> str:
    return str(site.jira.by_key[key].id)


def members(pages: Sequence[Page]) -> dict[str, frozenset[str]]:
    return {key: held for page in pages for key, held in page.memberships.items()}
