"""Where the progress of a key result is written back to, and how that went."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hub.flows.show.days import say_moment
from hub.flows.show.house import House
from hub.model.key_result import KeyResult
from hub.store.write_backs import WriteBackRow, write_backs_of


@dataclass(frozen=True, slots=True)
class Written:
    """One target: what people call it, how it stands in words, and whether somebody must act."""

    target: str
    words: str  # "by comment, today 09:28"
    problem: str
    is_stopped: bool


def written_of(tx: Connection, house: House, key_result: KeyResult) -> tuple[Written, ...]:
    """Return the targets of a key result, with how each stands."""
    return tuple(
        Written(row.target, _words(row, house), _problem(row), row.state == "stopped")
        for row in write_backs_of(tx, key_result.id)
    )


def _words(row: WriteBackRow, house: House) -> str:
    way = f"by {row.way}" if row.way else ""
    if row.written_at is None:
        when = "nothing yet" if row.state in {"idle", "stopped"} else "soon"
    else:
        when = say_moment(row.written_at, house.now, house.zone)
    return ", ".join(word for word in (way, when) if word)


def _problem(row: WriteBackRow) -> str:
    if not row.problem:
        return ""
    told = f"{row.problem[0].upper()}{row.problem[1:]}"
    told = told if told.endswith((".", "!", "?")) else f"{told}."
    match row.state:
        case "stopped":
            return f"{told} Nothing more is written there until somebody applies again."
        case "due" | "writing":
            return f"{told} It is tried again by itself."
    return f"{told} The next change is written again."
