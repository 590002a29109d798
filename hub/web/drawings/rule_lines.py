"""The YAML of a rule, line by line, with its names told from its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

NAME = re.compile(r"^(\s*(?:- )*)([A-Za-z_][\w ]*:)(?=\s|$)")
INNER = re.compile(r"(?<=[{,] )([A-Za-z_][\w ]*:)|(?<=\{)([A-Za-z_][\w ]*:)")
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
