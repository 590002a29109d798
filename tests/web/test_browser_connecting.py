"""Connecting a tool in a real browser: there, back, and what a reader without sight would meet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from connectors import registry
from connectors.sandbox.server import serve
from tests.connected.login import LoginSandbox
from tests.web.browsing import grave_faults, next_page, opened
from tests.web.company import NOW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("app", ["sqlite"], indirect=True),  # what is drawn is the same on either database
]


def test_an_admin_connects_a_tool_by_its_own_page_in_a_browser(
    browser: Browser, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "KINDS", {**registry.KINDS, "tool": "tests.connected.tool:Tool"})
    monkeypatch.setattr("hub.flows.connect.forms.KINDS", registry.KINDS)
    context, page, watched = opened(browser, base_url=address)
    login = LoginSandbox(now=lambda: NOW, redirect_uris={f"{address}/connect/back"})
    with serve(login) as server:
        page.goto("/connections")
        page.get_by_role("link", name="Connect a tool").click()
        page.get_by_role("link", name="The Tool").click()
        page.get_by_role("link", name="Sign in with The Tool").click()
        page.get_by_label("Client ID").fill(login.client_id)
        page.get_by_label("Client secret").fill(login.client_secret)
        page.get_by_text("More settings").click()
        page.get_by_label("Login address").fill(server.url)
        page.get_by_label("Private networks").fill("127.0.0.0/8")
        with next_page(page):
            page.get_by_role("button", name="Go on").click()
        assert grave_faults(page) == []
        with next_page(page):
            page.get_by_role("link", name="Go on to The Tool").click()
        page.get_by_label("Acme", exact=True).check()
        assert grave_faults(page) == []
        with next_page(page):
            page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("bot@acme.test")).to_be_visible()
        assert grave_faults(page) == []
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("tool is connected")
        page.get_by_label("Name contains").fill("pay")
        with next_page(page):
            page.get_by_role("button", name="List").click()
        expect(page.get_by_text("select: project = Payments")).to_be_visible()
        assert grave_faults(page) == []
        assert login.client_secret not in page.content()
        away = [url for url in watched.asked if not url.startswith((address, "data:"))]
        assert [url.startswith(f"{server.url}/authorize?") for url in away] == [True]
    context.close()
    assert watched.complaints == []
