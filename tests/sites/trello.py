"""Trello sites: two boards that rules read and one that nobody does.

A second reading of what cards hold is here as well: see truth.py.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox.trello import TrelloSandbox
from connectors.sandbox.trello.bodies import CARD_FIELDS
from tests.canaries import canary
from tests.sites.odd import ABSENT, Change, any_odd
from tests.sites.reading import day, instant, is_none, is_same, local_day, number, step
from tests.sites.site import Site
from tests.sites.truth import Ask, Odd, Rule, then

KEY = "0123456789abcdef0123456789abcdef"
LIMIT = date(2026, 11, 16)
PLACES: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("idList",),
    ("idShort",),
    ("shortUrl",),
    ("shortLink",),
    ("dateLastActivity",),
    ("dueComplete",),
    ("due",),
    ("idLabels",),
    ("idLabels", "[0]"),
    ("idMembers",),
    ("idMembers", "[0]"),
    ("badges",),
    ("badges", "checkItems"),
    ("badges", "checkItemsChecked"),
    ("cardRole",),
    ("isTemplate",),
    ("mirrorSourceId",),
    ("customFieldItems",),
    ("customFieldItems", "[0]"),
    ("customFieldItems", "[0]", "value"),
    ("customFieldItems", "[0]", "value", "number"),
    ("customFieldItems", "[0]", "id"),
)
ROLES = {"separator", "board", "mirror", "link"}
LINES = ("-----", "___", "\u2500\u2500\u2500")


# -- reading a card a second time


class _Board:
    """What a board's lists and labels are called, by id."""

    def __init__(self, trello: TrelloSandbox) -> None:
        self._trello = trello

    def list_of(self, raw: Mapping[str, Any]) -> Any:
        id = step(raw, "idList")
        column = self._trello.columns.get(id) if isinstance(id, str) else None
        return Odd() if column is None else column.name

    def state(self, raw: Mapping[str, Any]) -> Any:
        role, template, ticked = step(raw, "cardRole"), step(raw, "isTemplate"), step(raw, "dueComplete")
        if (isinstance(role, str) and role in ROLES) or template is True or _is_line(step(raw, "name")):
            return "dropped"
        if not (is_none(role) or isinstance(role, str)) or not (template is ABSENT or isinstance(template, bool)):
            return Odd()
        if ticked is True:
            return "done"
        column = self.list_of(raw)
        if not isinstance(column, Odd) and is_same(column, "Done"):
            return "done"
        if not isinstance(ticked, bool):
            return Odd()
        return then(column, lambda name: "doing" if is_same(name, "Doing") else "todo")

    def is_done(self, raw: Mapping[str, Any]) -> Any:
        return then(self.state(raw), lambda found: found == "done")

    def is_in(self, word: str) -> Ask:
        return lambda raw: then(self.list_of(raw), lambda found: is_same(found, word))

    def has_label(self, word: str) -> Ask:
        def ask(raw: Mapping[str, Any]) -> Any:
            ids = step(raw, "idLabels")
            if not isinstance(ids, list):
                return Odd()
            known = [self._trello.labels[id] for id in ids if isinstance(id, str) and id in self._trello.labels]
            found = any(is_same(label.name, word) for label in known)
            if all(isinstance(id, str) for id in ids):
                return found if len(known) == len(ids) else Odd(found)
            return Odd(True) if found else Odd()

        return ask


def _is_line(name: Any) -> bool:
    signs = "".join(name.split()) if isinstance(name, str) else ""
    return len(signs) > 2 and all(unicodedata.category(one) in {"Pd", "Pc", "So"} for one in signs)


def number_field(id: str) -> Ask:
    def ask(raw: Mapping[str, Any]) -> Any:
        held = step(raw, "customFieldItems")
        if not isinstance(held, list):
            return Odd()
        found = [one for one in held if step(one, "idCustomField") == id]
        if not found:
            return None if all(isinstance(step(one, "idCustomField"), str) for one in held) else Odd()
        value = step(found[0], "value")
        whole = all(isinstance(step(one, "id"), str) for one in held)
        if is_none(value) or value in ({}, ""):
            return Odd(None)
        if not isinstance(value, dict) or "number" not in value:
            return Odd()
        read = number(value["number"])
        return read if whole or isinstance(read, Odd) else Odd(read)

    return ask


def ticked_lines(raw: Mapping[str, Any]) -> Any:
    badges = step(raw, "badges")
    total, ticked = step(badges, "checkItems"), step(badges, "checkItemsChecked")
    plain = all(isinstance(one, int) and not isinstance(one, bool) for one in (total, ticked))
    if isinstance(badges, dict) and ABSENT in (total, ticked):
        return Odd(number(0 if ticked is ABSENT else ticked))
    return number(ticked) if plain and 0 <= ticked <= total else Odd()


def due_before(limit: date) -> Ask:
    def ask(raw: Mapping[str, Any]) -> Any:
        due = step(raw, "due")
        if due is ABSENT:
            return Odd(False)
        is_day = isinstance(due, str) and len(due) == 10
        return then(day(due) if is_day else instant(due), lambda at: at is not None and local_day(at) < limit)

    return ask


# -- making a site


class _Names:
    """The ids that rules name, the same in every site: what has them is made first, and in one order."""

    def __init__(self, trello: TrelloSandbox) -> None:
        self.payments = trello.add_board("Payments", "To Do", "Doing", "Done")
        self.ops = trello.add_board("Ops", "Ideas", "Doing", "Done")
        self.lab = trello.add_board("Laboratory", "Odd")
        self.effort = trello.add_field(self.payments, "Effort", "number")
        self.other_effort = trello.add_field(self.ops, "Effort", "number")
        self.label = trello.add_label(self.payments, "Checkout")


def rules(trello: TrelloSandbox, names: _Names) -> tuple[Rule, ...]:
    """Return the rules on one connection to such a site. What holds a card is its board."""

    def on(board: str) -> Callable[[Any], bool]:
        return lambda held: bool(held == board)

    board, here, there = _Board(trello), "{board: Payments}", "{board: Ops}"
    payments, ops = on(names.payments), on(names.ops)
    done, effort, lines = "{state: done}", "{sum: {field: Effort}}", "{sum: {field: checklist_done}}"
    state, is_done, label = board.state, board.is_done, board.has_label("Checkout")
    return (
        Rule("done", here, "count", done, payments, state, (is_done,)),
        Rule("effort", here, effort, done, payments, state, (is_done,), number_field(names.effort), "sum"),
        Rule("share", here, "{percent: items}", "", payments, state, (), None, "percent"),
        Rule("doing", here, "count", "{status: Doing}", payments, state, (board.is_in("Doing"),)),
        Rule("labelled", here, "count", "{labels: {has: checkout}}", payments, state, (label,)),
        Rule("overdue", here, "count", "{due: {before: 2026-11-16}}", payments, state, (due_before(LIMIT),)),
        Rule("lines", here, lines, "", payments, state, (), ticked_lines, "sum"),
        Rule("ops", there, "count", done, ops, state, (is_done,)),
        Rule("other-effort", there, effort, "", ops, state, (), number_field(names.other_effort), "sum"),
    )


def trello_site(seed: int, now: Callable[[], datetime]) -> Site:
    """Make a site from a seed."""
    dice = Random(f"trello {seed}")
    trello = TrelloSandbox(now=now, api_key=KEY, token=canary("jira"))
    names = _Names(trello)
    plain = _fill(trello, names, dice)

    def draw() -> list[tuple[str, Any, dict[str, Any]]]:
        bodies = trello.reads.bodies
        return [
            (id, card.board, bodies.card(card, CARD_FIELDS, custom_fields=True)) for id, card in trello.cards.items()
        ]

    def key_of(found: Mapping[str, Any]) -> str | None:
        id = found.get("id")
        return id if isinstance(id, str) and id in trello.cards else None

    def touch(id: str) -> None:
        trello.comment(id, "Looked at")

    site = Site("trello", trello, rules(trello, names), draw, touch, key_of, PLACES)
    for id, card in trello.cards.items():
        odds = 0.9 if card.board == names.lab else 0.35
        if id not in plain and dice.random() < odds:
            for _ in range(dice.choice((1, 1, 2))):
                site.make_odd(id, Change(dice.choice(PLACES), any_odd(dice)))
    site.steps = _steps(trello, names, site, plain)
    return site


def _fill(trello: TrelloSandbox, names: _Names, dice: Random) -> set[str]:
    now, plain = trello.now(), set[str]()
    for board, size in ((names.payments, dice.randint(7, 11)), (names.ops, dice.randint(4, 7)), (names.lab, 3)):
        lists = [one.id for one in trello.columns.values() if one.board == board]
        for at in range(size):
            is_plain = at < 3
            card = trello.create(
                lists[0],
                f"Card {at}" if is_plain or dice.random() < 0.9 else dice.choice(LINES),
                labels=(names.label,) if board == names.payments and (is_plain or dice.random() < 0.5) else (),
                created=now - timedelta(days=40, hours=at),
                due=now + timedelta(hours=dice.randint(-99, 99)) if dice.random() < 0.7 else None,
                members=[trello.me],
            )
            if board != names.lab:
                trello.move(card, lists[at] if is_plain else dice.choice(lists), at=now - timedelta(days=2, hours=at))
                field = names.effort if board == names.payments else names.other_effort
                trello.set_value(card, field, {"value": {"number": str(dice.choice((1, 2, 3.5, 8)))}})
            for line in range(dice.choice((0, 2, 3))):
                trello.add_check_item(card, f"Line {line}", done=dice.random() < 0.5)
            if is_plain:
                plain.add(card)
            elif dice.random() < 0.2:
                trello.edit(card, due_complete=True)
            elif dice.random() < 0.1:
                trello.edit(card, role=dice.choice(sorted(ROLES)))
    return plain


def _steps(trello: TrelloSandbox, names: _Names, site: Site, plain: set[str]) -> tuple[Callable[[Random], str], ...]:
    def update_times(dice: Random) -> str:
        for id in trello.cards:
            site.touch(id)
        return "only the update times moved"

    def one_becomes_odd(dice: Random) -> str:
        id = dice.choice(sorted(set(trello.cards) - plain))
        site.make_odd(id, Change(dice.choice(PLACES), any_odd(dice)))
        site.touch(id)
        return f"{id} became odd"

    def one_is_mended(dice: Random) -> str:
        ids = sorted(id for id, made in site.changes.items() if made)
        if not ids:
            return update_times(dice)
        id = dice.choice(ids)
        site.changes[id] = []
        site.touch(id)
        return f"{id} was mended"

    def one_moves(dice: Random) -> str:
        id = dice.choice(sorted(id for id, one in trello.cards.items() if one.board == names.payments))
        lists = [one.id for one in trello.columns.values() if one.board in {names.payments, names.ops}]
        trello.move(id, dice.choice(lists))
        return f"{id} moved"

    def a_list_is_renamed(dice: Random) -> str:
        trello.edit_list(trello.list_of(names.payments, "To Do"), name="Later")
        return "a list was renamed"

    return (update_times, one_becomes_odd, one_is_mended, one_moves, a_list_is_renamed)
