"""The calls to Jira Cloud that reading takes, each with the caps and traps it has.

Bulk reads go over the wire's session directly and are decoded as bytes; the `jira` package carries the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from requests import Response, Session

from connectors import bridges
from connectors.errors import ConnectorError, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.jira import answers
from connectors.jira.settings import Account
from connectors.tame import decode
from connectors.wire import SAFE, answer, server_time

if TYPE_CHECKING:
    from jira import JIRA

ID_PAGE = 5000  # the most Jira returns when only ids are asked
STAMP_PAGE = 1000  # Jira gives fewer when fields are asked, as it sees fit
BODIES = 100  # the most bulkfetch takes
MATCH_IDS = 1000  # jql/match has caps it does not publish: asked in halves when it refuses
MATCH_QUERIES = 100
MAX_PAGES = 2000  # ten million ids: a read that long is a loop

P = TypeVar("P", answers.IdPage, answers.StampPage)


class Calls:
    """Ask one site. Thread-safe as far as `bodies` goes."""

    def __init__(self, account: Account, wire: Session) -> None:
        self._account = account
        self._wire = wire

    @cached_property
    def sdk(self) -> JIRA:
        """The `jira` package's client, made when first asked for."""
        client = bridges.jira_client(self._wire, self._account.base, self._account.email, self._account.token)
        client._session.hooks["response"].append(lambda response, **_: _signed_in(response))
        return client

    def myself(self) -> Any:
        """Ask for the account (GET /myself)."""
        return self._over_sdk("myself", self.sdk.myself)

    def fields(self) -> Any:
        """Ask for all fields of the site (GET /field)."""
        return self._over_sdk("fields", self.sdk.fields)

    def projects(self, words: str, start: int) -> Any:
        """Ask for a page of projects from `start` on (GET /project/search), which the package has no method for."""
        params = {"startAt": start, "maxResults": 50, "orderBy": "key"} | ({"query": words} if words else {})
        return self._over_sdk("projects", lambda: self.sdk._get_json("project/search", params=params))

    def ids(self, jql: str) -> tuple[set[int], datetime]:
        """Return the ids of all issues a query finds, and the server's time when the search began."""
        found: set[int] = set()
        began: datetime | None = None
        for page, at in self._pages(jql, ["id"], ID_PAGE, answers.ids):
            began = began or at
            found.update(_number(issue.id, f"issues[{i}].id") for i, issue in enumerate(page.issues))
        assert began is not None
        return found, began

    def stamps(self, jql: str) -> tuple[dict[int, int], datetime]:
        """Return id -> `updated` in milliseconds since 1970, and the server's time when the search began."""
        found: dict[int, int] = {}
        began: datetime | None = None
        for page, at in self._pages(jql, ["updated"], STAMP_PAGE, answers.stamps):
            began = began or at
            for i, issue in enumerate(page.issues):
                found[_number(issue.id, f"issues[{i}].id")] = round(issue.fields.updated.timestamp() * 1000)
        assert began is not None
        return found, began

    def match(self, ids: Sequence[int], queries: Sequence[str]) -> Iterator[tuple[str, set[int]]]:
        """Yield (query, the ids among those asked that it holds) for every query, at least once each."""
        for start in range(0, len(queries), MATCH_QUERIES):
            part = queries[start : start + MATCH_QUERIES]
            for first in range(0, len(ids), MATCH_IDS):
                yield from self._match(ids[first : first + MATCH_IDS], part)

    def bodies(self, ids: Sequence[int], fields: frozenset[str]) -> list[answers.Issue]:
        """Return those of at most 100 issues that exist and may be seen, with the standard fields and these.

        Raises TryLater when Jira says that it could not return one which does exist.
        """
        body = {"issueIdsOrKeys": [str(i) for i in ids], "fields": sorted({*answers.STANDARD, *fields})}
        found = self._read("issue/bulkfetch", body, answers.bodies_with(fields))
        issues: list[answers.Issue] = list(found.issues)
        failed = [_number(error.id, f"issueErrors[{i}].id") for i, error in enumerate(found.issue_errors)]
        if not failed:
            return issues
        if len(ids) == 1:
            raise TryLater(f"jira could not return issue {ids[0]}: {found.issue_errors[0].error_message[:200]}")
        # by its documentation this is passing, or the answer grew too large: a smaller question may do
        for half in (failed[: len(failed) // 2], failed[len(failed) // 2 :]):
            if half:
                issues.extend(self.bodies(half, fields))
        return issues

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
            response = self._post("search/jql", body)
            at = server_time(response)
            if at is None:
                raise Unexpected("jira sent no Date header, so there is no telling where the next read should start")
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
        response = self._send("jql/match", {"issueIds": list(ids), "jqls": list(queries)})
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
                raise Misconfigured(
                    f"jira cannot read the query {query!r}: {' '.join(match.errors)[:300]}",
                    field="select",
                    hint="correct the rule's select; a project or a field it names may be gone",
                )
            yield query, set(match.matched_issues)

    def _read(self, path: str, body: Mapping[str, object], decoder: msgspec.json.Decoder[Any]) -> Any:
        return decode(decoder, self._post(path, body).content, "jira")

    def _post(self, path: str, body: Mapping[str, object]) -> Response:
        response = self._send(path, body)
        answer(response, what=f"jira: {path}")
        return response

    def _send(self, path: str, body: Mapping[str, object]) -> Response:
        """POST a question: these calls read, so they are marked safe to repeat."""
        response = self._wire.post(
            f"{self._account.base}/rest/api/3/{path}",
            data=msgspec.json.encode(body),
            headers={**SAFE, "Content-Type": "application/json", "Accept": "application/json"},
            auth=(self._account.email, self._account.token),
        )
        _signed_in(response)
        return response

    def _over_sdk(self, what: str, call: Any) -> Any:
        """Call the package, and turn its errors into ours. Its own text quotes headers, so it is not passed on."""
        from jira.exceptions import JIRAError

        response: Response | None = None
        try:
            return call()
        except ConnectorError:
            raise
        except JIRAError as error:
            response = error.response
        except ValueError:
            raise Unexpected(f"jira: {what}: the answer is not JSON") from None
        if response is not None:
            answer(response, what=f"jira: {what}")
        raise Unexpected(f"jira: {what}: no answer that the jira package understands")


def _signed_in(response: Response) -> None:
    """Raise Unauthorized where Jira did not accept the token, and answered as if nobody had asked.

    Search, bulkfetch and field lists are open to the anonymous: with an expired token they answer 200 and find
    nothing, which must not pass for a project that is empty. The header says so, as seen in
    https://github.com/MrRefactoring/jira.js/issues/418.
    """
    reason = response.headers.get("X-Seraph-LoginReason", "").upper()
    if any(word in reason for word in ("FAILED", "DENIED", "OUT")):
        raise Unauthorized(
            "jira does not accept the token, and would show only what is public",
            hint="sign in again: the token is wrong, expired or revoked",
        )


def _number(text: str, path: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unexpected(f"jira changed shape at {path}: expected digits, found text")
    return int(text)
