"""The wire under the limits that a tool publishes: who waits for whom, how long, and who need not."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
import responses
from requests import Request, Session

from connectors.allowance import Account, Allowance, accounts_of
from connectors.errors import TryLater
from connectors.fields import ApiToken, Budget, Description, Face, Field
from connectors.ledgers import Ledger, Memory
from connectors.wire import SAFE, Counter, adapter_of, open_wire
from connectors.wire_pauses import Pause, endpoint_of, issue_of

BASE = "https://acme.tool.example"
NOW = 1_790_000_400.0  # 2026-09-21 14:20:00 UTC
TOKEN = Budget("requests of a token", 5, 10.0)


class Clock:
    """Time that only sleeping moves on."""

    def __init__(self) -> None:
        self.at = NOW
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.at += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger() -> Memory:
    return Memory()


def _wire(
    clock: Clock, ledger: Ledger, *budgets: Budget, account: str = "ana", counter: Counter | None = None
) -> Session:
    accounts = [Account(account, budgets)]
    return open_wire(
        hosts=["tool.example"], accounts=accounts, ledger=ledger, counter=counter, sleep=clock.sleep, now=clock
    )


def _refused(path: str = "/x", **headers: str) -> None:
    responses.get(BASE + path, status=429, headers={name.replace("_", "-"): text for name, text in headers.items()})


@responses.activate
def test_the_last_of_a_window_waits_until_the_first_has_left_it(clock: Clock, ledger: Memory) -> None:
    responses.get(f"{BASE}/x")
    wire = _wire(clock, ledger, Budget("requests of a token", 5, 2.0))
    for _ in range(6):
        wire.get(f"{BASE}/x")
    assert 2.0 <= sum(clock.naps) <= 2.0 + 2.0 / 20 + 0.5 + 0.01


@responses.activate
def test_connections_of_one_account_share_its_limit_and_others_are_not_held_up(clock: Clock, ledger: Memory) -> None:
    responses.get(f"{BASE}/x")
    first, second = _wire(clock, ledger, TOKEN), _wire(clock, ledger, TOKEN)
    for _ in range(5):
        first.get(f"{BASE}/x")
    with pytest.raises(TryLater, match=r"allows no more requests for now \(requests of a token\)") as raised:
        second.get(f"{BASE}/x")
    assert raised.value.after is not None and timedelta(seconds=8) < raised.value.after < timedelta(seconds=12)
    assert not raised.value.maybe_arrived
    _wire(clock, ledger, TOKEN, account="ben").get(f"{BASE}/x")
    assert len(responses.calls) == 6
    assert clock.naps == []


@responses.activate
def test_who_used_up_a_window_alone_waits_for_the_next_for_giving_up_would_use_it_up_again(
    clock: Clock, ledger: Memory
) -> None:
    responses.get(f"{BASE}/x")
    wire = _wire(clock, ledger, Budget("requests of a token", 150, 60.0))
    for _ in range(400):
        wire.get(f"{BASE}/x")
    assert len(responses.calls) == 400
    assert 120 < sum(clock.naps) < 140


@responses.activate
def test_a_long_read_ends_under_a_limit_that_turned_out_to_be_a_tenth_of_the_published_one(
    clock: Clock, ledger: Memory
) -> None:
    asked = 0

    def answer(_request: object) -> tuple[int, dict[str, str], str]:
        nonlocal asked
        asked += 1
        return (429, {"Retry-After": "60"}, "") if asked == 151 else (200, {}, "")

    responses.add_callback("GET", f"{BASE}/x", answer)
    for _ in range(150):
        _wire(clock, ledger, Budget("requests of a token", 1500, 60.0)).get(f"{BASE}/x")
    with pytest.raises(TryLater):
        _wire(clock, ledger, Budget("requests of a token", 1500, 60.0)).get(f"{BASE}/x")
    clock.at += 61
    again = _wire(clock, ledger, Budget("requests of a token", 1500, 60.0))
    for _ in range(400):
        again.get(f"{BASE}/x")  # none of these gives up, and so none begins anew
    assert sum(clock.naps) > 120


@responses.activate
def test_a_budget_holds_for_its_methods_and_its_path_alone(clock: Clock, ledger: Memory) -> None:
    responses.get(f"{BASE}/search")
    responses.get(f"{BASE}/tasks")
    responses.post(f"{BASE}/search")
    wire = _wire(clock, ledger, Budget("searches", 1, 60.0, frozenset({"GET"}), "/search"))
    wire.get(f"{BASE}/search", params={"q": "x"})
    for _ in range(3):
        wire.get(f"{BASE}/tasks")
        wire.post(f"{BASE}/search")
    assert clock.naps == []
    wire.get(f"{BASE}/search")
    assert sum(clock.naps) > 60


@responses.activate
def test_each_match_has_a_budget_of_its_own(clock: Clock, ledger: Memory) -> None:
    budget = Budget("writes to one issue", 2, 30.0, frozenset({"PUT"}), r"/issue/[^/]+", each=True)
    wire = _wire(clock, ledger, budget)
    for number in range(10):
        responses.put(f"{BASE}/issue/PAY-{number}")
        responses.put(f"{BASE}/issue/PAY-{number}/remotelink")
        wire.put(f"{BASE}/issue/PAY-{number}")
        wire.put(f"{BASE}/issue/PAY-{number}/remotelink")
    assert clock.naps == []
    wire.put(f"{BASE}/issue/PAY-1")
    assert sum(clock.naps) > 25


@responses.activate
def test_a_batch_counts_for_what_may_be_in_it(clock: Clock, ledger: Memory) -> None:
    responses.post(f"{BASE}/batch")
    responses.get(f"{BASE}/x")
    wire = _wire(clock, ledger, Budget("requests of a token", 25, 2.0, weights=((r"/batch$", 10),)))
    for _ in range(2):
        wire.post(f"{BASE}/batch", headers=SAFE)
    for _ in range(5):
        wire.get(f"{BASE}/x")
    assert clock.naps == []
    wire.post(f"{BASE}/batch", headers=SAFE)
    assert sum(clock.naps) > 2


@pytest.mark.parametrize(("seconds", "naps"), [(3, [3.0]), (30, [])])
@responses.activate
def test_a_pause_asked_for_within_an_answer_is_kept_like_any_other(
    clock: Clock, ledger: Memory, seconds: int, naps: list[float]
) -> None:
    responses.post(f"{BASE}/batch")
    wire = _wire(clock, ledger, TOKEN)
    wire.post(f"{BASE}/batch")
    adapter_of(wire).rest(timedelta(seconds=seconds))
    if naps:
        wire.post(f"{BASE}/batch")
    else:
        with pytest.raises(TryLater, match="asked for a pause"):
            wire.post(f"{BASE}/batch")
    assert clock.naps == naps


@responses.activate
def test_a_refusal_without_a_time_means_the_window_of_the_limit_that_refused(clock: Clock, ledger: Memory) -> None:
    _refused("/search/cards")
    responses.get(f"{BASE}/boards")
    wire = _wire(
        clock, ledger, Budget("requests of a token", 100, 10.0), Budget("searches", 100, 900.0, path="^/search")
    )
    with pytest.raises(TryLater) as raised:
        wire.get(f"{BASE}/search/cards")
    assert raised.value.after == timedelta(seconds=900)
    wire.get(f"{BASE}/boards")
    with pytest.raises(TryLater, match="asked for a pause"):
        wire.get(f"{BASE}/search/members")
    assert len(responses.calls) == 2


@responses.activate
def test_a_long_wait_asked_of_one_connection_is_kept_by_every_other_of_the_account(
    clock: Clock, ledger: Memory
) -> None:
    _refused(Retry_After="120")
    responses.get(f"{BASE}/other")
    counter = Counter()
    first, second = _wire(clock, ledger, TOKEN, counter=counter), _wire(clock, ledger, TOKEN, counter=counter)
    with pytest.raises(TryLater):
        first.get(f"{BASE}/x")
    clock.at += 20
    with pytest.raises(TryLater) as raised:
        second.get(f"{BASE}/other")
    assert raised.value.after == timedelta(seconds=100)
    _wire(clock, ledger, TOKEN, account="ben").get(f"{BASE}/other")
    clock.at += 100
    assert second.get(f"{BASE}/other").status_code == 200
    assert counter.take()["throttled"] == 1


def _after_jiras(clock: Clock, ledger: Memory, headers: Mapping[str, str], method: str, path: str) -> Session:
    responses.add(method, BASE + path, status=429, headers=dict(headers))
    wire = _wire(clock, ledger, Budget("one endpoint", 100, 1.0, path=r"/.*", each=True))
    with pytest.raises(TryLater):
        wire.request(method, BASE + path)
    return wire


@responses.activate
def test_a_quota_of_jira_stops_all_calls_until_it_is_renewed(clock: Clock, ledger: Memory) -> None:
    headers = {
        "Retry-After": "30",
        "RateLimit-Reason": "jira-quota-tenant-based",
        "X-RateLimit-Reset": "2026-09-21T15:00:00Z",
    }
    wire = _after_jiras(clock, ledger, headers, "GET", "/rest/api/3/field")
    with pytest.raises(TryLater) as raised:
        wire.get(f"{BASE}/rest/api/3/myself")
    assert raised.value.after == timedelta(minutes=40)


@responses.activate
def test_a_quota_of_jira_that_names_no_time_is_renewed_at_the_top_of_the_hour(clock: Clock, ledger: Memory) -> None:
    wire = _after_jiras(clock, ledger, {"RateLimit-Reason": "jira-quota-global-based"}, "GET", "/rest/api/3/field")
    with pytest.raises(TryLater) as raised:
        wire.get(f"{BASE}/rest/api/3/myself")
    assert raised.value.after == timedelta(minutes=40)


@responses.activate
def test_a_burst_of_jira_stops_that_endpoint_alone(clock: Clock, ledger: Memory) -> None:
    headers = {"Retry-After": "60", "RateLimit-Reason": "jira-burst-based"}
    wire = _after_jiras(clock, ledger, headers, "GET", "/rest/api/3/issue/PAY-1")
    responses.get(f"{BASE}/rest/api/3/field")
    assert wire.get(f"{BASE}/rest/api/3/field").status_code == 200
    with pytest.raises(TryLater):
        wire.get(f"{BASE}/rest/api/3/issue/PAY-2")


@responses.activate
def test_too_many_writes_to_one_issue_of_jira_stop_the_writes_to_that_issue_alone(clock: Clock, ledger: Memory) -> None:
    headers = {"Retry-After": "60", "RateLimit-Reason": "jira-per-issue-on-write"}
    wire = _after_jiras(clock, ledger, headers, "PUT", "/rest/api/3/issue/PAY-1")
    responses.put(f"{BASE}/rest/api/3/issue/PAY-2")
    responses.get(f"{BASE}/rest/api/3/issue/PAY-1")
    assert wire.put(f"{BASE}/rest/api/3/issue/PAY-2").status_code == 200
    assert wire.get(f"{BASE}/rest/api/3/issue/PAY-1").status_code == 200
    with pytest.raises(TryLater):
        wire.post(f"{BASE}/rest/api/3/issue/PAY-1/comment")


@responses.activate
def test_a_limit_that_is_near_slows_that_endpoint_down(clock: Clock, ledger: Memory) -> None:
    responses.get(f"{BASE}/x", headers={"X-RateLimit-NearLimit": "true"})
    responses.get(f"{BASE}/y")
    wire = _wire(clock, ledger, Budget("requests", 100, 1.0))
    for _ in range(4):
        wire.get(f"{BASE}/x")
    wire.get(f"{BASE}/y")
    assert clock.naps == [pytest.approx(0.25)] * 3


@pytest.mark.parametrize("name", ["RateLimit", "Beta-RateLimit"])
@responses.activate
def test_a_quota_that_an_answer_says_is_used_up_is_not_asked_again(clock: Clock, ledger: Memory, name: str) -> None:
    responses.get(f"{BASE}/x", headers={name: '"global-app-quota";r=0;t=600'})
    wire = _wire(clock, ledger, Budget("requests", 100, 1.0))
    wire.get(f"{BASE}/x")
    with pytest.raises(TryLater) as raised:
        wire.get(f"{BASE}/x")
    assert raised.value.after == timedelta(seconds=600)
    assert len(responses.calls) == 1


@responses.activate
def test_a_quota_of_an_app_stops_whoever_signed_in_with_it(clock: Clock, ledger: Memory) -> None:
    _refused(RateLimit_Reason="jira-quota-global-based", X_RateLimit_Reset="2026-09-21T15:00:00Z")
    app = Account("app")

    def of(sign_in: str, *more: Account) -> Session:
        accounts = [Account(sign_in, (TOKEN,)), *more]
        return open_wire(hosts=["tool.example"], accounts=accounts, ledger=ledger, sleep=clock.sleep, now=clock)

    for sign_in in ("ana", "ben"):
        with pytest.raises(TryLater) as raised:
            of(sign_in, app).get(f"{BASE}/x")
        assert raised.value.after == timedelta(minutes=40)
    assert len(responses.calls) == 1
    responses.get(f"{BASE}/own")
    assert of("by a token of his own").get(f"{BASE}/own").status_code == 200


@responses.activate
def test_a_thread_that_sits_out_a_short_wait_sits_out_a_longer_one_asked_for_meanwhile(ledger: Memory) -> None:
    class Interrupted(Clock):
        def sleep(self, seconds: float) -> None:
            if not self.naps:
                allowance.pause(asked, 3.0, leaves=False)  # another thread, refused while this one sleeps
            super().sleep(seconds)

    clock, asked = Interrupted(), Pause(None)
    allowance = Allowance([Account("ana")], ledger, sleep=clock.sleep, now=clock)
    allowance.pause(asked, 1.0, leaves=False)
    with allowance.turn(Request("GET", f"{BASE}/x").prepare(), 8.0) as waited:
        assert waited == pytest.approx(3.0)
    assert clock.naps == [pytest.approx(1.0), pytest.approx(2.0)]


def test_no_more_are_on_their_way_at_once_than_the_tool_allows(clock: Clock, ledger: Memory) -> None:
    request = Request("GET", f"{BASE}/x").prepare()
    accounts = [Account("crowd-test", (Budget("at once", 3),))]
    inside, most, lock = 0, 0, threading.Lock()
    everybody = threading.Barrier(3)

    def ask() -> None:
        nonlocal inside, most
        allowance = Allowance(accounts, ledger, sleep=clock.sleep, now=clock)
        with allowance.turn(request, 8.0):
            with lock:
                inside += 1
                most = max(most, inside)
            everybody.wait(10)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert (most, inside) == (3, 0)


def _described(*budgets: Budget) -> Description:
    fields = (
        Field("api_key", "text", "Of the app.", required=True),
        Field("token", "text", "Of a person.", secret=True),
    )
    return Description(
        "tool",
        "Tool",
        frozenset({Face.SOURCE}),
        (ApiToken("header", fields),),
        (Field("base_url", "url", "Where it is."),),
        ("tool.example",),
        "tool.md",
        budgets=budgets,
    )


def test_connections_with_one_sign_in_are_one_account_whose_name_tells_nothing() -> None:
    described = _described(TOKEN, Budget("requests of an app", 300, 10.0, by=("api_key",)))
    of_ana = accounts_of(described, {"api_key": "k-1", "token": "ana-s3cret", "board": "1"})
    again = accounts_of(described, {"api_key": "k-1", "token": "ana-s3cret", "board": "2"})
    of_ben = accounts_of(described, {"api_key": "k-1", "token": "ben-s3cret"})
    assert of_ana == again
    assert (of_ana[0] != of_ben[0], of_ana[1] == of_ben[1]) == (True, True)
    assert [one.budgets[0].name for one in of_ana] == ["requests of a token", "requests of an app"]
    assert "s3cret" not in repr(of_ana)
    assert accounts_of(described, {"api_key": "k-1"}, "one grant")[0] != accounts_of(described, {"api_key": "k-1"})[0]


def test_sign_ins_by_one_app_share_what_is_the_apps() -> None:
    described = _described(TOKEN, Budget("requests of an app", 300, 10.0, by=("client_id",)))
    of_ana, of_ben = (accounts_of(described, {"client_id": "c-1"}, grant) for grant in ("ana", "ben"))
    assert (of_ana[0] != of_ben[0], of_ana[1] == of_ben[1], len(of_ana)) == (True, True, 2)
    assert of_ana[1].budgets[0].number == 300
    assert len(accounts_of(_described(TOKEN), {"client_id": "c-1"})) == 2  # a quota may be the app's all the same


def test_another_address_is_another_account() -> None:
    described = _described(TOKEN)
    settings = {"api_key": "k-1", "token": "t"}
    assert accounts_of(described, settings) != accounts_of(described, settings | {"base_url": "https://b.example"})


def test_a_tool_without_published_limits_shares_no_allowance() -> None:
    assert accounts_of(_described(), {"api_key": "k-1", "token": "t"}) == ()


def test_an_endpoint_is_named_without_what_changes_in_its_path() -> None:
    def asked(method: str, path: str) -> tuple[str, str]:
        request = Request(method, BASE + path).prepare()
        return endpoint_of(request), issue_of(request)

    assert asked("GET", "/rest/api/3/issue/PAY-412/changelog?x=1") == ("GET /rest/api/*/issue/*/changelog", "")
    assert asked("PUT", "/rest/api/3/issue/PAY-412") == ("PUT /rest/api/*/issue/*", "issue PAY-412")
    assert asked("POST", "/rest/api/3/issue/bulkfetch") == ("POST /rest/api/*/issue/bulkfetch", "")
