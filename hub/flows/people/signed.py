"""Who is behind a request: a session of a browser, or a token of a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.bearers import TOKEN, digest_of, new_bearer
from hub.log import logger
from hub.model.rights import Role, Scope, Viewer
from hub.store import Store, accounts, api_tokens, sessions, team_members
from hub.store.accounts import Account

IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)  # how exactly it is kept when a session or a token was used
LONGEST_AGENT = 200


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody who signed in, or whose token it is. `session_id` is None for tokens."""

    viewer: Viewer
    account_id: int
    name: str
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: what the cookie holds, and until when at most."""

    bearer: str
    expires_at: datetime
    email: str


def open_session(tx: Connection, account: Account, agent: str, now: datetime) -> Opened:
    """Begin a session of its own number: whatever cookie the browser had before opens nothing."""
    bearer, expires_at = new_bearer(), now + LONGEST
    sessions.add_session(
        tx,
        account_id=account.id,
        digest=digest_of(bearer),
        agent=agent[:LONGEST_AGENT],
        now=now,
        expires_at=expires_at,
    )
    accounts.note_signed_in(tx, account.id, now)
    return Opened(bearer, expires_at, account.email)


def find_session(store: Store, bearer: str, now: datetime, *, is_use: bool = True) -> Signed | None:
    """Return who has this session; None when it is over, or its account disabled.

    `is_use` is False for what an open page asks by itself, which must not keep a session alive.
    """
    with store.read() as tx:
        session = sessions.session_by_digest(tx, digest_of(bearer), now=now, seen_since=now - IDLE)
        account = accounts.account_by_id(tx, session.account_id) if session is not None else None
        if session is None or account is None:
            return None
        found = Signed(_viewer(tx, account, None), account.id, account.name, session.id)
    if is_use and now - session.seen_at >= SEEN_EVERY:
        _note(store, lambda tx: sessions.note_seen(tx, session.id, now))
    return found


def find_token(store: Store, bearer: str, now: datetime) -> Signed | None:
    """Return whose token this is; None when it is none, expired, revoked, or its account disabled."""
    if not TOKEN.fullmatch(bearer):
        return None
    with store.read() as tx:
        token = api_tokens.token_by_digest(tx, digest_of(bearer), now)
        account = accounts.account_by_id(tx, token.account_id) if token is not None else None
        if token is None or account is None:
            return None
        found = Signed(_viewer(tx, account, token.scopes), account.id, account.name)
    if token.used_at is None or now - token.used_at >= SEEN_EVERY:
        _note(store, lambda tx: api_tokens.note_used(tx, token.id, now))
    return found


def find_open(store: Store, email: str) -> Signed:
    """Return the admin that pages on this machine are open as, whether there is an account of theirs or not."""
    with store.read() as tx:
        account = accounts.account_by_email(tx, email)
        viewer = Viewer(email, Role.ADMIN, team_members.teams_of(tx, email))
    return Signed(viewer, 0, email) if account is None else Signed(viewer, account.id, account.name)


def has_accounts(store: Store) -> bool:
    """Whether anybody has an account yet."""
    with store.read() as tx:
        return accounts.has_accounts(tx)


def _note(store: Store, write: Callable[[Connection], None]) -> None:
    """Keep when something was used. A database that takes no writes still lets people read what it holds."""
    try:
        with store.write() as tx:
            write(tx)
    except SQLAlchemyError as problem:
        logger("people").warning("when it was used could not be kept", problem=type(problem).__name__)


def _viewer(tx: Connection, account: Account, scopes: frozenset[Scope] | None) -> Viewer:
    return Viewer(account.email, account.role, team_members.teams_of(tx, account.email), scopes)
