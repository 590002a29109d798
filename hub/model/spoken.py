"""Numbers as people write them. What could mean two numbers is none: nobody's value is guessed."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

MOST_DIGITS = 40  # together; as many as files may hold
SPACES = re.compile("[\\s\u00a0\u2007\u2009\u202f'\u2019]+")
MINUS = str.maketrans({"\u2212": "-", "\u2012": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<digits>[0-9][0-9.,\s\u00a0\u2007\u2009\u202f'\u2019]*)(?P<unit>.*)", re.DOTALL
)
# Letters that are others in another dress. "²" and "½" are not: they change what stands before them.
SAME = ("<wide>", "<narrow>", "<small>", "<font>", "<noBreak>")
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class NumberProblem(ValueError):
    """A text that is no number, or could be two; the message says how to write it."""


def read_number(text: str, unit: str = "") -> Decimal:
    """Read "1,5", "1.5", "12 %", "−3", "1 200" or "1.234,5" as a decimal.

    A comma or a point alone before exactly three digits ("1,500") may mean thousands or thousandths and is refused.
    `unit` is the one that the value is counted in; it may be written behind the number, another one may not.
    """
    said = _undressed(text).translate(MINUS).strip()
    shown = said[:40]
    found = NUMBER.fullmatch(said)
    if found is None:
        raise NumberProblem(f"\u201c{shown}\u201d is not a number: write digits, such as 12 or 1.5")
    _check_unit(found["unit"].strip(), unit)
    plain = _plain(found["digits"].strip(), shown)
    if sum(letter.isdigit() for letter in plain) > MOST_DIGITS:
        raise NumberProblem(f"that has more than {MOST_DIGITS} digits: write fewer")
    value = Decimal(plain)
    return -value if found["sign"] == "-" and value else value


def _undressed(text: str) -> str:
    return "".join(
        unicodedata.normalize("NFKC", letter) if unicodedata.decomposition(letter).startswith(SAME) else letter
        for letter in text
    )


def _check_unit(written: str, unit: str) -> None:
    if not written or _alike(written) == _alike(unit):
        return
    counted = f"it is counted in {unit}" if unit else "it has no unit"
    raise NumberProblem(f"\u201c{written[:20]}\u201d does not belong here: {counted}, so write the number alone")


def _alike(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit).strip().casefold()


def _plain(digits: str, shown: str) -> str:
    """Return the digits with a point before the decimals and nothing between the thousands."""
    if SPACES.search(digits):
        return _spaced(digits, shown)
    marks = [letter for letter in digits if letter in ".,"]
    if not marks:
        return digits
    mark = marks[-1]
    if len(set(marks)) == 2:
        # Two kinds of marks: the last one stands before the decimals, the others between thousands.
        whole, _, decimals = digits.rpartition(mark)
        other = "," if mark == "." else "."
        if mark in whole:
            raise NumberProblem(f"\u201c{shown}\u201d is not one number: write it without marks between thousands")
        return f"{_ungrouped(whole, other, shown)}.{decimals}" if decimals else _refuse(shown)
    if len(marks) > 1:
        return _ungrouped(digits, mark, shown)
    whole, _, decimals = digits.partition(mark)
    if len(decimals) == 3 and len(whole) <= 3 and whole.strip("0"):
        plain = f"{whole}{decimals}"
        raise NumberProblem(
            f"\u201c{shown}\u201d can be read as {plain} or as {whole}.{decimals.rstrip('0') or '0'}: "
            f"write {plain} without a mark, or {whole}.{decimals}0"
        )
    return _checked(f"{whole}.{decimals}", shown)


def _spaced(digits: str, shown: str) -> str:
    """Return digits without the spaces between their thousands: "1 200,5" as "1200.5"."""
    groups = SPACES.split(digits)
    last, _, decimals = groups[-1].replace(",", ".").partition(".")
    whole = [*groups[:-1], last]
    if not 1 <= len(whole[0]) <= 3 or any(len(group) != 3 for group in whole[1:]):
        raise NumberProblem(f"\u201c{shown}\u201d is not one number: write it without spaces")
    is_marked = "," in groups[-1] or "." in groups[-1]
    return _checked("".join(whole) + (f".{decimals}" if is_marked else ""), shown)


def _ungrouped(digits: str, mark: str, shown: str) -> str:
    head, *groups = digits.split(mark)
    if not 1 <= len(head) <= 3 or not groups or any(len(group) != 3 for group in groups):
        return _refuse(shown)
    return "".join((head, *groups))


def _checked(digits: str, shown: str) -> str:
    return digits if PLAIN.fullmatch(digits) else _refuse(shown)


def _refuse(shown: str) -> str:
    raise NumberProblem(f"\u201c{shown}\u201d is not a number: write digits with at most one mark, such as 1234.5")
