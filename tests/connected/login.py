"""A login server of a tool and the tool behind it, as strict as a careful one: rotating refresh tokens, PKCE, one use.

Whoever comes to /authorize agrees at once, unless `agrees` is false. A refresh token serves once; used again it is dead
and answered as Atlassian does (403 unauthorized_client) or as RFC 6749 says (400 invalid_grant).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from connectors.sandbox.server import AnswerLostError
from tests.canaries import canary

LASTS = 3600  # seconds


@dataclass
class LoginSandbox:
    """A login server and its tool in memory, as a WSGI application. `now` is its clock."""

    now: Callable[[], datetime]
    client_id: str = "okr-hub"
    client_secret: str = field(default_factory=lambda: canary("client-secret"))
    redirect_uris: set[str] = field(default_factory=set)
    agrees: bool = True
    withholds: frozenset[str] = frozenset()  # scopes that are asked for and not given
    lasts: int = LASTS
    rotates: bool = True
    like_atlassian: bool = True
    fails_with: int = 0  # every answer of /token, while it is set
    loses_answers: bool = False  # /token does its work and hangs up
    slow: float = 0.0  # seconds that a renewal takes
    account: str = "bot@acme.test"
    refreshed: int = 0
    refused: int = 0
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refresh: dict[str, str] = field(default_factory=dict)  # token -> scopes
    _access: dict[str, float] = field(default_factory=dict)  # token -> its end
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        request = Request(environ)
        with self._lock:
            self.asked.append(f"{request.method} {request.path}")
        match request.method, request.path:
            case "GET", "/authorize":
                answer = self._authorize(request)
            case "POST", "/token":
                answer = self._token(request)
            case "GET", "/me" | "/broken":
                answer = self._me(request)
            case _:
                answer = _json({"error": "not_found"}, 404)
        return answer(environ, start_response)

    def issue(self, scope: str = "read:work offline_access") -> tuple[str, str]:
        """Return an access and a refresh token, as a sign-in gives them."""
        given = self._issue(scope)
        return str(given["access_token"]), str(given["refresh_token"])

    def revoke_all(self) -> None:
        """Take every sign-in back, as a person or an admin of the tool does."""
        self._refresh.clear()
        self._access.clear()

    def lapse_all(self) -> None:
        """Let every access token lapse; refresh tokens stay good."""
        self._access.clear()

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        if asked.get("client_id") != self.client_id or asked.get("redirect_uri") not in self.redirect_uris:
            return Response("this app or its address is not registered", 400)
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return Response("no code challenge", 400)
        back = {"state": asked.get("state", "")}
        if not self.agrees:
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(24)
            self._codes[back["code"]] = {
                "redirect_uri": asked["redirect_uri"],
                "challenge": asked["code_challenge"],
                "scope": " ".join(one for one in asked.get("scope", "").split() if one not in self.withholds),
            }
        return Response("", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, request: Request) -> Response:
        if self.fails_with:
            return _json({"error": "server_error"}, self.fails_with)
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return _json({"error": "invalid_client"}, 401)
        match form.get("grant_type"):
            case "authorization_code":
                answer = self._exchange(form)
            case "refresh_token":
                answer = self._refreshed(form.get("refresh_token", ""))
            case "client_credentials":
                answer = _json(self._issue("read:work", with_refresh=False))
            case _:
                answer = _json({"error": "unsupported_grant_type"}, 400)
        if self.loses_answers:
            raise AnswerLostError
        return answer

    def _exchange(self, form: Any) -> Response:
        held = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if held is None or held["challenge"] != challenge or held["redirect_uri"] != form.get("redirect_uri"):
            return _json({"error": "invalid_grant"}, 400)
        return _json(self._issue(held["scope"]))

    def _refreshed(self, token: str) -> Response:
        with self._lock:
            scope = self._refresh.pop(token, None) if self.rotates else self._refresh.get(token)
            self.refreshed += scope is not None
            self.refused += scope is None
        if self.slow:
            time.sleep(self.slow)
        if scope is None and self.like_atlassian:
            return _json({"error": "unauthorized_client", "error_description": "refresh_token is invalid"}, 403)
        if scope is None:
            return _json({"error": "invalid_grant", "error_description": f"unknown token {token}"}, 400)
        return _json(self._issue(scope, with_refresh=self.rotates))

    def _issue(self, scope: str, *, with_refresh: bool = True) -> dict[str, Any]:
        access = canary(secrets.token_hex(8))
        self._access[access] = self.now().timestamp() + self.lasts
        given: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": self.lasts}
        given["scope"] = scope
        if with_refresh:
            given["refresh_token"] = canary(secrets.token_hex(8))
            self._refresh[given["refresh_token"]] = scope
        return given

    def _me(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._access.get(token, 0.0) <= self.now().timestamp():
            return _json({"error": "invalid_token"}, 401)
        return _json({"account": self.account, "projects": ["Payments", "Growth"]})


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
