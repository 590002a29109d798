"""Signing in at a tool: the client's side of OAuth 2.0, after what a connector's `OAuth2` says.

RFC 6749 with PKCE (RFC 7636, S256). Authlib speaks OAuth, over the hub's own wire; nothing of it gets past this module.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests import RequestException

from connectors.errors import ConnectorError, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.fields import OAuth2, Permission
from connectors.shapes import Missing
from connectors.wire import Counter, adapter_of, answer, mount, open_wire
from connectors.wire_redaction import redact_known, remember

LONGEST = 30.0  # seconds for one answer of a login server: whoever renews holds up all others of the connection
NEXT = "sign in again"
_NAMES = re.compile(r"\{([a-z_]+)\}")
# What login servers say when it is the app that they do not know, and not the person (RFC 6749, 5.2).
_OF_THE_APP = frozenset({"invalid_client", "unsupported_grant_type", "invalid_scope"})
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: `url` is for the browser, the rest is kept here and serves once."""

    url: str
    state: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a login server gave. `expires_at` is of the access token, aware, None where it is not told."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime | None
    scopes: tuple[str, ...] = ()


class LoginServer:
    """The login server of one tool, and the app that the hub is there. Safe to use again; keeps no token."""

    def __init__(
        self,
        way: OAuth2,
        settings: Mapping[str, str],
        *,
        allow_private: Sequence[str] = (),
        counter: Counter | None = None,
    ) -> None:
        """Keep the settings (resolved). Raises Misconfigured naming the first that is missing."""
        self._way = way
        self._values = {one.name: settings.get(one.name, "").strip() or one.default for one in way.fields}
        self._values = {**{name: text.strip() for name, text in settings.items() if text.strip()}, **self._values}
        for one in way.fields:
            if one.required and not self._values.get(one.name):
                raise Misconfigured(f"{one.name} is missing", field=one.name, hint=one.help)
        self._token_url = self._address(way.token_url)
        self._allow_private, self._counter = tuple(allow_private), counter or Counter()

    def begin(self, redirect_uri: str) -> Begun:
        """Return where to send the browser. No I/O."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        session = self._session((), redirect_uri)
        url, _ = session.create_authorization_url(
            self._address(self._way.authorize_url),
            state=state,
            code_verifier=verifier if self._way.uses_pkce else None,
            **dict(self._way.asks),
        )
        return Begun(url, state, verifier)

    def finish(self, redirect_uri: str, params: Mapping[str, str], begun: Begun, *, now: datetime) -> Granted:
        """Turn the browser's way back into tokens. `params` is its query; `now` is aware.

        Raises Unauthorized when the person or the login server said no, Misconfigured when the app is wrong there,
        TryLater when it cannot be asked.
        """
        if not hmac.compare_digest(params.get("state", "").encode(), begun.state.encode()):
            raise Unauthorized(
                "this sign-in was not begun in this browser", hint="begin again from the connection's page"
            )
        if params.get("error"):
            raise _said_no(params["error"], params.get("error_description", ""))
        if not params.get("code"):
            raise Unauthorized("the tool sent no code back", hint="begin again from the connection's page")
        code = params["code"]
        verifier = {"code_verifier": begun.verifier} if self._way.uses_pkce else {}
        session = self._session((code, begun.verifier), redirect_uri)
        return self._ask(
            lambda: session.fetch_token(self._token_url, grant_type="authorization_code", code=code, **verifier), now
        )

    def refresh(self, token: str, scopes: Sequence[str] = (), *, now: datetime) -> Granted:
        """Trade a refresh token for new tokens. `scopes` are what the old ones had, where the answer names none.

        Raises Unauthorized when the login server takes it no more: a person must sign in again. TryLater when it
        could not be asked; with `maybe_arrived` a token that serves once may be used up.
        """
        session = self._session((token,))
        session.scope = None  # what was granted stays: asking for more is refused (RFC 6749, 6)
        found = self._ask(lambda: session.refresh_token(self._token_url, refresh_token=token), now, is_renewal=True)
        return Granted(found.access, found.refresh or token, found.expires_at, found.scopes or tuple(scopes))

    def grant(self, *, now: datetime) -> Granted:
        """Ask for a token of the app's own (client credentials). Raises Misconfigured when the app is not known."""
        session = self._session(())
        return self._ask(lambda: session.fetch_token(self._token_url, grant_type="client_credentials"), now)

    def missing(self, granted: Granted) -> tuple[Missing, ...]:
        """Return the permissions that were asked for and not given, with what does not work without each."""
        return tuple(
            Missing(one.name, one.why)
            for one in self._way.permissions
            if not one.optional and not _is_granted(one, granted)
        )

    def _address(self, template: str) -> str:
        names = _NAMES.findall(template)
        for name in names:
            if not self._values.get(name):
                raise Misconfigured(f"{name} is missing", field=name, hint="it is part of the login server's address")
        return _NAMES.sub(lambda found: self._values[found[1]].rstrip("/"), template)

    def _session(self, also: Sequence[str], redirect_uri: str | None = None) -> OAuth2Session:
        secret = self._values.get("client_secret", "")
        session = OAuth2Session(
            self._values.get("client_id", ""),
            secret or None,
            token_endpoint_auth_method=self._way.client_auth,
            scope=" ".join(one.name for one in self._way.permissions) or None,
            redirect_uri=redirect_uri,
            code_challenge_method="S256" if self._way.uses_pkce else None,
        )
        hidden = [one for one in (secret, *also) if one]
        remember(hidden)
        wire = open_wire(
            hosts=(),
            base_url=self._token_url,
            allow_private=self._allow_private,
            counter=self._counter,
            secrets=hidden,
            longest=LONGEST,
        )
        mount(session, adapter_of(wire))
        for hook in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(hook, _only_plain)
        return session

    def _ask(self, call: Any, now: datetime, *, is_renewal: bool = False) -> Granted:
        try:
            found = call()
        except OAuthError as refused:
            raise _refused(str(refused.error), str(refused.description or ""), is_renewal=is_renewal) from None
        except ConnectorError:
            raise
        except (RequestException, ValueError, AttributeError, TypeError, KeyError) as broken:
            raise Unexpected(
                f"the login server answered with something that is no token ({type(broken).__name__})"
            ) from None  # whatever it was may hold a token
        return self._granted(found, now)

    def _granted(self, found: Any, now: datetime) -> Granted:
        access = found.get("access_token") if isinstance(found, Mapping) else None
        if not isinstance(access, str) or not access:
            raise Unexpected("the login server gave no access_token")
        refresh, lasts, scope = found.get("refresh_token"), found.get("expires_in"), found.get("scope")
        remember([access, *([refresh] if isinstance(refresh, str) and refresh else [])])
        seconds = _seconds(lasts)
        said = scope.replace(",", " ").split() if isinstance(scope, str) else []
        return Granted(
            access,
            refresh if isinstance(refresh, str) and refresh else None,
            now + timedelta(seconds=min(seconds, 10 * 365 * 86400)) if seconds > 0 else None,
            # RFC 6749, 5.1: an answer without a scope grants what was asked for.
            tuple(said),
        )


def _is_granted(one: Permission, granted: Granted) -> bool:
    if not granted.scopes or (one.name == "offline_access" and granted.refresh):
        return True
    wanted = one.name.lower()
    return any(said.lower() == wanted or said.lower().endswith(f"/{wanted}") for said in granted.scopes)


def _only_plain(response: Any) -> Any:
    """Let Authlib see answers that it reads right; what a server's trouble means is said here."""
    if response.status_code >= 500:
        raise TryLater(f"the login server answered {response.status_code}", maybe_arrived=True)
    if 300 <= response.status_code < 400:
        answer(response, what="the login server")
    return response


def _said_no(error: str, description: str) -> ConnectorError:
    if error == "access_denied":
        return Unauthorized("the tool was told not to let the hub in", hint="begin again, and agree there")
    if error in _PASSING:
        return TryLater(f"the login server said {_short(description or error)}")
    return Unauthorized(f"the tool refused the sign-in: {_short(description or error)}", hint=NEXT)


def _refused(error: str, description: str, *, is_renewal: bool) -> ConnectorError:
    told = _short(f"{error}: {description}" if description else error)
    if error in _PASSING:
        return TryLater(f"the login server said {told}", maybe_arrived=is_renewal)
    if error in _OF_THE_APP or (error == "unauthorized_client" and not is_renewal):
        name = "client_secret" if error == "invalid_client" else "client_id"
        return Misconfigured(
            f"the login server does not know the app like this ({told})",
            field=name,
            hint="compare the client id, its secret and its permissions with the tool's own page of the app",
        )
    if is_renewal:
        # Atlassian says unauthorized_client of a refresh token that is dead, others invalid_grant.
        return Unauthorized(f"the sign-in has ended: {told}", hint=NEXT)
    return Unauthorized(f"the tool refused the sign-in: {told}", hint=NEXT)


def _short(text: str) -> str:
    """Return foreign words fit for a page or a log: one printable line of at most 160 characters, without secrets."""
    clean = "".join(c for c in " ".join(redact_known(text).split()) if c.isprintable())
    return clean if len(clean) <= 160 else clean[:159] + "…"


def _seconds(lasts: object) -> int:
    """Return how long a token lasts, as a number or as digits; 0 where that is not said, or is no number."""
    try:
        return int(lasts) if isinstance(lasts, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0
