"""Exact sums, and quotients rounded in one stated way."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal

PLACES = Decimal("1e-12")  # quotients keep twelve decimal places
MAX_MAGNITUDE = 30  # a power of ten no amount reaches, so that sums stay exact below
MIN_MAGNITUDE = -60

_EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)  # never the caller's context: that may round at 28 digits
ZERO = Decimal(0)


def is_usable(number: Decimal) -> bool:
    """Say whether a number is finite and of a size that can be summed exactly."""
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    return number.adjusted() < MAX_MAGNITUDE and isinstance(exponent, int) and exponent >= MIN_MAGNITUDE


def product(one: Decimal, other: Decimal) -> Decimal:
    """Multiply exactly."""
    return _EXACT.multiply(one, other)


def total(numbers: Iterable[Decimal]) -> Decimal:
    """Add up exactly, in any order with the same result."""
    held = ZERO
    for number in numbers:
        held = _EXACT.add(held, number)
    return tidy(held)


def quotient(numerator: Decimal, denominator: Decimal, times: int = 1) -> Decimal:
    """Divide to twelve decimal places, half to even: 1 by 3 is 0.333333333333. The denominator is not 0."""
    divided = _EXACT.divide(_EXACT.multiply(numerator, Decimal(times)), denominator)
    return tidy(divided.quantize(PLACES, context=_EXACT))


def rounded(number: Decimal, places: int) -> Decimal:
    """Round to so many decimal places, half to even, however long the number is."""
    return number.quantize(Decimal(1).scaleb(-places), context=_EXACT)


def tidy(number: Decimal) -> Decimal:
    """Return the same number without trailing zeros and without an exponent: 50, not 50.000 and not 5E+1."""
    if not number:
        return ZERO
    plain = number.normalize(_EXACT)
    exponent = plain.as_tuple().exponent
    return plain.quantize(Decimal(1), context=_EXACT) if isinstance(exponent, int) and exponent > 0 else plain
