"""Logs and settings: secrets never reach a log, and data lies where it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.log import logger, set_up_logs
from hub.settings import Settings


def test_a_line_is_key_and_value_with_the_part_of_the_house(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info")
    logger("sync").info("read", items=3)
    logger("sync").debug("not shown")
    said = capsys.readouterr().err
    assert "event='read'" in said
    assert "part='sync' items=3" in said
    assert "not shown" not in said
    assert len(said.splitlines()) == 1


def test_secrets_never_reach_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug")
    logger("wire").warning(
        "asked https://x.test/a?token=hunter2",
        token="hunter2",
        Authorization="Basic hunter2",
        webhook_url="https://hooks.test/hunter2",
        url="https://api.trello.test/1/cards?key=hunter2&token=hunter2",
        settings={"api_key": "hunter2", "base_url": "https://x.test/?a=hunter2"},
        tried=["https://x.test/?t=hunter2"],
    )
    said = capsys.readouterr().err
    assert "hunter2" not in said
    assert "https://api.trello.test/1/cards?[hidden]" in said


def test_the_address_in_a_traceback_is_hidden_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info")
    try:
        raise ValueError("no answer from https://x.test/a?token=hunter2")
    except ValueError:
        logger("wire").exception("failed")
    said = capsys.readouterr().err
    assert "ValueError: no answer from https://x.test/a?[hidden]" in said
    assert "hunter2" not in said


def test_data_lies_in_the_workspace_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OKRHUB_DATA", "OKRHUB_DATABASE_URL", "OKRHUB_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    made = Settings(workspace=tmp_path)
    assert made.data_dir == tmp_path / ".okrhub"
    assert made.database == f"sqlite:///{tmp_path}/.okrhub/hub.db"
    monkeypatch.setenv("OKRHUB_DATA", str(tmp_path / "data"))
    assert Settings(workspace=tmp_path).database == f"sqlite:///{tmp_path}/data/hub.db"
    monkeypatch.setenv("OKRHUB_DATABASE_URL", "postgresql://x/y")
    monkeypatch.setenv("OKRHUB_REDIS_URL", "redis://z")
    assert (Settings().database, Settings().redis) == ("postgresql://x/y", "redis://z")


def test_the_socket_of_a_deep_folder_fits_into_107_bytes(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 12)
    one, other = Settings(workspace=deep), Settings(workspace=tmp_path)
    assert len(one.redis.removeprefix("unix://")) <= 107
    assert one.redis != other.redis
