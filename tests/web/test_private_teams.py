"""What belongs to a private team does not exist for anybody outside: on no page, in no call, in no error."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete, update

from hub.model.kinds import Freshness
from hub.record import hold
from hub.store import connections, key_results
from hub.store.tables_work import connections as table
from tests.store.builders import add_connection
from tests.web.company import NOW
from tests.web.rights import API, SECRETS, Doors

CSRF_TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]*')
PAGES = [
    *("/", "/?team=boardroom", "/?team=nothing", "/?owner=wanda@acme.test", "/?q=Globex", "/?status=off"),
    *("/channels", "/channels?all=messages", "/channels?channel=okrs-slack", "/teams", "/teams/boardroom", "/account"),
    *("/key-results/takeover/shares", "/key-results/takeover/nothing", "/nothing-here", "/changes"),
    *("/key-results/pay-first-time/failed-payments", "/key-results/found/demos"),
]
CALLS = [
    *("/key-results", "/key-results?team=boardroom", "/key-results/takeover/shares", "/me", "/connections", "/people"),
    *("/teams/boardroom/members", "/teams/payments/members"),
]


@pytest.fixture(params=["viewer", "member", "lead"])
def outsider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def leaks(text: str, path: str) -> list[str]:
    """Return the secrets that an answer tells, apart from what its own address said."""
    return [secret for secret in SECRETS if secret in text and secret not in path]


def test_no_page_tells_an_outsider_of_it(doors: Doors, outsider: str) -> None:
    told = {path: leaks(doors.browsers[outsider].get(path).get_data(as_text=True), path) for path in PAGES}
    assert told == {path: [] for path in PAGES}


def test_no_call_tells_an_outsider_of_it(doors: Doors, outsider: str) -> None:
    headers = {"Authorization": f"Bearer {doors.tokens[outsider]}"}
    client = doors.app.test_client()
    told = {path: leaks(client.get(API + path, headers=headers).get_data(as_text=True), path) for path in CALLS}
    assert told == {path: [] for path in CALLS}


@pytest.mark.parametrize("path", ["/teams/{}", "/key-results/{}/shares", "/teams/{}/members"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_answers_as_one_that_is_not_there(doors: Doors, outsider: str, path: str, method: str) -> None:
    form = {"csrf_token": doors.csrf[outsider], "email": "x@acme.test"}
    found = []
    for slug in ("boardroom" if "teams" in path else "takeover", "nowhere"):
        address = path.format(slug)
        answer = doors.browsers[outsider].open(address, method=method, data=form if method == "POST" else None)
        page = CSRF_TOKEN.sub("", answer.get_data(as_text=True))  # another one each second
        found.append((answer.status_code, page.replace(slug, "")))
    assert found[0][0] == found[1][0]
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("insider", ["wanda", "admin"])
def test_it_is_there_for_its_members_and_for_admins(doors: Doors, insider: str) -> None:
    client = doors.browsers[insider]
    page = client.get("/").get_data(as_text=True)
    assert "Takeover of Globex" in page
    assert "Half of the shares" in client.get("/channels").get_data(as_text=True)
    assert "Half of the shares" in client.get("/key-results/takeover/shares").get_data(as_text=True)
    assert "Wanda Secret" in client.get("/teams/boardroom").get_data(as_text=True)
    headers = {"Authorization": f"Bearer {doors.tokens[insider]}"}
    found = doors.app.test_client().get(API + "/key-results?team=boardroom", headers=headers).get_json()
    assert [one["key"] for one in found["key_results"]] == ["takeover/shares", "takeover/talks"]


def test_a_member_of_it_manages_no_other_team(doors: Doors) -> None:
    form = {"csrf_token": doors.csrf["wanda"], "email": "x@acme.test"}
    assert doors.browsers["wanda"].post("/teams/boardroom/members", data=form).status_code == 303
    assert doors.browsers["wanda"].post("/teams/payments/members", data=form).status_code == 403


PROBLEM = "Jira refuses the query labels = globex-takeover"
PLACES = ("/", "/channels", "/key-results/pay-first-time/merchants-live", "/key-results/found/pages")


def test_a_connection_that_reads_for_it_alone_is_not_named_while_it_reads(doors: Doors) -> None:
    with doors.store.write() as tx:
        added = add_connection(tx, "boardroom-jira")
        tx.execute(update(table).where(table.c.id == added).values(progress={"done": 12, "total": 40}))
    try:
        pages = {who: doors.browsers[who].get("/").get_data(as_text=True) for who in ("viewer", "member", "lead")}
        seen = doors.browsers["admin"].get("/").get_data(as_text=True)
    finally:
        with doors.store.write() as tx:
            tx.execute(delete(table).where(table.c.id == added))
    assert {who: leaks(page, "") for who, page in pages.items()} == {"viewer": [], "member": [], "lead": []}
    assert "Reading boardroom-jira now: 12 of 40 items." in seen


@pytest.mark.parametrize("state", ["waiting", "broken"])
def test_the_problem_of_a_connection_is_told_in_full_to_admins_alone(doors: Doors, state: str) -> None:
    with doors.store.write() as tx:
        row = connections.connection_by_slug(tx, "jira-main")
        assert row is not None
        before = row.state
        tx.execute(update(table).where(table.c.id == row.id).values(state=state, problem=PROBLEM, problem_at=NOW))
        for one in key_results.all_key_results(tx):
            if one.connection == "jira-main":
                hold(tx, one.id, Freshness.BROKEN, PROBLEM, NOW)
    try:
        for who in ("viewer", "member", "lead", "wanda"):
            told = "".join(doors.browsers[who].get(path).get_data(as_text=True) for path in PLACES)
            assert "globex" not in told
            assert "It cannot be read" in told
        assert "globex-takeover" in doors.browsers["admin"].get("/").get_data(as_text=True)
        assert "globex-takeover" in doors.browsers["admin"].get("/connections").get_data(as_text=True)
    finally:
        with doors.store.write() as tx:
            tx.execute(update(table).where(table.c.id == row.id).values(state=before, problem="", problem_at=None))
