"""Every request the connector sends, and every answer of the simulated Trello, against the vendor's description.

Where a copy of it is at hand. It is older than OAuth 2.0 and lists no nested parameters: those are taken from
https://developer.atlassian.com/cloud/trello/guides/rest-api/nested-resources/ and named here one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import jsonschema
import pytest

from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from tests.connectors.trello.conftest import Clock, Place, Reader
from tests.connectors.trello.test_notes import NOTE

SPECIFICATION = Path(__file__).parents[4] / "shared/specs/trello-v3.json"
pytestmark = pytest.mark.skipif(not SPECIFICATION.is_file(), reason="no copy of the specification beside the project")

_CARDS = {"fields", "limit", "before", "customFieldItems"}
NESTED: Mapping[str, frozenset[str]] = {
    "GET /boards/{id}": frozenset(
        {"list_fields", "labels_limit", "member_fields", "card_fields", "card_customFieldItems"}
    ),
    "GET /boards/{id}/cards/{filter}": frozenset(_CARDS),
    "GET /cards/{id}/actions": frozenset({"fields", "memberCreator"}),
    "GET /cards/{id}": frozenset({"list_fields"}),
}
SHORT_LINK = re.compile(r"[0-9A-Za-z]{8}")  # taken wherever a board's or card's id is, as the guides say


class Recorder:
    """Stands between the server and the sandbox, and keeps what went through."""

    def __init__(self, app: TrelloSandbox) -> None:
        self.app = app
        self.seen: list[tuple[str, str, str, bytes, str, bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        said: list[str] = []

        def start(status: str, headers: Any, *more: Any) -> None:
            said.append(status)
            start_response(status, headers, *more)

        answer = b"".join(self.app(environ, start))
        self.seen.append(
            (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body, said[0][:3], answer)
        )
        return [answer]

    def exchanges(self) -> Iterator[tuple[str, str, dict[str, str], bytes, str, Any]]:
        """Yield what was asked and answered; a batch is each of its parts as well."""
        for method, path, query, body, status, answer in self.seen:
            asked = dict(parse_qsl(query))
            drawn = json.loads(answer) if answer[:1] in (b"{", b"[") else None
            yield method, path.removeprefix("/1"), asked, body, status, drawn
            if path == "/1/batch":
                for one, part in zip(asked["urls"].split(","), drawn, strict=True):
                    inner, _, more = one.partition("?")
                    yield "GET", unquote(inner), dict(parse_qsl(more)), b"", next(iter(part)), part.get("200")


def _nullable(schema: Any) -> Any:
    """Say in JSON Schema what OpenAPI says with `nullable`."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    drawn = {name: _nullable(value) for name, value in schema.items()}
    return {"anyOf": [{"type": "null"}, drawn]} if schema.get("nullable") is True else drawn


@pytest.fixture(scope="module")
def specification() -> Any:
    drawn = _nullable(json.loads(SPECIFICATION.read_text()))
    # it says that a card's `labels` are ids, which stand in `idLabels`: these are whole, as the guide to objects says
    labels = drawn["components"]["schemas"]["Card"]["properties"]["labels"]["items"]
    labels["oneOf"].append({"$ref": "#/components/schemas/Label"})
    return drawn


def _operation(specification: Any, method: str, path: str) -> tuple[str, Any, dict[str, str]]:
    """Find what the specification says of a request: the template with the fewest parameters that fits."""
    fits = []
    for template, operations in specification["paths"].items():
        names = re.findall(r"\{(\w+)\}", template)
        pattern = "".join(
            "([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", template)
        )
        match = re.fullmatch(pattern, path)
        if match and method.lower() in operations:
            fits.append((len(names), template, operations, dict(zip(names, match.groups(), strict=True))))
    assert fits, f"{method} {path} is in no specification"
    _, template, operations, values = min(fits, key=lambda one: one[0])
    return template, operations, values


def _tour(place: Place) -> None:
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
    for _ in range(1000):
        desk.create(place.todo, "one of many")
    reader.sweep()


def test_requests_and_answers_are_what_trello_publishes(specification: Any) -> None:
    clock = Clock()
    desk = TrelloSandbox(now=clock)
    recorder = Recorder(desk)
    with serve(recorder) as server:
        _tour(Place(server.url, desk, clock))
    components = {"components": specification["components"]}
    requests = answers = without = 0
    operations: set[str] = set()
    for method, path, asked, body, status, drawn in recorder.exchanges():
        template, all_, values = _operation(specification, method, path)
        described = all_[method.lower()]
        operations.add(f"{method} {template}")
        parameters = [*described.get("parameters", []), *all_.get("parameters", [])]
        known = {one["name"] for one in parameters if one.get("in") == "query"}
        unknown = set(asked) - known - NESTED.get(f"{method} {template}", frozenset())
        assert not unknown, f"{method} {template} has no {sorted(unknown)}"
        needed = {one["name"] for one in parameters if one.get("in") == "query" and one.get("required")}
        assert needed <= set(asked), f"{method} {template} needs {sorted(needed - set(asked))}"
        for one in parameters:
            if (
                one.get("in") == "path"
                and not SHORT_LINK.fullmatch(values[one["name"]])
                and values[one["name"]] != "me"
            ):
                jsonschema.Draft4Validator({**one["schema"], **components}).validate(values[one["name"]])
        if body:
            wanted = described["requestBody"]["content"]["application/json"]["schema"]
            # its alternatives demand nothing, so that no option could ever be set if just one of them had to fit
            wanted = {"anyOf": wanted["oneOf"]} if "oneOf" in wanted else wanted
            jsonschema.Draft4Validator({**wanted, **components}).validate(json.loads(body))
        else:
            assert "requestBody" not in described
        requests += 1
        if status != "200":
            continue
        schema = described["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
        if schema:
            # of an attachment that was made it says a list, and clients everywhere read one object
            is_one = (method, template) == ("POST", "/cards/{id}/attachments")
            jsonschema.Draft4Validator({**schema, **components}).validate([drawn] if is_one else drawn)
            answers += 1
        else:
            without += 1
    print(  # noqa: T201  (the counts are to be seen)
        f"Trello: {requests} requests of {len(operations)} operations checked, {answers} answers checked, "
        f"{without} answers have no published schema"
    )
    assert {
        "GET /members/{id}", "GET /members/{id}/boards", "GET /members/{id}/tokens", "GET /boards/{id}",
        "GET /boards/{id}/cards/{filter}", "GET /boards/{boardId}/actions", "GET /boards/{id}/customFields",
        "GET /batch", "GET /cards/{id}", "GET /cards/{id}/actions", "GET /cards/{id}/attachments",
        "POST /cards/{id}/attachments",
        "DELETE /cards/{id}/attachments/{idAttachment}", "POST /cards/{id}/actions/comments", "PUT /actions/{id}",
        "PUT /cards/{idCard}/customField/{idCustomField}/item", "POST /webhooks/", "GET /webhooks/{id}",
        "DELETE /webhooks/{id}",
    } == operations  # fmt: skip
    assert answers > 30
