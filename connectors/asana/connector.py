"""Asana as a source: the faces the hub sees. What each does is in the module of its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from requests import Session

from connectors.asana import cursors, gauges, hooks, subscriptions
from connectors.asana.account import identify
from connectors.asana.calls import Calls
from connectors.asana.resolving import Resolving
from connectors.asana.settings import DESCRIPTION, read_settings
from connectors.asana.sweep import Reading
from connectors.asana.write_back import Writing
from connectors.fields import Description
from connectors.shapes import (
    Cursor,
    Delivery,
    Event,
    Greeting,
    Identity,
    Page,
    ProgressNote,
    Receipt,
    Sample,
    Scope,
    Select,
    Subscription,
)
from connectors.wire import WireAdapter


class Asana:
    """One Asana account, and what it sees in a workspace."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        """Keep the settings. Raises Misconfigured naming the first that cannot be right."""
        adapter = wire.get_adapter("https://")
        self._account = read_settings(
            settings, is_signed=isinstance(adapter, WireAdapter) and adapter.bearer is not None
        )
        self._calls = Calls(self._account, wire)
        self._resolving = Resolving(self._calls, self._account)

    @classmethod
    def describe(cls) -> Description:
        """Say who this is: no I/O, the same answer every time."""
        return DESCRIPTION

    def check(self) -> Identity:
        """Ask for whom we speak, which workspaces that account is in, and what it may not do."""
        return identify(self._calls, self._account)

    def scopes(self, query: str = "") -> Iterator[Scope]:
        """Yield projects, tags, portfolios and goals whose name contains `query`; for a project's gid, its sections."""
        return Resolving(self._calls, self._account).scopes(query.strip())  # people look again after a change

    def resolve(self, select: Select) -> Scope:
        """Turn a query or a picker into a scope: names to gids. See `Source.resolve`.

        A picker has `project` (and may have `section`, `subtasks` or `count`), `tag`, `portfolio` or `goal`.
        """
        return self._resolving.resolve(select)

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        """Yield all that a scope holds. See `Source.fetch`; a read that was interrupted begins again."""
        return Reading(self._calls, [scope], datetime.now(UTC)).all()

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        """Yield what changed in any of the scopes. `touched` are gids of tasks, or keys of gauges. See `Sweep`."""
        return Reading(self._calls, scopes, datetime.now(UTC)).changes(since, touched)

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        """Unite the projects' tokens; of a project in both the older one stays."""
        return cursors.merge(held, read)

    def sample(self, scope: Scope, name: str) -> Sample:
        """Read a goal's metric, or a count of a project's tasks, now."""
        return gauges.sample(self._calls, scope, name, datetime.now(UTC))

    def greet(self, delivery: Delivery) -> Greeting | None:
        """Send back the secret of a handshake; None for any other delivery."""
        return hooks.greet(delivery)

    def verify(self, delivery: Delivery, secret: str) -> None:
        """Raise Forged unless the delivery is signed with the secret of its webhook."""
        hooks.verify(delivery, secret)

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        """Say which tasks and goals moved. Heartbeats and what cannot be read give an empty tuple."""
        return hooks.parse(delivery)

    def wants(self, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        """Return the projects and goals to subscribe to: one webhook for each, however many scopes stand on it."""
        return subscriptions.wants(scopes, self._account)

    def subscribe(self, scope: Scope, url: str, secret: str) -> Subscription:
        """Register `url`. Asana shakes hands with it while this call waits; its secret is the one that counts."""
        return subscriptions.subscribe(self._calls, scope, url)

    def renew(self, subscription: Subscription) -> Subscription:
        """See whether it lives: an Asana webhook has no end, but is deleted after a day of failures."""
        return subscriptions.renew(self._calls, subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove it. One that is gone already is no error."""
        subscriptions.unsubscribe(self._calls, subscription)

    def write(self, note: ProgressNote) -> Receipt:
        """Write a comment or a custom field on a task, a goal's number, or a status update. See `WriteBack.write`."""
        return Writing(self._calls).write(note, datetime.now(UTC))
