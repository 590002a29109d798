"""The faces a tool may show the hub. A class has the faces it satisfies, and `describe()` says which.

One conformance suite (tests/connectors/conformance.py) holds every registered connector to this page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from requests import Session

from connectors.fields import Description
from connectors.shapes import (
    Cursor,
    Delivery,
    Event,
    Greeting,
    Identity,
    Notification,
    Page,
    ProgressNote,
    Receipt,
    Sample,
    Scope,
    Select,
    Site,
    Subscription,
    Transition,
)


class Connector(Protocol):
    """What every connector has. Built once per connection; holds no state but its wire."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        """Keep the settings. Never connects; raises Misconfigured when a setting cannot be right."""

    @classmethod
    def describe(cls) -> Description:
        """Say who you are and what you can do. No I/O; the same answer every time."""

    def check(self) -> Identity:
        """Ask with a few cheap calls for whom we speak, what the account sees and which permission is missing."""


@runtime_checkable
class Source(Protocol):
    """Work to read."""

    def scopes(self, query: str = "") -> Iterator[Scope]:
        """Offer what can be selected, for a person to pick from."""

    def resolve(self, select: Select) -> Scope:
        """Turn a selection into its canonical scope: names to ids. Two matches raise Misconfigured."""

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        """Yield all that the scope holds, or with a cursor the rest of an interrupted read.

        A page's cursor covers that page and all before it: a read resumed from any page's cursor ends in the
        same state. Items may repeat; none may be missed. The last page carries an exact Roll of the whole
        scope, and its cursor is where `changes` may start.
        """


@runtime_checkable
class Sweep(Protocol):
    """One read for all scopes of a connection: what changed, and where it belongs now."""

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        """Yield what changed since the cursor together with the touched keys, and the roll calls at the end.

        Without a cursor only the touched keys are read, and no roll is called.
        """

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        """Return the cursor from which a sweep misses nothing, given the connection's and that of a first read.

        Pure. Called when a scope that was read in full joins those that are swept already.
        """


@runtime_checkable
class Gauges(Protocol):
    """Numbers the tool works out itself.

    To the hub a gauge is a selection of one item: `fetch` and `changes` yield it with the number as its field `value`
    (see `connectors.gauges`), so that a rule says `measure: {sum: value}` and all else works as for any selection.
    """

    def sample(self, scope: Scope, name: str) -> Sample:
        """Read the number now. Raises Misconfigured where there is text or an error, Gone where nothing is any more."""


@runtime_checkable
class Webhooks(Protocol):
    """Events the tool pushes. The first three methods are pure: bytes in, facts out."""

    def greet(self, delivery: Delivery) -> Greeting | None:
        """Answer the tool's handshake, or return None when this is not one."""

    def verify(self, delivery: Delivery, secret: str) -> None:
        """Raise Forged unless the signature holds over the raw body."""

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        """Say which items moved. Kinds of event we ignore give an empty tuple, never an error."""


@runtime_checkable
class Subscriptions(Protocol):
    """Webhooks that the tool lets us register ourselves. Never called inside a web request."""

    def wants(self, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        """Return what to subscribe to so that every scope is rung for: as few as the tool allows. Pure.

        Each has a stable key; scopes that nothing rings for are left out and are read on schedule.
        """

    def subscribe(self, scope: Scope, url: str, secret: str) -> Subscription:
        """Register `url`, which is of this subscription alone. `secret` is ours; a tool may have its own."""

    def renew(self, subscription: Subscription) -> Subscription:
        """Put off its end. Raises Gone when the tool has it no more: then it is subscribed anew."""

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove it. One that is gone already is no error."""


@runtime_checkable
class WriteBack(Protocol):
    """Progress the tool may be told, in the ways that `Description.write_backs` names."""

    def write(self, note: ProgressNote) -> Receipt:
        """Write it once. TryLater says whether it may have arrived; Gone means the target is no more."""


@runtime_checkable
class Histories(Protocol):
    """What the tool remembers of how items moved."""

    def histories(self, keys: Sequence[str]) -> Iterator[Transition]:
        """Yield every change of status of these items, oldest first for each item."""


@runtime_checkable
class Sites(Protocol):
    """Places to choose from after a sign-in: the sites of a company, its tenants."""

    @classmethod
    def sites(cls, settings: Mapping[str, str], wire: Session) -> tuple[Site, ...]:
        """Ask which places the wire's sign-in reaches, with the settings that lead there."""


@runtime_checkable
class Channel(Protocol):
    """People to tell. The mirror of Source: one message in, one receipt out."""

    def render(self, notification: Notification) -> Mapping[str, object]:
        """Dress a notification in the channel's own format. Pure, so that it can be previewed."""

    def send(self, notification: Notification) -> Receipt:
        """Post it once. TryLater says whether it may have arrived; Gone means the channel is no more."""
