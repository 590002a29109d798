"""Does it reach the target? What is counted, what could still come, and the gap for which there is no item yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.flows.show.record_of import Record
from hub.model.kinds import Kind
from hub.model.moves import Contribution
from hub.model.numbers import numbers_of
from mappings import Line, Rule

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Addend:
    """A line of "Does it reach the target?"."""

    label: str
    value: str
    is_sum: bool = False
    is_gap: bool = False


def reach_of(record: Record, held: Iterable[Contribution], left: Sequence[Line]) -> tuple[Addend, ...]:
    """Add up what could still come; nothing where more items do not mean more of the goal."""
    declared, rule = record.key_result.declared, record.rule
    if record.reading is None or rule is None or rule.measure.fold not in {"count", "sum"}:
        return ()
    goes_up = declared.kind in {Kind.REACH, Kind.INCREASE}
    if not goes_up or declared.target is None or declared.target <= (declared.baseline or ZERO):
        return ()
    inside = list(held)
    partly = [one for one in inside if one.grouping == "counted" and (one.amount or ZERO) != one.counts]
    waiting = [one for one in inside if one.grouping == "open"]
    lines = _lines_about_state(rule)
    undone = [one for one in left if one.group == "left_out" and one.line in lines and one.state != "done"]
    now = sum((one.counts for one in inside), ZERO)
    rest = sum(((one.amount or ZERO) - one.counts for one in partly), ZERO)
    still = sum((one.amount or ZERO for one in waiting), ZERO)
    later = sum((one.amount or ZERO for one in undone), ZERO)
    scope = now + rest + still + later
    gap = declared.target - scope
    numbers = numbers_of(declared, now, rest, still, later, scope, abs(gap))
    found = [Addend("Counted now", numbers.bare(now))]
    if partly:
        is_named = len(partly) == 1 and rule.show_items != "none"
        found.append(Addend(f"Rest of {partly[0].ref if is_named else f'{len(partly)} begun'}", numbers.bare(rest)))
    if waiting:
        found.append(Addend("Open items", numbers.bare(still)))
    if undone:
        found.append(Addend("Not done yet", numbers.bare(later)))
    found.append(Addend("In scope", numbers.bare(scope), is_sum=True))
    found.append(Addend("Target", numbers.bare(declared.target)))
    if gap > 0:
        found.append(Addend("No item yet", numbers.bare(gap), is_sum=True, is_gap=True))
    else:
        found.append(Addend("To spare", numbers.bare(-gap), is_sum=True))
    return tuple(found)


def _lines_about_state(rule: Rule) -> set[int]:
    """Return the lines of a rule that ask for an item's state, and so leave out what is not done yet."""
    return {
        clause.line
        for clause in rule.where
        if getattr(clause, "field", "") == "state" and not getattr(clause, "own", False)
    }
