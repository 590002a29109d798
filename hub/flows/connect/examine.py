"""Asking the tool before anything is saved: whom the sign-in speaks for, what it sees, what it lacks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from connectors.contract import Connector, Sites
from connectors.errors import ConnectorError, Misconfigured, Unauthorized
from connectors.fields import Face, OAuth2, Permission
from connectors.oauth import Granted, LoginServer
from connectors.registry import Opener, load, open_connector
from connectors.shapes import Missing
from connectors.wire import Bearer, open_wire
from hub.bearers import digest_of
from hub.flows.connect.draft import AGAIN, Draft, change_draft, find_draft, keep_draft
from hub.flows.connect.forms import Filled, describe, way_named
from hub.flows.connect.refusal import NotThere, Refused
from hub.store import Store, connected, drafts
from hub.store.connections import ConnectionRow
from hub.vault import Vault, reveal, reveal_quietly


@dataclass(frozen=True, slots=True)
class Desk:
    """Where connecting takes place: the store, the vault, the environment, who does it and how tools are opened."""

    store: Store
    vault: Vault
    environ: Mapping[str, str]
    who: str  # e-mail, or the name of whoever is at the command line
    opener: Opener = open_connector


@dataclass(frozen=True, slots=True)
class _Held:
    """The tokens of a draft as a wire wants them: just given, and not to be renewed before they are saved."""

    granted: Granted

    @property
    def identity(self) -> str:
        return f"a sign-in of {hashlib.sha256(self.granted.access.encode()).hexdigest()[:16]}"

    def token(self) -> str:
        return self.granted.access

    def renew(self, refused: str) -> str:
        raise Unauthorized("the tool does not accept the sign-in that it has just given", hint="sign in again")


def begin(desk: Desk, kind: str, way: str, filled: Filled, *, row: ConnectionRow | None = None) -> Draft:
    """Return the draft of what a form said. Raises Refused for a name that is taken."""
    if row is None:
        with desk.store.read() as tx:
            if not connected.is_free(tx, filled.slug):
                raise Refused(f"There is, or was, a connection called {filled.slug}: choose another name.", "slug")
    return Draft(
        kind=kind,
        way=way,
        slug=filled.slug,
        settings=filled.settings,
        allow_private=filled.allow_private,
        every=filled.every,
        who=desk.who,
        connection_id=None if row is None else row.id,
        is_provided=row is not None and row.is_provided,
        lapses_on=filled.lapses_on,
        fresh=filled.fresh,
        was_site="" if row is None else row.site or reveal_quietly(row.settings.get("base_url", ""), desk.environ),
    )


def filled_by_file(row: ConnectionRow) -> Filled:
    """Return what the file of a connection says, as if a form had said it: only the sign-in is anew."""
    return Filled(row.slug, row.declared, row.allow_private, row.every, None, frozenset())


def lead_away(desk: Desk, draft: Draft, redirect_uri: str, now: datetime) -> str:
    """Prepare the way to the tool's own page, where people agree; return what the browser holds.

    Raises Misconfigured for settings that cannot be right. Sends nothing.
    """
    begun = _login(desk, draft).begin(redirect_uri)
    return keep_draft(desk.store, desk.vault, replace(draft, begun=begun, redirect_uri=redirect_uri), now)


def come_back(desk: Desk, bearer: str, params: Mapping[str, str], now: datetime) -> Draft:
    """Take in who comes back from the tool's page: each sign-in once, whatever comes of it.

    Raises NotThere when it was not begun in this browser by this person, and ConnectorError when what it brings does
    not hold. A check that does not go well is no error: the draft says so.
    """
    number, draft = find_draft(desk.store, desk.vault, bearer, desk.who, now)
    with desk.store.write() as tx:
        if draft.begun is None or not drafts.claim_return(tx, number, digest_of(params.get("state", ""))):
            raise NotThere(AGAIN)
    granted = _login(desk, draft).finish(draft.redirect_uri, params, draft.begun, now=now)
    draft = replace(draft, granted=granted, begun=None)
    # Before anything else can fail: a code serves once, and so may the refresh token that it gave.
    change_draft(desk.store, desk.vault, number, draft)
    try:
        draft = _with_sites(desk, draft)
    except ConnectorError as problem:
        draft = replace(draft, problem=problem.told)
    if len(draft.sites) <= 1 and not draft.problem:
        draft = examine(desk, replace(draft, chosen=dict(draft.sites[0].settings) if draft.sites else {}), now)
    change_draft(desk.store, desk.vault, number, draft)
    return draft


def choose(desk: Desk, bearer: str, position: int, now: datetime) -> Draft:
    """Pick one of the sites that a sign-in reaches, and check it. Raises NotThere when there is none like it."""
    number, draft = find_draft(desk.store, desk.vault, bearer, desk.who, now)
    if not 0 <= position < len(draft.sites):
        raise NotThere("There is no such site.")
    draft = examine(desk, replace(draft, chosen=dict(draft.sites[position].settings)), now)
    change_draft(desk.store, desk.vault, number, draft)
    return draft


def reexamine(desk: Desk, bearer: str, now: datetime) -> Draft:
    """Check a draft once more, after something was put right at the tool. Raises NotThere."""
    number, draft = find_draft(desk.store, desk.vault, bearer, desk.who, now)
    if draft.granted is not None and not draft.sites:
        try:
            draft = _with_sites(desk, draft)
        except ConnectorError as problem:
            draft = replace(draft, problem=problem.told)
            change_draft(desk.store, desk.vault, number, draft)
            return draft
    draft = examine(desk, draft, now)
    change_draft(desk.store, desk.vault, number, draft)
    return draft


def examine(desk: Desk, draft: Draft, now: datetime) -> Draft:
    """Ask the tool about a draft; return it with what the tool said, or with why it could not be asked."""
    try:
        return ask(desk, draft, now)
    except ConnectorError as problem:
        return replace(draft, identity=None, problem=problem.told)


def ask(desk: Desk, draft: Draft, now: datetime) -> Draft:
    """Ask the tool about a draft: the tokens of an app, and whom the sign-in speaks for. Raises ConnectorError."""
    way = way_named(describe(draft.kind), draft.way)
    missing: tuple[Missing, ...] = ()
    granted = draft.granted
    if isinstance(way, OAuth2):
        login = _login(desk, draft)
        if way.grant == "client_credentials":
            granted = login.grant(now=now)
        if granted is None:
            raise Unauthorized("nobody has signed in yet", hint="begin again")
        missing = login.missing(granted)
    identity = _connector_of(desk, draft, granted).check()
    named = {one.scope for one in identity.missing}
    more = tuple(one for one in missing if one.scope not in named)
    whole = replace(identity, missing=(*identity.missing, *more))
    return replace(draft, granted=granted, identity=whole, problem="")


def permissions_of(draft: Draft) -> tuple[Permission, ...]:
    """Return what a person will be asked to agree to."""
    way = way_named(describe(draft.kind), draft.way)
    return way.permissions if isinstance(way, OAuth2) else ()


def _with_sites(desk: Desk, draft: Draft) -> Draft:
    described = describe(draft.kind)
    if Face.SITES not in described.faces or draft.granted is None:
        return draft
    made = load(draft.kind)
    assert issubclass(made, Sites)
    settings = _revealed(desk, draft)
    addresses = [one.name for one in described.all_fields() if one.kind == "url"]
    wire = open_wire(
        # Where a person says that the tool, or its login server, is elsewhere.
        hosts=(*described.hosts, *(_host(settings[name]) for name in addresses if settings.get(name))),
        allow_private=draft.allow_private,
        secrets=[draft.granted.access],
        bearer=_Held(draft.granted),
    )
    sites = made.sites(settings, wire)
    if not sites:
        raise Unauthorized("this sign-in reaches no site", hint="sign in as somebody who has one, and agree for it")
    return replace(draft, sites=sites)


def _connector_of(desk: Desk, draft: Draft, granted: Granted | None) -> Connector:
    settings = {**_revealed(desk, draft), **draft.chosen}
    bearer: Bearer | None = _Held(granted) if granted is not None else None
    more = {} if bearer is None else {"bearer": bearer}
    return desk.opener(draft.kind, settings, allow_private=draft.allow_private, **more)


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _login(desk: Desk, draft: Draft) -> LoginServer:
    way = way_named(describe(draft.kind), draft.way)
    if not isinstance(way, OAuth2):
        raise Misconfigured("this way to sign in is a pasted token")
    return LoginServer(way, _revealed(desk, draft), allow_private=draft.allow_private)


def _revealed(desk: Desk, draft: Draft) -> dict[str, str]:
    return reveal(draft.settings, desk.environ, desk.vault)
