"""What every page keeps to: headers, hosts, cookies, keys, and no style or script of its own."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.queue import Bell
from hub.store import Store, connections
from hub.web.secret_key import read_secret_key
from tests.web.company import DECLARED, INES, NOW
from tests.web.reading import words

PAGES = ["/", "/?status=off", "/channels", *(f"/key-results/{one.key}" for one in DECLARED), "/nothing-here"]
ASSET = re.compile(r'(?:href|src)="(/(?:static|bootstrap)/[^"]+)"')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On SQLite alone: what pages and cookies carry is no matter of the database."""
    return sqlite_app


@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_a_style_or_script_of_its_own(reader: FlaskClient, path: str) -> None:
    page = reader.get(path).get_data(as_text=True)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/changes", "/static/theme.css"])
def test_every_answer_says_what_it_may_load_and_who_may_frame_it(reader: FlaskClient, path: str) -> None:
    headers = reader.get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_loaded_from_elsewhere(reader: FlaskClient, path: str) -> None:
    page = reader.get(path).get_data(as_text=True)
    assert not re.search(r'<(?:link|script|img)[^>]+(?:href|src)="(?:https?:)?//', page)


def test_static_files_are_there_and_kept_by_the_hash_of_their_content(reader: FlaskClient) -> None:
    found = ASSET.findall(reader.get("/").get_data(as_text=True))
    assert len(found) == 5
    for address in found:
        answer = reader.get(address, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.search(r"\?v=[0-9a-f]{12}$", address)


def test_the_fonts_that_the_icons_need_are_served_from_here(reader: FlaskClient) -> None:
    assert reader.get("/bootstrap/static/css/font/fonts/bootstrap-icons.woff2", buffered=True).status_code == 200


def test_pages_are_not_kept_by_a_browser(reader: FlaskClient) -> None:
    assert reader.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
def test_pages_answer_under_the_names_of_this_machine(reader: FlaskClient, host: str) -> None:
    assert reader.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test:8080", "okr.acme.test", "10.1.2.3"]
)
@pytest.mark.parametrize("path", ["/", "/channels", "/changes", "/healthz-and-more", "/readyz/x"])
def test_a_page_asked_under_another_name_is_refused(reader: FlaskClient, host: str, path: str) -> None:
    answer = reader.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "Northwind" not in answer.get_data(as_text=True)
    assert INES not in answer.get_data(as_text=True)


def test_a_form_sent_under_another_name_changes_nothing(client: FlaskClient, store: Store) -> None:
    before = due_of(store)
    assert client.post("/read-now", headers={"Host": "evil.test"}).status_code == 421
    assert due_of(store) == before


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_pages_answer_under_the_name_that_people_use_and_no_other(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path, host: str
) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    client = make_app(host=host, public_url="https://okr.acme.test:8443/", open_as="").test_client()
    for name, status in (("okr.acme.test", 303), ("OKR.acme.test:8443", 303), ("localhost", 303), ("10.1.2.3", 421)):
        assert client.get("/", headers={"Host": name}).status_code == status, name
    assert client.get("/healthz", headers={"Host": "10.1.2.3"}).status_code == 200


def test_open_without_a_sign_in_the_name_that_people_use_is_refused_too(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path
) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    client = make_app(public_url="https://okr.acme.test").test_client()
    assert client.get("/", headers={"Host": "okr.acme.test"}).status_code == 421
    assert make_app(public_url="https://okr.acme.test", host="10.1.2.3").test_client().get("/").status_code == 303


def test_without_a_choice_the_theme_follows_the_system(reader: FlaskClient) -> None:
    page = reader.get("/").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert 'value="dark"' in page
    assert 'value="light"' in page
    css = reader.get("/static/theme.css", buffered=True).get_data(as_text=True)
    assert "@media (prefers-color-scheme: dark) {\n  :root:not([data-bs-theme])" in css


@pytest.mark.parametrize("wanted", ["light", "dark"])
def test_a_chosen_theme_is_kept_in_a_cookie_and_written_on_the_page(client: FlaskClient, wanted: str) -> None:
    answer = client.post("/theme", data={"theme": wanted, "next": "/channels?channel=a"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/channels?channel=a"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f'<html lang="en" data-bs-theme="{wanted}">' in client.get("/").get_data(as_text=True)


def test_a_theme_that_does_not_exist_is_refused(client: FlaskClient) -> None:
    assert client.post("/theme", data={"theme": "purple"}).status_code == 400
    client.set_cookie("okrhub_theme", '"><script>')
    assert '<html lang="en">' in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("way", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", ""])
def test_the_way_back_never_leads_elsewhere(client: FlaskClient, way: str) -> None:
    assert client.post("/theme", data={"theme": "dark", "next": way}).headers["Location"] == "/"


def test_forms_need_the_token_of_their_page(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    client = make_app(csrf=True).test_client()
    refused = client.post("/theme", data={"theme": "dark"})
    assert refused.status_code == 400
    assert "Nothing was changed." in refused.get_data(as_text=True)
    token = TOKEN.search(client.get("/").get_data(as_text=True))
    assert token is not None
    assert client.post("/theme", data={"theme": "dark", "csrf_token": token[1]}).status_code == 303


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get("/").headers["Set-Cookie"]
    assert cookie.startswith("okrhub=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_key_of_the_cookies_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "web.key"
    first = read_secret_key(path)
    assert len(first) == 64
    assert read_secret_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["web.key"]
    assert read_secret_key(tmp_path / "other" / "web.key") != first


def due_of(store: Store) -> list[object]:
    with store.read() as tx:
        return [row.next_due_at for row in connections.all_connections(tx)]


def test_read_now_makes_every_connection_due_and_rings_for_each(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[int] = []
    monkeypatch.setattr(Bell, "ring_sync", lambda _self, connection_id: rings.append(connection_id))
    answer = client.post("/read-now", data={"next": "/channels"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/channels"
    assert due_of(store) == [NOW, NOW]
    assert len(rings) == 2
    assert "Asked 2 tools for what changed." in words(client.get("/").get_data(as_text=True))


def test_reading_is_not_begun_by_a_link(reader: FlaskClient) -> None:
    answer = reader.get("/read-now")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_health_is_ok_while_the_database_answers(reader: FlaskClient) -> None:
    answer = reader.get("/healthz")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "ok\n")


def test_health_fails_when_the_database_was_never_made(make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    assert client.get("/healthz").status_code == 503
    page = client.get("/")
    assert page.status_code == 503
    assert "okrhub db upgrade" in page.get_data(as_text=True)


def test_an_open_page_hears_of_a_change_and_of_nothing_else(client: FlaskClient, store: Store) -> None:
    token = client.get("/changes").get_json()["token"]
    assert f'data-token="{token}"' in client.get("/").get_data(as_text=True)
    assert client.get(f"/changes?since={token}").status_code == 204
    with store.write() as tx:
        connections.note_progress(tx, 1, name="PAY", done=1, total=2)
    assert client.get(f"/changes?since={token}").get_json()["token"] != token
