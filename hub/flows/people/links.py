"""One-time links: the first admin, invitations, new passwords. No mail server is needed: a link is shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.bearers import digest_of, new_bearer
from hub.flows.people.refusal import NotThere, Refused, read_email, read_name
from hub.flows.people.signed import Opened, open_session
from hub.model.rights import Role
from hub.passwords import find_weakness, hash_password
from hub.store import Store, accounts, links, okrs, sessions
from hub.store.accounts import Account
from hub.store.links import Link, Purpose

LASTS = {Purpose.SET_UP: timedelta(hours=24), Purpose.INVITE: timedelta(days=7), Purpose.RESET: timedelta(hours=24)}
PATHS = {Purpose.SET_UP: "set-up", Purpose.INVITE: "invite", Purpose.RESET: "reset"}
USED = "This link was used already, has expired, or was replaced by a newer one."


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link offers whoever opens it."""

    purpose: Purpose
    email: str  # "" when the person chooses it
    expires_at: datetime


def make_set_up_link(store: Store, now: datetime) -> str:
    """Return the path of a new link that makes the first admin; older ones are void.

    Raises Refused when somebody has an account already.
    """
    with store.write() as tx:
        if accounts.has_accounts(tx):
            raise Refused("The hub is set up already: use `okrhub user add`, or invite people on the page People.")
        return _make(tx, Purpose.SET_UP, now)


def invite(store: Store, *, email: str, role: Role, who: str, now: datetime) -> str:
    """Return the path of a link that makes an account for this address; an older invitation is void.

    Raises Refused when there is an account already.
    """
    email = read_email(email)
    with store.write() as tx:
        if accounts.account_by_email(tx, email) is not None:
            raise Refused(f"{email} has an account already.")
        okrs.write_audit(
            tx, at=now, who=who, what=links.MADE_AS[Purpose.INVITE], subject=email, detail={"role": role.value}
        )
        return _make(tx, Purpose.INVITE, now, email, role.value)


def withdraw(store: Store, *, email: str, who: str, now: datetime) -> None:
    """Make an invitation void. Raises NotThere when there is none."""
    with store.write() as tx:
        if not links.void_links(tx, Purpose.INVITE, email, now):
            raise NotThere(f"{email} is not invited.")
        okrs.write_audit(tx, at=now, who=who, what="withdraw invitation", subject=email, detail={})


def make_reset_link(store: Store, *, email: str, who: str, now: datetime) -> str:
    """Return the path of a link by which the person of an account chooses a new password."""
    email = read_email(email)
    with store.write() as tx:
        account = accounts.account_by_email(tx, email)
        if account is None:
            raise NotThere(f"There is no account of {email}.")
        if not account.is_enabled:
            raise Refused(f"The account of {email} is disabled: enable it first.")
        okrs.write_audit(tx, at=now, who=who, what=links.MADE_AS[Purpose.RESET], subject=email, detail={})
        return _make(tx, Purpose.RESET, now, email)


def look_at_link(store: Store, purpose: Purpose, bearer: str, now: datetime) -> Offer:
    """Return what a link offers, and use nothing up. Raises NotThere when it does not work any more."""
    with store.read() as tx:
        link = _good(tx, purpose, bearer, now)
        return Offer(link.purpose, link.email, link.expires_at)


def use_link(
    store: Store,
    purpose: Purpose,
    bearer: str,
    *,
    email: str = "",
    name: str = "",
    password: str,
    agent: str,
    now: datetime,
) -> Opened:
    """Do what a link is for and begin a session; of two at once one does.

    Raises NotThere when the link does not work any more, and Refused when what was filled in will not do; the link
    then still works.
    """
    with store.read() as tx:
        link = _good(tx, purpose, bearer, now)
    mail = link.email or read_email(email)
    name = read_name(name)
    weakness = find_weakness(password, mail)
    if weakness:
        raise Refused(weakness)
    kept = hash_password(password)
    with store.write() as tx:
        if not links.claim_link(tx, link.id, now):
            raise NotThere(USED)
        account = _reset(tx, mail) if purpose is Purpose.RESET else _join(tx, link, mail, name, now)
        accounts.set_password(tx, account.id, kept)
        if purpose is Purpose.RESET:
            sessions.end_sessions(tx, account.id)  # after the account is held: a sign-in by the old one has ended
        what = {Purpose.SET_UP: "set up", Purpose.INVITE: "accept invitation", Purpose.RESET: "reset password"}[purpose]
        okrs.write_audit(tx, at=now, who=mail, what=what, subject=mail, detail={"role": account.role.value})
        return open_session(tx, account, agent, now)


def _join(tx: Connection, link: Link, email: str, name: str, now: datetime) -> Account:
    if link.purpose is Purpose.SET_UP and accounts.has_accounts(tx):
        raise NotThere(USED)
    role = Role.ADMIN if link.purpose is Purpose.SET_UP else Role(link.role)
    account = accounts.add_account(tx, email=email, role=role, now=now)
    if account is None:
        raise NotThere(f"{email} has an account already. Sign in.")
    if name:
        accounts.add_name(tx, email, name)
    return account


def _reset(tx: Connection, email: str) -> Account:
    account = accounts.account_by_email(tx, email)
    if account is None or not account.is_enabled:
        raise NotThere(USED)
    return account


def _make(tx: Connection, purpose: Purpose, now: datetime, email: str = "", role: str = "") -> str:
    bearer = new_bearer()
    links.add_link(
        tx,
        purpose=purpose,
        digest=digest_of(bearer),
        now=now,
        expires_at=now + LASTS[purpose],
        email=email,
        role=role,
    )
    return f"/{PATHS[purpose]}/{bearer}"


def _good(tx: Connection, purpose: Purpose, bearer: str, now: datetime) -> Link:
    link = links.link_by_digest(tx, digest_of(bearer), purpose)
    if link is None or not link.is_good(now):
        raise NotThere(USED)
    return link
