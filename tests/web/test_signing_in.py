"""The gate in front of the pages: set-up, sign-in, sessions and forms, as a browser meets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from hub.flows import people
from hub.model.rights import Role
from hub.store import refusals
from tests.people.house import GOOD, INES, OTHER, TOM, join
from tests.web.company import NOW
from tests.web.reading import words
from tests.web.rights import cookies, csrf_of, enter, status, store_of


def test_before_anybody_has_an_account_every_page_says_where_the_link_is(closed: Callable[..., Flask]) -> None:
    client = closed(is_set_up=False).test_client()
    for path in ("/", "/channels", "/sign-in", "/key-results/pay-first-time/open-bugs", "/people", "/nothing"):
        assert client.get(path).headers["Location"] == "/set-up"
    page = client.get("/set-up").get_data(as_text=True)
    assert "okrhub user link" in page
    assert "Northwind" not in page
    assert client.get("/healthz").status_code == 200
    assert client.get("/static/theme.css", buffered=True).status_code == 200


def test_the_set_up_link_makes_the_first_admin_in_the_browser(closed: Callable[..., Flask]) -> None:
    app = closed(is_set_up=False)
    path = people.make_set_up_link(store_of(app), NOW)
    client, late = app.test_client(), app.test_client()
    form = {
        "email": INES,
        "name": "Ines Carvalho",
        "password": GOOD,
        "again": GOOD,
        "csrf_token": csrf_of(client, path),
    }
    late_token = csrf_of(late, path)
    assert "two passwords differ" in words(client.post(path, data={**form, "again": OTHER}).get_data(as_text=True))
    assert "at least 12" in words(
        client.post(path, data={**form, "password": "x", "again": "x"}).get_data(as_text=True)
    )
    assert client.post(path, data=form).headers["Location"] == "/"
    assert "Ines Carvalho" in client.get("/people").get_data(as_text=True)
    for again in (late.get(path), late.post(path, data={**form, "email": TOM, "csrf_token": late_token})):
        assert again.status_code == 410
        assert "This link does not work" in words(again.get_data(as_text=True))
    assert client.get("/set-up").headers["Location"] == "/sign-in"


def test_a_link_that_is_only_looked_at_is_not_used_up(closed: Callable[..., Flask]) -> None:
    app = closed(is_set_up=False)
    path = people.make_set_up_link(store_of(app), NOW)
    for client in (app.test_client(), app.test_client()):  # a chat that shows a preview of every link, then a person
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/", "/sign-in"),
        ("/channels?channel=okrs-slack", "/sign-in?next=/channels?channel%3Dokrs-slack"),
        ("/people", "/sign-in?next=/people"),
        ("/nothing-here", "/sign-in?next=/nothing-here"),
    ],
)
def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(
    closed: Callable[..., Flask], path: str, leads: str
) -> None:
    client = closed().test_client()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, leads)
    assert "Northwind" not in client.get(leads).get_data(as_text=True)


def test_signing_in_leads_to_the_page_that_was_asked_for(closed: Callable[..., Flask]) -> None:
    client = closed().test_client()
    page = client.get("/sign-in", query_string={"next": "/channels?channel=okrs-slack"}).get_data(as_text=True)
    assert 'name="next" value="/channels?channel=okrs-slack"' in page
    assert enter(client, next="/channels?channel=okrs-slack").headers["Location"] == (  # type: ignore[attr-defined]
        "/channels?channel=okrs-slack"
    )


@pytest.mark.parametrize(
    "way",
    [
        *("https://evil.test", "//evil.test", "/\\evil.test", "\\/evil.test", "javascript:x"),
        *("/a\r\nSet-Cookie: x=y", "/\t/evil.test"),
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(closed: Callable[..., Flask], way: str) -> None:
    client = closed().test_client()
    answer = enter(client, next=way)
    assert status(answer) == 303
    assert answer.headers["Location"] == "/"  # type: ignore[attr-defined]
    assert "x" not in cookies(answer)
    assert "evil" not in client.get("/sign-in", query_string={"next": way}).get_data(as_text=True)


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(closed: Callable[..., Flask]) -> None:
    client = closed().test_client()
    found = []
    for given in ({"password": "wrong"}, {"email": "nobody@acme.test"}):
        answer = enter(client, **given)
        page = answer.get_data(as_text=True)  # type: ignore[attr-defined]
        found.append((status(answer), words(page.replace("nobody@acme.test", INES))))
        assert "okrhub_session" not in cookies(answer)
    assert found[0] == found[1]
    assert found[0][0] == 401
    assert "do not belong together" in found[0][1]


def test_too_many_wrong_passwords_are_told_to_wait(closed: Callable[..., Flask]) -> None:
    client = closed().test_client()
    for _ in range(5):
        assert status(enter(client, password="wrong")) == 401
    answer = enter(client)
    assert status(answer) == 429
    assert answer.headers["Retry-After"] == "4"  # type: ignore[attr-defined]
    assert "Try again in 4 seconds." in words(answer.get_data(as_text=True))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("proxies", "code"), [(0, 429), (1, 401)])
def test_where_a_request_comes_from_is_a_proxys_word_only_where_a_proxy_is_set(
    closed: Callable[..., Flask], proxies: int, code: int
) -> None:
    app = closed(proxies=proxies)
    client = app.test_client()
    token = csrf_of(client, "/sign-in")
    with store_of(app).write() as tx:
        for _ in range(30):
            refusals.claim_try(tx, "address:127.0.0.1", NOW, lambda _number: timedelta(0))
    given = {"email": INES, "password": "wrong", "csrf_token": token}
    answer = client.post("/sign-in", data=given, headers={"X-Forwarded-For": "198.51.100.7"})
    assert answer.status_code == code


def test_the_session_of_before_the_sign_in_opens_nothing_and_its_forms_are_void(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    client.set_cookie("okrhub_session", "planted-by-somebody-else")
    before = csrf_of(client, "/sign-in")
    enter(client)
    held = client.get_cookie("okrhub_session")
    assert held is not None
    assert len(held.value) == 43
    other = app.test_client()
    other.set_cookie("okrhub_session", "planted-by-somebody-else")
    assert other.get("/account").status_code == 303
    assert client.post("/account/sessions/end", data={"csrf_token": before}).status_code == 400
    first = held.value
    enter(client, csrf_token=csrf_of(client, "/account"))  # once more: a new number, and the old one is over
    again = client.get_cookie("okrhub_session")
    assert again is not None
    assert again.value != first
    client.set_cookie("okrhub_session", first)
    assert client.get("/account").status_code == 303


def test_cookies_are_closed_to_scripts_and_other_sites_and_kept_to_https(closed: Callable[..., Flask]) -> None:
    plain = cookies(enter(closed().test_client()))
    assert {"okrhub_session", "okrhub_known"} <= set(plain)
    for one in plain.values():
        assert "HttpOnly" in one
        assert "SameSite=Lax" in one
        assert "Secure" not in one
    app = closed(public_url="https://okr.acme.test")
    client = app.test_client()
    shown = cookies(client.get("/sign-in"))
    assert set(shown) == {"__Host-okrhub"}
    kept = cookies(enter(client))
    assert {"__Host-okrhub_session", "__Host-okrhub_known"} <= set(kept)
    for one in (*kept.values(), *shown.values()):
        assert "HttpOnly" in one
        assert "Secure" in one
        assert "SameSite=Lax" in one
        assert "Path=/" in one
        assert "Domain" not in one
    assert client.get("/account").status_code == 200


def test_signing_out_ends_the_session_in_the_store_too(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    enter(client)
    held = client.get_cookie("okrhub_session")
    assert held is not None
    token = csrf_of(client, "/account")
    assert client.post("/sign-out").status_code == 400
    assert client.post("/sign-out", data={"csrf_token": token}).headers["Location"] == "/sign-in"
    client.set_cookie("okrhub_session", held.value)
    assert client.get("/account").status_code == 303


def test_other_browsers_are_named_and_can_be_signed_out(closed: Callable[..., Flask]) -> None:
    app = closed()
    here, there = app.test_client(), app.test_client()
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    enter(here)
    there.post(
        "/sign-in",
        data={"email": INES, "password": GOOD, "csrf_token": csrf_of(there, "/sign-in")},
        headers={"User-Agent": firefox},
    )
    page = here.get("/account").get_data(as_text=True)
    assert "Firefox on Linux" in page
    assert here.post("/account/sessions/end", data={"csrf_token": csrf_of(here, "/account")}).status_code == 303
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("site", "code"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)]
)
def test_a_form_from_another_site_is_refused_even_with_its_token(
    closed: Callable[..., Flask], site: str, code: int
) -> None:
    client = closed().test_client()
    enter(client)
    token = csrf_of(client, "/account")
    answer = client.post("/account/sessions/end", data={"csrf_token": token}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == code


def test_an_open_page_that_is_signed_out_hears_401(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    assert client.get("/changes").status_code == 401
    enter(client)
    assert client.get("/changes").status_code == 200
    store = store_of(app)
    join(store, TOM, Role.ADMIN, NOW)
    people.disable(store, email=INES, who=TOM, now=NOW)
    assert client.get("/changes").status_code == 401
    assert client.get("/").headers["Location"] == "/sign-in"


def test_the_last_admin_is_neither_demoted_nor_disabled(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    enter(client)
    token = csrf_of(client, "/account")
    for path, more in ((f"/people/{INES}/role", {"role": "viewer"}), (f"/people/{INES}/disable", {})):
        answer = client.post(path, data={"csrf_token": token, **more})
        assert answer.status_code == 400
        assert "the last admin" in words(answer.get_data(as_text=True))
    assert client.get("/people").status_code == 200


def test_a_link_that_does_not_work_shows_the_command_for_a_new_one(closed: Callable[..., Flask]) -> None:
    page = closed().test_client().get("/invite/nothing").get_data(as_text=True)
    assert "<code>okrhub user link</code>" in page
    assert "`" not in page.split("<main", 1)[1]
