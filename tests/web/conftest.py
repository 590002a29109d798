"""Applications to ask: one with a company in it, one with nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright

from connectors.sandbox.server import serve
from hub.model.rights import Role
from hub.settings import Settings
from hub.store import Store
from hub.web import create_app
from tests.browser.chromium import launch
from tests.people.house import join
from tests.store.postgres import another_database, bring_back, keep
from tests.web.company import INES, NOW
from tests.web.rights import Doors, csrf_of, found_private_team, let_in, sign_in, store_of
from tests.web.seed import fresh_copy, seed

NO_QUEUE = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the company in it, to be copied and never written."""
    path = tmp_path_factory.mktemp("seeded") / "hub.db"
    store = Store(f"sqlite:///{path}")
    seed(store)
    with store.engine.connect() as raw:
        raw.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


@pytest.fixture(scope="session")
def seeded_on_postgres(postgres_url: str) -> Iterator[str]:
    """The same on PostgreSQL, to be brought back by whoever uses it."""
    with another_database(postgres_url) as url:
        store = Store(url)
        seed(store)
        keep(store)
        store.close()
        yield url


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Build an application over a data folder of its own."""
    made: list[Flask] = []

    def make(**more: object) -> Flask:
        settings = Settings.model_validate({"data": tmp_path, "redis_url": NO_QUEUE, "open_as": INES, **more})
        app = create_app(settings, now=lambda: NOW)
        app.config["WTF_CSRF_ENABLED"] = bool(more.get("csrf", False))
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["okrhub"].store.close()


@pytest.fixture
def sqlite_app(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path) -> Flask:
    """An application over the company, on SQLite."""
    shutil.copy(seeded, tmp_path / "hub.db")
    return make_app()


@pytest.fixture
def postgres_app(make_app: Callable[..., Flask], seeded_on_postgres: str) -> Flask:
    """The same on PostgreSQL."""
    app = make_app(database_url=seeded_on_postgres)
    bring_back(app.extensions["okrhub"].store)
    return app


@pytest.fixture(params=["sqlite", "postgres"])
def app(request: pytest.FixtureRequest) -> Flask:
    """An application over the company, on each database in turn."""
    found: Flask = request.getfixturevalue(f"{request.param}_app")
    return found


@pytest.fixture
def store(app: Flask) -> Store:
    found: Store = app.extensions["okrhub"].store
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def empty(make_app: Callable[..., Flask], tmp_path: Path) -> FlaskClient:
    """A client of an application whose database holds nothing yet."""
    Store(f"sqlite:///{tmp_path / 'hub.db'}").create_all()
    return make_app().test_client()


@pytest.fixture(scope="session")
def reader(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client that many tests share: for tests that only look."""
    data = tmp_path_factory.mktemp("read")
    shutil.copy(seeded, data / "hub.db")
    app = create_app(Settings(data=data, redis_url=NO_QUEUE, open_as=INES), now=lambda: NOW)
    yield app.test_client()
    app.extensions["okrhub"].store.close()


@pytest.fixture(scope="session")
def doors(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """One application for all cells, with forms guarded as they really are."""
    data = tmp_path_factory.mktemp("rights")
    shutil.copy(seeded, data / "hub.db")
    app = create_app(Settings(data=data, redis_url=NO_QUEUE, open_as=""), now=lambda: NOW)
    held: Store = app.extensions["okrhub"].store
    found_private_team(held)
    tokens = let_in(held)
    browsers = {name: sign_in(app, name) for name in tokens}
    csrf = {name: csrf_of(browser, "/account") for name, browser in browsers.items()}
    browsers["nobody"] = app.test_client()
    csrf["nobody"] = csrf_of(browsers["nobody"], "/sign-in")
    yield Doors(app, held, tokens, browsers, csrf)
    held.close()


@pytest.fixture
def closed(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path) -> Callable[..., Flask]:
    """Build an application that nobody is signed in to, with its forms guarded and Ines as its admin."""

    made: list[Flask] = []

    def make(*, is_set_up: bool = True, **more: object) -> Flask:
        fresh_copy(seeded, tmp_path / "hub.db", made)
        app = make_app(**{"open_as": "", "csrf": True, **more})
        made.append(app)
        if is_set_up:
            join(store_of(app), INES, Role.ADMIN, NOW)
        return app

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium, started once."""
    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the company's pages are answered on loopback."""
    with serve(app.wsgi_app) as server:
        yield server.url
