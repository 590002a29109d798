"""Each predicate as a closure over one value. There are no expressions, loops or patterns to hang in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from connectors.shapes import Scalar
from mappings.clauses import Condition
from mappings.entries import ISO_DAY
from mappings.moments import Moment, read_duration
from mappings.values import FieldError, folded, is_missing, kind_of, number
from mappings.vocabulary import DAY_FIELDS, EXACT_FIELDS, NUMBER_PREDICATES, TODAY

Holds = Callable[[Scalar, Moment], bool]


def compile_condition(condition: Condition) -> Holds:
    """Return what says whether a value satisfies a condition.

    A missing value satisfies `not` and `missing`, and nothing else. Of several values `is` and `has` ask whether
    one of them is the word, `in` whether one is among the words, `not` whether none is. Texts compare without
    regard to case, except ref and parent. Raises ValueError for an operand that cannot be read, and its result
    raises FieldError for a value of another kind than the predicate compares.
    """
    predicate = condition.predicate
    if predicate == "missing":
        wanted = condition.operand == "yes"
        return lambda value, moment: is_missing(value) is wanted
    if predicate in NUMBER_PREDICATES:
        return _compare_numbers(condition)
    if predicate in {"before", "after"}:
        return _compare_days(condition)
    if predicate == "within":
        return _within(condition)
    if predicate == "has":
        return _has(condition)
    among = _among(condition)
    return (lambda value, moment: not among(value, moment)) if predicate == "not" else among


def _decimal(word: str) -> Decimal | None:
    try:
        read = Decimal(word)
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _among(condition: Condition) -> Holds:
    """Ask whether a value is one of some words: as text, as a number, or as a day, by what the value is."""
    written = condition.words
    fold = str if condition.field in EXACT_FIELDS and not condition.own else folded
    words = frozenset(fold(word) for word in written)
    numbers = frozenset(read for word in written if (read := _decimal(word)) is not None)
    days = tuple(word for word in written if word == TODAY or ISO_DAY.fullmatch(word))

    def among(value: Scalar, moment: Moment) -> bool:
        if value is None:
            return False
        if isinstance(value, str):
            return fold(value) in words
        if isinstance(value, tuple):
            return any(fold(part) in words for part in value)
        if isinstance(value, bool):
            return not words.isdisjoint({"yes", "true"} if value else {"no", "false"})
        if isinstance(value, Decimal):
            return value.is_finite() and value in numbers
        if isinstance(value, timedelta):
            raise FieldError(condition.field, f"holds {kind_of(value)}, which {condition.predicate!r} cannot compare")
        day = moment.local_day(value)
        return any(moment.span(word)[0] < day < moment.span(word)[1] for word in days)

    return among


def _has(condition: Condition) -> Holds:
    word = folded(str(condition.operand))

    def has(value: Scalar, moment: Moment) -> bool:
        if value is None:
            return False
        if isinstance(value, tuple):
            return any(folded(part) == word for part in value)
        if isinstance(value, str):
            return word in folded(value)
        raise FieldError(condition.field, f"holds {kind_of(value)}, and 'has' looks into lists and texts")

    return has


def _compare_numbers(condition: Condition) -> Holds:
    limit, field, name = Decimal(str(condition.operand)), condition.field, f"{condition.predicate!r}"
    compare: Callable[[Decimal], bool] = {
        "gt": lambda value: value > limit,
        "gte": lambda value: value >= limit,
        "lt": lambda value: value < limit,
        "lte": lambda value: value <= limit,
    }[condition.predicate]
    return lambda value, moment: value is not None and compare(number(field, value, name))


def _day_wanted(condition: Condition, value: Scalar) -> date:
    """Return a value that has to be a day or an instant (an instant is a date to Python as well)."""
    if isinstance(value, date):
        return value
    raise FieldError(condition.field, f"holds {kind_of(value)}, and {condition.predicate!r} wants a day")


def _compare_days(condition: Condition) -> Holds:
    word, is_before = str(condition.operand), condition.predicate == "before"
    if condition.field not in DAY_FIELDS and not condition.own:
        raise ValueError(f"{condition.field} is not a day")

    def compare(value: Scalar, moment: Moment) -> bool:
        if value is None:
            return False
        day = moment.local_day(_day_wanted(condition, value))
        last_before, first_after = moment.span(word)
        return day <= last_before if is_before else day >= first_after

    return compare


def _within(condition: Condition) -> Holds:
    length = read_duration(str(condition.operand))
    if length is None:
        raise ValueError(f"{condition.operand!r} is not a length of time")

    def within(value: Scalar, moment: Moment) -> bool:
        if value is None:
            return False
        when = _day_wanted(condition, value)
        start = moment.now - length
        if isinstance(when, datetime):
            return start <= when <= moment.now
        return moment.local_day(start) <= when <= moment.local_day(moment.now)

    return within
