"""What people come for, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.model.kinds import Origin
from hub.record import Reading, record
from hub.store import Store, key_results
from tests.web.browsing import Watched, next_page, opened, tab_to
from tests.web.company import NOW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("app", ["sqlite"], indirect=True),  # what is drawn is the same on either database
]

BY_JIRA = "/key-results/pay-first-time/merchants-live"
BY_HAND = "/key-results/pay-first-time/failed-payments"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that must not complain and must ask this machine alone."""
    context, found, watched = opened(browser, base_url=address)
    yield found
    context.close()
    _check(watched, address)


def _check(watched: Watched, address: str) -> None:
    # Chromium notes every answer of 4xx as an error of the console; the stories ask for some of them.
    assert [said for said in watched.complaints if "Failed to load resource" not in said] == []
    assert [url for url in watched.asked if not url.startswith((address, "data:"))] == []


def jira_says(store: Store, value: str) -> None:
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, BY_JIRA.removeprefix("/key-results/"))
        assert one is not None
        record(tx, one.id, Reading(Decimal(value), Origin.MEASURED, NOW, rule_revision=1), NOW)


def test_a_lead_finds_what_needs_attention_and_opens_it(page: Page) -> None:
    page.goto("/")
    need = page.locator(".need")
    first = need.locator("li", has=page.locator(".st.off")).first
    title = first.locator(".b").inner_text()
    expect(first).to_contain_text("expected")
    first.get_by_role("link", name="Check in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".head .st")).to_contain_text("Off track")
    expect(page.get_by_role("heading", name="Activity")).to_be_visible()


def test_a_lead_narrows_the_overview_down_and_gets_it_all_back(page: Page) -> None:
    page.goto("/")
    everything = page.locator(".krow").count()
    page.get_by_role("combobox", name="Team").select_option(label="Payments")
    with next_page(page):
        page.get_by_role("button", name="Apply").click()
    some = page.locator(".krow").count()
    assert 0 < some < everything
    page.get_by_role("searchbox").fill("no such thing")
    page.keyboard.press("Enter")
    expect(page.locator(".tree")).to_contain_text("No key result fits what you are looking for.")
    page.get_by_role("link", name=f"Show all {everything}").click()
    expect(page.locator(".krow")).to_have_count(everything)


def test_a_member_checks_in_a_value_with_the_keyboard_alone(page: Page) -> None:
    page.goto(BY_HAND)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    tab_to(page, "a[href='#checkin']")
    page.keyboard.press("Enter")
    tab_to(page, "#note", 3)
    page.keyboard.type("New retries are live")
    tab_to(page, "#blockers", 1)
    page.keyboard.type("One acquirer declines")
    tab_to(page, "#value", 1)
    page.keyboard.type("1,500")
    tab_to(page, "#confidence", 1)
    page.keyboard.type("8")
    tab_to(page, ".say button", 1)
    page.keyboard.press("Enter")
    expect(page.locator("#value-wrong")).to_contain_text("can be read as 1500 or as 1.5")
    expect(page.locator("#note")).to_have_value("New retries are live")
    expect(page.locator("#confidence")).to_have_value("8")
    tab_to(page, "#value")
    page.keyboard.press("Control+a")
    page.keyboard.type("1,5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Your check-in is saved. The value is 1.5")
    expect(page.get_by_role("status").first).to_be_in_viewport()
    expect(page.locator(".big")).to_contain_text("1.5")
    expect(page.locator("ul.act")).to_contain_text("In the way: One acquirer declines")
    assert page.url.endswith(f"{BY_HAND}#main")


def test_somebody_sets_a_value_over_jiras_pauses_sees_what_jira_says_and_resumes(page: Page, store: Store) -> None:
    page.goto(BY_JIRA)
    page.get_by_text("Set the value by hand").click()
    page.get_by_label("Value, merchants").fill("25")
    page.get_by_label("Pause the reading").check()
    page.get_by_label("What changed").fill("Jira lags behind")
    page.get_by_role("button", name="Save check-in").click()
    expect(page.locator(".problem.calm")).to_contain_text("The value stands, no messages are sent.")
    expect(page.locator(".big")).to_contain_text("25")
    jira_says(store, "21")
    page.reload()
    expect(page.locator(".big")).to_contain_text("25")
    expect(page.locator(".problem.calm")).to_contain_text("says 21 merchants")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".big")).to_contain_text("21")
    expect(page.locator(".problem.calm")).to_have_count(0)
    expect(page.locator("ul.act")).to_contain_text("again, 25 to 21.")


def test_a_double_click_and_the_way_back_bring_one_check_in(page: Page) -> None:
    page.goto(BY_HAND)
    page.get_by_label("What changed").fill("Once")
    page.get_by_role("button", name="Save check-in").dblclick()
    expect(page.get_by_role("status").first).to_contain_text("saved")
    page.go_back()
    page.reload()
    page.go_forward()
    expect(page.locator("ul.act li", has_text="Once")).to_have_count(1)


def test_people_talk_below_a_key_result(page: Page) -> None:
    page.goto(BY_JIRA)
    page.get_by_label("Ask, or say what others should know").fill("Still with legal?\nhttps://legal.test/7 <b>no</b>")
    page.get_by_role("button", name="Comment").click()
    said = page.locator(".talk li").last
    expect(said).to_contain_text("<b>no</b>")
    expect(said.get_by_role("link")).to_have_attribute("rel", "noreferrer")
    expect(page.get_by_label("Answer, or ask")).to_have_value("")


def test_what_is_typed_is_not_swapped_away_when_the_page_is_renewed(page: Page, store: Store) -> None:
    page.clock.install()
    page.goto(BY_JIRA)
    page.get_by_label("What changed").fill("Half a sentence")
    page.get_by_role("heading", level=1).click()  # the focus is elsewhere now
    jira_says(store, "22")
    page.clock.run_for(12_000)
    expect(page.locator("#note")).to_have_value("Half a sentence")
    expect(page.locator(".big")).to_contain_text("19")
    page.get_by_label("What changed").fill("")
    page.get_by_role("heading", level=1).click()
    page.clock.run_for(12_000)
    expect(page.locator(".big")).to_contain_text("22")


def test_an_address_that_leads_nowhere_says_so_and_leads_back(page: Page) -> None:
    page.goto("/key-results/no/such")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    page.get_by_role("link", name="To the overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Northwind Robotics")


def test_without_javascript_people_check_in_and_are_told_what_is_wrong(browser: Browser, address: str) -> None:
    context, page, watched = opened(browser, base_url=address, java_script_enabled=False)
    page.goto(BY_JIRA)
    page.get_by_text("Set the value by hand").click()
    page.get_by_label("Value, merchants").fill("many")
    page.get_by_role("button", name="Save check-in").click()
    expect(page.locator("#value-wrong")).to_contain_text("is not a number")
    page.get_by_label("Value, merchants").fill("24")
    page.get_by_role("button", name="Save check-in").click()
    expect(page.locator(".big")).to_contain_text("24")
    context.close()
    _check(watched, address)
