"""A YAML reader for files that people and strangers write: strict, bounded, and it never loses a place.

Aliases, anchors, tags, directives, duplicate keys, several documents, control characters, more than 256 KB and
more than 20 levels are refused. Nesting is counted while the text is parsed, so that a hostile file costs little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from mappings.nodes import Listing, Node, Table, Text
from mappings.problems import MAX_PROBLEMS, Problem, and_more, shortened
from mappings.written import PLAIN, SplitNumber, is_rest

MAX_BYTES = 256 * 1024
MAX_LEVELS = 20
MAX_NODES = 40_000  # names and values; a file of 256 KB as people write it has some 28,000

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
QUOTES = frozenset({"'", '"', "|", ">"})
DIRECTIVE = re.compile("^%.*", re.MULTILINE)  # thousands of %TAG lines make a YAML parser quadratic

WORDS = {
    "found character that cannot start any token": "this character cannot start a value: indent with spaces, "
    "not tabs, and put quotes round text that starts with %, @ or `",
    "mapping values are not allowed in this context": "a ': ' is not expected here: check the indentation, "
    "or put quotes round text that holds ': '",
    "could not find expected ':'": "a name without a value: write 'name: value', and check the indentation",
    "did not find expected key": "a name was expected here: check the indentation of this line and the one before",
    "did not find expected '-' indicator": "a list item that starts with '- ' was expected: check the indentation",
    "did not find expected node content": "a value was expected here: a bracket may be left open",
    "did not find expected ',' or ']'": "a ',' or the closing ']' is missing",
    "did not find expected ',' or '}'": "a ',' or the closing '}' is missing",
    "found unexpected end of stream": "the text ends inside quotes: the closing quote is missing",
    "found a tab character where an indentation space is expected": "indent with spaces, not tabs",
    "found a tab character that violates indentation": "indent with spaces, not tabs",
    "block sequence entries are not allowed in this context": "a list cannot start here: put it on lines of its own",
}


def read_yaml(text: str, path: str) -> tuple[Node | None, list[Problem]]:
    """Read one YAML document and return its root with every problem found, in file order.

    `path` is only named in the problems. The node is None when nothing can be used; a file without content is a
    warning. After duplicate keys there is a node all the same (the first of them counts), so that a caller can
    go on to find what else is wrong. Never raises.
    """
    text = text.removeprefix("\ufeff")
    unreadable = _unreadable(text, path)
    if unreadable:
        return None, [unreadable]
    builder = _Builder(path)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same parser, slower, where libyaml is missing
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
            if builder.is_over:
                break
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = WORDS.get(error.problem or "", f"this is not YAML: {error.problem or error.context or 'unknown'}")
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        builder.refuse(line, column, said, "yaml")
    except yaml.YAMLError as error:
        builder.refuse(1, 1, f"this is not YAML: {shortened(str(error))}", "yaml")
    if builder.root is None and not builder.problems:
        empty = Problem(path, 1, 1, "the file holds nothing yet", "empty-file", severity="warning")
        return None, [empty]
    return (None if builder.is_refused else builder.root), sorted(builder.problems)


def _unreadable(text: str, path: str) -> Problem | None:
    """Return what keeps the text from being parsed at all."""
    size = len(text) if len(text) > MAX_BYTES else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024} KB: split it by team or objective"
        return Problem(path, 1, 1, message, "too-large")
    control = CONTROL.search(text)
    if control:
        lines = (text[: control.start()] + ".").splitlines()
        message = f"the control character U+{ord(control.group()):04X} is not allowed: remove it"
        return Problem(path, len(lines), len(lines[-1]), message, "control-character")
    directive = DIRECTIVE.search(text)
    if directive:
        line = len((text[: directive.start()] + ".").splitlines())
        message = "a line that starts with % is a YAML directive, and none is read: remove it"
        return Problem(path, line, 1, message, "directive", word=shortened(directive.group()))
    return None


@dataclass(slots=True)
class _Open:
    """A list or table whose end is not read yet."""

    event: yaml.CollectionStartEvent
    members: list[Node] = field(default_factory=list)
    keys: dict[str, Text] = field(default_factory=dict)
    pairs: list[tuple[Text, Node]] = field(default_factory=list)
    key: Text | None = None


class _Builder:
    """Puts a stream of parser events together, without recursion."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.is_over = False
        self.is_refused = False
        self._open: list[_Open] = []
        self._documents = 0
        self._nodes = 0

    def refuse(self, line: int, column: int, message: str, code: str, word: str = "") -> None:
        """Note a problem after which the document cannot be used."""
        self.is_refused = True
        self._note(Problem(self.path, line, column, message, code, word=word))

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the parser."""
        line, column = _place(event.start_mark)
        self._nodes += isinstance(event, yaml.NodeEvent)
        if self._nodes > MAX_NODES:
            self.refuse(line, column, f"more than {MAX_NODES:,} names and values: split the file", "too-large")
            self.is_over = True
            return
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self.refuse(line, column, "a file holds one document: remove the '---' here", "several-documents")
                self.is_over = True
        elif isinstance(event, yaml.AliasEvent):
            message = f"aliases are not allowed: write out what *{event.anchor} stands for"
            self.refuse(line, column, message, "alias", f"*{event.anchor}")
            self._add(Text("", line, column))
        elif isinstance(event, yaml.NodeEvent):
            self._refuse_extras(event, line, column)
            if isinstance(event, yaml.ScalarEvent):
                self._add(_text(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._enter(event, line, column)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._add(_closed(self._open.pop(), event))

    def _refuse_extras(self, event: Any, line: int, column: int) -> None:
        if event.anchor:
            message = f"anchors are not allowed: remove &{event.anchor}"
            self.refuse(line, column, message, "anchor", f"&{event.anchor}")
        if event.tag:
            message = f"tags are not allowed: remove {shortened(event.tag)!r}; every value is read as it is written"
            self.refuse(line, column, message, "tag")

    def _enter(self, event: yaml.CollectionStartEvent, line: int, column: int) -> None:
        if len(self._open) >= MAX_LEVELS:
            self.refuse(line, column, f"nested deeper than {MAX_LEVELS} levels", "too-deep")
            self.is_over = True
        self._open.append(_Open(event))

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.event, yaml.SequenceStartEvent):
            parent.members.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            self._pair(parent, parent.key, node)
            parent.key = None

    def _key(self, node: Node) -> Text:
        if isinstance(node, Text):
            return node
        self.refuse(node.line, node.column, "a name is wanted here, not a list or a table", "name-wanted")
        return Text("", node.line, node.column)

    def _pair(self, parent: _Open, key: Text, value: Node) -> None:
        first = parent.keys.setdefault(key.text, key)
        if first is key:
            parent.pairs.append((key, value))
            return
        if parent.event.flow_style and is_rest(key, value) and parent.pairs:
            number = parent.pairs[-1][1]
            if isinstance(number, Text) and PLAIN.fullmatch(number.text):
                self._note(SplitNumber(number, (key,)).problem(self.path))
                return
        message = f"{shortened(key.text)!r} is here twice: it already stands in line {first.line}"
        self._note(Problem(self.path, key.line, key.column, message, "duplicate-key", word=key.text))

    def _note(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) > MAX_PROBLEMS:
            self.problems = and_more(self.path, self.problems)
            self.is_over = self.is_refused = True


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _text(event: yaml.ScalarEvent) -> Text:
    return Text(event.value, *_place(event.start_mark), event.style in QUOTES, *_place(event.end_mark))


def _closed(opened: _Open, event: yaml.CollectionEndEvent) -> Node:
    start, end = _place(opened.event.start_mark), _place(event.end_mark)
    inside = [*opened.members, *(value for _, value in opened.pairs)]
    # a flow collection ends at its bracket; of a block the parser only says where the next thing begins
    flow = bool(opened.event.flow_style)
    if inside and not flow:
        end = inside[-1].end_line, inside[-1].end_column
    if isinstance(opened.event, yaml.SequenceStartEvent):
        return Listing(tuple(opened.members), *start, *end, flow)
    return Table(tuple(opened.pairs), *start, *end, flow)
