"""The forms of a key result's page, and the same for programs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.flows import people
from hub.flows.check_in import MOST_COMMENT, MOST_NOTE, Said, check_in
from hub.model.kinds import Freshness
from hub.model.rights import Role, Scope, Standing, Viewer
from hub.store import Store, check_ins, key_results, okrs
from hub.store.comments import comments_of
from hub.store.okrs import Team
from tests.people.house import join
from tests.web.company import INES, MIRA, NOW
from tests.web.reading import part, words

BY_JIRA = "/key-results/pay-first-time/merchants-live"
BY_HAND = "/key-results/pay-first-time/failed-payments"
STEPS = "/key-results/invoices/bank-feeds"
FORM = {"given_as": "form-0001"}


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On SQLite alone: the flows below are tried on both databases in tests/flows."""
    return sqlite_app


@pytest.fixture
def program(app: Flask, store: Store) -> FlaskClient:
    """A program with a token of every scope, of an admin."""
    join(store, INES, Role.ADMIN, NOW)
    token = people.make_token(
        store, email=INES, name="nightly", scopes=set(Scope), lasts=timedelta(days=30), who=INES, now=NOW
    )
    asked = app.test_client()
    asked.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return asked


def standing(store: Store, path: str) -> Any:
    with store.read() as tx:
        found = key_results.key_result_by_key(tx, path.removeprefix("/key-results/"))
    assert found is not None
    return found


def said(store: Store, path: str) -> list[check_ins.CheckIn]:
    with store.read() as tx:
        return [
            one for one in check_ins.check_ins_of(tx, standing(store, path).id) if one.provided_as.startswith("given")
        ]


def send(client: FlaskClient, path: str, **typed: str) -> str:
    """Send a form and return the page that it leads to."""
    answer = client.post(path, data={**FORM, **typed})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return client.get(answer.headers["Location"].partition("#")[0]).get_data(as_text=True).replace("\u00a0", " ")


def as_viewer(monkeypatch: pytest.MonkeyPatch, viewer: Viewer) -> None:
    for place in ("who", "key_result_page", "pages"):
        monkeypatch.setattr(f"hub.web.{place}.viewer", lambda: viewer)


# -- the forms


def test_a_check_in_by_hand_becomes_the_value_and_says_so(client: FlaskClient, store: Store) -> None:
    page = send(client, f"{BY_HAND}/check-ins", value="1,9 %", confidence="4", note="Better", blockers="One acquirer")
    assert "Your check-in is saved. The value is 1.9, on track." in words(page)
    assert str(standing(store, BY_HAND).standing.value) == "1.9"
    assert "In the way: One acquirer" in words(page)


def test_a_double_click_is_one_check_in(client: FlaskClient, store: Store) -> None:
    send(client, f"{BY_HAND}/check-ins", value="1.9")
    page = send(client, f"{BY_HAND}/check-ins", value="1.9")
    assert "This check-in was saved before, once." in words(page)
    assert len(said(store, BY_HAND)) == 1


def test_what_is_wrong_stands_beside_its_field_and_the_typed_text_is_kept(client: FlaskClient, store: Store) -> None:
    typed = {**FORM, "value": "1,500", "confidence": "3", "note": "Look <here>\nand there"}
    answer = client.post(f"{BY_HAND}/check-ins", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert part(page, 'id="value-wrong">', "</p>") == (
        "\u201c1,500\u201d can be read as 1500 or as 1.5: write 1500 without a mark, or 1.5000."
    )
    assert 'id="value" name="value" value="1,500"' in page
    assert 'aria-describedby="value-last value-wrong" aria-invalid="true"' in page
    assert "Look &lt;here&gt;\nand there</textarea>" in page
    assert '<option value="3" selected>' in page
    assert "form-0001" not in page
    assert said(store, BY_HAND) == []


def test_a_form_that_was_refused_is_reloaded_as_the_page_it_stands_on(client: FlaskClient) -> None:
    answer = client.get(f"{BY_HAND}/check-ins")
    assert (answer.status_code, answer.headers["Location"]) == (303, BY_HAND)


def test_no_form_is_taken_without_the_pages_own_token(make_app: Any, seeded: Any, tmp_path: Any) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    app = make_app(csrf=True)
    for path in ("check-ins", "comments", "pause", "resume"):
        answer = app.test_client().post(f"{BY_JIRA}/{path}", data={**FORM, "note": "x", "body": "x"})
        assert answer.status_code == 400
    store = app.extensions["okrhub"].store
    assert said(store, BY_JIRA) == []
    assert not standing(store, BY_JIRA).is_paused


def test_over_jiras_value_it_says_who_set_it_and_what_jira_says(client: FlaskClient, store: Store) -> None:
    page = words(send(client, f"{BY_JIRA}/check-ins", value="25", note="Counted by hand"))
    assert "Set by hand" in page
    assert "It stands until Jira, jira-main moves." in page
    assert "Jira, jira-main says 19 merchants" in page
    assert "set by hand just now" in page
    assert standing(store, BY_JIRA).is_overruled


def test_the_tick_pauses_the_page_shows_it_and_resuming_takes_jiras_value(client: FlaskClient, store: Store) -> None:
    page = words(send(client, f"{BY_JIRA}/check-ins", value="25", pauses="yes", note="Jira lags"))
    assert "It stands until somebody resumes the reading." in page
    assert "on 23 November. The value stands, no messages are sent. \u201cJira lags\u201d" in page
    assert "Resume" in page
    assert standing(store, BY_JIRA).standing.paused_at is not None
    assert "paused" in words(client.get("/").get_data(as_text=True))
    page = words(send(client, f"{BY_JIRA}/resume"))
    assert "Resumed. The value is 19, on track." in page
    assert str(standing(store, BY_JIRA).standing.value) == "19"


def test_a_pause_without_a_check_in_keeps_the_value(client: FlaskClient, store: Store) -> None:
    page = words(send(client, f"{BY_JIRA}/pause", note="Cleaning up"))
    assert "Paused. The value stands until somebody resumes it." in page
    assert "Jira, jira-main says 19 merchants, the same." in page
    assert standing(store, BY_JIRA).freshness_at(standing(store, BY_JIRA).standing.paused_at)[0] is Freshness.PAUSED
    assert "It was paused already." in words(send(client, f"{BY_JIRA}/pause"))


def test_pauses_and_the_tools_own_course_are_drawn(client: FlaskClient, store: Store) -> None:
    before = client.get(BY_JIRA).get_data(as_text=True)
    assert 'class="halt"' not in before
    words_ = Said("form-0001", "25", pauses=True)
    check_in(store, BY_JIRA.removeprefix("/key-results/"), words_, who=MIRA, now=NOW - timedelta(days=2))
    page = client.get(BY_JIRA).get_data(as_text=True)
    assert page.count('<rect class="halt"') == 3  # in two sizes of the chart, and in the legend
    assert page.count('<path class="beside"') == 3
    assert "Paused from 21 Nov, Mira Okafor" in page
    assert "Mira Okafor paused the reading." in words(page)


def test_milestones_ask_for_words_and_say_where_they_are_ticked(client: FlaskClient) -> None:
    page = client.get(STEPS).get_data(as_text=True)
    form = page.split('id="checkin"', 1)[1]
    assert "each is done by its done_on in the file" in form
    assert 'name="value"' not in form


def test_comments_stand_in_order_with_author_and_time(client: FlaskClient) -> None:
    send(client, f"{BY_JIRA}/comments", body="Is it still with legal?")
    page = send(client, f"{BY_JIRA}/comments", body="Yes, until Thursday", given_as="form-0002")
    talk = part(page, 'id="comments"', "</ol>")
    assert re.search(r"today 09:30 Is it still with legal\? .* today 09:30 Yes, until Thursday", talk)
    assert "commented. Yes, until Thursday" in part(page, 'id="activity"', "</section>")


@pytest.mark.parametrize(
    ("body", "drawn"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("one\ntwo", "one<br>two"),
        ("see https://a.test/x?b=1&c=2.", 'see <a href="https://a.test/x?b=1&amp;c=2" rel="noreferrer">'),
        ("(https://a.test/x)", '(<a href="https://a.test/x" rel="noreferrer">https://a.test/x</a>)'),
        ("javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"),
        (
            'https://a.test/"onmouseover="x',
            '<a href="https://a.test/" rel="noreferrer">https://a.test/</a>&#34;onmouse',
        ),
    ],
)
def test_what_people_write_is_text_and_only_addresses_of_the_web_are_links(
    client: FlaskClient, body: str, drawn: str
) -> None:
    assert drawn in send(client, f"{BY_JIRA}/comments", body=body)


def test_a_comment_that_is_too_long_is_handed_back_with_how_much_to_leave_out(client: FlaskClient) -> None:
    answer = client.post(f"{BY_JIRA}/comments", data={**FORM, "body": "x" * (MOST_COMMENT + 7)})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "4007 letters, and 4000 fit: shorten it by 7" in page
    assert "x" * (MOST_COMMENT + 7) in page


# -- who may


def test_who_may_only_look_sees_no_form_and_is_refused_in_words(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer(monkeypatch, Viewer("eva@acme.test", Role.VIEWER))
    page = client.get(BY_JIRA).get_data(as_text=True)
    assert 'name="note"' not in page
    assert "You can read this page." in words(page)
    for path in ("check-ins", "comments", "pause", "resume"):
        answer = client.post(f"{BY_JIRA}/{path}", data={**FORM, "note": "x", "body": "x"})
        assert answer.status_code == 403
        assert "This is not yours to do" in answer.get_data(as_text=True)
    assert said(store, BY_JIRA) == []


def test_a_member_checks_in_and_a_lead_pauses(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = Viewer("eva@acme.test", Role.MEMBER, {"payments": Standing.MEMBER})
    as_viewer(monkeypatch, member)
    page = client.get(BY_JIRA).get_data(as_text=True)
    assert 'name="note"' in page
    assert 'name="pauses"' not in page
    assert client.post(f"{BY_JIRA}/check-ins", data={**FORM, "value": "25", "pauses": "yes"}).status_code == 403
    send(client, f"{BY_JIRA}/check-ins", note="From the team")
    assert said(store, BY_JIRA)[-1].author == "eva@acme.test"
    as_viewer(monkeypatch, Viewer("eva@acme.test", Role.MEMBER, {"payments": Standing.LEAD}))
    send(client, f"{BY_JIRA}/pause")
    assert standing(store, BY_JIRA).standing.paused_by == "eva@acme.test"


def test_an_owner_of_another_team_checks_in_and_a_stranger_does_not(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer(monkeypatch, Viewer(MIRA, Role.MEMBER))
    assert client.post(f"{BY_JIRA}/check-ins", data={**FORM, "note": "Mine"}).status_code == 303
    as_viewer(monkeypatch, Viewer("eva@acme.test", Role.MEMBER, {"growth": Standing.LEAD}))
    assert client.post(f"{BY_JIRA}/check-ins", data={**FORM, "note": "Not mine"}).status_code == 403
    assert client.post(f"{BY_JIRA}/comments", data={**FORM, "body": "A question"}).status_code == 303


def test_what_belongs_to_a_private_team_is_not_there_for_others(
    client: FlaskClient, program: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as tx:
        okrs.put_team(tx, Team("payments", "Payments", MIRA, "northwind", 1, is_private=True))
    as_viewer(monkeypatch, Viewer("eva@acme.test", Role.MEMBER, {"growth": Standing.LEAD}))
    for path in ("check-ins", "comments", "pause", "resume"):
        assert client.post(f"{BY_JIRA}/{path}", data={**FORM, "note": "x", "body": "x"}).status_code == 404
        assert program.post(f"/api/v1{BY_JIRA}/{path}", json={}).status_code == 404
    as_viewer(monkeypatch, Viewer("eva@acme.test", Role.MEMBER, {"payments": Standing.MEMBER}))
    assert client.post(f"{BY_JIRA}/check-ins", data={**FORM, "note": "x"}).status_code == 303


# -- for programs


def test_a_program_checks_in_and_reads_how_it_stands(program: FlaskClient) -> None:
    body = {"value": "1.9", "confidence": 4, "note": "Better", "key": "nightly-2026-11-23"}
    answer = program.post(f"/api/v1{BY_HAND}/check-ins", json=body)
    found = answer.get_json()
    assert answer.status_code == 201
    assert found["check_in"]["value"] == found["value"] == "1.9"
    assert (found["became_the_value"], found["status"], found["freshness"]) == (True, "on_track", "fresh")
    again = program.post(f"/api/v1{BY_HAND}/check-ins", json=body)
    assert (again.status_code, again.get_json()["check_in"]) == (200, found["check_in"])


def test_a_program_pauses_resumes_and_comments(program: FlaskClient) -> None:
    paused = program.post(f"/api/v1{BY_JIRA}/pause", json={"note": "Migration"}).get_json()
    assert (paused["freshness"], paused["value"], paused["automatic_value"]) == ("paused", "19", "19")
    resumed = program.post(f"/api/v1{BY_JIRA}/resume", json={}).get_json()
    assert (resumed["freshness"], resumed["paused_at"]) == ("fresh", None)
    said_ = program.post(f"/api/v1{BY_JIRA}/comments", json={"body": "Hello"})
    assert (said_.status_code, said_.get_json()["comment"]["body"]) == (201, "Hello")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"value": "1,500"}, 422, "value"),
        ({"value": 1.5}, 422, "value"),
        ({"value": True}, 422, "value"),
        ({"confidence": 11}, 422, "confidence"),
        ({"note": 7}, 422, "note"),
        ({"note": "n" * (MOST_NOTE + 1)}, 422, "note"),
        ({"note": "x", "on": "2026-11-24"}, 422, "on"),
        ({"note": "x", "on": "2026-09-01"}, 409, "on"),
        ({"note": "x", "pause_automatic": "yes"}, 422, "pause_automatic"),
        ({"note": "x", "pause_automatic": True}, 422, "pauses"),
        ({"notes": "x"}, 422, "notes"),
        ({}, 422, None),
    ],
)
def test_a_program_hears_what_is_wrong_with_which_field(
    program: FlaskClient, store: Store, body: dict[str, object], status: int, field: str | None
) -> None:
    answer = program.post(f"/api/v1{BY_HAND}/check-ins", json=body)
    found = answer.get_json()
    assert (answer.status_code, answer.mimetype, found["status"]) == (status, "application/problem+json", status)
    assert list(found.get("errors", {})) == ([field] if field else [])
    assert said(store, BY_HAND) == []


@pytest.mark.parametrize("sent", [b"{", b"[]", b"7", b'"x"', b"null"])
def test_a_body_that_is_no_object_is_refused(program: FlaskClient, sent: bytes) -> None:
    answer = program.post(f"/api/v1{BY_HAND}/check-ins", data=sent, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_what_a_form_could_send_is_not_taken_for_json(program: FlaskClient, store: Store) -> None:
    address = f"/api/v1{BY_HAND}/check-ins"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert program.post(address, data=b'{"note": "x"}', content_type=kind).status_code == 415
    assert said(store, BY_HAND) == []


def test_errors_of_the_api_are_problems_and_not_pages(program: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (
        program.post("/api/v1/key-results/no/such/check-ins", json={"note": "x"}),
        program.get(f"/api/v1{BY_HAND}/check-ins"),
        program.post(f"/api/v1{BY_HAND}/check-ins", data=b"x" * 70_000, content_type="application/json"),
    ):
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["status"] == answer.status_code
    as_viewer(monkeypatch, Viewer("eva@acme.test", Role.ADMIN, scopes=frozenset({Scope.READ})))
    answer = program.post(f"/api/v1{BY_HAND}/check-ins", json={"note": "x"})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")


def test_a_comment_by_a_program_is_kept_as_it_was_written(program: FlaskClient, store: Store) -> None:
    program.post(f"/api/v1{BY_HAND}/comments", json={"body": "a\r\nb", "key": "k" * 8})
    with store.read() as tx:
        assert [one.body for one in comments_of(tx, standing(store, BY_HAND).id)] == ["a\nb"]
