"""Channels that hear nothing, hear it late, or were not told something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.flows.show.concern import Concern
from hub.flows.show.days import say_since, say_when
from hub.flows.show.house import House
from hub.flows.show.lights import FreshLight, Tint
from hub.flows.show.wording import join_names, sentence
from hub.model.words import STATUS_WORDS
from hub.store.channels import all_channels
from hub.store.page_reads import Late, Untold, late_letters, untold_since

LATE_AFTER = timedelta(minutes=5)  # a message that waits for less is nobody's business
UNTOLD_FOR = timedelta(days=7)  # what was not told is spoken of: whoever comes back from a week away still hears of it


def channels_off(tx: Connection, house: House) -> list[Concern]:
    """Return the channels that nothing is sent to."""
    concerns = []
    for channel in all_channels(tx):
        if channel.state == "on":
            continue
        since = f", since {say_since(channel.problem_at, house.now, house.zone)}" if channel.problem_at else ""
        light = FreshLight("broken", f"off{since}", "bell-slash", Tint.OFF, True)
        owner = f" {house.name(channel.owner)} looks after it." if channel.owner else ""
        why = f"{sentence(channel.problem)}{owner}".strip() or "It was switched off. Nothing is sent there."
        concerns.append(
            Concern(channel.name, why, fresh=light, channel=channel.slug, link_words="See what it was told")
        )
    return concerns


def channels_behind(tx: Connection, house: House) -> list[Concern]:
    """Return the channels whose messages wait; only those about key results that the viewer sees count."""
    seen = {one.id for one in house.key_results}
    late: dict[str, list[Late]] = {}
    for letter in late_letters(tx, house.now - LATE_AFTER):
        if letter.key_result_id in seen:
            late.setdefault(letter.channel, []).append(letter)
    concerns = []
    for slug, letters in late.items():
        first = letters[0]
        light = FreshLight(
            "stale", f"behind since {say_since(first.at, house.now, house.zone)}", "hourglass-split", Tint.RISK, True
        )
        waits = "One message waits" if len(letters) == 1 else f"{len(letters)} messages wait"
        next_try = _next_try(letters)
        when = f", the next try is at {next_try.astimezone(house.zone):%H:%M}" if next_try > house.now else ""
        why = f"{waits}{when}. {sentence(first.problem)}".strip()
        concerns.append(Concern(first.name, why, fresh=light, channel=slug, link_words="See what it was told"))
    return concerns


def _next_try(letters: Sequence[Late]) -> datetime:
    """Return when a channel is tried next: with the oldest letter of a key result, and not while it pauses."""
    firsts: dict[int, datetime] = {}
    for letter in letters:
        firsts.setdefault(letter.key_result_id, letter.due_at)
    soonest, paused_until = min(firsts.values()), letters[0].paused_until
    return soonest if paused_until is None else max(soonest, paused_until)


def untold_changes(tx: Connection, house: House) -> list[Concern]:
    """Return the changes that channels were not told and will not be; of key results that the viewer sees alone."""
    seen = {one.id: one for one in house.key_results}
    alike: dict[tuple[int, bool, str], list[Untold]] = {}
    for letter in untold_since(tx, house.now - UNTOLD_FOR):
        if letter.key_result_id in seen:
            alike.setdefault((letter.change_id, letter.is_ambiguous, letter.problem), []).append(letter)
    concerns = []
    for (_, is_ambiguous, problem), letters in alike.items():
        first = letters[0]
        one = seen[first.key_result_id]
        word = "perhaps not told" if is_ambiguous else "not told"
        names = join_names([letter.channel for letter in letters])
        after, when = STATUS_WORDS[first.after].lower(), say_when(first.at, house.now, house.zone)
        why = f"{sentence(word)[:-1]} to {names}: the status changed to {after} {when}. {sentence(problem)}".strip()
        light = FreshLight("broken", word, "bell-slash", Tint.OFF, True)
        concerns.append(
            Concern(
                one.declared.title, why, fresh=light, key=one.key, link_words="See what happened", anchor="activity"
            )
        )
    return concerns
