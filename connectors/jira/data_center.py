"""How Jira Data Center is read: one search with startAt, in the order of keys, each page overlapping the one before.

https://developer.atlassian.com/server/jira/platform/rest/ . It has no bulkfetch, no jql/match and no page tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from requests import Session

from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.jira import answers
from connectors.jira.answers import number
from connectors.jira.calls import AGILE, MAX_PAGES, Calls, Child, began_at, require_asked
from connectors.jira.cloud import unreadable
from connectors.jira.settings import Account
from connectors.jira.steps import Step, steps_of
from connectors.lenient import member
from connectors.shapes import Absence
from connectors.tame import Wild, decode, tame
from connectors.wire import answer

PAGE = 1000  # what a server gives at most unless its admin says otherwise (jira.search.views.default.max)
NAMED = 500  # ids named in one query
LOGS = 50  # issues whose histories are asked for at once
AGAIN = 5
ASKED_WHY = 100  # issues that one read asks about one by one when they did not come
_ids = partial(decode, answers.server_ids, tool="jira")
_stamps = partial(decode, answers.server_stamps, tool="jira")
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"


class DataCenterCalls(Calls):
    """Ask one Jira Data Center."""

    searches = "search"

    def __init__(self, account: Account, wire: Session) -> None:
        super().__init__(account, wire)
        self._whys_left = ASKED_WHY

    def ids(self, query: str) -> tuple[set[int], datetime]:
        found, began = self._walk(query, ["id"], _ids)
        return set(found), began

    def stamps(self, query: str) -> tuple[dict[int, int], datetime]:
        found, began = self._walk(query, ["updated"], _stamps)
        return {id: issue.at for id, issue in found.items()}, began

    def match(self, ids: Sequence[int], queries: Sequence[str]) -> Iterator[tuple[str, set[int]]]:
        """Ask each query about the ids that exist: a query that names one that does not is refused as a whole."""
        for first in range(0, len(ids), NAMED):
            part = ids[first : first + NAMED]
            held = self._existing(part)
            for query in queries:
                yield query, self._match(query, held) if held else set()

    def bodies(self, ids: Sequence[int], fields: frozenset[str]) -> list[answers.Issue]:
        link = self._epic_link
        more = fields | {link} if link else fields
        query = f"id in ({', '.join(map(str, ids))})"
        wanted = sorted({*answers.STANDARD, *more})
        found, _ = self._walk(query, wanted, answers.bodies, checked=False)
        for issue in found.values():
            if link and issue.fields.get("parent") is None and isinstance(issue.fields.get(link), str):
                issue.fields["parent"] = {"key": issue.fields[link]}
        return list(found.values())

    def children(self, nodes: Mapping[int, str]) -> tuple[list[Child], datetime]:
        link, found = self._epic_link, []
        parents = {key: id for id, key in {**nodes, **self._keys([id for id in nodes if not nodes[id]])}.items()}
        began: datetime | None = None
        wanted = sorted(nodes)
        for first in range(0, len(wanted), NAMED):
            part = ", ".join(map(str, wanted[first : first + NAMED]))
            query = f"parent in ({part})" + (f" OR cf[{link.removeprefix('customfield_')}] in ({part})" if link else "")
            more = frozenset({link}) if link else frozenset()
            issues, at = self._walk(query, sorted({*answers.STANDARD, *more}), answers.bodies)
            began = began or at
            for id, issue in issues.items():
                above = [member(issue.fields, "parent", "key"), issue.fields.get(link) if link else None]
                updated = answers.milliseconds(issue.fields.get("updated"))
                found += [
                    Child(id, str(issue.key), parents[key], updated)
                    for key in above
                    if isinstance(key, str) and key in parents
                ]
        assert began is not None
        return found, began

    def listed(self, board: str) -> tuple[dict[int, int], datetime]:
        """Read a board's issues in the board's order: read again when it moved meanwhile."""
        for _ in range(AGAIN):
            found: dict[int, int] = {}
            began: datetime | None = None
            totals: set[int] = set()
            for _ in range(MAX_PAGES):
                place = {"startAt": len(found), "maxResults": PAGE, "fields": "updated"}
                response = self.get_whole(f"board/{board}/issue", place, AGILE)
                began = began or began_at(response)
                page = decode(answers.server_stamps, response.content, "jira")
                totals.add(page.total)
                for i, issue in enumerate(page.issues):
                    found[number(issue.id, f"issues[{i}].id")] = issue.at
                if not page.issues or len(found) >= page.total:
                    break
            if totals == {len(found)} and began is not None:
                return found, began
        raise TryLater(f"jira: board {board} moved {AGAIN} times while it was read")

    def absences(self, ids: Sequence[int]) -> Mapping[int, Absence]:
        """Ask for some of the issues one by one: a server says 403 of what is hidden, and 404 of what is not there."""
        said: dict[int, Absence] = {}
        part = ids[: self._whys_left]
        self._whys_left -= len(part)
        for id in part:
            try:
                self.get(f"issue/{id}", {"fields": "id"})
            except Gone:
                said[id] = Absence.DELETED
            except Unauthorized as refused:
                if ": 403" not in str(refused):
                    raise
                said[id] = Absence.HIDDEN
        return said

    def present(self, refs: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for first in range(0, len(refs), NAMED):
            query = f"key in ({', '.join(refs[first : first + NAMED])})"
            issues, _ = self._walk(query, ["id"], _ids, checked=False)
            found.update(issue.key for issue in issues.values() if isinstance(issue.key, str))
        return found

    def steps(self, ids: Sequence[int]) -> Mapping[int, list[Step]]:
        """Read changelogs with the search itself, in small pages: they come whole, with all that ever changed."""
        found: dict[int, list[Step]] = {}
        for first in range(0, len(ids), LOGS):
            query = f"id in ({', '.join(map(str, ids[first : first + LOGS]))})"
            body = {"jql": query, "startAt": 0, "maxResults": LOGS, "fields": ["id"], "validateQuery": False}
            page = tame(self.post("search", {**body, "expand": ["changelog"]}).content, "jira changelogs")
            read = 0
            for issue in page["issues"]:
                read += 1
                id = number(issue["id"].key(), "issues.id")
                found[id] = list(steps_of(issue["changelog"]["histories"]))
            require_asked(found, ids, "issues")
            if read < page["total"].number():
                raise Misconfigured(
                    f"jira gives {read} issues a page, too few to read their histories by",
                    field="base_url",
                    hint="have an admin raise jira.search.views.default.max to 1000",
                )
        return found

    def projects(self, words: str) -> Iterator[Wild]:
        low = words.lower()
        found = [one for one in self.get("project") if low in f"{one['key'].text()} {one['name'].text()}".lower()]
        yield from sorted(found, key=lambda one: one["key"].text())

    def filters(self, words: str) -> Iterator[Wild]:
        """Yield the account's favourites: a server lists no others."""
        for one in self.get("filter/favourite"):
            if words.lower() in one["name"].text().lower():
                yield one

    @cached_property
    def _epic_link(self) -> str:
        """The id of the field that says to which epic a story belongs; "" on a server without Jira Software."""
        for field in Wild(self.fields(), "jira", "field"):
            schema = field.maybe("schema")
            custom = schema.maybe("custom") if schema is not None and schema.is_object else None
            if custom is not None and not custom.is_null and custom.text() == _EPIC_LINK:
                return field["id"].text()
        return ""

    def _walk(
        self, query: str, fields: Sequence[str], read: Callable[[bytes], Any], *, checked: bool = True
    ) -> tuple[dict[int, Any], datetime]:
        """Return the issues of all pages by id. Without `checked` a value that does not exist is no error.

        Pages that count with startAt repeat and skip issues when the list moves under them
        (https://support.atlassian.com/jira/kb/inconsistent-paginated-api-search-result/). Keys are unique and stay,
        and each page begins with the last issue of the one before: while it does, nothing was skipped.
        """
        for _ in range(AGAIN):
            found = self._walk_once(f"{query} ORDER BY key ASC", fields, read, checked)
            if found is not None:
                return found
        raise TryLater(f"jira: the list of issues moved {AGAIN} times while it was read")

    def _walk_once(
        self, jql: str, fields: Sequence[str], read: Callable[[bytes], Any], checked: bool
    ) -> tuple[dict[int, Any], datetime] | None:
        found: dict[int, Any] = {}
        began: datetime | None = None
        start, last = 0, -1
        for _ in range(MAX_PAGES):
            body = {"jql": jql, "startAt": start, "maxResults": PAGE, "fields": list(fields)}
            response = self.post("search", body if checked else {**body, "validateQuery": False})
            began = began or began_at(response)
            page = read(response.content)
            if page.start_at != start:
                raise Unexpected(f"jira changed shape at startAt: {start} asked, {page.start_at} answered")
            numbers = [number(issue.id, f"issues[{i}].id") for i, issue in enumerate(page.issues)]
            if start and numbers[:1] != [last]:
                return None
            found.update(zip(numbers, page.issues, strict=True))
            if start + len(numbers) >= page.total:
                return found, began
            if len(numbers) < 2:
                raise Misconfigured(
                    f"jira gives {len(numbers)} issues a page, too few to read by",
                    field="base_url",
                    hint="have an admin raise jira.search.views.default.max to 1000",
                )
            start, last = start + len(numbers) - 1, numbers[-1]
        raise Unexpected(f"jira did not come to an end in {MAX_PAGES} pages")

    def _keys(self, ids: Sequence[int]) -> Mapping[int, str]:
        if not ids:
            return {}
        query = f"id in ({', '.join(map(str, ids))})"
        found, _ = self._walk(query, ["id"], _ids, checked=False)
        return {id: str(issue.key) for id, issue in found.items()}

    def _existing(self, ids: Sequence[int]) -> list[int]:
        found, _ = self._walk(f"id in ({', '.join(map(str, ids))})", ["id"], _ids, checked=False)
        return sorted(found)

    def _match(self, query: str, ids: list[int]) -> set[int]:
        asked = ids
        for _ in range(AGAIN):
            jql = f"id in ({', '.join(map(str, asked))}) AND ({query})"
            response = self.send("search", {"jql": jql, "startAt": 0, "maxResults": PAGE, "fields": ["id"]})
            if response.status_code != 400:
                answer(response, what="jira: search")
                page = decode(answers.server_ids, response.content, "jira")
                if page.total > len(page.issues):
                    found, _ = self._walk(jql, ["id"], _ids)
                    require_asked(found, asked, "issues")
                    return set(found)
                matched = [number(issue.id, f"issues[{i}].id") for i, issue in enumerate(page.issues)]
                require_asked(matched, asked, "issues")
                return set(matched)
            held = self._existing(asked)
            if held == asked:
                try:
                    answer(response, what="jira: search")
                except Misconfigured as refused:
                    raise unreadable(query, str(refused)) from refused
            if not held:
                return set()
            asked = held  # one was deleted between the two questions
        raise TryLater("jira: issues went away while queries were matched")
