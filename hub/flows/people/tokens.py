"""API tokens: what a person gives a program so that it may ask and act for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.bearers import digest_of, new_token
from hub.flows.people.refusal import NotThere, Refused, read_name
from hub.flows.people.signed import Signed
from hub.model.rights import Scope
from hub.store import Store, accounts, api_tokens, okrs
from hub.store.api_tokens import ApiToken

LASTS_AT_MOST = timedelta(days=365)
MOST_TOKENS = 50


def make_token(
    store: Store, *, email: str, name: str, scopes: Iterable[Scope], lasts: timedelta, who: str, now: datetime
) -> str:
    """Return a new token, which is shown this once. Raises NotThere and Refused."""
    name, wanted = read_name(name), frozenset(scopes)
    if not name:
        raise Refused("Give the token a name, so that you know later which one to revoke.")
    if not wanted:
        raise Refused("Choose what the token is for: read, write or admin.")
    if not timedelta(0) < lasts <= LASTS_AT_MOST:
        raise Refused(f"A token lasts from 1 to {LASTS_AT_MOST.days} days.")
    token = new_token()
    with store.write() as tx:
        account = accounts.account_by_email(tx, email)
        if account is None or not account.is_enabled:
            raise NotThere(f"There is no account of {email} that may come in.")
        if len(api_tokens.tokens_of(tx, account.id)) >= MOST_TOKENS:
            raise Refused(f"There are {MOST_TOKENS} tokens already: revoke those that are not used.")
        api_tokens.add_token(
            tx,
            account_id=account.id,
            name=name,
            digest=digest_of(token),
            hint=token[-4:],
            scopes=wanted,
            now=now,
            expires_at=now + lasts,
        )
        detail = {"name": name, "hint": token[-4:], "scopes": sorted(wanted), "days": lasts.days}
        okrs.write_audit(tx, at=now, who=who, what="make token", subject=email, detail=detail)
    return token


def list_tokens(store: Store, email: str) -> list[ApiToken]:
    """Return an account's tokens that are not revoked, the newest first."""
    with store.read() as tx:
        account = accounts.account_by_email(tx, email)
        return [] if account is None else api_tokens.tokens_of(tx, account.id)


def revoke_token(store: Store, signed: Signed, token_id: int, now: datetime) -> ApiToken:
    """Revoke one of one's own tokens, at once. Raises NotThere."""
    with store.write() as tx:
        token = api_tokens.revoke_token(tx, signed.account_id, token_id, now)
        if token is None:
            raise NotThere("There is no such token, or it is revoked already.")
        mail, detail = signed.viewer.email, {"name": token.name, "hint": token.hint}
        okrs.write_audit(tx, at=now, who=mail, what="revoke token", subject=mail, detail=detail)
    return token
