"""What an HTTP answer means to whoever asked."""

from __future__ import annotations

import pytest
import responses
from requests import Session

from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.wire import SAFE, answer, open_wire

URL = "https://acme.tool.example/things"


@pytest.fixture
def wire() -> Session:
    return open_wire(hosts=["tool.example"], secrets=["s3cret-token"], sleep=lambda _: None)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Misconfigured),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Gone),
        (410, Gone),
        (418, Unexpected),
        (422, Misconfigured),
        (500, TryLater),
        (302, Unexpected),
    ],
)
@responses.activate
def test_a_status_becomes_the_error_that_says_what_to_do(
    wire: Session, status: int, error: type[ConnectorError]
) -> None:
    responses.get(URL, status=status, json={"errorMessages": ["The value 'X' does not exist."], "errors": {}})
    with pytest.raises(error, match=f"tool: things: {status}"):
        answer(wire.get(URL), what="tool: things")


@responses.activate
def test_the_tools_own_sentence_is_passed_on_without_the_secret(wire: Session) -> None:
    responses.get(
        URL,
        status=400,
        json={"errors": {"jql": "bad s3cret-token at https://x.example/a?sig=abc"}, "errorMessages": []},
    )
    with pytest.raises(Misconfigured) as raised:
        answer(wire.get(URL), what="tool: things")
    assert str(raised.value) == "tool: things: 400: jql: bad [secret] at https://x.example/a?[hidden]"


@responses.activate
def test_a_failed_write_that_answered_500_may_have_arrived(wire: Session) -> None:
    responses.post(URL, status=500)
    with pytest.raises(TryLater) as raised:
        answer(wire.post(URL), what="tool: post")
    assert raised.value.maybe_arrived


@responses.activate
def test_a_failed_question_that_answered_500_has_nothing_to_arrive(wire: Session) -> None:
    responses.post(URL, status=500)
    with pytest.raises(TryLater) as raised:
        answer(wire.post(URL, headers=SAFE), what="tool: ask")
    assert not raised.value.maybe_arrived
