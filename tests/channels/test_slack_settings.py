"""What Slack needs to be told, and what a check says before anything is posted."""

from __future__ import annotations

import traceback

import pytest
import requests
import responses

from connectors.errors import Misconfigured
from connectors.slack import Slack

from .test_slack_sending import BOT, HOOK, TOKEN, slack


@responses.activate
def test_checking_a_bot_names_its_user_and_team() -> None:
    url = "https://slack.com/api/auth.test"
    responses.post(url, json={"ok": True, "user": "okrhub", "team": "Acme"}, headers={"X-OAuth-Scopes": "chat:write"})
    assert slack(BOT).check().name == "okrhub in Acme"


@responses.activate
def test_checking_a_bot_without_the_right_to_write_says_which_scope_it_lacks() -> None:
    url = "https://slack.com/api/auth.test"
    responses.post(url, json={"ok": True, "user": "okrhub", "team": "Acme"}, headers={"X-OAuth-Scopes": "users:read"})
    with pytest.raises(Misconfigured) as caught:
        slack(BOT).check()
    assert "chat:write" in caught.value.hint


@responses.activate
def test_checking_a_webhook_posts_nothing() -> None:
    assert slack({"webhook_url": HOOK}).check().name == "hooks.slack.com"
    assert slack({"webhook_url": HOOK, "name": "#payments"}).check().name == "#payments (hooks.slack.com)"
    assert len(responses.calls) == 0


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "webhook_url"),
        ({"webhook_url": HOOK, **BOT}, "webhook_url"),
        ({"webhook_url": "hooks.slack.com/s3cr3t"}, "webhook_url"),
        ({"webhook_url": "https://evil.example/s3cr3t"}, "webhook_url"),
        ({"webhook_url": "https://hooks.slack.com.evil.example/s3cr3t"}, "webhook_url"),
        ({"webhook_url": "https://[s3cr3t"}, "webhook_url"),
        ({"bot_token": TOKEN}, "channel"),
        ({"bot_token": TOKEN, "channel": "#payments"}, "channel"),
        ({"bot_token": f"{TOKEN}\nX: y", "channel": "C0PAYMENTS"}, "bot_token"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named_before_anything_is_sent(settings: dict[str, str], field: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Slack(settings, requests.Session())
    assert caught.value.field == field
    assert caught.value.hint
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value)) + caught.value.hint
