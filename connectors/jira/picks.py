"""Picking: what a person can choose from, and how a choice becomes a scope."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote

from connectors.errors import Gone, Misconfigured, Unauthorized
from connectors.jira.calls import AGILE, Calls
from connectors.jira.extents import EPIC, LISTING, SPRINT, is_jql, query_of
from connectors.jira.field_names import Reach
from connectors.jira.jql import bounding_projects, canonical, quoted, unquoted
from connectors.shapes import Scope
from connectors.tame import Wild

T = TypeVar("T")
_IN_PROJECT = {"project": "project", "type": "issuetype", "label": "labels", "epic": "parent"}
_SPELLED = re.compile(r"(?:(?P<sprint>active sprint of )|listed by )?board (?P<board>\d+)|below issue (?P<epic>\d+)")
_HINT = (
    "it takes {project: PAY} with type, label and epic if you like, {epic: PAY-1} for all below an epic, "
    "{filter: name or number}, {board: name or number}, or {board: name, sprint: active}"
)


class Picks:
    """The choices of one Jira."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._site = calls.account.site
        self._shapes: dict[str, Wild | None] = {}  # of boards, by id
        self._projects: dict[str, tuple[str, str]] = {}  # id and style of projects, as queries write them

    def offered(self, words: str) -> Iterator[Scope]:
        """Yield projects, boards with their active sprint, and saved filters that match `words`.

        A site without boards, or a sign-in without the scope for them, offers none: the check says which scope it is.
        The query of a board is text that `spelled` reads, since the JQL behind each would take a request of its own.
        """
        for project in self._calls.projects(words):
            yield self._project(project)
        for board in self._boards(words):
            id, name = board["id"].key(), board["name"].text()
            url = f"{self._site}/secure/RapidBoard.jspa?rapidView={id}"
            yield self.scope(f"board {id}", name=f"{name} (board)", kind="board", url=url)
            if board["type"].text() == "scrum":
                yield self.scope(query_of(SPRINT, id), name=f"{name} (active sprint)", kind=SPRINT, url=url)
        for one in self._calls.filters(words):
            id = one["id"].key()
            yield self.scope(
                f"filter = {id}", name=f"{one['name'].text()} (filter)", kind="filter", url=self._filter_url(id)
            )

    def picked(self, picker: Mapping[str, str]) -> Scope:
        """Turn a picker into a scope, asking for what it names. Raises Misconfigured (field `select`)."""
        given = {name: value.strip() for name, value in picker.items()}
        empty = [name for name, value in given.items() if not value]
        if empty:
            raise Misconfigured(f"jira: the picker's {empty[0]} is empty", field="select")
        names = frozenset(given)
        if "project" in names and names <= _IN_PROJECT.keys():
            query = " AND ".join(
                f"{_IN_PROJECT[name]} = {quoted(given[name])}" for name in _IN_PROJECT if name in names
            )
            return self.scope(query, name=", ".join(picker.values()))
        if names == {"epic"}:
            return self._epic(given["epic"])
        if names == {"filter"}:
            return self._filter(given["filter"])
        if names == {"board"}:
            return self._board(given["board"])
        if names == {"board", "sprint"}:
            return self._sprint(given["board"], given["sprint"])
        unknown = sorted(names - _IN_PROJECT.keys() - {"filter", "board", "sprint"})
        said = f"does not know {', '.join(unknown)}" if unknown else f"cannot be {', '.join(sorted(names))} together"
        raise Misconfigured(f"jira: the picker {said}", field="select", hint=_HINT)

    def estimation(self, picker: Mapping[str, str]) -> str:
        """Return the id of the field that a picked board estimates with, "" where no board is picked or it has none."""
        if "board" not in picker:
            return ""
        shape = self._shape(self._board_id(picker["board"].strip())[0])
        used = None if shape is None else shape.maybe("estimation")
        field = used.maybe("field") if used is not None and used.is_object else None
        return field["fieldId"].text() if field is not None and field.is_object else ""

    def reach(self, scope: Scope) -> Reach:
        """Return the projects that bound a scope and how they are managed; an empty one where none does."""
        projects = bounding_projects(scope.query) if is_jql(scope) else None
        if not projects or not self._calls.account.is_cloud:  # at Data Center all projects share their fields
            return Reach()
        for name in projects:
            if name not in self._projects:
                found = self._calls.get(f"project/{quote(unquoted(name), safe='')}", {})
                style = found.maybe("style")
                self._projects[name] = (found["id"].key(), "" if style is None or style.is_null else style.text())
        held = [self._projects[name] for name in projects]
        return Reach(frozenset(id for id, _ in held), frozenset(style for _, style in held))

    def scope(self, query: str, *, name: str, kind: str = "jql", url: str = "") -> Scope:
        """Make a scope. One query has one key, however it was picked."""
        return Scope(
            kind=kind,
            key="jql:" + hashlib.sha256(query.encode()).hexdigest()[:16],
            name=name,
            query=query,
            url=url or f"{self._site}/issues/?jql={quote(query, safe='')}",
        )

    def _project(self, project: Wild) -> Scope:
        key, name = project["key"].text(), project["name"].text()
        insight = project.maybe("insight")
        count = insight.maybe("totalIssueCount") if insight is not None and insight.is_object else None
        held = f", {_issues(int(count.number()))}" if count is not None and not count.is_null else ""
        return self.scope(
            f"project = {quoted(key)}",
            name=f"{name} ({key}{held})",
            kind="project",
            url=f"{self._site}/browse/{quote(key)}",
        )

    def _epic(self, key: str) -> Scope:
        found = self._asked_for(
            "epic", key, lambda: self._calls.get(f"issue/{quote(key, safe='')}", {"fields": "summary"})
        )
        id, ref, title = found["id"].key(), found["key"].text(), found["fields"]["summary"].text()
        return self.scope(
            query_of(EPIC, id), name=f"all below {ref} {title}", kind=EPIC, url=f"{self._site}/browse/{quote(ref)}"
        )

    def _filter(self, wanted: str) -> Scope:
        if wanted.isdigit():
            found = self._asked_for("filter", wanted, lambda: self._calls.get(f"filter/{wanted}"))
        else:
            found = _only("filter", wanted, self._calls.filters(wanted))
        id = found["id"].key()
        return self.scope(f"filter = {id}", name=found["name"].text(), kind="filter", url=self._filter_url(id))

    def _board(self, wanted: str) -> Scope:
        id, name = self._board_id(wanted)
        url = f"{self._site}/secure/RapidBoard.jspa?rapidView={id}"
        query = self._board_query(id)
        if query is None:
            return self.scope(query_of(LISTING, id), name=name, kind=LISTING, url=url)
        return self.scope(query, name=name, kind="board", url=url)

    def _board_query(self, id: str) -> str | None:
        """Return the JQL of a board, or None when this account cannot see how it is set up, or its filter."""
        shape = self._shape(id)
        if shape is None:
            return None
        query = f"filter = {shape['filter']['id'].key()}"
        below = shape.maybe("subQuery")
        said = below.maybe("query") if below is not None and below.is_object else None
        if said is not None and not said.is_null and said.text().strip():
            query += f" AND ({canonical(said.text())})"
        return query if self._calls.reads(query) else None

    def _shape(self, id: str) -> Wild | None:
        """Return how a board is set up, None for an account that may see the board and not that."""
        if id not in self._shapes:
            try:
                self._shapes[id] = self._calls.get(f"board/{id}/configuration", base=AGILE)
            except Unauthorized as refused:
                if not _is_about_a_right(refused):
                    raise
                self._shapes[id] = None
        return self._shapes[id]

    def _boards(self, words: str) -> Iterator[Wild]:
        try:
            yield from self._calls.boards(words)
        except Gone:
            return
        except Unauthorized as refused:
            if not _is_about_a_right(refused):
                raise

    def _sprint(self, board: str, wanted: str) -> Scope:
        id, name = self._board_id(board)
        url = f"{self._site}/secure/RapidBoard.jspa?rapidView={id}"
        if wanted.lower() == "active":
            return self.scope(query_of(SPRINT, id), name=f"{name}, active sprint", kind=SPRINT, url=url)
        held = list(self._calls.sprints(id, "active,future,closed"))
        found = [one for one in held if one["id"].key() == wanted] or held
        one = found[0] if len(found) == 1 else _only("sprint", wanted, held)
        return self.scope(f"sprint = {one['id'].key()}", name=f"{name}, {one['name'].text()}", kind="jql", url=url)

    def _board_id(self, wanted: str) -> tuple[str, str]:
        if wanted.isdigit():
            found = self._asked_for("board", wanted, lambda: self._calls.get(f"board/{wanted}", base=AGILE))
        else:
            found = _only("board", wanted, self._calls.boards(wanted))
        return found["id"].key(), found["name"].text()

    def _filter_url(self, id: str) -> str:
        return f"{self._site}/issues/?filter={id}"

    @staticmethod
    def _asked_for(kind: str, wanted: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (Gone, Misconfigured) as gone:  # a filter that is not there is a 400
            raise _none(kind, wanted) from gone


def spelled(query: str) -> Mapping[str, str]:
    """Return the picker that a query which is no JQL stands for, such as board 7; nothing for JQL."""
    match = _SPELLED.fullmatch(query.strip())
    if match is None:
        return {}
    if match["epic"]:
        return {"epic": match["epic"]}
    return {"board": match["board"]} | ({"sprint": "active"} if match["sprint"] else {})


def _only(kind: str, wanted: str, offered: Iterable[Wild]) -> Wild:
    """Return the one thing of a name: as written first, then whatever the case. Raises Misconfigured naming all."""
    held = list(offered)
    same = [one for one in held if one["name"].text() == wanted]
    alike = same or [one for one in held if one["name"].text().casefold() == wanted.casefold()]
    if len(alike) == 1:
        return alike[0]
    if not alike:
        raise _none(kind, wanted)
    ids = ", ".join(sorted((one["id"].key() for one in alike), key=int))
    raise Misconfigured(
        f"jira has {len(alike)} {kind}s named {wanted!r}: {ids}",
        field="select",
        hint="name the one you mean by its number",
    )


def _is_about_a_right(refused: Unauthorized) -> bool:
    """Whether it is a right or a scope that is missing, and not the sign-in."""
    return ": 403" in str(refused) or "scope does not match" in str(refused)


def _issues(count: int) -> str:
    return f"{count:,} issue{'' if count == 1 else 's'}"


def _none(kind: str, wanted: str) -> Misconfigured:
    return Misconfigured(
        f"jira has no {kind} {wanted!r}, or this account may not see it",
        field="select",
        hint="`okrhub scopes` lists what can be selected",
    )
