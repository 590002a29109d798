"""The API as a program uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.flows import people
from hub.model.okr import Cycle
from hub.model.rights import Role, Scope, Standing
from hub.store import Store, okrs, team_members
from tests.people.house import INES, TOM, join
from tests.web.company import NOW

API = "/api/v1"


class Program:
    """A client that shows its token with every request."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client, self._headers = client, {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        answer = self._client.open(API + path, method=method, json=body, headers=self._headers)
        return answer.status_code, answer.get_json(silent=True)


@pytest.fixture
def program(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path) -> Program:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    app = make_app(open_as="", csrf=True, public_url="https://okr.acme.test")
    store: Store = app.extensions["okrhub"].store
    join(store, INES, Role.ADMIN, NOW)
    token = people.make_token(
        store, email=INES, name="ci", scopes=set(Scope), lasts=timedelta(days=1), who=INES, now=NOW
    )
    with store.write() as tx:
        team_members.provide_members(tx, {"growth": {"jonas@acme.test": Standing.LEAD}})
    return Program(app.test_client(), token)


def test_a_key_result_is_read_as_plain_facts(program: Program) -> None:
    code, found = program.ask("GET", "/key-results/pay-first-time/failed-payments")
    assert code == 200
    assert found == {
        "key": "pay-first-time/failed-payments",
        "title": "Failed payments down from 2.4 % to 1.2 %",
        "objective": "pay-first-time",
        "team": "payments",
        "cycle": "quarter",
        "owner": "tom@acme.test",
        "kind": "decrease",
        "unit": "%",
        "baseline": 2.4,
        "target": 1.2,
        "starts": "2026-10-01",
        "due": "2026-12-31",
        "value": 2.26,
        "progress": pytest.approx(0.1167, abs=0.0001),
        "status": "off_track",
        "status_since": found["status_since"],  # type: ignore[index]
        "freshness": "fresh",
        "measured_at": found["measured_at"],  # type: ignore[index]
        "connection": "",
        "phase": "running",
        "ended": "",
    }
    assert str(found["measured_at"]).endswith("Z")  # type: ignore[index]


def test_a_key_result_tells_the_phase_of_its_cycle_and_says_it_in_words(program: Program, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    told = []
    for days in (1, 30):
        with store.write() as tx:
            okrs.put_cycle(tx, Cycle("quarter", "Q4 2026", date(2026, 10, 1), NOW.date() - timedelta(days=days)))
        _, found = program.ask("GET", "/key-results/pay-first-time/failed-payments")
        told.append((found["phase"], found["ended"], found["freshness"]))  # type: ignore[index]
    assert told == [
        ("grace", "ended 22 November; numbers may still move until 25 November", "fresh"),
        ("ended", "ended 24 October, final", "fresh"),
    ]


def test_key_results_are_listed_and_narrowed_to_a_team(program: Program) -> None:
    _, every = program.ask("GET", "/key-results")
    _, growth = program.ask("GET", "/key-results?team=growth")
    assert 0 < len(growth["key_results"]) < len(every["key_results"])  # type: ignore[index,call-overload]
    assert {one["team"] for one in growth["key_results"]} == {"growth"}  # type: ignore[index,call-overload]


def test_people_are_invited_given_roles_and_shut_out(program: Program) -> None:
    code, found = program.ask("POST", "/people", {"email": TOM, "role": "member"})
    assert code == 201
    assert str(found["link"]).startswith("https://okr.acme.test/invite/")  # type: ignore[index]
    _, listed = program.ask("GET", "/people")
    assert [one["email"] for one in listed["invitations"]] == [TOM]  # type: ignore[index,call-overload]
    assert program.ask("POST", f"/people/{TOM}/role", {"role": "viewer"})[0] == 404  # nobody yet
    assert program.ask("POST", f"/people/{INES}/disable")[0] == 409  # the last admin
    assert program.ask("POST", f"/people/{INES}/link")[0] == 201
    assert program.ask("POST", f"/people/{INES}/nonsense")[0] == 404


def test_members_are_added_and_removed_but_not_whom_a_file_names(program: Program) -> None:
    assert program.ask("POST", "/teams/growth/members", {"email": TOM, "standing": "lead"})[0] == 201
    assert program.ask("POST", "/teams/growth/members", {"email": TOM})[0] == 409
    assert program.ask("POST", "/teams/growth/members", {"email": "x@y.test", "standing": "king"})[0] == 422
    _, found = program.ask("GET", "/teams/growth/members")
    assert {one["email"]: one["is_provided"] for one in found["members"]} == {  # type: ignore[index,call-overload]
        TOM: False,
        "jonas@acme.test": True,
    }
    assert program.ask("DELETE", f"/teams/growth/members/{TOM}") == (204, None)
    assert program.ask("DELETE", f"/teams/growth/members/{TOM}")[0] == 404
    assert program.ask("DELETE", "/teams/growth/members/jonas@acme.test")[0] == 409
    assert program.ask("GET", "/teams/nowhere/members")[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/nothing", 404), ("DELETE", "/me", 405), ("GET", "/key-results/a/b", 404), ("POST", "/people", 422)],
)
def test_an_error_is_a_problem_in_json(program: Program, method: str, path: str, code: int) -> None:
    answer = program._client.open(API + path, method=method, headers=program._headers)
    assert answer.status_code == code
    assert answer.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(answer.get_json())
    assert "<" not in answer.get_data(as_text=True)


def test_connections_are_listed_with_their_problem_in_full(program: Program) -> None:
    _, found = program.ask("GET", "/connections")
    broken = next(one for one in found["connections"] if one["slug"] == "jira-old")  # type: ignore[index,call-overload]
    assert broken["state"] == "broken"
    assert "set JIRA_TOKEN" in broken["problem"]
    assert "settings" not in broken
