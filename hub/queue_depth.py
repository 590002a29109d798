"""How much waits in the queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis, RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer

from hub.queue import QUEUES, HubJob

PATIENCE = 1.0  # seconds; whoever watches must be answered even when the queue server is not


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue. `oldest` is how many seconds its oldest job has waited, 0 while it is empty."""

    queue: str
    waiting: int
    running: int
    failed: int
    oldest: float


def measure_queues(url: str, now: datetime) -> list[Depth] | None:
    """Return how deep the queues are, or None when the server does not answer within a second."""
    try:
        with Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE) as server:
            return [
                _measure(Queue(name, connection=server, job_class=HubJob, serializer=JSONSerializer), now)
                for name in QUEUES
            ]
    except (RedisError, OSError):
        return None


def _measure(queue: Queue, now: datetime) -> Depth:
    server = queue.connection
    return Depth(
        queue.name,
        queue.count,
        int(server.zcard(StartedJobRegistry(queue.name, connection=server).key)),
        int(server.zcard(FailedJobRegistry(queue.name, connection=server).key)),
        _oldest(queue, now),
    )


def _oldest(queue: Queue, now: datetime) -> float:
    ids = queue.get_job_ids(0, 1)
    if not ids:
        return 0.0
    try:
        said = queue.connection.hget(HubJob.key_for(ids[0]), "enqueued_at")
    except NoSuchJobError:
        return 0.0
    if not isinstance(said, bytes):
        return 0.0
    try:
        at = datetime.fromisoformat(said.decode("ascii").replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return max(0.0, (now - (at if at.tzinfo else at.replace(tzinfo=UTC))).total_seconds())
