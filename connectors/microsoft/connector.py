"""Microsoft 365 as a source: the faces the hub sees. What each does is in the module of its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from requests import Session

from connectors.errors import Misconfigured
from connectors.fields import Description
from connectors.microsoft import cursors, hooks, subscriptions
from connectors.microsoft.checking import check
from connectors.microsoft.full_read import read_all, sample_of
from connectors.microsoft.graph import Graph
from connectors.microsoft.offers import offers
from connectors.microsoft.picking import Picking
from connectors.microsoft.places import CellPlace, ColumnPlace, place_of
from connectors.microsoft.settings import DESCRIPTION, read_settings
from connectors.microsoft.sweep import Sweeping
from connectors.shapes import (
    Cursor,
    Delivery,
    Event,
    Greeting,
    Identity,
    Page,
    Sample,
    Scope,
    Select,
    Subscription,
)


class Microsoft:
    """One tenant's Planner, To Do, Excel and SharePoint, seen by one sign-in."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        """Keep the settings. Raises Misconfigured naming the first that cannot be right."""
        self._account = read_settings(settings)
        self._wire = wire

    @classmethod
    def describe(cls) -> Description:
        """Say who this is: no I/O, the same answer every time."""
        return DESCRIPTION

    def check(self) -> Identity:
        """Ask who we are, what is seen and which permission is missing."""
        return check(self._graph())

    def scopes(self, query: str = "") -> Iterator[Scope]:
        """Yield plans, buckets of few plans, and lists of To Do whose names contain `query`."""
        return offers(self._graph(), query)

    def resolve(self, select: Select) -> Scope:
        """Turn a picker, or an address below v1.0, into a scope. Raises Misconfigured for no match and for two.

        Pickers: {plan} by id, {team, plan}, {team, channel, tab}, each with `bucket`; {todo}; {file, sheet, cell} and
        its kin with `site`, `user` or `drive`; {site, list, item, column}.
        """
        return Picking(self._graph()).resolve(select)

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        """Yield all that a scope holds, always from its beginning. See `Source.fetch`."""
        return read_all(self._graph(), scope)

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        """Yield what changed in any of the scopes. `touched` are keys of items. See `Sweep.changes`."""
        return Sweeping(self._graph(), scopes).changes(since, touched)

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        """Return the cursor from which a sweep misses nothing: of a plan that both know, only marks that agree stay."""
        return cursors.merge(held, read)

    def sample(self, scope: Scope, name: str) -> Sample:
        """Read the number in a cell, a range or a column now. Raises Misconfigured where none stands there."""
        place = place_of(scope)
        if not isinstance(place, CellPlace | ColumnPlace):
            raise Misconfigured(f"microsoft: a {place.kind} is no single number", field="select")
        return sample_of(self._graph(), scope, place, name)

    def greet(self, delivery: Delivery) -> Greeting | None:
        """Give back Graph's validation token, or return None when this is not one."""
        return hooks.greet(delivery)

    def verify(self, delivery: Delivery, secret: str) -> None:
        """Raise Forged unless every notification carries the subscription's clientState."""
        hooks.verify(delivery, secret)

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        """Say what moved, and what Graph says of the subscription itself (kinds renew, removed, missed)."""
        return hooks.parse(delivery)

    def wants(self, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        """Return a subscription for each list of To Do and of SharePoint; Planner and Excel have none."""
        return subscriptions.wants(scopes)

    def subscribe(self, scope: Scope, url: str, secret: str) -> Subscription:
        """Register `url` with Graph, which asks it to answer at once. `secret` becomes its clientState."""
        return subscriptions.subscribe(self._graph(), scope, url, secret)

    def renew(self, subscription: Subscription) -> Subscription:
        """Put off its end. Raises Gone when Graph has it no more."""
        return subscriptions.renew(self._graph(), subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take it back. One that is gone already is no error."""
        subscriptions.unsubscribe(self._graph(), subscription.key)

    def _graph(self) -> Graph:
        """Return a way to ask for one read: it notes the server's time of its first answer."""
        return Graph(self._account, self._wire)
