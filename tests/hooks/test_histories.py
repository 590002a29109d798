"""Whatever happens to webhooks and to whoever registers them, in the end each list has one that rings, and no other."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from hub.store import subscriptions
from tests.hooks.house import HookHouse

LISTS = ("a", "b", "c")
STEPS = 14


class Death(BaseException):
    """The process is killed."""


class Fate:
    """What happens, chosen by dice."""

    def __init__(self, house: HookHouse, dice: random.Random, patch: pytest.MonkeyPatch) -> None:
        self.house, self.dice, self.patch = house, dice, patch
        self.wanted: tuple[str, ...] = LISTS
        self.read()

    def read(self) -> None:
        self.house.apply(*self.wanted)
        assert self.house.sync().state == "done"

    def step(self) -> None:
        house, dice = self.house, self.dice
        house.clock.pass_(minutes=dice.choice([1, 7, 70, 400, 1500]))
        match dice.choice(
            ["scopes", "dropped", "lost", "away", "refused", "killed", "killed", "moved", "rung", "none"]
        ):
            case "scopes":
                self.wanted = tuple(sorted(dice.sample(LISTS, dice.randint(1, 3))))
                self.read()
            case "dropped" if house.chimes.hooks:
                house.chimes.hooks.pop(dice.choice(sorted(house.chimes.hooks)))
            case "lost":
                house.chimes.loses = "/hooks"
            case "away":
                house.chimes.faults.fail_next(dice.randint(1, 4), dice.choice([429, 500, 503]), path="/hooks")
            case "refused":
                house.chimes.refuses = dice.choice(["", *LISTS])
            case "moved":
                house.public_url = dice.choice(["http://hub.test", "http://moved.test"])
            case "rung":
                house.chimes.ring("C-1")
            case "killed":
                self.kill()
                return
        house.look()

    def kill(self) -> None:
        """Kill whoever looks after the webhooks at one of the rows that are written."""
        left = self.dice.randint(0, 4)

        def dying(truly: Callable[..., Any]) -> Callable[..., Any]:
            def may_die(*given: Any, **more: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Death
                return truly(*given, **more)

            return may_die

        with self.patch.context() as patched:
            for name in ("add_subscription", "note_subscription", "end_subscriptions"):
                patched.setattr(subscriptions, name, dying(getattr(subscriptions, name)))
            patched.setattr("hub.flows.subscribe.flow._Run.abandon", lambda _run, _why: None)
            with suppress(Death):
                self.house.look()

    def settle(self) -> None:
        """Let all trouble end, and look until nothing is left to do."""
        house = self.house
        house.chimes.refuses = house.chimes.loses = ""
        house.chimes.faults.forget()
        for _ in range(3):
            house.clock.pass_(days=1, minutes=10)
            house.look()


@pytest.mark.parametrize("seed", range(4))
def test_in_the_end_each_list_has_one_webhook_that_rings(
    lite: HookHouse, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    lite.chimes.makes_secret = dice.random() < 0.5
    lite.chimes.takes_one_host = dice.random() < 0.3
    lite.chimes.add("a")
    fate = Fate(lite, dice, monkeypatch)
    for _ in range(STEPS):
        fate.step()
    fate.settle()
    kept = lite.registered("live")
    assert sorted(one.scope_key for one in kept) == [f"list-{name}" for name in fate.wanted]
    assert lite.registered("pending", "lost") == []
    lite.chimes.ring("C-1")  # the orphans of those that died hear that they are gone
    assert {hook.id for hook in lite.chimes.hooks.values()} == {one.key for one in kept}
    assert lite.chimes.ring("C-1") == [204] * len(fate.wanted)
    assert {one.base for one in kept} == {lite.public_url}
