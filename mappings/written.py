"""Numbers as people write them into files: what was probably meant where one is written as prose writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mappings.nodes import Listing, Node, Table, Text
from mappings.problems import Problem

GAPS = "[ \u00a0\u2009\u202f'\u2019]"
MINUS = re.compile("[\u2212\u2012\u2013](?=[0-9])")
PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
COMMA = re.compile(r"([+-]?[0-9]+),([0-9]+)")  # 2,4: a decimal comma, or the thousands of 1,000
COMMAS = re.compile(r"([+-]?[0-9]{1,3})((?:,[0-9]{3}){2,}|(?:,[0-9]{3})+(?=\.))((?:\.[0-9]+)?)")  # 1,000,000  1,000.5
POINTS = re.compile(r"([+-]?[0-9]{1,3})((?:\.[0-9]{3}){2,}|(?:\.[0-9]{3})+(?=,))((?:,[0-9]+)?)")  # 1.000.000  1.000,5
SPACED = re.compile(rf"([+-]?[0-9]{{1,3}}(?:{GAPS}[0-9]{{3}})+)([.,][0-9]+)?")  # 1 000,5
THOUSANDTHS = re.compile(r"[+-]?0*[1-9][0-9]{0,2}\.[0-9]{3}")  # 10.000: where a point parts thousands it is 10000
DIGITS = re.compile("[0-9]{1,40}")
PER_CENT, EXACT = "%", "gives"
Place = tuple[int | str, ...]


def meant_number(text: str) -> str:
    """Return how a file writes the number that a text holds, "" where it holds none or needs no other spelling.

    What could mean two numbers is answered with both: "1,000" with "1000, or 1.0 where the comma is a decimal one".
    """
    said = MINUS.sub("-", text.strip()).removesuffix("%").rstrip(" \u00a0\u202f")
    if PLAIN.fullmatch(said):
        return said if said != text.strip() else ""
    if found := COMMA.fullmatch(said):
        whole, decimals = found.groups()
        if len(decimals) == 3 and len(whole.lstrip("+-")) <= 3 and whole.strip("+-0"):
            return f"{whole}{decimals}, or {whole}.{decimals.rstrip('0') or '0'} where the comma is a decimal one"
        return f"{whole}.{decimals}"
    for pattern, mark, decimal in ((COMMAS, ",", "."), (POINTS, ".", ",")):
        if found := pattern.fullmatch(said):
            return f"{found[1]}{found[2].replace(mark, '')}{found[3].replace(decimal, '.')}"
    if found := SPACED.fullmatch(said):
        return re.sub(GAPS, "", found[1]) + (found[2] or "").replace(",", ".")
    return ""


def is_doubtful(text: str, unit: str = "") -> bool:
    """Whether a number may have been meant a thousand times larger: "10.000", or "1.234" where nothing says what of.

    Of per cent nobody writes thousands, so there 99.995 is what it is; zeros at the end nobody writes of decimals.
    """
    return THOUSANDTHS.fullmatch(text) is not None and (unit != PER_CENT or text.endswith("0"))


def doubtful_number(path: str, node: Text) -> Problem:
    """Make the warning about a number that may have been meant a thousand times larger."""
    whole, _, decimals = node.text.partition(".")
    read = f"{whole}.{decimals.rstrip('0')}".rstrip(".")
    clear = read if decimals.endswith("0") else f"{node.text}0"
    message = f"{node.text!r} is read as {read}: write {whole}{decimals} if thousands are meant, or {clear} if not"
    return Problem(path, node.line, node.column, message, "thousands", word=node.text, severity="warning")


@dataclass(frozen=True, slots=True)
class SplitNumber:
    """A number between braces that its commas part into a value and names: `{baseline: 2,4}` holds a name 4."""

    value: Text
    names: tuple[Text, ...]

    def problem(self, path: str) -> Problem:
        """Make the problem that says how to write it."""
        written = ",".join((self.value.text, *(name.text for name in self.names)))
        meant = meant_number(written) or "one number, with a point before its decimals"
        message = f"the comma splits the number {written} in two: write {meant}"
        return Problem(path, self.value.line, self.value.column, message, "decimal-comma", word=written)


def split_numbers(node: Node) -> Iterator[SplitNumber]:
    """Yield the numbers that commas split, in file order."""
    if isinstance(node, Listing):
        for member in node.members:
            yield from split_numbers(member)
    if not isinstance(node, Table):
        return
    held: Text | None = None
    names: list[Text] = []
    for key, value in node.pairs:
        if node.flow and held is not None and is_rest(key, value):
            names.append(key)
            continue
        if held is not None and names:
            yield SplitNumber(held, tuple(names))
        held, names = (value if isinstance(value, Text) and PLAIN.fullmatch(value.text) else None), []
        yield from split_numbers(value)
    if held is not None and names:
        yield SplitNumber(held, tuple(names))


def is_rest(key: Text, value: Node) -> bool:
    """Whether a name is what a comma cut off a number: digits, without a value."""
    return isinstance(value, Text) and value.is_empty and not key.quoted and DIGITS.fullmatch(key.text) is not None


def doubtful_numbers(node: Node, at: Place = (), unit: str = "") -> Iterator[tuple[Place, Text]]:
    """Yield what may be a doubtful number, with where it is. `unit` is the one that stands above it."""
    if isinstance(node, Text):
        if is_doubtful(node.text, unit):
            yield at, node
    elif isinstance(node, Listing):
        for number, member in enumerate(node.members):
            yield from doubtful_numbers(member, (*at, number), unit)
    else:
        pair = node.pair("unit")
        beside = pair[1].text if pair and isinstance(pair[1], Text) else unit
        for key, value in node.pairs:
            # The decimals of what an example gives say how exactly it is compared: 33.333 is what it is.
            yield from doubtful_numbers(value, (*at, key.text), PER_CENT if key.text == EXACT else beside)
