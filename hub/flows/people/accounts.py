"""Accounts as admins keep them: roles, who may come in; and one's own password."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.flows.people.refusal import NotThere, NotYet, Refused, read_email, read_name
from hub.flows.people.sign_in import wait_after
from hub.flows.people.signed import Signed
from hub.model.rights import Role, Standing
from hub.model.words import say_wait
from hub.passwords import find_weakness, hash_password, is_right
from hub.store import Store, accounts, api_tokens, links, okrs, refusals, sessions, team_members
from hub.store.accounts import Account
from hub.store.links import Link, Purpose

OTHER_PASSWORD = "The present password is another one."  # noqa: S105  (words)
LAST_ADMIN = "This is the last admin: make somebody else an admin first."


@dataclass(frozen=True, slots=True)
class Person:
    """An account as admins see it, with the teams it is in."""

    account: Account
    teams: tuple[tuple[str, Standing], ...]


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who may come in, and who is invited."""

    persons: tuple[Person, ...]
    invitations: tuple[Link, ...]


def list_people(store: Store, now: datetime) -> People:
    """Return all accounts and open invitations, by address."""
    with store.read() as tx:
        persons = [
            Person(one, tuple(sorted(team_members.teams_of(tx, one.email).items())))
            for one in accounts.all_accounts(tx)
        ]
        return People(tuple(persons), tuple(links.open_links(tx, Purpose.INVITE, now)))


def add_account(store: Store, *, email: str, name: str, role: Role, who: str, now: datetime) -> None:
    """Make an account that has no way in yet. Raises Refused when there is one already."""
    email, name = read_email(email), read_name(name)
    with store.write() as tx:
        if accounts.add_account(tx, email=email, role=role, now=now) is None:
            raise Refused(f"{email} has an account already.")
        if name:
            accounts.add_name(tx, email, name)
        links.void_links(tx, Purpose.INVITE, email, now)
        links.void_links(tx, Purpose.SET_UP, "", now)
        okrs.write_audit(tx, at=now, who=who, what="add account", subject=email, detail={"role": role.value})


def set_role(store: Store, *, email: str, role: Role, who: str, now: datetime) -> None:
    """Give an account another role. Raises NotThere, and Refused when no admin would be left.

    The links that somebody made who is no admin any more are void: one of them opens another admin's account.
    """
    with _changed(store, email) as (tx, account):
        detail: dict[str, object] = {"from": account.role.value, "to": role.value}
        if role is not Role.ADMIN:
            _keep_an_admin(tx, account)
            if account.role is Role.ADMIN:
                detail["links"] = links.void_links_made_by(tx, account.email, now)
        accounts.set_role(tx, account.id, role)
        okrs.write_audit(tx, at=now, who=who, what="set role", subject=account.email, detail=detail)


def disable(store: Store, *, email: str, who: str, now: datetime) -> None:
    """Let an account in no more: its sessions end and its tokens and links are void, at once; so are those it made.

    Raises NotThere, and Refused when no admin would be left.
    """
    with _changed(store, email) as (tx, account):
        _keep_an_admin(tx, account)
        accounts.set_disabled(tx, account.id, now)
        detail = {
            "sessions": sessions.end_sessions(tx, account.id),
            "tokens": api_tokens.revoke_tokens(tx, account.id, now),
            "links": links.void_links_made_by(tx, account.email, now),
        }
        links.void_links(tx, Purpose.RESET, account.email, now)
        okrs.write_audit(tx, at=now, who=who, what="disable account", subject=account.email, detail=detail)


def enable(store: Store, *, email: str, who: str, now: datetime) -> None:
    """Let a disabled account in again. Its old tokens stay revoked. Raises NotThere."""
    with _changed(store, email) as (tx, account):
        if account.is_enabled:
            return
        # Also what was begun in the moment in which it was disabled.
        sessions.end_sessions(tx, account.id)
        api_tokens.revoke_tokens(tx, account.id, now)
        accounts.set_disabled(tx, account.id, None)
        okrs.write_audit(tx, at=now, who=who, what="enable account", subject=account.email, detail={})


def unbind(store: Store, *, email: str, who: str, now: datetime) -> None:
    """Let an account be found by its address again the next time an issuer vouches for it. Its sessions end.

    For a person whom the issuer gave another id. Raises NotThere, and Refused when the account is bound to no issuer.
    """
    with _changed(store, email) as (tx, account):
        if not account.oidc_subject:
            raise Refused(f"{account.email} is bound to no issuer.")
        _unbind(tx, account, who, now)


def unbind_all(store: Store, *, issuer: str, who: str, now: datetime) -> int:
    """Do the same to every account that is bound to an issuer: the company has another one. Returns how many.

    Raises Refused when there is none, with the issuers that there are.
    """
    with store.write() as tx:
        accounts.lock_admins(tx)
        bound = [one for one in accounts.all_accounts(tx) if one.oidc_subject]
        found = [one for one in bound if one.oidc_issuer == issuer]
        if not found:
            others = sorted({one.oidc_issuer for one in bound})
            known = f"those are bound to {', '.join(others)}" if others else "no account is bound to any"
            raise Refused(f"No account is bound to {issuer}: {known}.")
        for account in found:
            _unbind(tx, account, who, now)
    return len(found)


def _unbind(tx: Connection, account: Account, who: str, now: datetime) -> None:
    accounts.unbind_subject(tx, account.id)
    detail = {"issuer": account.oidc_issuer, "sessions": sessions.end_sessions(tx, account.id)}
    okrs.write_audit(tx, at=now, who=who, what="unbind issuer", subject=account.email, detail=detail)


def change_password(store: Store, signed: Signed, *, old: str, new: str, now: datetime) -> None:
    """Give one's own account another password; every other session ends, and open reset links.

    Raises Refused, and NotYet: whoever sits at somebody's open browser guesses as slowly as one who signs in.
    """
    counted = f"change:{signed.account_id}"
    with store.write() as tx:
        account = accounts.account_by_id(tx, signed.account_id)
        if account is None:
            raise NotThere("There is no such account.")
        weakness = find_weakness(new, account.email)
        if weakness:
            raise Refused(weakness)
        free_at = refusals.claim_try(tx, counted, now, wait_after) if account.password else None
    if free_at is not None:
        wait = say_wait(math.ceil((free_at - now).total_seconds()))
        raise NotYet(f"Too many wrong passwords. Try again in {wait}.", free_at)
    if account.password and not is_right(old, account.password):
        raise Refused(OTHER_PASSWORD)
    kept = hash_password(new)
    with store.write() as tx:
        held = accounts.account_by_id(tx, account.id, is_held=True)
        if held is None or not held.is_enabled or held.password != account.password:
            raise Refused(OTHER_PASSWORD)  # disabled, or given another password, while this one was looked at
        refusals.forget(tx, counted, now)
        accounts.set_password(tx, account.id, kept)
        sessions.end_sessions(tx, account.id, but=signed.session_id)
        links.void_links(tx, Purpose.RESET, account.email, now)
        mail = account.email
        okrs.write_audit(tx, at=now, who=mail, what="change password", subject=mail, detail={})


def has_password(store: Store, signed: Signed) -> bool:
    """Whether an account can be signed in to by password."""
    with store.read() as tx:
        account = accounts.account_by_id(tx, signed.account_id)
        return account is not None and bool(account.password)


@contextmanager
def _changed(store: Store, email: str) -> Iterator[tuple[Connection, Account]]:
    """Open a transaction that changes an account, with the admins held, so that two at once take turns."""
    with store.write() as tx:
        accounts.lock_admins(tx)
        account = accounts.account_by_email(tx, email.strip().lower())
        if account is None:
            raise NotThere(f"There is no account of {email.strip()[:80]}.")
        yield tx, account


def _keep_an_admin(tx: Connection, account: Account) -> None:
    if accounts.lock_admins(tx) == {account.id}:
        raise Refused(LAST_ADMIN)
