"""One round through all that the connector can ask: what it sends is judged with the rest of the suite's exchanges."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from connectors.sandbox.faults import Asked
from tests.connectors.trello.conftest import Place, Reader
from tests.connectors.trello.test_notes import NOTE

OPERATIONS = {
    "GET /members/me", "GET /members/me/boards", "GET /members/me/tokens", "GET /boards/*", "GET /boards/*/cards/all",
    "GET /boards/*/actions", "GET /boards/*/customFields", "GET /batch", "GET /cards/*", "GET /cards/*/actions",
    "GET /cards/*/attachments", "POST /cards/*/attachments", "DELETE /cards/*/attachments/*",
    "POST /cards/*/actions/comments", "PUT /actions/*", "PUT /cards/*/customField/*/item", "POST /webhooks/",
    "GET /webhooks/*", "DELETE /webhooks/*",
}  # fmt: skip


def _tour(place: Place, page: int) -> None:
    """Have the connector send every request it can."""
    desk = place.desk
    desk.post.send = lambda *_: 200
    effort = desk.add_field(place.board, "Effort", "number")
    size = desk.add_field(place.board, "Size", "list", "S", "At risk")
    okr = desk.add_label(place.board, "okr")
    due = datetime(2026, 12, 1, tzinfo=UTC)
    cards = [desk.create(place.done, f"card {number}", labels=(okr,), due=due) for number in range(60)]
    for card in cards:
        desk.set_value(card, effort, {"value": {"number": "2"}})
    desk.add_check_item(cards[0], "a line")
    place.trello.check()
    list(place.trello.scopes())
    short = desk.boards[place.board].short_link
    reader = Reader(place.trello, place.scope("Effort", "Size", label="okr"), place.scope(board=short))
    reader.first()
    desk.move(cards[1], place.todo)
    desk.edit(cards[2], name="renamed")
    desk.delete(cards[3])
    reader.sweep()
    reader.look(cards[4])
    list(place.trello.histories(cards[:2]))
    (board,) = place.trello.wants(reader.scopes)
    made = place.trello.subscribe(board, "https://hub.example/hooks/trello", "")
    place.trello.subscribe(board, "https://hub.example/hooks/trello", "")
    place.trello.renew(made)
    place.trello.unsubscribe(made)
    note = replace(NOTE, target=desk.cards[cards[5]].short_link)
    for one in (
        note, replace(note, text="On track"), replace(note, by="link"), replace(note, by="link", text="On track"),
        replace(note, by="field", field="Effort"), replace(note, by="field", field=size),
    ):  # fmt: skip
        place.trello.write(one)
    for _ in range(page):
        desk.create(place.todo, "one of many")
    reader.sweep()


def _operations(asked: Asked) -> set[str]:
    """Name what a request is, without its ids; a batch is each of its parts as well."""
    address = urlsplit(asked.path.removeprefix("/1"))
    paths = [(asked.method, address.path)]
    if address.path == "/batch":
        (listed,) = parse_qs(address.query)["urls"]
        paths += [("GET", unquote(one.partition("?")[0])) for one in listed.split(",")]
    return {f"{method} {re.sub('/(?=[^/]*[0-9])[0-9A-Za-z]{8,24}', '/*', path)}" for method, path in paths}


def test_every_kind_of_request_that_the_connector_makes_is_made_once(place: Place, small_pages: int) -> None:
    _tour(place, small_pages)
    made = {name for asked in place.desk.requests for name in _operations(asked)}
    assert made == OPERATIONS
    assert {asked.status for asked in place.desk.requests} == {200, 400}  # one webhook was there already
