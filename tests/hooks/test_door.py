"""The door of registered webhooks: its own secret judges, nobody can re-key it, and strangers learn nothing."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from connectors.sandbox.server import serve
from connectors.shapes import Scope
from hub.flows.connect import list_connected, rotate_keys
from hub.flows.receive.flow import _intake_of
from hub.settings import Settings
from hub.store import connections, subscriptions, tables_work
from hub.web import create_app
from tests.hooks.chimes import SIGNATURE, Hook, reach_over_http, sign
from tests.hooks.house import PUBLIC, HookHouse

SHAKE = "X-Chimes-Secret"


def live(house: HookHouse, *lists: str) -> Hook:
    """Apply, read, register; return the first webhook."""
    house.apply(*lists or ("a",))
    house.sync()
    house.look()
    return next(iter(house.chimes.hooks.values()))


def forget_kept(house: HookHouse) -> None:
    """Have the door read the connection anew, as it does a second later."""
    _intake_of(house.store)._rows.clear()


def event(house: HookHouse, kind: str, key: str = "e-1") -> int:
    hook = next(iter(house.chimes.hooks.values()))
    return house.chimes.deliver(hook, {"id": key, "kind": kind, "item": "C-1"})


@pytest.mark.parametrize("address", ["chimes-main/unknown", "nowhere/unknown", "nowhere"])
def test_an_unknown_token_is_answered_like_an_unknown_connection(lite: HookHouse, address: str) -> None:
    live(lite)
    for method, headers in (("POST", {}), ("HEAD", {}), ("POST", {SHAKE: "x"})):
        answer = lite.knock(method, f"{PUBLIC}/hooks/{address}", headers, b"{}")
        assert (answer.status, answer.body, answer.headers) == (404, "no such address", None)


def test_a_token_opens_no_other_connections_door(lite: HookHouse) -> None:
    hook = live(lite)
    elsewhere = hook.url.replace("chimes-main", "other")
    assert lite.knock("HEAD", elsewhere, {}).status == 404


def test_each_webhook_is_judged_by_its_own_secret(lite: HookHouse) -> None:
    live(lite, "a", "b")
    first, second = lite.chimes.hooks.values()
    body = json.dumps({"id": "x", "kind": "changed", "item": "C-1"}).encode()
    assert lite.knock("POST", first.url, {SIGNATURE: sign(first.url, body, second.secret)}, body).status == 401
    assert lite.knock("POST", first.url, {SIGNATURE: sign(first.url, body, "")}, body).status == 401
    assert lite.touched() == set()
    assert lite.knock("POST", first.url, {SIGNATURE: sign(first.url, body, first.secret)}, body).status == 204


def test_nobody_can_re_key_a_live_webhook(house: HookHouse) -> None:
    house.chimes.makes_secret = True
    hook = live(house)
    before = house.registered("live")[0].secret
    refused = house.knock("POST", hook.url, {SHAKE: "of-a-stranger"})
    assert (refused.status, refused.headers) == (401, None), "the secret is not even echoed"
    assert house.registered("live")[0].secret == before
    assert event(house, "changed") == 204


def test_a_handshake_that_is_repeated_is_answered_and_changes_nothing(lite: HookHouse) -> None:
    lite.chimes.makes_secret = True
    hook = live(lite)
    before = lite.registered("live")[0].secret
    again = lite.knock("POST", hook.url, {SHAKE: hook.secret})
    assert (again.status, dict(again.headers or {})) == (200, {"x-chimes-secret": hook.secret})
    assert lite.registered("live")[0].secret == before


def test_of_two_handshakes_with_a_pending_webhook_the_first_counts(house: HookHouse) -> None:
    house.apply("a")
    house.sync()
    with house.store.write() as tx:
        subscriptions.add_subscription(
            tx,
            house.connection.id,
            Scope("list", "list-a", "List a", "a", ""),
            token="t",
            base=PUBLIC,
            secret=house.vault.seal("ours"),
            now=house.clock(),
        )
    address = f"{PUBLIC}/hooks/chimes-main/t"
    assert house.knock("POST", address, {SHAKE: "first"}).status == 200
    assert house.knock("POST", address, {SHAKE: "second"}).status == 401
    assert house.knock("POST", address, {SHAKE: "first"}).status == 200
    assert house.vault.unseal(house.registered("pending")[0].secret) == "first"


def test_a_handshake_at_the_connections_own_address_is_refused(lite: HookHouse) -> None:
    live(lite)
    answer = lite.knock("POST", f"{PUBLIC}/hooks/chimes-main", {SHAKE: "of-a-stranger"})
    assert (answer.status, answer.headers) == (401, None)


def test_whoever_rings_at_an_ended_webhook_is_told_that_it_is_gone(lite: HookHouse) -> None:
    hook = live(lite, "a", "b")
    lite.apply("b")
    lite.sync()
    lite.look()
    body = b"{}"
    assert lite.knock("POST", hook.url, {SIGNATURE: sign(hook.url, body, hook.secret)}, body).status == 410
    assert lite.knock("POST", hook.url, {SHAKE: "x"}).status == 410


def test_behind_a_proxy_the_signature_holds_over_the_address_that_the_tool_was_given(lite: HookHouse) -> None:
    hook = live(lite)
    body = json.dumps({"id": "x", "kind": "changed", "item": "C-1"}).encode()
    inside = hook.url.replace(PUBLIC, "http://10.0.0.7:8080")
    assert lite.knock("POST", inside, {SIGNATURE: sign(hook.url, body, hook.secret)}, body).status == 204


def test_a_connection_that_was_taken_away_is_gone_for_whoever_rings(lite: HookHouse) -> None:
    hook = live(lite)
    body = json.dumps({"id": "x", "kind": "changed", "item": "C-1"}).encode()
    with lite.store.write() as tx:
        connections.archive_connection(tx, "chimes-main", lite.clock())
    lite.clock.pass_(seconds=5)
    forget_kept(lite)
    assert lite.knock("POST", hook.url, {SIGNATURE: sign(hook.url, body, hook.secret)}, body).status == 410
    assert lite.knock("POST", f"{PUBLIC}/hooks/chimes-main", {}, body).status == 404


def test_a_webhook_rings_on_after_the_vaults_key_was_changed(lite: HookHouse) -> None:
    live(lite)
    rotated = rotate_keys(lite.store, lite.vault, who="a test", now=lite.clock())
    assert rotated.sealed == 1
    rotate_keys(lite.store, lite.vault, who="a test", now=lite.clock.pass_(hours=2), new_key=False)
    assert event(lite, "changed") == 204


def test_the_connections_page_says_how_many_ring_and_why_others_do_not(lite: HookHouse) -> None:
    lite.chimes.refuses = "b"
    live(lite, "a", "b")
    (one,) = list_connected(lite.store)
    assert (one.hooks, one.hooks_problem) == (1, "List b: chimes: hooks: 400: this list takes no webhook")


# -- what a tool says of a webhook


def test_one_that_says_it_lapses_is_renewed_soon(lite: HookHouse) -> None:
    live(lite)
    assert not lite.is_due()
    assert event(lite, "renew") == 204
    assert lite.is_due()
    assert lite.look().renewed == 1
    assert not connections.is_due(lite.connection, lite.clock()), "nothing is read for it"


def test_one_that_says_it_was_removed_is_made_anew(lite: HookHouse) -> None:
    live(lite)
    assert event(lite, "removed") == 204
    lite.chimes.hooks.clear()
    assert lite.is_due()
    assert (lite.look().made, len(lite.chimes.hooks)) == (1, 1)


def test_one_that_says_events_went_by_unheard_has_everything_read_in_full(house: HookHouse) -> None:
    live(house)
    house.chimes.add("a", "done")
    house.sync()
    assert event(house, "missed") == 204
    assert connections.is_due(house.connection, house.clock())
    before = house.chimes.count("GET", "/items")
    assert house.sync(due=False).items >= 1
    assert house.chimes.count("GET", "/items") - before == 2, "the changes, and the scope in full"


def test_what_it_says_counts_once_however_often_it_is_sent(lite: HookHouse) -> None:
    live(lite)
    event(lite, "renew")
    lite.look()
    event(lite, "renew")
    assert not lite.is_due()


def test_only_a_registered_address_speaks_of_a_registration(lite: HookHouse) -> None:
    """At the connection's own address an admin's webhook rings, and there is nothing to renew."""
    live(lite)
    lite.environ["CHIMES_HOOK"] = "s"
    with lite.store.write() as tx:
        held = {**lite.connection.settings, "webhook_secret": "${CHIMES_HOOK}"}
        tx.execute(update(tables_work.connections).values(settings=held))
    lite.clock.pass_(seconds=5)
    body = json.dumps({"id": "x", "kind": "removed", "item": ""}).encode()
    url = f"{PUBLIC}/hooks/chimes-main"
    answer = lite.knock("POST", url, {SIGNATURE: sign(url, body, "s")}, body)
    assert answer.status == 204
    assert len(lite.registered("live")) == 1


# -- over HTTP


def test_over_http_the_tool_probes_shakes_hands_and_rings(lite: HookHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The web process answers while the worker's request is in flight."""
    for name, value in lite.environ.items():
        monkeypatch.setenv(name, value)
    settings = Settings(
        workspace=lite.folder, data=lite.folder, database_url=lite.store.url, redis_url="redis://127.0.0.1:1"
    )
    app = create_app(settings, now=lite.clock)
    lite.chimes.makes_secret = True
    with serve(app) as web:
        lite.chimes.reach = reach_over_http
        lite.public_url = web.url
        lite.apply("a")
        task = lite.chimes.add("a")
        lite.sync()
        assert lite.look().live == 1
        assert lite.chimes.ring(task) == [204]
        assert lite.touched() == {task}
