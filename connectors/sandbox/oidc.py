"""A simulated OpenID Connect issuer, as strict as a careful one: registered addresses, PKCE, codes that serve once.

After OpenID Connect Core 1.0 and Discovery 1.0. Whoever comes to /authorize is signed in as `person` at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Request, Response

CODE_LASTS = 60  # seconds
TOKEN_LASTS = 300
Claims = dict[str, Any]


@dataclass(slots=True)
class _Grant:
    redirect_uri: str
    challenge: str
    nonce: str
    made_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class OidcSandbox:
    """An issuer in memory, as a WSGI application. `url` is set once it is served; `now` is its clock.

    `tamper` changes the claims before they are signed, `algorithm` how they are ("none" and "HS256" as an attacker
    would); `person` is who signs in: sub, email, email_verified, name.
    """

    now: Callable[[], datetime]
    url: str = ""
    client_id: str = "okr-hub"
    client_secret: str = "oidc-client-secret"
    redirect_uris: set[str] = field(default_factory=set)
    person: Claims = field(
        default_factory=lambda: {
            "sub": "248289761001",
            "email": "Mira@northwind.test",
            "email_verified": True,
            "name": "Mira Okafor",
        }
    )
    tamper: Callable[[Claims], Claims] = field(default=lambda claims: claims)
    algorithm: str = "RS256"
    key_id: str | None = None  # None: the right one
    email_in_token: bool = True
    says_issuer: bool = True  # RFC 9207
    metadata: Claims = field(default_factory=dict)  # over the discovery document
    fails_with: int = 0  # every answer, while it is set
    asked: list[str] = field(default_factory=list)
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig"}))
    _grants: dict[str, _Grant] = field(default_factory=dict)
    _access: set[str] = field(default_factory=set)

    def rotate(self) -> None:
        """Sign with a new key from now on, and publish that one alone."""
        self._key = RSAKey.generate_key(2048, {"use": "sig"})

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        request = Request(environ)
        self.asked.append(f"{request.method} {request.path}")
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.fails_with:
            return Response("out of order", self.fails_with)
        match request.method, request.path:
            case "GET", "/.well-known/openid-configuration":
                return _json(self._description())
            case "GET", "/keys":
                public = {**self._key.as_dict(private=False), "kid": self._kid(), "alg": "RS256"}
                return _json({"keys": [public]})
            case "GET", "/authorize":
                return self._authorize(request)
            case "POST", "/token":
                return self._token(request)
            case "GET", "/userinfo":
                return self._user_info(request)
        return _json({"error": "not_found"}, 404)

    def _description(self) -> Claims:
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.says_issuer,
        }
        return {**found, **self.metadata}

    def _kid(self) -> str:
        return self._key.thumbprint()

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        if asked.get("client_id") != self.client_id or asked.get("redirect_uri") not in self.redirect_uris:
            return Response("this client or its address is not registered", 400)  # never sent on: RFC 6749 4.1.2.1
        problem = ""
        if asked.get("response_type") != "code":
            problem = "unsupported_response_type"
        elif "openid" not in asked.get("scope", "").split():
            problem = "invalid_scope"
        elif asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            problem = "invalid_request"
        back = {"state": asked.get("state", "")}
        if self.says_issuer:
            back["iss"] = self.url
        if problem:
            back["error"] = problem
        else:
            code = secrets.token_urlsafe(24)
            self._grants[code] = _Grant(
                asked["redirect_uri"], asked["code_challenge"], asked.get("nonce", ""), self.now()
            )
            back["code"] = code
        return Response("", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, request: Request) -> Response:
        wanted = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            return _json({"error": "invalid_client"}, 401)
        form = {name: values[0] for name, values in parse_qs(request.get_data(as_text=True)).items()}
        grant = self._grants.get(form.get("code", ""))
        if form.get("grant_type") != "authorization_code" or grant is None or grant.is_used:
            return _json({"error": "invalid_grant", "error_description": "The code is unknown or was used."}, 400)
        grant.is_used = True
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _text(digest)
        age = (self.now() - grant.made_at).total_seconds()
        if challenge != grant.challenge or form.get("redirect_uri") != grant.redirect_uri or age > CODE_LASTS:
            return _json({"error": "invalid_grant", "error_description": "The code is not for this client."}, 400)
        access = secrets.token_urlsafe(24)
        self._access.add(access)
        return _json(
            {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_LASTS, "id_token": self._sign(grant)}
        )

    def _sign(self, grant: _Grant) -> str:
        issued = int(self.now().timestamp())
        kept = self.person if self.email_in_token else {"sub": self.person["sub"]}
        claims = {"iss": self.url, "aud": self.client_id, "iat": issued, "exp": issued + TOKEN_LASTS, **kept}
        if grant.nonce:
            claims["nonce"] = grant.nonce
        claims = self.tamper(claims)
        kid = self.key_id if self.key_id is not None else self._kid()
        if self.algorithm == "RS256":
            return jwt.encode({"alg": "RS256", "kid": kid}, claims, self._key)
        # As an attacker writes it: unsigned, or signed with the public key as if that were a secret shared by both.
        signed = f"{_part({'alg': self.algorithm, 'kid': kid})}.{_part(claims)}"
        secret = self._key.as_pem(private=False)
        mac = b"" if self.algorithm == "none" else hmac.digest(secret, signed.encode(), "sha256")
        return f"{signed}.{_text(mac)}"

    def _user_info(self, request: Request) -> Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._access:
            return _json({"error": "invalid_token"}, 401)
        return _json(self.person)


def _part(held: Claims) -> str:
    return _text(json.dumps(held).encode())


def _text(held: bytes) -> str:
    return base64.urlsafe_b64encode(held).rstrip(b"=").decode()


def _json(body: Claims, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
