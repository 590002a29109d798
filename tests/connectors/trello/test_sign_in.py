"""Signed in at Atlassian: the wire carries the token, Trello checks its scopes, and a lapsed one is renewed once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.errors import Gone, Unauthorized
from connectors.fields import OAuth2
from connectors.sandbox.atlassian_login import App, AtlassianLogin
from connectors.sandbox.server import serve
from connectors.shapes import Identity
from connectors.trello import Trello
from tests.connectors.trello.conftest import SECRET, Place

BACK = "https://hub.example/connect/back"
CLIENT = {"client_id": "trello-client", "client_secret": SECRET}
(WAY,) = (way for way in Trello.describe().auth if isinstance(way, OAuth2))
SCOPES = " ".join(one.name for one in WAY.permissions)


@dataclass
class Tokens:
    """A bearer as the hub's vault is one: the access token that is good, and the refresh token that renews it once."""

    url: str
    held: dict[str, Any] = field(default_factory=dict)
    renewals: int = 0

    def agree(self, scopes: str = SCOPES) -> None:
        """Sign in as a person does, with PKCE."""
        verifier = "v" * 64
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": CLIENT["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": scopes,
            "state": "s", "code_challenge": challenge, "code_challenge_method": "S256", **dict(WAY.asks),
        }  # fmt: skip
        address = WAY.authorize_url.replace("{login_url}", self.url)
        answer = requests.get(address, params=asked, allow_redirects=False, timeout=10)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        self._ask(grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier=verifier)

    def token(self) -> str:
        return str(self.held["access_token"])

    def renew(self, refused: str) -> str:
        self.renewals += 1
        self._ask(grant_type="refresh_token", refresh_token=self.held["refresh_token"])
        return self.token()

    def _ask(self, **asked: str) -> None:
        answer = requests.post(WAY.token_url.replace("{login_url}", self.url), data=asked | CLIENT, timeout=10)
        if answer.status_code != 200:
            raise Unauthorized("the sign-in has ended", hint="sign in again")
        self.held = answer.json()


@pytest.fixture
def login(place: Place) -> AtlassianLogin:
    made = AtlassianLogin(now=place.clock, audience="")
    scopes = frozenset(one.name for one in WAY.permissions) - {"offline_access"}
    made.register(App(**CLIENT, redirect_uris=frozenset({BACK}), scopes=scopes))

    def scopes_of(request: Any) -> frozenset[str] | None:
        access = made.access_of(request)
        return access.scopes if access is not None else None

    place.desk.scopes_of = scopes_of
    return made


@pytest.fixture
def tokens(login: AtlassianLogin) -> Iterator[Tokens]:
    with serve(login) as server:
        made = Tokens(server.url)
        made.agree()
        yield made


def test_a_signed_in_connection_reads_and_writes_without_key_or_token(place: Place, tokens: Tokens) -> None:
    place.desk.post.send = lambda *_: 200
    card = place.desk.create(place.todo, "a card")
    trello = place.connect(bearer=tokens, **CLIENT, webhook_secret="")
    assert trello.check() == Identity("OKR Hub (@okrhub)", "1 board, 3 lists")
    reader = place.reader(trello=trello)
    place.desk.edit(card, name="renamed")
    reader.sweep()
    assert reader.titles() == {"renamed"}
    made = trello.subscribe(trello.wants(reader.scopes)[0], "https://hub.example/hooks/t", "")
    assert made.secret == CLIENT["client_secret"]
    assert tokens.renewals == 0
    assert not [one for one in place.desk.requests if tokens.token() in one.path]


def test_a_token_that_lapsed_is_renewed_within_the_read(place: Place, tokens: Tokens) -> None:
    reader = place.reader(trello=place.connect(bearer=tokens, **CLIENT))
    old = tokens.token()
    place.clock.pass_(hours=2)
    place.desk.create(place.todo, "a card")
    reader.sweep()
    assert reader.titles() == {"a card"}
    assert (tokens.renewals, tokens.token() == old) == (1, False)


def test_a_sign_in_that_was_revoked_asks_for_a_person(place: Place, login: AtlassianLogin, tokens: Tokens) -> None:
    reader = place.reader(trello=place.connect(bearer=tokens, **CLIENT))
    login.revoke(login.person)
    with pytest.raises(Unauthorized):
        reader.sweep()


def test_a_board_out_of_sight_is_not_taken_for_a_lost_sign_in(place: Place, tokens: Tokens) -> None:
    trello = place.connect(bearer=tokens, **CLIENT)
    scope = place.scope()
    place.desk.boards[place.board].hidden = True
    with pytest.raises(Gone, match="may not see the board any more"):
        list(trello.fetch(scope))


def test_a_check_names_the_scope_that_is_missing(place: Place, tokens: Tokens) -> None:
    trello = place.connect(bearer=tokens, **CLIENT)
    tokens.agree("read:member:trello offline_access")
    found = trello.check()
    assert [one.scope for one in found.missing] == ["read:board:trello"]
    tokens.agree("read:board:trello offline_access")
    assert [one.scope for one in trello.check().missing] == ["read:member:trello"]
