"""How a post to Slack travels, and what each answer means."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from responses.matchers import header_matcher

from connectors.contract import Channel
from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.shapes import Receipt
from connectors.slack import Slack
from connectors.wire import open_wire

from .notes import AT_RISK

HOOK = "https://hooks.slack.com/services/T0ACME/B0OKR/s3cr3t-w0rds"
TOKEN = "xoxb-1-s3cr3t-w0rds"
BOT = {"bot_token": TOKEN, "channel": "C0PAYMENTS"}
POST = "https://slack.com/api/chat.postMessage"
UPDATE = "https://slack.com/api/chat.update"
NOW = datetime(2026, 11, 18, 16, 41, tzinfo=UTC)
POSTED = {"ok": True, "channel": "C0PAYMENTS", "ts": "1795106460.000200"}
AGAIN = replace(AT_RISK, thread="1795000000.000100")


def slack(settings: dict[str, str]) -> Slack:
    base_url = settings.get("base_url", "")
    wire = open_wire(hosts=Slack.describe().hosts, base_url=base_url, secrets=[HOOK, TOKEN], sleep=lambda _: None)
    return Slack(settings, wire, now=lambda: NOW)


def bodies() -> list[dict[str, Any]]:
    return [json.loads(call.request.body or "") for call in responses.calls]


def refused(settings: dict[str, str], notification: Any = AT_RISK) -> ConnectorError:
    """Send, expect a refusal, and make sure that nothing about it tells a secret."""
    with pytest.raises(ConnectorError) as caught:
        slack(settings).send(notification)
    told = "".join(traceback.format_exception(caught.value)) + caught.value.hint
    assert "s3cr3t" not in told
    return caught.value


def test_slack_is_a_channel_and_says_how_to_sign_in() -> None:
    described = Slack.describe()
    assert isinstance(slack(BOT), Channel)
    assert [[field.name for field in way.fields] for way in described.auth] == [
        ["bot_token", "channel"],
        ["webhook_url"],
    ]
    assert {field.name for field in described.all_fields() if field.secret} == {"bot_token", "webhook_url"}


@responses.activate
def test_a_webhook_gets_the_message_and_its_receipt_the_time_of_the_answer() -> None:
    responses.post(HOOK, body="ok", headers={"Date": "Wed, 18 Nov 2026 16:41:07 GMT"})
    channel = slack({"webhook_url": HOOK})
    assert channel.send(AT_RISK) == Receipt(at=datetime(2026, 11, 18, 16, 41, 7, tzinfo=UTC))
    assert bodies() == [{**channel.render(AT_RISK), "unfurl_links": False, "unfurl_media": False}]
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_a_receipt_takes_our_clock_when_the_answer_has_no_date() -> None:
    responses.post(HOOK, body="ok")
    assert slack({"webhook_url": HOOK}).send(AT_RISK).at == NOW


@responses.activate
def test_a_bot_posts_to_its_channel_with_the_key_of_the_change_hidden_in_it() -> None:
    bearer = header_matcher({"Authorization": f"Bearer {TOKEN}"})
    responses.post(POST, json=POSTED, match=[bearer])
    receipt = slack(BOT).send(AT_RISK)
    assert receipt.key == receipt.thread == "1795106460.000200"
    assert receipt.at == datetime(2026, 11, 19, 16, 41, 0, 200, tzinfo=UTC)
    (body,) = bodies()
    assert body["channel"] == "C0PAYMENTS"
    assert body["metadata"] == {"event_type": "okrhub_change", "event_payload": {"key": "change-17/payments"}}
    assert body["text"].startswith("At risk, was on track")
    assert "thread_ts" not in body


@responses.activate
def test_a_later_change_brings_the_first_message_up_to_date_and_answers_in_its_thread() -> None:
    responses.post(UPDATE, json={"ok": True})
    responses.post(POST, json=POSTED)
    receipt = slack(BOT).send(AGAIN)
    update, reply = bodies()
    assert (receipt.key, receipt.thread) == ("1795106460.000200", "1795000000.000100")
    assert (update["channel"], update["ts"]) == ("C0PAYMENTS", "1795000000.000100")
    assert update["text"] == reply["text"]
    assert update["blocks"] == reply["blocks"]
    assert update["attachments"] == reply["attachments"]
    assert (reply["thread_ts"], reply["reply_broadcast"]) == ("1795000000.000100", True)


@responses.activate
@pytest.mark.parametrize("error", ["ratelimited", "service_unavailable", "internal_error", "edit_window_closed"])
def test_a_first_message_that_cannot_be_updated_now_does_not_keep_the_news_back(error: str) -> None:
    responses.post(UPDATE, json={"ok": False, "error": error})
    responses.post(POST, json=POSTED)
    assert slack(BOT).send(AGAIN).thread == "1795000000.000100"


@responses.activate
def test_an_update_that_meets_an_outage_does_not_keep_the_news_back() -> None:
    responses.post(UPDATE, status=503)
    responses.post(POST, json=POSTED)
    assert slack(BOT).send(AGAIN).key == "1795106460.000200"


@responses.activate
def test_a_deleted_first_message_is_replaced_by_a_new_one() -> None:
    responses.post(UPDATE, json={"ok": False, "error": "message_not_found"})
    responses.post(POST, json=POSTED)
    assert slack(BOT).send(AGAIN).thread == "1795106460.000200"
    assert "thread_ts" not in bodies()[-1]


@responses.activate
def test_a_first_message_deleted_between_update_and_reply_is_replaced_as_well() -> None:
    responses.post(UPDATE, json={"ok": True})
    responses.post(POST, json={"ok": False, "error": "thread_not_found"})
    responses.post(POST, json=POSTED)
    assert slack(BOT).send(AGAIN).thread == "1795106460.000200"
    assert [("thread_ts" in body) for body in bodies()] == [False, True, False]


@responses.activate
def test_a_revoked_token_is_told_by_the_update_and_nothing_is_posted() -> None:
    responses.post(UPDATE, json={"ok": False, "error": "token_revoked"})
    assert isinstance(refused(BOT, AGAIN), Unauthorized)
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(
    ("error", "kind", "maybe_arrived"),
    [
        ("invalid_auth", Unauthorized, None),
        ("not_authed", Unauthorized, None),
        ("token_revoked", Unauthorized, None),
        ("account_inactive", Unauthorized, None),
        ("channel_not_found", Gone, None),
        ("is_archived", Gone, None),
        ("channel_is_archived", Gone, None),
        ("not_in_channel", Misconfigured, None),
        ("missing_scope", Misconfigured, None),
        ("restricted_action_read_only_channel", Misconfigured, None),
        ("ratelimited", TryLater, False),
        ("service_unavailable", TryLater, False),
        ("internal_error", TryLater, True),
        ("fatal_error", TryLater, True),
        ("invalid_blocks", Unexpected, None),
        ("msg_too_long", Unexpected, None),
        ("msg_blocks_too_long", Unexpected, None),
        ("an_error_of_tomorrow", Unexpected, None),
    ],
)
def test_each_no_of_the_web_api_says_what_to_do(
    error: str, kind: type[ConnectorError], maybe_arrived: bool | None
) -> None:
    responses.post(POST, json={"ok": False, "error": error})
    failure = refused(BOT)
    assert type(failure) is kind
    assert str(failure) == f"slack: chat.postMessage: {error}"
    assert getattr(failure, "maybe_arrived", None) is maybe_arrived
    assert failure.hint or kind is Unexpected or maybe_arrived is not None


@responses.activate
def test_an_app_that_is_not_in_the_channel_is_told_to_be_invited() -> None:
    responses.post(POST, json={"ok": False, "error": "not_in_channel"})
    failure = refused(BOT)
    assert isinstance(failure, Misconfigured)
    assert failure.field == "channel"
    assert "/invite" in failure.hint


@responses.activate
@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (404, "no_service", Gone),
        (404, "no_team", Gone),
        (404, "", Gone),
        (403, "invalid_token", Gone),
        (410, "channel_is_archived", Gone),
        (410, "", Gone),
        (400, "invalid_payload", Unexpected),
        (400, "invalid_blocks", Unexpected),
        (400, "no_text", Unexpected),
        (403, "action_prohibited", Misconfigured),
        (403, f"<html>{HOOK}</html>", Unauthorized),
        (302, "", Unexpected),
    ],
)
def test_each_no_of_a_webhook_says_what_to_do(status: int, text: str, kind: type[ConnectorError]) -> None:
    responses.post(HOOK, status=status, body=text)
    assert type(refused({"webhook_url": HOOK})) is kind


@responses.activate
@pytest.mark.parametrize(("settings", "url"), [({"webhook_url": HOOK}, HOOK), (BOT, POST)])
def test_a_limit_names_the_wait_that_slack_asked_for(settings: dict[str, str], url: str) -> None:
    responses.post(url, status=429, headers={"Retry-After": "30"}, body="rate_limited")
    failure = refused(settings)
    assert isinstance(failure, TryLater)
    assert (failure.after, failure.maybe_arrived) == (timedelta(seconds=30), False)


@responses.activate
@pytest.mark.parametrize(("settings", "url"), [({"webhook_url": HOOK}, HOOK), (BOT, POST)])
@pytest.mark.parametrize(
    ("trouble", "maybe_arrived"),
    [
        (requests.ConnectTimeout(f"no connection for {HOOK} {TOKEN}"), False),
        (requests.ReadTimeout(f"no answer for {HOOK} {TOKEN}"), True),
        (requests.ConnectionError(f"cut {HOOK} {TOKEN}"), True),
        (500, True),
        (502, True),
        (503, True),
    ],
)
def test_a_lost_answer_says_whether_the_message_may_be_there(
    settings: dict[str, str], url: str, trouble: Exception | int, maybe_arrived: bool
) -> None:
    if isinstance(trouble, int):
        responses.post(url, status=trouble)
    else:
        responses.post(url, body=trouble)
    failure = refused(settings)
    assert isinstance(failure, TryLater)
    assert failure.maybe_arrived is maybe_arrived
    assert maybe_arrived is (len(responses.calls) == 1)  # what may have arrived is not sent twice by us


@responses.activate
@pytest.mark.parametrize(
    "answer",
    ["no JSON", "[]", "{}", '{"ok": "yes"}', '{"ok": true}', '{"ok": true, "ts": 5}', '{"ok": true, "ts": "x"}'],
)
def test_an_answer_of_an_unknown_shape_is_unexpected(answer: str) -> None:
    responses.post(POST, body=answer)
    assert type(refused(BOT)) is Unexpected


@responses.activate
@pytest.mark.parametrize(("settings", "url"), [(BOT, POST), ({"webhook_url": HOOK}, HOOK)])
def test_a_sign_in_page_in_slacks_place_keeps_the_message_for_later(settings: dict[str, str], url: str) -> None:
    responses.post(url, body="\n<!doctype html><title>Log in to the guest network</title>")
    failure = refused(settings)
    assert isinstance(failure, TryLater)
    assert (failure.maybe_arrived, failure.after) == (False, None)
    assert "web page" in str(failure) and "guest network" not in failure.told


@responses.activate
def test_an_error_that_is_not_a_word_is_not_quoted() -> None:
    responses.post(POST, json={"ok": False, "error": f"bad token {TOKEN}"})
    assert str(refused(BOT)) == "slack: chat.postMessage: an error without a name"


@responses.activate
def test_an_address_that_no_library_can_ask_does_not_show_itself_in_the_error() -> None:
    failure = refused({"webhook_url": "https://*.slack.com:99999/s3cr3t"})
    assert isinstance(failure, Misconfigured)
    assert failure.field == "webhook_url"


@responses.activate
def test_another_base_url_is_asked_instead() -> None:
    responses.post("https://slack.acme.example/api/chat.postMessage", json=POSTED)
    assert slack({**BOT, "base_url": "https://slack.acme.example/api"}).send(AT_RISK).key == "1795106460.000200"
