"""Signing in by an OpenID Connect issuer: who it vouches for, and whether they may come in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.oidc import Begun, Identity, Provider
from hub.bearers import digest_of
from hub.flows.people.refusal import Refused, read_email
from hub.flows.people.signed import Opened, open_session
from hub.model.rights import Role
from hub.store import Store, accounts, links, okrs
from hub.store.accounts import Account
from hub.store.links import Purpose

ON_THE_WAY = timedelta(minutes=10)  # so long at most is the way to the issuer and back
AGAIN = "This sign-in took too long, or was used already. Begin again."


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom of those that the issuer vouches for the hub lets in."""

    domains: frozenset[str] = frozenset()  # of e-mail addresses, lower case; empty lets all in
    role: Role | None = None  # of those who are not invited; None lets only invited people in


def finish_foreign(
    store: Store,
    provider: Provider,
    redirect_uri: str,
    params: Mapping[str, str],
    begun: Begun,
    admission: Admission,
    *,
    agent: str,
    now: datetime,
) -> Opened:
    """Take somebody in who comes back from the issuer. Each sign-in lets somebody in once.

    `begun` is what their browser kept, in a cookie that the hub signed. Nothing is stored of anybody whom the issuer
    does not vouch for and the hub does not let in: they may come as often as they like.
    Raises Refused when they may not come in, and ConnectorError when what they bring does not hold.
    """
    with store.read() as tx:
        if links.link_by_digest(tx, digest_of(begun.state), Purpose.OIDC) is not None:
            raise Refused(AGAIN)
    identity = provider.finish(redirect_uri, params, begun, now=now)
    with store.write() as tx:
        if not links.use_once(tx, Purpose.OIDC, digest_of(begun.state), now, now + ON_THE_WAY):
            raise Refused(AGAIN)
        if not accounts.has_accounts(tx):
            raise Refused("The hub is not set up yet: whoever runs it opens the set-up link first.")
        account = accounts.account_by_subject(tx, identity.issuer, identity.subject)
        if account is None:
            account = _bind(tx, identity, admission, now)
        if not account.is_enabled:
            raise Refused(f"The account of {account.email} is disabled. An admin can enable it.")
        okrs.write_audit(
            tx, at=now, who=account.email, what="sign in", subject=account.email, detail={"issuer": identity.issuer}
        )
        return open_session(tx, account, agent, now)


def _bind(tx: Connection, identity: Identity, admission: Admission, now: datetime) -> Account:
    """Find or make the account of an identity that was never here: by its verified address, this one time."""
    if not identity.email or not identity.is_email_verified:
        raise Refused(
            "The issuer does not vouch for an e-mail address of yours, so nobody knows which account is yours."
        )
    email = read_email(identity.email)
    if admission.domains and email.rpartition("@")[2] not in admission.domains:
        raise Refused(f"Addresses at {email.rpartition('@')[2]} are not let in here.")
    account = accounts.account_by_email(tx, email) or _join(tx, email, admission, now)
    if not accounts.bind_subject(tx, account.id, identity.issuer, identity.subject):
        # An address can change hands at the issuer; an account does not.
        raise Refused(_say_whose(account, identity.issuer))
    if identity.name:
        accounts.add_name(tx, email, " ".join(identity.name.split())[:120])
    okrs.write_audit(tx, at=now, who=email, what="bind issuer", subject=email, detail={"issuer": identity.issuer})
    return account


def _say_whose(account: Account, issuer: str) -> str:
    """Say why an account that is bound is not opened, and what an admin does about it."""
    mend = "Ask an admin, who can run `okrhub user unbind`"
    if account.oidc_issuer != issuer:
        return f"The account of {account.email} signs in by another issuer, {account.oidc_issuer}. {mend} --issuer."
    return f"The account of {account.email} belongs to somebody else at the issuer. {mend} once it is sure whose it is."


def _join(tx: Connection, email: str, admission: Admission, now: datetime) -> Account:
    invited = next((one for one in links.open_links(tx, Purpose.INVITE, now) if one.email == email), None)
    role = admission.role
    if invited is not None and links.claim_link(tx, invited.id, now):
        role = Role(invited.role)
    account = accounts.add_account(tx, email=email, role=role, now=now) if role is not None else None
    if account is None:
        raise Refused(f"{email} is not invited. Ask an admin for an invitation.")
    return account
