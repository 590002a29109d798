"""The simulated Trello refuses what Trello refuses, in its words, and keeps its limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from connectors.sandbox.trello import TrelloSandbox
from connectors.sandbox.trello.webhooks import Post, sign
from tests.sandbox.conftest import Clock


class Caller:
    """Ask without a network, signed in unless told otherwise."""

    def __init__(self, desk: TrelloSandbox) -> None:
        self.desk, self._client = desk, Client(desk)
        self.board = desk.add_board("Roadmap")
        self.todo, self.done = (desk.list_of(self.board, name) for name in ("To Do", "Done"))

    def __call__(
        self, method: str, path: str, *, signed: str | None = None, body: Any = None, **query: str
    ) -> TestResponse:
        if signed is None:
            signed = f'OAuth oauth_consumer_key="{self.desk.api_key}", oauth_token="{self.desk.token}"'
        headers = {"Authorization": signed} if signed else {}
        return self._client.open(f"/1{path}", method=method, query_string=query, headers=headers, json=body)

    def says(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        answer = self(method, path, **more)
        return answer.status_code, answer.text


@pytest.fixture
def call(clock: Clock) -> Iterator[Caller]:
    desk = TrelloSandbox(now=clock, send=lambda *_: 200)
    yield Caller(desk)
    desk.close()


def test_refusals_are_a_few_words_of_plain_text(call: Caller) -> None:
    assert call.says("GET", "/boards/7") == (400, "invalid id")
    assert call.says("GET", "/boards/7", signed="") == (400, "invalid id")  # looked at before the sign-in is
    assert call.says("GET", f"/boards/{call.board}", signed="") == (401, "invalid key")
    wrong = f'OAuth oauth_consumer_key="{call.desk.api_key}", oauth_token="x"'
    assert call.says("GET", f"/boards/{call.board}", signed=wrong) == (401, "invalid token")
    assert call.says("GET", "/boards/66f0a1b2c3d4e5f600000001") == (404, "The requested resource was not found.")
    assert call.says("GET", f"/boards/{call.board}", fields="nonsense") == (400, "invalid value for fields")
    assert call.says("GET", f"/boards/{call.board}/cards/all", limit="1001") == (400, "invalid value for limit")
    assert call.says("GET", f"/boards/{call.board}/cards/some") == (400, "invalid value for filter")
    assert call.says("GET", "/boards")[0] == 404
    assert call("GET", f"/boards/{call.board}", signed="").headers["Content-Type"].startswith("text/plain")


def test_what_is_out_of_sight_is_401_and_what_is_deleted_404(call: Caller) -> None:
    card = call.desk.create(call.todo, "a card")
    call.desk.boards[call.board].hidden = True
    assert call.says("GET", f"/boards/{call.board}") == (401, "unauthorized permission requested")
    assert call.says("GET", f"/cards/{card}") == (401, "unauthorized card permission requested")
    call.desk.boards[call.board].hidden = False
    call.desk.delete(card)
    assert call.says("GET", f"/cards/{card}")[0] == 404
    assert call("GET", "/members/me/boards").get_json() != []


def test_a_page_has_a_thousand_cards_at_most_newest_first_and_goes_on_before_the_oldest(
    call: Caller, clock: Clock
) -> None:
    ids = [
        call.desk.create(call.todo, f"card {number}", created=clock() - timedelta(minutes=number))
        for number in range(1500)
    ]
    first = call("GET", f"/boards/{call.board}/cards/all", fields="name", limit="1000").get_json()
    assert [one["id"] for one in first] == ids[:1000]
    same = call.desk.create(call.todo, "same second", created=clock() - timedelta(minutes=999))
    assert same not in {one["id"] for one in call("GET", f"/boards/{call.board}/cards/all", before=ids[999]).get_json()}
    call.desk.delete(same)
    rest = call(
        "GET", f"/boards/{call.board}/cards/all", fields="name", limit="1000", before=first[-1]["id"]
    ).get_json()
    assert [one["id"] for one in rest] == ids[1000:]
    assert set(first[0]) == {"id", "name"}
    nested = call("GET", f"/boards/{call.board}", cards="all", card_fields="name").get_json()
    assert len(nested["cards"]) == 1000


def test_visible_cards_are_open_ones_in_open_lists(call: Caller) -> None:
    seen, archived, covered = (
        call.desk.create(at, name) for at, name in ((call.todo, "s"), (call.todo, "a"), (call.done, "c"))
    )
    call.desk.edit(archived, closed=True)
    call.desk.edit_list(call.done, closed=True)

    def listed(which: str) -> set[str]:
        return {one["id"] for one in call("GET", f"/boards/{call.board}/cards/{which}").get_json()}

    assert listed("visible") == {seen}
    assert listed("open") == {seen, covered}
    assert listed("closed") == {archived}
    assert listed("all") == {seen, archived, covered}


def test_actions_leave_out_what_trello_leaves_out(call: Caller) -> None:
    okr = call.desk.add_label(call.board, "okr")
    card = call.desk.create(call.todo, "a card")
    call.desk.label(card, okr)
    call.desk.add_check_item(card, "a line")
    call.desk.tick(card)
    call.desk.move(card, call.done)
    kinds = [one["type"] for one in call("GET", f"/boards/{call.board}/actions", limit="1000").get_json()]
    assert kinds == ["updateCard", "updateCheckItemStateOnCard", "createCard", "createList", "createList", "createList"]
    moved = call("GET", f"/cards/{card}/actions", filter="updateCard:idList").get_json()
    assert [one["data"]["listAfter"]["name"] for one in moved] == ["Done"]
    assert call("GET", f"/cards/{card}/actions", filter="updateCard:closed").get_json() == []
    call.desk.delete(card)
    assert call("GET", f"/boards/{call.board}/actions").get_json()[0]["type"] == "deleteCard"


def test_a_batch_has_ten_reads_at_most_each_with_its_own_answer(call: Caller) -> None:
    paths = [f"/boards/{call.board}?fields=name%2Cclosed", "/boards/66f0a1b2c3d4e5f600000001"]
    answered = call("GET", "/batch", urls=",".join(paths)).get_json()
    assert answered == [
        {"200": {"id": call.board, "name": "Roadmap", "closed": False}},
        {"name": "Error", "message": "The requested resource was not found.", "statusCode": 404},
    ]
    assert call.says("GET", "/batch", urls=",".join([paths[0]] * 11)) == (400, "invalid value for urls")
    # a comma that was not escaped parts a path in two
    assert call.says("GET", "/batch", urls=f"/boards/{call.board}?fields=name,closed")[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"value": {"number": 3}},
        {"value": {"text": "3"}},
        {"value": {"number": "three"}},
        {"number": "3"},
        {"idValue": "x"},
    ],
)
def test_a_custom_field_takes_text_of_its_kind_alone(call: Caller, body: Any) -> None:
    effort = call.desk.add_field(call.board, "Effort", "number")
    card = call.desk.create(call.todo, "a card")
    path = f"/cards/{card}/customField/{effort}/item"
    assert call.says("PUT", path, body=body) == (400, "Invalid custom field item value.")
    assert call("PUT", path, body={"value": {"number": "3"}}).status_code == 200
    assert call.desk.cards[card].values == {effort: {"value": {"number": "3"}}}
    call("PUT", path, body={"value": ""})
    assert call.desk.cards[card].values == {}


def test_limits_are_kept_when_switched_on_and_told_in_headers_always(call: Caller, clock: Clock) -> None:
    answers = [call("GET", "/members/me/boards") for _ in range(3)]
    assert answers[-1].headers["x-rate-limit-api-token-max"] == "100"
    assert answers[-1].headers["x-rate-limit-api-token-remaining"] == "97"
    assert answers[-1].headers["x-rate-limit-api-key-remaining"] == "297"
    clock.pass_(seconds=10)
    call.desk.quotas.enforced = True
    path = f"/boards/{call.board}"
    assert [call("GET", path).status_code for _ in range(102)] == [200] * 100 + [429] * 2
    refused = call("GET", path)
    assert json.loads(refused.text)["error"] == "API_TOKEN_LIMIT_EXCEEDED"
    assert "Retry-After" not in refused.headers
    clock.pass_(seconds=10)
    assert call("GET", path).status_code == 200


def test_members_cost_more_than_boards(call: Caller, clock: Clock) -> None:
    call.desk.quotas.enforced = True
    for _ in range(2):
        for _ in range(50):
            assert call("GET", "/members/me").status_code == 200
        clock.pass_(seconds=10)
    assert json.loads(call("GET", "/members/me").text)["error"] == "MEMBER_LIMIT_EXCEEDED"
    assert call("GET", f"/boards/{call.board}").status_code == 200
    clock.pass_(seconds=900)
    assert call("GET", "/members/me").status_code == 200


def test_a_webhook_is_probed_and_not_registered_twice(call: Caller) -> None:
    url = "https://hub.example/hooks/trello"
    asked = {"callbackURL": url, "idModel": call.board}
    call.desk.post.send = lambda *_: 404
    status, text = call.says("POST", "/webhooks/", **asked)
    assert (status, json.loads(text)) == (
        400, {"message": f"URL ({url}) did not return 200 status code, got 404", "error": "ERROR"},
    )  # fmt: skip
    call.desk.post.send = lambda *_: 200
    made = call("POST", "/webhooks/", **asked).get_json()
    assert (made["callbackURL"], made["active"]) == (url, True)
    assert "already exists" in call.says("POST", "/webhooks/", **asked)[1]
    assert call("GET", f"/webhooks/{made['id']}").get_json() == made
    assert call("DELETE", f"/webhooks/{made['id']}").status_code == 200
    assert call.says("GET", f"/webhooks/{made['id']}")[0] == 404


def test_a_delivery_is_signed_repeated_three_times_and_a_410_ends_it(call: Caller) -> None:
    came: list[tuple[str, bytes, str]] = []
    statuses = [200, 500, 500, 200, 410]

    def send(method: str, url: str, body: bytes, headers: Any) -> int:
        came.append((method, body, headers.get("X-Trello-Webhook", "")))
        return statuses[len(came) - 1]

    call.desk.post = call.desk.writes.post = Post("trello-app-secret", send=send, waits=(0, 0, 0))
    url = "https://hub.example/hooks/trello"
    call("POST", "/webhooks/", callbackURL=url, idModel=call.board)
    card = call.desk.create(call.todo, "a card")
    assert call.desk.post.drain()
    assert [method for method, _, _ in came] == ["HEAD", "POST", "POST", "POST"]
    assert {one[2] for one in came[1:]} == {sign("trello-app-secret", came[1][1], url)}
    action = json.loads(came[1][1])["action"]
    assert (action["type"], action["data"]["card"]["id"]) == ("createCard", card)
    call.desk.edit(card, name="renamed")
    assert call.desk.post.drain()
    assert call.desk.post.hooks == {}
    call.desk.post.close()


def test_a_bearer_token_does_what_its_scopes_say_and_goes_in_no_address(call: Caller) -> None:
    call.desk.scopes_of = lambda request: (
        frozenset({"read:board:trello"}) if request.headers["Authorization"] == "Bearer good" else None
    )
    path = f"/boards/{call.board}"
    assert call("GET", path, signed="Bearer good").status_code == 200
    assert call.says("GET", path, signed="Bearer bad") == (401, "invalid token")
    assert call.says("GET", path, signed="Bearer good", key="k", token="t") == (401, "invalid key")
    assert "missing scopes" in call.says("GET", "/members/me", signed="Bearer good")[1]
    assert "missing scopes" in call.says("POST", f"/cards/{call.board}/actions/comments", signed="Bearer good")[1]
