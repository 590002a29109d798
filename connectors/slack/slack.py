"""The Slack channel: posts by an incoming webhook, or as a bot that also keeps one thread for each subject.

slack_sdk gives the Block Kit models and their checks; the posts travel over the hub's own wire, which guards hosts
and never repeats a post that may have arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from requests import Response, Session

from connectors.addresses import why_no_address
from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.fields import ApiToken, Description, Face, Field
from connectors.shapes import Identity, Notification, Receipt
from connectors.slack.message import draw_message
from connectors.slack.refusals import ROOT_IS_CLOSED, ROOT_IS_GONE, refusal, word_of
from connectors.wire import SAFE, is_page, server_time, wait_asked

HOSTS = ("slack.com", "slack-gov.com")
API = "https://slack.com/api/"
EVENT_TYPE = "okrhub_change"

_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
_TOKEN = re.compile(r"[!-~]+")
_TS = re.compile(r"(\d{1,11})\.(\d{6})")
_MAKE_ONE = "at api.slack.com/apps open your app, Incoming Webhooks, 'Add New Webhook to Workspace', and paste its URL"
_IN_BETWEEN = "something between this machine and Slack wants a sign-in: ask those who run the network"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Slack:
    """One channel of Slack, reached by a webhook or by a bot."""

    def __init__(self, settings: Mapping[str, str], wire: Session, *, now: Callable[[], datetime] = _utc_now) -> None:
        """Keep the settings. Raises Misconfigured, quoting no secret, when they are not exactly one way to post."""
        self._webhook = settings.get("webhook_url", "").strip()
        self._token = settings.get("bot_token", "").strip()
        self._channel = settings.get("channel", "").strip()
        self._name = settings.get("name", "").strip()
        self._api = (settings.get("base_url", "").strip() or API).rstrip("/") + "/"
        self._wire = wire
        self._now = now
        self._check_settings(settings.get("base_url", "").strip())

    @classmethod
    def describe(cls) -> Description:
        """Say what Slack needs: a webhook address, or a bot token and a channel."""
        webhook = Field(
            "webhook_url",
            "url",
            "The address of an incoming webhook. Whoever has it can post to its channel.",
            secret=True,
        )
        token = Field(
            "bot_token", "text", "The bot token of your app, with the scope chat:write. Begins with xoxb-.", secret=True
        )
        channel = Field(
            "channel", "text", "For a bot: the channel's ID, at the foot of its details.", example="C0123456789"
        )
        return Description(
            kind="slack",
            title="Slack",
            faces=frozenset({Face.CHANNEL}),
            auth=(ApiToken("bearer", (token, channel)), ApiToken("url", (webhook,))),
            settings=(
                Field("name", "text", "What people call the channel, for our own pages.", example="#payments"),
                Field("base_url", "url", "The Web API, with its path. Change it for GovSlack or a proxy.", default=API),
            ),
            hosts=HOSTS,
            docs="connectors/slack.md",
        )

    def check(self) -> Identity:
        """Return who posts: a bot's user and team, asked of Slack; for a webhook its name and host, asked of nobody."""
        if self._webhook:
            host = urlsplit(self._webhook).hostname or ""
            return Identity(f"{self._name} ({host})" if self._name else host)
        response, answer = self._ask("auth.test", {}, headers=SAFE)
        _settle(answer, "auth.test")
        scopes = {scope.strip() for scope in response.headers.get("X-OAuth-Scopes", "").split(",")} - {""}
        if scopes and "chat:write" not in scopes:
            raise refusal("missing_scope", "slack: auth.test")
        return Identity(f"{_text(answer, 'user', 'auth.test')} in {_text(answer, 'team', 'auth.test')}")

    def render(self, notification: Notification) -> dict[str, object]:
        """Return the message as people will see it: text, blocks and attachments."""
        return draw_message(notification)

    def send(self, notification: Notification) -> Receipt:
        """Post once. A bot's receipt has the message's ts as `key` and the ts of its thread's root as `thread`.

        A bot that is given a thread first brings the root up to date, then replies there and to the channel; a root
        that was deleted is replaced by a new message. Times are UTC. Raises any ConnectorError but Forged.
        """
        message = {**draw_message(notification), "unfurl_links": False, "unfurl_media": False}
        if self._webhook:
            return self._send_by_webhook(message)
        return self._send_as_bot(message, notification)

    def _send_by_webhook(self, message: Mapping[str, object]) -> Receipt:
        response = self._post(self._webhook, message, {}, field="webhook_url")
        said = response.text.strip()
        if 200 <= response.status_code < 300:
            if said != "ok":
                raise Unexpected("slack: webhook: the answer was not 'ok'")
            return Receipt(at=server_time(response) or self._now())
        word = word_of(said)
        if word:
            raise refusal(word, "slack: webhook", after=wait_asked(response))
        raise _by_status(response, "webhook")

    def _send_as_bot(self, message: Mapping[str, object], notification: Notification) -> Receipt:
        thread = notification.thread
        # The root first: to change it twice does no harm, and if it was deleted nothing has been said in vain.
        if thread and not self._refresh_root(thread, message):
            thread = ""
        body = {
            "channel": self._channel,
            **message,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": notification.key}},
        }
        if thread:
            _, answer = self._ask("chat.postMessage", {**body, "thread_ts": thread, "reply_broadcast": True})
            if answer.get("ok") is False and answer.get("error") in ROOT_IS_GONE:
                thread = ""
        if not thread:
            _, answer = self._ask("chat.postMessage", body)
        _settle(answer, "chat.postMessage")
        ts = _text(answer, "ts", "chat.postMessage")
        return Receipt(at=_time_of(ts), key=ts, thread=thread or ts)

    def _refresh_root(self, thread: str, message: Mapping[str, object]) -> bool:
        """Bring the thread's first message up to date; return False when it no longer exists."""
        shown = {name: message[name] for name in ("text", "blocks", "attachments") if name in message}
        body = {"channel": self._channel, "ts": thread, "attachments": [], **shown}
        try:
            _, answer = self._ask("chat.update", body, headers=SAFE)  # the same update twice is one update
            if answer.get("ok") is False and answer.get("error") in ROOT_IS_GONE:
                return False
            if answer.get("ok") is False and answer.get("error") in ROOT_IS_CLOSED:
                return True  # the workspace forbids late edits; the news itself can still be told
            _settle(answer, "chat.update")
        except TryLater as problem:
            if problem.after is not None:
                raise  # Slack asked for a wait, and nothing was posted yet: the whole message waits
            return True  # an old first card misleads less than silence: the next change brings it up to date
        return True

    def _ask(
        self, method: str, body: Mapping[str, object], *, headers: Mapping[str, str] | None = None
    ) -> tuple[Response, Mapping[str, object]]:
        """Call the Web API; the answer may still say ok: false. HTTP failures and limits are raised."""
        sent = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        response = self._post(self._api + method, body, sent, field="base_url")
        if not 200 <= response.status_code < 300:
            raise _by_status(response, method)
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            raise Unexpected(f"slack: {method}: the answer is not JSON") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise Unexpected(f"slack: {method}: the answer has no 'ok'")
        if answer.get("error") == "ratelimited":
            raise refusal("ratelimited", f"slack: {method}", after=wait_asked(response))
        return response, answer

    def _post(self, url: str, body: Mapping[str, object], headers: Mapping[str, str], *, field: str) -> Response:
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        typed = {"Content-Type": "application/json; charset=utf-8", **headers}
        try:
            response = self._wire.post(url, data=data, headers=typed, allow_redirects=False)
        except ValueError:
            # what requests raises for a malformed address quotes it, and a webhook's address is a secret
            raise Misconfigured("slack: this is not an address that can be asked", field=field) from None
        if 200 <= response.status_code < 300 and is_page(response):
            raise TryLater("slack: a web page answered in its place", hint=_IN_BETWEEN)
        return response

    def _check_settings(self, base_url: str) -> None:
        if base_url and (why := why_no_address(base_url)):
            raise Misconfigured(f"slack: base_url is not an address: {why}", field="base_url")
        if bool(self._webhook) == bool(self._token):
            raise Misconfigured(
                "slack: set either webhook_url, or bot_token with channel" + (", not both" if self._token else ""),
                field="webhook_url",
                hint=_MAKE_ONE,
            )
        if self._webhook:
            _check_webhook(self._webhook, base_url)
            return
        if not _TOKEN.fullmatch(self._token):
            raise Misconfigured(
                "slack: the bot token holds spaces or characters that no token has",
                field="bot_token",
                hint="copy 'Bot User OAuth Token' from your app's OAuth & Permissions page",
            )
        if not _CHANNEL.fullmatch(self._channel):
            raise Misconfigured(
                f"slack: {self._channel!r} is not a channel ID" if self._channel else "slack: the channel is missing",
                field="channel",
                hint="paste the channel's ID, such as C0123456789, from the foot of its details: a name may change",
            )


def _check_webhook(url: str, base_url: str) -> None:
    why = why_no_address(url)
    if why:
        raise Misconfigured(f"slack: this is not the webhook's address: {why}", field="webhook_url", hint=_MAKE_ONE)
    host, allowed = (urlsplit(url).hostname or "").rstrip("."), urlsplit(base_url).hostname
    if host != allowed and not any(host == suffix or host.endswith(f".{suffix}") for suffix in HOSTS):
        raise Misconfigured(
            f"slack: {host} is not a host of Slack",
            field="webhook_url",
            hint=f"if this host is right, set base_url to https://{host}; else {_MAKE_ONE}",
        )


def _settle(answer: Mapping[str, object], method: str) -> None:
    """Return for ok: true, else raise what Slack's error word stands for."""
    if answer["ok"] is not True:
        raise refusal(word_of(answer.get("error")), f"slack: {method}")


def _by_status(response: Response, what: str) -> Exception:
    """Return the error of an HTTP status without a word of Slack's. Its text is not quoted: it may echo a secret."""
    status, said = response.status_code, f"slack: {what}: {response.status_code}"
    if status == 429:
        return TryLater(said, after=wait_asked(response), hint="Slack takes about one message a second for a channel")
    if status in {401, 403}:
        return Unauthorized(said, hint="install the app again, and paste the new token or address")
    if status in {404, 410}:
        return Gone(said, hint="the webhook or its channel was removed: make a new one, or choose another channel")
    if status == 408 or status >= 500:
        # A gateway answers for a service that may already be at work, so none of these proves that nothing was posted.
        return TryLater(said, after=wait_asked(response), maybe_arrived=True)
    return Unexpected(said)


def _text(answer: Mapping[str, object], name: str, method: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise Unexpected(f"slack: {method}: {name} is missing from the answer")
    return found


def _time_of(ts: str) -> datetime:
    """Return the instant a message's ts stands for, in UTC. https://docs.slack.dev/messaging/retrieving-messages"""
    found = _TS.fullmatch(ts)
    if not found:
        raise Unexpected("slack: chat.postMessage: ts is not seconds with six decimals")
    return datetime.fromtimestamp(int(found[1]), UTC) + timedelta(microseconds=int(found[2]))
