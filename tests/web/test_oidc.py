"""Signing in by an issuer, from the button to the overview: who comes in, as what, and who does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from connectors.sandbox.oidc import OidcSandbox
from connectors.sandbox.server import serve
from hub.flows import people
from hub.model.rights import Role
from hub.store import Store
from hub.store.schema import metadata
from tests.people.house import GOOD, join, role_of
from tests.web.company import NOW
from tests.web.reading import words
from tests.web.rights import store_of
from tests.web.seed import fresh_copy

BACK = "http://localhost/sign-in/oidc/back"
MIRA = "mira@northwind.test"


class Browser(HTTPRedirectHandler):
    def redirect_request(self, *_given: object) -> None:
        return None


@pytest.fixture
def issuer() -> Iterator[OidcSandbox]:
    made = OidcSandbox(now=lambda: NOW, redirect_uris={BACK})
    with serve(made) as server:
        made.url = server.url
        yield made


@pytest.fixture
def oidc_app(make_app: Callable[..., Flask], issuer: OidcSandbox, seeded: Path, tmp_path: Path) -> Callable[..., Flask]:
    """Build an application that this issuer signs people in to; its admin is Ines."""
    made: list[Flask] = []

    def make(**more: object) -> Flask:
        fresh_copy(seeded, tmp_path / "hub.db", made)
        app = make_app(
            open_as="",
            oidc_issuer=issuer.url,
            oidc_client_id=issuer.client_id,
            oidc_client_secret=issuer.client_secret,
            oidc_name="Northwind",
            oidc_allow_private="127.0.0.0/8",
            **more,
        )
        made.append(app)
        join(store_of(app), "ines@acme.test", Role.ADMIN, NOW)
        return app

    return make


def way_back(client: FlaskClient, wanted: str = "/channels") -> str:
    """Go to the issuer as a browser does; return the path by which it leads back."""
    answer = client.get("/sign-in/oidc", query_string={"next": wanted})
    assert answer.status_code == 303
    with pytest.raises(HTTPError) as found:
        build_opener(Browser).open(Request(answer.headers["Location"]), timeout=5)
    with found.value as sent:
        where = urlsplit(sent.headers["Location"])
    return f"{where.path}?{where.query}"


def rows_of(store: Store) -> dict[str, int]:
    """Count the rows of every table."""
    with store.read() as tx:
        return {
            name: int(tx.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in metadata.tables.items()
        }


def comes_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_an_invited_person_comes_in_with_the_role_of_the_invitation(
    oidc_app: Callable[..., Flask], issuer: OidcSandbox
) -> None:
    app = oidc_app()
    link = people.invite(store_of(app), email=MIRA, role=Role.VIEWER, who="ines@acme.test", now=NOW)
    client = app.test_client()
    assert "Sign in with Northwind" in words(client.get("/sign-in").get_data(as_text=True))
    answer = client.get(way_back(client))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/channels")
    assert "Mira Okafor" in client.get("/account").get_data(as_text=True)
    assert role_of(store_of(app), MIRA) is Role.VIEWER
    with pytest.raises(people.NotThere):  # the invitation is used up
        people.look_at_link(store_of(app), people.Purpose.INVITE, link.rsplit("/", 1)[1], NOW)


def test_somebody_who_is_not_invited_stays_out_unless_newcomers_have_a_role(oidc_app: Callable[..., Flask]) -> None:
    app = oidc_app()
    client = app.test_client()
    answer = client.get(way_back(client))
    assert answer.status_code == 403
    assert f"{MIRA} is not invited" in words(answer.get_data(as_text=True))
    assert not comes_in(client)
    assert role_of(store_of(app), MIRA) is None
    client = oidc_app(oidc_role="member").test_client()
    assert client.get(way_back(client)).status_code == 303
    assert comes_in(client)


@pytest.mark.parametrize(
    ("domains", "is_in"),
    [("northwind.test", True), ("acme.test, @NORTHWIND.test", True), ("acme.test", False), ("test", False)],
)
def test_newcomers_come_from_the_domains_that_are_let_in(
    oidc_app: Callable[..., Flask], domains: str, is_in: bool
) -> None:
    client = oidc_app(oidc_role="member", oidc_allowed_domains=domains).test_client()
    client.get(way_back(client))
    assert comes_in(client) is is_in


def test_a_local_account_is_found_by_its_verified_address_once_and_by_the_issuers_own_id_from_then_on(
    oidc_app: Callable[..., Flask], issuer: OidcSandbox
) -> None:
    app = oidc_app()
    join(store_of(app), MIRA, Role.MEMBER, NOW)
    client = app.test_client()
    client.get(way_back(client))
    assert comes_in(client)
    issuer.person["email"] = "married@northwind.test"
    again = app.test_client()
    again.get(way_back(again))
    assert MIRA in again.get("/account").get_data(as_text=True)


def test_an_address_that_changed_hands_at_the_issuer_opens_nothing(
    oidc_app: Callable[..., Flask], issuer: OidcSandbox
) -> None:
    app = oidc_app(oidc_role="member")
    client = app.test_client()
    client.get(way_back(client))
    issuer.person["sub"] = "somebody-else"
    other = app.test_client()
    answer = other.get(way_back(other))
    assert answer.status_code == 403
    assert "belongs to somebody else at the issuer" in words(answer.get_data(as_text=True))
    assert not comes_in(other)


@pytest.mark.parametrize(
    "change", [{"email_verified": False}, {"email_verified": None}, {"email": ""}, {"email": "no address"}]
)
def test_an_address_that_the_issuer_does_not_vouch_for_finds_no_account(
    oidc_app: Callable[..., Flask], issuer: OidcSandbox, change: dict[str, object]
) -> None:
    app = oidc_app(oidc_role="member")
    join(store_of(app), MIRA, Role.ADMIN, NOW)
    issuer.person.update(change)
    client = app.test_client()
    assert client.get(way_back(client)).status_code == 403
    assert not comes_in(client)


def test_a_disabled_account_stays_out(oidc_app: Callable[..., Flask]) -> None:
    app = oidc_app(oidc_role="member")
    client = app.test_client()
    client.get(way_back(client))
    people.disable(store_of(app), email=MIRA, who="ines@acme.test", now=NOW)
    assert not comes_in(client)
    again = app.test_client()
    assert again.get(way_back(again)).status_code == 403
    assert not comes_in(again)


def test_a_way_back_serves_once_and_in_the_browser_that_began(oidc_app: Callable[..., Flask]) -> None:
    app = oidc_app(oidc_role="member")
    client, stranger = app.test_client(), app.test_client()
    path = way_back(client)
    assert stranger.get(path).status_code == 401  # somebody was sent the address of another's way back
    held = client.get_cookie("okrhub_oidc")
    assert held is not None
    assert client.get(path).status_code == 303
    client.set_cookie("okrhub_oidc", held.value)
    again = client.get(path)
    assert again.status_code == 403
    assert "Begin again." in words(again.get_data(as_text=True))


def test_a_way_back_with_another_state_is_refused_and_ends_the_sign_in(oidc_app: Callable[..., Flask]) -> None:
    client = oidc_app(oidc_role="member").test_client()
    path = way_back(client)
    assert client.get(path.replace("state=", "state=x")).status_code == 401
    assert client.get_cookie("okrhub_oidc") is None
    assert client.get(path).status_code == 401
    assert not comes_in(client)


def test_nobody_makes_the_database_grow_by_beginning_to_sign_in(oidc_app: Callable[..., Flask]) -> None:
    app = oidc_app()  # Mira is not invited
    before = rows_of(store_of(app))
    for _ in range(5):
        client = app.test_client()
        assert client.get("/sign-in/oidc").status_code == 303
        path = way_back(client)
        held = client.get_cookie("okrhub_oidc")
        assert held is not None
        for wrong, status in (("state=", 401), ("code=", 401), ("", 403)):  # the last is Mira's own, and true
            client.set_cookie("okrhub_oidc", held.value)
            assert client.get(path.replace(wrong, f"{wrong}x") if wrong else path).status_code == status
    assert rows_of(store_of(app)) == before


def test_a_forged_token_lets_nobody_in(oidc_app: Callable[..., Flask], issuer: OidcSandbox) -> None:
    client = oidc_app(oidc_role="member").test_client()
    for changed in ({"algorithm": "none"}, {"algorithm": "HS256"}, {"key_id": "nowhere"}):
        for name, value in changed.items():
            setattr(issuer, name, value)
        assert client.get(way_back(client)).status_code == 401
        issuer.algorithm, issuer.key_id = "RS256", None
    for claims in ({"iss": "https://evil.test"}, {"aud": "another"}, {"exp": 1}, {"nonce": "another"}):
        issuer.tamper = lambda told, claims=claims: {**told, **claims}  # type: ignore[misc]
        assert client.get(way_back(client)).status_code == 401
    assert not comes_in(client)


def test_an_issuer_that_is_away_is_said_so_and_passwords_still_work(
    oidc_app: Callable[..., Flask], issuer: OidcSandbox
) -> None:
    app = oidc_app()
    issuer.fails_with = 500
    client = app.test_client()
    answer = client.get("/sign-in/oidc")
    assert answer.status_code in {502, 503}
    assert issuer.client_secret not in answer.get_data(as_text=True)
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/sign-in", data={"email": "ines@acme.test", "password": GOOD}).status_code == 303


def test_nobody_comes_in_by_the_issuer_before_the_hub_is_set_up(
    oidc_app: Callable[..., Flask], make_app: Callable[..., Flask], issuer: OidcSandbox, tmp_path: Path
) -> None:
    (tmp_path / "hub.db").unlink(missing_ok=True)
    Store(f"sqlite:///{tmp_path / 'hub.db'}").create_all()
    app = make_app(
        open_as="",
        oidc_issuer=issuer.url,
        oidc_client_id=issuer.client_id,
        oidc_client_secret=issuer.client_secret,
        oidc_role="member",
        oidc_allow_private="127.0.0.0/8",
    )
    client = app.test_client()
    assert client.get(way_back(client)).status_code == 403
    people.make_set_up_link(store_of(app), NOW)  # it would be refused if anybody had an account


def test_without_an_issuer_there_is_no_such_door(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'hub.db'}").create_all()
    client = make_app(open_as="").test_client()
    assert client.get("/sign-in/oidc").status_code == 404
    assert client.get("/sign-in/oidc/back?code=x&state=y").status_code == 404


def test_where_it_leads_afterwards_is_never_elsewhere(oidc_app: Callable[..., Flask]) -> None:
    client = oidc_app(oidc_role="member").test_client()
    assert client.get(way_back(client, "https://evil.test/")).headers["Location"] == "/"
