"""The YAML of a rule, line by line, with its names told from its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

NAME = re.compile(r"^(\s*(?:- )*)([A-Za-z_][\w ]*:)(?=\s|$)")
INNER = re.compile(r"(?<=[{,] )([A-Za-z_][\w ]*:)|(?<=\{)([A-Za-z_][\w ]*:)")
EXAMPLES = re.compile(r"^( *)examples:\s*(#.*)?$")
COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A line of a rule as it is shown."""

    number: int
    markup: Markup
    is_hit: bool


def draw_rule_lines(lines: Sequence[str], hit: int) -> tuple[RuleLine, ...]:
    """Return the lines with the one that decided marked; 0 marks none."""
    return tuple(RuleLine(number, _draw(line), number == hit) for number, line in enumerate(lines, 1))


@dataclass(frozen=True, slots=True)
class Folded:
    """A rule's lines around its examples. `words` names the examples, empty without any."""

    before: tuple[RuleLine, ...]
    examples: tuple[RuleLine, ...]
    after: tuple[RuleLine, ...]
    words: str
    is_open: bool


def fold_examples(source: Sequence[str], hit: int) -> Folded:
    """Draw the lines with the examples apart, open where the line that decided is one of theirs."""
    lines = draw_rule_lines(source, hit)
    heads = (number for number, line in enumerate(source) if EXAMPLES.match(line))
    first = next(heads, None)
    if first is None:
        return Folded(lines, (), (), "", is_open=False)
    last, depth = first + 1, _depth(source[first])
    while last < len(source) and _is_inside(source[last], depth):
        last += 1
    items = [line for line in source[first + 1 : last] if line.lstrip().startswith("- ")]
    outer = min((_depth(line) for line in items), default=0)
    number = sum(_depth(line) == outer for line in items)
    words = "1 example" if number == 1 else f"{number} examples"
    return Folded(lines[:first], lines[first:last], lines[last:], words, is_open=first < hit <= last)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_inside(line: str, depth: int) -> bool:
    """Whether a line belongs to the list under a name at a depth; YAML lets the list begin at the name's own."""
    is_item = _depth(line) == depth and line.lstrip().startswith("- ")
    return not line.strip() or _depth(line) > depth or is_item


def _draw(line: str) -> Markup:
    comment = COMMENT.search(line)
    tail = Markup("")
    if comment is not None and not _is_quoted(line, comment.start()):
        tail = Markup('<span class="k">{}</span>').format(line[comment.start() :])
        line = line[: comment.start()]
    name = NAME.match(line)
    if name is None:
        return _inner(line) + tail
    head = Markup('{}<span class="k">{}</span>').format(name[1], name[2])
    return head + _inner(line[name.end() :]) + tail


def _inner(text: str) -> Markup:
    drawn = Markup("")
    at = 0
    for found in INNER.finditer(text):
        drawn += Markup('{}<span class="k">{}</span>').format(text[at : found.start()], found[0])
        at = found.end()
    return drawn + Markup("{}").format(text[at:])


def _is_quoted(line: str, at: int) -> bool:
    return line[:at].count('"') % 2 == 1 or line[:at].count("'") % 2 == 1
