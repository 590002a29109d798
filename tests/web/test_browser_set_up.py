"""The first minutes of an installation in a real browser: whoever runs it becomes its first admin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from connectors.sandbox.server import serve
from hub.flows import people
from tests.people.house import GOOD, INES
from tests.web.browsing import grave_faults, next_page, opened
from tests.web.company import NOW
from tests.web.rights import store_of

pytestmark = pytest.mark.browser


def test_the_first_admin_is_made_by_the_keyboard_and_axe_finds_nothing_serious_on_the_way(
    closed: Callable[..., Flask], browser: Browser
) -> None:
    app = closed(is_set_up=False)
    link = people.make_set_up_link(store_of(app), NOW)
    with serve(app.wsgi_app) as server:
        context, page, watched = opened(browser, base_url=server.url)
        faults: dict[str, list[str]] = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for path in ("/", link):
                page.goto(path)
                for width in (1280, 390):
                    page.set_viewport_size({"width": width, "height": 900})
                    faults[f"{path} {scheme} {width}"] = grave_faults(page)
        expect(page.get_by_label("Your e-mail")).to_be_focused()
        for text in (INES, "Ines Carvalho", GOOD, f"{GOOD}er"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        with next_page(page):
            page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("two passwords differ")
        faults["refused"] = grave_faults(page)
        page.get_by_label("Password").fill(GOOD)
        page.get_by_label("The same again").fill(GOOD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{server.url}/")
        context.close()
    assert {where: found for where, found in faults.items() if found} == {}
    assert not [said for said in watched.complaints if "400" not in said]  # the refused form is a 400, and says so
