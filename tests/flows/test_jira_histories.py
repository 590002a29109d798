"""Whatever happens at a Jira, and whatever becomes of its webhooks: one sync later the hub holds what Jira holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.shapes import Select
from hub.store import Store, work
from tests.flows.house import HUB, House, open_house, rule
from tests.flows.test_jira_data_center import SERVER_HUB, jira_of

SELECTS = {
    "all": "project = PAY",
    "okr": "project = PAY AND labels = okr",
    "done": "project in (PAY, WEB) AND statusCategory = Done",
    "wide": "labels = okr OR project = WEB",
    "tree": "{epic: PAY-1}",
    "board": "{board: 1}",
    "sprint": "{board: 1, sprint: active}",
}
KEY_RESULTS = tuple(f"{{key_result: {name}, title: {name}, kind: reach, target: 9}}" for name in SELECTS)
RULES = tuple(rule(name, select, "count") for name, select in SELECTS.items())


DEEDS = ("create", "label", "status", "title", "move", "delete", "hide", "show", "show", "parent", "sprint", "turn")


class Life:
    """Somebody who does anything at a site, and a line on which webhooks get lost, doubled and shuffled."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.jira, self.dice = house, house.jira, random.Random(seed)
        self.moved: list[str] = []  # ids that a webhook was sent for
        self.jira.listeners.append(lambda change: self.moved.append(str(change[1].id)))

    def found(self) -> None:
        self.jira.create("PAY", summary="The epic", type="Epic")
        self.jira.add_board("Board", self.jira.add_filter("Open", "project in (PAY, WEB) AND statusCategory != Done"))
        self.jira.add_sprint(1, "Sprint 1")
        self.jira.add_sprint(1, "Sprint 2", state="future")
        for _ in range(25):
            self.create()

    def create(self) -> None:
        parents = [i.key for i in self.jira.by_id.values() if i.type in ("Epic", "Story") and not i.hidden]
        self.jira.create(
            self.dice.choice(["PAY", "WEB"]),
            summary="new",
            labels=self.dice.choice([[], ["okr"]]),
            parent=self.dice.choice([None, *parents]),
        )

    def act(self) -> None:
        dice, jira = self.dice, self.jira
        seen = [i.key for i in jira.by_id.values() if not i.hidden and i.key != "PAY-1"]
        hidden = [i.key for i in jira.by_id.values() if i.hidden]
        deed = dice.choice(DEEDS)
        if deed == "create" or not seen:
            self.create()
        elif deed == "show" and hidden:
            jira.show(dice.choice(hidden))
        elif deed == "turn":
            for id in (31, 32):
                jira.set_sprint(id, dice.choice(["active", "closed"]))
        else:
            key = dice.choice(seen)
            deeds: dict[str, Callable[[], object]] = {
                "label": lambda: jira.edit(key, labels=dice.choice([[], ["okr"], ["x"]])),
                "status": lambda: jira.transition(key, dice.choice(["To Do", "In Progress", "Done"])),
                "title": lambda: jira.edit(key, summary=f"title {dice.random():.6f}"),
                "show": lambda: jira.edit(key, summary=f"title {dice.random():.6f}"),
                "move": lambda: jira.move(key, "WEB" if key.startswith("PAY") else "PAY"),
                "delete": lambda: jira.delete(key),
                "hide": lambda: jira.hide(key),
                "parent": lambda: jira.edit(key, parent=dice.choice([None, "PAY-1"])),
                "sprint": lambda: jira.edit(key, sprint=dice.choice([None, 31, 32])),
            }
            deeds[deed]()
        self.house.clock.pass_(seconds=dice.choice([0, 1, 40, 400]))

    def deliver(self) -> None:
        """Bring some of the webhooks, some of them twice, in any order."""
        lucky = [id for id in self.moved if self.dice.random() < 0.6]
        lucky += [id for id in lucky if self.dice.random() < 0.3]
        self.dice.shuffle(lucky)
        self.moved.clear()
        for id in lucky:
            assert self.house.ring_id(id).status < 300

    def truth(self) -> dict[str, dict[str, str]]:
        """Read every selection anew, with a connector that knows nothing."""
        settings = {"base_url": self.house.environ["JIRA_URL"]}
        if self.jira.is_cloud:
            settings |= {"email": self.jira.email, "token": self.jira.token}
        else:
            settings |= {"personal_token": self.jira.token}
        source = self.house.opener("jira", settings, allow_private=["127.0.0.0/8"])
        found = {}
        for selection in self.house.selections():
            assert selection.scope is not None, selection.problem
            scope = source.resolve(Select(selection.select.query, selection.select.picker))  # type: ignore[attr-defined]
            pages = list(source.fetch(scope))  # type: ignore[attr-defined]
            if pages[0].resting:
                continue  # between two sprints what was held stands, whatever became of it
            found[selection.scope.key] = {i.key: f"{i.ref} {i.title} {i.state}" for page in pages for i in page.items}
        return found

    def held(self) -> dict[str, dict[str, str]]:
        """Return what the hub has stored of every selection."""
        with self.house.store.read() as tx:
            return {
                selection.scope.key if selection.scope else selection.problem: {
                    item.key: f"{item.ref} {item.title} {item.state}" for item in work.selection_items(tx, selection.id)
                }
                for selection in self.house.selections()
            }


@pytest.mark.parametrize(("seed", "is_cloud"), [(0, True), (1, True), (2, False)])
def test_after_any_history_one_sync_ends_with_what_the_site_holds(
    tmp_path: Path, sqlite_store: Store, seed: int, is_cloud: bool
) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, sqlite_store) as house, jira_of(house, is_cloud=is_cloud):
        life = Life(house, seed)
        life.found()
        house.clock.pass_(hours=1)
        house.apply(RULES, KEY_RESULTS, HUB if is_cloud else SERVER_HUB)
        assert house.sync().state == "done"
        for _ in range(5):
            house.clock.pass_(minutes=15)
            for _ in range(life.dice.randrange(7)):
                life.act()
            life.deliver()
            if life.dice.random() < 0.5:
                house.sync(due=False)
                life.act()
            done = house.sync()
            assert done.state == "done", done.problem
            truth, held = life.truth(), life.held()
            assert len(truth) >= len(held) - 1
            assert {key: held[key] for key in truth} == truth
