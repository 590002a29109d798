"""Check-ins, comments and pauses: what stands, what is told, and what two at once leave behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.flows.check_in import MOST_COMMENT, MOST_NOTE, Refused, Said, check_in, comment, pause, resume
from hub.flows.check_in import check_ins as check_ins_module
from hub.model.kinds import Freshness, Kind, Origin, Status
from hub.model.okr import Milestone
from hub.store import Store, check_ins, key_results, pauses
from hub.store.channels import Route
from hub.store.comments import comments_of
from tests.record.company import AT_RISK, OFF_TRACK, ON_TRACK, Hub, item, minutes
from tests.store.builders import MERCHANTS, NOW, add_connection, add_rule, add_selection

KEY = MERCHANTS.key
MIRA, TOM = "mira@acme.test", "tomas@acme.test"


def automatic(store: Store, *routes: Route) -> Hub:
    """A hub whose key result is read from Jira."""
    hub = Hub(store, *routes, kind=Kind.REACH)
    with store.write() as tx:
        add_rule(tx, hub.key_result, add_selection(tx, add_connection(tx)))
    return hub


def said(value: str = "", *, key: str = "form-0001", **more: str | bool) -> Said:
    return Said(key, value, **more)  # type: ignore[arg-type]


def taken(hub: Hub) -> list[tuple[Decimal | None, int | None, str]]:
    with hub.store.read() as tx:
        return [(one.value, one.confidence, one.note) for one in check_ins.check_ins_of(tx, hub.key_result)]


def drawn(hub: Hub) -> list[Any]:
    """The values that stood, in order."""
    return [one.value for one in hub.measurements if one.stands]


def close_cycles(store: Store) -> None:
    with store.write() as tx:
        tx.exec_driver_sql(f"UPDATE cycles SET closed_at = '{NOW:%Y-%m-%dT%H:%M:%S.%fZ}'")


# -- a value that people keep


def test_a_check_in_is_the_value_its_words_are_kept_and_the_channel_hears(store: Store) -> None:
    hub = Hub(store, Route("pay"))
    check_in(store, KEY, said("20"), who=MIRA, now=NOW)
    words = said("12", key="form-0002", confidence="4", note="Two rolled back\r\n\x00", blockers="Tax papers")
    found = check_in(store, KEY, words, who=TOM, now=minutes(5))
    assert (found.is_new, found.is_value, found.channels) == (True, True, (1,))
    assert hub.now.standing.value == AT_RISK
    assert hub.now.standing.checked_at == minutes(5)
    with store.read() as tx:
        last = check_ins.check_ins_of(tx, hub.key_result)[-1]
    assert (last.author, last.note, last.blockers, last.confidence) == (TOM, "Two rolled back", "Tax papers", 4)
    assert hub.letters() == [("on_track", "at_risk")]
    assert hub.changes[-1].cause == "check_in"


def test_a_form_sent_twice_is_one_check_in(store: Store) -> None:
    hub = Hub(store, Route("pay"))
    first = check_in(store, KEY, said("12,0", note="Slow", confidence="07"), who=MIRA, now=NOW)
    again = check_in(store, KEY, said("12.0 ", note="Slow ", confidence="07"), who=MIRA, now=minutes(1))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.check_in == first.check_in
    assert len(taken(hub)) == len(hub.measurements) == 1


def test_a_form_sent_again_with_other_words_is_not_swallowed(store: Store) -> None:
    hub = Hub(store)
    check_in(store, KEY, said("12"), who=MIRA, now=NOW)
    for other in (
        said("13"),
        said("12", note="But"),
        said("1,200"),
        said("12", confidence="7"),
        said("12", confidence="high"),
    ):
        with pytest.raises(Refused, match="Check in anew to say more") as refused:
            check_in(store, KEY, other, who=MIRA, now=minutes(1))
        assert refused.value.is_late
    assert taken(hub) == [(AT_RISK, None, "")]


def test_two_people_may_happen_on_the_same_form_key(store: Store) -> None:
    hub = Hub(store)
    check_in(store, KEY, said("12"), who=MIRA, now=NOW)
    assert check_in(store, KEY, said("13"), who=TOM, now=minutes(1)).is_new
    assert len(taken(hub)) == 2


def test_a_note_alone_leaves_the_value_and_counts_as_looked_after(store: Store) -> None:
    hub = Hub(store)
    check_in(store, KEY, said("12"), who=MIRA, now=NOW)
    later = NOW + timedelta(days=8)
    assert hub.now.freshness_at(later)[0] is Freshness.STALE
    found = check_in(store, KEY, said(key="form-0002", note="No news"), who=MIRA, now=later)
    assert not found.is_value
    assert hub.now.standing.value == AT_RISK
    assert hub.now.freshness_at(later)[0] is Freshness.FRESH
    assert len(hub.measurements) == 1


def test_a_check_in_for_an_earlier_day_fills_the_past_and_leaves_the_value(store: Store) -> None:
    hub = Hub(store)
    check_in(store, KEY, said("12"), who=MIRA, now=NOW)
    found = check_in(store, KEY, said("9", key="form-0002", on="2026-11-20"), who=MIRA, now=minutes(5))
    assert (found.is_new, found.is_value) == (True, False)
    standing: Any = hub.now.standing
    assert (standing.value, standing.checked_at) == (AT_RISK, NOW)
    assert drawn(hub) == [9, 12]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (said("1,500"), "value"),
        (said("many"), "value"),
        (said("12 %"), "value"),
        (said(confidence="11"), "confidence"),
        (said(confidence="7.5"), "confidence"),
        (said(note="n" * (MOST_NOTE + 1)), "note"),
        (said(blockers="n" * (MOST_NOTE + 1)), "blockers"),
        (said("12", on="2026-11-24"), "on"),
        (said("12", on="2026-09-30"), "on"),
        (said("12", on="yesterday"), "on"),
        (said("12", pauses=True), "pauses"),
        (said(note=" \u200b\n"), ""),
        (said("12", key="short"), "given_as"),
    ],
)
def test_what_cannot_be_taken_is_refused_beside_its_field_and_nothing_is_stored(
    store: Store, words: Said, field: str
) -> None:
    hub = Hub(store)
    with pytest.raises(Refused) as refused:
        check_in(store, KEY, words, who=MIRA, now=NOW)
    assert list(refused.value.problems) == [field]
    assert (taken(hub), hub.measurements) == ([], [])


def test_every_problem_of_a_form_is_told_at_once(store: Store) -> None:
    Hub(store)
    with pytest.raises(Refused) as refused:
        check_in(store, KEY, said("many", confidence="-1", on="2027-01-01"), who=MIRA, now=NOW)
    assert set(refused.value.problems) == {"value", "confidence", "on"}


def test_nobody_checks_in_before_the_start_or_after_the_cycle_is_closed(store: Store) -> None:
    hub = Hub(store)
    early = NOW - timedelta(days=60)
    with pytest.raises(Refused, match="It starts on 1 October"):
        check_in(store, KEY, said("12"), who=MIRA, now=early)
    close_cycles(store)
    with pytest.raises(Refused, match="Its cycle is closed") as refused:
        check_in(store, KEY, said("12"), who=MIRA, now=NOW)
    assert refused.value.is_late
    assert taken(hub) == []
    assert comment(store, KEY, "Well done", given_as="form-0009", who=MIRA, now=NOW)[1]


def test_milestones_take_words_and_no_value(store: Store) -> None:
    hub = Hub(store, kind=Kind.MILESTONES, milestones=(Milestone("one"), Milestone("two")))
    with pytest.raises(Refused, match="The milestones are the value"):
        check_in(store, KEY, said("1"), who=MIRA, now=NOW)
    check_in(store, KEY, said(note="Nearly there", confidence="8"), who=MIRA, now=NOW)
    assert taken(hub) == [(None, 8, "Nearly there")]


def test_a_check_in_that_dies_half_way_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)

    def die(*_given: object, **_more: object) -> bool:
        raise RuntimeError("killed")

    monkeypatch.setattr(check_ins_module.recording, "pause", die)
    with pytest.raises(RuntimeError):
        check_in(store, KEY, said("5", pauses=True), who=MIRA, now=minutes(5))
    assert (taken(hub), drawn(hub), hub.letters()) == ([], [ON_TRACK], [])
    assert hub.now.standing.status is Status.ON_TRACK


# -- over a value that a tool gives


def test_a_value_over_the_tools_own_stands_until_that_changes(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    check_in(store, KEY, said("12", note="Jira is behind"), who=MIRA, now=minutes(5))
    for at in (15, 30):
        hub.record(ON_TRACK, minutes(at))
        assert hub.now.standing.value == AT_RISK
    standing: Any = hub.now.standing
    assert (hub.now.is_overruled, standing.automatic_value, standing.automatic_at) == (True, ON_TRACK, NOW)
    assert standing.checked_at == minutes(30)
    hub.record(21, minutes(45))
    assert (str(hub.now.standing.value), hub.now.is_overruled) == ("21", False)
    assert drawn(hub) == [20, 12, 21]
    assert len(hub.measurements) == 3


def test_a_change_of_the_tool_to_what_the_person_said_is_still_a_change(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    check_in(store, KEY, said("12"), who=MIRA, now=minutes(5))
    hub.record(12, minutes(15))
    hub.record(20, minutes(30))
    assert hub.now.standing.value == ON_TRACK


def test_items_that_move_without_moving_the_value_leave_the_persons_word(store: Store) -> None:
    hub = automatic(store)
    hub.stand_on({"1": item("1", 12, done=True)}, NOW)
    check_in(store, KEY, said("15"), who=MIRA, now=minutes(5))
    hub.stand_on({"2": item("2", 12, done=True)}, minutes(15))
    assert hub.now.standing.value == 15
    assert list(hub.stands_on()) == ["2"]
    assert [(one.value, one.stands) for one in hub.measurements] == [(12, True), (15, True), (12, False)]


def test_a_check_in_keeps_what_the_guard_compares_with_and_the_light_of_the_reading(store: Store) -> None:
    hub = automatic(store)
    hub.stand_on({"1": item("1", 12), "2": item("2", 8)}, NOW)
    hub.hold(Freshness.BROKEN, "the field is gone", minutes(1))
    check_in(store, KEY, said("15"), who=MIRA, now=minutes(5))
    standing: Any = hub.now.standing
    assert (standing.in_scope, standing.freshness, standing.checked_at) == (2, Freshness.BROKEN, NOW)


def test_what_a_tool_says_first_replaces_what_was_said_before_it_was_ever_read(store: Store) -> None:
    hub = automatic(store)
    check_in(store, KEY, said("15"), who=MIRA, now=NOW)
    hub.record(ON_TRACK, minutes(5))
    assert hub.now.standing.value == ON_TRACK


def test_an_older_word_over_a_newer_reading_is_kept_as_a_word_alone(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    found = check_in(store, KEY, said("9", on="2026-11-20"), who=MIRA, now=minutes(5))
    assert not found.is_value
    assert (hub.now.standing.value, drawn(hub), taken(hub)) == (ON_TRACK, [20], [(9, None, "")])


# -- paused


def test_a_paused_value_stands_and_what_the_tool_says_is_kept_beside_it(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    found = check_in(store, KEY, said("12", note="Jira is wrong", pauses=True), who=MIRA, now=minutes(5))
    assert found.has_paused
    hub.stand_on({"1": item("1", 30, done=True)}, minutes(15))
    standing: Any = hub.now.standing
    assert (standing.value, standing.automatic_value, standing.automatic_at) == (AT_RISK, 30, minutes(15))
    assert (standing.paused_at, standing.paused_by, standing.pause_note) == (minutes(5), MIRA, "Jira is wrong")
    assert drawn(hub) == [20, 12]


def test_a_paused_one_is_neither_stale_nor_broken_and_keeps_the_readings_light_for_later(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    assert pause(store, KEY, "Migration week", who=MIRA, now=minutes(5))
    assert not pause(store, KEY, "Me too", who=TOM, now=minutes(6))
    hub.hold(Freshness.BROKEN, "the sign-in was refused", minutes(10))
    later = NOW + timedelta(days=5)
    assert hub.now.freshness_at(later) == (Freshness.PAUSED, minutes(5))
    assert hub.now.standing.paused_by == MIRA
    resume(store, KEY, who=TOM, now=later)
    assert hub.now.freshness_at(later)[0] is Freshness.BROKEN
    with store.read() as tx:
        assert pauses.pauses_of(tx, KEY) == [pauses.Pause(minutes(5), MIRA, "Migration week", later, TOM)]


def test_resuming_takes_the_tools_value_at_once(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    check_in(store, KEY, said("12", pauses=True), who=MIRA, now=minutes(5))
    hub.record(30, minutes(15))
    found = resume(store, KEY, who=TOM, now=minutes(20))
    assert found is not None
    assert (found.value_before, found.value) == (AT_RISK, Decimal(30))
    assert (hub.now.is_paused, drawn(hub)) == (False, [20, 12, 30])
    assert hub.now.standing.value == 30
    assert resume(store, KEY, who=TOM, now=minutes(21)) is None
    hub.record(30, minutes(30))
    assert len(hub.measurements) == 4


def test_resuming_with_an_unchanged_tool_takes_its_value_too(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    check_in(store, KEY, said("12", pauses=True), who=MIRA, now=minutes(5))
    resume(store, KEY, who=MIRA, now=minutes(20))
    assert drawn(hub) == [20, 12, 20]
    assert hub.now.standing.value == ON_TRACK


def test_while_paused_nothing_is_told_and_resuming_tells_what_is_different_then(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    pause(store, KEY, who=MIRA, now=minutes(5))
    hub.record(OFF_TRACK, minutes(10))
    hub.rejudge(NOW + timedelta(days=20))
    assert hub.now.standing.status is Status.AT_RISK
    assert hub.letters() == []
    found = resume(store, KEY, who=MIRA, now=NOW + timedelta(days=20, minutes=1))
    assert found is not None
    assert found.channels == (1,)
    assert hub.letters() == [("on_track", "off_track")]


def test_a_status_that_moved_during_a_pause_is_told_when_resuming_leaves_it(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    pause(store, KEY, who=MIRA, now=minutes(5))
    later = NOW + timedelta(days=20)
    hub.rejudge(later)
    assert resume(store, KEY, who=MIRA, now=later).channels == (1,)  # type: ignore[union-attr]
    assert hub.letters() == [("on_track", "at_risk")]


def test_a_change_that_was_held_back_is_not_told_into_a_pause(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    hub.record(12, minutes(5))
    hub.record(20, minutes(10))  # back within the hold time: waits
    hub.letters()
    pause(store, KEY, who=MIRA, now=minutes(15))
    assert hub.tell_what_was_held_back(minutes(90)) == []
    assert hub.letters() == []


def test_the_check_in_that_pauses_is_itself_told(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    check_in(store, KEY, said("5", pauses=True), who=MIRA, now=minutes(5))
    assert hub.letters() == [("on_track", "off_track")]


def test_a_value_kept_by_hand_cannot_be_paused(store: Store) -> None:
    Hub(store)
    with pytest.raises(Refused, match="No tool moves this one"):
        pause(store, KEY, who=MIRA, now=NOW)


def test_after_the_cycle_is_closed_nobody_pauses_what_nobody_could_resume(store: Store) -> None:
    hub = automatic(store)
    close_cycles(store)
    for change in (pause, resume):
        with pytest.raises(Refused, match="Its cycle is closed") as refused:
            change(store, KEY, who=MIRA, now=NOW)
        assert refused.value.is_late
    assert not hub.now.is_paused


# -- comments


def test_a_comment_is_plain_text_and_a_form_sent_twice_is_one(store: Store) -> None:
    hub = Hub(store)
    words = "Well\r\n<b>done</b>\u202e"
    first = comment(store, KEY, words, given_as="form-0001", who=MIRA, now=NOW)
    again = comment(store, KEY, words, given_as="form-0001", who=MIRA, now=minutes(1))
    comment(store, KEY, "Thanks", given_as="form-0001", who=TOM, now=minutes(2))
    assert (first[1], again[1]) == (True, False)
    with pytest.raises(Refused, match="with other words"):
        comment(store, KEY, "Well, no", given_as="form-0001", who=MIRA, now=minutes(3))
    with store.read() as tx:
        found = comments_of(tx, hub.key_result)
    assert [(one.author, one.body) for one in found] == [(MIRA, "Well\n<b>done</b>"), (TOM, "Thanks")]


@pytest.mark.parametrize("body", ["", " \n ", "\u2060\u00ad\u200e", "\ufeff\x85", "x" * (MOST_COMMENT + 1)])
def test_a_comment_says_something_and_not_everything(store: Store, body: str) -> None:
    hub = Hub(store)
    with pytest.raises(Refused):
        comment(store, KEY, body, given_as="form-0001", who=MIRA, now=NOW)
    with store.read() as tx:
        assert comments_of(tx, hub.key_result) == []


def test_what_is_said_of_a_key_result_that_was_archived_is_not_taken(store: Store) -> None:
    Hub(store)
    with store.write() as tx:
        key_results.archive_key_result(tx, KEY, NOW)
    for say in (
        lambda: check_in(store, KEY, said("12"), who=MIRA, now=NOW),
        lambda: comment(store, KEY, "Hm", given_as="form-0001", who=MIRA, now=NOW),
        lambda: pause(store, KEY, who=MIRA, now=NOW),
        lambda: resume(store, KEY, who=MIRA, now=NOW),
    ):
        with pytest.raises(Refused, match="not there any more"):
            say()


# -- two at once


def at_once(*steps: Callable[[], object]) -> None:
    """Run the steps in threads of their own that set off together; raise what any of them raised."""
    barrier, problems = threading.Barrier(len(steps)), []

    def run(step: Callable[[], object]) -> None:
        barrier.wait()
        try:
            step()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def test_a_sync_and_a_check_in_that_pauses_end_with_the_persons_word_whoever_is_first(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    for round_ in range(1, 7):
        at = minutes(10 * round_)
        words = said(str(round_), key=f"form-{round_:04}", pauses=True)
        at_once(
            lambda at=at, value=30 + round_: hub.record(value, at),  # type: ignore[misc]
            lambda at=at, words=words: check_in(store, KEY, words, who=MIRA, now=at),  # type: ignore[misc]
        )
        standing: Any = hub.now.standing
        assert (standing.value, standing.automatic_value) == (round_, 30 + round_)
        assert hub.now.is_paused
        resume(store, KEY, who=MIRA, now=at + timedelta(minutes=1))
        assert hub.now.standing.value == 30 + round_


def test_a_sync_and_a_check_in_take_turns_and_the_last_one_is_the_value(store: Store) -> None:
    hub = automatic(store)
    hub.record(ON_TRACK)
    for round_ in range(1, 7):
        at = minutes(10 * round_)
        words = said(str(round_), key=f"form-{round_:04}")
        at_once(
            lambda at=at, value=30 + round_: hub.record(value, at),  # type: ignore[misc]
            lambda at=at, words=words: check_in(store, KEY, words, who=MIRA, now=at),  # type: ignore[misc]
        )
        last = max((one for one in hub.measurements if one.stands), key=lambda one: one.id)
        assert hub.now.standing.value == last.value
        assert last.origin in {Origin.MEASURED, Origin.CHECK_IN}
        assert hub.now.standing.automatic_value == 30 + round_


def test_a_double_click_in_two_processes_is_one_check_in(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    words = said("5", note="Rolled back")
    at_once(*[lambda: check_in(store, KEY, words, who=MIRA, now=minutes(5)) for _ in range(4)])
    assert (len(taken(hub)), drawn(hub), hub.letters()) == (1, [20, 5], [("on_track", "off_track")])


def test_two_who_resume_at_once_resume_once(store: Store) -> None:
    hub = automatic(store, Route("pay"))
    hub.record(ON_TRACK)
    pause(store, KEY, who=MIRA, now=minutes(1))
    hub.record(OFF_TRACK, minutes(2))
    at_once(*[lambda: resume(store, KEY, who=MIRA, now=minutes(5)) for _ in range(4)])
    assert (drawn(hub), hub.letters()) == ([20, 5], [("on_track", "off_track")])
