"""The past of a key result before the hub first read it, from the items' own created and done dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from connectors.shapes import WorkItem
from hub.as_of import as_of
from hub.model.key_result import Declared
from hub.model.okr import midnight
from mappings import Rule, compile_rule, evaluate

MOST_POINTS = 100
LEAST_POINTS = 12
MOST_WORK = 100_000  # items times points: a large selection gets its past in wider steps


def reconstruct(
    rule: Rule,
    items: Iterable[WorkItem],
    declared: Declared,
    zone: tzinfo,
    cycle: tuple[date, date] | None,
    now: datetime,
) -> Iterator[tuple[datetime, Decimal | None, int]]:
    """Yield (instant, value, items in scope) for the days from the start until yesterday, oldest first.

    Approximate: an item counts as open from its creation until it was done, with the fields it has today; what it
    was before, and items that have left since, are not known. A value that has no items yet is not yielded.
    """
    compiled = compile_rule(rule)
    known = list(items)
    start = midnight(declared.starts, zone)
    days = max((now - start).days, 0)
    points = min(MOST_POINTS, max(LEAST_POINTS, MOST_WORK // max(1, len(known))))
    step = max(1, -(-days // points))
    for number in range(0, days + 1, step):
        at = midnight(declared.starts + timedelta(days=number), zone)
        if at >= now:
            return
        found = evaluate(compiled, as_of(known, at), now=at, zone=zone, cycle=cycle)
        if found.value is not None and not found.broken:
            yield at, found.value, found.in_scope
