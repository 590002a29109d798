"""What a selection asks for, as text that names everything by gid: `project=1207&section=55`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from connectors.errors import Misconfigured

GID = re.compile(r"[0-9]{1,40}")
KINDS = ("section", "project", "tag", "portfolio", "goal")  # the first of these that a query names is its kind
# https://developers.asana.com/reference/searchtasksforworkspace , without what pages and sorts
_SEARCH = re.compile(
    r"text|resource_subtype|completed|is_subtask|has_attachment|is_blocking|is_blocked"
    r"|(assignee|portfolios|projects|sections|tags|teams|followers|created_by|assigned_by|liked_by|commented_on_by"
    r"|completed_by|custom_types)\.(any|not|all)|(due|start|created|completed|modified)_(on|at)(\.(before|after))?"
    r"|custom_fields\.[0-9]+\.(is_set|value|starts_with|ends_with|contains|less_than|greater_than)"
)


@dataclass(frozen=True, slots=True)
class Query:
    """One selection. `gid` is what is read, a section's `project` is where its events come from."""

    kind: str  # one of KINDS, "search" (`gid` is the workspace then) or "progress" (the counts of a project)
    gid: str
    project: str = ""
    subtasks: bool = False
    search: Mapping[str, str] = field(default_factory=dict)
    count: str = ""  # for "progress": which of the counts

    @property
    def text(self) -> str:
        """The canonical spelling: whatever means the same has the same."""
        parts: list[tuple[str, str]] = []
        if self.kind == "section":
            parts.append(("project", self.project))
        if self.kind == "progress":
            parts += [("project", self.gid), ("count", self.count)]
        else:
            parts.append((self.kind, self.gid))
        parts += sorted(self.search.items())
        if self.subtasks:
            parts.append(("subtasks", "yes"))
        return urlencode(parts)

    @property
    def key(self) -> str:
        """The scope's key, which a webhook can name as well."""
        if self.kind == "search":
            return self.text
        return f"{self.kind}:{self.gid}{':' + self.count if self.count else ''}{'+subtasks' if self.subtasks else ''}"


def read_query(text: str) -> Query:
    """Read a canonical query, or one that a person wrote. Raises Misconfigured for what is none.

    A search without `search=<workspace>` has an empty gid: the connection's workspace is meant.
    """
    squeezed = re.sub(r"\s*([&=\n])\s*", r"\1", text.strip()).replace("\n", "&")
    try:
        pairs = parse_qsl(squeezed, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise _unreadable(text, "it is not of the form name=value&name=value") from None
    asked = dict(pairs)
    if len(asked) != len(pairs):
        raise _unreadable(text, "a name stands in it twice")
    if any(not value.strip() for value in asked.values()):
        raise _unreadable(text, "a value is empty")
    subtasks = asked.pop("subtasks", "no") == "yes"
    if "count" in asked and set(asked) == {"project", "count"}:
        return Query("progress", _gid(asked["project"], text), count=asked["count"])
    for kind in KINDS:
        if kind in asked:
            allowed = {kind, "project"} if kind == "section" else {kind}
            if set(asked) - allowed:
                raise _unreadable(text, f"{', '.join(sorted(set(asked) - allowed))} cannot stand beside {kind}")
            project = _gid(asked["project"], text) if kind == "section" and "project" in asked else ""
            return Query(kind, _gid(asked[kind], text), project, subtasks)
    workspace = asked.pop("search", "")
    wrong = sorted(name for name in asked if not _SEARCH.fullmatch(name))
    if wrong or not asked:
        raise _unreadable(text, f"{wrong[0]} is no parameter of a search" if wrong else "nothing restricts it")
    if subtasks:
        raise _unreadable(text, "a search finds sub-tasks by is_subtask=true")
    return Query("search", _gid(workspace, text) if workspace else "", search=asked)


def _gid(value: str, text: str) -> str:
    if not GID.fullmatch(value):
        raise _unreadable(text, f"{value[:40]!r} is not a gid")
    return value


def _unreadable(text: str, why: str) -> Misconfigured:
    return Misconfigured(
        f"asana: the query {text[:120]!r} cannot be read: {why}",
        field="select",
        hint="write project=1207, tag=33, or a search such as projects.any=1207&completed=false; "
        "names go into a picker: {project: Launch}",
    )
