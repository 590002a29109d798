"""Writing to an issue: a link, a property, a comment or a field, each of which replaces what stands."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized
from connectors.sandbox.jira.issues import Issue
from connectors.shapes import ProgressNote
from tests.connectors.conftest import Site

NOTE = ProgressNote(
    key="okr-hub:ship/merchants",
    target="PAY-1",
    by="link",
    title="Merchants live {draft}",
    text="At risk, was on track: 22 of 40 merchants",
    status="at_risk",
    value=Decimal(22),
    percent=Decimal("0.55"),
    link="https://hub.test/key-results/ship/merchants",
)


def write(site: Site, **changes: object) -> Issue:
    """Write the note, and return the issue as it stands."""
    site.connector.write(replace(NOTE, **changes))  # type: ignore[arg-type]
    return site.jira.by_key["PAY-1"]


@pytest.fixture
def one(either: Site) -> Site:
    either.jira.create("PAY", summary="Checkout", type="Epic")
    return either


def test_a_link_is_written_once_and_replaced_after_that(one: Site) -> None:
    write(one)
    issue = write(one, status="achieved", text="Done")
    (link,) = issue.links.values()
    assert link["globalId"] == "okr-hub:ship/merchants"
    assert link["object"] == {
        "url": NOTE.link,
        "title": "Merchants live {draft}",
        "summary": "Done",
        "status": {"resolved": True},
    }
    assert one.jira.writing.written == {"link": 2}


def test_a_property_holds_what_automation_reads(one: Site) -> None:
    issue = write(one, by="property")
    assert issue.properties == {
        "okr-hub.ship.merchants": {
            "key": NOTE.key,
            "title": NOTE.title,
            "text": NOTE.text,
            "status": "at_risk",
            "value": "22",
            "percent": "0.55",
            "link": NOTE.link,
        }
    }


def test_a_comment_is_a_document_in_the_cloud(site: Site) -> None:
    site.jira.create("PAY", summary="Checkout")
    (comment,) = write(site, by="comment").comments
    title, said = comment.body["content"]
    assert title["content"] == [
        {"type": "text", "text": NOTE.title, "marks": [{"type": "link", "attrs": {"href": NOTE.link}}]}
    ]
    assert said["content"] == [{"type": "text", "text": NOTE.text}]


def test_a_comment_is_plain_text_at_data_center_and_no_markup(server: Site) -> None:
    server.jira.create("PAY", summary="Checkout")
    (comment,) = write(server, by="comment").comments
    assert comment.body == f"Merchants live \\{{draft\\}}\n{NOTE.text}\n{NOTE.link}"


def test_a_second_comment_of_the_same_key_replaces_the_first_however_many_stand_between(one: Site) -> None:
    write(one, by="comment")
    for number in range(3):
        write(one, by="comment", key=f"okr-hub:other/{number}")
    issue = write(one, by="comment", text="Back on track")
    assert len(issue.comments) == 4
    assert "Back on track" in str(issue.comments[0].body)
    assert one.jira.writing.written == {"comment": 4, "comment changed": 1}


def test_a_comment_whose_answer_was_lost_may_have_arrived_and_is_not_said_twice(one: Site) -> None:
    one.jira.faults.lose_answer_next()
    with pytest.raises(TryLater) as raised:
        write(one, by="comment")
    assert raised.value.maybe_arrived
    assert one.jira.writing.written == {"comment": 1}
    assert len(write(one, by="comment").comments) == 1


def test_a_field_is_set_by_name_or_by_id(one: Site) -> None:
    assert write(one, by="field", field="Merchants in batch").custom["customfield_10042"] == 22
    assert write(one, by="field", field="customfield_10042", value=Decimal("2.5")).custom["customfield_10042"] == 2.5
    assert write(one, by="field", field="cf[10042]", value=None).custom["customfield_10042"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": "../../user"}, "not the key of an issue"),
        ({"target": "PAY-1/comment"}, "not the key of an issue"),
        ({"by": "smoke"}, "cannot be told by 'smoke'"),
        ({"by": "field"}, "none is named"),
        ({"by": "field", "field": "Merchant"}, "no field named 'Merchant'"),
        ({"by": "link", "link": ""}, "no public address"),
    ],
)
def test_what_cannot_be_written_says_so_and_writes_nothing(one: Site, changes: dict[str, str], said: str) -> None:
    with pytest.raises(Misconfigured, match=said.replace("(", r"\(")) as raised:
        write(one, **changes)
    assert raised.value.field == "write_back"
    assert one.jira.writing.written == {}


@pytest.mark.parametrize("by", ["link", "property", "comment"])
def test_an_issue_that_is_not_there_is_gone(one: Site, by: str) -> None:
    with pytest.raises(Gone):
        write(one, by=by, target="PAY-99")


def test_a_right_that_is_missing_asks_for_it(one: Site) -> None:
    one.jira.faults.fail_next(1, 403, path="/remotelink")
    with pytest.raises(Unauthorized, match="403"):
        write(one)
