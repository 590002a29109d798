"""The route that the intake of webhooks is measured against: it checks the same HMAC and writes one row, no more."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading

from flask import Flask, Response, request

from tests.bench.load import SECRET

app = Flask(__name__)
_own = threading.local()


def _database() -> sqlite3.Connection:
    """Return this thread's connection, with the durability that the hub asks for."""
    if not hasattr(_own, "database"):
        made = sqlite3.connect(os.environ["BARE_DATABASE"], isolation_level=None)
        for line in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL"):
            made.execute(f"PRAGMA {line}")
        made.execute("CREATE TABLE IF NOT EXISTS came (id INTEGER PRIMARY KEY, key TEXT, body TEXT)")
        _own.database = made
    found: sqlite3.Connection = _own.database
    return found


@app.post("/hooks/<connection>")
def take(connection: str) -> Response:
    body = request.get_data()
    given = request.headers.get("X-Hub-Signature", "")
    if not hmac.compare_digest(given, "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()):
        return Response(status=401)
    key = request.headers.get("X-Atlassian-Webhook-Identifier", "")
    database = _database()
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO came (key, body) VALUES (?, ?)", (key, connection))
    database.execute("COMMIT")
    return Response(status=204)
