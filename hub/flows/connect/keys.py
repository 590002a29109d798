"""Giving the vault a new key: everything is sealed anew, and the old key goes when nothing can need it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.errors import Misconfigured
from hub.store import Store, connected, drafts, okrs, subscriptions, tokens
from hub.vault import MARK, Vault, is_sealed


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: how many secrets were sealed anew, how many old keys were forgotten, how many are left."""

    sealed: int
    forgotten: int
    left: int


def rotate_keys(store: Store, vault: Vault, *, who: str, now: datetime, new_key: bool = True) -> Rotated:
    """Put a new key first and seal everything with it, in one transaction.

    Whatever happens in between, each secret is sealed with a key of the file; doing it again ends the same way. Keys
    that retired an hour ago are forgotten: nothing is sealed with them now, and nobody is still storing what they
    sealed. Raises Misconfigured when a secret cannot be opened, and then changes none.
    """
    if new_key and vault.is_of_file:
        vault.add_key(now)
    with store.write() as tx:
        sealed = _seal_anew(tx, vault)
        okrs.write_audit(tx, at=now, who=who, what="rotate keys", subject="vault", detail={"sealed": sealed})
    forgotten = vault.forget_keys(now) if vault.is_of_file and vault.path.exists() else 0
    left = len(vault.keys()) - 1 if vault.path.exists() or not vault.is_of_file else 0
    return Rotated(sealed, forgotten, left)


def _seal_anew(tx: Connection, vault: Vault) -> int:
    number = 0
    slugs: dict[int, str] = {}
    for connection_id, slug, settings in connected.all_settings(tx):
        slugs[connection_id] = slug
        old = {name: text for name, text in settings.items() if is_sealed(text)}
        new = {name: MARK + _reseal(vault, text.removeprefix(MARK), slug) for name, text in old.items()}
        if new != old:
            connected.replace_settings(tx, connection_id, {**settings, **new})
            number += sum(1 for name in old if old[name] != new[name])
    for row in tokens.all_tokens(tx):
        slug = slugs[row.connection_id]
        access = _reseal(vault, row.access, slug)
        refresh = _reseal(vault, row.refresh, slug) if row.refresh is not None else None
        if (access, refresh) != (row.access, row.refresh):
            tokens.reseal_tokens(tx, row, access, refresh)
            number += 1 + (refresh is not None)
    for draft_id, body in drafts.all_bodies(tx):
        drafts.reseal_body(tx, draft_id, body, vault.reseal(body))
    return number + subscriptions.reseal_subscriptions(tx, lambda sealed: _reseal(vault, sealed, "a webhook's secret"))


def _reseal(vault: Vault, sealed: str, slug: str) -> str:
    try:
        return vault.reseal(sealed)
    except Misconfigured as lost:
        raise Misconfigured(f"{slug}: {lost}", hint=lost.hint) from None
