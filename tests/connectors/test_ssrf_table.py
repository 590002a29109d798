"""No address that a person, a name server or a tool may name leads into this machine or its network.

Every connector and channel kind, every setting of it that holds an address, every spelling: sockets listen on
loopback and count, and an audit hook hears of each connect that Python makes anywhere.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from connectors import registry
from connectors.contract import Channel, Connector, Source, Sweep
from connectors.errors import ConnectorError, Misconfigured
from connectors.oidc import open_provider
from connectors.registry import KINDS, load, open_connector
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Cursor, Scope, Select
from connectors.wire import open_wire
from tests.channels.notes import AT_RISK
from tests.connectors import conformance
from tests.connectors.conftest import Clock
from tests.connectors.microsoft_tenant import SandboxBearer
from tests.connectors.places_inside import ANSWERS, METADATA, PLACES, TRICKS

_heard: list[Any] = []
_is_listening = threading.Event()


def _hear(event: str, given: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"} and _is_listening.is_set():
        _heard.append(given[1])


sys.addaudithook(_hear)


class Trap:
    """What listens on this machine, and who came."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.came = 0
        self.connected: list[Any] = _heard


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trap]:
    """Listen on both loopbacks at one port, and let names stand for addresses inside without asking anyone."""
    listeners = [socket.create_server(("127.0.0.1", 0))]
    found = Trap(listeners[0].getsockname()[1])
    with suppress(OSError):  # a machine without IPv6; the audit hook hears all the same
        listeners.append(socket.create_server(("::1", found.port), family=socket.AF_INET6))

    def wait(listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            found.came += 1
            line.close()

    threads = [threading.Thread(target=wait, args=(one,), daemon=True) for one in listeners]
    for thread in threads:
        thread.start()
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *given: Any, **more: Any) -> Any:
        name = str(host).rstrip(".").lower()
        if name in ANSWERS:
            return _infos(ANSWERS[name], port)
        is_number = all(part[:1].isdigit() for part in name.split(".")) or ":" in name
        if not is_number and name != "localhost":
            raise socket.gaierror(-2, "Name or service not known")
        return resolve(host, port, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(registry, "open_wire", partial(open_wire, sleep=lambda _: None))
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    _heard.clear()
    _is_listening.set()
    yield found
    _is_listening.clear()
    for one in listeners:
        one.shutdown(socket.SHUT_RDWR)
        one.close()
    for thread in threads:
        thread.join(timeout=5)


def _infos(addresses: list[str], port: int) -> list[Any]:
    families = {True: socket.AF_INET6, False: socket.AF_INET}
    return [(families[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]


def _ways(kind: str, url: str) -> Iterator[dict[str, str]]:
    """Yield settings of a kind with the address in each setting that holds one, in turn and in all at once."""
    given = dict(conformance.SETTINGS[kind])
    names = [field.name for field in load(kind).describe().all_fields() if field.kind == "url"]
    assert names, f"{kind} has no setting that holds an address"
    for name in names:
        yield given | {name: url}
    yield given | {name: url for name in names if name in given or name == "base_url"}
    if kind == "slack":  # its other way to post, over the Web API
        yield {"bot_token": "xoxb-1-2-abc", "channel": "C0123456789", "base_url": url}


@dataclass(frozen=True)
class Read:
    """What was selected in a simulated tool and read once: what to ask for again, and from where."""

    select: Select
    scope: Scope
    since: Cursor
    item: str


# good enough where nobody answers
NOTHING = Read(
    Select(query="project = PAY", fields=frozenset({"points"})),
    Scope("jql", "jql:1", "x", "project = PAY", "", {}),
    Cursor('{"v":1,"since":"2026-11-02T09:00:00+00:00"}'),
    "10001",
)


class Signed:
    """A sign-in as the hub's vault would hand it out."""

    identity = "somebody"

    def token(self) -> str:
        return "a-token-of-length"

    def renew(self, refused: str) -> str:
        return refused


def _use(connector: Connector, read: Read | None) -> None:
    """Do all that a connector can do over its wire; what it says no to is not what is tested here.

    Without a `read` it is only checked.
    """
    acts: list[Callable[[], object]] = [connector.check]
    if read is not None and isinstance(connector, Source):
        source = connector
        acts += [
            lambda: list(source.scopes("pay")),
            lambda: source.resolve(read.select),
            lambda: list(source.fetch(read.scope)),
        ]
        if isinstance(connector, Sweep):
            sweep = connector
            acts += [lambda: list(sweep.changes([read.scope], read.since, [read.item]))]
    if isinstance(connector, Channel):
        channel = connector
        acts += [lambda: channel.send(AT_RISK)]
    for act in acts:
        with suppress(ConnectorError):
            act()


def _open(kind: str, settings: Mapping[str, str], **more: Any) -> Connector:
    signed = {"bearer": Signed()} if kind == "microsoft" else {}  # it has no other way in
    return open_connector(kind, settings, **signed, **more)


def _try(kind: str, settings: Mapping[str, str], read: Read | None = NOTHING, **more: Any) -> None:
    try:
        connector = _open(kind, settings, **more)
    except Misconfigured:
        return
    _use(connector, read)


@pytest.mark.parametrize("place", PLACES)
def test_no_setting_of_any_kind_leads_inside(trap: Trap, place: str) -> None:
    tried = 0
    for kind in sorted(KINDS):
        # where a network of one's own is listed, http passes there, and the rest of the inside stays shut all the same
        for scheme, listed in (("https", ()), ("http", ()), ("http", ("203.0.113.0/24",))):
            for settings in _ways(kind, f"{scheme}://{place}:{trap.port}/services/T0/B0/x"):
                # every act where most is let through; the rest of the time the first one knocks
                _try(kind, settings, NOTHING if listed else None, allow_private=listed)
                tried += 1
    assert tried >= 3 * 3 * len(KINDS)
    assert (trap.came, trap.connected) == (0, [])


@pytest.mark.parametrize("place", PLACES)
def test_no_issuer_to_sign_in_by_leads_inside(trap: Trap, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr("connectors.oidc.open_wire", partial(open_wire, sleep=lambda _: None))
    for scheme in ("https", "http"):
        with pytest.raises(ConnectorError):
            open_provider(f"{scheme}://{place}:{trap.port}", "hub", "secret").begin("https://hub.test/back")
    assert (trap.came, trap.connected) == (0, [])


@pytest.mark.parametrize("trick", TRICKS)
def test_no_spelling_of_an_address_leads_inside(trap: Trap, monkeypatch: pytest.MonkeyPatch, trick: str) -> None:
    for kind in sorted(KINDS):
        for settings in _ways(kind, trick.format(port=trap.port)):
            _try(kind, settings)
    monkeypatch.setattr("connectors.oidc.open_wire", partial(open_wire, sleep=lambda _: None))
    with pytest.raises(ConnectorError):
        open_provider(trick.format(port=trap.port), "hub", "secret").begin("https://hub.test/back")
    assert (trap.came, trap.connected) == (0, [])


def test_every_registered_kind_is_in_the_table() -> None:
    assert set(conformance.SETTINGS) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("second", ["127.0.0.1", METADATA, "::1", "::ffff:127.0.0.1", "10.0.0.1"])
def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
    trap: Trap, monkeypatch: pytest.MonkeyPatch, kind: str, second: str
) -> None:
    asked: list[str] = []

    def alternating(host: Any, port: Any, *_: Any, **__: Any) -> Any:
        asked.append(str(host))
        return _infos(["1.1.1.1"] if len(asked) % 2 else [second], trap.port)

    reached: list[str] = []

    def refuse(_self: socket.socket, address: Any) -> None:
        reached.append(str(address[0]))
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", alternating)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for settings in _ways(kind, "https://rebinds.example/services/T0/B0/x"):
        _try(kind, settings)
    assert len(asked) >= 4
    assert set(reached) == {"1.1.1.1"}  # the address that was checked is the one that is connected to
    assert trap.connected == []


REDIRECTS = (201, 202, 300, 301, 302, 303, 305, 307, 308)


@pytest.fixture
def tools() -> Iterator[dict[str, Any]]:
    """A simulated tool of each kind, which answers as it should."""
    clock = Clock()
    jira = JiraSandbox(now=clock)
    jira.add_project("PAY", "Payments")
    jira.create("PAY", summary="A story")
    asana = AsanaSandbox(now=clock)
    asana.create(asana.add_project("Payments"), name="A task")
    trello = TrelloSandbox(now=clock)
    board = trello.add_board("Payments")
    trello.create(trello.add_list(board, "Doing"), "A card")
    microsoft = MicrosoftSandbox(now=clock)
    microsoft.planner.add_task(microsoft.planner.add_plan(microsoft.planner.add_team("Payments"), "Payments"), "A task")
    slack, teams = SlackSandbox(now=clock), TeamsSandbox(now=clock)
    slack.add_channel("#okrs", "okrs")
    flow = teams.add_channel("Payments", "payments")
    made: dict[str, Any] = {"jira": jira, "asana": asana, "trello": trello, "microsoft": microsoft}
    yield {**made, "slack": slack, "teams": teams, "flow": flow}
    jira.close()


PICKS = {
    "jira": {"project": "PAY"},
    "asana": {"project": "Payments"},
    "trello": {"board": "Payments"},
    "microsoft": {"team": "Payments", "plan": "Payments"},
}


def _read_once(kind: str, tools: Mapping[str, Any]) -> Read:
    """Select and read in a simulated tool, as somebody did before it was turned against us."""
    if kind not in PICKS:
        return NOTHING
    with serve(tools[kind]) as server:
        (settings,) = _settings_at(kind, server.url, tools)
        signed = {"bearer": SandboxBearer(tools[kind])} if kind == "microsoft" else {}
        source = open_connector(kind, settings, allow_private=["127.0.0.0/8"], **signed)
        assert isinstance(source, Source)
        select = Select(picker=PICKS[kind])
        scope = source.resolve(select)
        pages = list(source.fetch(scope))
    (item,) = [item for page in pages for item in page.items]
    assert pages[-1].cursor is not None
    return Read(select, scope, pages[-1].cursor, item.key)


def _settings_at(kind: str, url: str, tools: Mapping[str, Any]) -> list[dict[str, str]]:
    match kind:
        case "jira":
            return [{"base_url": url, "email": tools["jira"].email, "token": tools["jira"].token}]
        case "asana":
            return [{"base_url": url, "token": tools["asana"].token}]
        case "trello":
            return [{"base_url": url, "api_key": tools["trello"].api_key, "token": tools["trello"].token}]
        case "microsoft":
            return [{**conformance.SETTINGS["microsoft"], "base_url": url, "login_url": url}]
        case "slack":
            hook = tools["slack"].channels["C0OKRS"].webhook_path
            bot = {"bot_token": tools["slack"].bot_token, "channel": "C0OKRS", "base_url": f"{url}/api/"}
            return [{"webhook_url": f"{url}{hook}", "base_url": url}, bot]
        case "teams":
            return [{"workflow_url": f"{url}{tools['flow']}", "base_url": url}]
    raise AssertionError(f"say how {kind} is reached")


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("place", ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest", "//[::1]:{port}/x"])
def test_no_redirect_of_any_tool_is_followed(trap: Trap, tools: dict[str, Any], kind: str, place: str) -> None:
    asked: list[int] = []
    status = 0

    def sends_away(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(status)
        elsewhere = place.format(port=trap.port)
        moved = [(name, elsewhere) for name in ("Location", "Content-Location", "Refresh", "Link", "Retry-At")]
        start_response(f"{status} Elsewhere", [*moved, ("Content-Type", "application/json")])
        return [b"{}"]

    read = _read_once(kind, tools)
    trap.connected.clear()
    with serve(sends_away) as server:
        for status in REDIRECTS:  # noqa: B007  (the tool answers with it)
            for settings in _settings_at(kind, server.url, tools):
                _try(kind, settings, read, allow_private=["127.0.0.0/8"])
        port = int(server.url.rpartition(":")[2])
    assert set(asked) == set(REDIRECTS)
    assert trap.came == 0
    assert {(one[0], one[1]) for one in trap.connected} == {("127.0.0.1", port)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_address_in_an_answer_is_followed(trap: Trap, tools: dict[str, Any], kind: str) -> None:
    import json

    asked: list[str] = []

    def bent(value: Any, elsewhere: str) -> Any:
        """Turn every address of an answer into the trap's, and add those that other interfaces page by."""
        if isinstance(value, dict):
            links = ("self", "next", "nextPage", "nextLink", "@odata.nextLink", "url", "avatarUrls", "iconUrl")
            return {name: bent(one, elsewhere) for name, one in value.items()} | {
                name: elsewhere for name in links if name not in value
            }
        if isinstance(value, list):
            return [bent(one, elsewhere) for one in value]
        return elsewhere if isinstance(value, str) and value.startswith("http") else value

    def tool(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        body = b"".join(tools[kind](environ, lambda status, headers, *_: begun.append((status, headers))))
        status, headers = begun[-1]
        elsewhere = f"http://127.0.0.1:{trap.port}/"
        with suppress(ValueError):  # Slack's webhooks answer in plain text
            body = json.dumps(bent(json.loads(body), elsewhere)).encode() if body else body
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Location", elsewhere), ("Link", f'<{elsewhere}>; rel="next"')])
        return [body]

    read = _read_once(kind, tools)
    trap.connected.clear()
    with serve(tool) as server:
        for settings in _settings_at(kind, server.url, tools):
            signed = {"bearer": SandboxBearer(tools[kind])} if kind == "microsoft" else {}
            connector = open_connector(kind, settings, allow_private=["127.0.0.0/8"], **signed)
            connector.check()
            _use(connector, read)
        port = int(server.url.rpartition(":")[2])
    assert asked
    assert trap.came == 0
    assert {one[1] for one in trap.connected} == {port}
