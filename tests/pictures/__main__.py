"""make pictures: the demo's pages as people see them, light and dark, desktop and phone, into docs/pictures."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from connectors.sandbox.company import changes_for_once
from hub.demo.stage import Stage, is_all_read, is_listening, is_quiet, open_stage, read_at_next_tick, wait_until
from hub.model.kinds import Status
from hub.store import key_results
from tests.browser.chromium import launch

ROOT = Path(__file__).parents[2]
PAGES = {
    "overview": "/",
    "key-result": "/key-results/pay-first-time/merchants-live",
    "wall": "/channels",
}
BATCHES = ("PAY-10", "PAY-11")  # go live while the hub looks on, so that the key result moves
DESKTOP, PHONE = 1280, 390
# Without a desktop's settings Chromium asks for the font of system-ui by one of these names.
SYSTEM_FONT = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <match target="pattern">
    <test name="family" qual="any"><string>system-ui</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit>
  </match>
  <match target="pattern">
    <test name="family" qual="any"><string>sans</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit>
  </match>
  <match target="pattern">
    <test name="family" qual="any"><string>sans-serif</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit>
  </match>
</fontconfig>
"""


def main(folder: Path) -> int:
    """Bring the demo up, make its six changes, and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_stage(port=0, say=lambda line: None, quiet=True) as stage:
        _bring_to_life(stage)
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
            browser = launch(playwright, environ=_system_font(Path(scratch)))
            for scheme in ("light", "dark"):
                for name, path in PAGES.items():
                    _take(browser, stage.public_url + path, folder / f"{name}-{scheme}.png", scheme, DESKTOP)
                    _take(browser, stage.public_url + path, folder / f"{name}-phone-{scheme}.png", scheme, PHONE)
            browser.close()
    return 0


def _system_font(scratch: Path) -> dict[str, str]:
    """Return the environment in which system-ui is Inter, as on a desktop with a designed font; empty without Inter."""
    lister = shutil.which("fc-list")
    if lister is None or not subprocess.run([lister, "Inter"], capture_output=True, check=True).stdout.strip():
        return {}
    rules = scratch / "fonts.conf"
    rules.write_text(SYSTEM_FONT)
    return {"FONTCONFIG_FILE": str(rules)}


def _bring_to_life(stage: Stage) -> None:
    wait_until(lambda: is_all_read(stage.store), 60, stage.supervisor, lambda: "not everything was read")
    wait_until(lambda: is_listening(stage.store), 30, stage.supervisor, lambda: "the webhooks were not registered")
    stage.tools.ring_at(stage.public_url)
    for change in changes_for_once(stage.tools.sites):
        change.apply()
    for batch in BATCHES:
        stage.tools.jira.transition(batch, "Done")
    read_at_next_tick(stage.store)
    stage.tools.sites.drain(30)
    wait_until(
        lambda: is_quiet(stage.store) and len(stage.tools.slack.posts) >= 7 and _has_moved(stage),
        60,
        stage.supervisor,
        lambda: "not everything was told",
    )


def _has_moved(stage: Stage) -> bool:
    """Whether the batches that went live are counted."""
    with stage.store.read() as tx:
        one = key_results.key_result_by_key(tx, PAGES["key-result"].removeprefix("/key-results/"))
    return one is not None and one.standing.status is Status.ON_TRACK


def _take(browser: Browser, address: str, path: Path, scheme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=str(path), full_page=True)
    context.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"))
