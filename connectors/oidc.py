"""Signing people in with an OpenID Connect issuer: the client's side of the authorization code flow.

After OpenID Connect Core 1.0 and Discovery 1.0, with PKCE (RFC 7636, S256) and the issuer in the answer (RFC 9207).
Authlib speaks OAuth, over the hub's own wire; nothing of it gets past this module.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from connectors.errors import ConnectorError, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.tame import decode
from connectors.wire import adapter_of, answer, mount, open_wire

# Never "none", and no HS: a shared secret that signs is known to every client of that issuer.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SCOPES = "openid email profile"
LEEWAY = 60  # seconds that the two clocks may differ
KEEP = 3600.0  # seconds that the issuer's own description is believed
KEYS_AGAIN = 30.0  # seconds between two reads of the keys: a forged key id must not make us hammer the issuer
TOOL = "the sign-in service"


class _Metadata(msgspec.Struct):
    """What of the discovery document is needed (Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: `url` is for the browser, the rest stays in its session and serves once."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the issuer vouches for. `subject` is its own id, which never changes hands; an address may."""

    issuer: str
    subject: str
    email: str  # lower case; "" where the issuer tells none
    is_email_verified: bool
    name: str


class Provider:
    """One issuer and our registration with it. Made by `open_provider`; safe to share between threads."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        allow_private: Sequence[str],
        elapsed: Callable[[], float],
    ) -> None:
        self.issuer = issuer
        self._client_id, self._client_secret = client_id, client_secret
        self._allow_private = tuple(allow_private)
        self._elapsed = elapsed
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, redirect_uri: str) -> Begun:
        """Start a sign-in. Raises Misconfigured, TryLater or Unexpected when the issuer cannot be asked."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        session = self._session(self._described().token_endpoint, redirect_uri)
        url, _ = session.create_authorization_url(
            self._described().authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
        )
        return Begun(url, state, nonce, verifier)

    def finish(self, redirect_uri: str, params: Mapping[str, str], begun: Begun, *, now: datetime) -> Identity:
        """Turn the browser's way back into who it is. `params` is its query, `now` is aware.

        Raises Unauthorized when anything about it does not hold, and as `begin` does.
        """
        metadata = self._described()
        if not hmac.compare_digest(params.get("state", "").encode(), begun.state.encode()):
            raise _refused("this sign-in was not begun in this browser")
        if params.get("error"):
            raise _refused(f"{TOOL} said {_short(params.get('error_description') or params['error'])}")
        said = params.get("iss", "")
        if said != metadata.issuer and (said or metadata.authorization_response_iss_parameter_supported):
            raise _refused("the answer names another issuer")
        if not params.get("code"):
            raise _refused("the answer holds no code")
        token = self._exchange(redirect_uri, params["code"], begun.verifier)
        claims = self._verified(str(token.get("id_token") or ""), str(token.get("access_token") or ""), begun, now)
        if not claims.get("email") and metadata.userinfo_endpoint and token.get("access_token"):
            told = self._asked_user_info(str(token["access_token"]), claims["sub"])
            claims = {**claims, "email_verified": False, **told}  # whoever names the address vouches for it
        email = claims.get("email")
        return Identity(
            metadata.issuer,
            str(claims["sub"]),
            email.strip().lower() if isinstance(email, str) else "",
            claims.get("email_verified") is True
            or claims.get("email_verified") == "true",  # some issuers write it as a text
            str(claims.get("name") or ""),
        )

    def _described(self) -> _Metadata:
        held = self._metadata
        if held is not None and self._elapsed() - held[0] < KEEP:
            return held[1]
        found: _Metadata = self._fetch(
            self.issuer.rstrip("/") + "/.well-known/openid-configuration", "discovery", _Metadata
        )
        if found.issuer != self.issuer:
            raise Misconfigured(
                f"the issuer calls itself {_short(found.issuer)}",
                field="OKRHUB_OIDC_ISSUER",
                hint="write the issuer exactly as its own discovery document does, a slash at the end included",
            )
        self._metadata = (self._elapsed(), found)
        return found

    def _exchange(self, redirect_uri: str, code: str, verifier: str) -> Mapping[str, Any]:
        url = self._described().token_endpoint
        session = self._session(url, redirect_uri)
        session.register_compliance_hook("access_token_response", _only_plain)
        try:
            found = session.fetch_token(url, code=code, code_verifier=verifier)
        except OAuthError as refused:
            raise _refused(f"{TOOL} refused the code: {_short(refused.error)}") from None
        except ConnectorError:
            raise
        except (RequestException, ValueError, AttributeError, TypeError) as broken:
            raise Unexpected(f"{TOOL} answered the code with something that is no token") from broken
        if not isinstance(found, Mapping) or not found.get("id_token"):
            raise Unexpected(f"{TOOL} gave no id_token: is `openid` allowed for this client?")
        return found

    def _verified(self, id_token: str, access_token: str, begun: Begun, now: datetime) -> dict[str, Any]:
        metadata = self._described()
        named = metadata.id_token_signing_alg_values_supported
        registry = JWSRegistry(algorithms=[one for one in ALGORITHMS if one in named], strict_check_header=False)
        try:
            try:
                token = jwt.decode(id_token, self._key_set(), registry=registry)
            except InvalidKeyIdError:
                token = jwt.decode(id_token, self._key_set(anew=True), registry=registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                },
                {"nonce": begun.nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError) as wrong:
            # The token is not quoted: whoever reads a log must not be able to use it.
            raise _refused(f"the id_token does not hold ({type(wrong).__name__})") from None
        return dict(claims)

    def _key_set(self, *, anew: bool = False) -> KeySet:
        held = self._keys
        age = KEEP if held is None else self._elapsed() - held[0]
        if held is not None and age < (KEYS_AGAIN if anew else KEEP):
            return held[1]
        found = self._fetch(self._described().jwks_uri, "keys", _Keys)
        try:
            keys = KeySet.import_key_set({"keys": [one for one in found.keys if one.get("use", "sig") == "sig"]})
        except (JoseError, ValueError, KeyError, TypeError) as broken:
            raise Unexpected(f"{TOOL} publishes keys that cannot be read") from broken
        self._keys = (self._elapsed(), keys)
        return keys

    def _asked_user_info(self, access_token: str, subject: object) -> dict[str, Any]:
        url = self._described().userinfo_endpoint
        wire = open_wire(hosts=(), base_url=url, allow_private=self._allow_private, secrets=(access_token,))
        got = wire.get(url, headers={"Authorization": f"Bearer {access_token}"}, allow_redirects=False)
        answer(got, what=f"{TOOL}: userinfo")
        found = decode(msgspec.json.Decoder(dict[str, Any]), got.content, TOOL)
        if found.get("sub") != subject:
            raise _refused("userinfo speaks of somebody else")
        return {name: found[name] for name in ("email", "email_verified", "name") if name in found}

    def _fetch(self, url: str, what: str, shape: type[Any]) -> Any:
        wire = open_wire(hosts=(), base_url=url, allow_private=self._allow_private)
        got = wire.get(url, allow_redirects=False)
        answer(got, what=f"{TOOL}: {what}")
        return decode(msgspec.json.Decoder(shape), got.content, TOOL)

    def _session(self, url: str, redirect_uri: str) -> OAuth2Session:
        methods = self._described().token_endpoint_auth_methods_supported
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        session = OAuth2Session(
            self._client_id,
            self._client_secret,
            token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
            scope=SCOPES,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        # Endpoints may lie on other hosts than the issuer, which is trusted to name them; addresses are guarded.
        wire = open_wire(hosts=(), base_url=url, allow_private=self._allow_private, secrets=(self._client_secret,))
        mount(session, adapter_of(wire))
        return session


def open_provider(
    issuer: str,
    client_id: str,
    client_secret: str,
    *,
    allow_private: Sequence[str] = (),
    elapsed: Callable[[], float] = time.monotonic,
) -> Provider:
    """Prepare signing in with an issuer. Nothing is sent yet.

    `allow_private` are networks in CIDR notation for an issuer inside the company, the only ones where http passes;
    `elapsed` (seconds) is for tests.
    """
    return Provider(issuer, client_id, client_secret, allow_private=allow_private, elapsed=elapsed)


def _only_plain(response: Any) -> Any:
    """Let Authlib see answers that it reads right; what a server's trouble means is said here."""
    if response.status_code >= 500:
        raise TryLater(f"{TOOL} answered {response.status_code}")
    if 300 <= response.status_code < 400:
        answer(response, what=f"{TOOL}: token")
    return response


def _refused(why: str) -> Unauthorized:
    return Unauthorized(f"signing in did not work: {why}", hint="begin again from the sign-in page")


def _short(text: str) -> str:
    """Return foreign words fit for a page or a log: one printable line of at most 120 characters."""
    clean = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return clean if len(clean) <= 120 else clean[:119] + "…"
