"""Sending the letters of one channel, each once, and those of one key result in their order.

The one exception is visible: a letter whose answer was lost may stand in the channel already. It is marked
ambiguous and sent again, because a change that nobody heard of is worse than one told twice; but ever later and a few
times only, because a line that loses every answer would fill the channel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from connectors.contract import Channel
from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized
from connectors.registry import Opener, open_connector
from connectors.shapes import Notification, Receipt
from connectors.wire import Counter
from hub.flows.notify.message import find_objection, write_message
from hub.flows.notify.summary import write_summary
from hub.heartbeat import heartbeat
from hub.store import Store, channels, counts, okrs, outbox
from hub.store.channels import ChannelRow
from hub.store.outbox import Letter
from hub.vault import reveal

LEASE = timedelta(seconds=300)  # a send may last longer: then its heart beats
GIVE_UP = timedelta(days=3)
MOST_DEATHS = 5  # senders that a letter may kill before it is given up
PACE = timedelta(seconds=1)  # between two messages to one channel: Slack takes one a second
FIRST_PAUSE = timedelta(seconds=5)  # after what surely did not arrive, then ever longer
LONGEST_PAUSE = timedelta(minutes=15)
# After answers that were lost: a hiccup of the line, a restart, an incident, a longer one, and most of a working day.
# Each try may be one more post, so there are six and no more.
LOST_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How one send ended."""

    outcome: str  # sent | try_later | lost_answer | refused | gone | locked_out
    problem: str = ""
    receipt: Receipt | None = None
    after: timedelta | None = None


def tell_channel(
    store: Store,
    channel_id: int,
    *,
    owner: str,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    opener: Opener = open_connector,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Send the letters of a channel that are due; return how many were sent. Two senders never share a channel."""
    sent = 0
    rest = 0.0
    while True:
        if rest:
            sleep(rest)
        with store.write() as tx:
            if not channels.lease_channel(tx, channel_id, owner=owner, now=now(), lasts=LEASE):
                return sent
            channel = channels.channel_by_id(tx, channel_id)
            if channel is None:
                _drop_all(tx, channel_id, now())
            letter = outbox.next_letter(tx, channel_id, now())
            if channel is None or letter is None or not _listens(channel, now()):
                channels.release_channel(tx, channel_id, owner)
                return sent
            rest = 0.0 if rest else _rest(channel, now())
            if rest:
                continue
            if not _take(tx, letter, now()):
                continue
            parts = outbox.parts_of(tx, letter)
            objections = {one.id: why for one in parts if (why := find_objection(tx, one, now()))}
            if objections:
                outbox.drop_parts(tx, letter, objections, now())
                continue
            message = write_message(tx, letter) if len(parts) == 1 else write_summary(tx, letter, parts)
            if message is None:
                outbox.settle(tx, letter.id, state="dropped", now=now(), problem=outbox.ARCHIVED)
                continue
            outbox.start_sending(tx, letter.id)
        counter = Counter()
        with heartbeat(partial(_renew_lease, store, channel_id, owner, now), lease=channel.slug):
            attempt, payload = _send(channel, message, environ, opener, counter)
        with store.write() as tx:
            counts.count(tx, "channel.requests", channel.slug, counter.requests)
            counts.count(tx, "channel.throttled", channel.slug, counter.throttled)
            counts.count(tx, "channel.retried", channel.slug, counter.retried)
            if not channels.still_holds(tx, channel_id, owner) or not outbox.is_on_its_way(tx, letter):
                # Somebody took over and has judged this letter already: what they wrote stands.
                _note_overtaken(tx, letter, attempt, now())
                return sent
            _settle(tx, channel, letter, attempt, payload, now(), is_summary=len(parts) > 1)
        if attempt.outcome == "sent":
            sent += 1


def _renew_lease(store: Store, channel_id: int, owner: str, now: Callable[[], datetime]) -> bool:
    with store.write() as tx:
        return channels.renew_channel_lease(tx, channel_id, owner=owner, now=now(), lasts=LEASE)


def _drop_all(tx: Connection, channel_id: int, at: datetime) -> None:
    """Drop what is left for a channel that was taken out: what came later, and what a dead sender had on its way."""
    outbox.drop_letters(tx, channel_id, at, outbox.TAKEN_OUT, states=("due",))
    outbox.drop_letters(tx, channel_id, at, outbox.TAKEN_OUT, states=("sending",), is_ambiguous=True)


def _listens(channel: ChannelRow, at: datetime) -> bool:
    return channel.state == "on" and not channels.is_paused(channel, at + PACE)


def _rest(channel: ChannelRow, at: datetime) -> float:
    """Return how many seconds are left until the channel takes another message, at most PACE of them."""
    if channel.paused_until is None or not channels.is_paused(channel, at):
        return 0.0
    return max(0.0, (channel.paused_until - at).total_seconds())


def _take(tx: Connection, letter: Letter, at: datetime) -> bool:
    """Decide whether a letter may go out; one that was on its way when its sender died is ambiguous."""
    if letter.state == "sending":
        channels.add_receipt(
            tx, letter.id, attempt=letter.attempts, at=at, outcome="lost_answer", problem=channels.SENDER_DIED
        )
        # A sender that died may not even have begun: that says less than an answer that was lost. But a letter that
        # kills whoever sends it must not do so for ever.
        if channels.count_deaths(tx, letter.id) >= MOST_DEATHS:
            outbox.settle(
                tx, letter.id, state="dropped", now=at, problem="its senders died; not sent again", is_ambiguous=True
            )
            return False
        outbox.settle(tx, letter.id, state="due", now=None, is_ambiguous=True)
    if at - letter.created_at > GIVE_UP:
        outbox.settle(tx, letter.id, state="dropped", now=at, problem="given up after three days")
        return False
    return True


def _send(
    channel: ChannelRow,
    message: Notification,
    environ: Mapping[str, str],
    opener: Opener,
    counter: Counter,
) -> tuple[_Attempt, Mapping[str, object] | None]:
    payload: Mapping[str, object] | None = None
    try:
        connector = opener(
            channel.kind,
            reveal(channel.settings, environ),
            allow_private=channel.allow_private,
            counter=counter,
        )
        if not isinstance(connector, Channel):
            raise Misconfigured(f"{channel.kind} is not a channel", field="kind")
        payload = connector.render(message)
        return _Attempt("sent", receipt=connector.send(message)), payload
    except TryLater as problem:
        outcome = "lost_answer" if problem.maybe_arrived else "try_later"
        return _Attempt(outcome, problem.told, after=problem.after), payload
    except Gone as problem:
        return _Attempt("gone", problem.told), payload
    except (Unauthorized, Misconfigured) as problem:
        return _Attempt("locked_out", problem.told), payload
    except ConnectorError as problem:
        return _Attempt("refused", problem.told), payload


def _note_overtaken(tx: Connection, letter: Letter, attempt: _Attempt, at: datetime) -> None:
    key = attempt.receipt.key if attempt.receipt else ""
    told = "the lease had run out"
    channels.add_receipt(tx, letter.id, attempt=letter.attempts + 1, at=at, outcome="overtaken", key=key, problem=told)


def _settle(
    tx: Connection,
    channel: ChannelRow,
    letter: Letter,
    attempt: _Attempt,
    payload: Mapping[str, object] | None,
    at: datetime,
    *,
    is_summary: bool,
) -> None:
    number = letter.attempts + 1
    key = attempt.receipt.key if attempt.receipt else ""
    said = dict(payload) if payload is not None and attempt.outcome == "sent" else None
    channels.add_receipt(
        tx, letter.id, attempt=number, at=at, outcome=attempt.outcome, key=key, problem=attempt.problem, payload=said
    )
    match attempt.outcome:
        case "sent":
            outbox.settle(tx, letter.id, state="sent", now=at)
            channels.note_channel(tx, channel.id, problem="", problem_at=None, paused_until=at + PACE)
            outbox.hurry_lost_letters(tx, channel.id, at, after=LONGEST_PAUSE)
            if attempt.receipt is not None and attempt.receipt.thread and not is_summary:
                change = letter.change_id
                key_result_id = outbox.key_result_of(tx, change)
                channels.put_thread(tx, channel.id, key_result_id, attempt.receipt.thread, at)
        case "try_later":
            pause = attempt.after or min(FIRST_PAUSE * 2 ** min(letter.attempts, 10), LONGEST_PAUSE)
            _put_off(tx, letter, attempt, at, at + pause)
        case "lost_answer":
            lost = channels.count_lost_answers(tx, letter.id)
            asked = attempt.after or PACE
            if lost <= len(LOST_PAUSES):
                pause = max(LOST_PAUSES[lost - 1], asked)
                others = max(min(pause, LONGEST_PAUSE), asked)
                _put_off(tx, letter, attempt, at, at + pause, others=at + others, is_ambiguous=True)
            else:
                told = f"{lost} answers were lost; not sent again. The last: {attempt.problem}"
                outbox.settle(tx, letter.id, state="dropped", now=at, problem=told, is_ambiguous=True)
                until = at + max(asked, PACE)
                channels.note_channel(tx, channel.id, paused_until=until, problem=attempt.problem, problem_at=at)
        case "refused":
            outbox.settle(tx, letter.id, state="dropped", now=at, problem=attempt.problem)
            channels.note_channel(tx, channel.id, paused_until=at + PACE, problem=attempt.problem, problem_at=at)
        case "gone" | "locked_out":
            state = "gone" if attempt.outcome == "gone" else "off"
            channels.note_channel(tx, channel.id, state=state, problem=attempt.problem, problem_at=at)
            okrs.write_audit(
                tx,
                at=at,
                who="hub",
                what="channel switched off",
                subject=channel.slug,
                detail={"problem": attempt.problem, "owner": channel.owner},
            )
            if attempt.outcome == "gone":
                outbox.drop_letters(tx, channel.id, at, attempt.problem)
            else:
                outbox.settle(tx, letter.id, state="due", now=None, problem=attempt.problem)


def _put_off(
    tx: Connection,
    letter: Letter,
    attempt: _Attempt,
    at: datetime,
    until: datetime,
    *,
    others: datetime | None = None,
    **changes: bool,
) -> None:
    """Have a letter sent again from an instant on, and no other letter of its channel before `others`, or before it."""
    outbox.settle(tx, letter.id, state="due", now=None, problem=attempt.problem, due_at=until, **changes)
    pause = others or until
    channels.note_channel(tx, letter.channel_id, paused_until=pause, problem=attempt.problem, problem_at=at)
