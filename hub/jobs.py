"""What the workers run: each function takes an id, calls one flow and rings for what it left behind."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache, partial

from redis import RedisError

from connectors.ledgers import share
from hub.flows.judge import judge_all
from hub.flows.notify import tell_channel
from hub.flows.subscribe import subscribe as subscribe_connection
from hub.flows.sync import sync as sync_connection
from hub.flows.write_back import write_back as write_to_target
from hub.kernel import end_with_parent, name_process
from hub.log import logger
from hub.queue import Bell, worker_pid
from hub.settings import Settings
from hub.shared_ledger import SharedLedger
from hub.store import Store, channels, connections, listeners, write_backs
from hub.store.connections import BELL_LASTS
from hub.vault import Vault, open_vault

GOES_ON = 10.0  # seconds for which a job reads on when more was touched meanwhile; then others have their turn


def now() -> datetime:
    return datetime.now(UTC)


@cache
def _house(pid: int) -> tuple[Store, Bell, Vault]:
    """Return store, bell and vault of this process: a forked job must not share its parent's sockets."""
    settings = Settings()
    share(SharedLedger(settings.redis))
    return Store(settings.database, keeps_open=True), Bell(settings.redis), open_vault(settings)


def sync(connection_id: int) -> str:
    """Read a connection and record what moved."""
    _die_with_parent()
    store, bell, vault = _house(os.getpid())
    until = time.monotonic() + GOES_ON
    while True:
        done = sync_connection(store, connection_id, owner=_owner(), now=now, environ=os.environ, vault=vault)
        logger("sync").info(
            "sync",
            connection=connection_id,
            state=done.state,
            requests=done.requests,
            items=done.items,
            problem=done.problem,
        )
        ring_channels(store, bell, done.channels)
        ring_listeners(store, bell, [connection_id])
        ring_write_backs(store, bell)
        if not done.again:
            return done.state
        if time.monotonic() > until:
            ring_connection(store, bell, connection_id)
            return done.state


def tell(channel_id: int) -> int:
    """Send the letters of a channel that are due."""
    _die_with_parent()
    store, _bell, _vault = _house(os.getpid())
    sent = tell_channel(store, channel_id, owner=_owner(), now=now, environ=os.environ)
    logger("tell").info("tell", channel=channel_id, sent=sent)
    return sent


def judge() -> int:
    """Judge everything again."""
    _die_with_parent()
    store, bell, _vault = _house(os.getpid())
    outcomes = judge_all(store, now())
    ring_channels(store, bell, sorted({channel for one in outcomes for channel in one.channels}))
    return len(outcomes)


def subscribe(connection_id: int) -> str:
    """Look after the webhooks of a connection."""
    _die_with_parent()
    store, _bell, vault = _house(os.getpid())
    done = subscribe_connection(
        store,
        connection_id,
        owner=_owner(),
        now=now,
        environ=os.environ,
        vault=vault,
        public_url=Settings().public_url,
    )
    logger("subscribe").info(
        "subscribe",
        connection=connection_id,
        state=done.state,
        made=done.made,
        renewed=done.renewed,
        removed=done.removed,
        live=done.live,
        problem=done.problem,
    )
    return done.state


def write_back(write_back_id: int) -> str:
    """Write what stands to one target."""
    _die_with_parent()
    store, _bell, vault = _house(os.getpid())
    done = write_to_target(store, write_back_id, owner=_owner(), now=now, environ=os.environ, vault=vault)
    logger("write_back").info("write back", target=write_back_id, state=done.state, problem=done.problem)
    return done.state


def ring_connection(store: Store, bell: Bell, connection_id: int, at: datetime | None = None) -> bool:
    """Ring for a connection unless it was rung a moment ago; `at` is the time, now unless given.

    A queue server that is away is left to the clock.
    """
    with store.write() as tx:
        if not connections.claim_ring(tx, connection_id, at or now()):
            return False
    return _ring(partial(bell.ring_sync, connection_id))


def ring_channels(store: Store, bell: Bell, channel_ids: Iterable[int], at: datetime | None = None) -> int:
    """Ring for channels that have letters, save those rung a moment ago; return how many were."""
    rung = 0
    for channel_id in channel_ids:
        with store.write() as tx:
            is_ours = channels.claim_channel_ring(tx, channel_id, at or now(), BELL_LASTS)
        if is_ours:
            rung += _ring(partial(bell.ring_tell, channel_id))
    return rung


def ring_listeners(store: Store, bell: Bell, connection_ids: Iterable[int], at: datetime | None = None) -> int:
    """Ring for those of the connections whose webhooks are to be looked after now; return how many were rung for."""
    wanted = set(connection_ids)
    if not wanted:
        return 0
    at = at or now()
    with store.read() as tx:
        due = [one for one in listeners.due_listeners(tx, at) if one in wanted]
    rung = 0
    for connection_id in due:
        with store.write() as tx:
            is_ours = listeners.claim_listener_ring(tx, connection_id, at)
        if is_ours:
            rung += _ring(partial(bell.ring_subscribe, connection_id))
    return rung


def ring_write_backs(store: Store, bell: Bell, at: datetime | None = None) -> int:
    """Ring for the targets that are to be written to now; return how many were rung for."""
    at = at or now()
    with store.read() as tx:
        due = write_backs.due_write_backs(tx, at)
    rung = 0
    for write_back_id in due:
        with store.write() as tx:
            is_ours = write_backs.claim_write_ring(tx, write_back_id, at)
        if is_ours:
            rung += _ring(partial(bell.ring_write_back, write_back_id))
    return rung


def _ring(pull: Callable[[], None]) -> bool:
    try:
        pull()
    except (RedisError, OSError) as problem:
        logger("bell").warning("the queue server is away, the clock will ring again", problem=type(problem).__name__)
        return False
    return True


def _owner() -> str:
    """Return a name for this job as the holder of a lease: whoever reads it on this machine knows when it has died."""
    return f"{name_process()}/{uuid.uuid4().hex[:12]}"


def _die_with_parent() -> None:
    """Let the kernel end this job when its worker is killed: its lease must be free, not renewed by an orphan."""
    parent = worker_pid()
    if parent is not None and parent != os.getpid():
        end_with_parent(parent)
