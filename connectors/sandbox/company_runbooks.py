"""Platform's runbooks on a Trello board: one card a service, written, and now and then out of date."""

from __future__ import annotations

from random import Random

from connectors.sandbox import company_words as words
from connectors.sandbox.company_life import Life
from connectors.sandbox.company_sites import OnceChange
from connectors.sandbox.trello import TrelloSandbox
from connectors.sandbox.trello.things import Card, CheckItem

BOARD, TO_WRITE, WRITING, DONE = "Runbooks v2", "To write", "Writing", "Done ✅"
LINE = "———"
OUT_OF_DATE, STALE = "out of date", 2  # a label, and on how many cards it is
LINES = ("Alarms and what they mean", "How to restart it", "Whom to call")


def found_runbooks(trello: TrelloSandbox, life: Life) -> None:
    """Fill an empty Trello with the board, as far as the quarter has come."""
    people = [trello.add_member(name, name.split()[0].lower()) for name in words.PEOPLE["PLA"]]
    board = trello.add_board(BOARD, TO_WRITE, WRITING, DONE)
    lists = {name: trello.list_of(board, name) for name in (TO_WRITE, WRITING, DONE)}
    label = trello.add_label(board, OUT_OF_DATE, "red")
    trello.add_label(board, "night shift", "blue")
    ends = life.finish_dates(life.done_by(len(words.SERVICES), 0.57))
    for number, service in enumerate(words.SERVICES):
        born, finished = life.span(life.random.uniform(-0.2, 0.1), next(ends))
        begun = number % 3 == 0
        card = trello.create(
            lists[TO_WRITE],
            f"Runbook v2 for {service}",
            created=born,
            members=[people[number % len(people)]],
            labels=(label,) if number < STALE else (),
            check_items=[
                CheckItem(trello.new_id(born), line, finished is not None or (begun and line == LINES[0]))
                for line in LINES
            ],
        )
        if finished is not None:
            trello.move(card, lists[WRITING], at=born + (finished - born) / 2)
            trello.move(card, lists[DONE], at=finished)
        elif begun:
            trello.move(card, lists[WRITING], at=born + (life.now - born) / 2)

    # what a board shows among the cards, and what is no runbook: a line, and a card to copy from
    trello.create(lists[TO_WRITE], LINE, created=life.start)
    trello.create(lists[WRITING], "Runbook v2 for ...", created=life.start, labels=(label,), is_template=True)


def cards_in(trello: TrelloSandbox, *lists: str) -> list[Card]:
    """Return the runbooks of the board that are not archived, or of these lists of it."""
    with trello.lock:
        return [
            card
            for card in trello.cards.values()
            if not (card.closed or card.is_template or card.name == LINE)
            and (not lists or trello.columns[card.column].name in lists)
        ]


def _label(trello: TrelloSandbox) -> str:
    return next(one.id for one in trello.labels.values() if one.name == OUT_OF_DATE)


def _move(trello: TrelloSandbox, card: Card, name: str) -> None:
    trello.move(card.id, trello.list_of(card.board, name))


def mark_third(trello: TrelloSandbox) -> OnceChange:
    """Mark the runbook that is one too many: whatever the day, two are out of date, and fewer than three should be."""
    label = _label(trello)
    card = next(one for one in cards_in(trello, DONE) if label not in one.labels)
    return OnceChange(
        f"{card.name} is out of date, the third one",
        lambda: trello.label(card.id, label),
        "fleets-stay-up/runbooks-out-of-date",
        "on_track",
        "off_track",
    )


# -- what goes on while somebody watches


def write_runbook(trello: TrelloSandbox, random: Random) -> OnceChange:
    """Finish a runbook, begin one, or have one written for a new service."""
    writing, waiting = cards_in(trello, WRITING), cards_in(trello, TO_WRITE)
    if writing and (not waiting or random.random() < 0.6):
        card = random.choice(writing)
        return OnceChange(f"{card.name} is done", lambda: _move(trello, card, DONE))
    if waiting:
        begun = random.choice(waiting)
        return OnceChange(f"{begun.name} is begun", lambda: _move(trello, begun, WRITING))
    again = random.choice(cards_in(trello, DONE))
    return OnceChange(f"{again.name} is taken up again", lambda: _move(trello, again, WRITING))


def age_runbook(trello: TrelloSandbox, random: Random) -> OnceChange:
    """Find that a runbook is out of date, or bring one up to date; one always is.

    A selection that holds nothing any more is suspect to the hub, and rightly: the value would stand still.
    """
    label, done = _label(trello), cards_in(trello, DONE)
    stale = [card for card in cards_in(trello) if label in card.labels]
    fresh = [card for card in done if label not in card.labels]
    if fresh and (len(stale) < 2 or (len(stale) < 4 and random.random() < 0.5)):
        card = random.choice(fresh)
        return OnceChange(f"{card.name} is out of date", lambda: trello.label(card.id, label))
    updated = random.choice(stale)
    return OnceChange(f"{updated.name} is brought up to date", lambda: trello.label(updated.id, label, on=False))
