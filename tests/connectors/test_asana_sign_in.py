"""Signing in to Asana: by a pasted token, and by a person at Asana's own page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client

from connectors.asana import Asana
from connectors.errors import Misconfigured, Unauthorized
from connectors.fields import OAuth2
from connectors.oauth import Granted, LoginServer
from tests.connectors.asana_office import Office, open_office
from tests.connectors.conftest import LOOPBACK

BACK = "https://hub.test/oauth"


class Person:
    """Tokens of somebody who signed in, renewed at the login server."""

    identity = "a person"

    def __init__(self, server: LoginServer, granted: Granted, office: Office) -> None:
        self.server, self.granted, self.office = server, granted, office
        self.renewed = 0

    def token(self) -> str:
        return self.granted.access

    def renew(self, refused: str) -> str:
        self.renewed += 1
        self.granted = self.server.refresh(self.granted.refresh or "", now=self.office.clock())
        return self.granted.access


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


def _sign_in(office: Office) -> Person:
    (way,) = [one for one in Asana.describe().auth if isinstance(one, OAuth2)]
    login = office.asana.login
    login.redirect_uris.add(BACK)
    settings = {"client_id": login.client_id, "client_secret": login.client_secret, "login_url": office.url}
    server = LoginServer(way, settings, allow_private=LOOPBACK)
    begun = server.begin(BACK)
    asked = urlsplit(begun.url)
    back = urlsplit(Client(office.asana).get(asked.path, query_string=asked.query).headers["Location"])
    granted = server.finish(BACK, dict(parse_qsl(back.query)), begun, now=office.clock())
    return Person(server, granted, office)


def test_a_person_signs_in_once_and_the_refresh_token_stays_the_same(office: Office) -> None:
    office.fill(3)
    person = _sign_in(office)
    first = person.granted
    assert first.expires_at is not None
    assert (first.expires_at - office.clock()).total_seconds() == 3600
    connector = office.connect(bearer=person)
    assert connector.check().missing == ()
    for renewed in (1, 2):
        office.clock.pass_(minutes=61)
        assert connector.check().name == "hub@northwind.test"
        assert (person.renewed, person.granted.refresh) == (renewed, first.refresh)


def test_a_person_who_removed_the_app_must_sign_in_again(office: Office) -> None:
    connector = office.connect(bearer=_sign_in(office))
    office.asana.login.revoke()
    with pytest.raises(Unauthorized):
        connector.check()


def test_a_sign_in_without_full_permissions_is_told_what_does_not_work(office: Office) -> None:
    connector = office.connect(bearer=_sign_in(office))
    office.asana.app.scoped = True
    (missing,) = connector.check().missing
    assert missing.scope == "default"
    assert "every sync" in missing.why


def test_with_neither_a_token_nor_a_sign_in_the_token_is_missing(office: Office) -> None:
    with pytest.raises(Misconfigured, match="token is missing") as raised:
        office.connect(token=" ")
    assert raised.value.field == "token"
    with pytest.raises(Misconfigured) as raised:
        office.connect(token="two words")
    assert raised.value.field == "token"
    with pytest.raises(Misconfigured) as raised:
        office.connect(base_url="app.asana.com")
    assert raised.value.field == "base_url"


def test_a_sign_ins_wire_is_never_given_a_token_that_was_pasted_before(office: Office) -> None:
    person = _sign_in(office)
    connector = office.connect(bearer=person, token="an-old-token")
    assert connector.check().name == "hub@northwind.test"
    assert "an-old-token" not in repr(connector._account)
