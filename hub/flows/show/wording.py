"""Moves and causes in words, with no more about items than their rule allows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hub.model.moves import Move, What
from hub.model.numbers import Numbers
from hub.store.changes import StatusChange

MOST_MOVES = 3
CAUSES = {
    "time": "the value did not move while the expected line did",
    "goal": "the target or the dates were changed",
    "check_in": "by a check-in",
    "resume": "as the reading was resumed",
}


def is_finish(move: Move) -> bool:
    """Whether work was finished: where a rule takes done work alone, what is finished arrives as new."""
    return move.what is What.FINISHED or (move.what is What.ADDED and move.text == "added, already done")


def say_moves(moves: Sequence[Move], shows: str, most: int = MOST_MOVES) -> str:
    """Say the largest moves in a line: "PAY-429 reopened, PAY-455 moved to In Review and 2 more"."""
    if not moves:
        return ""
    if shows == "none":
        if all(move.what is What.CHANGED for move in moves):
            return "the number moved"
        number = len(moves)
        return f"{number} {'item' if number == 1 else 'items'} moved"
    told: dict[str, list[str]] = {}
    for move in moves[:most]:
        told.setdefault("finished" if is_finish(move) else move.text, []).append(move.ref or move.item_key)
    rest = len(moves) - min(len(moves), most)
    if len(told) == 1 and rest:
        text, refs = next(iter(told.items()))
        return (
            f"{', '.join(refs)} and {rest} more {text}"
            if _is_all(moves, text)
            else f"{', '.join(refs)} {text}, {rest} more"
        )
    said = [f"{join_names(refs)} {text}" for text, refs in told.items()]
    return ", ".join(said) + (f" and {rest} more" if rest else "")


def _is_all(moves: Sequence[Move], text: str) -> bool:
    return all(("finished" if is_finish(move) else move.text) == text for move in moves)


def join_names(names: Sequence[str]) -> str:
    """Join names as people do: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def say_step(before: Decimal | None, after: Decimal | None, numbers: Numbers) -> str:
    """Say a value that moved: "22 to 19"."""
    if after is None or before == after:
        return ""
    return f"{numbers.bare(before)} to {numbers.plain(after)}" if before is not None else numbers.plain(after)


def say_cause(change: StatusChange, shows: str, numbers: Numbers) -> str:
    """Say why a status changed: "PAY-429 reopened, 22 to 19"."""
    step = say_step(change.value_before, change.value, numbers)
    moved = say_moves(change.moves, shows)
    if change.cause in {"time", "goal"}:
        return CAUSES[change.cause]
    parts = [part for part in (moved, step) if part]
    if change.cause in {"check_in", "resume"}:
        return f"{step}, {CAUSES[change.cause]}" if step else CAUSES[change.cause]
    return ", ".join(parts)


def sentence(text: str) -> str:
    """Return a text as a sentence: begun large, ended with a stop."""
    said = text.strip()
    if not said:
        return ""
    said = said[0].upper() + said[1:]
    return said if said.endswith((".", "!", "?", "\u2026")) else f"{said}."
