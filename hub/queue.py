"""The doorbell: RQ jobs that carry an id and nothing else. What is due is always in the store.

Whoever can write to a queue server can name any function of any module in a job, with the JSON serializer too;
so the job class here runs the functions of this list and no others, and neither call-backs nor webhooks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from redis import Redis, RedisError
from rq import Queue, Retry
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import Worker

from connectors.registry import KINDS, load
from connectors.wire_redaction import redact_known
from hub import request_id

SYNC_QUEUE = "okrhub-sync"
TELL_QUEUE = "okrhub-tell"
QUEUES = (SYNC_QUEUE, TELL_QUEUE)

ALLOWED = frozenset({"hub.jobs.sync", "hub.jobs.tell", "hub.jobs.judge", "hub.jobs.subscribe", "hub.jobs.write_back"})
REQUEST_ID = "request_id"  # in a job's meta: read back by HubWorker, which trusts nothing in it
KEEP_RESULT = 60  # seconds; nobody reads results, the store tells


class Refused(Exception):
    """A job that names a function which is not the hub's."""


class HubJob(Job):
    """A job that can only be one of ours."""

    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name not in ALLOWED:
            raise Refused(f"the queue holds a job that is not the hub's: {self.func_name!r}")
        found: Callable[..., Any] = super().func
        return found

    def restore(self, raw_data: Any) -> None:
        super().restore(raw_data)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []


class HubWorker(Worker):
    """A worker whose failures are kept in the queue server without the secrets that an error may quote."""

    def handle_job_failure(
        self, job: Job, queue: Queue, started_job_registry: Any = None, exc_string: str = "", execution: Any = None
    ) -> None:
        super().handle_job_failure(job, queue, started_job_registry, redact_known(exc_string), execution)

    def perform_job(self, job: Job, *more: Any, **named: Any) -> bool:
        """Run a job, and log its failure, under the id of whatever rang for it."""
        given = job.meta.get(REQUEST_ID) if isinstance(job.meta, dict) else None
        with request_id.carry(request_id.accept(given)):
            return super().perform_job(job, *more, **named)


class Bell:
    """Rings the workers. A ring that gets lost is rung again by the clock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._redis: Redis | None = None

    @property
    def redis(self) -> Redis:
        if self._redis is None:
            self._redis = Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=60)
        return self._redis

    def ring_sync(self, connection_id: int) -> None:
        """Ask for a read of a connection. Raises redis.RedisError when the server is away."""
        self._ring(SYNC_QUEUE, "hub.jobs.sync", connection_id, seconds=3600)

    def ring_tell(self, channel_id: int) -> None:
        """Ask for the letters of a channel to be sent."""
        self._ring(TELL_QUEUE, "hub.jobs.tell", channel_id, seconds=600)

    def ring_judge(self) -> None:
        """Ask for everything to be judged again."""
        self._ring(TELL_QUEUE, "hub.jobs.judge", seconds=600)

    def ring_subscribe(self, connection_id: int) -> None:
        """Ask for a connection's webhooks to be looked after."""
        self._ring(TELL_QUEUE, "hub.jobs.subscribe", connection_id, seconds=600)

    def ring_write_back(self, write_back_id: int) -> None:
        """Ask for what stands to be written to one target."""
        self._ring(TELL_QUEUE, "hub.jobs.write_back", write_back_id, seconds=600)

    def _ring(self, queue: str, function: str, *args: int, seconds: int) -> None:
        Queue(queue, connection=self.redis, serializer=JSONSerializer, job_class=HubJob).enqueue_call(
            function,
            args=args,
            timeout=seconds,
            result_ttl=KEEP_RESULT,
            failure_ttl=24 * 3600,
            retry=Retry(max=3),
            description=f"{function}{args}",
            meta={REQUEST_ID: request_id.current() or request_id.make()},
        )

    def is_idle(self, queue: str) -> bool:
        """Whether no job of a queue waits or is under way; False when the server is away."""
        found = Queue(queue, connection=self.redis, serializer=JSONSerializer, job_class=HubJob)
        try:
            asked = self.redis.pipeline()
            asked.llen(found.key)
            asked.llen(found.intermediate_queue_key)  # taken by a worker, and not begun yet
            asked.zcard(StartedJobRegistry(queue, connection=self.redis).key)
            return not any(asked.execute())
        except (RedisError, OSError):
            return False

    def is_up(self) -> bool:
        """Whether the server answers."""
        try:
            return bool(self.redis.ping())
        except (RedisError, OSError):
            return False


_working: list[int] = []  # the process that runs the worker; its jobs are forks of it and read it there


def worker_pid() -> int | None:
    """Return the process id of the worker that this process is, or is a job of; None outside a worker."""
    return _working[-1] if _working else None


def run_worker(url: str, queue: str) -> None:
    """Work on one queue until told to stop.

    One queue a process and short maintenance: with several queues RQ takes jobs in a way that loses them when the
    process is killed, and with its default times an interrupted job is found only after many minutes.
    """
    for name in ALLOWED:
        import_module(name.rpartition(".")[0])  # here, once: every job is a fork, and would load them anew
    for kind in KINDS:
        load(kind)
    _working.append(os.getpid())
    connection = Redis.from_url(url)
    worker = HubWorker(
        [Queue(queue, connection=connection, serializer=JSONSerializer, job_class=HubJob)],
        connection=connection,
        serializer=JSONSerializer,
        job_class=HubJob,
        worker_ttl=25,
        maintenance_interval=20,
        log_job_description=False,
    )
    worker.work(with_scheduler=False, logging_level="WARNING")
