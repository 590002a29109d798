"""The login server beside a simulated tenant: client credentials, and a code with PKCE whose refresh tokens serve once.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and .../v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

LASTS = 3599  # seconds that an access token is good for
CODE_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token: whose it is ("" for the app itself), what it may, and until when."""

    user: str
    permissions: frozenset[str]
    until: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """A code on its way to be traded."""

    user: str
    permissions: frozenset[str]
    challenge: str
    redirect_uri: str
    until: datetime


class Login:
    """One app's registration and its tokens. `roles` are what an administrator consented to for the app."""

    def __init__(self, *, tenant: str, client_id: str, client_secret: str, now: Callable[[], datetime]) -> None:
        self.tenant, self.client_id, self.client_secret, self.now = tenant, client_id, client_secret, now
        self.roles: set[str] = set()
        self.consented: set[str] = set()  # delegated permissions
        self.person = ""  # the user's id who signs in at the page
        self.tokens: dict[str, Token] = {}
        self.refreshed = 0
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, tuple[str, frozenset[str]]] = {}

    def issue(self, *, user: str = "", permissions: Collection[str] | None = None) -> str:
        """Hand out an access token without a word, as a test needs it."""
        held = frozenset(permissions if permissions is not None else self.consented if user else self.roles)
        token = f"sandbox-graph-{secrets.token_urlsafe(24)}"
        self.tokens[token] = Token(user, held, self.now() + timedelta(seconds=LASTS))
        return token

    def expire_all(self) -> None:
        """Let every access token lapse."""
        self.tokens.clear()

    def revoke(self) -> None:
        """End every sign-in: refresh tokens are dead."""
        self._refresh.clear()
        self.tokens.clear()

    def find(self, token: str) -> Token | None:
        """Return the token if it is good now."""
        held = self.tokens.get(token)
        return held if held is not None and held.until > self.now() else None

    def answer(self, request: Request, tenant: str, action: str) -> Response:
        """Answer a request for /{tenant}/oauth2/v2.0/authorize or .../token."""
        if tenant != self.tenant:
            return _refused("invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.", 400)
        if action == "authorize" and request.method == "GET":
            return self._authorize(request)
        if action == "token" and request.method == "POST":
            return self._token(request)
        return _refused("invalid_request", "AADSTS900561: The endpoint only accepts POST requests.", 400)

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code":
            return _refused("unauthorized_client", "AADSTS700016: Application was not found in the directory.", 400)
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return _refused("invalid_request", "AADSTS50148: a code challenge of S256 is wanted.", 400)
        code = secrets.token_urlsafe(24)
        wanted = frozenset(asked.get("scope", "").split()) & (self.consented | {"offline_access"})
        self._codes[code] = Code(
            self.person, wanted, asked["code_challenge"], asked.get("redirect_uri", ""), self.now() + CODE_LASTS
        )
        query = urlencode({"code": code, "state": asked.get("state", ""), "session_state": secrets.token_hex(8)})
        return Response("", 302, {"Location": f"{asked.get('redirect_uri', '')}?{query}"})

    def _token(self, request: Request) -> Response:
        asked = request.form
        known = asked.get("client_id") == self.client_id
        if not known or not hmac.compare_digest(asked.get("client_secret", ""), self.client_secret):
            return _refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        grant = asked.get("grant_type")
        if grant == "client_credentials":
            if not asked.get("scope", "").endswith("/.default"):
                return _refused("invalid_scope", "AADSTS1002012: The provided value for scope is not valid.", 400)
            return _json({"token_type": "Bearer", "expires_in": LASTS, "access_token": self.issue()})
        if grant == "authorization_code":
            return self._traded(asked)
        if grant == "refresh_token":
            held = self._refresh.pop(asked.get("refresh_token", ""), None)
            if held is None:
                return _refused("invalid_grant", "AADSTS70000: The provided grant has expired or was revoked.", 400)
            self.refreshed += 1
            return self._pair(*held)
        return _refused("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.", 400)

    def _traded(self, asked: Any) -> Response:
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.until <= self.now() or asked.get("redirect_uri") != code.redirect_uri:
            return _refused("invalid_grant", "AADSTS54005: The code was redeemed already or has expired.", 400)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != code.challenge:
            return _refused("invalid_grant", "AADSTS501481: The code_verifier does not match the code_challenge.", 400)
        return self._pair(code.user, code.permissions)

    def _pair(self, user: str, permissions: Iterable[str]) -> Response:
        held = frozenset(permissions)
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(sorted(held - {"offline_access"})),
            "expires_in": LASTS,
            "access_token": self.issue(user=user, permissions=held),
        }
        if "offline_access" in held:
            answer["refresh_token"] = f"1.{secrets.token_urlsafe(48)}"
            self._refresh[answer["refresh_token"]] = (user, held)
        return _json(answer)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    answer = Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store, no-cache"
    return answer


def _refused(error: str, description: str, status: int) -> Response:
    return _json({"error": error, "error_description": description, "error_codes": [70000]}, status)
