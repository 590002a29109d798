"""Whatever happens on the boards, in whatever order: after a sweep the reader holds what Trello holds."""

from __future__ import annotations

import random

import pytest

from connectors.errors import Misconfigured
from connectors.shapes import Absence, Scope, Select, WorkItem
from tests.connectors.trello.conftest import Place, Reader
from tests.connectors.trello.world import PICKERS, World

FIELDS = frozenset({"Effort", "Size", "checklist_done", "list"})


def begin(place: Place, seed: int) -> tuple[World, Reader]:
    world = World(place.desk, random.Random(seed))
    world.furnish()
    reader = Reader(place.trello, *(place.trello.resolve(Select(picker=one, fields=FIELDS)) for one in PICKERS))
    for _ in range(25):
        world.touch()
    reader.first()
    return world, reader


def truth(place: Place, scope: Scope) -> dict[str, WorkItem]:
    return {item.key: item for page in place.trello.fetch(scope) for item in page.items}


def agrees(place: Place, reader: Reader, unread: str) -> None:
    for scope in reader.scopes:
        assert reader.held(scope) == truth(place, scope), scope.name
    for key, because in reader.gone.items():
        card = place.desk.cards.get(key)
        assert because in (Absence.DELETED, Absence.HIDDEN)
        # one that was moved out of sight may have been deleted there since, which nobody is told
        assert card is None if because is Absence.DELETED else card is None or card.board == unread


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_a_sweep_ends_with_what_trello_holds(place: Place, seed: int) -> None:
    world, reader = begin(place, seed)
    for _ in range(6):
        rung = []
        for _ in range(world.dice.randrange(9)):
            rung.append(world.touch())
            place.clock.pass_(seconds=world.dice.choice([0, 1, 40]))
        heard = [card for card in rung if card is not None and world.dice.random() < 0.6]  # the others were lost
        heard = world.dice.sample(heard * 2, k=len(heard))  # some came twice, and none in its order
        if world.dice.random() < 0.5:
            reader.look(*heard)
        if world.dice.random() < 0.4:
            reader.sweep(*heard, pages=1)  # the worker was killed after a page
        reader.sweep(*(heard if world.dice.random() < 0.5 else ()))
        agrees(place, reader, world.boards[2])
        place.clock.pass_(minutes=15)


@pytest.mark.parametrize("seed", range(2))
def test_a_board_that_comes_and_goes_ends_with_what_trello_holds(place: Place, seed: int) -> None:
    """Permission is lost and given back: meanwhile what is held stays, and then all is read in full as the hub does."""
    world, reader = begin(place, seed)
    web = place.desk.boards[world.boards[1]]
    for _ in range(5):
        web.hidden = world.dice.random() < 0.5
        before = {scope.key: reader.members[scope.key] for scope in reader.scopes}
        for _ in range(4):
            world.touch()
        if web.hidden:
            with pytest.raises(Misconfigured):
                reader.sweep()
            assert all(reader.members[s.key] == before[s.key] for s in reader.scopes if s.name.startswith("Web"))
            web.hidden = False
            for _ in range(2):
                world.touch()
            reader.first()  # the selections were set aside, and are read anew
        reader.sweep()
        agrees(place, reader, world.boards[2])
        place.clock.pass_(minutes=15)
