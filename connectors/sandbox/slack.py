"""A simulated Slack workspace: incoming webhooks and the part of the Web API that posts.

After https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/ and
https://docs.slack.dev/reference/methods/chat.postMessage/ (and chat.update, auth.test).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.block_kit import refusal
from connectors.sandbox.posts import Post, PostingSandbox

TEAM = "T0NORTHWIND"


@dataclass(slots=True)
class SlackChannel:
    """A channel: its id, its name with the hash, and the path of its incoming webhook."""

    id: str
    name: str
    webhook_path: str
    archived: bool = False
    posts: list[Post] = field(default_factory=list)
    last_at: datetime | None = None


class SlackSandbox(PostingSandbox):
    """A Slack workspace in memory, as a WSGI application. `now` is its clock.

    `paced` turns on the limit of one message a second and channel. `faults` orders failures and lost answers.
    """

    def __init__(self, *, now: Callable[[], datetime], bot_token: str = "xoxb-sandbox") -> None:
        self.now, self.bot_token = now, bot_token
        super().__init__()
        self.paced = False
        self.channels: dict[str, SlackChannel] = {}
        self._hooks: dict[str, SlackChannel] = {}

    def add_channel(self, name: str, slug: str) -> SlackChannel:
        """Make a channel ("#payments", "payments"): id C0PAYMENTS, and a webhook whose path is on the answer."""
        secret = sha256(slug.encode()).hexdigest()
        path = f"/services/{TEAM}/B0{slug.upper()}/{secret[:24]}"
        made = SlackChannel(f"C0{slug.upper()}", name, path)
        self.channels[made.id] = self._hooks[path] = made
        return made

    def archive(self, slug: str) -> None:
        """Archive a channel: its webhook answers 410 from now on."""
        self.channels[f"C0{slug.upper()}"].archived = True

    def remove_webhook(self, slug: str) -> None:
        """Delete a channel's webhook: 404 no_service from now on."""
        del self._hooks[self.channels[f"C0{slug.upper()}"].webhook_path]

    def _answer(self, request: Request) -> Response:
        if request.method == "POST" and request.path.startswith("/services/"):
            return self._incoming(request)
        method = request.path.removeprefix("/api/")
        answers = {"auth.test": self._auth_test, "chat.postMessage": self._post, "chat.update": self._update}
        if method == request.path or method not in answers:
            return _said({"ok": False, "error": "unknown_method", "req_method": method})
        given = request.headers.get("Authorization", "")
        if not given:
            return _said({"ok": False, "error": "not_authed"})
        if given != f"Bearer {self.bot_token}":
            return _said({"ok": False, "error": "invalid_auth"})
        try:
            return answers[method](_arguments(request))
        except ValueError:
            return _said({"ok": False, "error": "invalid_json"})

    # -- incoming webhooks: the answer is one word of text

    def _incoming(self, request: Request) -> Response:
        channel = self._hooks.get(request.path)
        if channel is None:
            return Response("no_service", 404, content_type="text/html")
        if channel.archived:
            return Response("channel_is_archived", 410, content_type="text/html")
        try:
            payload = json.loads(request.get_data())
        except ValueError:
            return Response("invalid_payload", 400, content_type="text/html")
        if not isinstance(payload, dict):
            return Response("invalid_payload", 400, content_type="text/html")
        if error := refusal(payload.get("text"), payload.get("blocks")):
            return Response(error, 400, content_type="text/html")
        if self._too_fast(channel):
            return Response("rate_limited", 429, {"Retry-After": "1"}, content_type="text/html")
        self._keep(channel, payload, thread=str(payload.get("thread_ts", "")))
        return Response("ok", 200, content_type="text/html")

    # -- Web API: the answer is 200 with ok true or false

    def _auth_test(self, _asked: dict[str, Any]) -> Response:
        who = {"url": "https://northwind.slack.com/", "team": "Northwind Robotics", "user": "okrhub", "team_id": TEAM}
        return _said({"ok": True, "user_id": "U0OKRHUB", "bot_id": "B0OKRHUB1", "is_enterprise_install": False} | who)

    def _post(self, asked: dict[str, Any]) -> Response:
        channel = self._channel(asked)
        if channel is None:
            return _said({"ok": False, "error": "channel_not_found"})
        if channel.archived:
            return _said({"ok": False, "error": "is_archived"})
        if error := refusal(asked.get("text"), asked.get("blocks")):
            return _said({"ok": False, "error": error})
        thread = str(asked.get("thread_ts") or "")
        if thread and not any(p.key == thread for p in channel.posts):
            return _said({"ok": False, "error": "thread_not_found"})
        if self._too_fast(channel):
            limited = _said({"ok": False, "error": "ratelimited"}, 429)
            limited.headers["Retry-After"] = "1"
            return limited
        kept = self._keep(channel, asked, thread=thread, broadcast=asked.get("reply_broadcast") in (True, "true"))
        message = {"type": "message", "user": "U0OKRHUB", "bot_id": "B0OKRHUB1", "ts": kept.key}
        message |= {name: asked[name] for name in ("text", "blocks") if name in asked}
        return _said({"ok": True, "channel": channel.id, "ts": kept.key, "message": message})

    def _update(self, asked: dict[str, Any]) -> Response:
        channel = self._channel(asked)
        if channel is None:
            return _said({"ok": False, "error": "channel_not_found"})
        held = next((p for p in channel.posts if p.key and p.key == asked.get("ts")), None)
        if held is None:
            return _said({"ok": False, "error": "message_not_found"})
        if error := refusal(asked.get("text"), asked.get("blocks")):
            return _said({"ok": False, "error": error})
        held.edits.append(held.payload)
        held.payload = asked  # text without blocks takes the blocks away, as Slack does
        text = str(asked.get("text") or "")
        message = {"type": "message", "user": "U0OKRHUB", "bot_id": "B0OKRHUB1", "text": text}
        return _said({"ok": True, "channel": channel.id, "ts": held.key, "text": text, "message": message})

    def _channel(self, asked: dict[str, Any]) -> SlackChannel | None:
        wanted = asked.get("channel", "")
        return next((c for c in self.channels.values() if wanted in (c.id, c.name, c.name.lstrip("#"))), None)

    def _too_fast(self, channel: SlackChannel) -> bool:
        now = self.now()
        if self.paced and channel.last_at is not None and now - channel.last_at < timedelta(seconds=1):
            return True
        channel.last_at = now
        return False

    def _keep(self, channel: SlackChannel, payload: dict[str, Any], *, thread: str, broadcast: bool = False) -> Post:
        at = self.now()
        key = f"{int(at.timestamp())}.{len(self.posts) + 1:06d}"
        kept = Post(channel.name, at, payload, key=key, thread=thread, broadcast=broadcast)
        channel.posts.append(kept)
        self.posts.append(kept)
        return kept


def _arguments(request: Request) -> dict[str, Any]:
    if request.mimetype == "application/json":
        asked = json.loads(request.get_data())
        if not isinstance(asked, dict):
            raise ValueError("the body is not an object")
        return asked
    form: dict[str, Any] = request.form.to_dict()
    if "blocks" in form:
        form["blocks"] = json.loads(form["blocks"])
    return form


def _said(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(answer), status, content_type="application/json; charset=utf-8")
