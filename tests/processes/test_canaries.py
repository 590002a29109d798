"""A canary in every credential, the whole way with real processes, tools that echo secrets, and a search of it all."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import update

from connectors.sandbox.jira import JiraSandbox
from hub.processes.installation import child_environ
from hub.processes.queue_server import clear_runtime, server_command, wait_for_server
from hub.queue import SYNC_QUEUE, TELL_QUEUE, Bell
from hub.settings import Settings
from hub.store import Store, connections, tables_work
from tests.canaries import betrays, canary, search
from tests.flows.house import FINISHED, FINISHED_RULE, OKRS, SECRET, House
from tests.processes.crew import now
from tests.processes.living import wait_for

pytestmark = pytest.mark.slow


class _Now:
    def __call__(self):  # type: ignore[no-untyped-def]
        return now()


class Whole:
    """An installation whose every credential is a canary, each process with a log of its own at debug."""

    def __init__(self, folder: Path, settings: Settings, house: House) -> None:
        self.folder, self.settings, self.house = folder, settings, house
        self.logs = folder / "logs"
        self.logs.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.environ = {
            **os.environ,
            **child_environ(settings),
            **house.environ,
            "OKRHUB_LOG": "debug",
            "OKRHUB_PORT": str(self.port),
            "OKRHUB_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "OKRHUB_METRICS_TOKEN": canary("metrics"),
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.pages: list[bytes] = []

    def start(self, name: str, *arguments: str) -> None:
        with open(self.logs / f"{name}.log", "wb") as log:
            command = [sys.executable, "-P", "-m", "hub.cli", *arguments]
            self.running.append(subprocess.Popen(command, env=self.environ, stdout=log, stderr=log))

    def run(self, name: str, code: list[str]) -> None:
        with open(self.logs / f"{name}.log", "wb") as log:
            subprocess.run(code, env=self.environ, stdout=log, stderr=log, timeout=60, check=False)

    def command(self, name: str, *arguments: str) -> None:
        self.run(name, [sys.executable, "-P", "-m", "hub.cli", *arguments])

    def get(self, path: str, data: bytes | None = None, **headers: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.pages.append(answer.read() + str(answer.headers).encode())
                return int(answer.status)
        except urllib.error.HTTPError as problem:
            self.pages.append(problem.read() + str(problem.headers).encode())
            return problem.code

    def is_up(self) -> bool:
        try:
            return self.get("/healthz") == 200
        except OSError:
            return False

    def stop(self) -> None:
        for one in self.running:
            one.terminate()
        for one in self.running:
            one.wait(15)


@pytest.fixture
def whole(tmp_path: Path, settings: Settings, sqlite_store: Store) -> Iterator[Whole]:
    password = canary("queue")
    folder = tmp_path / "workspace"
    folder.mkdir()
    command = [*server_command(settings), "--requirepass", password]
    url = settings.redis.replace("unix://", f"unix://:{password}@")
    here = Settings(workspace=folder, data=settings.data, database_url=sqlite_store.url, redis_url=url)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ExitStack() as stack:
        stack.callback(clear_runtime, settings)
        stack.callback(server.wait, 10)
        stack.callback(server.terminate)
        wait_for_server(url)
        house = House(folder, sqlite_store, _Now(), stack)  # type: ignore[arg-type]
        (settings.data_dir / "web.key").write_text(canary("web-key"))
        made = Whole(tmp_path, here, house)
        try:
            yield made
        finally:
            made.stop()


def echo(jira: JiraSandbox, status: int) -> None:
    """Have Jira quote the credentials in what it says is wrong."""
    jira.fail_next(1, status, body=f'{{"errorMessages": ["{jira.token} of hub@northwind.test is no good"]}}')


def test_no_secret_is_anywhere_after_the_whole_way_and_one_id_goes_all_of_it(whole: Whole) -> None:
    house, jira = whole.house, whole.house.jira
    keys = house.stories(10, done=3)
    today = now().date()
    okrs = OKRS.replace("2026-10-01", str(today - timedelta(45))).replace("2026-12-31", str(today + timedelta(45)))
    house.apply((FINISHED_RULE,), (FINISHED,), okrs=okrs)
    for status in (401, 403, 410):
        echo(jira, status)
        house.sync()
        assert "is no good" in house.key_result().standing.freshness_note  # what Jira said is shown, but for the secret
        with house.store.write() as tx:  # do what a minute does
            tx.execute(update(tables_work.connections).values(paused_until=None, rung_until=None))
    whole.start("web", "web")
    whole.start("sync-worker", "worker", "--queue", SYNC_QUEUE)
    whole.start("tell-worker", "worker", "--queue", TELL_QUEUE)
    wait_for(whole.is_up, "the pages")
    whole.command("plan", "plan", "--json")
    whole.command("sync", "sync", "--json")
    wait_for(lambda: house.value() == "3 fresh", "the first value")
    # A webhook over HTTP: one that holds, one that is forged, one that names another connection.
    jira.register_webhook(f"http://127.0.0.1:{whole.port}/hooks/jira-main", SECRET)
    house.slack.lose_answer_next()
    house.slack.fail_next(1, 403, body=f"invalid_token {house.slack.bot_token} {house.environ['SLACK_PAYMENTS_URL']}")
    house.teams.fail_next(1, 400, body=f"no such flow {house.environ['TEAMS_PAYMENTS_URL']}")
    house.finish(*keys[3:])
    assert jira.drain()
    assert whole.get("/hooks/jira-main", b"{}", **{"X-Hub-Signature": f"sha256={SECRET}"}) == 401
    assert whole.get(f"/hooks/{SECRET}", b"{}") == 404
    wait_for(lambda: house.value() == "10 fresh", "the value after the webhook")
    with house.store.read() as tx:
        (row,) = connections.all_connections(tx)
    failing = (
        "import hub.queue as q, hub.jobs, os\n"
        "def judge(): raise RuntimeError('no luck with ' + os.environ['JIRA_TOKEN'] + os.environ['OKRHUB_REDIS_URL'])\n"
        "hub.jobs.judge = judge\n"
        "from hub.log import set_up_logs; from hub.settings import Settings\n"
        "s = Settings(); set_up_logs('debug', secrets=s.secrets)\n"
        "class Burst(q.HubWorker):\n"
        "    def work(self, *a, **k): return super().work(*a, **{**k, 'burst': True})\n"
        "q.HubWorker = Burst\n"
        "q.run_worker(s.redis, 'okrhub-judge')\n"
    )
    wait_for(lambda: "event='tell'" in (whole.logs / "tell-worker.log").read_text(), "the letters")
    bell = Bell(whole.settings.redis)
    bell._ring("okrhub-judge", "hub.jobs.judge", seconds=60)
    whole.run("failing-worker", [sys.executable, "-P", "-c", failing])
    for path in ("/", "/key-results/ship/finished", "/channels", "/metrics", "/readyz", "/no-such-page"):
        whole.get(path)
    whole.command("explain", "explain", "ship/finished", "--json")
    whole.command("sync-again", "sync")
    jobs = _jobs(bell.redis)
    bell.redis.close()
    whole.stop()
    said = "\n".join(path.read_text("utf-8", "replace") for path in whole.logs.iterdir())
    assert "endpoint='hooks.take'" in said and "part='rq.worker'" in said and "no luck with [secret]" in said
    assert row.slug in said
    assert (
        _ids(whole, "web", "hooks.take") & _ids(whole, "sync-worker", "'sync'") & _ids(whole, "tell-worker", "'tell'")
    )
    tools = [house.environ[name] for name in ("SLACK_PAYMENTS_URL", "TEAMS_PAYMENTS_URL")]
    secrets = [*tools, jira.token, house.slack.bot_token, canary("queue"), canary("web-key"), canary("metrics")]
    assert len(whole.pages) > 8 and not [one for page in whole.pages for one in betrays(page, secrets)]
    assert b"no luck with [secret]" in jobs and not betrays(jobs, secrets)
    key = whole.settings.data_dir / "web.key"
    key.unlink()  # where the secret belongs
    left = [*search(whole.folder, secrets), *search(whole.settings.data_dir, secrets)]
    assert left == []
    dump = subprocess.run(
        [sys.executable, "-c", "import sqlite3,sys\nfor l in sqlite3.connect(sys.argv[1]).iterdump(): print(l)",
         whole.settings.database.removeprefix("sqlite:///")],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert b"ship/finished" in dump and not betrays(dump, secrets)


def _ids(whole: Whole, log: str, word: str) -> set[str]:
    """Return the request ids in the lines of a log that hold a word."""
    lines = (whole.logs / f"{log}.log").read_text("utf-8", "replace").splitlines()
    return {found[1] for line in lines if word in line and (found := re.search(r"request_id='([^']+)'", line))}


def _jobs(server: Redis) -> bytes:
    """Return everything that the queue server holds, what RQ packs unpacked."""
    found: list[bytes] = []
    for key in server.scan_iter(count=1000):
        found.append(key)
        kind = server.type(key)
        if kind == b"hash":
            found += [part for pair in server.hgetall(key).items() for part in pair]
        elif kind == b"list":
            found += server.lrange(key, 0, -1)
        elif kind == b"zset":
            found += server.zrange(key, 0, -1)
        elif kind == b"set":
            found += list(server.smembers(key))
        elif kind == b"string":
            found.append(server.get(key) or b"")
        elif kind == b"stream":
            found += [part for _, entry in server.xrange(key) for pair in entry.items() for part in pair]
        if key.startswith(b"rq:job:") and kind == b"hash":
            job = Job.fetch(key.decode().removeprefix("rq:job:"), connection=server, serializer=JSONSerializer)
            found += [job.data, str(job.meta).encode()]
            for result in job.results():
                found.append(str(result.exc_string).encode())
    return b"\n".join(found)
