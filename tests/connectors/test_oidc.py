"""Signing in with an issuer: who is vouched for comes back, and whatever does not hold lets nobody in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from connectors.errors import Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.oidc import Begun, Identity, Provider, open_provider
from connectors.sandbox.oidc import OidcSandbox
from connectors.sandbox.server import serve

BACK = "https://okr.northwind.test/sign-in/oidc/back"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Clock:
    at = NOW
    seconds = 0.0

    def __call__(self) -> datetime:
        return self.at


class Browser(HTTPRedirectHandler):
    """Follows the first address only, and returns where it is sent."""

    def redirect_request(self, *_given: Any) -> None:
        return None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(clock: Clock) -> Iterator[OidcSandbox]:
    made = OidcSandbox(now=clock, redirect_uris={BACK})
    with serve(made) as server:
        made.url = server.url
        yield made


@pytest.fixture
def provider(issuer: OidcSandbox, clock: Clock) -> Provider:
    return open_provider(
        issuer.url,
        issuer.client_id,
        issuer.client_secret,
        allow_private=["127.0.0.0/8"],
        elapsed=lambda: clock.seconds,
    )


def sent_back(begun: Begun) -> dict[str, str]:
    """Go to the issuer as a browser does and return the query of the way back."""
    with pytest.raises(HTTPError) as found:
        build_opener(Browser).open(Request(begun.url), timeout=5)
    with found.value as answer:
        assert answer.code == 302, answer.read()
        where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK
    return {name: values[0] for name, values in parse_qs(where.query).items()}


def sign_in(provider: Provider, **changes: str) -> Identity:
    begun = provider.begin(BACK)
    return provider.finish(BACK, {**sent_back(begun), **changes}, begun, now=NOW)


def test_whom_the_issuer_vouches_for_comes_back(provider: Provider, issuer: OidcSandbox) -> None:
    assert sign_in(provider) == Identity(issuer.url, "248289761001", "mira@northwind.test", True, "Mira Okafor")


def test_the_browser_is_sent_with_pkce_a_nonce_and_a_state_of_its_own_each_time(provider: Provider) -> None:
    first, second = provider.begin(BACK), provider.begin(BACK)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first.url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert (asked["state"], asked["nonce"], asked["redirect_uri"]) == (first.state, first.nonce, BACK)
    assert first.verifier not in first.url
    assert len({first.state, second.state, first.nonce, second.nonce, first.verifier, second.verifier}) == 6


def test_an_address_that_only_userinfo_tells_is_asked_for_there(provider: Provider, issuer: OidcSandbox) -> None:
    issuer.email_in_token = False
    assert sign_in(provider).email == "mira@northwind.test"
    assert issuer.asked[-1] == "GET /userinfo"


def test_an_address_of_userinfo_is_vouched_for_by_userinfo_alone(provider: Provider, issuer: OidcSandbox) -> None:
    issuer.email_in_token = False
    issuer.person = {name: value for name, value in issuer.person.items() if name != "email_verified"}
    issuer.tamper = lambda claims: {**claims, "email_verified": True}
    assert not sign_in(provider).is_email_verified


def test_userinfo_about_somebody_else_is_refused(provider: Provider, issuer: OidcSandbox) -> None:
    issuer.email_in_token = False
    begun = provider.begin(BACK)
    back = sent_back(begun)
    issuer.tamper = lambda claims: {**claims, "sub": "another"}
    with pytest.raises(Unauthorized, match="somebody else"):
        provider.finish(BACK, back, begun, now=NOW)


@pytest.mark.parametrize(
    ("said", "is_verified"), [(True, True), ("true", True), (False, False), (None, False), (1, False)]
)
def test_an_address_counts_as_verified_only_when_the_issuer_says_so(
    provider: Provider, issuer: OidcSandbox, said: object, is_verified: bool
) -> None:
    issuer.person = {**issuer.person, "email_verified": said}
    assert sign_in(provider).is_email_verified is is_verified


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (lambda claims: {**claims, "nonce": "another"}, "another sign-in's nonce"),
        (lambda claims: {k: v for k, v in claims.items() if k != "nonce"}, "no nonce"),
        (lambda claims: {**claims, "iss": "https://evil.test"}, "another issuer"),
        (lambda claims: {**claims, "aud": "another-client"}, "another client"),
        (lambda claims: {**claims, "aud": ["okr-hub", "another"], "azp": "another"}, "another party"),
        (lambda claims: {**claims, "exp": claims["iat"] - 600}, "expired"),
        (lambda claims: {**claims, "iat": claims["iat"] + 3600, "exp": claims["exp"] + 3600}, "from the future"),
        (lambda claims: {k: v for k, v in claims.items() if k != "exp"}, "no end"),
        (lambda claims: {k: v for k, v in claims.items() if k != "sub"}, "nobody"),
        (lambda claims: {**claims, "sub": ""}, "an empty subject"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    provider: Provider, issuer: OidcSandbox, tamper: Callable[[dict[str, Any]], dict[str, Any]], what: str
) -> None:
    issuer.tamper = tamper
    with pytest.raises(Unauthorized, match="does not hold"):
        sign_in(provider)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_an_id_token_that_anybody_could_have_signed_is_refused(
    provider: Provider, issuer: OidcSandbox, algorithm: str
) -> None:
    issuer.algorithm = algorithm
    with pytest.raises(Unauthorized, match="does not hold"):
        sign_in(provider)


def test_a_key_that_the_issuer_never_published_is_refused_and_looked_for_once(
    provider: Provider, issuer: OidcSandbox, clock: Clock
) -> None:
    sign_in(provider)
    issuer.key_id = "never-published"
    clock.seconds = 60
    for _ in range(3):
        with pytest.raises(Unauthorized, match="does not hold"):
            sign_in(provider)
    assert issuer.asked.count("GET /keys") == 2


def test_keys_that_the_issuer_has_changed_are_read_again(provider: Provider, issuer: OidcSandbox, clock: Clock) -> None:
    sign_in(provider)
    issuer.rotate()
    clock.seconds = 60
    assert sign_in(provider).subject == "248289761001"


def test_a_state_of_another_browser_is_refused_before_anything_is_asked(
    provider: Provider, issuer: OidcSandbox
) -> None:
    begun = provider.begin(BACK)
    back = sent_back(begun)
    for state in ("", "another", provider.begin(BACK).state, "ü"):
        with pytest.raises(Unauthorized, match="not begun in this browser"):
            provider.finish(BACK, {**back, "state": state}, begun, now=NOW)
    assert "POST /token" not in issuer.asked


def test_an_answer_that_names_another_issuer_or_none_is_refused(provider: Provider, issuer: OidcSandbox) -> None:
    for iss in ("https://evil.test", ""):
        with pytest.raises(Unauthorized, match="another issuer"):
            sign_in(provider, iss=iss)
    assert "POST /token" not in issuer.asked


def test_a_code_serves_once_and_only_with_its_own_verifier(provider: Provider) -> None:
    begun, other = provider.begin(BACK), provider.begin(BACK)
    back = sent_back(begun)
    provider.finish(BACK, back, begun, now=NOW)
    with pytest.raises(Unauthorized, match="invalid_grant"):
        provider.finish(BACK, back, begun, now=NOW)
    stolen = {**sent_back(begun), "state": other.state}
    with pytest.raises(Unauthorized, match="invalid_grant"):
        provider.finish(BACK, stolen, other, now=NOW)


def test_a_person_who_says_no_is_told_in_the_issuers_words(provider: Provider) -> None:
    begun = provider.begin(BACK)
    back = {"state": begun.state, "error": "access_denied", "error_description": "Not\n allowed\x07 " + "x" * 500}
    with pytest.raises(Unauthorized) as said:
        provider.finish(BACK, back, begun, now=NOW)
    assert "said Not allowed x" in str(said.value)
    assert len(str(said.value)) < 250


def test_an_issuer_that_calls_itself_otherwise_is_a_wrong_setting(provider: Provider, issuer: OidcSandbox) -> None:
    issuer.metadata = {"issuer": issuer.url + "/"}
    with pytest.raises(Misconfigured, match="calls itself"):
        provider.begin(BACK)


def test_endpoints_inside_the_company_are_asked_only_where_that_is_allowed(issuer: OidcSandbox) -> None:
    closed = open_provider(issuer.url, "okr-hub", "secret")
    with pytest.raises(Misconfigured):
        closed.begin(BACK)
    assert issuer.asked == []


def test_a_token_endpoint_at_a_private_address_is_never_asked(provider: Provider, issuer: OidcSandbox) -> None:
    issuer.metadata = {"token_endpoint": "http://169.254.169.254/token"}
    begun = provider.begin(BACK)
    with pytest.raises(Misconfigured):
        provider.finish(BACK, sent_back(begun), begun, now=NOW)


def test_an_issuer_out_of_order_is_worth_another_try(provider: Provider, issuer: OidcSandbox) -> None:
    begun = provider.begin(BACK)
    back = sent_back(begun)
    issuer.fails_with = 503
    with pytest.raises(TryLater):
        provider.finish(BACK, back, begun, now=NOW)


def test_a_description_that_is_none_is_unexpected(provider: Provider, issuer: OidcSandbox) -> None:
    issuer.metadata = {"jwks_uri": None}
    with pytest.raises(Unexpected, match="jwks_uri"):
        provider.begin(BACK)


def test_no_error_shows_the_client_secret_or_a_token(provider: Provider, issuer: OidcSandbox) -> None:
    shown: list[str] = []
    for fault in ("tamper", "secret", "503"):
        begun = provider.begin(BACK)
        back = sent_back(begun)
        if fault == "tamper":
            issuer.tamper = lambda claims: {**claims, "nonce": "x"}
        if fault == "secret":
            issuer.client_secret = "changed"
        if fault == "503":
            issuer.fails_with = 503
        with pytest.raises((Unauthorized, TryLater)) as said:
            provider.finish(BACK, back, begun, now=NOW)
        error: BaseException | None = said.value
        while error is not None:
            shown.append(str(error))
            error = error.__cause__
        shown.append(back["code"] if back["code"] in " ".join(shown) else "")
    assert "oidc-client-secret" not in " ".join(shown)
    assert not any("eyJ" in one for one in shown)


def test_seconds_between_the_two_clocks_are_forgiven(provider: Provider, issuer: OidcSandbox, clock: Clock) -> None:
    clock.at = NOW + timedelta(seconds=45)
    assert sign_in(provider).subject == "248289761001"
