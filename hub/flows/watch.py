"""Watch: how the installation fares, read from the store alone, so that every web process says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from hub.store import Store, key_results, telemetry
from hub.store.migrate import newest_revision, revision_now
from hub.store.telemetry import ChannelState, ConnectionState

LEAST_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Picture:
    """One consistent look at the store. Counters are since the database was made."""

    connections: tuple[ConnectionState, ...]
    channels: tuple[ChannelState, ...]
    counted: Mapping[tuple[str, str], int]
    looked_at: datetime | None
    by_status: Mapping[str, int]
    by_freshness: Mapping[str, int]


def watch(store: Store, now: datetime) -> Picture | None:
    """Read the picture, in five queries; None when the database does not answer."""
    try:
        with store.read() as tx:
            every = key_results.all_key_results(tx)
            return Picture(
                tuple(telemetry.connection_states(tx)),
                tuple(telemetry.channel_states(tx)),
                telemetry.all_counted(tx),
                telemetry.last_look(tx),
                Counter(one.standing.status.value for one in every),
                Counter(one.freshness_at(now)[0].value for one in every),
            )
    except (SQLAlchemyError, OSError):
        return None


def find_missing(store: Store, now: datetime, tick: float) -> dict[str, str]:
    """Return what is not ready, as (part: what to do). `tick` is the time between two looks of the clock, seconds."""
    try:
        revision = revision_now(store)
        if revision != newest_revision():
            return {"database": "it is not at the newest revision: run `okrhub db upgrade`"}
        with store.read() as tx:
            looked = telemetry.last_look(tx)
    except (SQLAlchemyError, OSError) as problem:
        return {"database": f"it does not answer ({type(problem).__name__}): see that it runs and may be reached"}
    patience = max(LEAST_PATIENCE, timedelta(seconds=3 * tick))
    if looked is None or now - looked > patience:
        since = "never" if looked is None else f"not since {looked:%Y-%m-%d %H:%M:%S} UTC"
        return {"clock": f"it has looked {since}: see that `okrhub clock` runs"}
    return {}
