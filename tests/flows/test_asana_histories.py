"""Whatever happens in Asana, and whichever webhooks come: one sync later the hub holds what Asana holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.sandbox.asana.objects import Task
from hub.store import Store
from tests.flows.asana_house import AsanaHouse, open_asana_house

SELECTS = {
    "launch": "{project: Launch}",
    "doing": "{project: Launch, section: Doing}",
    "deep": "{project: Web shop, subtasks: yes}",
    "tagged": "{tag: okr}",
    "both": "{portfolio: Growth}",
    "open": "completed=false",
}


class Office:
    """What people do in Asana, at random, and what each selection should hold by the simulated Asana's own state."""

    def __init__(self, house: AsanaHouse, dice: random.Random) -> None:
        self.house, self.asana, self.dice = house, house.asana, dice
        self.tag = self.asana.add_tag("okr")
        self.growth = self.asana.add_portfolio("Growth", house.project)
        self.rung: list[str] = []
        self.asana.listeners.append(
            lambda _heard, event: (
                self.rung.append(event["resource"]["gid"]) if event["resource"]["resource_type"] == "task" else None
            )
        )
        self.deeds: list[Callable[[], object]] = [
            self.create, self.create, self.sub_task, self.sub_task, self.edit, self.complete, self.move, self.join,
            self.leave, self.delete, self.restore, self.restore, self.hide, self.show, self.label, self.hang,
            self.regroup,
        ]  # fmt: skip

    def act(self) -> None:
        self.dice.choice(self.deeds)()

    def _one(self, **wanted: bool) -> Task | None:
        wanted = {"deleted": False, "hidden": False, **wanted}
        found = [t for t in self.asana.tasks.values() if all(getattr(t, name) == is_ for name, is_ in wanted.items())]
        return self.dice.choice(found) if found else None

    def _project(self) -> str:
        return self.dice.choice([self.house.project, self.house.other])

    def create(self) -> None:
        tags = [self.tag] if self.dice.random() < 0.3 else []
        self.asana.create(self._project(), name=f"task {self.dice.random():.6f}", tags=tags)

    def sub_task(self) -> None:
        if parent := self._one():
            self.asana.create(parent=parent.gid, name="sub-task")

    def edit(self) -> None:
        if task := self._one():
            self.asana.edit(task.gid, name=f"renamed {self.dice.random():.6f}")

    def complete(self) -> None:
        if task := self._one():
            self.asana.complete(task.gid, done=self.dice.random() < 0.7)

    def move(self) -> None:
        held = self.asana.projects[self.house.project]
        if held.tasks:
            self.asana.add_to_project(self.dice.choice(list(held.tasks)), held.gid, self.dice.choice(held.sections))

    def join(self) -> None:
        if task := self._one():
            self.asana.add_to_project(task.gid, self._project())

    def leave(self) -> None:
        if task := self._one():
            self.asana.remove_from_project(task.gid, self._project())

    def delete(self) -> None:
        if task := self._one():
            self.asana.delete(task.gid)

    def restore(self) -> None:
        task = self._one(deleted=True)
        if task and not (task.parent and self.asana.tasks[task.parent].deleted):
            self.asana.restore(task.gid)

    def hide(self) -> None:
        if task := self._one():
            self.asana.hide(task.gid)

    def show(self) -> None:
        if task := self._one(hidden=True):
            self.asana.show(task.gid, self._project())

    def label(self) -> None:
        if task := self._one():
            self.asana.tag(task.gid, self.tag, on=self.dice.random() < 0.6)

    def hang(self) -> None:
        task, above = self._one(), self._one()
        if task and above and task not in self.asana.family(above.gid) and above not in self.asana.family(task.gid):
            self.asana.set_parent(task.gid, above.gid if self.dice.random() < 0.7 else None)

    def rename(self) -> None:
        self.asana.rename_section(
            self.asana.projects[self.house.project].sections[0], f"To do {self.dice.random():.3f}"
        )

    def regroup(self) -> None:
        held = self.asana.portfolios[self.growth].items
        (held.remove if self.house.other in held else held.append)(self.house.other)

    def held(self) -> dict[str, set[str]]:
        """Work out what each selection holds, by the state of the simulated Asana and not by its answers."""
        asana, house = self.asana, self.house
        seen = {gid: task for gid, task in asana.tasks.items() if asana.sees(task)}
        launch, web = asana.projects[house.project], asana.projects[house.other]
        deep = {
            gid
            for gid, task in seen.items()
            if any(above.gid in web.tasks and asana.sees(above) for above in _line(asana.tasks, task))
        }
        growth = {gid for project in asana.portfolios[self.growth].items for gid in asana.projects[project].tasks}
        return {
            f"project:{launch.gid}": set(launch.tasks) & set(seen),
            f"section:{launch.sections[1]}": {g for g, s in launch.tasks.items() if s == launch.sections[1]}
            & set(seen),
            f"project:{web.gid}+subtasks": deep,
            f"tag:{self.tag}": {gid for gid, task in seen.items() if self.tag in task.tags},
            f"portfolio:{self.growth}": growth & set(seen),
            f"search={asana.workspace}&completed=false": {gid for gid, task in seen.items() if not task.completed},
        }


def _line(tasks: dict[str, Task], task: Task) -> list[Task]:
    return [task, *(_line(tasks, tasks[task.parent]) if task.parent else [])]


@pytest.mark.parametrize("seed", range(2))
def test_after_any_history_one_sync_ends_with_what_asana_holds(tmp_path: Path, sqlite_store: Store, seed: int) -> None:
    dice = random.Random(seed)
    with open_asana_house(tmp_path, sqlite_store) as house:
        office = Office(house, dice)
        for _ in range(8):
            office.create()
        house.apply(SELECTS)
        for _ in range(5):
            house.clock.pass_(minutes=dice.choice([1, 15, 90]))
            for _ in range(dice.randrange(3, 15)):
                office.act()
                house.clock.pass_(seconds=dice.choice([0, 1, 40]))
                if dice.random() < 0.1:
                    _ring(house, office, dice)
                    assert house.sync(due=False).state == "done"
            _ring(house, office, dice)
            if dice.random() < 0.1:
                office.rename()
            if dice.random() < 0.1:
                house.asana.streams.forget_tokens()
            done = house.sync()
            assert (done.state, done.problem) == ("done", "")
            assert house.held() == office.held()
            stored = house.items()
            for gid in set().union(*office.held().values()):
                drawn = house.asana.task(gid)
                assert stored[gid] == (drawn["name"], "done" if drawn["completed"] else "todo")


def _ring(house: AsanaHouse, office: Office, dice: random.Random) -> None:
    """Deliver the webhooks so far: some lost, some twice, in any order."""
    heard = [gid for gid in office.rung if dice.random() < 0.6]
    heard += dice.sample(heard, k=len(heard) // 2)
    dice.shuffle(heard)
    office.rung.clear()
    if heard:
        house.touch(*heard)
