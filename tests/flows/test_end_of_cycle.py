"""The end of a cycle: its last instant is the result, three days of grace, then nothing moves, and nobody is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.flows.check_in import Refused, Said, check_in, pause
from hub.flows.judge import judge_all
from hub.model.kinds import Status
from tests.flows.house import (
    BUGS_RULE,
    FINISHED,
    FINISHED_RULE,
    HUB,
    OKRS,
    OPEN_BUGS,
    POINTS,
    POINTS_RULE,
    House,
)
from tests.flows.letters import CHANNELS, rows

END = datetime(2027, 1, 1, tzinfo=UTC)
MANUAL = "{key_result: said, title: Said, kind: reach, target: 10, owner: mira@northwind.test}"
MINUTES = timedelta(minutes=1)


def ends(day: str) -> str:
    return OKRS.replace("ends: 2026-12-31", f"ends: {day}")


def letters(house: House) -> int:
    return sum(len(rows(house, slug)) for slug in CHANNELS)


def say(house: House, value: str, on: str = "", key: str = "ship/said") -> None:
    given = f"form-{house.clock():%Y%m%d%H%M%S}-{value}"
    check_in(house.store, key, Said(given, value=value, on=on), who="mira@northwind.test", now=house.clock())


def standing(house: House, name: str = "finished") -> tuple[str, Status]:
    found = house.key_result(name).standing
    return str(found.value), found.status


def just_before_the_end(house: House, done: int = 8) -> list[str]:
    """Apply one key result and read ten stories ten minutes before the end of the cycle."""
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - 10 * MINUTES
    made = house.stories(10, done=done)
    house.sync()
    return made


def test_a_cycle_that_ends_is_judged_as_of_its_end_and_nobody_is_told(house: House) -> None:
    just_before_the_end(house)
    before = letters(house)
    house.clock.at = END
    judge_all(house.store, house.clock())
    assert standing(house) == ("8", Status.MISSED)
    assert letters(house) == before


def test_what_was_done_before_the_end_and_is_read_after_it_counts_and_what_was_done_later_does_not(
    house: House,
) -> None:
    made = just_before_the_end(house)
    house.jira.transition(made[8], "Done", END - MINUTES)
    house.clock.at = END + timedelta(hours=2)
    house.jira.transition(made[9], "Done", END + MINUTES)
    house.sync()
    assert standing(house) == ("9", Status.MISSED)
    house.clock.at = END + timedelta(days=2)
    house.sync()
    assert standing(house) == ("9", Status.MISSED)
    assert house.measurements()[-1].at < END


def test_what_is_reopened_resized_or_deleted_after_the_end_does_not_move_the_result(house: House) -> None:
    house.apply((FINISHED_RULE, POINTS_RULE), (FINISHED, POINTS))
    house.clock.at = END - 10 * MINUTES
    made = house.stories(10, done=8)
    house.sync()
    assert (standing(house)[0], standing(house, "points")[0]) == ("8", "24")
    house.clock.at = END + timedelta(hours=2)
    house.jira.transition(made[0], "In Progress", house.clock())
    house.jira.edit(made[1], points=8, labels=["okr"])
    house.jira.edit(made[2], labels=[])
    house.jira.delete(made[3])
    house.sync()
    assert (standing(house)[0], standing(house, "points")[0]) == ("8", "24")


def test_another_rule_in_the_days_of_grace_is_worked_out_as_of_the_end(house: House) -> None:
    made = just_before_the_end(house)
    house.clock.at = END + timedelta(hours=1)
    house.jira.transition(made[9], "Done", house.clock())
    house.apply((FINISHED_RULE.replace("measure: count", "measure: {sum: points}"),), (FINISHED,))
    house.sync()
    assert standing(house) == ("24", Status.ACHIEVED)
    assert letters(house) == 0


def test_after_three_days_nothing_moves_any_more_and_nothing_is_read(house: House) -> None:
    made = just_before_the_end(house)
    house.clock.at = END + timedelta(days=3)
    house.jira.transition(made[8], "Done", END - MINUTES)
    known = len(house.measurements())
    done = house.sync()
    assert (done.state, done.items, done.requests) == ("done", 0, 0)
    assert standing(house)[0] == "8"
    assert len(house.measurements()) == known
    judge_all(house.store, house.clock())
    assert standing(house) == ("8", Status.MISSED)
    house.clock.pass_(days=30)
    assert judge_all(house.store, house.clock()) == []


def test_in_the_days_of_grace_people_check_in_for_the_last_day_or_before_and_not_for_later(house: House) -> None:
    house.apply((BUGS_RULE,), (OPEN_BUGS, MANUAL))
    house.clock.at = END - 10 * MINUTES
    say(house, "6")
    house.clock.at = END + timedelta(days=1)
    with pytest.raises(Refused, match="cycle ended on 31 December: check in for that day or one before"):
        say(house, "9")
    with pytest.raises(Refused, match="cycle ended on 31 December"):
        say(house, "9", "2027-01-01")
    say(house, "7", "2026-12-31")
    assert standing(house, "said") == ("7", Status.MISSED)
    say(house, "3", "2026-12-20")
    assert standing(house, "said")[0] == "7"
    say(house, "10", "2026-12-31")
    assert standing(house, "said") == ("10", Status.ACHIEVED)
    house.clock.at = END + timedelta(days=3)
    with pytest.raises(Refused, match="Its cycle is closed: nothing moves any more"):
        say(house, "4", "2026-12-31")
    assert standing(house, "said") == ("10", Status.ACHIEVED)


def test_a_word_about_the_last_day_stands_over_the_tools_value_in_the_days_of_grace(house: House) -> None:
    just_before_the_end(house)
    house.clock.at = END + timedelta(days=1)
    house.sync()
    say(house, "10", "2026-12-31", key="ship/finished")
    assert standing(house) == ("10", Status.ACHIEVED)
    house.sync()
    assert standing(house) == ("10", Status.ACHIEVED)


def test_moving_the_end_to_yesterday_tells_nobody_anything_and_goes_back_to_the_value_of_then(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED, MANUAL))
    made = house.stories(10, done=3)
    house.sync()
    say(house, "5")
    house.clock.pass_(days=2)
    house.finish(*made[3:8])
    house.sync()
    say(house, "9")
    for slug in CHANNELS:
        house.tell(slug)
    before, posted = letters(house), len(house.slack.posts) + len(house.teams.posts)
    house.apply((FINISHED_RULE,), (FINISHED, MANUAL), okrs=ends("2026-11-17"))
    assert standing(house) == ("3", Status.MISSED)
    assert standing(house, "said") == ("5", Status.MISSED)
    house.sync()
    judge_all(house.store, house.clock())
    for slug in CHANNELS:
        house.tell(slug)
    assert standing(house) == ("3", Status.MISSED)
    assert (letters(house), len(house.slack.posts) + len(house.teams.posts)) == (before, posted)


def test_moving_the_end_far_back_freezes_at_once_and_forward_again_thaws(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    made = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(days=10)
    house.finish(*made[3:9])
    house.sync()
    house.apply((FINISHED_RULE,), (FINISHED,), okrs=ends("2026-11-20"))
    assert standing(house) == ("3", Status.MISSED)
    house.finish(made[9])
    house.sync()
    assert standing(house) == ("3", Status.MISSED)
    before = letters(house)
    house.apply((FINISHED_RULE,), (FINISHED,))
    assert standing(house) == ("9", Status.ON_TRACK)
    house.sync()
    assert standing(house) == ("10", Status.ACHIEVED)
    assert letters(house) == before + 3


def test_letters_that_wait_when_the_cycle_ends_are_dropped_with_the_reason(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - timedelta(hours=2)
    made = house.stories(10, done=8)
    house.sync()
    house.finish(*made[8:])
    house.sync()
    assert letters(house) == 3
    house.clock.at = END + MINUTES
    for slug in CHANNELS:
        assert house.tell(slug) == 0
        assert [(one.state, one.problem) for one in rows(house, slug)] == [("dropped", "its cycle has ended")]
    assert house.slack.posts == house.teams.posts == []


def test_a_change_held_back_as_a_flap_is_not_told_after_the_end(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - timedelta(hours=2)
    made = house.stories(10, done=8)
    house.sync()
    house.finish(*made[8:])
    house.sync()
    house.clock.at = END - 30 * MINUTES
    house.jira.transition(made[9], "In Progress", house.clock())
    house.sync()
    told = letters(house)
    house.clock.at = END + timedelta(hours=1)
    judge_all(house.store, house.clock())
    assert letters(house) == told


def test_the_end_is_that_of_the_workspaces_zone(house: House) -> None:
    hub = HUB.replace("time_zone: UTC", "time_zone: America/Los_Angeles")
    house.apply((FINISHED_RULE,), (FINISHED,), hub=hub)
    house.clock.at = END + timedelta(hours=7)
    made = house.stories(10, done=7)
    house.sync()
    assert standing(house) == ("7", Status.ON_TRACK)
    house.jira.transition(made[7], "Done", END + timedelta(hours=7, minutes=59))
    house.jira.transition(made[8], "Done", END + timedelta(hours=8, minutes=1))
    house.clock.at = END + timedelta(hours=9)
    house.sync()
    assert standing(house) == ("8", Status.MISSED)


def test_what_was_never_judged_in_the_days_of_grace_is_judged_once_as_of_the_end(house: House) -> None:
    just_before_the_end(house)
    house.clock.at = END + timedelta(days=9)
    judge_all(house.store, house.clock())
    assert standing(house) == ("8", Status.MISSED)


def test_another_target_after_the_result_is_final_judges_nothing_anew(house: House) -> None:
    just_before_the_end(house)
    house.clock.at = END + timedelta(days=4)
    judge_all(house.store, house.clock())
    house.apply((FINISHED_RULE,), (FINISHED.replace("target: 10", "target: 5"),))
    assert standing(house) == ("8", Status.MISSED)


def test_nobody_pauses_what_is_final(house: House) -> None:
    just_before_the_end(house)
    house.clock.at = END + timedelta(days=3)
    with pytest.raises(Refused, match="Its cycle is closed"):
        pause(house.store, "ship/finished", who="mira@northwind.test", now=house.clock())


def test_check_ins_of_files_after_the_end_are_not_taken_and_apply_says_so(house: House) -> None:
    def said(*lines: str) -> tuple[str, ...]:
        return (
            OPEN_BUGS,
            MANUAL[:-1] + ", check_ins: [" + ", ".join(lines) + "]}",
        )

    house.apply((BUGS_RULE,), said("{on: 2026-11-10, value: 4}"))
    house.clock.at = END + timedelta(days=1, hours=14)
    lines = ("{on: 2026-11-10, value: 4}", "{on: 2026-12-31, value: 8}", "{on: 2027-01-01, value: 10}")
    done = house.apply((BUGS_RULE,), said(*lines))
    assert standing(house, "said") == ("8", Status.MISSED)
    assert done.ignored == (
        "ship/said: the check-in of 2027-01-01 comes too late, "
        "ended 31 December; numbers may still move until 3 January",
    )


def test_limits_are_judged_at_the_end_too(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED, OPEN_BUGS))
    house.clock.at = END - 10 * MINUTES
    say(house, "2", key="ship/open-bugs")
    house.clock.at = END
    judge_all(house.store, house.clock())
    assert standing(house, "open-bugs") == ("2", Status.ACHIEVED)
