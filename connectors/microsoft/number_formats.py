"""What a cell's number format says that its number is: a date, a share of a hundred, or a plain number.

Excel keeps a date as the days since 1899-12-30, so a date in a sum would add some 46,000. Graph gives formats in their
English spelling: https://learn.microsoft.com/graph/api/resources/workbookrange, and what they mean is in ECMA-376,
part 1, 18.8.31.
"""

from __future__ import annotations

import re

# What says nothing of dates: quoted text, an escaped letter, padding (_x, *x), a condition, a colour or a currency.
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NOISE = re.compile(r'"[^"]*"?|\\.|[_*].|\[[^\]]*\]')
_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)


def is_date(number_format: object) -> bool:
    """Whether a format shows a date, a time of day or a length of time."""
    if not isinstance(number_format, str):
        return False
    first = _first_section(number_format)
    return bool(_ELAPSED.search(first) or _DATE.search(_NOISE.sub("", first))) and first.strip().lower() != "general"


def is_per_cent(number_format: object) -> bool:
    """Whether a format shows a number times a hundred, with a per cent sign."""
    return isinstance(number_format, str) and "%" in _NOISE.sub("", _first_section(number_format))


def _first_section(number_format: str) -> str:
    """Return the part for positive numbers: formats for negative ones, zero and text stand behind semicolons."""
    quoted = False
    for i, letter in enumerate(number_format):
        quoted ^= letter == '"'
        if letter == ";" and not quoted and number_format[i - 1 : i] != "\\":
            return number_format[:i]
    return number_format
