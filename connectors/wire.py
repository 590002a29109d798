"""The one way out: every tool, and every SDK, speaks HTTP over the session opened here.

Time-outs, host list, address guard, pacing, Retry-After, repeats, redaction and counting live in one adapter,
so a session of any library gets all of them by mounting it.
"""

from __future__ import annotations

import random
import time
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import PoolManager

from connectors.addresses import Guard
from connectors.allowance import PATIENCE, Account, Allowance
from connectors.errors import TryLater, Unexpected
from connectors.ledgers import Ledger
from connectors.wire_answers import REPEATABLE, SAFE, answer, has_whole_head, is_page, server_time, wait_asked
from connectors.wire_counts import Counter
from connectors.wire_failures import never_left, next_step, reason_of
from connectors.wire_pauses import Pause
from connectors.wire_pools import bounded_pools
from connectors.wire_redaction import Redactor, quiet_pools, remember
from connectors.wire_sessions import WireSession, mount

__all__ = ["SAFE", "Counter", "WireAdapter", "answer", "is_page", "mount", "open_wire", "server_time", "wait_asked"]

AGENT = "okr-hub"  # what every request calls itself
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds between two bytes
TRIES = 4
LARGEST = 64 * 2**20  # bytes of one answer, unpacked
LONGEST = 120.0  # seconds for one answer, and for all tries together: a byte every now and then does not keep us
_PASSING = frozenset({429, 502, 503, 504})


class Bearer(Protocol):
    """Access tokens for a wire, kept and renewed by somebody else. Raises Unauthorized when a person must sign in."""

    @property
    def identity(self) -> str:
        """What tells this sign-in apart from others by the same app; no secret."""

    def token(self) -> str:
        """Return a token that is good now."""

    def renew(self, refused: str) -> str:
        """Return a token in the place of one that the tool has just refused, renewed at most once for all."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One try: an answer, or why there is none. `sent` says whether the tool may have got the request."""

    response: Response | None = None
    failure: requests.RequestException | None = None
    sent: bool = True


class WireAdapter(HTTPAdapter):
    """The adapter behind every session: see the module. Made by `open_wire`."""

    def __init__(
        self,
        guard: Guard,
        allowance: Allowance,
        counter: Counter,
        redact: Redactor,
        *,
        pool: int,
        longest: float,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        bearer: Bearer | None = None,
    ) -> None:
        self.bearer = bearer
        self._guard = guard
        self._longest = longest
        self._allowance = allowance
        self._sleep = sleep
        self._now = now
        self._random = random.Random()  # noqa: S311  (jitter, no secret)
        self.counter = counter
        self.redact = redact
        super().__init__(pool_connections=8, pool_maxsize=pool, max_retries=0, pool_block=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """Build the pools on connections that check the address they connect to."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **more)
        self.poolmanager.pool_classes_by_scheme = bounded_pools(self._guard, self._longest)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Return the pools behind a proxy, which resolves names itself: bounded in time, and not by address."""
        known = proxy in self.proxy_manager
        found = super().proxy_manager_for(proxy, **more)
        if not known:
            found.pool_classes_by_scheme = bounded_pools(None, self._longest)
        return found

    def send(  # type: ignore[override]
        self, request: PreparedRequest, stream: bool = False, timeout: Any = None, **more: Any
    ) -> Response:
        """Send a request, repeating what may be repeated, and return the answer with its body read.

        Raises Misconfigured for an address that may not be reached, and TryLater when the tool could not be
        reached, asked for a wait, or went on failing; while such a wait lasts nothing is sent. No redirect is
        followed: its Location is taken away.
        """
        if self.bearer is None or "Authorization" in request.headers:
            return self._send(request, stream=stream, timeout=timeout, **more)
        token = self.bearer.token()
        response = self._send(_signed(request, token), stream=stream, timeout=timeout, **more)
        if response.status_code == 401:  # it lapsed, or was renewed by somebody else, since it was handed out
            response.close()
            response = self._send(_signed(request, self.bearer.renew(token)), stream=stream, timeout=timeout, **more)
        response.request = request  # without the token
        return response

    def rest(self, wait: timedelta) -> None:
        """Send nothing for a while: a tool asked for a pause within an answer that is a success itself.

        A short wait is sat out by the next request; a long one makes it raise TryLater.
        """
        seconds = wait.total_seconds()
        self._allowance.pause(Pause(wait), seconds, leaves=seconds > PATIENCE)

    def _send(self, request: PreparedRequest, *, stream: bool, timeout: Any, **more: Any) -> Response:
        self._guard.admits(request.url or "")
        repeatable = (request.method or "").upper() in REPEATABLE or "X-Hub-Safe" in request.headers
        bare = request.copy()
        bare.headers.pop("X-Hub-Safe", None)
        bare.headers["User-Agent"] = AGENT  # whichever library wrote the request
        waited, began = 0.0, time.monotonic()
        for number in range(1, TRIES + 1):
            with self._allowance.turn(request, PATIENCE - waited) as turn:
                outcome = self._try(bare, stream=stream, timeout=timeout, **more)
            waited += turn
            response = outcome.response
            if response is not None and response.status_code not in _PASSING:
                self._allowance.heed(bare, response)
                response.request = request  # with its mark, for `answer`
                response.headers.pop("Location", None)
                return response
            asked = Pause(None) if response is None else self._allowance.asked(bare, response)
            throttled = response is not None and response.status_code == 429
            # a certificate does not mend itself within seconds, whatever the request
            refused = isinstance(outcome.failure, requests.exceptions.SSLError)
            again = (repeatable or throttled or not outcome.sent) and not refused
            again = again and time.monotonic() - began < self._longest
            pause = self._pause(number, asked.wait)
            if not again or number == TRIES or waited + pause > PATIENCE:
                if asked.wait is not None:
                    self._allowance.pause(asked, asked.wait.total_seconds(), leaves=True)
                raise self._give_up(
                    bare, outcome, asked.wait, tries=number, maybe=not again and outcome.sent and not repeatable
                )
            self.counter.add(retried=1)
            if throttled or asked.wait is not None:
                self._allowance.pause(asked, pause, leaves=False)  # all others of the account wait as well
            else:
                waited += pause
                self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _try(self, request: PreparedRequest, *, stream: bool, timeout: Any, **more: Any) -> _Outcome:
        self.counter.add(requests=1)
        if timeout is None:
            timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
        try:
            response = super().send(request, stream=stream, timeout=timeout, **more)
            if not has_whole_head(response):
                response.close()
                raise requests.exceptions.ChunkedEncodingError("the line was cut in the head of the answer")
            if not stream:
                self._read_whole(response)  # here, so that an answer cut short is tried again
        except requests.RequestException as failure:
            return _Outcome(failure=failure, sent=not never_left(failure))
        if response.status_code == 429:
            self.counter.add(throttled=1)
        return _Outcome(response=response)

    def _read_whole(self, response: Response) -> None:
        """Read the body as `response.content` would, but neither without end nor without measure."""
        size, parts = 0, []
        for part in response.iter_content(65536):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                response.close()
                raise Unexpected(f"{urlsplit(response.url).hostname} sent more than {LARGEST // 2**20} MiB at once")
        # Some servers begin text with a mark of its encoding, which no reader of JSON takes.
        response._content = b"".join(parts).removeprefix(BOM_UTF8)

    def _pause(self, number: int, asked: timedelta | None) -> float:
        backoff = 0.5 * 2.0 ** (number - 1) * self._random.uniform(0.5, 1.0)
        if asked is None:
            return backoff
        # what the tool asks for is the least; spread the threads that were refused together
        return asked.total_seconds() + self._random.uniform(0.0, 0.3)

    def _give_up(
        self, request: PreparedRequest, outcome: _Outcome, asked: timedelta | None, *, tries: int, maybe: bool
    ) -> TryLater:
        host = urlsplit(request.url or "").hostname or "the tool"
        times = "" if tries == 1 else f" after {tries} tries"
        response, failure = outcome.response, outcome.failure
        if response is not None:
            limit = response.status_code == 429
            said = "asked for a pause (429)" if limit else f"answered {response.status_code}"
            return TryLater(f"{host} {said}{times}", after=asked, maybe_arrived=maybe, is_limit=limit)
        error = TryLater(
            f"no answer from {host}{times}: {reason_of(failure)}",
            maybe_arrived=maybe,
            hint=next_step(failure),
        )
        if failure is not None:
            # the library's own exception quotes the URL and holds the request: keep its type and its clean text
            error.__cause__ = type(failure)(self.redact(str(failure)))
        return error


def _signed(request: PreparedRequest, token: str) -> PreparedRequest:
    remember([token])
    signed = request.copy()
    signed.headers["Authorization"] = f"Bearer {token}"
    return signed


def adapter_of(session: Session) -> WireAdapter:
    """Return the adapter of a session that `open_wire` made."""
    found = session.get_adapter("https://")
    if not isinstance(found, WireAdapter):
        raise TypeError("this session was not made by open_wire")
    return found


def open_wire(
    *,
    hosts: Sequence[str],
    base_url: str = "",
    allow_private: Sequence[str] = (),
    counter: Counter | None = None,
    secrets: Sequence[str] = (),
    pool: int = 16,
    longest: float = LONGEST,
    bearer: Bearer | None = None,
    accounts: Sequence[Account] = (),
    ledger: Ledger | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> Session:
    """Open a session for one connection. Nothing is sent yet.

    `hosts` are suffixes, and `base_url` adds its host; `allow_private` are networks in CIDR notation, the only
    ones where http and private addresses pass; `secrets` never show in a message; `pool` connections stay open per
    host; an answer may take `longest` seconds; `bearer` signs every request that carries no Authorization of its own,
    once more after a 401; `accounts` are whom the tool limits, and `ledger` keeps what they asked of it; `sleep` and
    `now` (seconds since 1970, UTC) are for tests.
    HTTP(S)_PROXY and REQUESTS_CA_BUNDLE hold; ~/.netrc and cookies do not. Behind a proxy it is the proxy that
    resolves names, so there only the host list guards. A POST that merely reads is sent with `headers=SAFE`.
    Raises Misconfigured for a network or a `base_url` that cannot be read.
    """
    quiet_pools()
    remember(secrets)
    adapter = WireAdapter(
        Guard(hosts, base_url, allow_private),
        Allowance(accounts, ledger, sleep=sleep, now=now),
        counter or Counter(),
        Redactor(secrets),
        pool=pool,
        longest=longest,
        sleep=sleep,
        now=now,
        bearer=bearer,
    )
    return mount(WireSession(), adapter)
