"""A draft: what somebody filled in, what the tool gave and what the check said, until it is saved or forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta

from connectors.oauth import Begun, Granted
from connectors.shapes import Identity, Missing, Site
from hub.bearers import digest_of, new_bearer
from hub.flows.connect.refusal import NotThere
from hub.store import Store, drafts
from hub.vault import Vault

LASTS = timedelta(hours=1)
AGAIN = "This took too long, or was done already. Begin again."


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be saved. `settings` are as the form read them: pasted secrets plain, kept ones sealed."""

    kind: str
    way: str
    slug: str
    settings: Mapping[str, str] = field(repr=False)
    allow_private: tuple[str, ...]
    every: timedelta
    who: str
    connection_id: int | None = None
    is_provided: bool = False  # a file has the settings: the sign-in alone is saved
    lapses_on: date | None = None
    fresh: frozenset[str] = frozenset()
    begun: Begun | None = None
    redirect_uri: str = ""
    granted: Granted | None = None
    sites: tuple[Site, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)  # settings of the site that was picked
    identity: Identity | None = None
    problem: str = ""  # why the check did not go well
    was_site: str = ""  # the address that the connection reads so far

    @property
    def site(self) -> str:
        return self.chosen.get("base_url") or self.settings.get("base_url", "")

    @property
    def is_other_site(self) -> bool:
        """Whether saving would point the connection at another address than it reads so far."""
        return bool(self.was_site) and self.site.rstrip("/") != self.was_site.rstrip("/")


def keep_draft(store: Store, vault: Vault, draft: Draft, now: datetime) -> str:
    """Store a new draft, sealed; return what the browser holds to find it again."""
    bearer = new_bearer()
    with store.write() as tx:
        drafts.add_draft(
            tx,
            digest=digest_of(bearer),
            connection_id=draft.connection_id,
            who=draft.who,
            kind=draft.kind,
            body=vault.seal(_write(draft)),
            now=now,
            expires_at=now + LASTS,
        )
        if draft.begun is not None:
            row = drafts.draft_by_digest(tx, digest_of(bearer), now)
            assert row is not None
            drafts.await_return(tx, row.id, digest_of(draft.begun.state))
    return bearer


def find_draft(store: Store, vault: Vault, bearer: str, who: str, now: datetime) -> tuple[int, Draft]:
    """Return a draft and its number. Raises NotThere unless it is here, of this person, and not too old."""
    with store.read() as tx:
        row = drafts.draft_by_digest(tx, digest_of(bearer), now) if bearer else None
    if row is None or row.who != who:
        raise NotThere(AGAIN)
    return row.id, _parse(vault.unseal(row.body))


def change_draft(store: Store, vault: Vault, number: int, draft: Draft) -> None:
    """Store a draft anew. Raises NotThere when it was saved or forgotten meanwhile."""
    with store.write() as tx:
        if not drafts.put_body(tx, number, vault.seal(_write(draft))):
            raise NotThere(AGAIN)


def forget_draft(store: Store, bearer: str, who: str, now: datetime) -> None:
    """Forget a draft of this person."""
    with store.write() as tx:
        row = drafts.draft_by_digest(tx, digest_of(bearer), now)
        if row is not None and row.who == who:
            drafts.drop_draft(tx, row.id)


def _write(draft: Draft) -> str:
    plain = asdict(draft)
    plain["every"] = int(draft.every.total_seconds())
    plain["lapses_on"] = draft.lapses_on.isoformat() if draft.lapses_on else None
    plain["fresh"] = sorted(draft.fresh)
    if draft.granted is not None:
        plain["granted"]["expires_at"] = _iso(draft.granted.expires_at)
    if draft.identity is not None:
        plain["identity"]["expires_at"] = _iso(draft.identity.expires_at)
    return json.dumps(plain)


def _parse(text: str) -> Draft:
    plain = json.loads(text)
    plain["allow_private"] = tuple(plain["allow_private"])
    plain["every"] = timedelta(seconds=plain["every"])
    plain["lapses_on"] = date.fromisoformat(plain["lapses_on"]) if plain["lapses_on"] else None
    plain["fresh"] = frozenset(plain["fresh"])
    plain["begun"] = Begun(**plain["begun"]) if plain["begun"] else None
    plain["sites"] = tuple(Site(**one) for one in plain["sites"])
    granted, told = plain.pop("granted"), plain.pop("identity")
    draft = Draft(**plain)
    if granted is not None:
        granted = {**granted, "expires_at": _time(granted["expires_at"]), "scopes": tuple(granted["scopes"])}
        draft = replace(draft, granted=Granted(**granted))
    if told is not None:
        missing = tuple(Missing(**one) for one in told["missing"])
        identity = Identity(**{**told, "expires_at": _time(told["expires_at"]), "missing": missing})
        draft = replace(draft, identity=identity)
    return draft


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
