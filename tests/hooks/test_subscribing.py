"""Webhooks are registered for what is read, renewed in time, made anew when lost, and removed in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.flows.plan import apply
from hub.flows.subscribe import flow, subscribe
from hub.store import listeners, subscriptions
from hub.workspace import read_workspace
from tests.hooks.chimes import Hook
from tests.hooks.house import PUBLIC, HookHouse


def test_each_scope_gets_a_webhook_with_an_address_and_a_secret_of_its_own(house: HookHouse) -> None:
    house.apply("a", "b")
    assert house.sync().state == "done"
    assert house.is_due()
    done = house.look()
    assert (done.state, done.made, done.live, done.problem) == ("done", 2, 2, "")
    hooks = list(house.chimes.hooks.values())
    assert [hook.place for hook in hooks] == ["a", "b"]
    assert all(hook.url.startswith(f"{PUBLIC}/hooks/chimes-main/") for hook in hooks)
    assert len({hook.url for hook in hooks}) == len({hook.secret for hook in hooks}) == 2
    assert [len(hook.url.rpartition("/")[2]) >= 43 for hook in hooks] == [True, True]
    kept = house.registered("live")
    assert [one.key for one in kept] == [hook.id for hook in hooks]
    assert all(hook.secret not in one.secret for one, hook in zip(kept, hooks, strict=True)), "secrets are sealed"


def test_a_second_look_asks_the_tool_nothing(lite: HookHouse) -> None:
    lite.apply("a", "b")
    lite.sync()
    lite.look()
    assert not lite.is_due()
    again = lite.look()
    assert (again.state, again.requests, again.live) == ("done", 0, 2)


def test_a_webhook_rings_and_touches_what_moved(lite: HookHouse) -> None:
    lite.apply("a")
    task = lite.chimes.add("a")
    lite.sync()
    lite.look()
    assert lite.chimes.ring(task) == [204]
    assert lite.touched() == {task}
    lite.chimes.change(task, state="done")
    assert lite.sync(due=False).state == "done"
    assert lite.key_result("a").standing.value == 1


def test_a_secret_that_the_tool_makes_is_learned_while_the_request_is_in_flight(house: HookHouse) -> None:
    house.chimes.makes_secret = True
    house.apply("a")
    task = house.chimes.add("a")
    house.sync()
    assert house.look().live == 1
    (kept,) = house.registered("live")
    (hook,) = house.chimes.hooks.values()
    assert house.vault.unseal(kept.secret) == hook.secret
    assert kept.is_learned
    assert house.chimes.ring(task) == [204]


def test_the_answer_to_our_own_request_outweighs_a_handshake(lite: HookHouse) -> None:
    lite.chimes.makes_secret = lite.chimes.tells_secret = True
    lite.apply("a")
    lite.sync()
    truly = lite.reach

    def meddle(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        if method == "POST":
            # Somebody who has seen the address shakes hands first, with a secret of his own.
            lite.knock("POST", url, {"X-Chimes-Secret": "of-a-stranger"})
            return 200, headers
        status, answered = truly(method, url, headers, body)
        return status, dict(answered)

    lite.chimes.reach = meddle  # type: ignore[assignment]
    assert lite.look().live == 1
    (kept,) = lite.registered("live")
    (hook,) = lite.chimes.hooks.values()
    assert lite.vault.unseal(kept.secret) == hook.secret != "of-a-stranger"


@pytest.mark.parametrize(
    ("lives", "before", "after"),
    [
        (timedelta(days=30), timedelta(days=26, hours=23), timedelta(days=27)),
        (timedelta(hours=70), timedelta(hours=46), timedelta(hours=47)),
    ],
)
def test_one_that_lapses_is_renewed_before_its_end(
    lite: HookHouse, lives: timedelta, before: timedelta, after: timedelta
) -> None:
    """A long life three days before its end, a short one after two thirds of it."""
    lite.chimes.lives = lives
    lite.apply("a")
    lite.sync()
    lite.look()
    began = lite.clock.at
    lite.clock.at = began + before
    assert lite.look().renewed == 0
    lite.clock.at = began + after
    assert lite.is_due()
    assert lite.look().renewed == 1
    (hook,) = lite.chimes.hooks.values()
    assert hook.until == lite.clock.at + lives
    assert lite.registered("live")[0].expires_at == hook.until


def test_one_that_the_tool_has_dropped_is_made_anew_within_a_day(lite: HookHouse) -> None:
    lite.apply("a")
    task = lite.chimes.add("a")
    lite.sync()
    lite.look()
    lite.chimes.hooks.clear()
    lite.clock.pass_(days=1)
    assert lite.is_due()
    done = lite.look()
    assert (done.made, done.live) == (1, 1)
    assert [one.state for one in lite.registered()] == ["ended", "live"]
    assert lite.chimes.ring(task) == [204]


def test_one_that_the_tool_drops_at_once_is_not_made_anew_every_minute(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    lite.look()
    lite.chimes.hooks.clear()
    (kept,) = lite.registered("live")
    with lite.store.write() as tx:
        subscriptions.note_subscription(tx, kept.id, was=["live"], renew_at=lite.clock())
    lite.clock.pass_(minutes=1)
    assert (lite.look().made, lite.look().made) == (0, 0)
    assert [one.state for one in lite.registered()] == ["lost"]
    lite.clock.pass_(hours=1)
    assert lite.is_due()
    assert lite.look().made == 1


def test_what_nobody_reads_any_more_is_removed_at_the_tool(lite: HookHouse) -> None:
    lite.apply("a", "b")
    lite.sync()
    lite.look()
    lite.apply("b")
    lite.sync()
    assert lite.is_due()
    done = lite.look()
    assert (done.removed, done.made, done.live) == (1, 0, 1)
    assert [hook.place for hook in lite.chimes.hooks.values()] == ["b"]


def test_a_connection_that_left_the_files_takes_its_webhooks_with_it(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    lite.look()
    row = lite.connection
    hub = lite.folder / "hub.yaml"
    (lite.folder / "mappings" / "all.yaml").write_text("mappings: []\n")
    text = hub.read_text()
    hub.write_text(text[: text.index("connections:")])
    reading = read_workspace(lite.folder)
    assert reading.declaration is not None
    apply(lite.store, reading.declaration, now=lite.clock(), who="a test", environ=lite.environ)
    with lite.store.read() as tx:
        assert listeners.due_listeners(tx, lite.clock()) == [row.id]
    done = subscribe(
        lite.store,
        row.id,
        owner="looker",
        now=lite.clock,
        environ=lite.environ,
        vault=lite.vault,
        public_url=PUBLIC,
        opener=lite.opener,
    )
    assert (done.removed, done.live) == (1, 0)
    assert lite.chimes.hooks == {}
    with lite.store.read() as tx:
        assert listeners.due_listeners(tx, lite.clock.pass_(days=9)) == []


def test_under_another_address_new_ones_are_made_before_the_old_ones_go(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    lite.look()
    (old,) = lite.chimes.hooks.values()
    lite.public_url = "http://moved.test/okrs/"
    both: list[list[str]] = []
    lite.chimes.before_answer = lambda _hook: both.append([one.id for one in lite.chimes.hooks.values()])
    done = lite.look()
    assert (done.made, done.removed, done.live) == (1, 1, 1)
    assert old.id in both[0]
    (new,) = lite.chimes.hooks.values()
    assert new.url.startswith("http://moved.test/okrs/hooks/chimes-main/")


def test_where_a_tool_takes_one_address_alone_the_old_ones_make_room(lite: HookHouse) -> None:
    lite.chimes.takes_one_host = True
    lite.apply("a")
    lite.sync()
    lite.look()
    lite.public_url = "http://moved.test"
    done = lite.look()
    assert (done.made, done.removed, done.live, done.problem) == (1, 1, 1, "")
    assert [one.url.split("/")[2] for one in lite.chimes.hooks.values()] == ["moved.test"]


@pytest.mark.parametrize("address", ["", "hub.test", "ftp://hub.test"])
def test_without_a_public_address_nothing_is_registered_and_it_says_so(lite: HookHouse, address: str) -> None:
    lite.public_url = address
    lite.apply("a")
    lite.sync()
    done = lite.look()
    assert (done.state, done.live, done.requests) == ("done", 0, 0)
    assert "set OKRHUB_PUBLIC_URL to the https address" in lite.listener.problem
    assert lite.sync().state == "done", "it is read on schedule all the same"


def test_over_plain_http_no_tool_elsewhere_is_asked_to_ring(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    lite.environ["CHIMES_URL"] = "https://chimes.example"
    done = lite.look()
    assert (done.live, done.requests) == (0, 0)
    assert "tools ring over https alone" in done.problem


def test_a_scope_that_the_tool_refuses_does_not_keep_the_others_from_ringing(lite: HookHouse) -> None:
    lite.chimes.refuses = "a"
    lite.apply("a", "b")
    lite.sync()
    done = lite.look()
    assert (done.state, done.made, done.live) == ("done", 1, 1)
    assert done.problem == "List a: chimes: hooks: 400: this list takes no webhook"
    asked = lite.chimes.count("POST", "/hooks")
    lite.look()
    assert lite.chimes.count("POST", "/hooks") == asked, "a refusal is not asked for again at once"
    lite.chimes.refuses = ""
    lite.clock.pass_(hours=6)
    assert lite.is_due()
    assert lite.look().live == 2
    assert lite.listener.problem == ""


def test_applying_tries_a_refusal_again(lite: HookHouse) -> None:
    lite.chimes.refuses = "a"
    lite.apply("a")
    lite.sync()
    lite.look()
    lite.chimes.refuses = ""
    lite.clock.pass_(minutes=1)
    lite.apply("a")
    assert lite.is_due()
    assert lite.look().live == 1


def test_a_tool_that_is_away_is_asked_again_when_it_said(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    lite.chimes.faults.fail_next(9, 503, {"Retry-After": "600"}, path="/hooks")
    done = lite.look()
    assert (done.state, done.live) == ("waiting", 0)
    assert lite.listener.due_at == lite.clock() + timedelta(seconds=600)
    lite.chimes.faults.forget()
    lite.clock.pass_(minutes=11)
    assert lite.look().live == 1


def test_a_sign_in_that_is_refused_is_left_to_a_person(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    lite.chimes.faults.fail_next(1, 403, path="/hooks")
    done = lite.look()
    assert (done.state, done.live) == ("broken", 0)
    assert "grant it" in lite.listener.problem
    assert not lite.is_due()
    lite.clock.pass_(hours=6)
    assert lite.is_due()


def test_two_workers_at_once_register_once(house: HookHouse) -> None:
    house.apply("a")
    house.sync()
    states: list[str] = []
    house.chimes.before_answer = lambda _hook: states.append(house.look(owner="another").state)
    assert house.look().live == 1
    assert states == ["busy"]
    assert len(house.chimes.hooks) == 1


class Death(BaseException):
    """The process is killed."""


def test_who_dies_before_the_answer_is_kept_leaves_one_webhook_in_the_end(
    house: HookHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool has a webhook whose id nobody knows. The next look makes another one; the first ring at the orphan's
    address is answered 410, and the tool takes it back.
    """
    house.apply("a")
    task = house.chimes.add("a")
    house.sync()

    def die(*_given: object, **_more: object) -> bool:
        raise Death

    with monkeypatch.context() as patched:
        patched.setattr(subscriptions, "note_subscription", die)
        patched.setattr(flow._Run, "abandon", lambda _run, _why: None)
        with pytest.raises(Death):
            house.look()
    assert [one.state for one in house.registered()] == ["pending"]
    assert len(house.chimes.hooks) == 1
    assert house.look().state == "busy"
    house.clock.pass_(minutes=6)
    assert house.look().live == 1
    assert len(house.chimes.hooks) == 2
    assert sorted(house.chimes.ring(task)) == [204, 410]
    assert len(house.chimes.hooks) == 1
    assert house.chimes.ring(task) == [204]


def test_an_answer_that_was_lost_leaves_one_webhook_in_the_end(lite: HookHouse) -> None:
    lite.apply("a")
    task = lite.chimes.add("a")
    lite.sync()
    lite.chimes.loses = "/hooks"
    assert lite.look().state == "waiting"
    lite.clock.pass_(minutes=6)
    assert lite.look().live == 1
    assert sorted(lite.chimes.ring(task)) == [204, 410]
    assert lite.chimes.ring(task) == [204]


def test_who_took_so_long_that_another_took_over_takes_his_own_webhook_back(lite: HookHouse) -> None:
    lite.apply("a")
    lite.sync()
    ended: list[str] = []

    def another(_hook: Hook) -> None:
        lite.chimes.before_answer = None
        lite.clock.pass_(minutes=6)
        ended.append(lite.look(owner="another").state)

    lite.chimes.before_answer = another
    assert lite.look().state == "lost"
    assert ended == ["done"]
    (hook,) = lite.chimes.hooks.values()
    assert [one.key for one in lite.registered("live")] == [hook.id]


def test_who_dies_after_removing_removes_again(lite: HookHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    lite.apply("a", "b")
    lite.sync()
    lite.look()
    lite.apply("b")
    lite.sync()

    def die(*_given: object, **_more: object) -> bool:
        raise Death

    with monkeypatch.context() as patched:
        patched.setattr(subscriptions, "note_subscription", die)
        with pytest.raises(Death):
            lite.look()
    assert len(lite.registered("live")) == 2
    lite.clock.pass_(minutes=6)
    done = lite.look()
    assert (done.state, done.removed, done.live) == ("done", 1, 1)


def test_what_ended_is_remembered_for_a_month(lite: HookHouse) -> None:
    lite.apply("a", "b")
    lite.sync()
    lite.look()
    lite.apply("b")
    lite.sync()
    lite.look()
    lite.clock.pass_(days=29)
    lite.look()
    assert len(lite.registered("ended")) == 1
    lite.clock.pass_(days=2)
    lite.look()
    assert lite.registered("ended") == []
