"""Just enough of JQL: one spelling for one query, and which projects a query can never leave.

Grammar: https://support.atlassian.com/jira-software-cloud/docs/use-advanced-search-with-jira-query-language-jql/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.errors import Misconfigured

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<mark>&&|\|\||!=|!~|>=|<=|[&|!=~<>(),])
    |(?P<word>(?:\\.|[^\s"'&|!=~<>(),\\])+)""",
    re.VERBOSE | re.DOTALL,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RELATIVE = re.compile(r"[+-]?(?:\d+[a-z]\s*)+", re.IGNORECASE)
# what such a clause finds can change while the issue itself, and so its `updated`, does not
_VOLATILE = _words(
    "filter request savedfilter searchrequest was changed lastviewed voter votes watcher watchers category"
)
_BARE = re.compile(r"[A-Z][A-Z0-9_]+")
# https://confluence.atlassian.com/jiracoreserver/advanced-searching-939937709.html, "Reserved words"
_RESERVED = _words(
    """
    ABORT ACCESS ADD AFTER ALIAS ALL ALTER AND ANY ARE AS ASC AT AUDIT AVG BEFORE BEGIN BETWEEN BOOLEAN BREAK BY BYTE
    CASE CAST CATCH CF CHANGED CHAR CHARACTER CHECK CHECKPOINT COLLATE COLLATION COLUMN COMMIT CONNECT CONTINUE COUNT
    CREATE CURRENT DATE DECIMAL DECLARE DECREMENT DEFAULT DEFAULTS DEFINE DELETE DELIMITER DESC DIFFERENCE DISTINCT
    DIVIDE DO DOUBLE DROP DURING ELSE EMPTY ENCODING END EQUALS ESCAPE EXCLUSIVE EXEC EXECUTE EXISTS EXPLAIN FALSE
    FETCH FIELD FILE FIRST FLOAT FOR FROM FUNCTION GO GOTO GRANT GREATER GROUP HAVING IDENTIFIED IF IMMEDIATE IN
    INCREMENT INDEX INITIAL INNER INOUT INPUT INSERT INT INTEGER INTERSECT INTERSECTION INTO IS ISEMPTY ISNULL JOIN
    LAST LEFT LESS LIKE LIMIT LOCK LONG MAX MIN MINUS MODE MODIFY MODULO MORE MULTIPLY NEXT NOAUDIT NOT NOTIN NOWAIT
    NULL NUMBER OBJECT OF ON OPTION OR ORDER OUTER OUTPUT POWER PREVIOUS PRIOR PRIVILEGES PUBLIC RAISE RAW REMAINDER
    RENAME RESOURCE RETURN RETURNS REVOKE RIGHT ROW ROWID ROWNUM ROWS SELECT SESSION SET SHARE SIZE SQRT START STRICT
    STRING SUBTRACT SUM SYNONYM TABLE THEN TO TRANS TRANSACTION TRIGGER TRUE UID UNION UNIQUE UPDATE USER VALIDATE
    VALUES VIEW WAS WHEN WHENEVER WHERE WHILE WITH
    """
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "quoted", "mark", "word"
    raw: str
    spaced: bool  # white space stood before it

    @property
    def low(self) -> str:
        """Return the text in lower case, without quotes: JQL's names and keywords ignore case."""
        return (self.raw[1:-1] if self.kind == "quoted" else self.raw).lower()

    def is_keyword(self, *words: str) -> bool:
        return self.kind != "quoted" and self.raw.lower() in words


def canonical(text: str) -> str:
    """Return the query with white space collapsed outside quotes and ORDER BY dropped; case is kept.

    Raises Misconfigured (field `select`) for a query that is empty, has an open quote or unequal parentheses.
    """
    tokens = _without_order(_tokens(text))
    if not tokens:
        raise Misconfigured(
            "jira: the query selects every issue of the site", field="select", hint="name a project: project = PAY"
        )
    depth = 0
    for token in tokens:
        depth += (token.raw == "(") - (token.raw == ")")
        if depth < 0:
            break
    if depth != 0:
        raise Misconfigured(f"jira: the parentheses do not match in {text.strip()!r}", field="select")
    return "".join((" " if t.spaced and i else "") + t.raw for i, t in enumerate(tokens))


def quoted(value: str) -> str:
    """Return a value as JQL writes it: a plain project key as it is, anything else in quotes."""
    if _BARE.fullmatch(value) and value not in _RESERVED:
        return value
    if any(ord(c) < 32 for c in value):
        raise Misconfigured(f"jira: {value!r} contains a control character", field="select")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(written: str) -> str:
    """Return the value that a word or a quoted text of JQL stands for."""
    if written[:1] in {'"', "'"}:
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    return written


def bounding_projects(query: str) -> tuple[str, ...] | None:
    """Return the projects a canonical query can never leave, as it writes them, or None when that is not certain.

    Certain means: a top-level `project = X` or `project in (...)` joined by AND, and nothing in the query whose
    answer can change while the issue stays as it is (relative date, function, saved filter, history).
    """
    tokens = _unwrapped(_tokens(query))
    if any(_is_volatile(token, following) for token, following in _pairs(tokens)):
        return None
    for conjunct in _conjuncts(tokens):
        found = _projects(_unwrapped(conjunct))
        if found:
            return found
    return None


def any_of(queries: Iterable[str]) -> str:
    """Return the query that finds what any of these does."""
    return " OR ".join(f"({q})" for q in queries)


def in_projects(names: Iterable[str]) -> str:
    """Return the query for all issues of these projects, each written as JQL."""
    unique = {name.lower(): name for name in sorted(names, reverse=True)}
    return f"project in ({', '.join(unique[low] for low in sorted(unique))})"


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, spaced = 0, False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Misconfigured(
                f"jira: a quote is left open, or a backslash ends the query, after {text[:at][-40:]!r}", field="select"
            )
        at = match.end()
        if match.lastgroup == "space":
            spaced = True
            continue
        found.append(_Token(str(match.lastgroup), match[0], spaced))
        spaced = False
    return found


def _pairs(tokens: Sequence[_Token]) -> Iterable[tuple[_Token, _Token | None]]:
    return zip(tokens, [*tokens[1:], None] if tokens else [], strict=True)


def _without_order(tokens: list[_Token]) -> list[_Token]:
    depth = 0
    for index, (token, following) in enumerate(_pairs(tokens)):
        depth += (token.raw == "(") - (token.raw == ")")
        if depth == 0 and token.is_keyword("order") and following is not None and following.is_keyword("by"):
            return tokens[:index]
    return tokens


def _unwrapped(tokens: Sequence[_Token]) -> Sequence[_Token]:
    """Take away parentheses that enclose everything."""
    while len(tokens) > 1 and tokens[0].raw == "(" and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: Sequence[_Token]) -> int:
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.raw == "(") - (token.raw == ")")
        if depth == 0:
            return index
    return -1


def _is_volatile(token: _Token, following: _Token | None) -> bool:
    if token.kind == "mark":
        return False
    if token.low in _VOLATILE or _RELATIVE.fullmatch(token.low):
        return True
    calls = following is not None and following.raw == "("
    return calls and not token.is_keyword("in", "and", "or", "not")


def _conjuncts(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """Split at the top-level ANDs; an OR beside them leaves nothing that must hold."""
    parts: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.raw == "(") - (token.raw == ")")
        if depth == 0 and token.is_keyword("or", "|", "||"):
            return []
        if depth == 0 and token.is_keyword("and", "&", "&&"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _projects(clause: Sequence[_Token]) -> tuple[str, ...]:
    if len(clause) < 3 or clause[0].low != "project":
        return ()
    operator, operands = clause[1], list(clause[2:])
    if operator.raw == "=" and len(operands) == 1:
        named = operands
    elif operator.is_keyword("in") and len(operands) >= 3 and operands[0].raw == "(" and operands[-1].raw == ")":
        inner = operands[1:-1]
        named = inner[::2]
        if len(inner) % 2 == 0 or any(t.raw != "," for t in inner[1::2]):
            return ()
    else:
        return ()
    if any(t.kind == "mark" or t.is_keyword("empty", "null") for t in named):
        return ()
    return tuple(t.raw for t in named)
