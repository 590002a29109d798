"""Signing in by an OpenID Connect issuer: there and back."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from connectors.errors import ConnectorError, TryLater, Unauthorized
from connectors.oidc import Begun, Provider, open_provider
from hub.flows.people import ON_THE_WAY, Admission, Refused, finish_foreign
from hub.log import logger
from hub.model.rights import Role
from hub.settings import Settings
from hub.web.cookies import own, set_own
from hub.web.errors import refuse
from hub.web.returning import own_path, way_back
from hub.web.sign_in import let_in
from hub.web.state import state

oidc = Blueprint("oidc", __name__)

COOKIE = "okrhub_oidc"
LASTS = int(ON_THE_WAY.total_seconds())
REFUSED = "Signing in did not work"


@oidc.get("/sign-in/oidc")
def begin() -> Response:
    """Send the browser to the issuer, and remember in it alone what must come back: anybody may ask for this.

    A link and no form: `form-action` would have to name every host that the issuer leads over.
    """
    try:
        begun = _provider().begin(_redirect_uri())
    except ConnectorError as problem:
        return _failed(problem)
    answer = redirect(begun.url, 303)
    set_own(answer, COOKIE, str(_serializer().dumps([begun.state, begun.nonce, begun.verifier, way_back()])), LASTS)
    return answer


@oidc.get("/sign-in/oidc/back")
def back() -> Response:
    """Take in whoever comes back from the issuer."""
    house, settings = state(), state().settings
    provider = _provider()
    try:
        held = _serializer().loads(own(COOKIE), max_age=LASTS)
        begun, wanted = Begun("", *held[:3]), own_path(held[3])
    except (BadData, ValueError, TypeError, IndexError):
        return refuse(401, REFUSED, "This sign-in was not begun in this browser, or too long ago. Begin again.")
    try:
        opened = finish_foreign(
            house.store,
            provider,
            _redirect_uri(),
            request.args.to_dict(),
            begun,
            admission_of(settings),
            agent=request.user_agent.string,
            now=house.now(),
        )
        answer = let_in(opened, wanted)
    except Refused as problem:
        answer = refuse(403, REFUSED, str(problem))
    except ConnectorError as problem:
        answer = _failed(problem)
    set_own(answer, COOKIE, "", 0)
    return answer


def admission_of(settings: Settings) -> Admission:
    """Return whom the settings let in."""
    domains = {one.strip().lower().lstrip("@") for one in settings.oidc_allowed_domains.split(",") if one.strip()}
    return Admission(frozenset(domains), Role(settings.oidc_role) if settings.oidc_role else None)


def _provider() -> Provider:
    """Return the issuer, opened once a process: it remembers what it says of itself. Aborts with 404 without one."""
    settings = state().settings
    if not settings.oidc_title:
        abort(404)
    found = current_app.extensions.get("okrhub_oidc")
    if found is None:
        networks = [one.strip() for one in settings.oidc_allow_private.split(",") if one.strip()]
        found = current_app.extensions["okrhub_oidc"] = open_provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            allow_private=networks,
        )
    assert isinstance(found, Provider)
    return found


def _redirect_uri() -> str:
    return f"{(state().settings.public_url or request.host_url).rstrip('/')}/sign-in/oidc/back"


def _failed(problem: ConnectorError) -> Response:
    session.clear()
    logger("web").warning("a sign-in by the issuer failed", kind=type(problem).__name__, problem=str(problem))
    status = 401 if isinstance(problem, Unauthorized) else 503 if isinstance(problem, TryLater) else 502
    return refuse(status, REFUSED, problem.told)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="oidc")
