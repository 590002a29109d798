"""The pages, and the door that webhooks ring at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.log import hide
from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store
from hub.vault import open_vault
from hub.web import (
    access,
    account,
    api,
    api_check_ins,
    api_connections,
    assets,
    changes,
    check_ins,
    connecting,
    connections,
    errors,
    gate,
    headers,
    health,
    hooks,
    hosts,
    legible,
    links,
    metrics,
    oidc,
    pages,
    people,
    read_now,
    sign_in,
    teams,
    theme,
    who,
)
from hub.web.cookies import cookie_name
from hub.web.secret_key import read_secret_key
from hub.web.state import State

SMALL_FORM = 64 * 1024  # bytes; no form here is larger


def create_app(settings: Settings | None = None, *, now: Callable[[], datetime] | None = None) -> Flask:
    """Build the web application. `now` gives the time, aware; the system's clock unless given.

    Opens no connection yet: neither to the database nor to the queue server.
    """
    settings = settings or Settings()
    app = Flask(__name__)
    key = read_secret_key(settings.data_dir / "web.key")
    hide([key, *settings.secrets])
    app.config.update(
        SECRET_KEY=key,
        SESSION_COOKIE_NAME=cookie_name(settings, "okrhub"),
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # gate.py asks for it
        WTF_CSRF_TIME_LIMIT=None,  # a page may lie open for days; its session ends with the browser
        MAX_CONTENT_LENGTH=SMALL_FORM,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.extensions["okrhub"] = State(
        settings,
        Store(settings.database, keeps_open=True),
        Bell(settings.redis),
        now or (lambda: datetime.now(UTC)),
        open_vault(settings),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    timer = metrics.Timer(app.extensions["okrhub"].own_metrics)
    app.wsgi_app = hooks.Door(app.wsgi_app, app.extensions["okrhub"], timer)  # type: ignore[method-assign]
    if settings.proxies:
        number = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=number)  # type: ignore[method-assign]
    access.add(app)
    metrics.add(app, timer)
    legible.guard(app)
    hosts.guard(app)
    gate.add(app, CSRFProtect(app))
    who.add(app)
    headers.add(app)
    assets.add(app)
    errors.add(app)
    for blueprint in (
        pages.pages,
        check_ins.check_ins,
        theme.theme,
        read_now.read_now,
        changes.changes,
        health.health,
        metrics.metrics,
        sign_in.door,
        links.links,
        oidc.oidc,
        account.account,
        people.people,
        teams.teams,
        connections.connections,
        connecting.connecting,
        api.api,
        api_check_ins.api_check_ins,
        api_connections.api_connections,
    ):
        app.register_blueprint(blueprint)
    return app
