"""The way of one delivery, and of several that come at once: judged one by one, stored in one transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from connectors.contract import Connector, Webhooks
from connectors.errors import ConnectorError, Forged, Misconfigured
from connectors.fields import Face
from connectors.registry import Opener, load, open_connector
from connectors.shapes import Delivery, Event
from connectors.wire import Counter
from hub.flows.receive.registered import (
    LIFECYCLE,
    OF_THE_REGISTRATION,
    Lesson,
    as_registered,
    find,
    follow,
    learn,
    lesson_of,
    secret_of,
)
from hub.flows.receive.turnstile import Turnstile
from hub.store import Store, connections, counts, touched
from hub.store.connections import ConnectionRow
from hub.store.engine import why_away
from hub.store.subscriptions import GOING, SubscriptionRow
from hub.vault import Vault, reveal

KEPT = 1.0  # seconds for which a connection that was read is good to judge by
ACCEPTED = ("received", "accepted")
NOT_SET_UP = 503  # the tool will try again, and an admin may have set what is missing by then


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool is answered, and whether a worker should be rung for."""

    status: int
    body: str = ""
    headers: Mapping[str, str] | None = None
    ring: int | None = None  # the connection's id


FORGED = Answer(401, "the signature does not hold")
NOWHERE = Answer(404, "no such address")
TAKEN = Answer(204)
ENDED = Answer(410, "nobody listens here any more")


@dataclass(frozen=True, slots=True)
class _Given:
    """A delivery at the door of a connection, and what it takes to judge it."""

    slug: str
    delivery: Delivery
    environ: Mapping[str, str]
    opener: Opener
    vault: Vault | None = None
    token: str | None = None  # of the registration whose address it is


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a delivery is by the row it was judged by: its answer, the outcomes it counts under, and its events."""

    given: _Given
    row: ConnectionRow | None
    answer: Answer
    outcomes: tuple[str, ...] = ()
    events: Sequence[Event] = ()
    subscription: SubscriptionRow | None = None
    lesson: Lesson | None = None


class _Opened:
    """A connection's settings with its secrets revealed, and its connector, for one row as it was read."""

    def __init__(self, given: _Given, row: ConnectionRow, settings: Mapping[str, str], connector: Connector) -> None:
        self._row = row
        self._by = (given.environ, given.vault, given.opener)
        self.settings = settings
        self.connector = connector

    def is_for(self, given: _Given, row: ConnectionRow) -> bool:
        """Whether this is of that very row, revealed by the same means."""
        environ, vault, opener = self._by
        return self._row is row and environ is given.environ and vault is given.vault and opener is given.opener


def receive(
    store: Store,
    slug: str,
    delivery: Delivery,
    *,
    environ: Mapping[str, str],
    opener: Opener = open_connector,
    vault: Vault | None = None,
    token: str | None = None,
) -> Answer:
    """Take in one delivery for a connection. Makes no network call; what it touched is committed on return.

    With a `token` it came to the address of one registration, whose own secret judges it; `vault` opens that.
    """
    return _intake_of(store).take(_Given(slug, delivery, environ, opener, vault, token))


class _Intake:
    """The deliveries of one store, and the connectors that judge them: each is built once for its settings."""

    def __init__(self, store: Store) -> None:
        self._turnstile: Turnstile[_Judged, Answer] = Turnstile(
            self._store_all, is_everybodys=lambda failure: bool(why_away(failure))
        )
        self._store = store
        self._built: dict[int, tuple[object, Connector]] = {}
        self._opened: dict[int, _Opened] = {}
        self._rows: dict[str, tuple[float, ConnectionRow]] = {}

    def take(self, given: _Given) -> Answer:
        """Judge by what was read a moment ago. What is to be stored is stored only if that still holds."""
        with self._turnstile.coming() as coming:
            row, is_fresh = self._row(given.slug)
            judged = self._judge(given, row)
            if not judged.outcomes and not is_fresh:
                judged = self._judge(given, self._read(given.slug))
            if judged.lesson is not None:
                return self._learn(judged, judged.lesson)
            return coming.give(judged) if judged.outcomes else judged.answer

    def _learn(self, judged: _Judged, lesson: Lesson) -> Answer:
        vault = judged.given.vault
        return judged.answer if vault is not None and learn(self._store, lesson, vault) else FORGED

    def _row(self, slug: str) -> tuple[ConnectionRow | None, bool]:
        """Return a connection, and whether it was read just now."""
        known = self._rows.get(slug)
        if known is not None and 0 <= time.monotonic() - known[0] < KEPT:
            return known[1], False
        return self._read(slug), True

    def _read(self, slug: str) -> ConnectionRow | None:
        at = time.monotonic()
        with self._store.read() as tx:
            row = connections.connections_by_slug(tx, [slug]).get(slug)
        if row is None:
            self._rows.pop(slug, None)  # nothing is kept of addresses that anybody makes up
        else:
            self._rows[slug] = (at, row)
        return row

    def _judged_by(self, judged: _Judged, held: ConnectionRow | None) -> _Judged:
        return judged if _still_holds(judged.row, held) else self._judge(judged.given, held)

    def _judge(self, given: _Given, row: ConnectionRow | None) -> _Judged:
        registered = None if given.token is None else find(self._store, given.slug, given.token)
        if given.token is not None and registered is None:
            return _Judged(given, row, NOWHERE)
        if registered is not None and (row is None or registered.state not in GOING):
            return _Judged(given, row, ENDED)
        if row is None or Face.WEBHOOKS not in load(row.kind).describe().faces:
            return _Judged(given, row, NOWHERE)
        delivery = given.delivery
        if registered is not None and given.token is not None:
            delivery = as_registered(delivery, registered, given.token)
        try:
            opened = self._open(given, row)
            settings, connector = opened.settings, cast(Webhooks, opened.connector)  # as its faces say
            greeting = connector.greet(delivery)
            if greeting is not None:
                lesson = lesson_of(greeting, registered, given.vault)
                return _Judged(given, row, Answer(greeting.status, greeting.body, greeting.headers), lesson=lesson)
            secret = settings.get("webhook_secret", "") if registered is None else secret_of(registered, given.vault)
            if not secret:
                raise Forged("this connection has no webhook_secret: deliveries cannot be trusted")
            connector.verify(delivery, secret)
            events = connector.parse(delivery)
        except Forged:
            return _Judged(given, row, FORGED, ("received", "forged"))
        except Misconfigured:
            return _Judged(given, row, Answer(NOT_SET_UP, "this connection is not set up"))
        except ConnectorError:
            return _Judged(given, row, Answer(400, "the delivery cannot be read"), ("received", "unreadable"))
        return _Judged(given, row, TAKEN, ACCEPTED, events, registered)

    def _open(self, given: _Given, row: ConnectionRow) -> _Opened:
        """Reveal the settings of a row, once for as long as it is good to judge by."""
        known = self._opened.get(row.id)
        if known is None or not known.is_for(given, row):
            settings = reveal(row.settings, given.environ, given.vault)
            known = _Opened(given, row, settings, self._connector(row, settings, given.opener))
            self._opened[row.id] = known
        return known

    def _connector(self, row: ConnectionRow, settings: Mapping[str, str], opener: Opener) -> Connector:
        wanted = (row.kind, dict(settings), row.allow_private, opener)
        known = self._built.get(row.id)
        if known is None or known[0] != wanted:
            made = opener(row.kind, settings, allow_private=row.allow_private, counter=Counter())
            known = self._built[row.id] = (wanted, made)
        return known[1]

    def _store_all(self, group: Sequence[_Judged]) -> list[Answer]:
        """Store what a group of deliveries touched, in one transaction, and claim the bell once a connection."""
        with self._store.write() as tx:
            # The connections' rows first, as a sync takes them: in the opposite order two transactions would wait for
            # each other. Whoever was judged by what has changed meanwhile is judged again, by what is held now.
            held = connections.hold_by_slug(tx, sorted({one.given.slug for one in group}))
            judged = [
                one
                if _still_holds(one.row, held.get(one.given.slug))
                else self._judge(one.given, held.get(one.given.slug))
                for one in group
            ]
            rings = _store(tx, judged, held)
        return [
            Answer(204, ring=one.row.id) if one.row is not None and rings.get(one.row.id) is one else one.answer
            for one in judged
        ]


def _still_holds(judged_by: ConnectionRow | None, held: ConnectionRow | None) -> bool:
    """Whether a connection is set as it was when it was judged by."""
    return (
        judged_by is not None
        and held is not None
        and (judged_by.id, judged_by.kind, judged_by.settings, judged_by.allow_private)
        == (held.id, held.kind, held.settings, held.allow_private)
    )


def _store(tx: Connection, judged: Sequence[_Judged], held: Mapping[str, ConnectionRow]) -> dict[int, _Judged]:
    """Store a group; return for each connection whose bell was claimed the delivery that is to ring it."""
    numbers: dict[tuple[str, str], int] = {}
    of_each: dict[int, list[_Judged]] = {}
    for one in judged:
        for outcome in one.outcomes:
            name = (f"webhooks.{outcome}", one.given.slug)
            numbers[name] = numbers.get(name, 0) + 1
        if one.row is not None and one.answer.status == 204:
            of_each.setdefault(one.row.id, []).append(one)
    rings: dict[int, _Judged] = {}
    for connection_id, of_it in sorted(of_each.items()):
        row = held[of_it[0].given.slug]
        events = [(one, event) for one in of_it for event in one.events]
        seen = [(event.key, tuple(event.item_keys), one.given.delivery.received_at) for one, event in events]
        news = touched.see_deliveries(tx, connection_id, seen)
        fresh = [pair for pair, is_new in zip(events, news, strict=True) if is_new]
        if len(fresh) < len(events):
            numbers["webhooks.repeated", row.slug] = len(events) - len(fresh)
        if not fresh:
            continue
        at = max(one.given.delivery.received_at for one, _ in fresh)
        touched.touch(tx, connection_id, [key for _, event in fresh for key in event.item_keys], at)
        for one, event in fresh:
            if one.subscription is not None and event.kind in LIFECYCLE:
                follow(tx, one.subscription, event.kind, at)
        if not all(event.item_keys or event.kind in OF_THE_REGISTRATION for _, event in fresh):
            connections.make_due(tx, connection_id, at)
        # The row is held: whether it was rung for is known, and no statement is spent on asking.
        if connections.is_silent(row, at) and connections.claim_ring(tx, connection_id, at):
            rings[connection_id] = fresh[0][0]
    counts.count_all(tx, numbers)
    return rings


_intakes: WeakKeyDictionary[Store, _Intake] = WeakKeyDictionary()
_making = threading.Lock()


def _intake_of(store: Store) -> _Intake:
    found = _intakes.get(store)
    if found is not None:
        return found
    with _making:
        found = _intakes.get(store)
        if found is None:
            found = _intakes[store] = _Intake(store)
        return found
