"""Reading: one scope in full, or what changed in all scopes of a connection at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from connectors.asana import gauges
from connectors.asana.answers import Task
from connectors.asana.belonging import Belonging, is_lost
from connectors.asana.calls import Calls, Happened
from connectors.asana.cursors import AGAIN, Since, read_cursor
from connectors.asana.items import work_item
from connectors.asana.queries import GID
from connectors.asana.searching import search
from connectors.errors import Gone, Misconfigured, Unexpected
from connectors.shapes import Cursor, Page, Roll, Scope

# As requests, a body in a batch costs what a page of a hundred does; beyond this many it is cheaper to list a project.
MANY = 500


class Reading:
    """One read of one or more scopes. Made anew for every read; `now` dates the gauges (UTC)."""

    def __init__(self, calls: Calls, scopes: Sequence[Scope], now: datetime) -> None:
        self._calls = calls
        self._now = now
        self._gauges = {scope.key: scope for scope in scopes if gauges.is_gauge(scope)}
        self._scopes = {scope.key: scope for scope in scopes if scope.key not in self._gauges}
        self._belonging = Belonging(calls, list(self._scopes.values()))
        self._unplaced = False  # whether a task that was looked at does not say where it belongs
        self._told: set[str] = set()  # gids whose place was yielded already
        self._held: dict[str, set[str]] = {}  # scope key -> gids, of the scopes read in full

    # One scope.

    def all(self) -> Iterator[Page]:
        """Yield all that the scopes hold, then the roll call. See `Source.fetch`.

        The tokens of the events are taken first: what moves while the read goes on is told by the next sweep.
        """
        self._belonging.find_projects()
        projects = sorted({project for held in self._belonging.projects.values() for project in held})
        tokens = {project: self._calls.first_token(project) for project in projects}
        yield from self._in_full(set(self._scopes), AGAIN)
        yield from gauges.pages(self._calls, list(self._gauges.values()), self._now)
        yield Page(cursor=self._since(tokens).text(), rolls=tuple(self._rolls()))

    # All scopes.

    def changes(self, since: Cursor | None, touched: Sequence[str]) -> Iterator[Page]:
        """Yield what changed and what was touched. See `Sweep.changes`. Only the last page moves the cursor."""
        rung = {key for key in touched if GID.fullmatch(key)}
        other = set(touched) - rung - set(self._gauges)
        wrong = sorted(key for key in other if not key.startswith("goal:"))
        if wrong:
            raise Unexpected(f"asana: {wrong[0][:40]!r} is neither the gid of a task nor a goal")
        self._find_projects()
        if since is None:
            yield from self._search()
            yield from self._looked_at(rung)
            yield from gauges.pages(
                self._calls, [scope for key, scope in self._gauges.items() if key in touched], self._now
            )
            return
        old = read_cursor(since)
        tokens, changed, stale = self._happened(old)
        whole = self._whole(old, stale)
        yield from self._search()
        yield from self._in_full(whole, None)
        lost = False
        for page in self._looked_at(changed | rung):
            lost = lost or bool(page.gone)
            yield page
        if self._unplaced:  # where they belong now is known from the lists alone
            yield from self._in_full(set(self._scopes) - whole, None)
            whole = set(self._scopes)
        # who goes takes sub-tasks along, and nobody says which
        below = {key for key, query in self._belonging.queries.items() if query.subtasks} - whole if lost else set()
        yield from self._in_full(below, None)
        yield from gauges.pages(self._calls, list(self._gauges.values()), self._now)
        yield Page(cursor=self._since(tokens).text(), rolls=tuple(self._rolls()))

    def _find_projects(self) -> None:
        try:
            self._belonging.find_projects()
        except Gone as lost:
            raise _unselectable(lost) from lost

    def _happened(self, old: Since) -> tuple[dict[str, str], set[str], set[str]]:
        """Ask each project for its events once. Return the new tokens, what changed, and whom to list in full."""
        tokens: dict[str, str] = {}
        changed: set[str] = set()
        stale: set[str] = set()
        for project in sorted({project for held in self._belonging.projects.values() for project in held}):
            token = old.tokens.get(project)
            try:
                told = self._calls.first_token(project) if token is None else self._calls.events(project, token)
            except Gone as lost:
                raise _unselectable(lost) from lost
            if isinstance(told, Happened):
                tokens[project] = told.token
                if told.is_partial or len(told.tasks) > MANY:
                    stale.add(project)
                changed |= told.tasks  # also of a project that is listed: who left it is in no list
            else:
                tokens[project] = told
                stale.add(project)
        return tokens, changed, stale

    def _whole(self, old: Since, stale: set[str]) -> set[str]:
        """Return the scopes to read in full: of a project that is, a portfolio of other projects now, and every tag.

        Nothing tells what enters or leaves a tag (https://developers.asana.com/reference/getevents).
        """
        whole = set()
        for key, query in self._belonging.queries.items():
            projects = self._belonging.projects.get(key, ())
            # a project may come with a token that another selection has: what it holds was never told for this one
            regrouped = query.kind == "portfolio" and set(old.portfolios.get(query.gid, ())) != set(projects)
            if query.kind == "tag" or regrouped or stale.intersection(projects):
                whole.add(key)
        return whole

    def _in_full(self, keys: set[str], cursor: Cursor | None) -> Iterator[Page]:
        """Yield every task of these scopes; a project, section or tag that several stand on is listed once."""
        for key in keys:
            self._held.setdefault(key, set())
        unsure: set[str] = set()
        if any(self._belonging.queries[key].kind == "search" for key in keys - self._belonging.listed.keys()):
            yield from self._search(cursor)
        for (kind, gid), wanted in self._lists(keys).items():
            try:
                for tasks in self._calls.tasks(kind, gid, self._belonging.fields):
                    self._belonging.note(tasks, {key for key in wanted if self._is_list_of(key, kind)})
                    self._unplaced = self._unplaced or any(is_lost(task) for task in tasks)
                    if kind == "project" and any(is_lost(task) for task in tasks):
                        unsure |= {key for key in wanted if not self._is_list_of(key, kind)}
                    yield from self._placed([*tasks, *self._belonging.below(tasks)], wanted, cursor)
            except Gone as lost:
                raise _unselectable(lost) from lost
        for key in sorted(unsure):  # which section a task is in is known from the list of that section then
            gid = self._belonging.queries[key].gid
            for tasks in self._calls.tasks("section", gid, self._belonging.fields):
                self._belonging.note(tasks, {key})
                yield from self._placed([*tasks, *self._belonging.below(tasks)], {key}, cursor)

    def _is_list_of(self, key: str, kind: str) -> bool:
        """Say whether a list of this kind, of those made for a scope, has what the scope holds and nothing else."""
        found = self._belonging.queries[key].kind
        return found == kind or (kind, found) == ("project", "portfolio")

    def _lists(self, keys: set[str]) -> dict[tuple[str, str], set[str]]:
        """Return what to list, and for which scopes: a section comes with its project, where that is listed."""
        lists: dict[tuple[str, str], set[str]] = {}
        sections = []
        for key in sorted(keys):
            query = self._belonging.queries[key]
            if query.kind == "section":
                sections.append((key, query))
            elif query.kind == "tag":
                lists.setdefault(("tag", query.gid), set()).add(key)
            for project in self._belonging.projects[key] if query.kind in {"project", "portfolio"} else ():
                lists.setdefault(("project", project), set()).add(key)
        for key, query in sections:
            whole = ("project", query.project)
            lists.setdefault(whole if whole in lists else ("section", query.gid), set()).add(key)
        return lists

    def _search(self, cursor: Cursor | None = None) -> Iterator[Page]:
        """Run each search, which is the only way to know what it holds, and yield what it found."""
        found: dict[str, Task] = {}
        for key, query in self._belonging.queries.items():
            if query.kind != "search":
                continue
            tasks = {task.gid: task for task in search(self._calls, query, self._belonging.fields)}
            self._belonging.listed[key] = self._held[key] = set(tasks)
            found.update(tasks)
        tasks_found = list(found.values())
        for start in range(0, len(tasks_found), 100):
            yield from self._placed(tasks_found[start : start + 100], set(), cursor)

    def _placed(self, tasks: Sequence[Task], wanted: set[str], cursor: Cursor | None) -> Iterator[Page]:
        """Yield a page of tasks with where they belong, and remember those of the scopes that are read in full."""
        holders = self._belonging.holders(tasks)
        for key in wanted:
            self._held[key].update(gid for gid, held in holders.items() if key in held)
        inside = [task for task in tasks if holders[task.gid]]
        self._told.update(task.gid for task in inside)
        yield self._page(inside, holders, cursor)

    def _looked_at(self, gids: set[str]) -> Iterator[Page]:
        """Yield where these tasks belong now, ten a request; those whose place was told already are left out."""
        for found, missing in self._calls.bodies(sorted(gids - self._told), self._belonging.fields):
            tasks = [*found, *self._belonging.below(found)]
            held = self._belonging.holders(tasks)
            unplaced = {task.gid for task in tasks if self._belonging.is_unsure(task)}
            self._unplaced = self._unplaced or bool(unplaced)
            tasks = [task for task in tasks if task.gid not in unplaced]
            holders = {gid: keys for gid, keys in held.items() if gid not in unplaced}
            page = self._page([task for task in tasks if holders[task.gid]], holders, None)
            yield Page(page.items, holders, tuple(sorted(missing)), dict(missing))

    def _page(self, tasks: Sequence[Task], holders: Mapping[str, frozenset[str]], cursor: Cursor | None) -> Page:
        return Page(
            items=tuple(work_item(task, self._belonging.gids) for task in tasks),
            memberships={task.gid: holders[task.gid] for task in tasks},
            cursor=cursor,
        )

    def _since(self, tokens: Mapping[str, str]) -> Since:
        queries = self._belonging.queries.items()
        return Since(
            tokens, {query.gid: self._belonging.projects[key] for key, query in queries if query.kind == "portfolio"}
        )

    def _rolls(self) -> Iterator[Roll]:
        for key, held in sorted(self._held.items()):
            yield Roll(frozenset({key}), frozenset(held), exact=True)
        for key in self._gauges:
            yield Roll(frozenset({key}), frozenset({key}), exact=True)


def _unselectable(lost: Gone) -> Misconfigured:
    """Name the selection as what is wrong: a project that is not seen any more is not a project without tasks."""
    return Misconfigured(str(lost), field="select", hint=lost.hint)
