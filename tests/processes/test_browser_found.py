"""Which Chromium the browser tests start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.chromium import NoBrowser, find_browser

LOCK = Path(chromium.__file__).parent / "package-lock.json"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a browser, on a machine whose PATH has none."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_the_machines_own_browser_comes_first(nowhere: Path) -> None:
    mine = nowhere / "bin" / "chromium-browser"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    (nowhere / "chromium").write_text("")
    assert find_browser(nowhere).path == str(mine)


def test_the_installed_browser_starts_with_its_own_libraries_and_fonts(nowhere: Path) -> None:
    (nowhere / "chromium").write_text("")
    found = find_browser(nowhere)
    assert found.path == str(nowhere / "chromium")
    assert found.environ["LD_LIBRARY_PATH"].split(":")[0] == str(nowhere / "lib")
    assert found.environ["FONTCONFIG_FILE"] == str(nowhere / "fonts.conf")


@pytest.mark.parametrize(("can", "says"), [(True, "make browser"), (False, "Debian: chromium")])
def test_where_there_is_none_the_sentence_says_what_to_do(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, can: bool, says: str
) -> None:
    monkeypatch.setattr(chromium, "CAN_INSTALL", can)
    with pytest.raises(NoBrowser, match=says):
        find_browser(nowhere)


def test_the_lock_file_holds_every_package_by_its_hash_and_no_address() -> None:
    locked = LOCK.read_text(encoding="utf-8")
    packages = locked.count('"node_modules/')
    assert packages > 0
    assert locked.count('"integrity": "sha512-') == packages
    assert "://" not in locked
