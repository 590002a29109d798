"""What moved in the last seven days: work done and scope apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from hub.contributing import contribution
from hub.departures import absence_words
from hub.flows.show.days import say_day
from hub.flows.show.explained import Explained
from hub.flows.show.record_of import Record
from hub.model.forecast import value_at
from hub.model.moves import SEEN_LATE, Contribution, Move, What, compare
from hub.model.numbers import apart
from hub.store.contributions import contributions_at, contributions_now
from hub.store.page_reads import first_measured_at

WEEK = timedelta(days=7)
MOST = 10
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MovedRow:
    """One item and what it did to a sum."""

    ref: str
    words: str
    url: str
    effect: str
    sign: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class MovedGroup:
    """Work done, or scope: its largest moves and their sum."""

    title: str
    rows: tuple[MovedRow, ...]
    more: int
    sum_words: str
    sum_value: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The difference of two points in time. `said` stands where there is nothing to compare."""

    since: str
    step: str
    groups: tuple[MovedGroup, ...]
    rule: str
    said: str = ""


def moved_of(tx: Connection, record: Record, explained: Explained) -> Moved | None:
    """Return what moved since a week ago, or since the first read where that is later."""
    if record.rule_row is None:
        return None
    first = first_measured_at(tx, record.key_result.id)
    since = record.now - WEEK
    if first is None:
        return Moved("", "", (), "", "Nothing to compare yet: the first read has not come through.")
    since = max(since, first)
    before = contributions_at(tx, record.key_result.id, since)
    after = contributions_now(tx, record.key_result.id)
    moves = compare(
        before,
        after,
        gone=absence_words(tx, record.rule_row.connection, before.keys() - after.keys()),
        left_out={line.key: contribution(line) for line in explained.left_out},
        known=frozenset(key for key, item in explained.items.items() if item.created <= since),
        done=frozenset(
            key for key, item in explained.items.items() if item.done is not None and item.done <= since - SEEN_LATE
        ),
    )
    numbers = [move for move in moves if move.what is What.CHANGED]
    work = [move for move in moves if not move.what.is_scope and move.what is not What.CHANGED]
    scope = [move for move in moves if move.what.is_scope]
    local = since.astimezone(record.house.zone)
    title = f"{local:%A} {say_day(local.date())}" if since > first else f"the first read, {say_day(local.date())}"
    groups = []
    if numbers:
        groups.append(_group("The number", numbers, "Value", record, is_scope=False))
    if work:
        is_value = not scope and _adds_up(record, work, since)
        groups.append(_group("Work done", work, "Value" if is_value else "Counted", record, is_scope=False))
    if scope:
        total_before = _scope(before.values())
        total_after = _scope(after.values())
        sides = apart([total_before, total_after])
        words = f"In scope, {sides.bare(total_before)} to {sides.bare(total_after)}"
        groups.append(_group("Scope", scope, words, record, is_scope=True))
    return Moved(title, _step(record, since), tuple(groups), _rule(record, since), "" if moves else _still(explained))


def _group(title: str, moves: Sequence[Move], words: str, record: Record, *, is_scope: bool) -> MovedGroup:
    amounts = [move.scope if is_scope else move.effect for move in moves]
    total = sum(amounts, ZERO)
    said = apart([*amounts, total])
    if record.shows == "none":
        return MovedGroup(title, (), len(moves), words, said.with_sign(total))
    rows = tuple(
        MovedRow(
            move.ref or move.item_key,
            move.text,
            move.url if move.url.startswith(("https://", "http://")) else "",
            said.with_sign(amount),
            0 if is_scope else ((amount > 0) - (amount < 0)) * (-1 if record.is_better_lower else 1),
            move.title if record.shows == "titles" else "",
        )
        for move, amount in list(zip(moves, amounts, strict=True))[:MOST]
    )
    return MovedGroup(title, rows, len(moves) - len(rows), words, said.with_sign(total))


def _adds_up(record: Record, moves: Sequence[Move], since: datetime) -> bool:
    """Whether what items did is all that the value did: no average of them, and no person's word over it."""
    before, now = value_at(record.points, since), record.key_result.standing.value
    is_sum = record.rule is not None and record.rule.measure.fold in {"count", "sum"}
    return is_sum and before is not None and now is not None and now - before == sum((m.effect for m in moves), ZERO)


def _scope(held: Iterable[Contribution]) -> Decimal:
    return sum((one.amount or ZERO for one in held), ZERO)


def _still(explained: Explained) -> str:
    return "The number did not move." if explained.is_number else "No item moved."


def _step(record: Record, since: datetime) -> str:
    before, now = value_at(record.points, since), record.key_result.standing.value
    if before is None or now is None:
        return ""
    if before == now:
        return f"still {record.numbers.plain(now)}"
    return f"{record.numbers.bare(before)} to {record.numbers.plain(now)}"


def _rule(record: Record, since: datetime) -> str:
    newer = [row for row in record.revisions if row.created_at > since]
    if not newer or len(newer) == len(record.revisions):
        return "no change"
    return f"revision {newer[0].revision}, {say_day(newer[0].created_at.astimezone(record.house.zone).date())}"
