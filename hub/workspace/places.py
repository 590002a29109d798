"""Finding the place of something in a file that was read, so that a problem can point at it."""

from __future__ import annotations

from mappings import Listing, Node, Problem, Severity, Table, Text


def find(node: Node | None, *path: str | int) -> Node | None:
    """Return the node at a path of names and positions; the nearest one above it when the path ends early."""
    at = node
    for step in path:
        below: Node | None = None
        if isinstance(at, Table) and isinstance(step, str):
            pair = at.pair(step)
            below = pair[1] if pair else None
        elif isinstance(at, Listing) and isinstance(step, int) and step < len(at.members):
            below = at.members[step]
        if below is None:
            return at
        at = below
    return at


def key_of(node: Node | None, *path: str | int) -> Node | None:
    """Return the node of a name itself, rather than of what it holds."""
    above = find(node, *path[:-1])
    if isinstance(above, Table) and isinstance(path[-1], str):
        pair = above.pair(path[-1])
        if pair:
            return pair[0]
    return above


def problem_at(
    path: str,
    node: Node | None,
    message: str,
    code: str,
    *,
    suggestion: str = "",
    warning: bool = False,
    note: bool = False,
) -> Problem:
    """Make a problem at a node; without one it stands at the top of the file."""
    line, column = (node.line, node.column) if node is not None else (1, 1)
    word = node.text if isinstance(node, Text) else ""
    severity: Severity = "note" if note else "warning" if warning else "error"
    return Problem(path, line, column, message, code, suggestion, word, severity)
