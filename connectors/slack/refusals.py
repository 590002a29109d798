"""What Slack means when it says no: each of its error words, and the error of ours that says what to do.

Words of the Web API: https://docs.slack.dev/reference/methods/chat.postMessage#errors; of incoming webhooks:
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
"""

from __future__ import annotations

import re
from datetime import timedelta

from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized, Unexpected

ROOT_IS_GONE = frozenset({"message_not_found", "thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
ROOT_IS_CLOSED = frozenset({"cant_update_message", "edit_window_closed", "update_failed"})

_SIGN_IN = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required"}
)
_GONE = frozenset({
    "channel_not_found", "is_archived", "channel_is_archived", "no_service", "no_service_id", "no_active_hooks",
    "no_team", "team_disabled", "team_not_found", "invalid_token",
})  # fmt: skip
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_UNSURE = frozenset({"internal_error", "fatal_error", "rollup_error"})  # "some aspect of the operation" may have worked
_SETTINGS = {
    "not_in_channel": ("channel", "invite the app: in the channel, type /invite @ and its name"),
    "missing_scope": ("bot_token", "give the app the scope chat:write, install it again, and paste the new token"),
    "no_permission": ("bot_token", "give the app the scope chat:write, install it again, and paste the new token"),
    "not_allowed_token_type": ("bot_token", "use the bot token, which begins with xoxb-"),
    "invalid_channel": ("channel", "paste the channel's ID from the foot of its details, such as C0123456789"),
    "ekm_access_denied": ("bot_token", "the workspace's administrators have suspended posting: ask them"),
    "access_denied": ("bot_token", "the workspace does not let this app post: ask its administrators"),
    "team_access_not_granted": ("bot_token", "install the app in the workspace that this channel belongs to"),
    "action_prohibited": ("webhook_url", "an administrator has restricted this webhook: ask them, or use another"),
    "posting_to_general_channel_denied": ("webhook_url", "only some may post to #general: use another channel"),
}
_WORD = re.compile(r"[a-z][a-z0-9_]{1,59}")


def word_of(said: object) -> str:
    """Return Slack's error word, or "" for anything that is not one: other text might hold a secret."""
    return said if isinstance(said, str) and _WORD.fullmatch(said) else ""


def refusal(word: str, what: str, *, after: timedelta | None = None) -> ConnectorError:
    """Return the error a word stands for. `what` names the call; `after` is the wait Slack asked for."""
    said = f"{what}: {word or 'an error without a name'}"
    if word in _SIGN_IN:
        return Unauthorized(said, hint="install the app in the workspace again, and paste the new bot token")
    if word in _GONE:
        return Gone(said, hint="the channel was archived or removed, or the app may not see it: choose another")
    if word in _LIMITED:
        return TryLater(said, after=after, hint="Slack takes about one message a second for a channel")
    if word in _UNSURE:
        return TryLater(said, after=after, maybe_arrived=True)
    if word in {"service_unavailable", "request_timeout"}:
        return TryLater(said, after=after)
    if word in _SETTINGS:
        field, hint = _SETTINGS[word]
        return Misconfigured(said, field=field, hint=hint)
    if word.startswith("restricted_action"):
        return Misconfigured(said, field="channel", hint="a rule of the workspace stops posts here: ask its owners")
    return Unexpected(said)
