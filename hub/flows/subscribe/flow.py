"""Looking after the webhooks of one connection: what is missing is made, what runs out renewed, the rest removed.

A row stands before each call to the tool, so that whoever dies leaves a trace: a registration that is pending when
nobody works on it was asked for by a process that has died. It is ended and made anew; should the tool have it after
all, whoever rings there is told that it is gone, and tools take such a webhook back themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.contract import Connector, Subscriptions
from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.registry import Opener, open_connector
from connectors.shapes import Scope, Subscription
from connectors.wire import Counter
from hub.flows.subscribe.address import why_not_rung
from hub.flows.subscribe.outcome import Subscribed
from hub.flows.subscribe.spans import LOOK_AGAIN, REFUSED_FOR, REMEMBERED, renewal, retry
from hub.log import logger
from hub.opening import open_connection
from hub.store import Store, connections, counts, listeners, selected, subscriptions
from hub.store.connections import ConnectionRow
from hub.store.engine import why_away
from hub.store.subscriptions import SubscriptionRow, ring_address
from hub.vault import Vault, reveal_quietly

LEASE = timedelta(seconds=300)  # longer than the wire lets one call last; renewed before each
PAUSE = timedelta(minutes=5)  # after a failure for which the tool asked no wait of its own


class _LeaseLost(Exception):
    """Somebody else looks after this connection's webhooks now."""


def subscribe(
    store: Store,
    connection_id: int,
    *,
    owner: str,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    vault: Vault,
    public_url: str,
    opener: Opener = open_connector,
) -> Subscribed:
    """Register, renew and remove the webhooks of a connection. Two never do it at once.

    `public_url` is the address at which tools reach the hub. Without one, or over plain http, nothing is registered:
    the connection is read on schedule all the same.
    """
    with store.write() as tx:
        if not listeners.lease_listener(tx, connection_id, owner=owner, now=now(), lasts=LEASE):
            return Subscribed("busy")
        row = connections.connection_by_id(tx, connection_id)
        assert row is not None
        is_archived = connections.connection_by_slug(tx, row.slug) is None
        found = [] if is_archived else selected.selections_to_read(tx, connection_id, now())
    scopes = {one.scope.key: one.scope for one in found if one.scope is not None}
    run = _Run(store, row, owner, now, environ, vault, public_url.rstrip("/"), opener, list(scopes.values()))
    try:
        return run.go()
    except _LeaseLost:
        return Subscribed("lost", problem="another worker took over", requests=run.counter.requests)
    except BaseException as problem:
        # A defect or a database that is away: free the listener, so that the retry need not wait for the lease.
        run.abandon(why_away(problem) or f"the hub failed: {type(problem).__name__}")
        raise


@dataclass
class _Run:
    store: Store
    row: ConnectionRow
    owner: str
    now: Callable[[], datetime]
    environ: Mapping[str, str]
    vault: Vault
    base: str
    opener: Opener
    scopes: Sequence[Scope]
    wanted: Sequence[Scope] = ()  # what is to ring, known once the connector was asked
    counter: Counter = field(default_factory=Counter)
    done: dict[str, int] = field(default_factory=lambda: {"made": 0, "renewed": 0, "removed": 0})

    def go(self) -> Subscribed:
        with self._held() as tx:
            at = self.now()
            subscriptions.end_subscriptions(tx, self.row.id, ["pending"], at)  # of processes that have died
            subscriptions.forget_ended(tx, at - REMEMBERED)
        why = why_not_rung(self.base, reveal_quietly(self.row.settings.get("base_url", ""), self.environ))
        problem: ConnectorError | None = None
        try:
            connector = self._open()
            if not isinstance(connector, Subscriptions):
                return self._finish("none", "", due_at=None)
            self.wanted = connector.wants(self.scopes) if self.scopes else ()
            self._look_after(connector, () if why else self.wanted)
        except ConnectorError as failure:
            problem = failure
        if problem is None:
            return self._finish("done", why if self.wanted else "")
        if isinstance(problem, TryLater):
            return self._finish("waiting", problem.told, due_at=self.now() + (problem.after or PAUSE))
        return self._finish("broken", problem.told, due_at=self.now() + REFUSED_FOR)

    def _open(self) -> Connector:
        return open_connection(
            self.store,
            self.row,
            vault=self.vault,
            environ=self.environ,
            now=self.now,
            opener=self.opener,
            counter=self.counter,
        )

    def _look_after(self, connector: Subscriptions, scopes: Sequence[Scope]) -> None:
        wanted = {scope.key: scope for scope in scopes}
        with self.store.read() as tx:
            held = subscriptions.subscriptions_of(tx, self.row.id, ["live"])
            lost = subscriptions.subscriptions_of(tx, self.row.id, ["lost"])
        kept: set[str] = set()
        for one in held:
            if one.scope_key in wanted and one.base == self.base and one.scope_key not in kept:
                is_fresh = one.renew_at is not None and one.renew_at > self.now()
                if is_fresh or self._renew(connector, one):
                    kept.add(one.scope_key)
        waiting = {one.scope_key for one in lost if one.renew_at is not None and one.renew_at > self.now()}
        missing = [scope for key, scope in wanted.items() if key not in kept | waiting]
        refused = [scope for scope in missing if not self._add(connector, scope)]
        # Last: as long as the new ones were not there, the old ones rang.
        for one in held:
            if one.scope_key not in wanted or one.base != self.base:
                self._remove(connector, one)
        if self.done["removed"]:
            # A tool that takes one address alone, or so many webhooks, had no room while the old ones were there.
            for scope in refused:
                self._add(connector, scope)
        gone = [one for one in lost if one.scope_key not in wanted]
        if gone:
            with self._held() as tx:
                for one in gone:
                    subscriptions.end_subscriptions(tx, self.row.id, ["lost"], self.now(), scope_key=one.scope_key)

    def _add(self, connector: Subscriptions, scope: Scope) -> bool:
        """Register a webhook for a scope; False when the tool refuses, which is noted."""
        token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._held() as tx:
            sealed = self.vault.seal(secret)
            at = self.now()
            made = subscriptions.add_subscription(
                tx, self.row.id, scope, token=token, base=self.base, secret=sealed, now=at
            )
        try:
            answer = connector.subscribe(scope, ring_address(self.base, self.row.slug, token), secret)
        except (TryLater, Unauthorized) as problem:
            with self._held() as tx:
                if isinstance(problem, TryLater) and problem.maybe_arrived:
                    subscriptions.end_subscriptions(tx, self.row.id, ["pending"], self.now())
                else:
                    subscriptions.drop_pending(tx, made)
            raise
        except (Misconfigured, Gone, Unexpected) as problem:
            self._note_lost(made, scope.key, "pending", problem.told, self.now() + REFUSED_FOR)
            return False
        is_ours = False
        with self.store.write() as tx:
            if self._holds(tx):
                at = self.now()
                subscriptions.end_subscriptions(tx, self.row.id, ["lost"], at, scope_key=scope.key)
                is_ours = subscriptions.note_subscription(
                    tx, made, was=["pending"], state="live", renew_at=renewal(at, answer), **self._answered(answer)
                )
        if not is_ours:
            # Somebody took over while the tool was slow to answer, and has made another one: this one would ring too.
            connector.unsubscribe(answer)
            raise _LeaseLost
        self.done["made"] += 1
        return True

    def _answered(self, answer: Subscription) -> dict[str, object]:
        # What the tool tells in its answer to us is sure; a handshake came from whoever knew the address.
        told = {"secret": self.vault.seal(answer.secret), "is_learned": True} if answer.secret else {}
        return {"key": answer.key, "expires_at": answer.expires_at, "problem": "", **told}

    def _renew(self, connector: Subscriptions, one: SubscriptionRow) -> bool:
        """Renew a registration; False when the tool has it no more, and it is to be made anew."""
        self._renew_lease()
        try:
            answer = connector.renew(Subscription(one.key, one.scope_key, one.expires_at))
        except Gone as problem:
            at = self.now()
            self._note_lost(one.id, one.scope_key, "live", problem.told, retry(one.made_at, at))
            return retry(one.made_at, at) > at
        except (Misconfigured, Unexpected) as problem:
            # It may ring on until it lapses: it stays, and is asked for again.
            with self._held() as tx:
                again = self.now() + REFUSED_FOR
                subscriptions.note_subscription(tx, one.id, was=["live"], problem=problem.told, renew_at=again)
            return True
        with self._held() as tx:
            at = self.now()
            subscriptions.note_subscription(
                tx, one.id, was=["live"], renew_at=renewal(at, answer), **self._answered(answer)
            )
        self.done["renewed"] += 1
        return True

    def _remove(self, connector: Subscriptions, one: SubscriptionRow) -> None:
        self._renew_lease()
        problem = ""
        try:
            connector.unsubscribe(Subscription(one.key, one.scope_key, one.expires_at))
        except (Misconfigured, Gone, Unexpected) as refused:
            problem = refused.told  # it is out of our hands: whoever rings there is told that it is gone
        with self._held() as tx:
            subscriptions.note_subscription(
                tx, one.id, was=["live"], state="ended", ended_at=self.now(), problem=problem
            )
        self.done["removed"] += 1

    def _note_lost(self, subscription_id: int, scope_key: str, was: str, problem: str, again: datetime) -> None:
        with self._held() as tx:
            subscriptions.end_subscriptions(tx, self.row.id, ["lost"], self.now(), scope_key=scope_key)
            subscriptions.note_subscription(
                tx, subscription_id, was=[was], state="lost", problem=problem, renew_at=again
            )

    def _finish(self, state: str, problem: str, due_at: datetime | None = None) -> Subscribed:
        with self._held() as tx:
            at = self.now()
            going = subscriptions.subscriptions_of(tx, self.row.id, ["live"])
            lost = subscriptions.subscriptions_of(tx, self.row.id, ["lost"])
            problem = problem or next((f"{one.scope_name}: {one.problem}" for one in lost), "")
            if state == "done":
                times = [one.renew_at for one in (*going, *lost) if one.renew_at is not None]
                due_at = min([*times, at + LOOK_AGAIN]) if self.wanted or going else None
            listeners.release_listener(
                tx,
                self.row.id,
                owner=self.owner,
                due_at=due_at,
                looked_at=at,
                problem=problem,
                problem_at=at if problem else None,
            )
            self._count(tx)
        return Subscribed(state, **self.done, live=len(going), requests=self.counter.requests, problem=problem)

    def _count(self, tx: Connection) -> None:
        counts.count(tx, "requests", self.row.slug, self.counter.requests)
        counts.count(tx, "throttled", self.row.slug, self.counter.throttled)
        counts.count(tx, "retried", self.row.slug, self.counter.retried)

    @contextmanager
    def _held(self) -> Iterator[Connection]:
        """Open a write transaction that begins by renewing the lease. Raises _LeaseLost when somebody else has it."""
        with self.store.write() as tx:
            if not self._holds(tx):
                raise _LeaseLost
            yield tx

    def _renew_lease(self) -> None:
        with self._held():
            pass

    def _holds(self, tx: Connection) -> bool:
        return listeners.renew_listener_lease(tx, self.row.id, owner=self.owner, now=self.now(), lasts=LEASE)

    def abandon(self, problem: str) -> None:
        """Let the listener go after a failure of the hub's own. Never raises: the failure itself is to be seen."""
        try:
            with self.store.write() as tx:
                at = self.now()
                listeners.release_listener(
                    tx, self.row.id, owner=self.owner, due_at=at + PAUSE, problem=problem, problem_at=at
                )
                self._count(tx)
        except Exception as second:
            # The database is away altogether: the lease runs out by itself.
            logger("subscribe").warning(
                "a listener could not be let go", problem=why_away(second) or type(second).__name__
            )
