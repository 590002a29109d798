"""What each item weighs in a measure, how much credit it has, and how people would say so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from connectors.shapes import State, WorkItem
from mappings.arithmetic import ZERO, is_usable, quotient
from mappings.rules import Credit, Measure, plain_number
from mappings.values import FieldError, amount_name, number, reading
from mappings.vocabulary import ITEMS

ONE = Decimal(1)
_SECONDS = {"minutes": 60, "hours": 3600, "days": 8 * 3600}  # a day of work has eight hours, as Jira counts
_STATES = {State.TODO: "To do", State.DOING: "In progress", State.DONE: "Done", State.DROPPED: "Dropped"}


def length_of(number: Decimal, unit: str) -> timedelta:
    """Return a length of time from a number of minutes, hours, or days of eight hours.

    Raises ArithmeticError for one that is longer than any.
    """
    if not is_usable(number):
        raise OverflowError("no length of time is so long, or so short")
    return timedelta(microseconds=int(number * _SECONDS[unit] * 1_000_000))


class Amounts:
    """The arithmetic of one measure, item by item."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._read = None if measure.of == ITEMS and not measure.own else reading(measure.of, own=measure.own)
        by_state = measure.credit or (Credit() if measure.fold == "percent" else None)
        self._credits = {state: by_state.of(state) if by_state else ONE for state in State}
        places = dict(measure.credit.lines) if measure.credit else {}
        self._lines = {state: places.get(state.value, measure.line) for state in State}
        self._is_plain = by_state is None

    def of(self, item: WorkItem) -> Decimal | None:
        """Return the item's own number, None when it has none. Raises FieldError when there can be none."""
        if self._read is None:
            return ONE
        value = self._read(item)
        if value is None:
            return None
        name = self._measure.of
        held = self._counted(value) if isinstance(value, timedelta) else number(name, value, self._measure.fold)
        if self._measure.unit and not isinstance(value, timedelta):
            raise FieldError(name, "holds a plain number, which is not counted in " + self._measure.unit)
        if not is_usable(held):
            raise FieldError(name, "holds a number too large or too fine to add up")
        if held < 0 and self._measure.fold == "percent":
            raise FieldError(name, "holds a number below 0, of which there is no percentage")
        return held

    def peek(self, item: WorkItem) -> Decimal | None:
        """Return the item's own number for show, where it does not enter the value."""
        try:
            return self.of(item)
        except FieldError:
            return None

    def _counted(self, length: timedelta) -> Decimal:
        unit = self._measure.unit
        if not unit:
            raise FieldError(
                self._measure.of, f"holds a length of time: say in what unit, {{field: {self._measure.of}, in: hours}}"
            )
        return quotient(Decimal(length // timedelta(microseconds=1)), Decimal(_SECONDS[unit]) * 1_000_000)

    def credit(self, item: WorkItem, amount: Decimal | None) -> Decimal:
        """Return how much of the item counts, 0..1; the average leaves out what has no number."""
        if amount is None and self._measure.fold == "average":
            return ZERO
        return self._credits[item.state]

    def line(self, item: WorkItem) -> int:
        """Return the line of the rule that gives an item in scope its credit."""
        return self._lines[item.state]

    def reason(self, item: WorkItem, amount: Decimal | None, credit: Decimal) -> str:
        """Say how an item in scope counts: "In Progress, half credit"."""
        where = item.status or _STATES[item.state]
        if amount is None:
            effect = "left out of the average" if self._measure.fold == "average" else "counts as 0"
            return f"{where}, no {amount_name(self._measure.of)}, {effect}"
        if self._is_plain:
            return f"{where}, counts in full"
        return f"{where}, {_credit_told(credit, is_done=item.state is State.DONE)}"


def _credit_told(credit: Decimal, *, is_done: bool) -> str:
    if not credit:
        return "no credit" if is_done else "no credit yet"
    if credit == 1:
        return "full credit"
    return "half credit" if credit == Decimal("0.5") else f"{plain_number(credit)} credit"
