"""Tokens for the wire: the stored one while it is good, else a new one, renewed by one process for all.

A refresh token that serves once is a chain: whoever uses it must store the next one, or a person signs in again. So the
right to renew is a lease on its row; the login server is asked outside any transaction, and the new pair is stored as
soon as it is here. The chain is lost only if the process dies between that answer and our commit.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connectors.errors import ConnectorError, TryLater, Unauthorized
from connectors.oauth import Granted
from hub.kernel import name_process
from hub.store import Store, tokens
from hub.store.tokens import TokenRow
from hub.vault import Vault

MARGIN = timedelta(seconds=60)  # before its end a token is renewed: a request takes a while, and clocks differ
LEASE = timedelta(seconds=90)  # longer than the wire lets one renewal last
PATIENCE = 40.0  # seconds that others wait for whoever renews
LOOK_AGAIN, SLOWEST_LOOK = 0.05, 0.5  # seconds between two looks of those who wait, each longer than the one before
AGAIN = timedelta(seconds=30)  # after a renewal that did not come to its end, for those who waited
NEXT = "an admin signs in again on the connection's page"


class Login(Protocol):
    """What of a login server a renewal needs: `connectors.oauth.LoginServer`."""

    def refresh(self, token: str, scopes: tuple[str, ...] = (), *, now: datetime) -> Granted: ...

    def grant(self, *, now: datetime) -> Granted: ...


@dataclass(frozen=True, slots=True)
class StoredBearer:
    """The tokens of one connection as a wire wants them (`connectors.wire.Bearer`). Threads may share it."""

    store: Store
    connection_id: int
    vault: Vault
    login: Callable[[], Login]
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    is_apps: bool = False  # the app signs in as itself, which takes no person: not even the first time

    @property
    def identity(self) -> str:
        """What tells this sign-in apart from others by the same app."""
        return f"connection {self.connection_id}"

    def require_sign_in(self) -> None:
        """Raise Unauthorized when a person has to sign in before anything can be asked. Sends nothing."""
        if not self.is_apps:
            self._row()

    def token(self) -> str:
        """Return a token that is good now. Raises Unauthorized when a person must sign in again."""
        row = self._row()
        return self.vault.unseal(row.access) if _is_good(row, self.now()) else self._renewed(row.version)

    def renew(self, refused: str) -> str:
        """Return a token in the place of one that the tool has refused, whether we or others renew it."""
        row = self._row()
        held = self.vault.unseal(row.access)
        return held if held != refused else self._renewed(row.version)

    def _row(self) -> TokenRow:
        with self.store.read() as tx:
            row = tokens.tokens_of(tx, self.connection_id)
        if row is None and self.is_apps:
            row = self._first()
        if row is None:
            raise Unauthorized("nobody has signed in to this connection yet", hint=NEXT)
        if row.state != "good":
            raise Unauthorized(row.problem or "the sign-in has ended", hint=NEXT)
        return row

    def _first(self) -> TokenRow | None:
        """Ask for the app's first token. Two that do so at once get one each, and either is good."""
        granted = self.login().grant(now=self.now())
        with self.store.write() as tx:
            tokens.put_tokens(
                tx,
                self.connection_id,
                grant="client_credentials",
                access=self.vault.seal(granted.access),
                refresh=None,
                expires_at=granted.expires_at,
                scopes=granted.scopes,
                now=self.now(),
            )
            return tokens.tokens_of(tx, self.connection_id)

    def _renewed(self, version: int) -> str:
        """Return the token of the first pair after this version, which one process of all asks for."""
        owner = f"{name_process()}/{uuid.uuid4().hex[:12]}"
        waited, pause = 0.0, LOOK_AGAIN
        while True:
            row = self._row()
            if row.version != version:
                return self.vault.unseal(row.access)
            with self.store.write() as tx:
                is_ours = tokens.lease_tokens(
                    tx, self.connection_id, version=version, owner=owner, now=self.now(), lasts=LEASE
                )
            if is_ours:
                return self._ask(row, owner)
            if waited > PATIENCE:
                raise TryLater("another process has been renewing the sign-in for long", after=AGAIN)
            self.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, SLOWEST_LOOK)

    def _ask(self, row: TokenRow, owner: str) -> str:
        try:
            granted = self._granted(row)
        except ConnectorError as problem:
            self._give_up(row, owner, problem)
            raise
        except BaseException:
            # A defect of ours, or we are being stopped: nobody knows whether the token was used.
            with self.store.write() as tx:
                tokens.let_tokens_go(tx, self.connection_id, owner=owner, maybe_used=True)
            raise
        with self.store.write() as tx:
            is_newest = tokens.put_renewed(
                tx,
                self.connection_id,
                version=row.version,
                access=self.vault.seal(granted.access),
                refresh=self.vault.seal(granted.refresh) if granted.refresh else None,
                expires_at=granted.expires_at,
                scopes=granted.scopes or row.scopes,
                now=self.now(),
            )
        # A person signed in again meanwhile: their tokens are the ones.
        return granted.access if is_newest else self.vault.unseal(self._row().access)

    def _granted(self, row: TokenRow) -> Granted:
        login = self.login()
        if row.grant == "client_credentials":
            return login.grant(now=self.now())
        if row.refresh is None:
            raise Unauthorized("the sign-in has lapsed, and the tool gave nothing to renew it with", hint=NEXT)
        try:
            return login.refresh(self.vault.unseal(row.refresh), row.scopes, now=self.now())
        except Unauthorized as dead:
            if row.began_at is None:
                raise
            when = f"{row.began_at:%Y-%m-%d %H:%M} UTC"
            raise Unauthorized(
                f"a renewal of the sign-in was cut off at {when}, and the tool takes each refresh token once ({dead})",
                hint=NEXT,
            ) from dead

    def _give_up(self, row: TokenRow, owner: str, problem: ConnectorError) -> None:
        is_dead = isinstance(problem, Unauthorized)
        maybe_used = isinstance(problem, TryLater) and problem.maybe_arrived and row.grant != "client_credentials"
        with self.store.write() as tx:
            tokens.let_tokens_go(
                tx,
                self.connection_id,
                owner=owner,
                state="dead" if is_dead else "good",
                problem=str(problem) if is_dead else "",
                maybe_used=maybe_used or (row.began_at is not None and not is_dead),
            )


def _is_good(row: TokenRow, now: datetime) -> bool:
    """Whether a token need not be renewed yet. One that lives for a short time has a short margin."""
    if row.expires_at is None:
        return True
    return now < row.expires_at - min(MARGIN, (row.expires_at - row.renewed_at) / 5)
