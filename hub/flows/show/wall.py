"""The channel wall: what every channel was told, word for word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub.flows.show.days import say_long_day
from hub.flows.show.frame import Frame, frame_of
from hub.flows.show.house import read_house
from hub.store import Store
from hub.store.channels import ChannelRow, all_channels
from hub.store.outbox import Told, told
from hub.store.page_reads import Waiting, change_token, waiting_letters

MOST = 40
LOOKED_AT = 1000

CHANNEL_ICONS = {"teams": "microsoft-teams", "slack": "slack"}


@dataclass(frozen=True, slots=True)
class WallMessage:
    """One message as it was sent. `payload` is what the channel's tool was given."""

    id: int
    channel: str
    name: str
    icon: str
    badge: str  # how the tool marks what is not a person
    time: str
    delivered: str
    doubt: str
    key: str
    title: str
    payload: Any


@dataclass(frozen=True, slots=True)
class WallDay:
    """The messages of a day, newest first."""

    words: str
    messages: tuple[WallMessage, ...]


@dataclass(frozen=True, slots=True)
class WallChannel:
    """A channel of the filter, and how it stands."""

    slug: str
    name: str
    icon: str
    problem: str


@dataclass(frozen=True, slots=True)
class WallPage:
    """All that the wall shows."""

    frame: Frame
    channels: tuple[WallChannel, ...]
    selected: str
    selected_name: str
    days: tuple[WallDay, ...]
    more: int
    notices: tuple[str, ...]


def show_wall(store: Store, now: datetime, channel: str = "", *, whole: bool = False) -> WallPage | None:
    """Return the wall, of one channel or of all; None when no workspace was applied yet."""
    with store.read() as tx:
        house = read_house(tx, now)
        if house is None:
            return None
        rows = all_channels(tx)
        every = [one for one in told(tx, limit=LOOKED_AT) if not channel or one.channel == channel]
        waiting = waiting_letters(tx)
        token = change_token(tx)
    kept = every if whole else every[:MOST]
    names = {row.slug: row.name for row in rows}
    return WallPage(
        frame_of(house, token),
        tuple(_channel(row) for row in rows),
        channel,
        names.get(channel, channel),
        tuple(_days(kept, house.zone)),
        len(every) - len(kept),
        tuple(_notices(rows, waiting, channel)),
    )


def _channel(row: ChannelRow) -> WallChannel:
    return WallChannel(row.slug, row.name, CHANNEL_ICONS.get(row.kind, "chat"), row.problem)


def _days(letters: Iterable[Told], zone: Any) -> list[WallDay]:
    by_day: dict[date, list[Told]] = {}
    for one in letters:
        by_day.setdefault(one.at.astimezone(zone).date(), []).append(one)
    days = []
    for day in sorted(by_day, reverse=True):
        held = sorted(by_day[day], key=lambda one: (one.at, one.letter.id), reverse=True)
        changes = len({one.letter.change_id for one in held})
        channels = len({one.channel for one in held})
        said = f"{say_long_day(day)}, {_count(changes, 'status change')}, {_count(channels, 'channel')}"
        days.append(WallDay(said, tuple(_message(one, zone) for one in held)))
    return days


def _message(one: Told, zone: Any) -> WallMessage:
    at = one.at.astimezone(zone)
    tries = max(one.letter.attempts, 1)
    return WallMessage(
        one.letter.id,
        one.channel,
        one.channel_name,
        CHANNEL_ICONS.get(one.channel_kind, "chat"),
        "Workflow" if one.channel_kind == "teams" else "APP",
        f"{at:%H:%M}",
        f"delivered {at:%H:%M}, {'1 try' if tries == 1 else f'{tries} tries'}",
        "An answer was lost on the way, so it may stand there twice." if one.letter.is_ambiguous else "",
        one.key_result,
        one.title,
        one.payload,
    )


def _notices(rows: Sequence[ChannelRow], waiting: Sequence[Waiting], channel: str) -> list[str]:
    said = []
    held = {one.channel: one for one in waiting}
    for row in rows:
        if channel and row.slug != channel:
            continue
        mail = held.get(row.slug)
        if row.state == "off":
            said.append(f"{row.name} is off. {row.problem}".strip())
        if mail is not None and mail.waiting:
            why = f": {row.problem}" if row.problem and row.state != "off" else ""
            said.append(f"{_count(mail.waiting, 'message')} for {row.name} still to be sent{why}.")
        if mail is not None and mail.dropped:
            said.append(f"{_count(mail.dropped, 'message')} for {row.name} could not be sent.")
    return said


def _count(number: int, noun: str) -> str:
    return f"one {noun}" if number == 1 else f"{number} {noun}s"
