"""A simulated Atlassian login server: people agree at once, codes serve once, refresh tokens rotate and die.

After https://developer.atlassian.com/cloud/oauth/getting-started/implementing-oauth-3lo/ and
https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/ . Trello signs in at the same server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.server import AnswerLostError

CODE_LASTS = timedelta(minutes=5)
ACCESS_LASTS = timedelta(hours=1)
IDLE_LASTS = timedelta(days=90)  # a refresh token that nobody used
CHAIN_LASTS = timedelta(days=365)  # however often it was used
CLOUD_ID = "2f1c7c5e-8b7e-4d1a-9f4a-6f5f0c1d7a90"


@dataclass(slots=True)
class App:
    """An app that a developer registered: who it is, where it may send people back, and what it may ask for.

    `service_account` is the account of an OAuth 2.0 credential, for which there is no person and no refresh token.
    """

    client_id: str
    client_secret: str
    redirect_uris: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    service_account: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A site that an account may be let into."""

    cloud_id: str
    url: str
    name: str
    scopes: frozenset[str]  # of its products: what an app can have here


@dataclass(slots=True)
class Chain:
    """What one person agreed to: the refresh tokens that follow one another all belong to it."""

    app: str
    account: str
    scopes: frozenset[str]
    began: datetime
    refresh: str = ""
    used_at: datetime | None = None
    is_over: bool = False


@dataclass(slots=True)
class _Code:
    app: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    made_at: datetime
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for while it is good."""

    account: str
    scopes: frozenset[str]
    client_id: str
    expires_at: datetime


@dataclass(slots=True)
class AtlassianLogin:
    """The login server and the list of sites behind it, as a WSGI application. `now` is its clock (aware).

    `person` is the account that agrees; `says_no` makes it decline. `audience` is demanded at /authorize, as by Jira's
    apps; "" for a product that does without.
    """

    now: Callable[[], datetime]
    person: str = "hub@northwind.test"
    audience: str = "api.atlassian.com"
    says_no: bool = False
    apps: dict[str, App] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, Access] = field(default_factory=dict)
    _refresh: dict[str, Chain] = field(default_factory=dict)

    def register(self, app: App) -> None:
        """Let an app in."""
        self.apps[app.client_id] = app

    def access_of(self, request: Request) -> Access | None:
        """Return what the request's bearer token stands for, or None when it is unknown or has lapsed."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        found = self._access.get(token.strip()) if kind.lower() == "bearer" else None
        return found if found is not None and found.expires_at > self.now() else None

    def lapse(self) -> None:
        """Have every access token be refused from now on, long before its time."""
        self._access.clear()

    def revoke(self, account: str) -> None:
        """End what an account agreed to: neither its access nor its refresh tokens are good any more."""
        for chain in self.chains:
            chain.is_over |= chain.account == account
        self._access = {token: held for token, held in self._access.items() if held.account != account}

    def count(self, path: str = "") -> int:
        """Count the requests whose path contains `path`."""
        return self.faults.count(path)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self.faults.answer(request.path, lambda: self._answer(request))
            if request.path.endswith("/oauth/token") and self.faults.loses():
                raise AnswerLostError
        except AnswerLostError:
            self.faults.note(Asked(request.method, request.path, 0))
            raise
        self.faults.note(Asked(request.method, request.path, response.status_code))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/authorize":
                return self._authorize(request.args)
            case "POST", "/oauth/token":
                return self._token(request)
            case "GET", "/oauth/token/accessible-resources":
                return self._resources(request)
        return _json({"error": "not_found"}, 404)

    # -- where people agree

    def _authorize(self, asked: Mapping[str, str]) -> Response:
        app = self.apps.get(asked.get("client_id", ""))
        if app is None or asked.get("redirect_uri") not in app.redirect_uris:
            return Response("The app, or the address it sends people back to, is not registered.", 400)
        scopes = frozenset(asked.get("scope", "").split())
        error = ""
        if self.audience and asked.get("audience") != self.audience:
            error = "invalid_request"
        elif asked.get("response_type") != "code":
            error = "unsupported_response_type"
        elif not scopes or not scopes - {"offline_access"} <= app.scopes:
            error = "invalid_scope"
        elif "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            error = "invalid_request"
        elif self.says_no:
            error = "access_denied"
        back = {"state": asked["state"]} if "state" in asked else {}
        if error:
            back |= {"error": error, "error_description": f"The request was refused: {error}."}
        else:
            code = secrets.token_urlsafe(32)
            self._codes[code] = _Code(
                app.client_id, asked["redirect_uri"], scopes, asked.get("code_challenge", ""), self.now()
            )
            back["code"] = code
        return Response("", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    # -- where tokens are given out

    def _token(self, request: Request) -> Response:
        asked = _asked(request)
        app = self.apps.get(asked.get("client_id", ""))
        if app is None or not hmac.compare_digest(app.client_secret, asked.get("client_secret", "")):
            return _refused(401, "access_denied", "Unauthorized")
        grant = asked.get("grant_type")
        if grant == "client_credentials" and app.service_account:
            return _json(self._grant(app.service_account, app.scopes, app.client_id))
        if grant == "authorization_code" and not app.service_account:
            return self._of_code(app, asked)
        if grant == "refresh_token" and not app.service_account:
            return self._of_refresh(app, asked)
        return _refused(403, "unauthorized_client", f"Grant type '{grant}' not allowed for the client.")

    def _of_code(self, app: App, asked: Mapping[str, str]) -> Response:
        code = self._codes.get(asked.get("code", ""))
        if code is None or code.is_used or code.app != app.client_id or self.now() - code.made_at > CODE_LASTS:
            return _refused(403, "invalid_grant", "Invalid authorization code")
        code.is_used = True
        if asked.get("redirect_uri") != code.redirect_uri:
            return _refused(401, "access_denied", "redirect_uri does not match")
        if code.challenge and _challenge(asked.get("code_verifier", "")) != code.challenge:
            return _refused(403, "invalid_grant", "Failed to verify code verifier")
        chain = Chain(app.client_id, self.person, code.scopes, self.now())
        self.chains.append(chain)
        return _json(self._grant(chain.account, chain.scopes, app.client_id, chain))

    def _of_refresh(self, app: App, asked: Mapping[str, str]) -> Response:
        chain, now = self._refresh.get(asked.get("refresh_token", "")), self.now()
        if (
            chain is None
            or chain.app != app.client_id
            or chain.is_over
            or chain.refresh != asked["refresh_token"]
            or now - (chain.used_at or chain.began) > IDLE_LASTS
            or now - chain.began > CHAIN_LASTS
        ):
            return _refused(403, "unauthorized_client", "refresh_token is invalid")
        chain.used_at = now
        return _json(self._grant(chain.account, chain.scopes, app.client_id, chain))

    def _grant(
        self, account: str, scopes: frozenset[str], client_id: str, chain: Chain | None = None
    ) -> dict[str, object]:
        token = "eyJ" + secrets.token_urlsafe(48)
        kept = scopes - {"offline_access"}
        self._access[token] = Access(account, kept, client_id, self.now() + ACCESS_LASTS)
        granted: dict[str, object] = {
            "access_token": token,
            "expires_in": int(ACCESS_LASTS.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }
        if chain is not None and "offline_access" in scopes:
            chain.refresh = "eyR" + secrets.token_urlsafe(48)
            self._refresh[chain.refresh] = chain
            granted["refresh_token"] = chain.refresh
        return granted

    def _resources(self, request: Request) -> Response:
        access = self.access_of(request)
        if access is None:
            return _json({"code": 401, "message": "Unauthorized"}, 401)
        found = [(place, sorted(access.scopes & place.scopes)) for place in self.places]
        return _json(
            [
                {
                    "id": place.cloud_id,
                    "url": place.url,
                    "name": place.name,
                    "scopes": scopes,
                    "avatarUrl": "https://site-admin-avatar-cdn.test/240/rocket.png",
                }
                for place, scopes in found
                if scopes
            ]
        )


def _asked(request: Request) -> dict[str, str]:
    """Read a form, or JSON as the documentation writes it."""
    if "json" in request.headers.get("Content-Type", ""):
        body = json.loads(request.get_data() or b"{}")
        return {name: value for name, value in body.items() if isinstance(value, str)}
    return dict(request.form.items())


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _refused(status: int, error: str, description: str) -> Response:
    return _json({"error": error, "error_description": description}, status)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
