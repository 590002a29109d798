"""How numbers are said: short, and yet never so short that two that differ read the same.

A number that was typed or read in a few digits is said as it is. One that was worked out (an average, a share, what a
pace promises) is said with few decimals, but with as many as it takes to be told from the marks of its goal, from 0,
and from the other numbers that are said beside it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from hub.model.key_result import Declared
from hub.model.kinds import Kind

ZERO = Decimal(0)
HUNDRED = Decimal(100)
PER_CENT = "%"
NARROW_SPACE = "\u202f"
SPACE = "\u00a0"  # between a number and the per cent sign
MINUS = "\u2212"
NO_VALUE = "no value yet"
NO_NUMBER = "no number"  # of an item that has none
RAISED = str.maketrans("0123456789-", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b")

ROOM = 400  # digits: exact for any two numbers of 40 digits, as files may hold, whatever their size
STEPS_OF_WAY = 50  # into how many steps at least the way to a goal is divided by the last decimal said
LONG_WAY = 20  # from here on, a tenth more or less of an estimate says nothing
LEAST_EXPONENT = -9  # a smaller number is said by its power of ten
MOST_DECIMALS, MOST_DIGITS, FEW_DIGITS = 4, 9, 6  # of a number that people or tools write, rather than work out
ESTIMATED = 9  # digits of an estimate; what stands behind them is the arithmetic's own


def decimals_of(value: Decimal) -> int:
    """Return how many decimals a number has, zeros at its end aside."""
    exponent = _tidied(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def is_written(value: Decimal) -> bool:
    """Whether a number has no more digits than people and tools write down; one worked out has as many as fit."""
    tidied = _tidied(value)
    decimals, digits = decimals_of(value), len(tidied.as_tuple().digits)
    return not decimals or digits <= FEW_DIGITS or (decimals <= MOST_DECIMALS and digits <= MOST_DIGITS)


def say_exact(value: Decimal | None) -> str:
    """Say a number with all its digits: a true minus sign, thousands apart, no zeros at its end."""
    if value is None:
        return NO_VALUE
    tidied = _tidied(value)
    if tidied and tidied.adjusted() < LEAST_EXPONENT:
        return say_by_power(tidied)
    return f"{tidied:,f}".replace(",", NARROW_SPACE).replace("-", MINUS)


def say_by_power(value: Decimal) -> str:
    """Say a number by its power of ten: "1.5 × 10⁻¹²"."""
    tidied = _tidied(value)
    if not tidied:
        return "0"
    digits = "".join(map(str, tidied.as_tuple().digits)).rstrip("0")
    sign = MINUS if tidied < 0 else ""
    mantissa = f"{digits[0]}.{digits[1:]}" if digits[1:] else digits
    return f"{sign}{mantissa}{SPACE}\u00d7{SPACE}10{str(tidied.adjusted()).translate(RAISED)}"


def estimated(value: Decimal) -> Decimal:
    """Return an estimate without the digits that are the arithmetic's own: 9.99999999999 is 10."""
    with localcontext() as context:
        context.prec = ESTIMATED
        context.rounding = ROUND_HALF_UP
        return +value


@dataclass(frozen=True, slots=True)
class Numbers:
    """The wording of the numbers of one context, say of one key result.

    Of the numbers in `held`, no two read the same, and none reads as one that lies on its other side. What is said
    without being held there is still never said to be one of them.
    """

    unit: str = ""
    held: tuple[Decimal, ...] = (ZERO,)  # marks, values and estimates at hand; sorted, each once
    near: tuple[Decimal, ...] = (ZERO,)  # what an estimate is told from: the marks and the value; sorted, each once
    places: int = 1  # of what was worked out, where no more are needed
    guess_places: int = 1  # of what is expected or foreseen
    marks: frozenset[Decimal] = frozenset()  # of the goal: said as they were written, whatever their length

    def plain(self, value: Decimal | None) -> str:
        """Say a value without its unit, but with the per cent sign where that is the unit."""
        return self._signed_for_unit(self.bare(value), value)

    def bare(self, value: Decimal | None) -> str:
        """Say a value without its unit."""
        if value is None:
            return NO_VALUE
        is_exact = is_written(value) or value in self.marks
        return say_exact(value if is_exact else told_apart(value, self.places, self.held))

    def full(self, value: Decimal | None) -> str:
        """Say a value with its unit."""
        if self.unit in {"", PER_CENT} or value is None:
            return self.plain(value)
        return f"{self.bare(value)} {self.unit}"

    def guess(self, value: Decimal | None) -> str:
        """Say an estimate without its unit."""
        if value is None:
            return NO_VALUE
        return say_exact(told_apart(estimated(value), self.guess_places, self.near))

    def plain_guess(self, value: Decimal | None) -> str:
        """Say an estimate, with the per cent sign where that is the unit."""
        return self._signed_for_unit(self.guess(value), value)

    def apart_by(self, value: Decimal) -> str:
        """Say by how much two values differ, without a sign: never "0" where they do."""
        return self._signed_for_unit(say_exact(self._difference(abs(value))), value)

    def apart_by_about(self, value: Decimal) -> str:
        """Say by how much a value and an estimate differ, without a sign."""
        return self._signed_for_unit(say_exact(told_apart(estimated(abs(value)), self.guess_places, (ZERO,))), value)

    def rate(self, value: Decimal) -> str:
        """Say how much a week brings, as it was worked out: never "0" where it brings something."""
        return say_exact(told_apart(estimated(value), self.places, (ZERO,)))

    def with_sign(self, value: Decimal) -> str:
        """Say one of the numbers held, a difference itself, with its sign: "+3", "−0.2"."""
        return f"+{self.bare(value)}" if value > 0 else self.bare(value)

    def signed(self, value: Decimal) -> str:
        """Say by how much two of the numbers held differ, with the sign: "+3", "−0.2"."""
        text = say_exact(self._difference(value))
        return f"+{text}" if value > 0 else text

    def _difference(self, value: Decimal) -> Decimal:
        return value if is_written(value) else told_apart(value, self.places, (ZERO,))

    def _signed_for_unit(self, text: str, value: Decimal | None) -> str:
        return f"{text}{SPACE}{PER_CENT}" if self.unit == PER_CENT and value is not None else text


def numbers_of(
    declared: Declared, *values: Decimal | None, past: Iterable[Decimal] = (), guesses: Iterable[Decimal | None] = ()
) -> Numbers:
    """Return how the numbers of a key result are said beside these ones.

    `values` are those that are told from estimates as well, `past` further ones; `guesses` are the estimates that stand
    beside them.
    """
    marks = marks_of(declared)
    known = {ZERO, *marks, *(value for value in values if value is not None)}
    if declared.unit == PER_CENT:
        known.add(HUNDRED)  # what is not all of it never reads as all of it
    held = known.union(past, (estimated(guess) for guess in guesses if guess is not None))
    places = _places(marks)
    guess_places = 0 if _way(declared) >= LONG_WAY else places
    return Numbers(declared.unit, tuple(sorted(held)), tuple(sorted(known)), places, guess_places, frozenset(marks))


def apart(values: Iterable[Decimal | None], *, unit: str = "") -> Numbers:
    """Return how these numbers are said side by side: those of a list, a column, a sum."""
    known = tuple(sorted({ZERO, *(value for value in values if value is not None)}))
    return Numbers(unit, known, known)


def marks_of(declared: Declared) -> tuple[Decimal, ...]:
    """Return the numbers that the goal of a key result is made of."""
    named = (declared.baseline, declared.target, declared.minimum, declared.maximum, declared.risk_threshold)
    found = [mark for mark in named if mark is not None]
    found += [value for _, value in declared.phased_targets]
    if declared.kind is Kind.MILESTONES:
        found.append(weight_of_milestones(declared))
    return tuple(found)


def weight_of_milestones(declared: Declared) -> Decimal:
    """Return what the milestones weigh together; their number where none has a weight of its own."""
    return sum((milestone.weight for milestone in declared.milestones), ZERO)


def are_counted(declared: Declared) -> bool:
    """Whether the value of a key result with milestones is how many are done: each weighs 1."""
    return all(milestone.weight == 1 for milestone in declared.milestones)


def goal_words(declared: Declared) -> str:
    """Say what a value is held against, to stand after it: "of 40 merchants", "to 1.2 %", "stay below 0.04 EUR"."""
    unit = declared.unit
    match declared.kind:
        case Kind.REACH if not declared.baseline:
            return f"of {_with_unit(declared.target, unit)}"
        case Kind.MILESTONES:
            total = say_exact(weight_of_milestones(declared))
            if unit:
                return f"of {total} {unit}"
            if not are_counted(declared):
                return f"of {total} by weight"
            return f"of {total} {'milestone' if len(declared.milestones) == 1 else 'milestones'}"
        case Kind.REACH | Kind.INCREASE | Kind.DECREASE:
            return f"to {_with_unit(declared.target, unit)}"
        case Kind.STAY_BELOW:
            return f"stay below {_with_unit(declared.target, unit)}"
        case Kind.STAY_ABOVE:
            return f"stay above {_with_unit(declared.target, unit)}"
        case Kind.RANGE:
            return f"stay within {say_exact(declared.minimum)} to {_with_unit(declared.maximum, unit)}"
        case Kind.BASELINE:
            return unit or "watched"
    raise AssertionError(declared.kind)


def _with_unit(value: Decimal | None, unit: str) -> str:
    text = say_exact(value)
    return text if value is None or not unit else f"{text}{SPACE if unit == PER_CENT else ' '}{unit}"


def _places(marks: Sequence[Decimal]) -> int:
    """Return with how many decimals at most a value is said that was worked out, where no more are needed."""
    if not marks:
        return 1
    finest = max(decimals_of(mark) for mark in marks if is_written(mark)) if any(map(is_written, marks)) else 0
    span = max(marks) - min(marks) or max(map(abs, marks))
    places = max(1, finest)
    while span and Decimal(1).scaleb(-places) * STEPS_OF_WAY > span:
        places += 1
    return places


def _way(declared: Declared) -> Decimal:
    """Return how far it is from the baseline to the target."""
    if declared.kind is Kind.MILESTONES:
        return ZERO
    return abs(declared.target - (declared.baseline or ZERO)) if declared.target is not None else ZERO


def told_apart(value: Decimal, places: int, others: Sequence[Decimal]) -> Decimal:
    """Round a number to so many decimals, or to more: it stays nearer to itself than half the way to any other.

    Two numbers that are both rounded so never become one, and none passes another. `others` are sorted.
    """
    with localcontext() as context:
        context.prec = ROOM
        at, after = bisect_left(others, value), bisect_right(others, value)
        gaps = [value - others[at - 1]] if at else []
        gaps += [others[after] - value] if after < len(others) else []
        for more in range(places, max(places, decimals_of(value)) + 1):
            rounded = value.quantize(Decimal(1).scaleb(-more), rounding=ROUND_HALF_UP)
            if all(abs(rounded - value) * 2 < gap for gap in gaps):
                return rounded
        return value


def _tidied(value: Decimal) -> Decimal:
    """Return a number without the zeros at the end of its decimals, and without a sign of 0."""
    if not value:
        return ZERO
    with localcontext() as context:
        context.prec = ROOM
        return value.normalize()
