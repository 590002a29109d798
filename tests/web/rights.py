"""The table of rights as requests: who asks, for what, in which team; with a session and with a token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from flask import Flask
from flask.testing import FlaskClient

from hub.flows import people
from hub.model.key_result import Declared
from hub.model.kinds import Kind, Origin
from hub.model.rights import Action, Role, Scope, Standing
from hub.record import Reading, record
from hub.store import Store, key_results, okrs, team_members
from hub.store.okrs import Objective, Team
from mappings import read_mappings
from tests.people.house import GOOD, INES
from tests.web.company import NOW
from tests.web.seed import put_rule, tell_everybody

API = "/api/v1"
PASSWORD = "four words in a row"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')

CONNECTION = "jira-main"
TEAMS = {"own": "payments", "other": "growth", "private": "boardroom"}
KEYS = {"own": "pay-first-time/failed-payments", "other": "found/demos", "private": "takeover/shares"}
# read from a tool: to be paused
READ_KEYS = {"own": "pay-first-time/merchants-live", "other": "found/pages", "private": "takeover/talks"}
PRIVATE_RULE = """mappings:
  - key_result: takeover/talks
    owner: wanda@acme.test
    from: jira-main
    select: project = BOARD
    measure: count
"""
MEMBERS = {"viewer": Role.VIEWER, "member": Role.MEMBER, "lead": Role.MEMBER, "admin": Role.ADMIN}
STANDINGS = {"viewer": Standing.MEMBER, "member": Standing.MEMBER, "lead": Standing.LEAD}
SECRETS = (
    "Takeover of Globex",
    "Half of the shares",
    "Talks with Globex",
    "The Boardroom",
    "boardroom",
    "takeover",
    "wanda@acme.test",
)


@dataclass(frozen=True)
class Ask:
    """A request for an action: by a page's form or by the API. `{key}` and `{team}` stand for the team's own."""

    path: str
    form: Mapping[str, str] | None = None  # None: it is looked at
    api: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
    done: int = 303  # the page's answer when it was done
    api_done: int = 200


ASKS: dict[Action, Ask] = {
    Action.SEE: Ask("/key-results/{key}", api="/key-results/{key}", done=200),
    Action.COMMENT: Ask(
        "/key-results/{key}/comments",
        {"body": "Looks good"},
        "/key-results/{key}/comments",
        {"body": "Looks good"},
        api_done=201,
    ),
    Action.CHECK_IN: Ask(
        "/key-results/{key}/check-ins",
        {"value": "2", "confidence": "5", "note": "So it is"},
        "/key-results/{key}/check-ins",
        {"value": 2, "confidence": 5, "note": "So it is"},
        api_done=201,
    ),
    Action.PAUSE: Ask(
        "/key-results/{key}/pause", {"note": "For a week"}, "/key-results/{key}/pause", {"note": "For a week"}
    ),
    Action.MANAGE_TEAM: Ask(
        "/teams/{team}/members",
        {"email": "{who}-form@acme.test"},
        "/teams/{team}/members",
        {"email": "{who}-api@acme.test"},
        api_done=201,
    ),
    Action.READ_NOW: Ask("/read-now", {}, "/read-now", api_done=202),
    Action.MANAGE_PEOPLE: Ask(
        "/people", {"email": "{who}@new.test", "role": "viewer"},
        "/people", {"email": "{who}@new.test", "role": "viewer"},
        done=200, api_done=201,
    ),
    Action.SEE_OPERATIONS: Ask("/connections", api="/connections", done=200),
    Action.MANAGE_CONNECTIONS: Ask(
        "/connections/{connection}/name", {"name": "Jira of {who}"},
        "/connections/{connection}/name", {"name": "Jira of {who}"},
    ),
}  # fmt: skip
# They are about no team.
OF_THE_HUB = frozenset({Action.READ_NOW, Action.MANAGE_PEOPLE, Action.SEE_OPERATIONS, Action.MANAGE_CONNECTIONS})


@dataclass
class Doors:
    app: Flask
    store: Store
    tokens: Mapping[str, str]
    browsers: Mapping[str, FlaskClient]
    csrf: Mapping[str, str]

    def ask(self, ask: Ask, team: str, who: str, *, by_token: bool) -> int:
        """Make a request and return its status."""
        key = (READ_KEYS if ask is ASKS[Action.PAUSE] else KEYS)[team]
        path = (ask.api if by_token else ask.path).format(key=key, team=TEAMS[team], connection=CONNECTION)
        if by_token:
            headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
            client = self.app.test_client()
            if ask.form is None:
                return client.get(API + path, headers=headers).status_code
            body = {
                name: value.format(who=who) if isinstance(value, str) else value for name, value in ask.body.items()
            }
            return client.post(API + path, headers=headers, json=body).status_code
        client = self.browsers[who]
        if ask.form is None:
            return client.get(path).status_code
        form = {name: value.format(who=who) for name, value in ask.form.items()}
        return client.post(path, data={**form, "csrf_token": self.csrf[who]}).status_code


def found_private_team(store: Store) -> None:
    """Put a private team beside the company's own, with an objective and a key result that has a value."""
    with store.write() as tx:
        okrs.put_people(tx, {"wanda@acme.test": "Wanda Secret"})
        okrs.put_team(tx, Team("boardroom", "The Boardroom", "wanda@acme.test", "northwind", 9, True))
        objective = Objective(
            "takeover", "Takeover of Globex", "boardroom", "quarter", "wanda@acme.test", "easy-to-run", None, 9
        )
        objective_id = okrs.put_objective(tx, objective)
        declared = Declared(
            "takeover/shares",
            "Half of the shares",
            Kind.REACH,
            date(2026, 10, 1),
            date(2026, 12, 31),
            unit="%",
            target=Decimal(50),
            owner="wanda@acme.test",
        )
        number = key_results.put_key_result(tx, objective_id, declared)
        talks = replace(declared, key="takeover/talks", title="Talks with Globex", unit="", target=Decimal(5))
        key_results.put_key_result(tx, objective_id, talks)
        (rule,), problems = read_mappings(PRIVATE_RULE, "config/mappings/board.yaml")
        assert not problems
        put_rule(tx, rule)
        team_members.add_member(tx, "boardroom", "wanda@acme.test", Standing.LEAD)
    for value, moment in ((40, NOW - timedelta(days=3)), (2, NOW - timedelta(hours=2))):
        with store.write() as tx:
            record(tx, number, Reading(Decimal(value), Origin.CHECK_IN, moment), moment)
    tell_everybody(store)  # #okrs hears that it is off track


def let_in(store: Store) -> dict[str, str]:
    """Make an account for each column of the table, and one in the private team; return a token of every scope each."""
    tokens = {}
    for name, role in {**MEMBERS, "wanda": Role.MEMBER}.items():
        email = f"{name}@acme.test"
        path = people.invite(store, email=email, role=role, who="test", now=NOW)
        people.use_link(store, people.Purpose.INVITE, path.rsplit("/", 1)[1], password=PASSWORD, agent="test", now=NOW)
        tokens[name] = people.make_token(
            store, email=email, name="test", scopes=set(Scope), lasts=timedelta(days=30), who="test", now=NOW
        )
        if name in STANDINGS:
            people.add_member(store, TEAMS["own"], email=email, standing=STANDINGS[name], who="test", now=NOW)
    return tokens


def sign_in(app: Flask, name: str) -> FlaskClient:
    """Sign in as a person does: by the form with its token, with the cookies of a browser."""
    client = app.test_client()
    given = {"email": f"{name}@acme.test", "password": PASSWORD, "csrf_token": csrf_of(client, "/sign-in")}
    answer = client.post("/sign-in", data=given)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return client


def csrf_of(client: FlaskClient, path: str) -> str:
    found = CSRF.search(client.get(path).get_data(as_text=True))
    assert found is not None, path
    return found[1]


def store_of(app: Flask) -> Store:
    found: Store = app.extensions["okrhub"].store
    return found


def enter(client: FlaskClient, **more: str) -> object:
    token = more.pop("csrf_token", "") or csrf_of(client, "/sign-in")
    given = {"email": INES, "password": GOOD, "csrf_token": token, **more}
    return client.post("/sign-in", data=given)


def status(answer: object) -> int:
    return int(answer.status_code)  # type: ignore[attr-defined]


def cookies(answer: object) -> dict[str, str]:
    """Return the cookies that an answer sets, whole, by name."""
    return {one.partition("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}  # type: ignore[attr-defined]
