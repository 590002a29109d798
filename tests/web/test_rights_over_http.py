"""Every cell of the table of rights over HTTP: by a page with a session, by the API with a token."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hub.model.rights import Action
from hub.settings import Settings
from hub.web import create_app
from tests.model.test_rights import CELLS, TABLE, WHO
from tests.web.conftest import NO_QUEUE
from tests.web.rights import API, ASKS, CONNECTION, KEYS, OF_THE_HUB, TEAMS, Doors


def registered() -> frozenset[str]:
    """Return the rules of every door there is."""
    with TemporaryDirectory() as data:
        app = create_app(Settings(data=Path(data), redis_url=NO_QUEUE))
        return frozenset(rule.rule for rule in app.url_map.iter_rules())


def has_doors(action: Action) -> bool:
    ask = ASKS[action]
    wanted = {
        one.format(key="<objective>/<key_result>", team="<slug>", connection="<slug>")
        for one in (ask.path, API + ask.api)
    }
    return wanted <= DOORS


DOORS = registered()
CELLS_WITH_DOORS = [cell for cell in CELLS if has_doors(cell[0])]


def refused(team: str, who: str) -> int:
    return 404 if team == "private" and who != "admin" else 403


@pytest.mark.parametrize("by_token", [False, True], ids=["session", "token"])
@pytest.mark.parametrize(("action", "team", "who", "allowed"), CELLS_WITH_DOORS)
def test_the_table_decides_at_every_door(
    doors: Doors, action: Action, team: str, who: str, allowed: bool, by_token: bool
) -> None:
    ask = ASKS[action]
    if action in OF_THE_HUB:
        allowed = next(cell for one, of, name, cell in CELLS if (one, of, name) == (action, "own", who))
    status = doors.ask(ask, team, who, by_token=by_token)
    if not allowed:
        assert status == (403 if action in OF_THE_HUB else refused(team, who))
    else:
        assert status == (ask.api_done if by_token else ask.done)


@pytest.mark.parametrize("team", list(TEAMS))
@pytest.mark.parametrize("action", list(TABLE))
def test_nobody_is_sent_to_sign_in_and_a_program_without_a_token_is_refused(
    doors: Doors, action: Action, team: str
) -> None:
    ask = ASKS[action]
    assert doors.ask(ask, team, "nobody", by_token=False) == 303
    answer = doors.browsers["nobody"].get(ask.path.format(key=KEYS[team], team=TEAMS[team], connection=CONNECTION))
    assert answer.headers["Location"].startswith("/sign-in")
    assert doors.ask(ask, team, "nobody", by_token=True) == 401


def test_the_table_over_http_is_the_whole_table() -> None:
    assert set(ASKS) == set(TABLE) == set(Action)
    assert {who for _, _, who, _ in CELLS} == set(WHO) == {"viewer", "member", "lead", "admin"}
    assert {team for _, team, _, _ in CELLS} == set(TEAMS)


def test_every_row_of_the_table_has_its_doors() -> None:
    assert [action for action in Action if not has_doors(action)] == []
