"""The way of one delivery, and of several that come at once: judged one by one, stored in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from connectors.contract import Connector, Webhooks
from connectors.errors import ConnectorError, Forged, Misconfigured
from connectors.fields import Face
from connectors.registry import Opener, load, open_connector
from connectors.shapes import Delivery, Event
from connectors.wire import Counter
from hub.flows.receive.turnstile import Turnstile
from hub.store import Store, connections, counts, touched
from hub.store.connections import ConnectionRow
from hub.store.engine import why_away
from hub.vault import reveal

NOT_SET_UP = 503  # the tool will try again, and an admin may have set what is missing by then


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool is answered, and whether a worker should be rung for."""

    status: int
    body: str = ""
    headers: Mapping[str, str] | None = None
    ring: int | None = None  # the connection's id


@dataclass(frozen=True, slots=True)
class _Given:
    """A delivery at the door of a connection, and what it takes to judge it."""

    slug: str
    delivery: Delivery
    environ: Mapping[str, str]
    opener: Opener


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a delivery is: its answer, under which outcomes it counts, and the events of one that holds."""

    given: _Given
    answer: Answer
    outcomes: tuple[str, ...] = ()
    row: ConnectionRow | None = None
    events: Sequence[Event] = ()


def receive(
    store: Store,
    slug: str,
    delivery: Delivery,
    *,
    environ: Mapping[str, str],
    opener: Opener = open_connector,
) -> Answer:
    """Take in one delivery for a connection. Makes no network call; what it touched is committed on return."""
    return _intake_of(store).turnstile.pass_(_Given(slug, delivery, environ, opener))


class _Intake:
    """The deliveries of one store, and the connectors that judge them: each is built once for its settings."""

    def __init__(self, store: Store) -> None:
        self.turnstile: Turnstile[_Given, Answer] = Turnstile(
            self._take, is_everybodys=lambda failure: bool(why_away(failure))
        )
        self._store = store
        self._built: dict[int, tuple[object, Connector]] = {}

    def _take(self, group: Sequence[_Given]) -> list[Answer]:
        with self._store.read() as tx:
            rows = connections.connections_by_slug(tx, sorted({given.slug for given in group}))
        judged = [self._judge(given, rows.get(given.slug)) for given in group]
        if not any(one.outcomes for one in judged):
            return [one.answer for one in judged]
        return _store_all(self._store, judged)

    def _judge(self, given: _Given, row: ConnectionRow | None) -> _Judged:
        if row is None or Face.WEBHOOKS not in load(row.kind).describe().faces:
            return _Judged(given, Answer(404, "no such address"))
        delivery = given.delivery
        try:
            settings = reveal(row.settings, given.environ)
            connector = self._connector(row, settings, given.opener)
            assert isinstance(connector, Webhooks)
            greeting = connector.greet(delivery)
            if greeting is not None:
                return _Judged(given, Answer(greeting.status, greeting.body, greeting.headers))
            secret = settings.get("webhook_secret", "")
            if not secret:
                raise Forged("this connection has no webhook_secret: deliveries cannot be trusted")
            connector.verify(delivery, secret)
            events = connector.parse(delivery)
        except Forged:
            return _Judged(given, Answer(401, "the signature does not hold"), ("received", "forged"), row)
        except Misconfigured:
            return _Judged(given, Answer(NOT_SET_UP, "this connection is not set up"))
        except ConnectorError:
            return _Judged(given, Answer(400, "the delivery cannot be read"), ("received", "unreadable"), row)
        return _Judged(given, Answer(204), ("received", "accepted"), row, events)

    def _connector(self, row: ConnectionRow, settings: Mapping[str, str], opener: Opener) -> Connector:
        wanted = (row.kind, dict(settings), row.allow_private, opener)
        known = self._built.get(row.id)
        if known is None or known[0] != wanted:
            made = opener(row.kind, settings, allow_private=row.allow_private, counter=Counter())
            known = self._built[row.id] = (wanted, made)
        return known[1]


def _store_all(store: Store, judged: Sequence[_Judged]) -> list[Answer]:
    """Store what a group of deliveries touched, in one transaction, and claim the bell once a connection."""
    numbers: dict[tuple[str, str], int] = {}
    for one in judged:
        for outcome in one.outcomes:
            name = (f"webhooks.{outcome}", one.given.slug)
            numbers[name] = numbers.get(name, 0) + 1
    held = sorted({one.row.id for one in judged if one.row is not None and one.answer.status == 204})
    rings: dict[int, _Judged] = {}
    with store.write() as tx:
        # The connections' rows first, as a sync takes them: in the opposite order two transactions wait for each other.
        connections.hold_rows(tx, held)
        for connection_id in held:
            of_it = [one for one in judged if one.row is not None and one.row.id == connection_id]
            events = [(one, event) for one in of_it for event in one.events]
            seen = [(event.key, tuple(event.item_keys), one.given.delivery.received_at) for one, event in events]
            news = touched.see_deliveries(tx, connection_id, seen)
            fresh = [pair for pair, is_new in zip(events, news, strict=True) if is_new]
            if len(fresh) < len(events):
                numbers["webhooks.repeated", of_it[0].given.slug] = len(events) - len(fresh)
            if not fresh:
                continue
            at = max(one.given.delivery.received_at for one, _ in fresh)
            touched.touch(tx, connection_id, [key for _, event in fresh for key in event.item_keys], at)
            if not all(event.item_keys for _, event in fresh):
                connections.make_due(tx, connection_id, at)
            if connections.claim_ring(tx, connection_id, at):
                rings[connection_id] = fresh[0][0]
        counts.count_all(tx, numbers)
    return [
        Answer(204, ring=one.row.id) if one.row is not None and rings.get(one.row.id) is one else one.answer
        for one in judged
    ]


_intakes: WeakKeyDictionary[Store, _Intake] = WeakKeyDictionary()
_making = threading.Lock()


def _intake_of(store: Store) -> _Intake:
    with _making:
        found = _intakes.get(store)
        if found is None:
            found = _intakes[store] = _Intake(store)
        return found
