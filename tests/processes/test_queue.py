"""The queue is a doorbell: whoever can write to it can ring, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker, Worker

from hub.queue import ALLOWED, SYNC_QUEUE, TELL_QUEUE, Bell, HubJob, Refused, run_worker
from hub.settings import Settings


def work_off(settings: Settings, environ: dict[str, str] | None = None) -> str:
    """Run the hub's own worker as a process until the queue is empty; return what it logged."""
    code = (
        "import hub.queue as q\n"
        "class Burst(q.HubWorker):\n"
        "    def work(self, *a, **k): return super().work(*a, **{**k, 'burst': True})\n"
        "q.HubWorker = Burst\n"
        f"q.run_worker({settings.redis!r}, {SYNC_QUEUE!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def forge(bell: Bell, function: str, *args: object, **more: Any) -> Job:
    """Write a job as anybody can who reaches the server, with RQ's own classes."""
    job = Job.create(function, args=args, connection=bell.redis, serializer=JSONSerializer, **more)
    Queue(SYNC_QUEUE, connection=bell.redis, serializer=JSONSerializer).enqueue_job(job)
    return job


def test_a_job_that_names_another_function_is_not_run(settings: Settings, bell: Bell, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    job = forge(bell, "os.system", f"touch {proof}")
    log = work_off(settings)
    assert not proof.exists()
    assert "the queue holds a job that is not the hub's: 'os.system'" in log
    assert job.get_status() == "failed"


def test_the_same_job_runs_in_a_plain_worker(bell: Bell, tmp_path: Path) -> None:
    # Without this, the test above could pass because the job was written wrongly.
    proof = tmp_path / "proof"
    forge(bell, "os.system", f"touch {proof}")
    queue = Queue(SYNC_QUEUE, connection=bell.redis, serializer=JSONSerializer)
    SimpleWorker([queue], connection=bell.redis, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
    assert proof.exists()


@pytest.mark.parametrize("name", ["hub.jobs.os.system", "hub.jobs._ring", "os.system", "", "hub.jobs.sync.x"])
def test_only_the_hubs_own_functions_are_allowed(bell: Bell, name: str) -> None:
    job = HubJob(connection=bell.redis, serializer=JSONSerializer)
    job._func_name = name
    with pytest.raises(Refused):
        _ = job.func
    assert sorted(ALLOWED) == [
        "hub.jobs.judge",
        "hub.jobs.subscribe",
        "hub.jobs.sync",
        "hub.jobs.tell",
        "hub.jobs.write_back",
    ]


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_the_allowed_functions_are_there(bell: Bell, name: str) -> None:
    job = HubJob(connection=bell.redis, serializer=JSONSerializer)
    job._func_name = name
    assert callable(job.func)


def test_call_backs_of_a_job_are_ignored(settings: Settings, bell: Bell, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    for outcome in ("on_success", "on_failure", "on_stopped"):
        forge(bell, "os.system", "true", **{outcome: Callback("tests.processes.test_queue.leave_proof")})
    work_off(settings, {"PROOF": str(proof)})
    assert not proof.exists()


def leave_proof(*_args: object) -> None:
    """Leave a file behind: what a call-back of a stranger would do."""
    Path(os.environ["PROOF"]).touch()


def test_the_same_call_back_runs_in_a_plain_worker(bell: Bell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = tmp_path / "proof"
    monkeypatch.setenv("PROOF", str(proof))
    forge(bell, "os.system", "true", on_success=Callback("tests.processes.test_queue.leave_proof"))
    queue = Queue(SYNC_QUEUE, connection=bell.redis, serializer=JSONSerializer)
    SimpleWorker([queue], connection=bell.redis, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
    assert proof.exists()


def test_a_job_carries_an_id_and_nothing_else(bell: Bell) -> None:
    bell.ring_sync(7)
    bell.ring_tell(9)
    bell.ring_judge()
    found = []
    for queue in (SYNC_QUEUE, TELL_QUEUE):
        redis: Any = bell.redis
        for id in redis.lrange(f"rq:queue:{queue}", 0, -1):
            hash_ = redis.hgetall(f"rq:job:{id.decode()}")
            found.append(json.loads(zlib.decompress(hash_[b"data"])))
            assert int(hash_[b"retries_left"]) == 3
    assert found == [
        ["hub.jobs.sync", None, [7], {}],
        ["hub.jobs.tell", None, [9], {}],
        ["hub.jobs.judge", None, [], {}],
    ]


def test_a_pickled_job_is_not_unpickled(settings: Settings, bell: Bell, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    job = Job.create("os.system", args=(f"touch {proof}",), connection=bell.redis)
    Queue(SYNC_QUEUE, connection=bell.redis).enqueue_job(job)
    work_off(settings)
    assert not proof.exists()


def test_the_worker_listens_to_one_queue_with_short_times(
    settings: Settings, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Worker] = []

    def note(self: Worker, **_more: object) -> bool:
        made.append(self)
        return True

    monkeypatch.setattr(Worker, "work", note)
    run_worker(settings.redis, TELL_QUEUE)
    (worker,) = made
    assert [one.name for one in worker.queues] == [TELL_QUEUE]
    assert (worker.worker_ttl, worker.maintenance_interval) == (25, 20)
    assert worker.job_class is HubJob
