"""The pages in a real browser: nothing complains, nothing leaves the machine, nothing sticks out of a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from connectors.sandbox.server import serve
from hub.model.kinds import Origin
from hub.model.rights import Role
from hub.record import Reading, record
from hub.store import Store, key_results
from tests.people.house import GOOD, join
from tests.web.browsing import next_page, opened
from tests.web.company import INES, NOW

pytestmark = pytest.mark.browser
on_sqlite = pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # what is drawn is the same on either database

PATHS = [
    "/",
    "/?status=off",
    "/channels",
    "/nothing-here",
    "/account",
    "/people",
    "/teams",
    "/teams/payments",
    "/connections",
    "/connections/jira-main",
    "/connect",
    "/connect/jira",
    "/connect/jira?way=authorization_code",
    "/sign-in",
]


def all_paths(store: Store) -> list[str]:
    with store.read() as tx:
        return PATHS + [f"/key-results/{one.key}" for one in key_results.all_key_results(tx)]


@on_sqlite
def test_no_page_complains_or_asks_another_machine(browser: Browser, address: str, store: Store) -> None:
    context, page, watched = opened(browser)
    for path in all_paths(store):
        page.goto(address + path)
    context.close()
    assert [said for said in watched.complaints if "404" not in said] == []
    assert [url for url in watched.asked if not url.startswith((address, "data:"))] == []


@on_sqlite
def test_nothing_sticks_out_of_a_phone(browser: Browser, address: str, store: Store) -> None:
    context, page, _ = opened(browser, viewport={"width": 390, "height": 844}, is_mobile=True)
    wide = {}
    for path in all_paths(store):
        page.goto(address + path)
        wide[path] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert {path: width for path, width in wide.items() if width > 390} == {}


@on_sqlite
def test_a_dark_system_gets_dark_pages_before_anybody_chose(browser: Browser, address: str) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        context, page, _ = opened(browser, color_scheme=scheme)
        page.goto(address)
        colours[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        context.close()
    assert colours == {"light": "rgb(246, 247, 248)", "dark": "rgb(17, 19, 22)"}


@on_sqlite
def test_without_javascript_teams_fold_filters_work_and_the_theme_changes(browser: Browser, address: str) -> None:
    context, page, _ = opened(browser, java_script_enabled=False)
    page.goto(address)
    before = page.locator(".krow:visible").count()
    page.locator("summary.trow").first.click()
    assert page.locator(".krow:visible").count() < before
    with next_page(page):
        page.locator(".seg a", has_text="Off track").click()
    assert "status=off" in page.url
    assert 0 < page.locator(".krow").count() < before
    page.get_by_role("button", name="dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    context.close()


@on_sqlite
def test_an_open_page_shows_a_new_value_without_being_reloaded(browser: Browser, address: str, store: Store) -> None:
    with store.read() as tx:
        one = next(row for row in key_results.all_key_results(tx) if row.is_manual and row.standing.value is not None)
    context, page, _ = opened(browser)
    page.goto(address)
    page.evaluate("window.isTheSamePage = true")
    with store.write() as tx:
        record(tx, one.id, Reading(Decimal("12.345"), Origin.CHECK_IN, NOW), NOW)
    row = page.locator(".krow", has=page.locator(f"a[href*='{one.key}']"))
    row.locator(".val b", has_text="12.3").wait_for(timeout=15_000)
    assert page.evaluate("window.isTheSamePage") is True
    context.close()


@pytest.fixture
def closed_address(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path) -> Iterator[str]:
    """The address of pages that ask who it is; Ines has an account."""
    shutil.copy(seeded, tmp_path / "hub.db")
    app = make_app(open_as="", csrf=True)
    join(app.extensions["okrhub"].store, INES, Role.ADMIN, NOW)
    with serve(app.wsgi_app) as server:
        yield server.url


def test_signing_in_and_out_works_by_keyboard_alone_and_without_javascript(
    browser: Browser, closed_address: str
) -> None:
    context, page, watched = opened(browser, java_script_enabled=False)
    page.goto(f"{closed_address}/channels")
    assert page.url == f"{closed_address}/sign-in?next=/channels"
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type(INES)
    page.keyboard.press("Tab")
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{closed_address}/channels")
    for _ in range(12):
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(5):  # account, teams, people, connections, sign out
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{closed_address}/sign-in")
    context.close()
    assert watched.complaints == []


def test_an_open_page_leads_to_the_sign_in_when_its_session_was_ended(browser: Browser, closed_address: str) -> None:
    context, page, _ = opened(browser)
    page.goto(f"{closed_address}/sign-in")
    page.fill("#email", INES)
    page.fill("#password", GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{closed_address}/")
    context.clear_cookies(name="okrhub_session")
    page.wait_for_url(f"{closed_address}/sign-in", timeout=15_000)
    context.close()
