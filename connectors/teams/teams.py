"""The Teams channel: checks its address, posts cards to it, and says what an answer means.

A Workflows address is a secret that takes posts and nothing else: it has no message id, no thread and no way to be
asked who it is. https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from requests import Response, Session

from connectors.addresses import why_no_address
from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.fields import ApiToken, Description, Face, Field
from connectors.shapes import Identity, Notification, Receipt
from connectors.teams.card import draw_message, encode
from connectors.wire import is_page, server_time, wait_asked

HOSTS = ("api.powerplatform.com", "logic.azure.com")
_RETIRED = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
_MAKE_ONE = (
    "in Teams open the channel's menu, Workflows, choose 'Send webhook alerts to a channel', "
    "let 'Anyone' trigger it, and paste the address it shows"
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Teams:
    """One channel of Microsoft Teams, reached by the address of a workflow."""

    def __init__(self, settings: Mapping[str, str], wire: Session, *, now: Callable[[], datetime] = _utc_now) -> None:
        """Keep the address. Raises Misconfigured, without quoting it, when it cannot be one of a workflow."""
        self._url = settings.get("workflow_url", "").strip()
        self._name = settings.get("name", "").strip()
        self._wire = wire
        self._now = now
        self._host = _checked_host(self._url, settings.get("base_url", "").strip())

    @classmethod
    def describe(cls) -> Description:
        """Say what Teams needs: one address."""
        address = Field(
            "workflow_url",
            "url",
            "The address that the workflow 'Send webhook alerts to a channel' shows. Whoever has it can post.",
            required=True,
            secret=True,
        )
        name = Field("name", "text", "What people call the channel, for our own pages.", example="Payments")
        base_url = Field(
            "base_url",
            "url",
            "Only for an address on another host, such as a proxy of yours: its scheme and host.",
            example="https://flows.acme.example",
        )
        return Description(
            kind="teams",
            title="Microsoft Teams",
            faces=frozenset({Face.CHANNEL}),
            auth=(ApiToken("url", (address,)),),
            settings=(name, base_url),
            hosts=HOSTS,
            docs="connectors/teams.md",
        )

    def check(self) -> Identity:
        """Return the channel's name and host. Asks nothing: such an address can only be tried by posting to it."""
        return Identity(f"{self._name} ({self._host})" if self._name else self._host)

    def render(self, notification: Notification) -> dict[str, object]:
        """Return the message as it will be posted: one Adaptive Card 1.5, at most 24,000 bytes of UTF-8."""
        return draw_message(notification)

    def send(self, notification: Notification) -> Receipt:
        """Post the card once. The receipt has a time (UTC) and no key: a workflow gives none.

        202 says that the workflow has started, not that the card is in the channel; its run history tells.
        Raises Misconfigured, Unauthorized, Gone, TryLater and Unexpected; every lost or failed answer that may
        have followed a post says so in `maybe_arrived`.
        """
        try:
            response = self._wire.post(
                self._url,
                data=encode(draw_message(notification)),
                headers={"Content-Type": "application/json; charset=utf-8"},
                allow_redirects=False,
            )
        except ValueError:
            # what requests raises for a malformed address quotes it, and this address is a secret
            raise Misconfigured(
                "teams: the workflow address cannot be asked", field="workflow_url", hint=_MAKE_ONE
            ) from None
        _judge(response)
        return Receipt(at=server_time(response) or self._now())


def _checked_host(url: str, base_url: str) -> str:
    """Return the address's host, or raise Misconfigured with the way to a right one."""
    if not url:
        raise Misconfigured("teams: the workflow address is missing", field="workflow_url", hint=_MAKE_ONE)
    if why := why_no_address(url):
        raise Misconfigured(f"teams: this is not the workflow's address: {why}", field="workflow_url", hint=_MAKE_ONE)
    if base_url and (why := why_no_address(base_url)):
        raise Misconfigured(f"teams: base_url is not an address: {why}", field="base_url")
    host, allowed = (urlsplit(url).hostname or "").rstrip("."), urlsplit(base_url).hostname
    if _is_below(host, _RETIRED):
        raise Misconfigured(
            f"teams: {host} belongs to Office 365 connectors, which Microsoft has switched off",
            field="workflow_url",
            hint=_MAKE_ONE,
        )
    if host != allowed and not _is_below(host, HOSTS):
        raise Misconfigured(
            f"teams: {host} is not a host of workflows ({', '.join(HOSTS)})",
            field="workflow_url",
            hint=f"if this host is right, set base_url to https://{host}; else {_MAKE_ONE}",
        )
    return host


def _is_below(host: str, suffixes: tuple[str, ...]) -> bool:
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in suffixes)


def _judge(response: Response) -> None:
    """Return when the post was taken, else raise what to do. The answer's text is not quoted: it may echo the address.

    The codes are those of Power Automate: https://learn.microsoft.com/power-automate/oauth-authentication and
    https://learn.microsoft.com/connectors/teams/
    """
    status = response.status_code
    if status in {200, 201, 202, 204}:
        if is_page(response):
            raise TryLater(
                "teams: a web page answered in the workflow's place",
                hint="something between this machine and Microsoft wants a sign-in: ask those who run the network",
            )
        return
    said = f"teams: the workflow answered {status}"
    if status in {401, 403}:
        raise Unauthorized(
            said,
            hint="in the workflow's trigger set 'Who can trigger the flow?' to Anyone, save, "
            "and paste the address again: it changes",
        )
    if status in {404, 410}:
        raise Gone(said, hint=f"the workflow was deleted or switched off; turn it on, or make a new one: {_MAKE_ONE}")
    if status == 413:
        raise Unexpected(f"{said}: it finds the card too large", hint="report this card: it should never be")
    if status == 400:
        raise Misconfigured(
            said,
            field="workflow_url",
            hint="the workflow does not take Adaptive Cards, or the address was cut: "
            f"compare it with the one the workflow shows, or {_MAKE_ONE}",
        )
    if status == 429:
        raise TryLater(said, after=wait_asked(response), hint="the workflow's owner has used up the licence's requests")
    if status == 408 or status >= 500:
        # A gateway answers for a workflow that may already be running, so none of these proves that nothing was posted.
        raise TryLater(said, after=wait_asked(response), maybe_arrived=True)
    raise Unexpected(said, hint="compare the address with the one the workflow shows")
