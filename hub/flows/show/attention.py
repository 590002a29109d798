"""What needs somebody: each with why, how it stands and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from hub.flows.show.channels_in_trouble import channels_behind, channels_off, untold_changes
from hub.flows.show.concern import Concern
from hub.flows.show.days import say_since
from hub.flows.show.house import House, tool_title
from hub.flows.show.lights import STATUS_LIGHTS, FreshLight, Tint, freshness_light
from hub.flows.show.wording import say_cause, sentence
from hub.model.held_back import keeps_last_good
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Status
from hub.model.numbers import goal_words, numbers_of
from hub.model.progress import clamp, expected
from hub.model.rights import Action
from hub.model.words import say_age, say_share
from hub.store.changes import change_by_id
from hub.store.check_ins import CheckIn, last_check_ins
from hub.store.page_reads import changes_by_key_result
from hub.store.rules import current_rule

MOST = 8
MOST_UNTOLD = 3  # of what was not told, before goals in trouble: the rest comes after all else
SOON = timedelta(days=14)  # before its end a sign-in is spoken of
MOST_WORDS = 120  # of what is in the way; the page of the key result holds it all
CHECK_IN = "Check in"
TROUBLED = (Status.OFF_TRACK, Status.MISSED, Status.AT_RISK)


@dataclass(frozen=True, slots=True)
class Attention:
    """What needs somebody, the most pressing first."""

    concerns: tuple[Concern, ...]
    total: int


def attention_of(tx: Connection, house: House, key_results: Sequence[KeyResult]) -> Attention:
    """Return what needs somebody: what fails or was not told, goals in trouble, late check-ins, what is in the way.

    After the end of a cycle its goals need nobody; in the days of grace what cannot be read still does.
    """
    key_results = [one for one in key_results if not one.is_frozen(house.now)]
    running = [one for one in key_results if not one.is_over(house.now)]
    last = last_check_ins(tx, [one.id for one in key_results])
    blocked = {number: said for number, said in last.items() if said.blockers.strip()}
    untold = untold_changes(tx, house)
    found = [
        *_broken_connections(house, key_results),
        *_ending(house),
        *channels_off(tx, house),
        *channels_behind(tx, house),
        *untold[:MOST_UNTOLD],
        *_readings(house, key_results),
        *_goals(tx, house, running, blocked),
        *_late(house, running),
        *_blocked(house, running, blocked),
        *untold[MOST_UNTOLD:],
    ]
    return Attention(tuple(found[:MOST]), len(found))


def _goals(
    tx: Connection, house: House, key_results: Sequence[KeyResult], blocked: Mapping[int, CheckIn]
) -> list[Concern]:
    troubled = sorted(
        (one for one in key_results if one.standing.status in TROUBLED),
        key=lambda one: (TROUBLED.index(one.standing.status), one.standing.status_since or house.now),
    )
    last = changes_by_key_result(tx, [one.id for one in troubled[:MOST]])
    concerns = []
    for number, one in enumerate(troubled):
        why = _gap(house, one)
        if number < MOST and one.id in last:
            change = change_by_id(tx, last[one.id])
            rule = current_rule(tx, one.id)
            shows = str(rule.body.get("show_items", "refs")) if rule is not None else "none"
            if change is not None and change.before not in {Status.NOT_JUDGED, Status.NOT_STARTED}:
                cause = say_cause(change, shows, numbers_of(one.declared, change.value_before, change.value))
                since = say_since(change.at, house.now, house.zone)
                why += f" Since {since}: {cause}." if cause else f" Since {since}."
        if one.id in blocked:
            why += f" In the way: {_brief(blocked[one.id].blockers)}"
        concerns.append(_of_goal(one, why))
    return concerns


def _blocked(house: House, key_results: Sequence[KeyResult], blocked: Mapping[int, CheckIn]) -> list[Concern]:
    """Return what people said is in the way of goals that are not in trouble yet."""
    concerns = []
    for one in key_results:
        said = blocked.get(one.id)
        if said is None or one.standing.status in TROUBLED or one.standing.status is Status.ACHIEVED:
            continue
        if _is_late(house, one):
            continue
        who = house.name(said.author) or "Somebody"
        concerns.append(_of_goal(one, f"{who}, {say_age(said.at, house.now)}: {_brief(said.blockers)}"))
    return concerns


def _of_goal(one: KeyResult, why: str) -> Concern:
    light = STATUS_LIGHTS[one.standing.status]
    if one.is_manual:
        return Concern(one.declared.title, why, status=light, key=one.key, link_words=CHECK_IN, anchor="checkin")
    return Concern(one.declared.title, why, status=light, key=one.key)


def _brief(blockers: str) -> str:
    said = " ".join(blockers.split())
    return sentence(said if len(said) <= MOST_WORDS else f"{said[: MOST_WORDS - 1].rstrip()}\u2026")


def _gap(house: House, one: KeyResult) -> str:
    standing = one.standing
    numbers = numbers_of(one.declared, standing.value)
    note = goal_words(one.declared)
    said = numbers.plain(standing.value)
    value = f"At {said}, to get {note}" if note.startswith("to ") else f"{said} {note}"
    if one.declared.kind.is_control or standing.progress is None:
        return f"Now at {said}, to {note}."
    due = clamp(expected(one.declared.goal(house.zone), house.now))
    if one.standing.status is Status.MISSED:
        return f"Ended at {said} {note}."
    return f"{value}: {say_share(standing.progress, due)} of the way, {say_share(due, standing.progress)} expected."


def _broken_connections(house: House, key_results: Sequence[KeyResult]) -> list[Concern]:
    sees_all = house.viewer.may(Action.SEE_OPERATIONS)
    concerns = []
    for row in house.connections.values():
        if row.state == "ok":
            continue
        number = sum(1 for one in key_results if one.connection == row.slug)
        if not number and not sees_all:
            continue  # it may read for those alone who see what the viewer does not
        kept = f" {_counted(number)} the last value." if number else ""
        is_waiting = row.state == "waiting"
        later = ""
        if is_waiting and row.paused_until is not None and row.paused_until > house.now:
            later = f" Next read at {row.paused_until.astimezone(house.zone):%H:%M}."
        at = row.problem_at
        when = f", since {say_since(at, house.now, house.zone)}" if at is not None else ""
        light = (
            FreshLight("stale", f"waiting{when}", "circle-half", Tint.RISK, True)
            if is_waiting
            else FreshLight("broken", f"broken{when}", "plug", Tint.OFF, True)
        )
        why = f"{sentence(row.problem)}{later}{kept}".strip()
        concerns.append(
            Concern(
                f"{tool_title(row.kind)}, {row.title}",
                why,
                fresh=light,
                source=row.slug,
                link_words="See its key results",
                connection=row.slug if sees_all and not is_waiting else "",
            )
        )
    return concerns


def _ending(house: House) -> list[Concern]:
    """Sign-ins that end soon, for admins and for whoever signed in."""
    concerns = []
    is_admin = house.viewer.may(Action.MANAGE_CONNECTIONS)
    for row in house.connections.values():
        if row.lapses_at is None or row.lapses_at - house.now > SOON:
            continue
        if not is_admin and house.viewer.email != row.owner:
            continue
        has_ended = row.lapses_at <= house.now
        day = f"{row.lapses_at.astimezone(house.zone):%-d %b}"
        light = (
            FreshLight("broken", f"sign-in ended {day}", "hourglass-bottom", Tint.OFF, True)
            if has_ended
            else FreshLight("stale", f"sign-in ends {day}", "hourglass-split", Tint.RISK, True)
        )
        who = f"{house.name(row.owner)} signed in. " if row.owner else ""
        why = f"{who}{'Any admin can sign in again' if is_admin else 'An admin signs in again'}; nothing is lost."
        where = row.slug if is_admin else ""
        concerns.append(Concern(f"{tool_title(row.kind)}, {row.title}", why, fresh=light, connection=where))
    return concerns


def _readings(house: House, key_results: Sequence[KeyResult]) -> list[Concern]:
    """Readings that fail on their own; those of a connection that fails are told with the connection."""
    concerns = []
    stale: dict[str, list[KeyResult]] = {}
    for one in key_results:
        row = house.connections.get(one.connection)
        light = freshness_light(one, house.now, house.zone, house.name)
        if one.is_manual or (row is not None and row.state != "ok"):
            continue
        if light.state in {Freshness.BROKEN, Freshness.SUSPECT, Freshness.PARTIAL}:
            kept = " The last good value stands." if keeps_last_good(one) else ""
            why = f"{sentence(light.note)}{kept}"
            concerns.append(Concern(one.declared.title, why.strip(), fresh=light, key=one.key))
        elif light.state is Freshness.STALE:
            stale.setdefault(one.connection, []).append(one)
    for slug, held in stale.items():
        light = freshness_light(held[0], house.now, house.zone, house.name)
        row = house.connections[slug]
        last = "" if row.last_ok_at is None else f" Last good read {say_age(row.last_ok_at, house.now)}."
        why = f"No read for two intervals. {_counted(len(held))} the last value.{last}"
        title = f"{tool_title(row.kind)}, {row.title}"
        concerns.append(Concern(title, why, fresh=light, source=slug, link_words="See its key results"))
    return concerns


def _is_late(house: House, one: KeyResult) -> bool:
    """Whether a value that people give was not given in time."""
    return one.is_manual and freshness_light(one, house.now, house.zone, house.name).state is Freshness.STALE


def _late(house: House, key_results: Sequence[KeyResult]) -> list[Concern]:
    concerns = []
    for one in key_results:
        if not _is_late(house, one):
            continue
        light = freshness_light(one, house.now, house.zone, house.name)
        owner = house.name(one.declared.owner) if one.declared.owner else "Somebody"
        every = one.declared.cadence_days
        due = "every day" if every == 1 else f"every {every} days"
        why = f"{owner} checks in {due}. No item is linked, so nothing moves it in between."
        concerns.append(
            Concern(one.declared.title, why, fresh=light, key=one.key, link_words=CHECK_IN, anchor="checkin")
        )
    return concerns


def _counted(number: int) -> str:
    return "One key result keeps" if number == 1 else f"{number} key results keep"
