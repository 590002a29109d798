"""An admin's browser before the pages that connect tools."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from flask import Flask
from flask.testing import FlaskClient

from connectors.shapes import Select
from hub.flows.sync import sync
from hub.store import Store, connections, key_results, rules, selected
from hub.store.connections import ConnectionRow
from hub.vault import open_vault
from tests.connected.login import LoginSandbox
from tests.web.company import NOW
from tests.web.reading import words
from tests.web.rights import store_of

BACK = "http://localhost/connect/back"
PRIVATE = {"allow_private": "127.0.0.0/8"}


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_given: object) -> None:
        return None


@dataclass
class Page:
    """An admin's browser before the pages, and the tools behind them."""

    app: Flask
    client: FlaskClient
    login: LoginSandbox
    url: str

    @property
    def store(self) -> Store:
        return store_of(self.app)

    def row(self, slug: str) -> ConnectionRow:
        with self.store.read() as tx:
            found = connections.connection_by_slug(tx, slug)
        assert found is not None
        return found

    def fill(self, path: str, **form: str) -> tuple[int, str]:
        answer = self.client.post(path, data={**PRIVATE, **form}, follow_redirects=True)
        return answer.status_code, words(answer.get_data(as_text=True))

    def app_form(self, **more: str) -> Mapping[str, str]:
        """What an admin fills in to sign in at the tool itself."""
        mine = {"client_id": self.login.client_id, "client_secret": self.login.client_secret, "login_url": self.url}
        return {"slug": "tool", "way": "authorization_code", **mine, **more}

    def agree(self) -> str:
        """Go to the tool as the browser does; return the path by which it leads back."""
        page = self.client.get("/connect/draft").get_data(as_text=True)
        there = page.partition('<a class="btn btn-1" href="')[2].partition('"')[0].replace("&amp;", "&")
        with pytest.raises(HTTPError) as found:
            build_opener(_Stay).open(Request(there), timeout=5)
        with found.value as sent:
            where = urlsplit(sent.headers["Location"])
        return f"{where.path}?{where.query}"

    def sign_in(self, site: str = "0") -> None:
        """Connect the tool by its own page, from the form to the end."""
        assert self.fill("/connect/tool", **self.app_form())[0] == 200
        assert self.client.get(self.agree()).status_code == 303
        assert self.fill("/connect/draft/site", site=site)[0] == 200
        assert "is connected" in self.fill("/connect/draft/save")[1]

    def stand_on(self, slug: str) -> None:
        """Have a key result read from a connection."""
        with self.store.write() as tx:
            key_result = key_results.key_result_by_key(tx, "found/waiting")
            assert key_result is not None
            held = rules.current_rule(tx, key_result.id)
            assert held is not None
            rules.put_rule(
                tx,
                key_result_id=key_result.id,
                digest="another",
                body={**held.body, "connection": slug},
                connection=slug,
                selection_id=selected.put_selection(tx, self.row(slug).id, Select("project = Payments")),
                author="test",
                now=NOW,
            )

    def read(self, slug: str) -> str:
        """Read a connection as a worker does; return how that ended."""
        with self.store.write() as tx:
            connections.make_due(tx, self.row(slug).id, NOW)
        done = sync(
            self.store,
            self.row(slug).id,
            owner="test",
            now=lambda: NOW,
            environ=os.environ,
            vault=open_vault(self.app.extensions["okrhub"].settings),
        )
        return f"{done.state}: {done.problem}" if done.problem else done.state
