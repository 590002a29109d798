"""The channel wall: what every channel was told, word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from hub.flows.show.channels_in_trouble import UNTOLD_FOR
from hub.flows.show.days import say_long_day
from hub.flows.show.frame import Frame, frame_of
from hub.flows.show.house import read_house
from hub.flows.show.wording import sentence
from hub.model.rights import Viewer
from hub.store import Store
from hub.store.channels import ChannelRow, all_channels
from hub.store.outbox import Told, told, told_together
from hub.store.page_reads import Unsent, change_token, unsent_letters

MOST = 40
LOOKED_AT = 1000

CHANNEL_ICONS = {"teams": "microsoft-teams", "slack": "slack"}


@dataclass(frozen=True, slots=True)
class WallMessage:
    """A message as it was sent, to one channel or word for word to several. `payload` is what their tool was given."""

    id: int
    names: tuple[str, ...]
    icon: str
    badge: str  # how the tool marks what is not a person
    time: str
    delivered: str
    doubt: str
    payload: Any


@dataclass(frozen=True, slots=True)
class WallChange:
    """A change that was told: when, of which key result, and each message about it."""

    when: str
    key: str
    title: str
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
    changes: tuple[WallChange, ...]
    more: int
    notices: tuple[str, ...]


def show_wall(
    store: Store, now: datetime, viewer: Viewer, channel: str = "", *, whole: bool = False
) -> WallPage | None:
    """Return the wall, of one channel or of all; None when no workspace was applied yet.

    Messages about key results that the viewer may not see are left out.
    """
    with store.read() as tx:
        house = read_house(tx, now, viewer)
        if house is None:
            return None
        rows = all_channels(tx)
        seen = {one.key for one in house.key_results}
        every = [one for one in told(tx, limit=LOOKED_AT, channel=channel) if one.key_result in seen]
        together = told_together(tx, [one.letter.id for one in every])
        # A message that tells of several is shown to those alone who may see them all.
        every = [one for one in every if seen.issuperset(together.get(one.letter.id, ()))]
        ids = {one.id for one in house.key_results}
        unsent = [one for one in unsent_letters(tx, now - UNTOLD_FOR) if one.key_result_id in ids]
        token = change_token(tx)
    kept = every if whole else every[:MOST]
    names = {row.slug: row.name for row in rows}
    return WallPage(
        frame_of(house, token),
        tuple(_channel(row) for row in rows),
        channel,
        names.get(channel, channel),
        tuple(_changes(kept, together, house.zone)),
        len(every) - len(kept),
        tuple(_notices(rows, unsent, channel)),
    )


def _channel(row: ChannelRow) -> WallChannel:
    return WallChannel(row.slug, row.name, CHANNEL_ICONS.get(row.kind, "chat"), row.problem)


def _changes(letters: Iterable[Told], together: Mapping[int, set[str]], zone: tzinfo) -> list[WallChange]:
    """Put letters together by the change they tell of, the newest first."""
    by_change: dict[int, list[Told]] = {}
    for one in letters:
        by_change.setdefault(one.letter.change_id, []).append(one)
    held = sorted(by_change.values(), key=lambda told_of: max(one.at for one in told_of), reverse=True)
    return [_change(sorted(one, key=lambda letter: letter.letter.id), together, zone) for one in held]


def _change(letters: Sequence[Told], together: Mapping[int, set[str]], zone: tzinfo) -> WallChange:
    first = letters[0]
    alike: list[list[Told]] = []
    for one in letters:
        for held in alike:
            if held[0].channel_kind == one.channel_kind and held[0].payload == one.payload:
                held.append(one)
                break
        else:
            alike.append([one])
    messages = tuple(_message(held, zone) for held in alike)
    others = len(together.get(first.letter.id, ()))
    title = f"{first.title}, and {others} more" if others else first.title
    return WallChange(say_long_day(first.at.astimezone(zone).date()), first.key_result, title, messages)


def _message(letters: Sequence[Told], zone: tzinfo) -> WallMessage:
    one = letters[0]
    at = one.at.astimezone(zone)
    tries = max(1, *(letter.letter.attempts for letter in letters))
    is_doubtful = any(letter.letter.is_ambiguous for letter in letters)
    return WallMessage(
        one.letter.id,
        tuple(letter.channel_name for letter in letters),
        CHANNEL_ICONS.get(one.channel_kind, "chat"),
        "Workflow" if one.channel_kind == "teams" else "APP",
        f"{at:%H:%M}",
        f"delivered {at:%H:%M}, {'1 try' if tries == 1 else f'{tries} tries'}",
        "An answer was lost on the way, so it may stand there more than once." if is_doubtful else "",
        one.payload,
    )


def _notices(rows: Sequence[ChannelRow], unsent: Sequence[Unsent], channel: str) -> list[str]:
    """Say which channels are off, what waits for each, and what it was not told in the last days."""
    said = []
    for row in rows:
        if channel and row.slug != channel:
            continue
        dropped = [one.is_dropped for one in unsent if one.channel == row.slug]
        waiting = dropped.count(False)
        if row.state != "on":
            said.append(f"{row.name} is off. {sentence(row.problem)}".strip())
        if waiting:
            verb = "is" if waiting == 1 else "are"
            why = f" {sentence(row.problem)}" if row.problem and row.state == "on" else ""
            said.append(f"{_count(waiting, 'message')} for {row.name} {verb} still to be sent.{why}")
        if any(dropped):
            said.append(f"{_count(dropped.count(True), 'message')} for {row.name} could not be sent in the last week.")
    return said


def _count(number: int, noun: str) -> str:
    return f"One {noun}" if number == 1 else f"{number} {noun}s"
