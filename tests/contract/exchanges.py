"""What connectors and simulated tools said to each other while the tests ran, one of each shape."""

from __future__ import annotations

import io
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.sandbox.faults import was_ordered
from connectors.sandbox.server import AnswerLostError

AGENT = "okr-hub"  # what every request of a connector calls itself; a test's own requests do not
# whose API a path belongs to; a request to no such path is to nobody whom we know
VENDORS = (
    ("jira", re.compile(r"^(?:/ex/jira/[^/]+)?(?=/rest/)")),
    ("asana", re.compile(r"^/api/1\.0(?=/)")),
    ("trello", re.compile(r"^/1(?=/)")),
    ("graph", re.compile(r"^/v1\.0(?=/)")),
    ("slack", re.compile(r"^/api(?=/[a-zA-Z]+\.)")),
)
HOSTS = ("atlassian.net", "api.atlassian.com", "app.asana.com", "api.trello.com", "graph.microsoft.com", "slack.com")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and its answer if it had one. `path` is without what stands before the vendor's own paths."""

    vendor: str  # "" where no vendor is known to have such a path
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    kind: str  # Content-Type of the body, parameters aside
    body: bytes
    status: int | None  # None: answered by nobody, or only in a test's own words
    answer_kind: str = ""
    answer: bytes = b""
    is_connectors: bool = True  # a connector asked; else a test did, to see what the simulated tool makes of it
    is_ordered: bool = False  # the answer is a fault that a test ordered


class Recorder:
    """Keeps exchanges, one of each shape, and counts them all. Thread-safe."""

    def __init__(self) -> None:
        self.kept: dict[object, Exchange] = {}
        self.counts: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._lock = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Take note of an exchange."""
        # first by its very bytes, which is cheap, then by its shape
        same = hash((exchange.method, exchange.path, exchange.query, exchange.status, exchange.body, exchange.answer,
                     exchange.is_connectors, exchange.is_ordered))  # fmt: skip
        with self._lock:
            self.counts["requests of connectors" if exchange.is_connectors else "requests of tests' own"] += 1
            if same in self._seen:
                return
            self._seen.add(same)
        shape = (
            exchange.vendor, exchange.method, re.sub(r"/[^/]*[0-9A-Z][^/]*", "/*", exchange.path),
            tuple(sorted((name, _kind(text)) for name, text in exchange.query)), exchange.kind,
            _shape_of(exchange.body), exchange.status, exchange.answer_kind, _shape_of(exchange.answer),
            exchange.is_connectors, exchange.is_ordered,
        )  # fmt: skip
        with self._lock:
            self.kept.setdefault(shape, exchange)

    def around(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """Return a WSGI application that does what `app` does and notes each exchange."""

        def noting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            began: list[tuple[str, list[tuple[str, str]]]] = []

            def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                began[:] = [(status, headers)]
                return start_response(status, headers, *more)

            was_ordered.set(False)
            try:
                chunks = app(environ, start)
                answer = b"".join(chunks)
            except AnswerLostError:
                self.note(_exchange(environ, body, None, "", b""))
                raise
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
            status, headers = began[0]
            kind = next((value for name, value in headers if name.lower() == "content-type"), "")
            self.note(_exchange(environ, body, int(status.split()[0]), kind, answer))
            return [answer]

        return noting

    def asked(self, method: str, url: str, kind: str, body: bytes | str | None) -> None:
        """Take note of a request that a connector sent to a vendor's real address, where a test answers it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not any(host == one or host.endswith("." + one) for one in HOSTS):
            return
        vendor, path = owner_of(parts.path)
        raw = body.encode() if isinstance(body, str) else body or b""
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        self.note(Exchange(vendor, method, path, query, _bare(kind), raw, None))


def owner_of(path: str) -> tuple[str, str]:
    """Return whose API a path belongs to, "" for nobody's, and the path as that vendor's description writes it."""
    for vendor, pattern in VENDORS:
        if found := pattern.match(path):
            return vendor, path[found.end() :]
    return "", path


def _exchange(environ: dict[str, Any], body: bytes, status: int | None, kind: str, answer: bytes) -> Exchange:
    vendor, path = owner_of(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"))
    return Exchange(
        vendor=vendor,
        method=environ["REQUEST_METHOD"],
        path=path,
        query=tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        kind=_bare(environ.get("CONTENT_TYPE", "")),
        body=body,
        status=status,
        answer_kind=_bare(kind),
        answer=answer,
        is_connectors=environ.get("HTTP_USER_AGENT", "") == AGENT,
        is_ordered=was_ordered.get(),
    )


def _bare(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _kind(text: str) -> str:
    return "number" if text.isdecimal() else "truth" if text in {"true", "false"} else "text"


def _shape_of(body: bytes) -> int:
    """Return a number that two JSON bodies share when they differ in values alone; of another body its own."""
    if body[:1] not in (b"{", b"["):
        return hash(body)
    try:
        return _shape(json.loads(body))
    except (ValueError, RecursionError):
        return hash(body)


def _shape(value: Any) -> int:
    if isinstance(value, dict):
        return hash(("object", frozenset((name, _shape(one)) for name, one in value.items())))
    if isinstance(value, list):
        return hash(("list", frozenset(map(_shape, value))))
    return hash(type(value))
