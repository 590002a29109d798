"""What stands around every page: the cycle and how much of it has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.exc import SQLAlchemyError

from hub.flows.show.house import House, day_of, elapsed, read_house, running_cycles
from hub.model.phase import ending_of
from hub.model.rights import Viewer
from hub.model.words import say_share
from hub.store import Store
from hub.store.page_reads import change_token


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of a page. `elapsed` is None before there is a cycle."""

    cycle: str = ""
    day: str = ""
    elapsed: Decimal | None = None
    has_workspace: bool = False
    token: str = ""  # differs as soon as anything shown may differ


def frame_of(house: House | None, token: str) -> Frame:
    """Return the header for a picture of the workspace."""
    if house is None:
        return Frame(token=token)
    cycles = running_cycles(house)
    if not cycles:
        return Frame(has_workspace=True, token=token)
    cycle = cycles[0]
    share = elapsed(cycle, house.now, house.zone)
    ended = ending_of(cycle, house.zone).words(house.now)
    day = ended or f"day {day_of(cycle, house.now, house.zone)} of {cycle.days}, {say_share(share)} elapsed"
    return Frame(cycle.name, day, share, True, token)


def show_frame(store: Store, now: datetime, viewer: Viewer) -> Frame:
    """Return the header alone, for pages that show nothing else from the store."""
    with store.read() as tx:
        return frame_of(read_house(tx, now, viewer), change_token(tx))


def find_database_problem(store: Store) -> str:
    """Return what keeps the database from answering, by the name of the error; "" when it answers."""
    try:
        show_token(store)
    except (SQLAlchemyError, OSError) as problem:
        return type(problem).__name__
    return ""


def show_token(store: Store) -> str:
    """Return a text that differs as soon as anything a page shows may differ."""
    with store.read() as tx:
        return change_token(tx)
