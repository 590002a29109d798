"""Vendors' own libraries on our wire: SDKs at the door, dictionaries inside.

Each is imported when asked for, and sends nothing while being made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from requests import Response, Session
from requests.auth import AuthBase

from connectors.tame import without_halves
from connectors.wire import CONNECT_TIMEOUT, READ_TIMEOUT, adapter_of, mount

if TYPE_CHECKING:
    from asana import ApiClient
    from jira import JIRA
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from trello import TrelloClient

T = TypeVar("T")


def jira_client(wire: Session, base_url: str, auth: AuthBase | None, *, is_cloud: bool) -> JIRA:
    """Return a `jira.JIRA` client over the wire's adapter: REST v3 for Jira Cloud, v2 for Data Center.

    `auth` signs its requests; None where the wire does. Its own retries are off (they repeat POSTs after a lost
    answer), and the deployment type is set by hand because its Cloud-only calls return None when it has not asked
    the server.
    """
    from jira import JIRA

    options: dict[str, Any] = {"rest_api_version": "3" if is_cloud else "2"}
    client = JIRA(
        server=base_url,
        options=options,
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        max_retries=0,
        get_server_info=False,
        logging=False,
    )
    client.deploymentType = "Cloud" if is_cloud else "Server"
    client._session.auth = auth
    mount(client._session, adapter_of(wire))
    return client


class Carried:
    """An answer on its way through an SDK that wants to see a status and bytes. `response` is the wire's own."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.status = response.status_code
        self.reason = response.reason
        self.data = response.content

    def getheaders(self) -> Mapping[str, str]:
        return self.response.headers


class _AsanaRest:
    """What stands in the place of the asana package's urllib3 client: the same four verbs over a wire.

    Nothing is raised for an error status: whoever called reads it from the answer.
    """

    def __init__(self, wire: Session, headers: Mapping[str, str]) -> None:
        self._wire = wire
        self._headers = dict(headers)

    def _send(
        self,
        method: str,
        url: str,
        query_params: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        **_ignored: Any,
    ) -> Carried:
        sent = {**(headers or {}), **self._headers}
        return Carried(self._wire.request(method, url, params=query_params or None, headers=sent, json=body))

    def GET(self, url: str, **more: Any) -> Carried:  # noqa: N802  (the package's own names)
        return self._send("GET", url, **more)

    def POST(self, url: str, **more: Any) -> Carried:  # noqa: N802
        return self._send("POST", url, **more)

    def PUT(self, url: str, **more: Any) -> Carried:  # noqa: N802
        return self._send("PUT", url, **more)

    def DELETE(self, url: str, **more: Any) -> Carried:  # noqa: N802
        return self._send("DELETE", url, **more)


def asana_client(wire: Session, api_url: str, headers: Mapping[str, str]) -> ApiClient:
    """Return an `asana.ApiClient` over the wire. `headers` go with every request; without them the wire signs.

    The package's own constructors are passed by: they start a thread pool and a urllib3 pool for each client, and set
    levels and handlers on the `asana` and `urllib3` loggers.
    """
    from asana import ApiClient

    class Client(ApiClient):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self.configuration = SimpleNamespace(
                host=api_url, safe_chars_for_path_param="", return_page_iterator=False, auth_settings=dict
            )
            self.rest_client = _AsanaRest(wire, headers)
            self.default_headers: dict[str, str] = {}
            self.cookie = None

    return Client()


def trello_client(
    wire: Session, base_url: str, headers: Mapping[str, str], heard: Callable[[Response], None]
) -> TrelloClient:
    """Return a `trello.TrelloClient` whose `fetch_json` speaks over the wire to `base_url`.

    Its import would put pyOpenSSL under urllib3 where that is installed: it must not come into the lock files.
    It knows one address, signs in the query string and tells of a refusal without its headers: so it is made without
    a key, `headers` sign, and `heard` sees each answer first and raises for those that are refusals. Its objects are
    not used: their methods share mutable defaults and fail where fields were left out.
    """
    from trello import TrelloClient

    return TrelloClient(api_key=None, http_service=_TrelloService(wire, base_url, headers, heard))


class _TrelloService:
    """Stands where py-trello expects the requests module."""

    def __init__(
        self, wire: Session, base_url: str, headers: Mapping[str, str], heard: Callable[[Response], None]
    ) -> None:
        self._wire, self._base, self._headers, self._heard = wire, base_url, headers, heard

    def request(self, method: str, url: str, *, headers: Mapping[str, str], **more: Any) -> Response:
        """Send what `fetch_json` made, to where the settings say and signed as they say."""
        sent = {name: value for name, value in headers.items() if name != "User-Agent"} | dict(self._headers)
        if more.get("data") is None:
            sent.pop("Content-Type", None)
        more = {name: value for name, value in more.items() if name in ("params", "data")}
        response = self._wire.request(
            method, self._base + url.removeprefix("https://api.trello.com"), headers=sent, **more
        )
        self._heard(response)
        response._content = without_halves(response.content)
        return response


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run what an SDK does asynchronously to its end; within somebody else's event loop, in a thread beside it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # the usual case: there is none
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(copy_context().run, asyncio.run, work).result()


def graph_adapter(wire: Session, hear: Callable[[Response], Response]) -> GraphRequestAdapter:
    """Return msgraph-sdk's request adapter over the wire. `hear` sees each answer first.

    Ask it for "bytes": its models take 6 to 18 ms a task. It gets an httpx client of our own, so none of its middleware
    is there: that repeats POSTs, and its Authorization would follow a link to any host. Each call runs in an event loop
    of its own; nothing in the client outlives one, since the transport below is not asynchronous at all.
    """
    import httpx
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            body = await request.aread()
            headers = {name: value for name, value in request.headers.items() if name in _SENT}
            heard = hear(wire.request(request.method, str(request.url), headers=headers, data=body or None))
            # what an error means is for `hear` to say: the SDK is shown success alone
            return httpx.Response(200, headers={"Content-Type": "application/json"}, content=heard.content)

    client = httpx.AsyncClient(transport=Transport(), trust_env=False)
    return GraphRequestAdapter(AnonymousAuthenticationProvider(), client=client)


_SENT = frozenset({"accept", "content-type", "prefer", "consistencylevel"})  # the rest is the wire's own to say
