"""Jira as a source: the faces the hub sees. What each does is in the module of its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from requests import Session

from connectors.errors import Misconfigured
from connectors.fields import Description
from connectors.jira import hooks, subscriptions
from connectors.jira.calls import Calls
from connectors.jira.cloud import CloudCalls
from connectors.jira.data_center import DataCenterCalls
from connectors.jira.description import DESCRIPTION
from connectors.jira.field_names import POINTS, SiteField, field_ids, read_fields
from connectors.jira.full_read import read_all
from connectors.jira.histories import histories
from connectors.jira.identity import identity_of, sites
from connectors.jira.jql import canonical
from connectors.jira.picks import Picks, spelled
from connectors.jira.settings import address, read_settings
from connectors.jira.sweep import Sweeping
from connectors.jira.write_back import write
from connectors.shapes import (
    Cursor,
    Delivery,
    Event,
    Greeting,
    Identity,
    Page,
    ProgressNote,
    Receipt,
    Scope,
    Select,
    Site,
    Subscription,
    Transition,
)


class Jira:
    """One Jira, in the cloud or not, seen by one account."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        """Keep the settings. Raises Misconfigured naming the first that cannot be right."""
        self._account = read_settings(settings, wire)
        made = CloudCalls if self._account.is_cloud else DataCenterCalls
        self._calls: Calls = made(self._account, wire)
        self._picks = Picks(self._calls)

    @classmethod
    def describe(cls) -> Description:
        """Say who this is: no I/O, the same answer every time."""
        return DESCRIPTION

    @classmethod
    def sites(cls, settings: Mapping[str, str], wire: Session) -> tuple[Site, ...]:
        """Ask Atlassian which sites of Jira the wire's sign-in reaches."""
        gateway = settings.get("gateway_url", "").strip() or "https://api.atlassian.com"
        return sites(address(gateway, "gateway_url"), wire)

    def check(self) -> Identity:
        """Ask Jira who we are, how many projects the account sees, and which permission it lacks."""
        return identity_of(self._calls)

    def scopes(self, query: str = "") -> Iterator[Scope]:
        """Yield projects, boards with their active sprint, and filters whose name contains `query`."""
        return self._picks.offered(query)

    def resolve(self, select: Select) -> Scope:
        """Turn a query or a picker into a scope, asking the site for what a picker names and for names of fields.

        Raises Misconfigured for a query that would read the whole site, and for a name that is unknown or stands
        for two things.
        """
        if bool(select.query.strip()) == bool(select.picker):
            raise Misconfigured(
                "jira: select by a query or by a picker, one of the two",
                field="select",
                hint="write project = PAY AND type = Epic, or {project: PAY, type: Epic}",
            )
        picker = select.picker or spelled(select.query)
        if picker:
            scope = self._picks.picked(picker)
        else:
            query = canonical(select.query)
            scope = self._picks.scope(query, name=query)
        points = ""
        if POINTS in select.fields:
            points = self._account.points_field or self._picks.estimation(picker)
        reach = partial(self._picks.reach, scope)
        fields = field_ids(select.fields, points, lambda: self._site_fields, reach)
        return replace(scope, fields=fields, aliases=self._calls.called_now(select.refs))

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        """Yield all issues of a scope, or with a cursor the rest. See `Source.fetch`."""
        return read_all(self._calls, scope, since)

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        """Yield what changed in any of the scopes. `touched` are issue ids. See `Sweep.changes`."""
        return Sweeping(self._calls, scopes).changes(since, touched)

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        """Return the connection's own cursor: its sweep asks for all that was updated since, of whatever scope."""
        return held

    def greet(self, delivery: Delivery) -> Greeting | None:
        """Return None: Jira shakes no hands."""
        return None

    def verify(self, delivery: Delivery, secret: str) -> None:
        """Raise Forged unless the delivery is signed with the webhook's secret, or proven by the app's."""
        hooks.verify(delivery, secret, is_app=self._account.is_app)

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        """Say which issue moved, if any. A body that cannot be read gives an empty tuple."""
        return hooks.parse(delivery)

    def wants(self, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        """Return one registration for the projects of all bounded scopes, for an app; nothing for any other account."""
        return subscriptions.wants(self._account, scopes)

    def subscribe(self, scope: Scope, url: str, secret: str) -> Subscription:
        """Register a webhook of the app, good for thirty days. Its deliveries are proven by the app's own secret."""
        return subscriptions.subscribe(self._calls, scope, url)

    def renew(self, subscription: Subscription) -> Subscription:
        """Have a webhook last for thirty days from now. Raises Gone when Jira has it no more."""
        return subscriptions.renew(self._calls, subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove a webhook; one that is gone already is no error."""
        subscriptions.unsubscribe(self._calls, subscription)

    def histories(self, keys: Sequence[str]) -> Iterator[Transition]:
        """Yield every change of status of these issues (ids), oldest first for each."""
        return histories(self._calls, keys)

    def write(self, note: ProgressNote) -> Receipt:
        """Write a note to an issue: as a link, a property, a comment or the value of a field."""
        return write(self._calls, note, lambda: self._site_fields)

    @cached_property
    def _site_fields(self) -> tuple[SiteField, ...]:
        return read_fields(self._calls.fields())
