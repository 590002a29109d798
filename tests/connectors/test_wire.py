"""The wire: what it repeats, what it never repeats, how long it waits, and what it never says."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
import requests
import responses
from requests import Session

from connectors.allowance import PATIENCE
from connectors.errors import Misconfigured, TryLater, Unexpected
from connectors.wire import SAFE, Counter, open_wire

URL = "https://acme.tool.example/things"


class Naps(list[float]):
    """Stands in for sleep and remembers how long it would have slept."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def wire(naps: Naps, counter: Counter) -> Session:
    return open_wire(hosts=["tool.example"], counter=counter, secrets=["s3cret-token"], sleep=naps, now=lambda: 1000.0)


@responses.activate
def test_a_get_is_repeated_until_it_succeeds(wire: Session, naps: Naps, counter: Counter) -> None:
    for status in (503, 502, 200):
        responses.get(URL, status=status)
    assert wire.get(URL).status_code == 200
    assert counter.take() == {"requests": 3, "throttled": 0, "retried": 2}
    assert len(naps) == 2
    assert 0.25 <= naps[0] <= 0.5 < naps[1] + 0.01 <= 1.01


@responses.activate
def test_four_tries_are_all_there_are(wire: Session, naps: Naps, counter: Counter) -> None:
    responses.get(URL, status=503)
    with pytest.raises(TryLater, match=r"acme\.tool\.example answered 503 after 4 tries") as raised:
        wire.get(URL)
    assert not raised.value.maybe_arrived
    assert not raised.value.is_asked
    assert counter.take()["requests"] == 4
    assert sum(naps) <= PATIENCE


@responses.activate
def test_a_limit_without_a_word_asks_everybody_to_wait(wire: Session) -> None:
    responses.get(URL, status=429)
    with pytest.raises(TryLater, match=r"asked for a pause \(429\) after 4 tries") as raised:
        wire.get(URL)
    assert raised.value.after is None
    assert raised.value.is_asked


@responses.activate
def test_a_write_that_may_have_arrived_is_never_sent_again(wire: Session, counter: Counter) -> None:
    responses.post(URL, status=503)
    with pytest.raises(TryLater) as raised:
        wire.post(URL, json={"text": "hello"})
    assert raised.value.maybe_arrived
    assert counter.take() == {"requests": 1, "throttled": 0, "retried": 0}


@responses.activate
def test_a_write_whose_answer_was_lost_is_never_sent_again(wire: Session, counter: Counter) -> None:
    responses.post(URL, body=requests.exceptions.ReadTimeout("read timed out"))
    with pytest.raises(TryLater) as raised:
        wire.post(URL, json={"text": "hello"})
    assert raised.value.maybe_arrived
    assert counter.take()["requests"] == 1


@responses.activate
def test_a_write_that_was_refused_for_haste_is_sent_again(wire: Session, naps: Naps, counter: Counter) -> None:
    responses.post(URL, status=429, headers={"Retry-After": "2"})
    responses.post(URL, status=200)
    assert wire.post(URL, json={}).status_code == 200
    assert counter.take() == {"requests": 2, "throttled": 1, "retried": 1}
    assert len(naps) == 1
    assert 2.0 <= naps[0] <= 2.3


@responses.activate
def test_a_write_that_never_left_is_sent_again(wire: Session, counter: Counter) -> None:
    responses.post(URL, body=requests.exceptions.ConnectTimeout("no route"))
    responses.post(URL, status=200)
    assert wire.post(URL, json={}).status_code == 200
    assert counter.take()["requests"] == 2


@responses.activate
def test_a_post_that_only_reads_is_repeated_and_its_mark_is_not_sent(wire: Session) -> None:
    responses.post(URL, status=503)
    responses.post(URL, status=200)
    assert wire.post(URL, json={}, headers=SAFE).status_code == 200
    assert len(responses.calls) == 2
    assert all("X-Hub-Safe" not in call.request.headers for call in responses.calls)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "120"}, timedelta(seconds=120)),
        (
            {"Retry-After": "Mon, 02 Nov 2026 09:10:00 GMT", "Date": "Mon, 02 Nov 2026 09:00:00 GMT"},
            timedelta(minutes=10),
        ),
        ({"Retry-After": "Thu, 01 Jan 1970 00:20:00 GMT"}, timedelta(seconds=200)),
    ],
)
@responses.activate
def test_a_long_wait_is_left_to_the_queue(
    wire: Session, naps: Naps, counter: Counter, headers: Mapping[str, str], after: timedelta
) -> None:
    responses.get(URL, status=429, headers=dict(headers))
    with pytest.raises(TryLater) as raised:
        wire.get(URL)
    assert raised.value.after == after
    assert naps == []
    assert counter.take() == {"requests": 1, "throttled": 1, "retried": 0}


@pytest.mark.parametrize("nonsense", ["soon", "-5", "nan", "inf", "9" * 400, ""])
@responses.activate
def test_a_senseless_retry_after_is_ignored(wire: Session, nonsense: str) -> None:
    responses.get(URL, status=429, headers={"Retry-After": nonsense})
    responses.get(URL, status=200)
    assert wire.get(URL).status_code == 200


@responses.activate
def test_an_answer_without_measure_is_not_read_to_its_end(wire: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.wire.LARGEST", 2**20)
    responses.get(URL, body=b"x" * (2**20 + 1))
    with pytest.raises(Unexpected, match="more than 1 MiB"):
        wire.get(URL)


@responses.activate
def test_no_redirect_is_followed(wire: Session) -> None:
    responses.get(URL, status=302, headers={"Location": "https://other.tool.example/"})
    responses.get("https://other.tool.example/", status=200)
    assert wire.get(URL).status_code == 302
    assert len(responses.calls) == 1


@responses.activate
def test_no_cookie_is_kept(wire: Session) -> None:
    responses.get(URL, headers={"Set-Cookie": "session=abc; Path=/"})
    wire.get(URL)
    wire.get(URL)
    assert "Cookie" not in responses.calls[1].request.headers
    assert len(wire.cookies) == 0


@responses.activate
def test_no_password_is_taken_from_netrc(wire: Session, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    netrc = Path(str(tmp_path)) / "netrc"
    netrc.write_text("machine acme.tool.example login ana password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    responses.get(URL)
    wire.get(URL)
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_every_request_has_a_time_limit(wire: Session) -> None:
    responses.get(URL)
    wire.get(URL)
    assert responses.calls[0].request.req_kwargs["timeout"] == (5.0, 30.0)  # type: ignore[attr-defined]


@responses.activate
def test_neither_message_nor_traceback_shows_a_secret_or_a_query(
    wire: Session, caplog: pytest.LogCaptureFixture
) -> None:
    key = "abc" + "def"  # a traceback quotes this file: the whole word must not stand in it
    text = f"HTTPSConnectionPool: Max retries exceeded with url: /things?key={key} (token s3cret-token)"
    responses.get(URL, body=requests.exceptions.ConnectionError(text))
    with caplog.at_level(logging.DEBUG), pytest.raises(TryLater) as raised:
        wire.get(URL, params={"key": key})
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert key not in shown
    assert "s3cret-token" not in shown
    assert isinstance(raised.value.__cause__, requests.exceptions.ConnectionError)


def _refused(**settings: object) -> Callable[[str], str]:
    def ask(url: str) -> str:
        wire = open_wire(hosts=["tool.example"], sleep=lambda _: None, **settings)  # type: ignore[arg-type]
        with pytest.raises(Misconfigured) as raised:
            wire.get(url)
        return str(raised.value)

    return ask


@pytest.mark.parametrize(
    "url",
    [
        "https://tool.example.evil.example/",
        "https://eviltool.example/",
        "https://evil.example/tool.example",
        "https://127.0.0.1/",
        "https://[::1]/",
    ],
)
def test_a_host_that_is_not_listed_is_not_asked(url: str) -> None:
    assert "is not a host this connection may reach" in _refused()(url)


def test_a_password_in_the_address_is_refused() -> None:
    assert "user name" in _refused()("https://ana:pw@tool.example/")


def test_plain_http_is_refused_to_the_open_internet() -> None:
    assert "use https" in _refused()("http://tool.example/")


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(Misconfigured, match="not a network") as raised:
        open_wire(hosts=[], allow_private=["ten dot something"])
    assert raised.value.field == "allow_private"
