"""Hostile webhook bodies against the real application: whatever comes, no 5xx, and memory stays where it is.

`python -m tests.soak.hostile_webhooks [NUMBER [SEED]]`; the same seed sends the same bodies.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from hub.settings import Settings
from hub.store import Store, connections
from hub.store.migrate import upgrade
from hub.web import create_app

SECRET = "the-secret-of-the-hostile"
TOKEN = "a-token-of-the-hostile"
MOST_GROWTH = 20.0  # MB
WARM_UP = 0.1  # of all bodies: caches fill before the growth is counted

ISSUE = {"id": "10042", "key": "PAY-7", "self": "https://acme.atlassian.net/rest/api/3/issue/10042"}
BODIES: tuple[dict[str, Any], ...] = (
    {"webhookEvent": "jira:issue_updated", "timestamp": 1764000000000, "issue": {**ISSUE, "fields": {"labels": ["a"]}}},
    {"webhookEvent": "jira:issue_created", "timestamp": 1764000000001, "issue": {**ISSUE, "fields": {"summary": "x"}}},
    {"webhookEvent": "jira:issue_deleted", "timestamp": 1764000000002, "issue": ISSUE},
    {"webhookEvent": "comment_created", "comment": {"id": "7", "body": "b"}, "issue": ISSUE},
    {"webhookEvent": "sprint_started", "sprint": {"id": 3, "name": "S"}},
    {"webhookEvent": "jira:worklog_updated", "worklog": {"id": "9"}},
)
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**53, 10**400, -0.0, 1e308, "", " ", "0", "\x00", "\ud800", "\U0010ffff", "\u202e", "'",
    "${JIRA_TOKEN}", "../../etc/passwd", "<script>", "1" * 5000, "９", [], {}, [[]], [None], {"": ""}, {"id": {}},
)  # fmt: skip
RAW: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"{", b"}", b"[", b"nul", b"NaN", b"Infinity", b"-Infinity", b'{"issue":NaN}',
    b"\xef\xbb\xbf{}",
    b'{"issue":{"id":1e999}}', b'{"issue":{"id":' + b"9" * 5000 + b"}}", b'"\xed\xa0\x80"', b'{"a":1,"a":2,"issue":{}}',
    b'{"webhookEvent":"jira:issue_updated","issue":{"id":"1","id":{"id":[]}}}', b"{}" * 100, b"\x1f\x8b\x08\x00" * 9,
)  # fmt: skip
PATHS = ("/hooks/", "/hooks/\x00", "/hooks/" + "a" * 5000, "/hooks/a/b", "/hooks/\xff")
QUERIES = ("", "", "", "a=%ff&b=%00", "&" * 500, "q=" + "x" * 9000)
HOSTS = ("127.0.0.1:8080", "127.0.0.1:8080", "okr.acme.test", "", "a b", "[::1", "\xff", "x" * 300)
HEADERS = ("HTTP_X_REQUEST_ID", "HTTP_COOKIE", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT", "HTTP_RANGE")
ODD_HEADERS = ("\x00", "a\nb: c", "gzip", "100-continue", "é" * 100, "x=" * 4000)
METHODS = ("POST", "POST", "POST", "POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "FROB")
TYPES = ("application/json", "", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x",
         "a/b; charset=\x80", "application/x-www-form-urlencoded", "application/json; charset=utf-16")  # fmt: skip


def nested(_dice: random.Random) -> bytes:
    return b"[" * 1_000_000


def many_names(dice: random.Random) -> bytes:
    return json.dumps({f"{dice.random()}": n for n in range(10_000)}).encode()


def raw(dice: random.Random) -> bytes:
    return dice.choice(RAW)


def noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(0, 600))


def mutated(dice: random.Random) -> bytes:
    """Put an odd value at a random place of a real body."""
    body: Any = deepcopy(dice.choice(BODIES))
    for _ in range(dice.randrange(1, 4)):
        place: Any = body
        while isinstance(place, dict) and place:
            name = dice.choice(sorted(place))
            if not isinstance(place[name], dict) or dice.random() < 0.4:
                match dice.randrange(3):
                    case 0:
                        del place[name]
                    case 1:
                        place[dice.choice(("id", "key", "issue", "webhookEvent"))] = deepcopy(dice.choice(ODD_VALUES))
                    case _:
                        place[name] = deepcopy(dice.choice(ODD_VALUES))
                break
            place = place[name]
    return json.dumps(body).encode()


def torn(dice: random.Random) -> bytes:
    """Flip, drop and double bytes of a real body."""
    body = bytearray(json.dumps(dice.choice(BODIES)).encode())
    for _ in range(dice.randrange(1, 8)):
        at = dice.randrange(len(body))
        match dice.randrange(4):
            case 0:
                body[at] ^= 1 << dice.randrange(8)
            case 1:
                del body[at : at + dice.randrange(1, 20)]
            case 2:
                body[at:at] = body[at : at + dice.randrange(1, 40)]
            case _:
                body[at:at] = dice.choice((b"\x00", b"\xc0\x80", b"\\ud800", b'"', b"\\", b"\xf5"))
        if not body:
            return b""
    return bytes(body)


COMMON: tuple[Callable[[random.Random], bytes], ...] = (mutated, mutated, mutated, torn, torn, raw, noise)
RARE: tuple[Callable[[random.Random], bytes], ...] = (nested, many_names, lambda dice: b"a" * 10_000_000)


def signature(dice: random.Random, body: bytes) -> str | None:
    """Return a signature: right in two of three, so that the body reaches what reads it."""
    if dice.random() < 0.66:
        return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return dice.choice((None, "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "a" * 40, "ünïcode", "sha256=" + "é" * 64,
                        "x" * 9000, "sha256=\x00", "SHA256=" + "F" * 64, "sha256=" + "g" * 64))  # fmt: skip


def ask(app: Flask, dice: random.Random, number: int) -> tuple[int, float]:
    """Send one hostile delivery as a WSGI server hands it over; return its status and the seconds it took."""
    body = dice.choice(RARE)(dice) if number % 500 == 499 else dice.choice(COMMON)(dice)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": dice.choice(METHODS) if dice.random() < 0.2 else "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/hooks/jira-main" if dice.random() < 0.95 else dice.choice(PATHS),
        "QUERY_STRING": dice.choice(QUERIES),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": dice.choice(HOSTS),
        "CONTENT_TYPE": dice.choice(TYPES),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }  # fmt: skip
    if dice.random() < 0.1:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    else:
        odd = dice.choice(("", "-1", "abc", "9" * 30, str(len(body) // 2)))
        environ["CONTENT_LENGTH"] = str(len(body)) if dice.random() < 0.95 else odd
    signed = signature(dice, body)
    if signed is not None:
        environ["HTTP_X_HUB_SIGNATURE"] = signed
    if dice.random() < 0.8:
        # Few names, so that most are redelivered: what is stored is kept for as long as tools repeat.
        odd = dice.choice(("\x00", "é" * 400, " ", "x" * 9000))
        environ["HTTP_X_ATLASSIAN_WEBHOOK_IDENTIFIER"] = f"d-{number % 997}" if dice.random() < 0.9 else odd
    if dice.random() < 0.1:
        environ[
            dice.choice(("HTTP_X_REQUEST_ID", "HTTP_COOKIE", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT", "HTTP_RANGE"))
        ] = dice.choice(("\x00", "a\nb: c", "gzip", "100-continue", "é" * 100, "x=" * 4000))
    statuses: list[str] = []
    began = time.perf_counter()
    answer = app(environ, lambda status, _headers, _problem=None: statuses.append(status))
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    return int(statuses[0].split()[0]), time.perf_counter() - began


def run(number: int, seed: int = 1) -> dict[str, Any]:
    """Send so many bodies; return how they were answered, the p99 in ms and the growth of memory in MB."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOSTILE_TOKEN=TOKEN, HOSTILE_SECRET=SECRET)
        settings = Settings(data=Path(folder), database_url="", redis_url="redis://127.0.0.1:1/0", log="error")
        store = Store(settings.database)
        upgrade(store)
        with store.write() as tx:
            connections.put_connection(
                tx,
                slug="jira-main",
                kind="jira",
                settings={
                    "base_url": "https://acme.atlassian.net",
                    "email": "hub@acme.test",
                    "token": "${HOSTILE_TOKEN}",
                    "webhook_secret": "${HOSTILE_SECRET}",
                },
                allow_private=[],
                every=timedelta(minutes=15),
                now=datetime.now(UTC),
            )
        store.close()
        app = create_app(settings)
        _do_not_wait_for_the_disk(app.extensions["okrhub"].store)
        rings: list[int] = []
        app.extensions["okrhub"].bell.ring_sync = rings.append
        answered: Counter[int] = Counter()
        spent: list[float] = []
        before = 0.0
        for at in range(number):
            status, seconds = ask(app, dice, at)
            answered[status] += 1
            spent.append(seconds)
            if at == int(number * WARM_UP):
                before = _memory()
        growth = _memory() - before
        app.extensions["okrhub"].store.close()
    spent.sort()
    return {
        "bodies": number,
        "seed": seed,
        "answered": dict(sorted(answered.items())),
        "failed": sum(n for status, n in answered.items() if status >= 500),
        "p99_ms": round(spent[int(len(spent) * 0.99)] * 1000, 1),
        "growth_mb": round(growth, 1),
        "rings": len(rings),
    }


def run_alone(number: int, seed: int) -> str:
    """Run in a process of its own and return its row of the table. Raises if it failed."""
    command = [sys.executable, "-m", "tests.soak.hostile_webhooks", str(number), str(seed)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        raise AssertionError(f"hostile webhooks: {ran.stdout.strip()}")
    found = json.loads(ran.stdout)
    answers = ", ".join(f"{count:,} answered {status}" for status, count in found["answered"].items())
    return (
        f"| {found['bodies']:,} hostile webhook bodies, signed and forged, seed {seed} | {answers}; "
        f"p99 {found['p99_ms']} ms, memory {found['growth_mb']:+} MB after the first tenth "
        f"| no 5xx, memory +{MOST_GROWTH} MB |"
    )


def _do_not_wait_for_the_disk(store: Store) -> None:
    """Nobody pulls the plug of the machine here."""

    @event.listens_for(store.engine, "connect")
    def _set(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA synchronous=OFF")


def _memory() -> float:
    """Return the resident memory of this process in MB."""
    with open("/proc/self/statm", encoding="ascii") as found:
        return int(found.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(arguments: list[str]) -> int:
    from hub.log import set_up_logs

    set_up_logs("critical")
    number, seed = (int(one) for one in [*arguments, "100000", "1"][:2]) if arguments else (100_000, 1)
    found = run(number, seed)
    print(json.dumps(found))
    return int(bool(found["failed"]) or found["growth_mb"] > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
