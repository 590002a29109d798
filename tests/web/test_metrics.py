"""What whoever watches is told: the store's own figures, by this machine or by token, and what is not ready."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from hub.queue_depth import Depth
from hub.store import Store, connections, counts, telemetry
from hub.store.migrate import upgrade
from hub.web import health, metrics
from tests.web.company import NOW

TOKEN = "a-token-of-the-metrics"


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue server with three reads waiting, the oldest for four seconds."""

    def found(_url: str, _now: object) -> list[Depth]:
        return [Depth("okrhub-sync", 3, 1, 2, 4.0), Depth("okrhub-tell", 0, 0, 0, 0.0)]

    for module in (metrics, health):
        monkeypatch.setattr(module, "measure_queues", found)


def figures(client: FlaskClient, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        ",".join([one.name, *(f"{name}={value}" for name, value in sorted(one.labels.items()))]): one.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for one in family.samples
    }


def test_the_figures_are_the_stores(client: FlaskClient, store: Store, queues: None) -> None:
    with store.write() as tx:
        row = connections.connection_by_slug(tx, "jira-main")
        assert row is not None
        connections.lease(tx, row.id, owner="a", now=NOW, lasts=timedelta(minutes=1))
        connections.release(tx, row.id, owner="a", state="waiting", last_ok_at=NOW - timedelta(seconds=90))
        counts.count(tx, "requests", "jira-main", 1000)
        counts.count(tx, "throttled", "jira-main", 7)
        counts.count(tx, "webhooks.forged", "jira-main", 5)
        counts.count(tx, "defects", "jira-main", 2)
        telemetry.note_look(tx, NOW - timedelta(seconds=3))
    found = figures(client)
    assert found["okrhub_sync_age_seconds,connection=jira-main"] == 90
    assert found["okrhub_connection_state,connection=jira-main,state=waiting"] == 1
    assert found["okrhub_connection_state,connection=jira-main,state=ok"] == 0
    assert found["okrhub_requests_throttled_total,connection=jira-main"] == 7
    assert found["okrhub_webhooks_total,connection=jira-main,outcome=forged"] == 5
    assert found["okrhub_defects_total,connection=jira-main"] == 2
    assert found["okrhub_queue_jobs,queue=okrhub-sync,state=waiting"] == 3
    assert found["okrhub_queue_oldest_job_seconds,queue=okrhub-sync"] == 4
    assert found["okrhub_clock_last_look_timestamp_seconds"] == (NOW - timedelta(seconds=3)).timestamp()
    assert found["okrhub_database_up"] == found["okrhub_queue_server_up"] == 1
    shown = sum(value for name, value in found.items() if name.startswith("okrhub_key_results,"))
    assert shown > 0
    assert shown == sum(value for name, value in found.items() if name.startswith("okrhub_key_results_freshness,"))


def test_of_a_connection_that_nobody_reads_from_no_read_is_missing(
    client: FlaskClient, store: Store, queues: None
) -> None:
    with store.write() as tx:
        row = connections.connection_by_slug(tx, "jira-main")
        assert row is not None
        connections.lease(tx, row.id, owner="a", now=NOW, lasts=timedelta(minutes=1))
        connections.release(tx, row.id, owner="a", last_ok_at=NOW - timedelta(days=9))
        tx.exec_driver_sql("UPDATE rules SET is_current = false WHERE connection = 'jira-main'")
    assert "okrhub_sync_age_seconds,connection=jira-main" not in figures(client)


def test_every_figure_has_a_help_text_and_a_name_by_the_conventions(client: FlaskClient, queues: None) -> None:
    client.get("/")
    for family in text_string_to_metric_families(client.get("/metrics").get_data(as_text=True)):
        assert family.name.startswith("okrhub_") and family.documentation.endswith(".")
        assert not family.name.endswith(("_ms", "_minutes", "_percent"))


def test_answers_are_timed_by_endpoint_and_never_by_path(client: FlaskClient, queues: None) -> None:
    client.get("/no-such-page/a-secret-path")
    client.get("/")
    said = client.get("/metrics").get_data(as_text=True)
    assert 'okrhub_http_request_duration_seconds_count{endpoint="pages.overview",status="2xx"} 1.0' in said
    assert "secret-path" not in said


def test_a_stranger_is_told_nothing(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path, queues: None) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    client = make_app(metrics_token=TOKEN, host="0.0.0.0").test_client()
    away = {"REMOTE_ADDR": "192.0.2.7"}
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer ünïcode"},
        {"Authorization": TOKEN},
    ):
        assert client.get("/metrics", environ_overrides=away, headers=headers).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    assert client.get("/metrics", headers={"Host": "okr.acme.test"}).status_code in {404, 421}
    assert client.get("/readyz", environ_overrides=away).get_data(as_text=True) == "not ready\n"
    allowed = client.get("/metrics", environ_overrides=away, headers={"Authorization": f"Bearer {TOKEN}"})
    assert allowed.status_code == 200
    assert TOKEN not in allowed.get_data(as_text=True)


@pytest.mark.parametrize("more", [{"public_url": "https://okr.acme.test"}, {"host": "0.0.0.0"}, {"proxies": 1}])
def test_behind_a_proxy_that_leaves_no_trace_only_the_token_opens(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path, queues: None, more: dict[str, object]
) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    client = make_app(metrics_token=TOKEN, open_as="", **more).test_client()
    assert client.get("/metrics").status_code == 404
    assert client.get("/readyz").get_data(as_text=True) == "not ready\n"
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_without_a_token_nobody_has_it(make_app: Callable[..., Flask]) -> None:
    client = make_app(host="0.0.0.0").test_client()
    away = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", environ_overrides=away, headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # whose file is spoiled
def test_servers_that_are_away_are_figures_too(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"this is no database" * 100)
    for more in tmp_path.glob("hub.db-*"):
        more.unlink()
    found = figures(client)
    assert found["okrhub_database_up"] == found["okrhub_queue_server_up"] == 0
    assert "okrhub_key_results,status=on_track" not in found


def test_what_is_not_ready_is_named(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    client = make_app().test_client()
    assert "database: it is not at the newest revision" in client.get("/readyz").get_data(as_text=True)
    upgrade(store)
    said = client.get("/readyz")
    assert said.status_code == 503
    assert said.get_data(as_text=True).splitlines() == [
        "clock: it has looked never: see that `okrhub clock` runs",
        "queue server: it does not answer: see that it runs, and what OKRHUB_REDIS_URL names",
    ]
    store.close()


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 503)])
def test_a_clock_that_has_not_looked_for_a_minute_is_not_ready(
    make_app: Callable[..., Flask], tmp_path: Path, queues: None, seconds: int, status: int
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    upgrade(store)
    with store.write() as tx:
        telemetry.note_look(tx, NOW - timedelta(seconds=seconds))
    store.close()
    assert make_app().test_client().get("/readyz").status_code == status
