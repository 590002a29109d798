"""/metrics for Prometheus: what stands in the store and in the queues, and how long this process takes to answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from hub import __version__
from hub.flows.watch import Picture, watch
from hub.model.kinds import Freshness, Status
from hub.queue_depth import Depth, measure_queues
from hub.web.insiders import is_insider
from hub.web.state import State, state

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
CONNECTION_STATES = ("ok", "waiting", "broken")
CHANNEL_STATES = ("on", "off", "gone")
OUTCOMES = ("accepted", "forged", "unreadable")

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
def show() -> Response:
    """Answer every figure as Prometheus reads it; 404 for strangers."""
    if not is_insider():
        return Response("there is no such page\n", 404, mimetype="text/plain")
    house = state()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Stored(house))
    own: CollectorRegistry = house.own_metrics
    return Response(generate_latest(registry) + generate_latest(own), content_type=CONTENT_TYPE_LATEST)


class Timer:
    """Times every answer, by endpoint: a path may hold a secret, and there is no end to paths."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._spent = Histogram(
            "okrhub_http_request_duration_seconds",
            "Time to answer a request, by this web process since it started.",
            ("endpoint", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        # Finding a child by its labels costs more than observing; endpoints and classes of status are few.
        self._child = lru_cache(maxsize=1024)(self._spent.labels)

    def note(self, endpoint: str, status: int, seconds: float) -> None:
        """Note one answer."""
        self._child(endpoint, f"{status // 100}xx").observe(seconds)


def add(app: Flask, timer: Timer) -> None:
    """Time every answer of the pages."""

    @app.after_request
    def note(response: Response) -> Response:
        if "began" in g:
            timer.note(request.endpoint or "nowhere", response.status_code, time.perf_counter() - g.began)
        return response


class _Stored:
    """What the store and the queue server say at the moment of asking: the same whichever process is asked."""

    def __init__(self, house: State) -> None:
        self._house = house

    def collect(self) -> Iterator[Metric]:
        now = self._house.now()
        yield _one("okrhub_build_info", "Always 1; the version of the hub is in its label.", 1, version=__version__)
        picture = watch(self._house.store, now)
        yield _one("okrhub_database_up", "Whether the database answers: 1 or 0.", int(picture is not None))
        if picture is not None:
            yield from _of_connections(picture, now)
            yield from _of_channels(picture, now)
            yield from _of_key_results(picture)
            if picture.looked_at is not None:
                yield _one(
                    "okrhub_clock_last_look_timestamp_seconds",
                    "When a clock looked at the store last, in seconds since 1970, UTC.",
                    picture.looked_at.timestamp(),
                )
        depths = measure_queues(self._house.settings.redis, now)
        yield _one("okrhub_queue_server_up", "Whether the queue server answers: 1 or 0.", int(depths is not None))
        if depths is not None:
            yield from _of_queues(depths)


def _of_connections(picture: Picture, now: datetime) -> Iterator[Metric]:
    age = _gauge("okrhub_sync_age_seconds", "Time since the last good read on schedule.", "connection")
    every = _gauge("okrhub_sync_interval_seconds", "Time between two reads on schedule, as set.", "connection")
    stands = _gauge("okrhub_connection_state", "1 for the state the connection is in.", "connection", "state")
    waiting = _gauge("okrhub_touched_items", "Items that a webhook named and no read has read since.", "connection")
    ends = _gauge(
        "okrhub_connection_expires_seconds", "Time until its sign-in ends, where that is known.", "connection"
    )
    for one in picture.connections:
        if one.lapses_at is not None:
            ends.add_metric([one.slug], (one.lapses_at - now).total_seconds())
        if one.last_ok_at is not None and one.is_used:
            age.add_metric([one.slug], max(0.0, (now - one.last_ok_at).total_seconds()))
        every.add_metric([one.slug], one.every_seconds)
        waiting.add_metric([one.slug], one.touched)
        for state_ in CONNECTION_STATES:
            stands.add_metric([one.slug, state_], int(one.state == state_))
    yield from (age, every, stands, waiting, ends)
    slugs = [one.slug for one in picture.connections]
    yield _counter(picture, slugs, "requests", "okrhub_requests", "Requests made to the tool.", "connection")
    yield _counter(picture, slugs, "throttled", "okrhub_requests_throttled", "Answers 429 of the tool.", "connection")
    yield _counter(picture, slugs, "retried", "okrhub_requests_retried", "Requests made again.", "connection")
    yield _counter(
        picture,
        slugs,
        "defects",
        "okrhub_defects",
        "Failures that nobody foresaw, at a rule, selection or read.",
        "connection",
    )
    came = CounterMetricFamily("okrhub_webhooks", "Deliveries by outcome.", labels=("connection", "outcome"))
    for slug in slugs:
        for outcome in OUTCOMES:
            came.add_metric([slug, outcome], picture.counted.get((f"webhooks.{outcome}", slug), 0))
    yield came
    yield _counter(
        picture, slugs, "webhooks.repeated", "okrhub_webhook_repeats", "Events delivered once more.", "connection"
    )


def _of_channels(picture: Picture, now: datetime) -> Iterator[Metric]:
    unsent = _gauge("okrhub_outbox_letters", "Letters neither sent nor dropped.", "channel")
    oldest = _gauge("okrhub_outbox_oldest_seconds", "Age of the oldest of them; 0 when there is none.", "channel")
    stands = _gauge("okrhub_channel_state", "1 for the state the channel is in.", "channel", "state")
    for one in picture.channels:
        unsent.add_metric([one.slug], one.unsent)
        age = 0.0 if one.oldest_at is None else max(0.0, (now - one.oldest_at).total_seconds())
        oldest.add_metric([one.slug], age)
        for state_ in CHANNEL_STATES:
            stands.add_metric([one.slug, state_], int(one.state == state_))
    yield from (unsent, oldest, stands)
    slugs = [one.slug for one in picture.channels]
    for name, help_ in (
        ("requests", "Requests made to the channel's tool."),
        ("throttled", "Answers 429 of the channel's tool."),
        ("retried", "Requests made again to the channel's tool."),
    ):
        shown = "okrhub_channel_requests" + ("" if name == "requests" else f"_{name}")
        yield _counter(picture, slugs, f"channel.{name}", shown, help_, "channel")


def _of_key_results(picture: Picture) -> Iterator[Metric]:
    lights = _gauge("okrhub_key_results", "Key results by status.", "status")
    for status in Status:
        lights.add_metric([status.value], picture.by_status.get(status.value, 0))
    yield lights
    fresh = _gauge("okrhub_key_results_freshness", "Key results by how far their value can be relied on.", "freshness")
    for freshness in Freshness:
        fresh.add_metric([freshness.value], picture.by_freshness.get(freshness.value, 0))
    yield fresh


def _of_queues(depths: Iterable[Depth]) -> Iterator[Metric]:
    jobs = _gauge("okrhub_queue_jobs", "Jobs by queue and state.", "queue", "state")
    oldest = _gauge("okrhub_queue_oldest_job_seconds", "How long the oldest job waits; 0 when none does.", "queue")
    for one in depths:
        for named, number in (("waiting", one.waiting), ("running", one.running), ("failed", one.failed)):
            jobs.add_metric([one.queue, named], number)
        oldest.add_metric([one.queue], one.oldest)
    yield from (jobs, oldest)


def _one(name: str, help_: str, value: float, **labels: str) -> Metric:
    found = GaugeMetricFamily(name, help_, labels=tuple(labels))
    found.add_metric(list(labels.values()), value)
    return found


def _gauge(name: str, help_: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, labels=labels)


def _counter(picture: Picture, slugs: Iterable[str], name: str, shown: str, help_: str, label: str) -> Metric:
    found = CounterMetricFamily(shown, help_, labels=(label,))
    for slug in slugs:
        found.add_metric([slug], picture.counted.get((name, slug), 0))
    return found
