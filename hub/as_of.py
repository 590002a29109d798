"""Items as they were at an instant that has passed, as far as their dates and what was counted then tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from connectors.shapes import State, WorkItem
from hub.model.moves import Contribution
from mappings import Rule

NOT_DONE_YET = "not done yet"


def as_of(items: Iterable[WorkItem], at: datetime) -> Iterator[WorkItem]:
    """Yield the items that were there at an instant, by their own dates alone.

    Approximate: an item counts as open from its creation until it was done, with the fields it has today; what it
    was before is not known.
    """
    for item in items:
        if item.created > at:
            continue
        if item.done is not None and item.done <= at:
            yield item
        elif item.state is State.DONE:
            yield replace(item, state=State.TODO, status=NOT_DONE_YET, done=None)
        elif item.updated > at and item.state is State.DOING:
            yield replace(item, state=State.TODO)
        else:
            yield item


def at_the_end(
    rule: Rule, items: Iterable[WorkItem], stood: Mapping[str, Contribution], at: datetime
) -> Iterator[WorkItem]:
    """Yield the items as they were at the end of a cycle, which is `at`; `stood` is what counted or could count then.

    What is dated up to then is evidence, whenever it is read: an item done by then is done, with all it has now. Of
    one that was touched later, what was known then holds: its state, its own word for it and its number. One that
    nobody knew of is judged by its dates.
    """
    for item in items:
        known = stood.get(item.key)
        is_done_by_then = item.done is not None and item.done <= at
        if item.updated <= at and (item.done is None or is_done_by_then):
            yield item  # nobody has touched it since: it is what it was, done without a date too
            continue
        if known is None or item.updated <= at or is_done_by_then:
            found = next(as_of([item], at), None)
            if found is not None and known is not None and item.updated > at:
                found = _sized(rule, found, known)
            if found is not None:
                yield found
            continue
        state = State(known.state)
        done = (item.done or at) if state is State.DONE else None
        done = at if done is not None and done > at else done
        yield _sized(rule, replace(item, state=state, status=known.status, done=done), known)


def _sized(rule: Rule, item: WorkItem, known: Contribution) -> WorkItem:
    """Return an item with the number that it had, where the rule takes one from it."""
    measure, amount = rule.measure, known.amount
    if measure.of == "items" or not isinstance(amount, Decimal):
        return item
    if measure.own:
        now = item.fields.get(measure.of)
        return replace(item, fields={**item.fields, measure.of: amount}) if isinstance(now, Decimal) else item
    return replace(item, points=amount) if measure.of == "points" else item
