"""Answer searches: bounded queries, pages with opaque tokens, matching.

Caps and refusals after https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
"""

from __future__ import annotations

import base64
import bisect
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.jira.issues import Issue
from connectors.sandbox.jira.jql import JqlError, read_jql
from connectors.sandbox.jira.jql_meaning import Meaning
from connectors.sandbox.jira.state import Tracker

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
BAD_TOKEN = "The provided next page token is invalid or expired."
SortKey = Callable[[Issue], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """One page: its issues, and the token of the next page if there is one."""

    issues: Sequence[Issue]
    next_token: str | None


class Searching:
    """Search one tracker. Every method expects its lock to be held."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._kept: OrderedDict[str, tuple[int, list[Issue], SortKey]] = OrderedDict()
        self._tokens: OrderedDict[str, tuple[str, tuple[Any, ...]]] = OrderedDict()

    def all(self, jql: str, reconcile: Sequence[int] = (), *, lenient: bool = False) -> tuple[list[Issue], SortKey]:
        """Return every issue a bounded query finds, in its order. Raises JqlError.

        A `lenient` search takes values that do not exist for a warning; a server's search need not be bounded.
        """
        kept = None if lenient else self._kept.get(jql)
        if kept and kept[0] == self._tracker.revision and not self._tracker.lags:
            return kept[1], kept[2]
        query = read_jql(jql)
        if query.where is None and self._tracker.is_cloud:
            raise JqlError(UNBOUNDED)
        meaning = Meaning(self._tracker, lenient=lenient)
        matches: Callable[[Issue], bool] = meaning.predicate(query.where) if query.where else lambda _issue: True
        key = meaning.sort_key(query.order)
        pool = self._tracker.indexed()
        if reconcile:
            fresh = [held for id in reconcile if (held := self._tracker.find(str(id))) is not None]
            named = set(reconcile)
            pool = [*(issue for issue in pool if issue.id not in named), *fresh]
        found = sorted([issue for issue in pool if matches(issue)], key=key)
        if not (meaning.relative or reconcile or lenient or self._tracker.lags):
            self._kept[jql] = (self._tracker.revision, found, key)
            while len(self._kept) > 32:
                self._kept.popitem(last=False)
        return found, key

    def page(self, jql: str, token: str | None, size: int, reconcile: Sequence[int] = ()) -> Found:
        """Return a page. A token holds the place in the order, so what moves between pages may repeat or be missed."""
        found, key = self.all(jql, reconcile)
        start = 0
        if token is not None:
            if token not in self._tokens or self._tokens[token][0] != jql:
                raise JqlError(BAD_TOKEN)
            start = bisect.bisect_right(found, self._tokens[token][1], key=key)
        issues = found[start : start + size]
        if start + size >= len(found):
            return Found(issues, None)
        return Found(issues, self._token(jql, key(issues[-1])))

    def match(self, jqls: Sequence[str], ids: Sequence[int]) -> list[dict[str, Any]]:
        """Say for each query which of the issues it would find; a bad query is an error of its own."""
        wanted = set(ids)
        pool = [issue for issue in self._tracker.indexed() if issue.id in wanted]
        answers: list[dict[str, Any]] = []
        for jql in jqls:
            try:
                where = read_jql(jql).where
                matches = Meaning(self._tracker).predicate(where) if where else lambda _issue: True
            except JqlError as error:
                answers.append({"matchedIssues": [], "errors": [str(error)]})
                continue
            answers.append({"matchedIssues": sorted(i.id for i in pool if matches(i)), "errors": []})
        return answers

    def _token(self, jql: str, place: tuple[Any, ...]) -> str:
        raw = hashlib.sha256(f"{jql}|{place[-1]}|{len(self._tokens)}|{self._tracker.revision}".encode()).digest()
        token = "Ck" + base64.urlsafe_b64encode(raw[:24]).decode()
        self._tokens[token] = (jql, place)
        while len(self._tokens) > 5000:
            self._tokens.popitem(last=False)
        return token
