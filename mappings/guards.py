"""Whether a new reading can be believed."""

from __future__ import annotations

from decimal import Decimal

from mappings.evaluation import Evaluation
from mappings.rules import Rule, plain_number


def check_guard(rule: Rule, evaluation: Evaluation, previous_in_scope: int | None) -> str:
    """Return why a new reading is suspect, or an empty text.

    `previous_in_scope` is how many items the last accepted measurement had in scope, None before the first. A
    selection that is empty now and was not before is always suspect. A broken evaluation has no reading to doubt.
    """
    now, before = evaluation.in_scope, previous_in_scope
    if evaluation.broken:
        return ""
    if not now and before:
        return f"no items match now, and {before} did at the last reading"
    guard = rule.guard
    if guard.min_items is not None and now < guard.min_items:
        return f"{_items(now)} in scope, and the rule wants at least {guard.min_items}"
    if guard.max_drop is not None and before and before - now > guard.max_drop * before:
        allowed = plain_number(guard.max_drop * 100)
        fell = _fall(before, now, guard.max_drop * 100)
        return f"items in scope fell from {before} to {now}, by {fell} %, and the rule allows {allowed} %"
    return ""


def _fall(before: int, now: int, allowed: Decimal) -> str:
    """Say by how many per cent a count fell: whole ones, where that does not read as what is allowed."""
    share = Decimal(before - now) * 100 / before
    for places in range(12):
        said = share.quantize(Decimal(1).scaleb(-places))
        if said > allowed and (said != 100 or not now):
            return plain_number(said)
    return plain_number(share)


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"
