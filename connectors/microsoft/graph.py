"""Asking Graph: one resource, all pages of a list, or twenty questions at once.

Ordinary calls travel through msgraph-sdk's request adapter; `$batch` goes over the wire's session, because
the SDK's own loses its answers' bodies (https://github.com/microsoft/kiota-python/issues/737).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec
from requests import Response, Session
from requests.structures import CaseInsensitiveDict

from connectors import bridges
from connectors.errors import TryLater, Unauthorized, Unexpected
from connectors.microsoft import answers
from connectors.microsoft.answers import Paged
from connectors.microsoft.settings import Account
from connectors.tame import decode
from connectors.wire import SAFE, adapter_of, answer, server_time, wait_asked

if TYPE_CHECKING:
    from msgraph.graph_request_adapter import GraphRequestAdapter

AT_ONCE = 20  # the most requests of a batch: https://learn.microsoft.com/graph/json-batching
ROUNDS = 4  # how often what was throttled within a batch is asked again
MAX_PAGES = 1000
_PASSING = frozenset({429, 502, 503, 504})
_GRANT = "check the connection: it names the permission that is missing"
_BREATH = timedelta(seconds=2)  # where a throttled answer names no wait

T = TypeVar("T")


class Forbidden(Unauthorized):
    """The sign-in is good, and this one thing is not for it."""


class Graph:
    """One tenant's Graph, asked by one sign-in, which the wire adds. Notes the server's time of the first answer."""

    def __init__(self, account: Account, wire: Session) -> None:
        self.account = account
        self._wire = wire
        self.began: datetime | None = None
        self._heard: Response | None = None

    @cached_property
    def _sdk(self) -> GraphRequestAdapter:
        """The SDK's request adapter, imported when first asked for."""
        return bridges.graph_adapter(self._wire, self._hear)

    def get(self, path: str, *, what: str, passing: Collection[int] = ()) -> Response:
        """GET a path below v1.0, or an address that Graph gave.

        Returns answers of 2xx and of the statuses in `passing`, and raises what any other means.
        """
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        asked = RequestInformation()
        asked.http_method = Method.GET
        asked.url = path if "://" in path else f"{self.account.api}/{path}"
        asked.headers.try_add("Accept", "application/json")
        self._heard = None
        bridges.finish(self._sdk.send_primitive_async(asked, "bytes", {}))
        heard = self._taken(what)
        if heard.status_code == 403 and 403 not in passing:
            raise Forbidden(f"microsoft: {what} may not be read by this account", hint=_GRANT)
        if heard.status_code not in passing:
            answer(heard, what=f"microsoft: {what}")
        return heard

    def _taken(self, what: str) -> Response:
        heard, self._heard = self._heard, None
        if heard is None:
            raise Unexpected(f"microsoft: {what}: the SDK sent nothing")
        return heard

    def _hear(self, response: Response) -> Response:
        """Keep an answer as the wire gave it: the SDK's own errors know less than ours. Notes the server's time."""
        self._heard = response
        self._note_time(response)
        return response

    def _note_time(self, response: Response) -> None:
        if self.began is None:
            self.began = server_time(response)

    @property
    def now(self) -> datetime:
        """The server's time (UTC) at the first answer of this read. Raises Unexpected where there was none."""
        if self.began is None:
            raise Unexpected("microsoft sent no Date header, so there is no telling how old names are")
        return self.began

    def pages(
        self, path: str, decoder: msgspec.json.Decoder[Paged[T]], *, what: str, first: Response | None = None
    ) -> Iterator[Paged[T]]:
        """Yield the pages of a list. An empty page with a link is not the end; a link seen twice is a loop."""
        seen: set[str] = set()
        response = first if first is not None else self.get(path, what=what)
        for _ in range(MAX_PAGES):
            page = decode(decoder, response.content, f"microsoft: {what}")
            yield page
            link = page.next_link
            if not link:
                return
            if link in seen:
                raise Unexpected(f"microsoft: {what}: the same nextLink came twice, its pages go round in a circle")
            seen.add(link)
            response = self.get(self.trusted(link), what=what)
        raise Unexpected(f"microsoft: {what} did not come to an end in {MAX_PAGES} pages")

    def all(self, path: str, decoder: msgspec.json.Decoder[Paged[T]], *, what: str) -> list[T]:
        """Return everything in a list."""
        return [one for page in self.pages(path, decoder, what=what) for one in page.value]

    def trusted(self, link: str) -> str:
        """Return a link that Graph gave. Raises Unexpected unless it leads to our Graph: the token goes with it."""
        given, ours = urlsplit(link), urlsplit(self.account.base)
        if (given.scheme, given.netloc) != (ours.scheme, ours.netloc) or not given.path.startswith("/v1.0/"):
            raise Unexpected("microsoft sent a link that leads away from Graph: it is not followed")
        return link

    def batch(self, paths: Mapping[str, str], *, what: str) -> dict[str, Response]:
        """GET many paths, twenty a request, and return each answer by its name, whatever its status.

        What is throttled or fails within a batch is asked again after the wait it names. Raises TryLater where Graph
        goes on throttling.
        """
        found: dict[str, Response] = {}
        left: Sequence[str] = list(paths)
        for number in range(ROUNDS):
            again: list[str] = []
            wait = timedelta()
            for start in range(0, len(left), AT_ONCE):
                for name, response in self._batch({n: paths[n] for n in left[start : start + AT_ONCE]}, what):
                    if response.status_code in _PASSING:
                        again.append(name)
                        wait = max(wait, wait_asked(response) or _BREATH)
                    found[name] = response
            if not again:
                break
            throttled = sum(found[name].status_code == 429 for name in again)
            adapter_of(self._wire).counter.add(throttled=throttled)
            if number + 1 == ROUNDS:
                if throttled:
                    raise TryLater(f"microsoft: {what}: {throttled} answers of a batch asked for a pause", after=wait)
                break
            adapter_of(self._wire).rest(wait)
            left = again
        return found

    def _batch(self, paths: Mapping[str, str], what: str) -> Iterable[tuple[str, Response]]:
        names = list(paths)
        body = {
            "requests": [
                {"id": str(number), "method": "GET", "url": f"/{paths[name]}"} for number, name in enumerate(names, 1)
            ]
        }
        outer = self.send("POST", "$batch", body, what=what, headers=SAFE)
        told = decode(answers.batch, outer.content, f"microsoft: {what}").responses
        came = {one.id: one for one in told}
        if len(came) != len(told) or not came.keys() <= {str(number) for number in range(1, len(names) + 1)}:
            raise Unexpected(f"microsoft: a batch of {what} holds an answer twice, or one nobody asked for")
        for number, name in enumerate(names, 1):
            one = came.get(str(number))
            if one is None:
                raise Unexpected(f"microsoft changed shape at responses: a batch of {what} lacks an answer")
            yield name, _inner(one, outer)

    def send(
        self, method: str, path: str, body: Mapping[str, object] | None, *, what: str,
        headers: Mapping[str, str] | None = None, passing: Collection[int] = (),
    ) -> Response:  # fmt: skip
        """Send JSON to a path below v1.0. Raises what an answer means, unless its status is in `passing`."""
        response = self._wire.request(
            method,
            f"{self.account.api}/{path}",
            data=None if body is None else msgspec.json.encode(body),
            headers={"Accept": "application/json", "Content-Type": "application/json", **(headers or {})},
        )
        self._note_time(response)
        if response.status_code not in passing:
            answer(response, what=f"microsoft: {what}")
        return response


def _inner(one: answers.BatchAnswer, outer: Response) -> Response:
    """Make an answer within a batch look like any other, so that it is judged alike."""
    made = Response()
    made.status_code = one.status
    made.headers = CaseInsensitiveDict(one.headers)
    made._content = bytes(one.body)
    made.url = outer.url
    made.request = outer.request
    if "Date" in outer.headers:
        made.headers["Date"] = outer.headers["Date"]
    made.connection = outer.connection  # what cleans secrets from messages
    return made
