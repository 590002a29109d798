"""Taking what was held back, on the page and by the API; and who may read why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from hub.flows import people
from hub.flows.show import show_key_result
from hub.flows.sync import accept
from hub.model.key_result import Held
from hub.model.kinds import Freshness
from hub.model.reasons import Reason
from hub.model.rights import Role, Scope, Standing, Viewer
from hub.record import hold
from hub.store import Store, connections, key_results
from hub.store.acceptances import acceptances_of
from hub.store.tables_work import connections as table
from tests.people.house import join
from tests.web.company import INES, NOW
from tests.web.reading import words
from tests.web.test_check_ins import as_viewer, send

PAGE = "/key-results/pay-first-time/merchants-live"
KEY = "pay-first-time/merchants-live"
API = f"/api/v1{PAGE}/accept"


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On SQLite alone: the flow is tried on both databases in tests/flows."""
    return sqlite_app


@pytest.fixture
def held(app: Flask, store: Store) -> str:
    """A reading that was held back; returns the value that the stored items give."""
    with store.read() as tx:
        one = key_results.key_result_by_key(tx, KEY)
        assert one is not None
    with store.write() as tx:
        note = "items in scope fell from 99 to 9, by 91 %, and the rule allows 40 %"
        stored = Held(one.standing.value, 9, NOW)
        hold(tx, one.id, Freshness.SUSPECT, note, NOW, code=Reason.MAX_DROP, held=stored)
    return f"{one.standing.value:f}"


def standing(store: Store) -> Any:
    with store.read() as tx:
        found = key_results.key_result_by_key(tx, KEY)
    assert found is not None
    return found.standing


def test_the_page_offers_what_is_held_back_and_taking_it_is_said(client: FlaskClient, store: Store, held: str) -> None:
    page = client.get(PAGE).get_data(as_text=True)
    assert f'name="value" value="{held}"' in page
    assert "Take this value" in page
    assert "The next read on schedule that agrees takes it, or take it now." in words(page)
    assert "Taken. The value is" in send(client, f"{PAGE}/accept", value=held)
    assert standing(store).freshness is Freshness.FRESH
    page = words(client.get(PAGE).get_data(as_text=True))
    assert "took what was held back" in page
    assert "Take this value" not in page
    assert "This value was taken before, once." in send(client, f"{PAGE}/accept", value=held)
    with store.read() as tx:
        assert len(acceptances_of(tx, KEY)) == 1


def test_a_form_that_shows_something_else_takes_nothing(client: FlaskClient, store: Store, held: str) -> None:
    answer = client.post(f"{PAGE}/accept", data={"value": "12345"})
    assert answer.status_code == 409
    assert "What is held back has changed since you looked. Look again, then take it." in words(
        answer.get_data(as_text=True)
    )
    assert standing(store).freshness is Freshness.SUSPECT


def test_a_form_that_comes_too_late_is_answered_in_words(client: FlaskClient, store: Store, held: str) -> None:
    accept(store, KEY, who=INES, now=NOW)
    answer = client.post(f"{PAGE}/accept", data={"value": "12345"})
    assert answer.status_code == 409
    assert "Nothing is held back: the value is what was read last." in words(answer.get_data(as_text=True))


def test_reloading_what_the_form_answered_leads_to_the_page(client: FlaskClient, held: str) -> None:
    assert client.get(f"{PAGE}/accept").status_code == 303


def test_a_program_takes_it_once_and_hears_when_there_is_nothing(app: Flask, store: Store, held: str) -> None:
    join(store, INES, Role.ADMIN, NOW)
    token = people.make_token(
        store, email=INES, name="nightly", scopes=set(Scope), lasts=timedelta(days=30), who=INES, now=NOW
    )
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    done = program.post(API, json={"value": held})
    assert (done.status_code, done.get_json()["freshness"]) == (200, "fresh")
    assert program.post(API, json={"value": held}).status_code == 200
    late = program.post(API, json={})
    assert (late.status_code, late.get_json()["detail"]) == (
        409,
        "Nothing is held back: the value is what was read last.",
    )
    assert program.post(API, json={"value": 1.5}).status_code == 422
    assert program.post(API, json={"values": "1"}).status_code == 422


@pytest.mark.parametrize(
    ("role", "team", "allowed"),
    [
        (Role.VIEWER, Standing.LEAD, False),
        (Role.MEMBER, None, False),
        (Role.MEMBER, Standing.MEMBER, True),
        (Role.MEMBER, Standing.LEAD, True),
        (Role.ADMIN, None, True),
    ],
)
def test_whoever_may_check_in_may_take_it(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    held: str,
    role: Role,
    team: Standing | None,
    allowed: bool,
) -> None:
    as_viewer(monkeypatch, Viewer("somebody@acme.test", role, {"payments": team} if team else {}))
    assert ("Take this value" in client.get(PAGE).get_data(as_text=True)) is allowed
    answer = client.post(f"{PAGE}/accept", data={"value": held})
    assert answer.status_code == (303 if allowed else 403)


def test_a_viewer_does_not_read_an_admins_problem_although_the_connection_has_another_one_now(
    app: Flask, store: Store
) -> None:
    secret = "401 for project = GLOBEX-TAKEOVER: sign in again"
    with store.write() as tx:
        row = connections.connection_by_slug(tx, "jira-main")
        one = key_results.key_result_by_key(tx, KEY)
        assert row is not None and one is not None
        hold(tx, one.id, Freshness.BROKEN, secret, NOW, code=Reason.CONNECTION)
    for state, problem in (("broken", secret), ("waiting", "answered 503 after 4 tries"), ("ok", "")):
        with store.write() as tx:
            tx.execute(update(table).where(table.c.id == row.id).values(state=state, problem=problem, problem_at=NOW))
        for role, sees in ((Role.VIEWER, False), (Role.MEMBER, False), (Role.ADMIN, True)):
            page = show_key_result(store, KEY, NOW, Viewer("a@acme.test", role), whole_activity=True)
            assert page is not None
            assert ("GLOBEX" in repr(page)) is sees, (state, role)


def test_a_key_results_own_problem_is_for_all_who_see_it(app: Flask, store: Store) -> None:
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, KEY)
        assert one is not None
        hold(tx, one.id, Freshness.BROKEN, '"Hours" is not in the answer', NOW, code=Reason.RULE)
    page = show_key_result(store, KEY, NOW, Viewer("a@acme.test", Role.VIEWER))
    assert page is not None
    assert "Hours" in page.held


def test_a_value_without_some_items_is_not_called_an_older_one(app: Flask, store: Store) -> None:
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, KEY)
        assert one is not None
        note = "PAY-1 could not be read and is left out"
        hold(tx, one.id, Freshness.PARTIAL, note, NOW, code=Reason.SET_ASIDE)
    page = show_key_result(store, KEY, NOW, Viewer("a@acme.test", Role.ADMIN))
    assert page is not None
    assert page.held == "PAY-1 could not be read and is left out."
