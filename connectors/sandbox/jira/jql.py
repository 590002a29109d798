"""Read JQL into a tree: clauses, AND, OR, NOT, ORDER BY.

Grammar after https://support.atlassian.com/jira-software-cloud/docs/use-advanced-search-with-jira-query-language-jql/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


class JqlError(Exception):
    """A query that Jira refuses with 400; the message is what it puts in `errorMessages`."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One value: a word, a quoted text, EMPTY, or a function with its arguments."""

    text: str
    quoted: bool = False
    empty: bool = False
    arguments: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """field operator value(s)."""

    field: str
    operator: str  # = != > >= < <= ~ !~ in, not in, is, is not
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """All of these."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    parts: tuple[Tree, ...]


Tree = Clause | Both | Either


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: what to find (None: everything) and in which order (field, descending)."""

    where: Tree | None
    order: tuple[tuple[str, bool], ...]


_WORD = re.compile(r"""\s*(?:
    (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<sign>!=|!~|>=|<=|[=<>~(),!])
  | (?P<bare>[^\s()=!<>~,"']+)
)""", re.VERBOSE)  # fmt: skip
_OPPOSITE = {
    "=": "!=", "!=": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">", "~": "!~", "!~": "~",
    "in": "not in", "not in": "in", "is": "is not", "is not": "is",
}  # fmt: skip
_RESERVED = frozenset({"and", "or", "not", "in", "is", "order", "by", "empty", "null"})


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str  # quoted, sign, bare, end

    def says(self, *words: str) -> bool:
        return self.kind != "quoted" and self.text.lower() in words


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            raise JqlError(f"Error in the JQL Query: The quoted string {text[at:].strip()!r} has not been completed.")
        kind = str(match.lastgroup)
        word = match[kind]
        if kind == "quoted":
            word = re.sub(r"\\(.)", r"\1", word[1:-1])
        found.append(_Token(word, kind))
        at = match.end()
    return [*found, _Token("", "end")]


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def wrong(self, wanted: str) -> JqlError:
        got = self.next
        if got.kind == "end":
            return JqlError(f"Error in the JQL Query: Expecting {wanted} before the end of the query.")
        return JqlError(f"Error in the JQL Query: Expecting {wanted} but got '{got.text}'.")

    def demand(self, *words: str) -> _Token:
        if not self.next.says(*words):
            raise self.wrong(" or ".join(f"'{w}'" for w in words))
        return self.take()

    def query(self) -> Query:
        where = None
        if self.next.kind != "end" and not self.next.says("order"):
            where = self.either(negated=False)
        order = self.order() if self.next.says("order") else ()
        if self.next.kind != "end":
            raise self.wrong("either 'OR' or 'AND'")
        return Query(where, order)

    def order(self) -> tuple[tuple[str, bool], ...]:
        self.take()
        self.demand("by")
        keys: list[tuple[str, bool]] = []
        while True:
            field = self.field()
            descending = self.next.says("desc")
            if self.next.says("asc", "desc"):
                self.take()
            keys.append((field, descending))
            if not self.next.says(","):
                return tuple(keys)
            self.take()

    def either(self, *, negated: bool) -> Tree:
        parts = [self.both(negated=negated)]
        while self.next.says("or", "||", "|"):
            self.take()
            parts.append(self.both(negated=negated))
        return parts[0] if len(parts) == 1 else (Both if negated else Either)(tuple(parts))

    def both(self, *, negated: bool) -> Tree:
        parts = [self.single(negated=negated)]
        while self.next.says("and", "&&", "&"):
            self.take()
            parts.append(self.single(negated=negated))
        return parts[0] if len(parts) == 1 else (Either if negated else Both)(tuple(parts))

    def single(self, *, negated: bool) -> Tree:
        if self.next.says("not", "!"):
            self.take()
            return self.single(negated=not negated)
        if self.next.says("("):
            self.take()
            inside = self.either(negated=negated)
            self.demand(")")
            return inside
        return self.clause(negated=negated)

    def field(self) -> str:
        token = self.next
        if token.kind in ("end", "sign") or (token.kind == "bare" and token.text.lower() in _RESERVED):
            raise self.wrong("a field name")
        return self.take().text

    def clause(self, *, negated: bool) -> Clause:
        field = self.field()
        operator = self.operator()
        if operator in ("in", "not in") and self.next.kind == "bare":  # a function that gives a list
            operands = [self.operand()]
            if operands[0].arguments is None:
                raise JqlError(f"Error in the JQL Query: Expecting '(' but got '{operands[0].text}'.")
        elif operator in ("in", "not in"):
            self.demand("(")
            operands = [self.operand()]
            while self.next.says(","):
                self.take()
                operands.append(self.operand())
            self.demand(")")
        else:
            operands = [self.operand()]
        # Jira pushes NOT down to the operators, so NOT labels = x leaves out what has no label, as labels != x does.
        return Clause(field, _OPPOSITE[operator] if negated else operator, tuple(operands))

    def operator(self) -> str:
        if self.next.kind == "sign" and self.next.text in _OPPOSITE:
            return self.take().text
        if self.next.says("in"):
            return self.take().text.lower()
        if self.next.says("not"):
            self.take()
            self.demand("in")
            return "not in"
        if self.next.says("is"):
            self.take()
            if self.next.says("not"):
                self.take()
                return "is not"
            return "is"
        valid = "operator"
        error = self.wrong(valid)
        raise JqlError(f"{error} The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', "
                     "'IS' and 'IS NOT'.")  # fmt: skip

    def operand(self) -> Operand:
        token = self.next
        if token.kind == "quoted":
            return Operand(self.take().text, quoted=True)
        if token.says("empty", "null"):
            self.take()
            return Operand("", empty=True)
        if token.kind != "bare" or token.text.lower() in _RESERVED:
            raise self.wrong("either a value, list or function")
        self.take()
        if not self.next.says("("):
            return Operand(token.text)
        self.take()
        arguments = []
        while not self.next.says(")"):
            if self.next.kind == "end":
                raise self.wrong("')'")
            word = self.take()
            if not word.says(","):
                arguments.append(word.text)
        self.take()
        return Operand(token.text, arguments=tuple(arguments))


@lru_cache(maxsize=512)
def read_jql(text: str) -> Query:
    """Parse a query. Raises JqlError with Jira's kind of sentence."""
    return _Reader(text).query()
