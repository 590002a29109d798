"""Webhooks of an app: registered by itself, proven by its secret, renewed before they lapse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from connectors.errors import Forged, Gone, Misconfigured, Unexpected
from connectors.jira import Jira
from connectors.sandbox.atlassian_login import AtlassianLogin
from connectors.shapes import Delivery, Scope, Select, Subscription
from connectors.signatures import hmac_sha256_hex
from tests.connectors.conftest import SERVICE, Site, scopes_of
from tests.connectors.test_jira_sign_in import Held

SECRET = SERVICE.client_secret
URL = "https://hub.test/hooks/jira-main/abc"
BODY = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "10042", "key": "PAY-7"}}).encode()


@pytest.fixture
def app(gated: Site, login: AtlassianLogin) -> Jira:
    """A connection that an app signed in."""
    return gated.connect(Held(login, SERVICE), **gated.through_gateway, client_secret=SECRET)


def delivery(site: Site, *, signature: str = "", token: str = "", kind: str = "Bearer") -> Delivery:
    headers = {"x-hub-signature": signature} if signature else {}
    headers |= {"authorization": f"{kind} {token}"} if token else {}
    return Delivery("POST", URL, headers, {}, BODY, site.clock())


def proof(site: Site, secret: str = SECRET, /, **changes: Any) -> str:
    at = int(site.clock().timestamp())
    claims = {name: value for name, value in ({"iat": at, "exp": at + 180} | changes).items() if value is not None}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


def _unsigned(claims: dict[str, Any], algorithm: str, key: bytes) -> str:
    def part(held: bytes) -> str:
        return base64.urlsafe_b64encode(held).rstrip(b"=").decode()

    signed = f"{part(json.dumps({'alg': algorithm}).encode())}.{part(json.dumps(claims).encode())}"
    mac = hmac.digest(key, signed.encode(), hashlib.sha512) if key else b""
    return f"{signed}.{part(mac)}"


def test_a_token_under_the_apps_secret_passes(app: Jira, gated: Site) -> None:
    app.verify(delivery(gated, token=proof(gated)), SECRET)
    app.verify(delivery(gated, token=proof(gated), kind="JWT"), SECRET)
    assert [e.item_keys for e in app.parse(delivery(gated))] == [("10042",)]


@pytest.mark.parametrize(
    "changes",
    [{"exp": -61}, {"exp": None}, {"exp": True}, {"exp": "soon"}, {"nbf": 61}, {"exp": float("nan")}],
)
def test_a_token_is_good_for_its_time_give_or_take_a_minute(app: Jira, gated: Site, changes: dict[str, Any]) -> None:
    at = int(gated.clock().timestamp())
    moved = {k: at + v if isinstance(v, int) and not isinstance(v, bool) else v for k, v in changes.items()}
    with pytest.raises(Forged):
        app.verify(delivery(gated, token=proof(gated, **moved)), SECRET)
    app.verify(delivery(gated, token=proof(gated, exp=at - 59, nbf=at - 100)), SECRET)


def test_no_other_algorithm_and_no_other_secret_is_believed(app: Jira, gated: Site) -> None:
    claims = {"exp": int(gated.clock().timestamp()) + 180}
    rsa = RSAKey.generate_key(2048)
    for token in (
        proof(gated, "another secret of length"),
        _unsigned(claims, "none", b""),
        _unsigned(claims, "HS512", SECRET.encode()),
        jwt.encode({"alg": "RS256"}, claims, rsa, algorithms=["RS256"]),
        "nonsense",
        "a.b.c",
    ):
        with pytest.raises(Forged):
            app.verify(delivery(gated, token=token), SECRET)
    with pytest.raises(Forged):
        app.verify(delivery(gated, token=proof(gated)), "")
    with pytest.raises(Forged):
        app.verify(delivery(gated), SECRET)


def test_deliveries_of_an_app_are_judged_without_its_tokens(gated: Site) -> None:
    judge = gated.connect(**gated.through_gateway, client_id="service-9", client_secret=SECRET, email="", token="")
    judge.verify(delivery(gated, token=proof(gated)), SECRET)
    with pytest.raises(Forged):
        judge.verify(delivery(gated, token=proof(gated, "another secret of length")), SECRET)


def test_what_carries_a_signature_as_well_must_hold_in_both(app: Jira, gated: Site) -> None:
    good = "sha256=" + hmac_sha256_hex(SECRET, BODY)
    app.verify(delivery(gated, token=proof(gated), signature=good), SECRET)
    app.verify(delivery(gated, signature=good), SECRET)
    with pytest.raises(Forged):
        app.verify(delivery(gated, token=proof(gated), signature="sha256=" + "0" * 64), SECRET)
    with pytest.raises(Forged):
        app.verify(delivery(gated, token="nonsense", signature=good), SECRET)


def test_a_token_proves_nothing_to_a_connection_that_has_a_webhook_secret(gated: Site) -> None:
    # a token says nothing of the body: whoever caught one could tell anything with it
    with pytest.raises(Forged, match="no signature"):
        gated.connector.verify(delivery(gated, token=proof(gated)), SECRET)


def test_one_registration_rings_for_all_bounded_scopes(app: Jira, gated: Site) -> None:
    queries = ("project = PAY AND labels = okr", "project in (WEB, PAY)", "labels = okr", "project = web")
    scopes = scopes_of(gated, *queries)
    (wanted,) = app.wants(scopes)
    assert wanted.query == "project in (PAY, WEB)"
    assert app.wants(scopes[::-1]) == (wanted,)
    assert app.wants(scopes[2:3]) == ()
    assert gated.connector.wants(scopes) == ()  # no app: an admin makes the webhook


def _subscribed(app: Jira, gated: Site) -> tuple[Scope, Subscription]:
    (wanted,) = app.wants(scopes_of(gated, "project = PAY"))
    return wanted, app.subscribe(wanted, URL, "a secret of ours")


def test_a_registration_lapses_in_thirty_days_and_brings_the_secret_that_proves_it(app: Jira, gated: Site) -> None:
    wanted, made = _subscribed(app, gated)
    assert (made.scope_key, made.secret) == (wanted.key, SECRET)
    assert made.expires_at == gated.clock() + timedelta(days=30)
    (held,) = gated.jira.registration.held.values()
    assert (str(held.id), held.url, held.jql) == (made.key, URL, "project in (PAY)")


def test_a_renewed_webhook_lasts_thirty_days_from_then(app: Jira, gated: Site) -> None:
    _, made = _subscribed(app, gated)
    gated.clock.pass_(days=25)
    again = app.renew(made)
    assert (again.key, again.expires_at) == (made.key, gated.clock() + timedelta(days=30))


def test_an_end_that_jira_writes_as_text_is_read_as_well(app: Jira, gated: Site) -> None:
    _, made = _subscribed(app, gated)
    said = b'{"expirationDate": "2026-12-27T04:00:00.000-0500"}'
    gated.jira.faults.bend_next(1, lambda _body: said, path="/webhook/refresh")
    assert app.renew(made).expires_at == datetime(2026, 12, 27, 9, tzinfo=UTC)


def test_a_webhook_that_is_gone_is_not_taken_for_renewed(app: Jira, gated: Site) -> None:
    _, made = _subscribed(app, gated)
    app.unsubscribe(made)
    app.unsubscribe(made)
    assert gated.jira.registration.held == {}
    with pytest.raises(Gone):
        app.renew(made)


def test_registrations_whose_answers_were_lost_make_room(app: Jira, gated: Site) -> None:
    (wanted,) = app.wants(scopes_of(gated, "project = PAY"))
    app.subscribe(wanted, "https://hub.test/hooks/jira-other/abc", "")
    for number in range(4):
        app.subscribe(wanted, f"https://hub.test/hooks/jira-main/lost-{number}", "")
    app.subscribe(wanted, URL, "")
    held = [one.url for one in gated.jira.registration.held.values()]
    assert held == ["https://hub.test/hooks/jira-other/abc", URL]


def test_a_registration_that_jira_refuses_says_why(app: Jira, gated: Site) -> None:
    (wanted,) = app.wants(scopes_of(gated, "project = PAY"))
    for number in range(5):
        app.subscribe(wanted, f"https://hub.test/hooks/jira-{number}/abc", "")
    with pytest.raises(Misconfigured, match="maximum of 5 webhooks"):
        _subscribed(app, gated)
    (wanted,) = app.wants(scopes_of(gated, "project = GONE"))
    with pytest.raises(Misconfigured, match="registers no webhook"):
        app.subscribe(wanted, URL, "")


def test_an_account_that_is_no_app_may_not_register(gated: Site) -> None:
    scope = gated.connector.resolve(Select(query="project = PAY"))
    with pytest.raises(Exception, match="not an app"):
        gated.connector.subscribe(scope, URL, "")


def test_what_the_simulated_jira_sends_is_what_the_connector_believes(app: Jira, gated: Site) -> None:
    gated.jira.postman.tries = 1
    (wanted,) = app.wants(scopes_of(gated, "project = PAY"))
    app.subscribe(wanted, "http://127.0.0.1:9/hooks/jira-main/abc", "")
    gated.jira.create("PAY", summary="Rung")
    gated.jira.create("WEB", summary="Not rung")
    assert gated.jira.drain()
    (sent,) = gated.jira.deliveries
    headers = {"authorization": f"Bearer {sent.hook.bearer}"}
    told = Delivery("POST", URL, headers, {}, sent.body, gated.clock())
    app.verify(told, SECRET)
    assert [e.item_keys for e in app.parse(told)] == [("10001",)]
    gated.clock.pass_(days=31)
    gated.jira.create("PAY", summary="The webhook has lapsed")
    assert len(gated.jira.deliveries) == 1


@pytest.mark.parametrize("ends", [1e300, "1e300", "soon", None, -1e18, []])
def test_an_end_that_is_no_time_is_not_understood(app: Jira, gated: Site, ends: object) -> None:
    _, made = _subscribed(app, gated)
    gated.jira.faults.bend_next(1, lambda _: json.dumps({"expirationDate": ends}).encode(), path="webhook/refresh")
    with pytest.raises(Unexpected, match="expirationDate"):
        app.renew(made)


@pytest.mark.parametrize(
    "results", [[], [{"createdWebhookId": 1000}, {"createdWebhookId": 1001}], {"createdWebhookId": 1000}, None, "1000"]
)
def test_a_registration_that_is_answered_otherwise_than_by_one_result_is_not_understood(
    app: Jira, gated: Site, results: object
) -> None:
    answer = json.dumps({"webhookRegistrationResult": results}).encode()
    (wanted,) = app.wants(scopes_of(gated, "project = PAY"))
    gated.jira.faults.bend_next(1, lambda _: answer, path="/webhook")
    with pytest.raises(Unexpected, match="webhookRegistrationResult"):
        app.subscribe(wanted, URL, "a secret of ours")
