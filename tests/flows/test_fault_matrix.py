"""Every fault at every point of a read, through real HTTP: what stands meanwhile, and what one clean read makes of it.

At no point is there a value that is neither the last good one nor the true one; whatever was recorded is whole; and
after one clean read every value is what the simulated Jira holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.wrappers import Response

from hub.model.key_result import Standing
from hub.model.kinds import Freshness
from hub.model.reasons import Reason
from hub.store import contributions, key_results, measurements
from tests.flows.house import BUGS_RULE, POINTS_RULE, House, rule

NAMES = ("finished", "points", "open-bugs")
LONG = timedelta(seconds=600)
SHORT = timedelta(seconds=60)  # where the tool asked for no wait of its own


@dataclass(frozen=True)
class Point:
    """A request within a read: whose path holds `path`, after `skip` like it were answered."""

    name: str
    path: str
    skip: int = 0
    kind: str = "due"  # due | touched | first


POINTS = (
    Point("the search of a sweep", "search/jql"),
    Point("the match of a sweep", "jql/match"),
    Point("the bodies of a sweep", "bulkfetch"),
    Point("the roll call of a sweep", "search/jql", 1),
    Point("the match of touched items", "jql/match", kind="touched"),
    Point("the bodies of touched items", "bulkfetch", kind="touched"),
    Point("the ids of a first read", "search/jql", 2, kind="first"),
    Point("the bodies of a first read", "bulkfetch", 1, kind="first"),
)


@dataclass(frozen=True)
class Fault:
    """What goes wrong at a point, and how the read is to end: done | wait | stop | shape | odd."""

    order: Callable[[House, Point], None]
    ends: str
    wait: timedelta = SHORT
    said: str = ""
    paths: tuple[str, ...] = ("search/jql", "jql/match", "bulkfetch")

    kinds: tuple[str, ...] = ("due", "touched", "first")

    def points(self) -> list[Point]:
        """Return where it is tried: everywhere for those that differ most, at a few points in turn for the rest."""
        found = [at for at in POINTS if at.path in self.paths and at.kind in self.kinds]
        number = list(FAULTS.values()).index(self)
        return found if number in EVERYWHERE or len(found) < 4 else found[number % 4 :: 4]


def status(code: int, ends: str, *, n: int = 1, wait: timedelta = SHORT, said: str = "", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def order(house: House, at: Point) -> None:
        said_body = '{"errorMessages": ["It says so."], "errors": {}}'
        house.jira.faults.order(
            n, lambda _: Response(said_body, code, named, content_type="application/json"), path=at.path, skip=at.skip
        )

    return Fault(order, ends, wait, said or str(code))


def dated(house: House, at: Point) -> None:
    until = format_datetime(house.clock() + LONG, usegmt=True)
    house.jira.faults.order(1, lambda _: Response("{}", 429, {"Retry-After": until}), path=at.path, skip=at.skip)


def cut(n: int) -> Callable[[House, Point], None]:
    return lambda house, at: house.jira.faults.cut_next(n, path=at.path, skip=at.skip)


def bent(change: Callable[[Any], Any], *paths: str, said: str = "changed shape") -> Fault:
    """Answer with the true JSON after a change."""

    def order(house: House, at: Point) -> None:
        house.jira.faults.bend_next(
            1, lambda body: json.dumps(change(json.loads(body))).encode(), path=at.path, skip=at.skip
        )

    return Fault(order, "shape", said=said, paths=paths or Fault.paths)


def odd(change: Callable[[Any], Any]) -> Fault:
    return replace(bent(change, "bulkfetch"), ends="odd")


def raw(change: Callable[[bytes], bytes], said: str = "not JSON") -> Fault:
    def order(house: House, at: Point) -> None:
        house.jira.faults.bend_next(1, change, path=at.path, skip=at.skip)

    return Fault(order, "shape", said=said)


def login_page(house: House, at: Point) -> None:
    page = "<!doctype html><title>Log in with Atlassian account</title>"
    house.jira.faults.order(1, lambda _: Response(page, 200, content_type="text/html"), path=at.path, skip=at.skip)


def _issue(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """Change the first issue of an answer."""

    def changed(answer: Any) -> Any:
        change(answer["issues"][0])
        return answer

    return changed


def _field(name: str, value: Any) -> Callable[[Any], Any]:
    return _issue(lambda issue: issue["fields"].update({name: value}))


def _category(issue: dict[str, Any]) -> None:
    issue["fields"]["status"]["statusCategory"]["key"] = "blocked"


FAULTS = {
    "401": status(401, "stop", said="sign in again"),
    "403": status(403, "stop", said="permission"),
    "404": status(404, "shape", said="404"),
    "410": status(410, "shape", said="410"),
    "an odd status": status(418, "shape", said="418"),
    "429, seconds": status(429, "wait", wait=LONG, said="429", Retry_After="600"),
    "429, a date": Fault(dated, "wait", LONG, "429"),
    "429, no word": status(429, "wait", n=4, said="429", Retry_After=""),
    "429, once, short": status(429, "done", Retry_After="1"),
    "500": status(500, "wait", said="500"),
    "503": status(503, "wait", n=4, said="503"),
    "503, seconds": status(503, "wait", wait=LONG, said="503", Retry_After="600"),
    "503, once": status(503, "done"),
    "cut": Fault(cut(4), "wait", said="no connection"),
    "cut, once": Fault(cut(1), "done"),
    "malformed JSON": raw(lambda body: body.replace(b":", b";", 3)),
    "truncated JSON": raw(lambda body: body[:-2]),
    "nothing at all": raw(lambda _: b""),
    "a login page": Fault(login_page, "shape", said="not JSON"),
    "another shape": bent(lambda _: [], said="changed shape"),
    "a null where a list was": bent(dict.fromkeys),
    "an id that is none": bent(_issue(lambda one: one.update(id=None)), "search/jql", "bulkfetch"),
    "an issue that nobody asked for": bent(
        _issue(lambda one: one.update(id="99999")), "bulkfetch", said="nobody asked"
    ),
    # what one issue holds is that issue's own: it is set aside where a rule needs it, and asked for once more
    "an unknown category": odd(_issue(_category)),
    "a null where the status was": odd(_field("status", None)),
    "a text where points were": odd(_field("customfield_10016", "many")),
    "a summary gone": odd(_issue(lambda one: one["fields"].pop("summary"))),
    "a date at the edge of the calendar": odd(_field("statuscategorychangedate", "9999-12-31T23:59:59.000+0000")),
    "a time of the last change that is none": odd(_field("updated", "yesterday")),
    "a mark of the encoding": replace(raw(lambda body: b"\xef\xbb\xbf" + body), ends="done", said=""),
    "a match too few": bent(lambda answer: {"matches": answer["matches"][1:]}, "jql/match"),
    "a match without its list": bent(lambda answer: {"matches": [{} for _ in answer["matches"]]}, "jql/match"),
}

EVERYWHERE = {list(FAULTS).index(name) for name in ("401", "429, seconds", "cut", "truncated JSON")}


class Matrix:
    """A house that is read, disturbed, read with a fault and read once more, over and over."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rounds = 0
        self.open = house.stories(6, done=2, points=3)
        self.bugs = house.bugs(3)
        house.apply(self._rules())
        assert house.sync().state == "done"
        assert self.values() == self.truth()

    def _rules(self) -> tuple[str, ...]:
        select = f"project = PAY AND labels in (okr, round{self.rounds})"
        return rule("finished", select, "count", "{state: done}"), POINTS_RULE, BUGS_RULE

    def truth(self) -> dict[str, str]:
        """Work out from the simulated Jira itself what the three values are."""
        found = [one["fields"] for one in self.house.jira.issues()]
        done = [one for one in found if "okr" in one["labels"] and one["status"]["statusCategory"]["key"] == "done"]
        bugs = [one for one in found if one["issuetype"]["name"] == "Bug"]
        return {
            "finished": str(len(done)),
            "points": str(sum(int(one["customfield_10016"] or 0) for one in done)),
            "open-bugs": str(sum(one["status"]["statusCategory"]["key"] != "done" for one in bugs)),
        }

    def standing(self) -> dict[str, Standing]:
        with self.house.store.read() as tx:
            found = {one.key: one.standing for one in key_results.all_key_results(tx)}
        return {name: found[f"ship/{name}"] for name in NAMES}

    def values(self) -> dict[str, str]:
        return {name: str(one.value) for name, one in self.standing().items()}

    def disturb(self, at: Point) -> list[str]:
        """Change what the values stand on, in both directions; return the keys of what moved."""
        jira = self.house.jira
        self.rounds += 1
        old, other = self.open[0], self.open[1]
        jira.transition(other, "To Do" if self.rounds % 2 else "Done")
        new = [jira.create("PAY", summary=f"Late {n}", labels=["okr"], points=5) for n in range(2)]
        jira.transition(new[0], "Done")
        jira.transition(self.bugs[self.rounds % 3], "Done" if self.rounds % 2 else "To Do")
        if self.rounds % 3 == 0 and at.kind == "due":  # who left is asked after: a read more, before a first read
            jira.delete(old)
            self.open = self.open[1:]
        self.open += new
        if at.kind == "first":
            self.house.apply(self._rules())
        return [other, *new, self.bugs[self.rounds % 3]]

    def run(self, fault: Fault, at: Point) -> None:
        house, told = self.house, f"at {at.name}"
        before = self.values()
        house.clock.pass_(minutes=15)
        moved = self.disturb(at)
        truth = self.truth()
        if at.kind == "touched":
            for key in moved:
                house.ring(key)
        fault.order(house, at)
        done = house.sync(due=at.kind != "touched")
        assert not house.jira.faults._ordered, f"the fault never came up {told}"
        self._check_ending(fault, at, done.state, done.problem)
        for name, value in self.values().items():
            is_said = fault.ends == "odd" and self.standing()[name].freshness is Freshness.PARTIAL
            assert is_said or value in {before[name], truth[name]}, f"{name} {told}"
        self.check_whole()
        house.clock.pass_(seconds=LONG.total_seconds() + 1)
        again = house.sync()
        assert (again.state, again.problem) == ("done", ""), told
        assert self.values() == truth, told
        assert {one.freshness for one in self.standing().values()} == {Freshness.FRESH}, told
        assert house.touched() == {}, told
        self.check_whole()

    def _check_ending(self, fault: Fault, at: Point, state: str, problem: str) -> None:
        house, row = self.house, self.house.connection
        told = f"at {at.name}: {state}, {problem}"
        standing = self.standing()
        notes = {name: one.freshness_note for name, one in standing.items()}
        broken = {name for name, one in standing.items() if one.freshness is Freshness.BROKEN}
        assert row.leased_until is None, told
        match fault.ends:
            case "done":
                assert (state, problem, row.state, broken) == ("done", "", "ok", set()), told
            case "wait":
                assert (state, row.state, broken) == ("waiting", "waiting", set()), told
                assert fault.said in problem and row.problem == problem, told
                assert row.paused_until is not None and row.paused_until - house.clock() == fault.wait, told
            case "odd":
                assert (state, problem, row.state, broken) == ("done", "", "ok", set()), told
                for name, one in standing.items():
                    is_aside = one.freshness_code in {Reason.SET_ASIDE, Reason.NONE}
                    assert is_aside and ("PAY-" in notes[name]) is bool(notes[name]), f"{name} {told}"
            case "shape" if at.kind == "first":
                # one selection cannot be read: its key result says so, and the others are read
                assert (state, row.state, broken) == ("done", "ok", {"finished"}), told
                assert fault.said in notes["finished"], told
            case "shape":
                # each scope is swept by itself then: the odd answer came once, and so it belongs to none of them
                assert (state, problem, row.state, broken) == ("done", "", "ok", set()), told
            case _:
                assert (state, row.state, broken) == ("broken", "broken", set(NAMES)), told
                assert fault.said in problem.lower() or fault.said in problem, told
                assert set(notes.values()) == {problem} and row.problem == problem, told
                assert row.next_due_at is None, told
        assert house.jira.token not in problem + str(notes) + row.problem

    def check_whole(self) -> None:
        """What stands is what was last recorded, its parts add up to it, and each change has all of its letters."""
        with self.house.store.read() as tx:
            for one in key_results.all_key_results(tx):
                last = measurements.last_measurement(tx, one.id)
                assert last is not None and last.value == one.standing.value, one.key
                parts = contributions.contributions_now(tx, one.id)
                assert sum((part.amount or 0) * part.credit for part in parts.values()) == last.value, one.key
            changes = set(tx.execute(text("SELECT id FROM status_changes WHERE before <> 'not_judged'")).scalars())
            letters = tx.execute(text("SELECT change_id, count(*) FROM outbox GROUP BY change_id")).all()
            assert {row[0] for row in letters} <= changes
            assert {row[1] for row in letters} <= {3}  # one for each of the three channels


@pytest.fixture
def matrix(house_on_both: House) -> Matrix:
    return Matrix(house_on_both)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_what_stood_and_one_clean_read_mends_it(matrix: Matrix, name: str) -> None:
    for at in FAULTS[name].points():
        matrix.run(FAULTS[name], at)
