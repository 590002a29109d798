"""Asana's and Trello's answers with another value at every path: only an envelope or an id is an error of the whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.errors import Unexpected
from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Scope, seen_by
from tests.connectors.asana_office import Office, open_office
from tests.connectors.trello.conftest import Clock, Place

GONE = object()
ODD: tuple[Any, ...] = (None, 7, "x", [], {}, True, "9999-12-31T23:59:59.000Z", "\ud800", GONE)
Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where something stands in an answer."""
    if path:
        yield path
    if isinstance(value, dict):
        for name in value:
            yield from paths(value[name], (*path, name))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from paths(one, (*path, at))


def bent(answer: Any, path: Path, odd: Any) -> Any:
    changed = copy.deepcopy(answer)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if odd is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = odd
    return changed


def refused(answer: Any, inside: Path, read: Callable[[Path, Any], None]) -> set[Path]:
    """Return the paths inside one item at which some odd value made the whole answer an error."""
    found = set()
    for path in paths(answer):
        if path[: len(inside)] != inside or path == inside:
            continue
        for odd in ODD:
            try:
                read(path, odd)
            except Unexpected:
                found.add(path)
    return found


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


def look(office: Office, scope: Scope) -> None:
    for page in office.read(scope):
        for item in page.items:
            assert seen_by(item, scope.fields).key == item.key


def test_of_a_task_of_asana_only_the_gid_must_be_right(office: Office) -> None:
    points = office.asana.add_field("Points", to=[office.project])
    office.asana.create(
        office.project, name="a", values={points: 3}, assignee=office.asana.me, tags=[office.asana.add_tag("okr")]
    )
    scope = office.scope("points", project="Launch")
    answers: list[Any] = []

    def keep(body: bytes) -> bytes:
        answers.append(json.loads(body))
        return body

    office.asana.faults.bend_next(1, keep, path=f"/projects/{office.project}/tasks")
    look(office, scope)
    (answer,) = answers

    def read(path: Path, odd: Any) -> None:
        office.asana.faults.bend_next(
            1, lambda _: json.dumps(bent(answer, path, odd)).encode(), path=f"/projects/{office.project}/tasks"
        )
        look(office, scope)

    assert refused(answer, ("data", 0), read) == {("data", 0, "gid")}


def test_of_a_card_of_trello_only_the_id_must_be_right() -> None:
    clock = Clock()
    desk = TrelloSandbox(now=clock)
    with serve(desk) as server:
        place = Place(server.url, desk, clock)
        points = desk.add_field(place.board, "Points", "number")
        desk.create(
            place.done, "a", labels=(desk.add_label(place.board, "okr"),), due=clock(),
            members=[desk.add_member("Mira Okafor", "mira")], values={points: {"value": {"number": "3"}}},
        )  # fmt: skip
        scope = place.scope("points")
        answers: list[Any] = []

        def keep(body: bytes) -> bytes:
            answers.append(json.loads(body))
            return body

        def read_board() -> None:
            for page in place.trello.fetch(scope):
                for item in page.items:
                    assert seen_by(item, scope.fields).key == item.key

        desk.faults.bend_next(1, keep, path=f"/boards/{place.board}")
        read_board()
        (answer,) = answers

        def read(path: Path, odd: Any) -> None:
            desk.faults.bend_next(
                1, lambda _: json.dumps(bent(answer, path, odd)).encode(), path=f"/boards/{place.board}"
            )
            read_board()

        assert refused(answer, ("cards", 0), read) == {("cards", 0, "id")}
        for kind in ("lists", "labels", "customFields", "members"):
            assert refused(answer, (kind, 0), read) == set()
    desk.close()
