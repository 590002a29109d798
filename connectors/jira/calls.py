"""The calls to a Jira, whichever it is: `cloud` and `data_center` say how each reads.

Bulk reads go over the wire's session directly and are decoded as bytes; the `jira` package carries the rest.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from requests import Response, Session

from connectors import bridges
from connectors.errors import ConnectorError, Gone, Unauthorized, Unexpected
from connectors.jira import answers
from connectors.jira.items import state_of
from connectors.jira.settings import Account
from connectors.jira.steps import Step
from connectors.shapes import Absence, State
from connectors.tame import Wild
from connectors.wire import SAFE, answer, server_time

if TYPE_CHECKING:
    from jira import JIRA

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[1-9][0-9]*", re.ASCII)
BODIES = 100  # the most issues that are asked for at once, with their fields
MAX_PAGES = 2000  # ten million ids: a read that long is a loop
API = "{server}/rest/{rest_path}/{rest_api_version}/{path}"  # as the jira package writes addresses
AGILE = "{server}/rest/agile/1.0/{path}"
SOFTWARE = "{server}/rest/software/1.0/{path}"


@dataclass(frozen=True, slots=True)
class Child:
    """An issue below another: `updated` in milliseconds since 1970."""

    id: int
    key: str
    parent: int
    updated: int


class Calls(ABC):
    """Ask one Jira. Thread-safe as far as `bodies` goes. Times are aware, in UTC; queries come without an order."""

    def __init__(self, account: Account, wire: Session) -> None:
        self.account = account
        self.wire = wire
        # Names of types, statuses, resolutions and priorities come in the language of the account's profile otherwise,
        # and change with it: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#special-request-headers
        self._language = {"X-Force-Accept-Language": "true", "Accept-Language": account.language}

    # -- how it reads: each deployment its own way

    @abstractmethod
    def ids(self, query: str) -> tuple[set[int], datetime]:
        """Return the ids of all issues a query finds, and the server's time when the search began."""

    @abstractmethod
    def stamps(self, query: str) -> tuple[dict[int, int], datetime]:
        """Return id -> `updated` in milliseconds since 1970, and the server's time when the search began."""

    @abstractmethod
    def match(self, ids: Sequence[int], queries: Sequence[str]) -> Iterator[tuple[str, set[int]]]:
        """Yield (query, the ids among those asked that it holds) for every query, at least once each."""

    @abstractmethod
    def bodies(self, ids: Sequence[int], fields: frozenset[str]) -> list[answers.Issue]:
        """Return those of at most 100 issues that exist and may be seen, with the standard fields and these."""

    @abstractmethod
    def children(self, nodes: Mapping[int, str]) -> tuple[list[Child], datetime]:
        """Return the issues right below these (id -> key), and the server's time when the search began."""

    @abstractmethod
    def listed(self, board: str) -> tuple[dict[int, int], datetime]:
        """Return what a board itself lists, as `stamps` does: for boards whose filter this account cannot see."""

    @abstractmethod
    def absences(self, ids: Sequence[int]) -> Mapping[int, Absence]:
        """Say why issues did not come, as far as this Jira tells a deleted issue from a hidden one."""

    @abstractmethod
    def present(self, refs: Sequence[str]) -> set[str]:
        """Return the present keys of those of these issues (by key) that exist and may be seen."""

    @abstractmethod
    def steps(self, ids: Sequence[int]) -> Mapping[int, list[Step]]:
        """Return the changes of status of at most 1,000 issues, by issue."""

    @abstractmethod
    def projects(self, words: str) -> Iterator[Wild]:
        """Yield the projects whose key or name contains `words`, ordered by key."""

    @abstractmethod
    def filters(self, words: str) -> Iterator[Wild]:
        """Yield the saved filters whose name contains `words`."""

    # -- what all have

    @cached_property
    def sdk(self) -> JIRA:
        """The `jira` package's client, made when first asked for."""
        client = bridges.jira_client(self.wire, self.account.base, self.account.auth, is_cloud=self.account.is_cloud)
        client._session.headers.update(self._language)
        client._session.hooks["response"].append(lambda response, **_: signed_in(response))
        return client

    def myself(self) -> Wild:
        """Ask for the account (GET /myself)."""
        return Wild(self.over_sdk("myself", self.sdk.myself), "jira", "myself")

    def now(self) -> datetime:
        """Ask for the server's time (GET /myself)."""
        return began_at(self.get_whole("myself", {}))

    def called_now(self, refs: Iterable[str]) -> dict[str, str]:
        """Return what each of these keys is now: another where its issue moved, itself where nothing is by that key.

        One request for all, and one more for each that moved. Jira finds an issue by its former keys:
        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-get
        """
        wanted = sorted(ref for ref in refs if KEY.fullmatch(ref))
        found = {ref: ref for ref in wanted}
        known = {key.upper() for key in self.present(wanted)} if wanted else set()
        for ref in wanted:
            if ref.upper() in known:
                continue
            try:
                found[ref] = self.get(f"issue/{ref}", {"fields": "summary"})["key"].text()
            except Gone:
                continue
            except Unauthorized as refused:
                if ": 403" not in str(refused):
                    raise
        return found

    @cached_property
    def states(self) -> Mapping[str, State]:
        """What each status of the site stands for, by its id (GET /status). One of no category we know is left out."""
        found = {}
        for status in self.get("status"):
            state = state_of(status["statusCategory"]["key"].text())
            if state is not None:
                found[status["id"].key()] = state
        return found

    def fields(self) -> Any:
        """Ask for all fields of the site (GET /field)."""
        return self.over_sdk("fields", self.sdk.fields)

    def boards(self, words: str) -> Iterator[Wild]:
        """Yield the boards whose name contains `words` (GET /rest/agile/1.0/board, 50 a request)."""
        yield from self.paged("board", {"name": words} if words else {}, AGILE)

    def sprints(self, board: str, states: str) -> Iterator[Wild]:
        """Yield the sprints of a board in these states: active, closed, future, joined by commas."""
        yield from self.paged(f"board/{board}/sprint", {"state": states}, AGILE)

    def reads(self, query: str) -> bool:
        """Whether this account may ask a query: false where it names what the account cannot see."""
        response = self.send(self.searches, {"jql": query, "fields": ["id"], "maxResults": 1})
        if response.status_code == 400:
            return False
        answer(response, what="jira: search")
        return True

    @property
    @abstractmethod
    def searches(self) -> str:
        """The path of search below the API."""

    # -- how a request goes out

    def get(self, path: str, params: Mapping[str, object] | None = None, base: str = API) -> Wild:
        """GET over the jira package, which has no method for most of what is asked."""
        found = self.over_sdk(path, lambda: self.sdk._get_json(path, params=dict(params or {}), base=base))
        return Wild(found, "jira", path)

    def get_whole(self, path: str, params: Mapping[str, object], base: str = API) -> Response:
        """GET over the package's session, whose `_get_json` keeps no headers: the server's time is in one of them."""
        address = self.sdk._get_url(path, base)
        found = self.over_sdk(
            path, lambda: self.sdk._session.get(address, params={k: str(v) for k, v in params.items()})
        )
        assert isinstance(found, Response)
        return found

    def paged(self, path: str, params: Mapping[str, object], base: str = API) -> Iterator[Wild]:
        """Yield the values of all pages that count with startAt."""
        start = 0
        for _ in range(MAX_PAGES):
            page = self.get(path, {"startAt": start, "maxResults": 50, **params}, base)
            count = 0
            for value in page["values"]:
                count += 1
                yield value
            last = page.maybe("isLast")
            if count == 0 or (last is not None and last.flag()):
                return
            start += count
        raise Unexpected(f"jira: the list of {path} did not come to an end in {MAX_PAGES} pages")

    def write(self, method: str, path: str, body: object) -> Response:
        """Send a change over the jira package, once: the wire alone decides whether it may be repeated."""
        address = self.sdk._get_url(path)
        sent = self.over_sdk(path, lambda: self.sdk._session.request(method, address, data=msgspec.json.encode(body)))
        assert isinstance(sent, Response)
        return sent

    def post(self, path: str, body: Mapping[str, object]) -> Response:
        """POST a question, and raise what its answer stands for."""
        response = self.send(path, body)
        answer(response, what=f"jira: {path}")
        return response

    def send(self, path: str, body: Mapping[str, object]) -> Response:
        """POST a question: these calls read, so they are marked safe to repeat."""
        response = self.wire.post(
            f"{self.account.api}/{path}",
            data=msgspec.json.encode(body),
            headers={**SAFE, **self._language, "Content-Type": "application/json", "Accept": "application/json"},
            auth=self.account.auth,
        )
        signed_in(response)
        return response

    def over_sdk(self, what: str, call: Any) -> Any:
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


def require_asked(came: Collection[int], asked: Collection[int], path: str) -> None:
    """Raise Unexpected where an answer tells of issues that nobody asked for: then it is not the answer to this."""
    strange = set(came).difference(asked)
    if strange:
        raise Unexpected(
            f"jira changed shape at {path}: {len(strange)} issues came that nobody asked for, such as {min(strange)}"
        )


def began_at(response: Response) -> datetime:
    """Return when the server answered. Raises Unexpected when it does not say."""
    at = server_time(response)
    if at is None:
        raise Unexpected("jira sent no Date header, so there is no telling where the next read should start")
    return at


def signed_in(response: Response) -> None:
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
