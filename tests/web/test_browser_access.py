"""What a reader with a screen reader, a keyboard or poor sight meets, as axe-core judges it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from hub.flows.check_in import Said, check_in, comment
from hub.store import Store
from tests.web.browsing import grave_faults, next_page, opened
from tests.web.company import MIRA, NOW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("app", ["sqlite"], indirect=True),  # what is drawn is the same on either database
]

PATHS = [
    "/",
    "/?status=off",
    "/?q=nothing+like+it",
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
    "/sign-in",
    "/key-results/pay-first-time/merchants-live",  # paused, discussed
    "/key-results/pay-first-time/failed-payments",  # by hand
    "/key-results/invoices/bank-feeds",  # milestones
    "/key-results/invoices/ledger-bugs",  # a limit
    "/key-results/found/pilots",  # broken
    "/key-results/found/case-studies",  # never read
    "/key-results/found/signup",  # watched
]


@pytest.fixture
def discussed(store: Store) -> None:
    key = "pay-first-time/merchants-live"
    words = Said("form-0001", "25", "7", "Counted by hand", "The tax certificate", pauses=True)
    check_in(store, key, words, who=MIRA, now=NOW - timedelta(days=1))
    comment(store, key, "See https://legal.test/7", given_as="form-0001", who=MIRA, now=NOW)


@pytest.mark.usefixtures("discussed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page_wide_or_narrow(browser: Browser, address: str, scheme: str) -> None:
    context, page, _ = opened(browser, color_scheme=scheme, base_url=address)
    rules = () if scheme == "light" else ("color-contrast", "link-in-text-block")  # those that look at colours
    found = {}
    for path in PATHS:
        page.goto(path)
        page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        for width in (1280, 390) if scheme == "light" else (1280,):  # what folds is the same in the dark
            page.set_viewport_size({"width": width, "height": 900})
            found[f"{path} at {width}"] = grave_faults(page, *rules)
    context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_axe_finds_nothing_serious_on_a_form_that_was_refused(browser: Browser, address: str) -> None:
    context, page, _ = opened(browser, base_url=address)
    page.goto("/key-results/pay-first-time/failed-payments")
    with next_page(page):
        page.get_by_role("button", name="Save check-in").click()
    page.get_by_label("Value").fill("many")
    with next_page(page):
        page.get_by_role("button", name="Save check-in").click()
    assert page.locator("[aria-invalid]").count() == 1
    faults = grave_faults(page)
    context.close()
    assert faults == []
