"""From a site to the hub's values: the real connector and the real sync over a copied database, in one process."""

from __future__ import annotations

import io
import re
import shutil
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from connectors.contract import Connector
from connectors.registry import load, secrets_of
from connectors.wire import Bearer, Counter, WireAdapter, _Outcome, open_wire
from hub.flows.plan import apply
from hub.flows.sync import Synced, evaluate, flow, sync
from hub.flows.sync import round as rounds
from hub.flows.sync.defects import Defect, defect_of
from hub.model.key_result import KeyResult
from hub.record import Reading
from hub.store import Store, connections, key_results
from hub.store.migrate import upgrade
from hub.store.rules import RuleRow
from hub.vault import Vault
from hub.workspace import read_workspace
from mappings import Evaluation
from tests.canaries import canary
from tests.sites.site import Site
from tests.sites.truth import Rule

BEGINS = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
CONNECTIONS = {
    "jira": "kind: jira, base_url: https://site.test, email: hub@northwind.test, token: ${TOKEN}",
    "jira-server": "kind: jira, base_url: https://site.test, personal_token: ${TOKEN}",
    "asana": "kind: asana, base_url: https://site.test, token: ${TOKEN}",
    "microsoft": "kind: microsoft, base_url: https://site.test, login_url: https://site.test, "
    "tenant: northwind.onmicrosoft.com, client_id: 00001111-aaaa-2222-bbbb-3333cccc4444, client_secret: ${TOKEN}, "
    "user: mira@northwind.test",
    "trello": "kind: trello, base_url: https://site.test, api_key: ${KEY}, token: ${TOKEN}",
}
# The cycle is young: what a first read writes of the past is not what these sites are about.
OKRS = """\
cycles:
  quarter: {starts: 2026-11-15, ends: 2026-12-31}
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

_reading_of, _turn, _defect_of = evaluate.reading_of, rounds.Round._turn, defect_of


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = BEGINS

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


class Stock:
    """Databases of hubs that have read nothing yet, one a tool: made once, and brought back for each site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault(folder / "vault.key")
        self._stores: dict[str, Store] = {}

    def line(self, site: Site, clock: Clock, name: str = "template") -> Line:
        """Return a hub that has read nothing of a site, or what was kept by another name."""
        template, path = self.folder / f"{site.tool}.{name}", self.folder / f"{site.tool}.db"
        if site.tool not in self._stores:
            make_template(template, site.tool, site.rules)
            self._stores[site.tool] = Store(f"sqlite:///{path}", keeps_open=True)
        store = self._stores[site.tool]
        store.engine.dispose()  # its engine stays, and with it the statements that it has compiled
        for old in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            old.unlink(missing_ok=True)
        shutil.copy(template, path)
        return Line(store, self.vault, site, clock)

    def keep(self, site: Site, name: str) -> None:
        """Keep what the hub of a site holds now, to be brought back by `line`."""
        store = self._stores[site.tool]
        store.engine.dispose()
        shutil.copy(self.folder / f"{site.tool}.db", self.folder / f"{site.tool}.{name}")

    def close(self) -> None:
        for store in self._stores.values():
            store.close()


class Line:
    """A hub of one connection, which reads a site as workers do."""

    def __init__(self, store: Store, vault: Vault, site: Site, clock: Clock) -> None:
        self.store, self.vault, self.site, self.clock = store, vault, site, clock
        self._readings: dict[int, Reading] = {}  # the last accepted one of each key result
        self.raised: list[str] = []  # what left the connector in the last read, by name
        self.defects: list[str] = []  # what nobody foresaw, in all reads
        with self.store.read() as tx:
            found = connections.connection_by_slug(tx, "tool")
        assert found is not None
        self.connection_id = found.id

    def sync(self) -> Synced:
        """Read the tool on schedule."""
        with self.store.write() as tx:
            connections.make_due(tx, self.connection_id, self.clock())
        self.raised.clear()
        with ExitStack() as patches:
            for where, name, put in (
                (evaluate, "reading_of", self._noting),
                (WireAdapter, "_try", self._answer()),
                (rounds.Round, "_turn", self._turn()),
                *((module, "defect_of", self._defect) for module in (flow, rounds, evaluate)),
            ):
                patches.enter_context(patch.object(where, name, put))
            return sync(
                self.store,
                self.connection_id,
                owner="reader",
                now=self.clock,
                environ=environ(),
                opener=self._open,
                vault=self.vault,
            )

    def key_result(self, name: str) -> KeyResult:
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
        assert found is not None
        return found

    def aside(self, name: str) -> set[str]:
        """Return the keys of the items that the value leaves out because they could not be read."""
        reading = self._readings.get(self.key_result(name).id)
        left = reading.left_out if reading is not None and reading.left_out else {}
        return {key for key, one in left.items() if one.reason.startswith("set aside: ")}

    def _answer(self) -> Callable[..., _Outcome]:
        return lambda adapter, request, **_more: _in_process(self.site, adapter, request)

    def _turn(self) -> Callable[..., Any]:
        def turn(of: rounds.Round, name: str, read: Callable[[], None]) -> Any:
            def noting() -> None:
                try:
                    read()
                except Exception as problem:
                    self.raised.append(type(problem).__name__)
                    raise

            return _turn(of, name, noting)

        return turn

    def _defect(self, problem: Exception, *given: Any) -> Defect:
        if not isinstance(problem, Defect):
            where = traceback.extract_tb(problem.__traceback__)[-1]
            self.defects.append(f"{type(problem).__name__} at {Path(where.filename).name}:{where.lineno}")
        return _defect_of(problem, *given)

    def _noting(self, found: Evaluation, row: RuleRow, *given: Any) -> Reading:
        """Return what was read, and keep it: what is left out is not stored."""
        reading = self._readings[row.key_result_id] = _reading_of(found, row, *given)
        return reading

    def connection(self) -> Any:
        with self.store.read() as tx:
            return connections.connection_by_slug(tx, "tool")

    def _open(
        self,
        kind: str,
        settings: Mapping[str, str],
        *,
        allow_private: Sequence[str] = (),
        counter: Counter | None = None,
        bearer: Bearer | None = None,
    ) -> Connector:
        made = load(kind)
        counter = counter or Counter()
        wire = open_wire(
            hosts=made.describe().hosts,
            base_url=settings.get("base_url", ""),
            allow_private=allow_private,
            counter=counter,
            secrets=secrets_of(kind, settings),
            sleep=lambda _seconds: None,
            now=lambda: self.clock().timestamp(),
            bearer=bearer,
        )
        return made(settings, wire)


def environ() -> dict[str, str]:
    return {"TOKEN": canary("jira"), "KEY": "0123456789abcdef0123456789abcdef"}


def make_template(path: Path, tool: str, rules: Sequence[Rule]) -> None:
    """Write a database in which the rules are applied to a connection that was never read."""
    folder = path.parent / f"workspace-{tool}"
    for name in ("okrs", "mappings"):
        (folder / name).mkdir(parents=True)
    key_results = [f"      - {{key_result: {r.name}, title: {r.name}, kind: reach, target: 10}}" for r in rules]
    mappings = [
        f"  - key_result: ship/{r.name}\n    from: tool\n    select: {r.select}\n    measure: {r.measure}\n"
        + (f"    where: [{r.where}]\n" if r.where else "")
        for r in rules
    ]
    said = re.sub(r"\$\{\w+\}", r'"\g<0>"', CONNECTIONS[tool])
    (folder / "hub.yaml").write_text(
        "workspace: Odd sites\ntime_zone: Europe/Berlin\npublic_url: https://hub.test\n"
        f"connections:\n  tool: {{{said}, every: 15 minutes}}\n"
    )
    (folder / "okrs" / "all.yaml").write_text(OKRS + "\n".join([*key_results, ""]))
    (folder / "mappings" / "all.yaml").write_text("mappings:\n" + "".join(mappings))
    reading = read_workspace(folder)
    assert reading.declaration is not None, [str(one) for one in reading.problems]
    store = Store(f"sqlite:///{path}")
    upgrade(store)
    apply(store, reading.declaration, now=BEGINS, who="a test", environ=environ())
    store.close()


def as_decimal(number: Any) -> Decimal | None:
    """Round an exact fraction to the twelve places that values are kept with."""
    return None if number is None else Decimal(round(number * 10**12)).scaleb(-12)


def _in_process(site: Site, adapter: WireAdapter, request: PreparedRequest) -> _Outcome:
    """Answer a request of the wire's without a line between: see WireAdapter._try."""
    adapter.counter.add(requests=1)
    url = urlsplit(request.url or "")
    body = request.body or b""
    sent = body.encode() if isinstance(body, str) else bytes(body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path, "latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": f"{url.path}?{url.query}" if url.query else url.path,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(sent),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name.lower() not in ("content-type", "content-length"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ.setdefault("HTTP_HOST", url.netloc)
    status, headers, answered = site(environ)
    response = Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict(headers)
    response._content = answered
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    response.connection = adapter  # as requests notes it
    return _Outcome(response=response)
