"""What people see in Teams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from connectors.shapes import Notification, Reason, Tone
from connectors.teams.card import LARGEST_MESSAGE, draw_message, encode

from .notes import ACHIEVED, AT_RISK, HEAVIEST, HOSTILE, REOPENED

SCHEMA = Path(__file__).parents[3] / "shared" / "specs" / "adaptive-card-1.5.0.schema.json"


def card_of(notification: Notification) -> dict[str, Any]:
    message: dict[str, Any] = draw_message(notification)
    card: dict[str, Any] = message["attachments"][0]["content"]
    return card


def texts_of(notification: Notification) -> list[str]:
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.extend(str(node[name]) for name in ("text", "title", "value") if name in node)
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(card_of(notification))
    return found


def test_a_key_result_at_risk_is_one_card_with_the_why_before_the_button() -> None:
    assert draw_message(AT_RISK) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.5",
                    "fallbackText": "At risk, was on track: 40 merchants live on the new checkout",
                    "msteams": {"width": "Full"},
                    "body": [
                        {
                            "type": "Container",
                            "style": "warning",
                            "bleed": True,
                            "items": [
                                {
                                    "type": "TextBlock",
                                    "text": "⚠️ At risk, was on track",
                                    "wrap": True,
                                    "weight": "Bolder",
                                }
                            ],
                        },
                        {
                            "type": "TextBlock",
                            "text": "[40 merchants live on the new checkout]"
                            "(https://okr.acme.example/key-results/merchants)",
                            "wrap": True,
                            "weight": "Bolder",
                            "size": "Medium",
                        },
                        {
                            "type": "ColumnSet",
                            "spacing": "Small",
                            "columns": [
                                {
                                    "type": "Column",
                                    "width": "auto",
                                    "items": [
                                        {
                                            "type": "TextBlock",
                                            "text": "19",
                                            "wrap": True,
                                            "size": "ExtraLarge",
                                            "weight": "Bolder",
                                        }
                                    ],
                                },
                                {
                                    "type": "Column",
                                    "width": "stretch",
                                    "spacing": "Small",
                                    "verticalContentAlignment": "Center",
                                    "items": [
                                        {
                                            "type": "TextBlock",
                                            "text": "of 40 merchants, 21 expected today",
                                            "wrap": True,
                                            "isSubtle": True,
                                        }
                                    ],
                                },
                            ],
                        },
                        {
                            "type": "RichTextBlock",
                            "spacing": "Small",
                            "inlines": [
                                {"type": "TextRun", "text": "━" * 10, "size": "Large", "color": "Accent"},
                                {"type": "TextRun", "text": "─", "size": "Large", "isSubtle": True},
                                {"type": "TextRun", "text": "┃", "size": "Large"},
                                {"type": "TextRun", "text": "─" * 9, "size": "Large", "isSubtle": True},
                            ],
                        },
                        {
                            "type": "TextBlock",
                            "text": "48 % of the way, 53 % expected today",
                            "wrap": True,
                            "size": "Small",
                            "isSubtle": True,
                            "spacing": "None",
                        },
                        {
                            "type": "FactSet",
                            "spacing": "Medium",
                            "facts": [
                                {
                                    "title": "Why",
                                    "value": "[PAY-429](https://acme.atlassian.net/browse/PAY-429) reopened, 22 to 19",
                                },
                                {"title": "At this pace", "value": "33 by 31 December"},
                                {"title": "Owner", "value": "Mira Okafor"},
                                {"title": "Read", "value": "Jira, 16:40, complete"},
                            ],
                        },
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "See why",
                            "url": "https://okr.acme.example/key-results/merchants",
                        }
                    ],
                },
            }
        ],
    }


def test_an_achieved_key_result_has_a_full_bar_a_green_band_and_its_last_step() -> None:
    band, subject, value, bar, words, facts, footnote = card_of(ACHIEVED)["body"]
    assert (band["style"], band["items"][0]["text"]) == ("good", "🏆 Achieved, 43 days early")
    assert subject["text"].startswith("[12 reconciliation playbooks published](https://")
    assert [column["items"][0]["text"] for column in value["columns"]] == ["12", "of 12 playbooks"]
    assert "".join(run["text"] for run in bar["inlines"]) == "━" * 11 + "┃" + "━" * 9
    assert words["text"] == "100 % of the way, 53 % expected today"
    told = "card 12 “Split settlements” finished by Ines Duarte, 11 to 12"
    assert facts["facts"] == [{"title": "Why", "value": told}]
    assert footnote["text"] == ACHIEVED.footnote


def test_a_reopened_key_result_lists_its_reasons_with_amounts_and_says_how_many_are_left_out() -> None:
    band, _, _, _, _, facts, reasons = card_of(REOPENED)["body"]
    assert (band["style"], band["items"][0]["text"]) == ("attention", "🛑 Off track, was achieved")
    assert facts["facts"] == [{"title": "Why", "value": "1.2 % to 2.1 %"}]
    *rows, rest = reasons["items"]
    assert [[column["items"][0]["text"] for column in row["columns"]] for row in rows] == [
        ["[PAY-429](https://acme.atlassian.net/browse/PAY-429) reopened", "−1"],
        ["PAY-431 “Refunds \\& chargebacks” added to scope", "+3"],
    ]
    assert rest["text"] == "and 12 more"


def test_reasons_beyond_ten_are_counted_together_with_those_the_hub_left_out() -> None:
    many = Notification(
        "k", "status_change", "At risk", Tone.WARN, "x", "", reasons=(Reason("moved"),) * 14, more_reasons=3
    )
    rows = card_of(many)["body"][-1]["items"]
    assert [row["type"] for row in rows] == ["ColumnSet"] * 10 + ["TextBlock"]
    assert rows[-1]["text"] == "and 7 more"


@pytest.mark.parametrize("notification", [AT_RISK, ACHIEVED, REOPENED])
def test_no_word_is_coloured_because_colour_on_colour_cannot_be_read(notification: Notification) -> None:
    coloured = [
        run["text"] for block in card_of(notification)["body"] for run in block.get("inlines", []) if "color" in run
    ]
    assert set("".join(coloured)) == {"━"}
    assert '"color"' not in json.dumps([b for b in card_of(notification)["body"] if b["type"] != "RichTextBlock"])


def test_a_card_without_link_value_or_progress_has_no_button_and_no_empty_part() -> None:
    bare = card_of(
        Notification("k", "status_change", "Not judged yet", Tone.PLAIN, "Bank feeds", "javascript:alert(1)")
    )
    assert "actions" not in bare
    assert [block.get("text") or block["items"][0]["text"] for block in bare["body"]] == [
        "🔹 Not judged yet",
        "Bank feeds",
    ]


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_no_notification_makes_a_message_that_teams_would_find_too_large(notification: Notification) -> None:
    sent = encode(draw_message(notification))
    assert len(sent) <= LARGEST_MESSAGE
    assert json.loads(sent)["attachments"][0]["content"]["body"]


@pytest.mark.parametrize("notification", HEAVIEST)
def test_the_heaviest_notification_fits_and_still_says_what_changed_and_why(notification: Notification) -> None:
    assert len(encode(draw_message(notification))) <= LARGEST_MESSAGE
    titles = [fact["title"] for block in card_of(notification)["body"] for fact in block.get("facts", [])]
    assert titles[0] == "Why"
    assert any(text.startswith(("and ", "47 reasons")) for text in texts_of(notification))


@settings(max_examples=20, deadline=None)
@given(HOSTILE)
def test_no_bracket_or_mention_of_a_person_survives_unescaped(notification: Notification) -> None:
    for text in texts_of(notification):
        assert "<at>" not in text
        assert "](javascript" not in text
        assert "](https://evil.example" not in text
        assert "\n" not in text


def _validator() -> jsonschema.Draft6Validator:
    if not SCHEMA.exists():
        pytest.skip(
            f"THE CARDS WERE NOT CHECKED against Microsoft's schema: {SCHEMA.name} is not beside the repository"
        )
    schema = json.loads(SCHEMA.read_text())
    schema.pop("id", None)
    return jsonschema.Draft6Validator(schema)


def test_every_card_holds_to_the_adaptive_card_schema() -> None:
    validator = _validator()
    for notification in (AT_RISK, ACHIEVED, REOPENED, *HEAVIEST):
        card = card_of(notification)
        card.pop("msteams")  # an extension of Teams, which the schema does not know
        assert validator.is_valid(card)
        assert not validator.is_valid({**card, "body": [{"type": "TextBlok", "text": "x"}]})
