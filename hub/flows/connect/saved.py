"""Connections that are there: how each stands, asking it whom it speaks for, and what can be picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

import yaml

from connectors.contract import Connector, Source
from connectors.errors import Misconfigured
from connectors.fields import Description, OAuth2, name_of
from connectors.registry import load
from connectors.shapes import Identity, Scope
from connectors.wire import Counter
from hub.flows.connect.examine import Desk
from hub.flows.connect.forms import label_of
from hub.flows.connect.refusal import NotThere
from hub.model.references import is_reference
from hub.opening import Way, open_connection, way_of
from hub.store import Store, connected, connections, key_results, listeners, okrs, subscriptions, tokens
from hub.store.connected import SecretSet
from hub.store.connections import ConnectionRow
from hub.store.tokens import TokenRow

MOST_SCOPES = 200
SOON = timedelta(days=14)  # before its end a sign-in is shown as ending


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it is shown: a secret never, only by whom and when it was set."""

    label: str
    value: str = ""
    is_secret: bool = False
    is_set: SecretSet | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection and how it stands. `lapses_at` is when a person has to sign in again, as far as it is known."""

    row: ConnectionRow
    title: str  # the tool's
    docs: str
    way: str  # how it is signed in, in words
    way_name: str
    owner: str  # name
    is_oauth: bool
    is_signed_in: bool
    lapses_at: datetime | None
    settings: tuple[Setting, ...]
    key_results: int  # that are read from it
    secrets: Mapping[str, SecretSet]
    hooks: int = 0  # webhooks that the hub has registered and that ring
    hooks_problem: str = ""  # why there are none, or not all

    def ends_soon(self, now: datetime) -> bool:
        return self.lapses_at is not None and self.lapses_at - now <= SOON


@dataclass(frozen=True, slots=True)
class Pick:
    """Something that a rule can select, and the line that does."""

    scope: Scope
    line: str


def list_connected(store: Store) -> list[Connected]:
    """Return every connection, by slug."""
    with store.read() as tx:
        names = okrs.people_names(tx)
        read = [one.connection for one in key_results.all_key_results(tx)]
        ringing, listening = subscriptions.live_numbers(tx), listeners.all_listeners(tx)
        found = [
            _connected(
                row,
                tokens.tokens_of(tx, row.id),
                connected.secrets_of(tx, row.id),
                names,
                sum(1 for slug in read if slug == row.slug),
            )
            for row in connections.all_connections(tx)
        ]
    return [
        replace(
            one,
            hooks=ringing.get(one.row.id, 0),
            hooks_problem=listening[one.row.id].problem if one.row.id in listening else "",
        )
        for one in found
    ]


def find_connected(store: Store, slug: str) -> Connected:
    """Return one connection. Raises NotThere."""
    found = next((one for one in list_connected(store) if one.row.slug == slug), None)
    if found is None:
        raise NotThere("There is no such connection.")
    return found


def check_saved(desk: Desk, slug: str, now: Callable[[], datetime]) -> Identity:
    """Ask a connection whom it speaks for and what it lacks, and note it. Raises NotThere and ConnectorError."""
    row = find_connected(desk.store, slug).row
    identity = _open(desk, row, now).check()
    with desk.store.write() as tx:
        connected.note_identity(tx, row.id, identity, now())
    return identity


def pick(desk: Desk, slug: str, query: str, now: Callable[[], datetime], *, most: int = MOST_SCOPES) -> list[Pick]:
    """Ask a connection what can be selected, at most so many. Raises NotThere and ConnectorError."""
    source = _open(desk, find_connected(desk.store, slug).row, now)
    if not isinstance(source, Source):
        raise NotThere(f"There is no work to read in {slug}.")
    return [Pick(scope, line_of(scope)) for scope in islice(source.scopes(query), most)]


def line_of(scope: Scope) -> str:
    """Return the line of a mapping that selects a scope."""
    return yaml.safe_dump({"select": scope.query}, allow_unicode=True, width=10_000).strip()


def _open(desk: Desk, row: ConnectionRow, now: Callable[[], datetime]) -> Connector:
    return open_connection(
        desk.store, row, vault=desk.vault, environ=desk.environ, now=now, opener=desk.opener, counter=Counter()
    )


def _connected(
    row: ConnectionRow,
    held: TokenRow | None,
    secrets: Mapping[str, SecretSet],
    names: Mapping[str, str],
    number: int,
) -> Connected:
    described = _described(row.kind)
    way = way_of(described, row.settings, row.way) if described else None
    is_oauth = isinstance(way, OAuth2)
    return Connected(
        row=row,
        title=described.title if described else row.kind,
        docs=described.docs if described else "",
        way=way.title if isinstance(way, OAuth2) else "by a pasted token" if way is not None else "",
        way_name=name_of(way) if way is not None else "",
        owner=names.get(row.owner, row.owner),
        is_oauth=is_oauth,
        is_signed_in=_is_signed_in(way, held),
        lapses_at=_end_of(row, way, held),
        settings=tuple(_settings(described, row, secrets, names)) if described else (),
        key_results=number,
        secrets={name: replace(one, set_by=names.get(one.set_by, one.set_by)) for name, one in secrets.items()},
    )


def _is_signed_in(way: Way | None, held: TokenRow | None) -> bool:
    """Whether no person has to sign in: an app does so by itself, when it is first read."""
    if not isinstance(way, OAuth2):
        return True
    return held.state == "good" if held is not None else way.grant == "client_credentials"


def _end_of(row: ConnectionRow, way: Way | None, held: TokenRow | None) -> datetime | None:
    """Return when a person has to sign in again: as the tool or they said, or when an unused sign-in dies."""
    if isinstance(way, OAuth2) and way.idle_days is not None and held is not None and held.refresh is not None:
        dies = held.renewed_at + timedelta(days=way.idle_days)
        return dies if row.lapses_at is None else min(dies, row.lapses_at)
    return row.lapses_at


def _settings(
    described: Description, row: ConnectionRow, secrets: Mapping[str, SecretSet], names: Mapping[str, str]
) -> list[Setting]:
    found = []
    for field in described.all_fields():
        text = row.settings.get(field.name, "")
        if not text:
            continue
        if field.secret:
            known = secrets.get(field.name) if not row.is_provided else None
            by = replace(known, set_by=names.get(known.set_by, known.set_by)) if known is not None else None
            found.append(Setting(label_of(field), text if is_reference(text) else "", True, by))
        else:
            found.append(Setting(label_of(field), text))
    return found


def _described(kind: str) -> Description | None:
    try:
        return load(kind).describe()
    except Misconfigured:  # its connector is not there any more
        return None
