"""What people see in Slack."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from slack_sdk.models.blocks import Block

from connectors.shapes import Notification, Reason, Tone
from connectors.slack.lettering import safe_link, size, written
from connectors.slack.message import draw_message

from .notes import ACHIEVED, AT_RISK, HEAVIEST, HOSTILE, REOPENED


def blocks_of(notification: Notification) -> list[dict[str, Any]]:
    message: dict[str, Any] = draw_message(notification)
    return [*message["blocks"], *(b for a in message.get("attachments", []) for b in a["blocks"])]


def lines_of(notification: Notification) -> list[str]:
    return [block["text"]["text"] for block in blocks_of(notification) if block["type"] == "section"]


def section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def test_a_key_result_at_risk_is_one_line_and_its_why_beside_an_amber_bar() -> None:
    told = "At risk, was on track: 40 merchants live on the new checkout. PAY-429 reopened, 22 to 19."
    assert draw_message(AT_RISK) == {
        "text": told,
        "blocks": [
            section(
                ":warning: *At risk*, was on track: "
                "<https://okr.acme.example/key-results/merchants|40 merchants live on the new checkout>"
            )
        ],
        "attachments": [
            {
                "color": "#c4830f",
                "fallback": told,
                "blocks": [
                    section("▰▰▰▰▰▱▱▱▱▱  *19 of 40* merchants, 21 expected today"),
                    section("*Why*  <https://acme.atlassian.net/browse/PAY-429|PAY-429> reopened, 22 to 19"),
                    section("*At this pace*  33 by 31 December\n*Owner*  Mira Okafor\n*Read*  Jira, 16:40, complete"),
                    {
                        "type": "actions",
                        "elements": [
                            {
                                "type": "button",
                                "action_id": "see_why",
                                "text": {"type": "plain_text", "text": "See why"},
                                "url": "https://okr.acme.example/key-results/merchants",
                            }
                        ],
                    },
                ],
            }
        ],
    }


def test_an_achieved_key_result_has_a_full_bar_and_ends_in_its_footnote() -> None:
    message: dict[str, Any] = draw_message(ACHIEVED)
    assert message["attachments"][0]["color"] == "#15683e"
    assert lines_of(ACHIEVED) == [
        ":trophy: *Achieved*, 43 days early: "
        "<https://okr.acme.example/key-results/playbooks|12 reconciliation playbooks published>",
        "▰▰▰▰▰▰▰▰▰▰  *12 of 12* playbooks",
        "*Why*  card 12 “Split settlements” finished by Ines Duarte, 11 to 12",
    ]
    footnote = {"type": "mrkdwn", "text": ACHIEVED.footnote, "verbatim": True}
    assert blocks_of(ACHIEVED)[-1] == {"type": "context", "elements": [footnote]}


def test_a_reopened_key_result_lists_its_reasons_and_says_how_many_are_left_out() -> None:
    assert lines_of(REOPENED) == [
        ":octagonal_sign: *Off track*, was achieved: "
        "<https://okr.acme.example/key-results/failed-payments|Failed payments>",
        "▰▱▱▱▱▱▱▱▱▱  *2.1 %* to 1.2 %",
        "*Why*  1.2 % to 2.1 %\n"
        "•  <https://acme.atlassian.net/browse/PAY-429|PAY-429> reopened, −1\n"
        "•  PAY-431 “Refunds &amp; chargebacks” added to scope, +3\n"
        "and 12 more",
    ]


def test_reasons_beyond_ten_are_counted_together_with_those_the_hub_left_out() -> None:
    many = Notification(
        "k", "status_change", "At risk", Tone.WARN, "x", "", reasons=(Reason("moved"),) * 14, more_reasons=3
    )
    assert lines_of(many)[-1] == "*Why*\n" + "•  moved\n" * 10 + "and 7 more"


def test_a_bar_without_a_value_says_its_share_in_words() -> None:
    shares = Notification("k", "s", "At risk", Tone.WARN, "x", "", progress=AT_RISK.progress, expected=AT_RISK.expected)
    assert lines_of(shares)[1] == "▰▰▰▰▰▱▱▱▱▱  48 % of the way, 53 % expected today"


def test_a_message_without_details_has_no_coloured_bar() -> None:
    bare = Notification("k", "status_change", "Not judged yet", Tone.PLAIN, "Bank feeds", "javascript:alert(1)")
    assert draw_message(bare) == {
        "text": "Not judged yet: Bank feeds",
        "blocks": [section(":small_blue_diamond: *Not judged yet*: Bank feeds")],
    }


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("<!channel> look", "&lt;!channel&gt; look"),
        ("<!here|here>", "&lt;!here|here&gt;"),
        ("<@U012AB3CD>", "&lt;@U012AB3CD&gt;"),
        ("<!subteam^S1|@team>", "&lt;!subteam^S1|@team&gt;"),
        ("<!date^1^{date}|x>", "&lt;!date^1^{date}|x&gt;"),
        ("<https://evil.example|PAY-1>", "&lt;https://evil.example|PAY-1&gt;"),
        ("R&D", "R&amp;D"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("one\n> two\r\n• three", "one &gt; two • three"),
        ("a\u202eb\x00c\ud800d", "abcd"),
    ],
)
def test_nothing_a_person_typed_can_ping_or_become_a_link(typed: str, sent: str) -> None:
    assert written(typed, 200) == sent


def test_a_cut_never_leaves_half_an_escape() -> None:
    assert written("&&&&", 12) == "&amp;&amp;…"
    assert written("&&", 10) == "&amp;&amp;"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x?y=1&z=2#f", "https://a.example/x?y=1&z=2#f"),
        ("https://a.example/|>x<!channel>", "https://a.example/%7C%3Ex%3C!channel%3E"),
        ("javascript:alert(1)", ""),
        ("javascript://a.example/%0aalert(1)", ""),
        ("file://a.example/etc/passwd", ""),
        ("https:///nowhere", ""),
        ("http://[", ""),
        ("https://a.example/" + "x" * 2_000, ""),
        ("", ""),
    ],
)
def test_a_link_is_web_only_and_cannot_end_its_own_brackets(url: str, link: str) -> None:
    assert safe_link(url) == link


def assert_within_limits(notification: Notification) -> None:
    message: dict[str, Any] = draw_message(notification)
    blocks = blocks_of(notification)
    assert 0 < len(message["text"]) < 3_000
    assert len(blocks) <= 50
    drawn = json.dumps(blocks, ensure_ascii=False)
    assert len(drawn.encode("utf-16-le")) // 2 < 13_000
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict() == block  # slack_sdk checks each element on the way
        if block["type"] == "section":
            assert 0 < size(block["text"]["text"]) <= 3_000


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_no_notification_makes_a_message_that_slack_would_refuse(notification: Notification) -> None:
    assert_within_limits(notification)


@pytest.mark.parametrize("notification", HEAVIEST)
def test_the_heaviest_notification_fits_and_still_says_what_changed_and_why(notification: Notification) -> None:
    assert_within_limits(notification)
    why = next(line for line in lines_of(notification) if line.startswith("*Why*"))
    assert why.splitlines()[-1].startswith(("and ", "47 reasons"))


@settings(max_examples=20, deadline=None)
@given(HOSTILE)
def test_every_angle_bracket_is_a_link_of_our_own(notification: Notification) -> None:
    message: dict[str, Any] = draw_message(notification)
    assert "<" not in message["text"]
    for block in blocks_of(notification):
        texts = [block["text"], *block.get("elements", [])] if "text" in block else block["elements"]
        for text in texts:
            if text["type"] != "mrkdwn":
                continue
            assert text["verbatim"] is True  # @here and #general stay words
            assert text["text"].count("<") == text["text"].count("<https://")
