"""Who may ask the simulated Asana: pasted tokens, and the sign-in by OAuth with PKCE.

https://developers.asana.com/docs/oauth : a code serves once and for ten minutes, an access token for an hour; a
refresh token stays good and is not renewed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from connectors.sandbox.asana.objects import Json

CODE_LASTS = timedelta(minutes=10)
TOKEN_LASTS = timedelta(hours=1)


@dataclass(slots=True)
class _Code:
    redirect_uri: str
    challenge: str
    made: datetime
    is_used: bool = False


class Login:
    """The tokens that are good, and the server that gives them out. Whoever comes to it agrees at once.

    `redirect_uris` are those registered for the app; `person` is told with every token.
    """

    def __init__(self, now: Callable[[], datetime], token: str, person: Json) -> None:
        self._now = now
        self.token = token
        self.person = person
        self.client_id, self.client_secret = "1201000000000001", secrets.token_hex(16)
        self.redirect_uris: set[str] = set()
        self.scopes = frozenset({"default", "openid", "email", "profile"})
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, datetime] = {}
        self._refresh: set[str] = set()

    def admits(self, authorization: str) -> bool:
        """Whether a request may ask."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            return False
        until = self._access.get(token)
        return hmac.compare_digest(token.encode(), self.token.encode()) or (until is not None and self._now() < until)

    def revoke(self) -> None:
        """Take every access and refresh token back, as when a person removes the app."""
        self._access.clear()
        self._refresh.clear()

    def answer(self, request: Request) -> Response:
        """Answer what people and programs ask below /-/."""
        match request.method, request.path:
            case "GET", "/-/oauth_authorize":
                return self._authorize(request)
            case "POST", "/-/oauth_token":
                return self._token(request)
            case "POST", "/-/oauth_revoke":
                self._refresh.discard(request.form.get("token", ""))
                return _json(200, {})
        return _json(404, {"error": "not_found"})

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        if asked.get("client_id") != self.client_id or asked.get("redirect_uri") not in self.redirect_uris:
            return Response("<html>The app or its address is not registered</html>", 400, content_type="text/html")
        answer = {"state": asked.get("state", "")}
        if asked.get("response_type") != "code" or not answer["state"]:
            answer["error"] = "invalid_request"
        elif not set(asked.get("scope", "default").split()) <= self.scopes:
            answer["error"] = "invalid_scope"
        elif asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            answer["error"] = "invalid_request"
        else:
            answer["code"] = secrets.token_urlsafe(24)
            self._codes[answer["code"]] = _Code(asked["redirect_uri"], asked["code_challenge"], self._now())
        return Response("", 302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"})

    def _token(self, request: Request) -> Response:
        form = request.form
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return _json(401, {"error": "invalid_client", "error_description": "The client is not known"})
        if form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") not in self._refresh:
                return _refused("The refresh token is invalid")
            return _json(200, self._given())
        code = self._codes.get(form.get("code", ""))
        if form.get("grant_type") != "authorization_code":
            return _json(400, {"error": "unsupported_grant_type"})
        if code is None or code.is_used or self._now() - code.made > CODE_LASTS:
            return _refused("The authorization code is invalid or has expired")
        code.is_used = True
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if form.get("redirect_uri") != code.redirect_uri or proof.rstrip(b"=").decode() != code.challenge:
            return _refused("The redirect_uri or the code_verifier does not match")
        refresh = f"1/{secrets.token_hex(20)}"
        self._refresh.add(refresh)
        return _json(200, {**self._given(), "refresh_token": refresh})

    def _given(self) -> Json:
        token = f"2/{secrets.token_hex(20)}"
        self._access[token] = self._now() + TOKEN_LASTS
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "data": self.person,
        }


def _refused(why: str) -> Response:
    return _json(400, {"error": "invalid_grant", "error_description": why})


def _json(status: int, body: Json) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
