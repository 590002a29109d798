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
from functools import partial
from typing import Any

import pytest

from connectors import registry
from connectors.contract import Channel, Connector, Source, Sweep
from connectors.errors import ConnectorError, Misconfigured
from connectors.oidc import open_provider
from connectors.registry import KINDS, load, open_connector
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox
from connectors.shapes import Cursor, Scope, Select
from connectors.wire import open_wire
from tests.channels.notes import AT_RISK
from tests.connectors import conformance
from tests.connectors.conftest import Clock

METADATA = "169.254.169.254"  # where clouds keep the keys of a machine
PLACES = [
    "127.0.0.1", "127.8.8.8", "127.1", "127.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.",
    "2130706433", "0x7f000001", "0x7f.1", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "0177.0.0.0x1", "127.0.0.01",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]",
    "[2001:0:0:0:0:0:80ff:fffe]",
    METADATA, "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "192.0.0.8",
    "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fdff::1]", "[fec0::1]", "[ff02::1]", "224.0.0.1", "255.255.255.255",
    "１２７.0.0.1", "１２７。０。０。１", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "169.254.169.２５４",
    "inside.example", "inside.example.", "metadata.google.internal", "both.example",
]  # fmt: skip
# {port} is the port where something listens; the first host is what a hasty reader would take it for
TRICKS = [
    "https://acme.atlassian.net@127.0.0.1:{port}/", "https://acme.atlassian.net:443@127.0.0.1:{port}/",
    "http://hooks.slack.com:x@[::1]:{port}/services/T/B/x", "https://127.0.0.1:{port}\\@acme.atlassian.net/",
    "https://acme.atlassian.net\\@127.0.0.1:{port}/", "https://127.0.0.1:{port}#@acme.atlassian.net/",
    "https://127.0.0.1:{port}?@logic.azure.com/", "https://127.0.0.1:{port}/.atlassian.net",
    "https://127.0.0.1%2f.slack.com:{port}/", "https://127.0.0.1%00.slack.com:{port}/",
    "https://slack.com%40127.0.0.1:{port}/", "https:127.0.0.1:{port}/", "https:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/", "https://[::1]:{port}@slack.com:{port}/", "https://127.0.0.1:{port}:{port}/",
    "https://\t127.0.0.1:{port}/", "https://127.0.0.1\n.slack.com:{port}/", " https://127.0.0.1:{port}/",
    "HTTPS://127.0.0.1:{port}/", "hTTp://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x", "http+unix://%2Fvar%2Frun%2Fdocker.sock/x", "javascript:alert(1)", "unix:/tmp/x",
    "https://[fe80::1%25lo]:{port}/", "https://[::ffff:127.0.0.1]:{port}/", "https://[v1.x]:{port}/", "https://[/",
]  # fmt: skip
ANSWERS = {"inside.example": ["127.0.0.1", "::1", "10.0.0.1"], "both.example": ["127.0.0.1", METADATA]}

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


def _use(connector: Connector) -> None:
    """Do all that a connector can do over its wire; what it says no to is not what is tested here."""
    acts: list[Callable[[], object]] = [connector.check]
    if isinstance(connector, Source):
        scope = Scope("jql", "jql:1", "x", "project = PAY", "", {})
        source = connector
        acts += [
            lambda: list(source.scopes("pay")),
            lambda: source.resolve(Select(query="project = PAY", fields=frozenset({"points"}))),
            lambda: list(source.fetch(scope)),
        ]
        if isinstance(connector, Sweep):
            sweep = connector
            since = Cursor('{"v":1,"since":"2026-11-02T09:00:00+00:00"}')
            acts += [lambda: list(sweep.changes([scope], since, ["10001"]))]
    if isinstance(connector, Channel):
        channel = connector
        acts += [lambda: channel.send(AT_RISK)]
    for act in acts:
        with suppress(ConnectorError):
            act()


def _try(kind: str, settings: Mapping[str, str], **more: Any) -> None:
    try:
        connector = open_connector(kind, settings, **more)
    except Misconfigured:
        return
    _use(connector)


@pytest.mark.parametrize("place", PLACES)
def test_no_setting_of_any_kind_leads_inside(trap: Trap, place: str) -> None:
    tried = 0
    for kind in sorted(KINDS):
        for scheme in ("https", "http"):
            for settings in _ways(kind, f"{scheme}://{place}:{trap.port}/services/T0/B0/x"):
                # on a site that listens to a network of its own the rest of the inside stays shut all the same
                for listed in ((), ("203.0.113.0/24",)):
                    _try(kind, settings, allow_private=listed)
                    tried += 1
    assert tried >= 2 * 2 * 3 * len(KINDS)
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


@pytest.fixture
def tools() -> Iterator[dict[str, Any]]:
    """A simulated tool of each kind, which answers as it should."""
    clock = Clock()
    jira = JiraSandbox(now=clock)
    jira.add_project("PAY", "Payments")
    jira.create("PAY", summary="A story")
    slack, teams = SlackSandbox(now=clock), TeamsSandbox(now=clock)
    slack.add_channel("#okrs", "okrs")
    flow = teams.add_channel("Payments", "payments")
    yield {"jira": jira, "slack": slack, "teams": teams, "flow": flow}
    jira.close()


def _settings_at(kind: str, url: str, tools: Mapping[str, Any]) -> list[dict[str, str]]:
    match kind:
        case "jira":
            return [{"base_url": url, "email": tools["jira"].email, "token": tools["jira"].token}]
        case "slack":
            hook = tools["slack"].channels["C0OKRS"].webhook_path
            bot = {"bot_token": tools["slack"].bot_token, "channel": "C0OKRS", "base_url": f"{url}/api/"}
            return [{"webhook_url": f"{url}{hook}", "base_url": url}, bot]
    return [{"workflow_url": f"{url}{tools['flow']}", "base_url": url}]


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("status", [201, 202, 300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize("place", ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest", "//[::1]:{port}/x"])
def test_no_redirect_of_any_tool_is_followed(
    trap: Trap, tools: dict[str, Any], kind: str, status: int, place: str
) -> None:
    asked: list[str] = []

    def sends_away(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        elsewhere = place.format(port=trap.port)
        moved = [(name, elsewhere) for name in ("Location", "Content-Location", "Refresh", "Link", "Retry-At")]
        start_response(f"{status} Elsewhere", [*moved, ("Content-Type", "application/json")])
        return [b"{}"]

    with serve(sends_away) as server:
        for settings in _settings_at(kind, server.url, tools):
            _try(kind, settings, allow_private=["127.0.0.0/8"])
        port = int(server.url.rpartition(":")[2])
    assert asked
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

    with serve(tool) as server:
        for settings in _settings_at(kind, server.url, tools):
            connector = open_connector(kind, settings, allow_private=["127.0.0.0/8"])
            connector.check()
            _use(connector)
        port = int(server.url.rpartition(":")[2])
    assert asked
    assert trap.came == 0
    assert {one[1] for one in trap.connected} == {port}
