"""The wire's signature: tokens that somebody else keeps and renews."""

from __future__ import annotations

import pytest
import responses
from requests import PreparedRequest, Session

from connectors.errors import Unauthorized
from connectors.wire import open_wire

URL = "https://acme.tool.example/things"


class Tokens:
    """Hands out the last of the tokens it has; renewing takes the next."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.refused: list[str] = []

    def token(self) -> str:
        return self._tokens[0]

    def renew(self, refused: str) -> str:
        self.refused.append(refused)
        self._tokens.pop(0)
        if not self._tokens:
            raise Unauthorized("the sign-in was taken back", hint="sign in again")
        return self._tokens[0]


def wire_with(tokens: Tokens) -> Session:
    return open_wire(hosts=["tool.example"], bearer=tokens, sleep=lambda _seconds: None, now=lambda: 1000.0)


def answer_only(good: str) -> None:
    def look(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        return (200 if request.headers.get("Authorization") == f"Bearer {good}" else 401, {}, "{}")

    responses.add_callback(responses.GET, URL, look)
    responses.add_callback(responses.POST, URL, look)


@responses.activate
def test_every_request_is_signed_with_the_token_that_is_good_now() -> None:
    answer_only("first")
    tokens = Tokens("first")
    assert wire_with(tokens).get(URL).status_code == 200
    assert tokens.refused == []


@responses.activate
def test_a_token_that_is_refused_is_renewed_once_and_the_request_sent_again_even_a_write() -> None:
    answer_only("second")
    tokens = Tokens("first", "second")
    assert wire_with(tokens).post(URL, json={"n": 1}).status_code == 200
    assert tokens.refused == ["first"]
    assert [call.request.body for call in responses.calls] == [b'{"n": 1}', b'{"n": 1}']


@responses.activate
def test_a_second_refusal_is_the_answer() -> None:
    answer_only("third")
    tokens = Tokens("first", "second", "third")
    assert wire_with(tokens).get(URL).status_code == 401
    assert tokens.refused == ["first"]


@responses.activate
def test_who_cannot_renew_says_that_a_person_must_sign_in() -> None:
    answer_only("second")
    with pytest.raises(Unauthorized, match="taken back"):
        wire_with(Tokens("first")).get(URL)


@responses.activate
def test_a_request_with_an_authorization_of_its_own_is_left_alone() -> None:
    answer_only("own")
    assert wire_with(Tokens("first")).get(URL, headers={"Authorization": "Bearer own"}).status_code == 200


@responses.activate
def test_the_answer_does_not_hold_the_token() -> None:
    answer_only("first")
    assert "Authorization" not in wire_with(Tokens("first")).get(URL).request.headers
