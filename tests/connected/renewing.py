"""Processes that renew one sign-in: each stands for a worker, started whole and killed whole."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from connectors.oauth import LoginServer
from hub.bearers import digest_of
from hub.renewal import StoredBearer
from hub.store import Store
from hub.vault import Vault
from tests.connected.tool import Tool

PRIVATE = ("127.0.0.0/8",)


def way() -> object:
    return Tool.describe().auth[1]


def login_at(url: str, client_id: str, client_secret: str) -> LoginServer:
    settings = {"client_id": client_id, "client_secret": client_secret, "login_url": url}
    return LoginServer(way(), settings, allow_private=PRIVATE)  # type: ignore[arg-type]


def now() -> datetime:
    return datetime.now(UTC)


class Fatal(Vault):
    """A vault whose process dies as soon as it would seal: the answer is here, and nothing of it is stored."""

    def seal(self, text: str) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return text


def work(
    database: str, keys: str, app: tuple[str, str, str], refused: str, begin: float, told: str, dies: bool = False
) -> None:
    """Renew the tokens of connection 1 at an instant, and write the digest of the access token to a file."""
    vault = (Fatal if dies else Vault)(Path(keys))
    bearer = StoredBearer(Store(database), 1, vault, lambda: login_at(*app), now)
    time.sleep(max(0.0, begin - time.time()))
    try:
        found = digest_of(bearer.renew(refused) if refused else bearer.token())
    except Exception as problem:
        found = f"{type(problem).__name__}: {problem}"
    Path(told).write_text(found, encoding="utf-8")
