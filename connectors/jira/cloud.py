"""How Jira Cloud is read: search/jql by tokens, bulkfetch by the hundred, and jql/match for all queries at once.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from connectors.errors import Gone, Misconfigured, TryLater, Unexpected
from connectors.jira import answers
from connectors.jira.answers import number
from connectors.jira.calls import AGILE, BODIES, MAX_PAGES, SOFTWARE, Calls, Child, began_at, require_asked
from connectors.jira.steps import Step, steps_of
from connectors.shapes import Absence
from connectors.tame import Wild, decode, tame
from connectors.wire import answer

ID_PAGE = 5000  # the most Jira returns when only ids are asked
STAMP_PAGE = 1000  # Jira gives fewer when fields are asked, as it sees fit
MATCH_IDS = 1000  # jql/match has caps it does not publish: asked in halves when it refuses
MATCH_QUERIES = 100
HISTORIES = 10_000  # the most changelog/bulkfetch gives at once
NODES = 500  # parents named in one query

P = TypeVar("P", answers.IdPage, answers.StampPage, answers.ChildPage)


class CloudCalls(Calls):
    """Ask one site of Jira Cloud."""

    searches = "search/jql"

    def ids(self, query: str) -> tuple[set[int], datetime]:
        found: set[int] = set()
        began: datetime | None = None
        for page, at in self._pages(f"{query} ORDER BY key ASC", ["id"], ID_PAGE, answers.ids):
            began = began or at
            found.update(number(issue.id, f"issues[{i}].id") for i, issue in enumerate(page.issues))
        assert began is not None
        return found, began

    def stamps(self, query: str) -> tuple[dict[int, int], datetime]:
        found: dict[int, int] = {}
        began: datetime | None = None
        for page, at in self._pages(f"{query} ORDER BY updated ASC", ["updated"], STAMP_PAGE, answers.stamps):
            began = began or at
            for i, issue in enumerate(page.issues):
                found[number(issue.id, f"issues[{i}].id")] = issue.at
        assert began is not None
        return found, began

    def children(self, nodes: Mapping[int, str]) -> tuple[list[Child], datetime]:
        found: list[Child] = []
        began: datetime | None = None
        wanted = sorted(nodes)
        for first in range(0, len(wanted), NODES):
            part = ", ".join(map(str, wanted[first : first + NODES]))
            query = f"parent in ({part}) ORDER BY key ASC"
            for page, at in self._pages(query, ["updated", "parent"], STAMP_PAGE, answers.children):
                began = began or at
                for i, issue in enumerate(page.issues):
                    where = f"issues[{i}]"
                    if issue.fields.parent is None:
                        raise Unexpected(f"jira changed shape at {where}.fields.parent: it is missing")
                    parent = number(issue.fields.parent.id, f"{where}.fields.parent.id")
                    require_asked([parent], wanted, f"{where}.fields.parent.id")
                    found.append(Child(number(issue.id, f"{where}.id"), str(issue.key), parent, issue.at))
        assert began is not None
        return found, began

    def match(self, ids: Sequence[int], queries: Sequence[str]) -> Iterator[tuple[str, set[int]]]:
        for start in range(0, len(queries), MATCH_QUERIES):
            part = queries[start : start + MATCH_QUERIES]
            for first in range(0, len(ids), MATCH_IDS):
                yield from self._match(ids[first : first + MATCH_IDS], part)

    def bodies(self, ids: Sequence[int], fields: frozenset[str]) -> list[answers.Issue]:
        """Return what bulkfetch finds. Raises TryLater when Jira could not return an issue which does exist."""
        body = {"issueIdsOrKeys": [str(i) for i in ids], "fields": sorted({*answers.STANDARD, *fields})}
        found = answers.bodies(self.post("issue/bulkfetch", body).content)
        issues = found.issues
        failed = [number(error.id, f"issueErrors[{i}].id") for i, error in enumerate(found.issue_errors)]
        if not failed:
            return issues
        if len(ids) == 1:
            raise TryLater(f"jira could not return issue {ids[0]}: {found.issue_errors[0].error_message[:200]}")
        # by its documentation this is passing, or the answer grew too large: a smaller question may do
        for half in (failed[: len(failed) // 2], failed[len(failed) // 2 :]):
            if half:
                issues.extend(self.bodies(half, fields))
        return issues

    def listed(self, board: str) -> tuple[dict[int, int], datetime]:
        """Read a board's issues from /rest/software/1.0, and from agile/1.0 on a site that has it not yet.

        agile/1.0 lists are to be removed: https://developer.atlassian.com/cloud/jira/software/changelog/
        """
        try:
            return self._listed(board, SOFTWARE)
        except Gone:
            return self._listed(board, AGILE)

    def absences(self, ids: Sequence[int]) -> Mapping[int, Absence]:
        """Return nothing: to this account a deleted and a hidden issue are the same 404."""
        return {}

    def present(self, refs: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for first in range(0, len(refs), BODIES):
            body = {"issueIdsOrKeys": list(refs[first : first + BODIES]), "fields": ["summary"]}
            issues = answers.bodies(self.post("issue/bulkfetch", body).content).issues
            found.update(issue.key for issue in issues if isinstance(issue.key, str))
        return found

    def steps(self, ids: Sequence[int]) -> Mapping[int, list[Step]]:
        """Read changelogs in bulk, of statuses alone. An issue's may come in pieces, on several pages."""
        found: dict[int, list[Step]] = {}
        token: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            body: dict[str, object] = {
                "issueIdsOrKeys": [str(i) for i in ids],
                "fieldIds": ["status"],
                "maxResults": HISTORIES,
            }
            if token is not None:
                body["nextPageToken"] = token
            page = tame(self.post("changelog/bulkfetch", body).content, "jira changelogs")
            for log in page["issueChangeLogs"]:
                id = number(log["issueId"].key(), "issueChangeLogs.issueId")
                found.setdefault(id, []).extend(steps_of(log["changeHistories"]))
            require_asked(found, ids, "issueChangeLogs")
            more = page.maybe("nextPageToken")
            token = None if more is None or more.is_null else more.text()
            if not token:
                return found
            if token in seen:
                raise Unexpected("jira sent the same nextPageToken twice: its pages go round in a circle")
            seen.add(token)
        raise Unexpected(f"jira did not come to an end in {MAX_PAGES} pages")

    def projects(self, words: str) -> Iterator[Wild]:
        more = {"query": words} if words else {}
        yield from self.paged("project/search", {"orderBy": "key", "expand": "insight", **more})

    def filters(self, words: str) -> Iterator[Wild]:
        more = {"filterName": words} if words else {}
        yield from self.paged("filter/search", {"orderBy": "name", **more})

    def _listed(self, board: str, base: str) -> tuple[dict[int, int], datetime]:
        found: dict[int, int] = {}
        began: datetime | None = None
        place: dict[str, object] = {}
        for _ in range(MAX_PAGES):
            response = self.get_whole(
                f"board/{board}/issue", {"fields": "updated", "maxResults": STAMP_PAGE, **place}, base
            )
            began = began or began_at(response)
            page = decode(answers.stamps, response.content, "jira")
            for i, issue in enumerate(page.issues):
                found[number(issue.id, f"issues[{i}].id")] = issue.at
            if base == SOFTWARE:
                if not page.next_page_token or page.is_last:
                    return found, began
                if place == {"nextPageToken": page.next_page_token}:
                    raise Unexpected("jira sent the same nextPageToken twice: its pages go round in a circle")
                place = {"nextPageToken": page.next_page_token}
            else:
                if not page.issues:
                    return found, began
                place = {"startAt": int(str(place.get("startAt", 0))) + len(page.issues)}
        raise Unexpected(f"jira did not come to an end in {MAX_PAGES} pages")

    def _pages(
        self, jql: str, fields: list[str], size: int, decoder: msgspec.json.Decoder[P]
    ) -> Iterator[tuple[P, datetime]]:
        """Follow the pages of a search. An empty page with a token is not the end; a token seen twice is a loop."""
        token: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            body: dict[str, object] = {"jql": jql, "fields": fields, "maxResults": size}
            if token is not None:
                body["nextPageToken"] = token
            response = self.post("search/jql", body)
            at = began_at(response)
            page = decode(decoder, response.content, "jira")
            yield page, at
            token = page.next_page_token
            if not token or page.is_last:
                return
            if token in seen:
                raise Unexpected("jira sent the same nextPageToken twice: its pages go round in a circle")
            seen.add(token)
        raise Unexpected(f"jira did not come to an end in {MAX_PAGES} pages")

    def _match(self, ids: Sequence[int], queries: Sequence[str]) -> Iterator[tuple[str, set[int]]]:
        response = self.send("jql/match", {"issueIds": list(ids), "jqls": list(queries)})
        if response.status_code in {400, 413} and (len(ids) > 1 or len(queries) > 1):
            by_ids = len(ids) >= len(queries)
            middle = len(ids if by_ids else queries) // 2
            for part in (slice(None, middle), slice(middle, None)):
                yield from self._match(ids[part] if by_ids else ids, queries if by_ids else queries[part])
            return
        answer(response, what="jira: jql/match")
        found = decode(answers.matches, response.content, "jira").matches
        if len(found) != len(queries):
            raise Unexpected(f"jira changed shape at matches: {len(queries)} queries asked, {len(found)} answered")
        for query, match in zip(queries, found, strict=True):
            if match.errors:
                raise unreadable(query, " ".join(match.errors))
            require_asked(match.matched_issues, ids, "matches.matchedIssues")
            yield query, set(match.matched_issues)


def unreadable(query: str, said: str) -> Misconfigured:
    """Return the error of a query that has stopped working."""
    return Misconfigured(
        f"jira cannot read the query {query!r}: {said[:300]}",
        field="select",
        hint="correct the rule's select; a project or a field it names may be gone",
    )
