"""Signing in with a password, slower with every wrong one; and signing out."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from hub.flows.people.refusal import NotYet, Refused
from hub.flows.people.signed import IDLE, Opened, Signed, open_session
from hub.passwords import hash_password, is_outdated, is_right
from hub.store import Store, accounts, okrs, refusals, sessions
from hub.store.sessions import Session

WRONG = "This e-mail address and password do not belong together."
LONGEST_WAIT = timedelta(minutes=5)  # nobody is locked out for good: a link from an admin works at any time
FREE_TRIES = 5
FREE_TRIES_OF_ADDRESS = 30  # it may be a whole office


def sign_in(
    store: Store, *, email: str, password: str, address: str, agent: str, now: datetime, browser: str = ""
) -> Opened:
    """Begin a session. Raises Refused in the same words and after the same time whatever was wrong, and NotYet.

    `browser` names a browser that signed in to this account before. Its tries are counted apart, so that strangers
    who try an account's password keep nobody out who uses it.
    """
    email = email.strip().lower()
    counted = f"browser:{_hash(browser)}" if browser else f"account:{_hash(email)}"
    from_where = _subject_of_address(address)
    with store.write() as tx:
        free_at = refusals.claim_try(tx, from_where, now, wait_after_by_address)
        if free_at is None:
            free_at = refusals.claim_try(tx, counted, now, wait_after)
    if free_at is not None:
        raise NotYet("Too many sign-ins were refused.", free_at)
    with store.read() as tx:
        account = accounts.account_by_email(tx, email)
    kept = account.password if account is not None and account.is_enabled else ""
    if not is_right(password, kept) or account is None:
        raise Refused(WRONG)
    renewed = hash_password(password) if is_outdated(kept) else ""
    with store.write() as tx:
        now_kept = accounts.account_by_id(tx, account.id, is_held=True)
        if now_kept is None or not now_kept.is_enabled or now_kept.password != kept:
            raise Refused(WRONG)  # disabled, or given another password, while this one was looked at
        if renewed:
            accounts.renew_password(tx, account.id, kept, renewed)
        refusals.forget(tx, counted, now)
        # Only its own try is taken back: an account of one's own must not buy new guesses at another's.
        refusals.take_back(tx, from_where)
        okrs.write_audit(tx, at=now, who=email, what="sign in", subject=email, detail={})
        return open_session(tx, account, agent, now)


def wait_after(number: int, free: int = FREE_TRIES) -> timedelta:
    """Return how long to wait after so many refusals: none at first, then doubled with each, up to five minutes."""
    over = number - free
    return timedelta(0) if over < 0 else min(timedelta(seconds=2 ** min(over + 2, 16)), LONGEST_WAIT)


def wait_after_by_address(number: int) -> timedelta:
    """Return how long an address waits after so many refusals of all that come from it."""
    return wait_after(number, FREE_TRIES_OF_ADDRESS)


def sign_out(store: Store, signed: Signed, now: datetime) -> None:
    """End the session of this browser."""
    if signed.session_id is not None:
        end_session(store, signed, signed.session_id, now)


def end_session(store: Store, signed: Signed, session_id: int, now: datetime) -> bool:
    """End one of one's own sessions; say whether there was one."""
    with store.write() as tx:
        is_ended = sessions.end_session(tx, signed.account_id, session_id)
        if is_ended:
            mail = signed.viewer.email
            okrs.write_audit(tx, at=now, who=mail, what="end session", subject=mail, detail={})
    return is_ended


def end_other_sessions(store: Store, signed: Signed, now: datetime) -> int:
    """End all of one's sessions but this one; return how many."""
    with store.write() as tx:
        number = sessions.end_sessions(tx, signed.account_id, but=signed.session_id)
        mail = signed.viewer.email
        okrs.write_audit(tx, at=now, who=mail, what="end sessions", subject=mail, detail={"number": number})
    return number


def list_sessions(store: Store, signed: Signed, now: datetime) -> list[Session]:
    """Return one's living sessions, the one used last first."""
    with store.read() as tx:
        return sessions.sessions_of(tx, signed.account_id, now=now, seen_since=now - IDLE)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _subject_of_address(address: str) -> str:
    """Return an address as refusals are counted by: whoever has an IPv6 address has 2^64 of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return f"address:{found.ipv4_mapped}"
        return f"address:{ip_network((found, 64), strict=False)}"
    return f"address:{found}"
