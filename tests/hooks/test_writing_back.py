"""Progress is told beside the work: once, the newest alone, and never blindly a second time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub import heartbeat
from hub.flows.explain import explain
from hub.flows.judge import judge_all
from hub.flows.show import show_key_result
from hub.flows.write_back import Written, write_back
from hub.flows.write_back import flow as write_flow
from hub.model.kinds import Status
from hub.store import write_backs
from hub.store.write_backs import WriteBackRow
from hub.workspace import read_workspace
from tests.flows.test_heartbeat import wait_for_a_beat
from tests.hooks.house import ADMIN, HookHouse, rule


class Target:
    """The one target of a house, and what happens to it."""

    def __init__(self, house: HookHouse, by: str, when: str = "status_changed") -> None:
        """A goal of ten, five of them due by now; three are done: at risk. The note goes to an epic of its own."""
        self.house = house
        self.epic = house.chimes.add("elsewhere")
        self.tasks = [house.chimes.add("a", "done") for _ in range(3)] + [house.chimes.add("a") for _ in range(7)]
        self.told = f"{{to: {self.epic}, when: {when}{f', by: {by}' if by else ''}}}"
        self.apply()
        house.sync()

    def apply(self, told: str = "") -> None:
        self.house.apply("a", rules=[rule("a", write_back=told or self.told)])

    @property
    def row(self) -> WriteBackRow:
        with self.house.store.read() as tx:
            (found,) = write_backs.write_backs_of(tx, self.house.key_result("a").id)
        return found

    def due(self) -> list[int]:
        with self.house.store.read() as tx:
            return write_backs.due_write_backs(tx, self.house.clock())

    def write(self, owner: str = "writer") -> Written:
        return write_back(
            self.house.store,
            self.row.id,
            owner=owner,
            now=self.house.clock,
            environ=self.house.environ,
            vault=self.house.vault,
            opener=self.house.opener,
        )

    def finish(self, number: int) -> None:
        """Have a number of further tasks finished, and read that twenty minutes later."""
        open_ones = [task for task in self.tasks if self.house.chimes.items[task].state != "done"]
        for task in open_ones[:number]:
            self.house.chimes.change(task, state="done")
        self.house.clock.pass_(minutes=20)
        self.house.sync()

    @property
    def notes(self) -> list[str]:
        return [one["text"] for one in self.house.chimes.items[self.epic].notes]


@pytest.fixture
def comment(lite: HookHouse) -> Target:
    return Target(lite, "comment")


@pytest.fixture
def either(house: HookHouse) -> Target:
    """The same on each database in turn."""
    return Target(house, "comment")


@pytest.fixture
def link(lite: HookHouse) -> Target:
    return Target(lite, "link")


def test_the_status_is_written_when_it_is_there_and_when_it_changes(either: Target) -> None:
    assert either.due() == [either.row.id]
    assert either.write().state == "written"
    assert either.notes == ["At risk: 3 of 10"]
    assert either.due() == []
    either.finish(1)
    assert either.house.key_result("a").standing.value == 4
    either.finish(3)
    assert either.due() == [], "an hour lies between two comments"
    either.house.clock.pass_(minutes=20)
    assert either.write().state == "written"
    assert either.notes == ["At risk: 3 of 10", "On track, was at risk: 7 of 10"]


def test_nothing_is_written_after_the_end_of_the_cycle(either: Target) -> None:
    either.write()
    either.finish(3)
    either.house.clock.at = datetime(2027, 1, 1, tzinfo=UTC)
    assert either.due() == [either.row.id]
    ended = either.write()
    assert (ended.state, ended.problem) == ("given_up", "its cycle has ended")
    judge_all(either.house.store, either.house.clock())
    assert either.house.key_result("a").standing.status is Status.MISSED
    assert either.due() == []
    assert either.notes == ["At risk: 3 of 10"]


def test_a_note_names_the_key_result_and_leads_to_it(comment: Target) -> None:
    comment.write()
    (note,) = comment.house.chimes.items[comment.epic].notes
    assert note == {
        "key": "okr-hub:ship/a",
        "by": "comment",
        "title": "Tasks of a",
        "text": "At risk: 3 of 10",
        "link": "https://hub.test/key-results/ship/a",
    }


def test_reading_again_writes_nothing_again(comment: Target) -> None:
    comment.write()
    for _ in range(3):
        comment.finish(0)
    assert comment.due() == []
    assert comment.write().state == "idle"
    assert len(comment.notes) == 1


def test_of_what_came_up_meanwhile_only_the_newest_is_written(link: Target) -> None:
    link.finish(3)
    link.finish(4)
    assert link.row.version == 3
    assert link.write().state == "written"
    assert link.notes == ["Achieved: 10 of 10"]
    assert link.due() == []
    assert link.house.chimes.count("PUT", "notes") == 1


def test_a_status_that_comes_back_before_its_turn_is_not_written(comment: Target) -> None:
    comment.write()
    finished = [task for task in comment.tasks if comment.house.chimes.items[task].state != "done"][:4]
    comment.finish(4)
    assert comment.house.key_result("a").standing.status == "on_track"
    for task in finished:
        comment.house.chimes.change(task, state="todo")
    comment.house.clock.pass_(minutes=20)
    comment.house.sync()
    comment.house.clock.pass_(hours=1)
    assert comment.due() == [comment.row.id]
    assert comment.write().state == "idle"
    assert comment.due() == []
    assert comment.notes == ["At risk: 3 of 10"]


def test_every_value_is_written_where_the_rule_asks_for_it(lite: HookHouse) -> None:
    target = Target(lite, "link", when="value_changed")
    target.write()
    target.finish(1)
    assert target.write().state == "written"
    assert target.notes == ["On track, was at risk: 4 of 10"]
    target.finish(1)
    assert target.write().state == "written"
    assert target.notes == ["On track: 5 of 10"], "it took the place of what stood there"


def test_without_a_way_the_tools_first_is_taken(lite: HookHouse) -> None:
    target = Target(lite, "")
    target.write()
    assert lite.chimes.items[target.epic].notes[0]["by"] == "link"


def test_two_writes_to_one_target_are_a_minute_apart(link: Target) -> None:
    link.write()
    for one in link.tasks:
        link.house.chimes.change(one, state="done")
    link.house.clock.pass_(seconds=20)
    link.house.sync()
    assert link.due() == []
    link.house.clock.pass_(seconds=40)
    assert link.due() == [link.row.id]


def test_what_comes_up_while_the_tool_answers_is_written_next(link: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    truly = link.house.chimes._note

    def slow(id: str, said: dict[str, str], *, is_new: bool) -> Any:
        monkeypatch.setattr(link.house.chimes, "_note", truly)
        link.finish(7)
        return truly(id, said, is_new=is_new)

    monkeypatch.setattr(link.house.chimes, "_note", slow)
    done = link.write()
    assert (done.state, done.again) == ("written", True)
    assert link.notes == ["At risk: 3 of 10"]
    link.house.clock.pass_(minutes=1)
    link.write()
    assert link.notes == ["Achieved, was at risk: 10 of 10"]


def test_a_comment_whose_answer_was_lost_is_written_once_more_and_never_a_third_time(comment: Target) -> None:
    comment.house.chimes.loses = "/notes"
    assert comment.write().state == "waiting"
    assert comment.row.is_ambiguous
    comment.house.clock.pass_(minutes=5)
    comment.house.chimes.loses = "/notes"
    done = comment.write()
    assert (done.state, done.problem) == ("given_up", "two answers were lost; not written again")
    comment.house.clock.pass_(days=1)
    assert comment.due() == []
    assert len(comment.notes) == 2
    comment.finish(7)
    assert comment.write().state == "written", "the next change is another note"
    assert comment.row.problem == ""


def test_a_link_is_written_again_however_often_its_answer_is_lost(link: Target) -> None:
    for _ in range(3):
        link.house.chimes.faults.fail_next(4, 503, path="/notes")
        assert link.write().state == "waiting"
        link.house.chimes.faults.forget()
        link.house.clock.pass_(hours=1)
    assert link.write().state == "written"
    assert link.notes == ["At risk: 3 of 10"]


def test_a_limit_is_kept(link: Target) -> None:
    link.house.chimes.faults.fail_next(9, 429, {"Retry-After": "900"}, path="/notes")
    assert link.write().state == "waiting"
    assert link.row.due_at == link.house.clock() + timedelta(seconds=900)
    assert link.row.problem.endswith("asked for a pause (429)")


def test_after_three_days_it_is_given_up_and_the_next_change_begins_anew(link: Target) -> None:
    link.house.clock.pass_(days=3, minutes=1)
    assert link.write().state == "given_up"
    assert link.row.problem == "given up after three days"
    link.finish(7)
    assert link.write().state == "written"


def test_a_target_that_is_gone_stops_and_says_so_until_somebody_acts(comment: Target) -> None:
    comment.house.chimes.delete(comment.epic)
    done = comment.write()
    assert done.state == "stopped"
    assert done.problem.startswith("chimes: items: 404")
    comment.finish(7)
    assert comment.due() == []
    assert comment.row.version == 2, "what came up meanwhile is known"
    comment.house.chimes.items[comment.epic] = comment.house.chimes.items[comment.tasks[0]]
    comment.apply()
    assert comment.due() == [comment.row.id]
    assert comment.write().state == "written"


def test_a_refused_right_stops_it_and_the_key_result_is_read_on(link: Target) -> None:
    link.house.chimes.faults.fail_next(1, 403, path="/notes")
    assert link.write().state == "stopped"
    assert link.house.sync().state == "done"


class Death(BaseException):
    """The process is killed."""


def die(*_given: object, **_more: object) -> None:
    raise Death


def kill(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill a writer after the tool has its note, and before that is stored."""
    with monkeypatch.context() as patched:
        patched.setattr(write_flow, "_ending", die)
        with pytest.raises(Death):
            target.write()


def test_a_writer_that_dies_leaves_a_comment_that_is_written_at_most_once_more(
    either: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(either, monkeypatch)
    assert either.row.state == "writing"
    assert either.write(owner="another").state == "idle", "the lease of the dead one holds"
    either.house.clock.pass_(minutes=6)
    assert either.due() == [either.row.id]
    kill(either, monkeypatch)
    either.house.clock.pass_(minutes=6)
    assert either.write(owner="a third").problem == "two answers were lost; not written again"
    assert len(either.notes) == 2
    assert either.due() == []


def test_a_writer_that_dies_leaves_a_link_that_stands_once(link: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    kill(link, monkeypatch)
    link.house.clock.pass_(minutes=6)
    assert link.write().state == "written"
    assert link.notes == ["At risk: 3 of 10"]


def test_a_note_that_kills_every_writer_is_given_up(link: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        kill(link, monkeypatch)
        link.house.clock.pass_(minutes=6)
    assert link.write().problem == "its writers died; not written again"


def test_two_writers_at_once_write_once(either: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    truly = either.house.chimes._note
    states: list[str] = []

    def slow(id: str, said: dict[str, str], *, is_new: bool) -> Any:
        states.append(either.write(owner="another").state)
        return truly(id, said, is_new=is_new)

    monkeypatch.setattr(either.house.chimes, "_note", slow)
    assert either.write().state == "written"
    assert states == ["idle"]
    assert len(either.notes) == 1


def test_a_write_that_outlasts_its_lease_is_written_once_although_another_writer_looks_in(
    either: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly, renew = either.house.chimes._note, write_flow._renew_lease
    states: list[str] = []
    beats = threading.Semaphore(0)

    def renew_and_say(*given: Any) -> bool:
        is_held = renew(*given)
        beats.release()
        return is_held

    def slow(id: str, said: dict[str, str], *, is_new: bool) -> Any:
        for _ in range(4):
            either.house.clock.pass_(seconds=write_flow.LEASE.total_seconds() / 2)
            wait_for_a_beat(beats)
            states.append(either.write(owner="another").state)
        return truly(id, said, is_new=is_new)

    monkeypatch.setattr(heartbeat, "BEAT", 0.002)
    monkeypatch.setattr(write_flow, "_renew_lease", renew_and_say)
    monkeypatch.setattr(either.house.chimes, "_note", slow)
    assert either.write().state == "written"
    assert states == ["idle"] * 4
    assert len(either.notes) == 1


def test_a_rule_that_no_longer_writes_back_leaves_the_target_alone(link: Target) -> None:
    link.house.apply("a", rules=[rule("a")])
    with link.house.store.read() as tx:
        assert write_backs.write_backs_of(tx, link.house.key_result("a").id) == []
    assert link.due() == []
    link.apply()
    assert link.write().state == "written"


def test_another_target_is_told_what_stands_at_once(link: Target) -> None:
    link.write()
    other = link.house.chimes.add("elsewhere")
    link.apply(f"{{to: {other}, by: link}}")
    assert link.write().state == "written"
    assert [one["text"] for one in link.house.chimes.items[other].notes] == ["At risk: 3 of 10"]


def test_plan_says_what_will_be_written_where(lite: HookHouse) -> None:
    lite.apply("a")
    changed = lite.apply("a", rules=[rule("a", write_back="{to: C-1, by: comment}")])
    assert [(one.noun, one.details) for one in changed.changes] == [
        ("mapping", (("write_back", "nothing", "C-1 by comment, status_changed"),))
    ]
    assert lite.apply("a", rules=[rule("a", write_back="{to: C-1, by: comment}")]).is_clean


def test_the_page_and_explain_say_where_it_is_written_and_why_not(comment: Target) -> None:
    house = comment.house

    def said() -> list[tuple[str, str, str, bool]]:
        page = show_key_result(house.store, "ship/a", house.clock(), ADMIN)
        assert page is not None
        return [(one.target, one.words, one.problem, one.is_stopped) for one in page.written]

    assert said() == [(comment.epic, "by comment, soon", "", False)]
    comment.write()
    assert said() == [(comment.epic, "by comment, today 00:00", "", False)]
    house.chimes.delete(comment.epic)
    comment.finish(7)
    house.clock.pass_(hours=1)
    comment.write()
    ((_, _, problem, is_stopped),) = said()
    assert is_stopped
    assert problem.startswith("Chimes: items: 404")
    assert problem.endswith("Nothing more is written there until somebody applies again.")
    found = explain(house.store, "ship/a", house.clock())
    assert found is not None
    assert [(one.target, one.said, one.state) for one in found.written] == [
        (comment.epic, "At risk: 3 of 10", "stopped")
    ]


# -- what lint says


def lint(house: HookHouse, told: str, okrs: str = "") -> list[str]:
    house.write("a")
    mapping = house.folder / "mappings" / "all.yaml"
    mapping.write_text(f"mappings:\n{rule('a', write_back=told)}\n")
    if okrs:
        file = house.folder / "okrs" / "all.yaml"
        file.write_text(file.read_text().replace("{name: Payments}", okrs))
    found = read_workspace(house.folder).problems
    return [str(one) for one in found if one.path.endswith("mappings/all.yaml") and one.code != "no-examples"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("{to: C-1, by: property}", "it takes link, comment, field  [unknown-way]"),
        ("{to: C-1, by: field}", "'by: field' needs to know which: add field: with its name in the tool"),
        ("{to: C-1, by: link, field: Size}", "'field' goes with 'by: field' alone: add that, or leave the field out"),
        ("{by: link}", "'to' is missing"),
        ("{to: C-1, by: letter}", "letter"),
        ("{to: C-1, when: always}", "always"),
        ("{to: C-1, by: comment, when: value_changed}", "warning: a comment for every change of the value"),
    ],
)
def test_what_cannot_be_or_should_not_be_written_is_said_at_its_place(lite: HookHouse, told: str, said: str) -> None:
    (found,) = lint(lite, told)
    assert said in found
    assert "mappings/all.yaml:9:" in found


def test_a_private_teams_title_and_value_do_not_leave_unremarked(lite: HookHouse) -> None:
    (found,) = lint(lite, "{to: C-1, by: link}", "{name: Payments, private: yes}")
    assert "warning: the team is private, and everybody who sees C-1 in the tool will read title and value" in found
    assert lint(lite, "{to: C-1, by: link}") == []


def test_a_clock_that_was_set_back_does_not_keep_a_note_waiting(lite: HookHouse) -> None:
    target = Target(lite, "link")
    lite.clock.pass_(days=-2)
    assert target.due() == [target.row.id]
