"""Jira from the sign-in to a webhook of its own: connected by a person, read through the gateway, rung by the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client

from connectors.sandbox.atlassian_login import CLOUD_ID, App, AtlassianLogin, Place
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.shapes import Delivery
from hub.flows import connect
from hub.flows.plan import apply
from hub.flows.receive import Answer, receive
from hub.flows.subscribe import Subscribed, subscribe
from hub.flows.sync import Synced, sync
from hub.store import Store, connections, key_results, tokens
from hub.store.connections import ConnectionRow
from hub.vault import Vault
from hub.workspace import read_workspace
from tests.connectors.conftest import SCOPES
from tests.flows.house import FINISHED, FINISHED_RULE, OKRS, Clock

BACK = "https://hub.test/connect/back"
HUB = """\
workspace: Test house
time_zone: UTC
public_url: https://hub.test
connections:
  jira-main: {kind: jira, sign_in: page}
"""
LOOPBACK = ("127.0.0.0/8",)


class Signed:
    """A hub, the simulated Jira behind its gateway, and the login server where a person agrees."""

    def __init__(self, folder: Path, store: Store, stack: ExitStack) -> None:
        self.clock = Clock()
        self.login = AtlassianLogin(now=self.clock)
        self.login.register(App("client-7", "canary-client-secret", frozenset({BACK}), SCOPES))
        self.jira = JiraSandbox(now=self.clock, login=self.login)
        self.jira.add_project("PAY", "Payments")
        self.jira.postman.tries = 1
        stack.callback(self.jira.close)
        self.site, self.door = (stack.enter_context(serve(one)).url for one in (self.jira, self.login))
        self.login.places.append(Place(CLOUD_ID, self.site, "Northwind", SCOPES))
        self.store, self.vault, self.folder = store, Vault(folder / "vault.key"), folder
        self.desk = connect.Desk(store, self.vault, {}, "mira@northwind.test")

    def apply(self) -> None:
        for name, text in {
            "hub.yaml": HUB,
            "okrs/all.yaml": f"{OKRS}      - {FINISHED}\n",
            "mappings/all.yaml": f"mappings:\n{FINISHED_RULE}\n",
        }.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)
        reading = read_workspace(self.folder)
        assert reading.declaration is not None, [str(one) for one in reading.problems]
        apply(self.store, reading.declaration, now=self.clock(), who="a test", environ={})

    def connect(self) -> None:
        """Fill the form in, agree at Atlassian's page, and save what the check found good."""
        settings = {
            "client_id": "client-7",
            "client_secret": "canary-client-secret",
            "login_url": self.door,
            "gateway_url": self.site,
        }
        filled = connect.Filled("jira-main", settings, LOOPBACK, self.row.every, None, frozenset({"client_secret"}))
        draft = connect.begin(self.desk, "jira", "authorization_code", filled, row=self.row)
        held = connect.lead_away(self.desk, draft, BACK, self.clock())
        begun = connect.find_draft(self.store, self.vault, held, self.desk.who, self.clock())[1].begun
        assert begun is not None
        asked = urlsplit(begun.url)
        agreed = Client(self.login).get(asked.path, query_string=asked.query)
        params = dict(parse_qsl(urlsplit(agreed.headers["Location"]).query))
        draft = connect.come_back(self.desk, held, params, self.clock())
        assert draft.problem == ""
        assert draft.identity is not None
        assert draft.identity.missing == ()
        connect.save(self.desk, held, self.clock(), means_other_site=True)

    @property
    def row(self) -> ConnectionRow:
        with self.store.read() as tx:
            found = connections.connection_by_slug(tx, "jira-main")
        assert found is not None
        return found

    @property
    def value(self) -> str:
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, "ship/finished")
        assert found is not None
        return f"{found.standing.value} {found.standing.freshness}"

    def sync(self, *, due: bool = True) -> Synced:
        if due:
            with self.store.write() as tx:
                connections.make_due(tx, self.row.id, self.clock())
        return sync(self.store, self.row.id, owner="reader", now=self.clock, environ={}, vault=self.vault)

    def look(self) -> Subscribed:
        return subscribe(
            self.store,
            self.row.id,
            owner="looker",
            now=self.clock,
            environ={},
            vault=self.vault,
            public_url="https://hub.test",
        )

    def ring(self) -> Answer:
        """Bring the delivery that Jira made last, as it is, to the address that it was made for."""
        assert self.jira.drain()
        sent = self.jira.deliveries[-1]
        slug, token = urlsplit(sent.hook.url).path.removeprefix("/hooks/").split("/")
        headers = {"authorization": f"Bearer {sent.hook.bearer}", "x-atlassian-webhook-identifier": sent.identifier}
        given = Delivery("POST", sent.hook.url, headers, {}, sent.body, self.clock())
        return receive(self.store, slug, given, environ={}, vault=self.vault, token=token)


@pytest.fixture
def signed(tmp_path: Path, sqlite_store: Store) -> Iterator[Signed]:
    with ExitStack() as stack:
        made = Signed(tmp_path, sqlite_store, stack)
        made.apply()
        yield made


def test_a_jira_that_a_person_signed_in_to_is_read_rung_and_renewed(signed: Signed) -> None:
    key = signed.jira.create("PAY", summary="One", labels=["okr"])
    signed.connect()
    assert (signed.sync().state, signed.value) == ("done", "0 fresh")
    looked = signed.look()
    assert (looked.state, looked.made, looked.problem) == ("done", 1, "")
    assert [one.jql for one in signed.jira.registration.held.values()] == ["project in (PAY)"]

    signed.clock.pass_(minutes=1)
    signed.jira.transition(key, "Done")
    assert signed.ring().status == 204
    assert (signed.sync(due=False).items, signed.value) == (1, "1 fresh")

    signed.clock.pass_(minutes=90)  # the access token has lapsed: it is renewed, and its refresh token replaced
    assert signed.sync().state == "done"
    with signed.store.read() as tx:
        held = tokens.tokens_of(tx, signed.row.id)
    assert held is not None
    assert signed.vault.unseal(held.refresh or "") == signed.login.chains[0].refresh

    signed.login.revoke(signed.login.person)
    signed.clock.pass_(minutes=90)
    ended = signed.sync()
    assert (ended.state, "sign in" in ended.problem.lower()) == ("broken", True)
    assert signed.value == "1 broken"
