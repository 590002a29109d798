"""What was asked of a tool lately, and when more may be: the arithmetic of limits and pauses. Pure.

A state is JSON: `used` holds for each claim the slots of time in which requests left, `pauses` the waits that the tool
asked for, `learned` the limits that turned out to be lower than published. Times are seconds since 1970.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

# {"used": {key: [seconds, {slot: number}]}, "pauses": {key: [noted, until, leaves]}, "learned": {key: [noted, number]}}
State = dict[str, Any]

SLOTS = 20  # a window is counted in so many parts: a request counts until its whole part is over
LEAST_LEARNED = 60.0  # seconds: only windows as long as this are worth learning about
LEARNED = 3600.0  # seconds that a limit which turned out to be lower is believed in
MARGIN = 0.5  # seconds: a request may be on its way for as long before the tool counts it


@dataclass(frozen=True, slots=True)
class Claim:
    """So many requests that want to leave, and the limit they come under: `number` in any `seconds`."""

    key: str
    number: int
    seconds: float
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether requests may leave; if not, the seconds until it makes sense to ask again and what stands in the way.

    `claim` is the key of a limit that is used up and `number` what it allows, "" and 0 where the tool asked for the
    wait; `leaves` says that nobody should sit this wait out.
    """

    wait: float = 0.0
    claim: str = ""
    number: int = 0
    leaves: bool = False

    @property
    def is_free(self) -> bool:
        """Whether they may leave now."""
        return self.wait <= 0


FREE = Verdict()


def ask(state: State, claims: Sequence[Claim], keys: Iterable[str], at: float) -> Verdict:
    """Say whether requests may leave at `at`, and if so note in `state` that they did.

    `keys` are the names under which a pause may hold them. No window of `seconds`, wherever it begins, ever sees more
    than `number`: a request counts until the part of time it left in is a whole window ago, and a margin.
    """
    _forget(state, at)
    claims = [_as_learned(state, claim) for claim in claims]
    paused = _longest_pause(state, keys, at)
    if paused is not None:
        return paused
    waits = (Verdict(_wait(state, claim, at), claim.key, claim.number) for claim in claims)
    blocked = max(waits, key=lambda verdict: verdict.wait, default=FREE)
    if not blocked.is_free:
        return blocked
    for claim in claims:
        slots = _slots(state, claim)
        slot = str(math.floor(at / _width(claim.seconds)))
        slots[slot] = slots.get(slot, 0) + _weight(claim)
    return FREE


def pause(state: State, keys: Iterable[str], at: float, seconds: float, *, leaves: bool) -> None:
    """Note that the tool wants quiet under these names for `seconds` from `at` on; a wait that lasts longer stays.

    `leaves` says that whoever meets it should give up rather than sit it out.
    """
    pauses = state.setdefault("pauses", {})
    for key in keys:
        _, until, was = pauses.get(key, (at, at, False))
        if at + seconds > until:
            pauses[key] = [at, at + seconds, leaves]
        elif leaves and not was:
            pauses[key] = [at, until, True]


def learn(state: State, claims: Iterable[Claim], at: float) -> None:
    """Note that the tool has refused although its published limits were kept: it has a lower one for this account.

    A free plan of Asana allows a tenth of what a paid one does. What passed before the refusal, less a tenth, is the
    limit for an hour, and never less than a tenth of the published one: somebody else may have used up the rest.
    """
    _forget(state, at)
    for claim in claims:
        if claim.seconds >= LEAST_LEARNED:
            passed = sum(_slots(state, claim).values()) - _weight(claim)
            limit = max(math.ceil(claim.number / 10), math.floor(passed * 0.9))
            state.setdefault("learned", {})[claim.key] = [at, limit]


def mend(state: object) -> State:
    """Return what can be believed of a state that came from elsewhere: what has another shape is forgotten."""
    found: State = {"used": {}, "pauses": {}, "learned": {}}
    if not isinstance(state, Mapping):
        return found
    for key, entry in _items(state.get("used")):
        if isinstance(entry, list) and len(entry) == 2 and _is_number(entry[0]) and entry[0] > 0:
            slots = {slot: n for slot, n in _items(entry[1]) if slot.isdecimal() and isinstance(n, int) and n > 0}
            found["used"][key] = [float(entry[0]), slots]
    for key, entry in _items(state.get("pauses")):
        if isinstance(entry, list) and len(entry) == 3 and all(map(_is_number, entry[:2])):
            found["pauses"][key] = [float(entry[0]), float(entry[1]), bool(entry[2])]
    for key, entry in _items(state.get("learned")):
        if isinstance(entry, list) and len(entry) == 2 and all(map(_is_number, entry)) and entry[1] >= 1:
            found["learned"][key] = [float(entry[0]), int(entry[1])]
    return found


def _items(value: object) -> list[tuple[str, Any]]:
    return [(key, one) for key, one in value.items() if isinstance(key, str)] if isinstance(value, Mapping) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _width(seconds: float) -> float:
    return seconds / SLOTS


def _margin(seconds: float) -> float:
    return min(MARGIN, seconds / 4)


def _as_learned(state: State, claim: Claim) -> Claim:
    found = state.get("learned", {}).get(claim.key)
    return claim if found is None else replace(claim, number=min(claim.number, found[1]))


def _weight(claim: Claim) -> int:
    return min(claim.weight, claim.number)  # what is heavier than a whole window takes a whole one


def _slots(state: State, claim: Claim) -> dict[str, int]:
    entry = state.setdefault("used", {}).get(claim.key)
    if entry is None or entry[0] != claim.seconds:
        entry = state["used"][claim.key] = [claim.seconds, {}]
    slots: dict[str, int] = entry[1]
    return slots


def _wait(state: State, claim: Claim, at: float) -> float:
    """Return the seconds until a claim fits its window."""
    slots = _slots(state, claim)
    over = sum(slots.values()) + _weight(claim) - claim.number
    if over <= 0:
        return 0.0
    ends = at
    for slot in sorted(slots, key=int):
        over -= slots[slot]
        ends = _ends(int(slot), claim.seconds)
        if over <= 0:
            break
    return max(ends - at, 0.001)


def _ends(slot: int, seconds: float) -> float:
    """Return when the requests of a slot no longer count."""
    return (slot + 1) * _width(seconds) + seconds + _margin(seconds)


def _forget(state: State, at: float) -> None:
    """Drop what no longer counts, and what a clock noted that was set back since."""
    used: dict[str, Any] = state.setdefault("used", {})
    for key, (seconds, slots) in list(used.items()):
        latest = math.floor((at + MARGIN) / _width(seconds)) + 1
        for slot in [s for s in slots if _ends(int(s), seconds) <= at or int(s) > latest]:
            del slots[slot]
        if not slots:
            del used[key]
    pauses: dict[str, Any] = state.setdefault("pauses", {})
    for key, (noted, until, _) in list(pauses.items()):
        if until <= at or noted > at + MARGIN:
            del pauses[key]
    learned: dict[str, Any] = state.setdefault("learned", {})
    for key, (noted, _) in list(learned.items()):
        if not at - LEARNED < noted <= at + MARGIN:
            del learned[key]


def _longest_pause(state: State, keys: Iterable[str], at: float) -> Verdict | None:
    held = [state["pauses"][key] for key in keys if key in state["pauses"]]
    if not held:
        return None
    # whoever must leave for one of them is told of the longest
    return Verdict(max(until for _, until, _ in held) - at, leaves=any(leaves for _, _, leaves in held))
