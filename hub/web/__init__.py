"""The pages, and the door that webhooks ring at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect

from hub.log import hide
from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store
from hub.web import access, assets, changes, errors, headers, health, hooks, hosts, metrics, pages, read_now, theme
from hub.web.secret_key import read_secret_key
from hub.web.state import State

SMALL_FORM = 64 * 1024  # bytes; no form here is larger, and /hooks sets its own limit


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
        SESSION_COOKIE_NAME="okrhub",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a page may lie open for days; its session ends with the browser
        MAX_CONTENT_LENGTH=SMALL_FORM,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.extensions["okrhub"] = State(
        settings, Store(settings.database, keeps_open=True), Bell(settings.redis), now or (lambda: datetime.now(UTC))
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    guard = CSRFProtect(app)
    access.add(app)
    metrics.add(app, app.extensions["okrhub"].own_metrics)
    hosts.guard(app)
    headers.add(app)
    assets.add(app)
    errors.add(app)
    for blueprint in (
        pages.pages,
        theme.theme,
        read_now.read_now,
        changes.changes,
        health.health,
        metrics.metrics,
        hooks.hooks,
    ):
        app.register_blueprint(blueprint)
    guard.exempt(hooks.hooks)
    return app
