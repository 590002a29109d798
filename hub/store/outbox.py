"""The outbox: one row for each change and channel, claimed, sent and settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, not_, or_, select, true, update

from hub.store.channels import awake, is_silent
from hub.store.connections import BELL_LASTS, LONGEST_LEASE
from hub.store.set_back import ahead
from hub.store.tables_okr import key_results, rules
from hub.store.tables_told import channels, outbox, receipts, status_changes
from hub.store.upsert import insert_new

UNSETTLED = ("due", "sending")
ARCHIVED = "the key result was archived"
OVER = "its cycle has ended"
PRIVATE = "its team is private, and no route to this channel names it"
UNMISSED = (ARCHIVED, OVER, PRIVATE)  # the problems of letters that nobody misses
TAKEN_OUT = "the channel was taken out of the files"

_older, _part = outbox.alias(), outbox.alias()
_its, _of = status_changes.alias(), status_changes.alias()
# Whether the channel waits for no older letter about the same key result, or about one that is told with it.
_IS_FIRST_OF_ITS_KEY_RESULT = not_(
    exists()
    .where(_older.c.channel_id == outbox.c.channel_id, _older.c.state.in_(UNSETTLED), _older.c.id < outbox.c.id)
    .where(or_(_part.c.id == outbox.c.id, _part.c.told_with == outbox.c.id), _part.c.state.in_(UNSETTLED))
    .where(_its.c.id == _older.c.change_id, _of.c.id == _part.c.change_id)
    .where(_its.c.key_result_id == _of.c.key_result_id)
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of the outbox: what a channel is to be told."""

    id: int
    kind: str
    change_id: int
    channel_id: int
    before: str
    after: str
    state: str  # due | sending | sent | dropped
    attempts: int
    is_ambiguous: bool
    due_at: datetime
    created_at: datetime


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        row.id,
        row.kind,
        row.change_id,
        row.channel_id,
        row.before,
        row.after,
        row.state,
        row.attempts,
        row.is_ambiguous,
        row.due_at,
        row.created_at,
    )


def post_letter(
    tx: Connection, *, kind: str, change_id: int, channel_id: int, before: str, after: str, now: datetime
) -> bool:
    """Put a letter in the outbox; False when this change was put there for this channel before."""
    row = {
        "kind": kind,
        "change_id": change_id,
        "channel_id": channel_id,
        "before": before,
        "after": after,
        "state": "due",
        "is_ambiguous": False,
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "problem": "",
    }
    return insert_new(tx, outbox, row, by=["change_id", "channel_id"])


def next_letter(tx: Connection, channel_id: int, now: datetime) -> Letter | None:
    """Return the oldest letter of a channel that may go out: what is told of one key result is told in its order."""
    row = tx.execute(
        select(outbox)
        .join(channels, channels.c.id == outbox.c.channel_id)
        .where(outbox.c.channel_id == channel_id, _is_due(now), _IS_FIRST_OF_ITS_KEY_RESULT)
        .order_by(outbox.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _letter(row)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Whether a letter is not settled and its time has come; one ahead of the clock was written before that was set
    back. One that is told with another goes with that."""
    return and_(
        outbox.c.told_with.is_(None),
        outbox.c.state.in_(UNSETTLED),
        or_(outbox.c.due_at <= now, ahead(outbox.c.created_at, now), ahead(channels.c.problem_at, now)),
    )


def start_sending(tx: Connection, letter_id: int) -> None:
    """Mark a letter as on its way. Found like this later, its sender died and the answer is lost.

    Those that are told with it wait on: it stands for them.
    """
    tx.execute(update(outbox).where(outbox.c.id == letter_id).values(state="sending", attempts=outbox.c.attempts + 1))


def is_on_its_way(tx: Connection, letter: Letter) -> bool:
    """Whether a letter is still on the way that its sender, who holds it as it was before, sent it on."""
    row = tx.execute(select(outbox.c.state, outbox.c.attempts).where(outbox.c.id == letter.id)).one()
    return (row.state, row.attempts) == ("sending", letter.attempts + 1)


def settle(
    tx: Connection, letter_id: int, *, state: str, now: datetime | None, problem: str = "", **changes: Any
) -> None:
    """Note how a send ended, of a letter and of those that are told with it: sent or dropped for good, or due again."""
    tx.execute(
        update(outbox)
        .where(or_(outbox.c.id == letter_id, and_(outbox.c.told_with == letter_id, outbox.c.state.in_(UNSETTLED))))
        .values(state=state, settled_at=now, problem=problem, **changes)
    )


def newest_letter(tx: Connection) -> int:
    """Return the id of the newest letter, 0 where there is none."""
    return int(tx.execute(select(func.max(outbox.c.id))).scalar_one() or 0)


def tell_together(tx: Connection, keys: Collection[str], *, after_id: int, written_at: datetime) -> None:
    """Have each channel told in one message what was written to it at one instant of these key results.

    `after_id` is the newest letter from before: whoever calls this holds the key results, so nobody else writes of
    them.
    """
    rows = tx.execute(
        select(outbox.c.id, outbox.c.channel_id)
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(key_results, key_results.c.id == status_changes.c.key_result_id)
        .where(outbox.c.id > after_id, outbox.c.created_at == written_at, outbox.c.told_with.is_(None))
        .where(outbox.c.state == "due", key_results.c.key.in_(sorted(keys)))
        .order_by(outbox.c.id)
    )
    by_channel: dict[int, list[int]] = {}
    for row in rows.all():
        by_channel.setdefault(row.channel_id, []).append(row.id)
    for first, *others in by_channel.values():
        _lead(tx, first, others)


def tell_with_apply(
    tx: Connection, key_result_id: int, *, after_id: int, applied_at: datetime, until: datetime
) -> list[int]:
    """Have what was just written of a key result, whose rule an apply changed, told with the others of that apply.

    `after_id` is the newest letter from before, and `applied_at` tells one apply from another. A message waits for
    more of its kind until `until`, or until `hurry` lets it go. Returns the letters that wait; they stand for the rest.
    """
    mine = tx.execute(
        select(outbox.c.id, outbox.c.channel_id)
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .where(outbox.c.id > after_id, status_changes.c.key_result_id == key_result_id, outbox.c.state == "due")
        .order_by(outbox.c.channel_id, outbox.c.id)
    ).all()
    if not mine:
        return []
    # A sender holds its channel while it takes a letter and those told with it: none may join in between.
    held = select(channels.c.id).where(channels.c.id.in_([row.channel_id for row in mine]))
    tx.execute(held.order_by(channels.c.id).with_for_update()).all()
    leaders = []
    for row in mine:
        leader = tx.execute(
            select(outbox.c.id)
            .join(status_changes, status_changes.c.id == outbox.c.change_id)
            .join(rules, and_(rules.c.key_result_id == status_changes.c.key_result_id, rules.c.is_current.is_(True)))
            .where(outbox.c.channel_id == row.channel_id, outbox.c.id < row.id, outbox.c.state == "due")
            .where(outbox.c.told_with.is_(None), outbox.c.attempts == 0, rules.c.created_at == applied_at)
            .where(not_(_tells_of(key_result_id)))
            .order_by(outbox.c.id)
            .limit(1)
        ).scalar_one_or_none()
        if leader is not None:
            _lead(tx, leader, [row.id])
        leaders.append(row.id if leader is None else leader)
    tx.execute(update(outbox).where(outbox.c.id.in_(leaders)).values(due_at=until))
    return leaders


def _tells_of(key_result_id: int) -> ColumnElement[bool]:
    """Whether a letter, or one that is told with it, is about a key result."""
    return (
        exists()
        .where(or_(_part.c.id == outbox.c.id, _part.c.told_with == outbox.c.id))
        .where(_of.c.id == _part.c.change_id, _of.c.key_result_id == key_result_id)
    )


def hurry(tx: Connection, letter_ids: Collection[int], now: datetime) -> None:
    """Let letters go out that waited for others to be told with them."""
    tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(sorted(letter_ids)), outbox.c.state == "due", outbox.c.attempts == 0)
        .values(due_at=now)
    )


def parts_of(tx: Connection, letter: Letter) -> list[Letter]:
    """Return a letter and those that are told with it, which are not settled yet, in their order."""
    rows = tx.execute(
        select(outbox)
        .where(or_(outbox.c.id == letter.id, outbox.c.told_with == letter.id), outbox.c.state.in_(UNSETTLED))
        .order_by(outbox.c.id)
    )
    return [_letter(row) for row in rows]


def drop_parts(tx: Connection, letter: Letter, why: Mapping[int, str], now: datetime) -> None:
    """Drop some of the letters that are told together, by id, each for its own reason; the others stay together."""
    left = [one.id for one in parts_of(tx, letter) if one.id not in why]
    for number, problem in why.items():
        tx.execute(
            update(outbox)
            .where(outbox.c.id == number)
            .values(state="dropped", settled_at=now, problem=problem, told_with=None)
        )
    if letter.id in why and left:
        first, *others = left
        tx.execute(update(outbox).where(outbox.c.id == first).values(told_with=None, is_ambiguous=letter.is_ambiguous))
        _lead(tx, first, others)


def _lead(tx: Connection, first: int, others: Sequence[int]) -> None:
    for start in range(0, len(others), 500):
        tx.execute(update(outbox).where(outbox.c.id.in_(others[start : start + 500])).values(told_with=first))


def told_together(tx: Connection, letter_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the keys of the key results that messages tell of besides their first one, by the letter's id."""
    rows = tx.execute(
        select(outbox.c.told_with, key_results.c.key)
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(key_results, key_results.c.id == status_changes.c.key_result_id)
        .where(outbox.c.told_with.in_(letter_ids))
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row.told_with, set()).add(row.key)
    return found


def hurry_lost_letters(tx: Connection, channel_id: int, now: datetime, *, after: timedelta) -> None:
    """Have the letters whose answers were lost tried again, `after` their last try at the latest: the channel answers.

    What the channel was told in the meantime proves that the trouble is over.
    """
    last = select(func.max(receipts.c.at)).where(receipts.c.outbox_id == outbox.c.id).scalar_subquery()
    rows = tx.execute(
        select(outbox.c.id, outbox.c.due_at, last.label("last"))
        .where(outbox.c.channel_id == channel_id, outbox.c.state == "due", outbox.c.is_ambiguous)
        .where(outbox.c.due_at > now, outbox.c.told_with.is_(None))
    )
    for row in rows.all():
        soon = max(now, row.last + after)
        if soon < row.due_at:
            tx.execute(update(outbox).where(outbox.c.id == row.id).values(due_at=soon))


def key_result_of(tx: Connection, change_id: int) -> int:
    """Return the id of the key result that a change is of."""
    return int(tx.execute(select(status_changes.c.key_result_id).where(status_changes.c.id == change_id)).scalar_one())


def drop_letters(
    tx: Connection, channel_id: int, now: datetime, problem: str, states: Sequence[str] = UNSETTLED, **changes: Any
) -> int:
    """Drop what a channel that is gone would have been told; return how many letters."""
    done = tx.execute(
        update(outbox)
        .where(outbox.c.channel_id == channel_id, outbox.c.state.in_(states))
        .values(state="dropped", settled_at=now, problem=problem, **changes)
    )
    return done.rowcount


def due_channels(tx: Connection, now: datetime) -> list[int]:
    """Return the ids of channels with a letter that is due now and nobody sending."""
    free = or_(
        channels.c.leased_until.is_(None), channels.c.leased_until < now, channels.c.leased_until > now + LONGEST_LEASE
    )
    rows = tx.execute(
        select(outbox.c.channel_id)
        .join(channels, channels.c.id == outbox.c.channel_id)
        .where(
            _is_due(now),
            _IS_FIRST_OF_ITS_KEY_RESULT,
            free,
            is_silent(now, BELL_LASTS),
            awake(now),
            channels.c.state == "on",
        )
        .distinct()
    )
    return [row.channel_id for row in rows]


def unsettled_count(tx: Connection) -> int:
    """Return how many messages are neither sent nor dropped."""
    found = tx.execute(
        select(func.count()).select_from(outbox).where(outbox.c.state.in_(UNSETTLED), outbox.c.told_with.is_(None))
    )
    return int(found.scalar_one())


@dataclass(frozen=True, slots=True)
class Told:
    """A letter with the names a reader needs, and what was said word for word."""

    letter: Letter
    channel: str
    channel_name: str
    channel_kind: str
    key_result: str
    title: str
    at: datetime
    outcome: str
    payload: Any
    problem: str


def told(
    tx: Connection, *, limit: int = 100, after_id: int = 0, oldest_first: bool = False, channel: str = ""
) -> list[Told]:
    """Return letters that were sent, the newest first unless told otherwise, with the receipt of the send.

    `channel` is the slug of the only one wanted.
    """
    order = outbox.c.id.asc() if oldest_first else outbox.c.id.desc()
    rows = tx.execute(
        select(
            outbox,
            channels.c.slug.label("channel_slug"),
            channels.c.name.label("channel_name"),
            channels.c.kind.label("channel_kind"),
            key_results.c.key.label("key_result"),
            key_results.c.title.label("key_result_title"),
            receipts.c.at.label("sent_at"),
            receipts.c.outcome,
            receipts.c.payload,
            receipts.c.problem.label("receipt_problem"),
        )
        .join(channels, channels.c.id == outbox.c.channel_id)
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(key_results, key_results.c.id == status_changes.c.key_result_id)
        .join(receipts, (receipts.c.outbox_id == outbox.c.id) & (receipts.c.outcome == "sent"))
        .where(outbox.c.id > after_id, channels.c.slug == channel if channel else true())
        .order_by(order)
        .limit(limit)
    )
    return [
        Told(
            _letter(row),
            row.channel_slug,
            row.channel_name,
            row.channel_kind,
            row.key_result,
            row.key_result_title,
            row.sent_at,
            row.outcome,
            row.payload,
            row.receipt_problem,
        )
        for row in rows
    ]
