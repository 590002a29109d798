"""Lines of the log: one a line whoever wrote it, with an id that comes from the door, and no secret in any form."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from hub import request_id
from hub.log import hide, logger, set_up_logs

SECRET = "canary/with=odd&signs:7Qx"


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """Leave the logging of the whole process as it was."""
    log = logging.getLogger()
    before, level = list(log.handlers), log.level
    yield
    log.handlers[:] = before
    log.setLevel(level)


def test_a_known_secret_is_hidden_wherever_it_stands_and_in_whatever_form(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", secrets=[SECRET])
    for text in (
        f"the tool said {SECRET}!",
        "https://x.test/canary%2Fwith%3Dodd%26signs%3A7Qx/a",
        base64.b64encode(f"me@x.test:{SECRET}".encode()).decode(),
        base64.b64encode(f"m@x.test:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"me@xx.test:{SECRET}---".encode()).decode(),
    ):
        logger("wire").info(text, also={"deep": [text]}, odd=ValueError(text))
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 5
    for trace in ("canary", "odd", "7Qx", base64.b64encode(SECRET.encode()).decode()[4:20]):
        assert trace not in said.replace("odd=", "")


def test_what_a_library_logs_is_redacted_and_cannot_begin_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", secrets=[SECRET])
    logging.getLogger("rq.worker").error("job failed with %s\nlevel='info' event='all is well'", SECRET)
    try:
        raise RuntimeError(f"refused {SECRET}")
    except RuntimeError:
        logging.getLogger("sqlalchemy.pool").exception("no connection")
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2
    assert "part='rq.worker'" in said
    assert "RuntimeError: refused [secret]" in said
    assert SECRET not in said


def test_a_traceback_holds_no_value_of_a_variable(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", as_json=True)

    def fail(inner: str) -> None:
        raise ValueError("no")

    try:
        fail("a-value-nobody-" + "may-read")
    except ValueError:
        logger("web").exception("failed")
    line = json.loads(capsys.readouterr().err)
    assert "ValueError: no" in line["exception"]
    assert "a-value-nobody-may-read" not in json.dumps(line)


def test_a_json_line_is_one_object_with_the_id_that_is_carried(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", as_json=True)
    with request_id.carry("from-the-door-1"):
        logger("web").info("one\nline", items=3)
        logging.getLogger("rq.worker").warning("two")
    logger("web").info("three")
    one, two, three = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (one["event"], one["items"], one["request_id"]) == ("one\nline", 3, "from-the-door-1")
    assert (two["event"], two["part"], two["request_id"]) == ("two", "rq.worker", "from-the-door-1")
    assert "request_id" not in three


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "with space 1", "line\nbreak12", "ünïcode-12", None, 7, {}])
def test_an_id_from_outside_that_is_none_is_replaced(given: object) -> None:
    assert request_id.accept(given) != given
    assert request_id.WELL_FORMED.fullmatch(request_id.accept(given))


def test_a_secret_learned_later_is_hidden_from_then_on(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info")
    hide(["learned-later-8k2"])
    logger("x").info("said learned-later-8k2")
    assert "learned-later-8k2" not in capsys.readouterr().err


def test_nothing_is_carried_before_and_after() -> None:
    with capture_logs():
        assert request_id.current() == ""
        with request_id.carry("inside-1234"):
            assert request_id.current() == "inside-1234"
        assert request_id.current() == ""
