"""What the accounts behind a connection may still ask of their tool, and the quiet that the tool has asked for."""

from __future__ import annotations

import hashlib
import math
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from requests import PreparedRequest, Response

from connectors import windows
from connectors.errors import TryLater
from connectors.fields import Budget, Description
from connectors.ledgers import Ledger, Memory
from connectors.windows import Claim, State, Verdict
from connectors.wire_pauses import NEAR, Pause, endpoint_of, is_near, issue_of, pause_asked, quota_ends

PATIENCE = 8.0  # seconds of waiting in one call; what is longer belongs to the queue
_GOES_ON = "the hub waits and goes on by itself"
LONGEST = 120.0  # seconds that somebody waits who has used up a window alone: giving up would use it up again


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a tool limits, by a name that tells nothing: one sign-in, or an app with all its sign-ins."""

    name: str
    budgets: tuple[Budget, ...] = ()


def accounts_of(described: Description, settings: Mapping[str, str], identity: str = "") -> tuple[Account, ...]:
    """Return whom the tool limits for what a connection asks: its sign-in first, then what it shares with others.

    A sign-in is known by its tool, its address and all that a person fills in to sign in; `identity` tells apart
    those who signed in at the tool. Connections with the same sign-in share one allowance. A tool that publishes
    no limits has none to share: there each wire is by itself.
    """
    if not described.budgets:
        return ()
    signing = [field.name for way in described.auth for field in way.fields]
    groups: dict[tuple[str, ...], list[Budget]] = {(): [], ("client_id",): []}  # an app may have a quota of its own
    for budget in described.budgets:
        groups.setdefault(budget.by, []).append(budget)
    found = [Account(_digest(described.kind, settings, signing, identity), tuple(groups.pop(())))]
    for names, budgets in groups.items():
        if any(settings.get(name) for name in names):
            found.append(Account(_digest(described.kind, settings, names), tuple(budgets)))
    return tuple(found)


def _digest(kind: str, settings: Mapping[str, str], names: Sequence[str], identity: str = "") -> str:
    parts = [kind, settings.get("base_url", ""), identity, *(f"{n}={settings.get(n, '')}" for n in sorted(set(names)))]
    return f"{kind}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"


class Allowance:
    """Lets requests leave when the tool's limits and pauses allow. One for each wire; thread-safe.

    Windows and pauses are in the ledger, where all who share an account see them. How many are on their way at once
    is known to each process alone.
    """

    def __init__(
        self,
        accounts: Sequence[Account],
        ledger: Ledger | None,
        *,
        sleep: Callable[[float], None],
        now: Callable[[], float],
    ) -> None:
        self._accounts = accounts or (Account(f"wire-{uuid.uuid4().hex}"),)
        self._names = [account.name for account in self._accounts]
        self._ledger = (ledger if accounts else None) or Memory()
        self._sleep, self._now = sleep, now
        self._own: Counter[str] = Counter()  # what this wire has asked, by limit

    @contextmanager
    def turn(self, request: PreparedRequest, patience: float) -> Iterator[float]:
        """Wait for a request's turn, and give the seconds waited; its share of those at once is free at the end.

        Raises TryLater with what is left of a wait that is longer than `patience` seconds, or that nobody should
        sit out.
        """
        claims, crowds = self._claims(request)
        with ExitStack() as held:
            for crowd, number, weight in crowds:
                held.enter_context(_crowd(crowd).place(number, weight))
            yield self._wait(request, claims, patience)

    def pause(self, asked: Pause, seconds: float, *, leaves: bool) -> None:
        """Keep a pause that the tool asked for, for all who share the account or the part of it that it is about."""
        at = self._now()

        def note(states: Sequence[State]) -> None:
            for state in states if asked.is_of_app else states[:1]:
                windows.pause(state, [asked.key], at, seconds, leaves=leaves)

        self._ledger.change(self._names, note)

    def asked(self, request: PreparedRequest, response: Response) -> Pause:
        """Return the pause that an answer asks for; where it only says 429, the window of the limit it is about."""
        if response.status_code == 429:
            self._learn(request)
        found = pause_asked(response, request, datetime.fromtimestamp(self._now(), UTC))
        window = self._window_of(request) if found.wait is None and response.status_code == 429 else None
        return found if window is None else Pause(timedelta(seconds=window[1]), window[0])

    def heed(self, request: PreparedRequest, response: Response) -> None:
        """Go slower, or stop, where an answer says that a limit is near or used up."""
        ends = quota_ends(response)
        if ends is not None:
            self.pause(Pause(ends, is_of_app=True), ends.total_seconds(), leaves=True)
        elif is_near(response):
            self.pause(Pause(None, endpoint_of(request)), NEAR, leaves=False)

    def _learn(self, request: PreparedRequest) -> None:
        """Note that the limits this request came under may be lower than published."""
        claims, _ = self._claims(request)
        at = self._now()

        def note(states: Sequence[State]) -> None:
            for state, group in zip(states, claims, strict=True):
                windows.learn(state, group, at)

        self._ledger.change(self._names, note)

    def _window_of(self, request: PreparedRequest) -> tuple[str, float] | None:
        """Return the key and the seconds of the narrowest limit that a request comes under, if any."""
        found = [
            (key, budget)
            for account in self._accounts
            for budget, key in _matches(account, request)
            if budget.seconds > 0
        ]
        if not found:
            return None
        key, budget = max(found, key=lambda one: (bool(one[1].path), bool(one[1].methods), -one[1].seconds))
        return key, budget.seconds

    def _claims(self, request: PreparedRequest) -> tuple[list[list[Claim]], list[tuple[str, int, int]]]:
        """Return what a request claims of each account's windows, and its places among those at once."""
        claims: list[list[Claim]] = []
        crowds: list[tuple[str, int, int]] = []
        for account in self._accounts:
            weighed = [(budget, key, _weight(budget, request)) for budget, key in _matches(account, request)]
            claims.append([Claim(key, b.number, b.seconds, weight) for b, key, weight in weighed if b.seconds > 0])
            crowds += [(f"{account.name} {key}", b.number, weight) for b, key, weight in weighed if b.seconds <= 0]
        return claims, sorted(crowds)  # in one order, so that no two wait for each other

    def _wait(self, request: PreparedRequest, claims: Sequence[Sequence[Claim]], patience: float) -> float:
        keys = ["", endpoint_of(request), issue_of(request)]
        keys += [key for account in self._accounts for _, key in _matches(account, request)]
        waited, at = 0.0, self._now()
        while True:
            verdict = self._ledger.change(self._names, lambda states, at=at: _ask(states, claims, keys, at))  # type: ignore[misc]
            if verdict.is_free:
                for claim in (one for group in claims for one in group):
                    self._own[claim.key] += claim.weight
                return waited
            allowed = LONGEST if self._is_mine(verdict) else patience
            if verdict.leaves or waited + verdict.wait > allowed:
                raise TryLater(_say(request, verdict), after=_rounded_up(verdict.wait), hint=_GOES_ON)
            self._sleep(verdict.wait)
            waited += verdict.wait
            at = max(self._now(), at + verdict.wait)  # the clock of a test need not go on by itself

    def _is_mine(self, verdict: Verdict) -> bool:
        """Whether what stands in the way is a limit of which this wire itself has used most."""
        return bool(verdict.claim) and self._own[verdict.claim] * 2 >= verdict.number


def _ask(states: Sequence[State], claims: Sequence[Sequence[Claim]], keys: Sequence[str], at: float) -> Verdict:
    """Ask all accounts; none is charged unless all say yes."""
    trials = [windows.ask(windows.mend(state), group, keys, at) for state, group in zip(states, claims, strict=True)]
    worst = max(trials, key=lambda verdict: (verdict.leaves, verdict.wait))
    if worst.is_free:
        for state, group in zip(states, claims, strict=True):
            windows.ask(state, group, keys, at)
    return worst


def _matches(account: Account, request: PreparedRequest) -> Iterator[tuple[Budget, str]]:
    """Yield the budgets of an account that a request comes under, each with the key it is counted by."""
    path = urlsplit(request.url or "").path
    method = (request.method or "").upper()
    for budget in account.budgets:
        if budget.methods and method not in budget.methods:
            continue
        found = re.search(budget.path, path)
        if found is not None:
            yield budget, f"{budget.name} {found.group()}" if budget.each else budget.name


def _weight(budget: Budget, request: PreparedRequest) -> int:
    path = urlsplit(request.url or "").path
    return max((number for pattern, number in budget.weights if re.search(pattern, path)), default=1)


def _rounded_up(seconds: float) -> timedelta:
    return timedelta(milliseconds=math.ceil(seconds * 1000 - 0.001))


def _say(request: PreparedRequest, verdict: Verdict) -> str:
    host = urlsplit(request.url or "").hostname or "the tool"
    if verdict.claim:
        return f"{host} allows no more requests for now ({verdict.claim})"
    return f"{host} asked for a pause"


class _Crowd:
    """So many at once, in this process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0

    @contextmanager
    def place(self, number: int, weight: int) -> Iterator[None]:
        """Wait until `weight` more fit among `number`, and take these places."""
        weight = min(weight, number)
        with self._changed:
            if not self._changed.wait_for(lambda: self._inside + weight <= number, timeout=LONGEST):
                raise TryLater("too many requests are on their way at once", is_limit=True)
            self._inside += weight
        try:
            yield
        finally:
            with self._changed:
                self._inside -= weight
                self._changed.notify_all()


_crowds: dict[str, _Crowd] = {}
_crowds_lock = threading.Lock()


def _crowd(name: str) -> _Crowd:
    with _crowds_lock:
        return _crowds.setdefault(name, _Crowd())
