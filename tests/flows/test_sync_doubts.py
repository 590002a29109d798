"""What is doubted, set aside by a new rule, or not recorded at all."""

from __future__ import annotations

from tests.flows.house import BUGS_RULE, FINISHED_RULE, OKR, POINTS_RULE, House, rule


def test_a_renamed_field_is_still_read(house: House) -> None:
    keys = house.stories(3, done=2)
    house.sync()
    house.jira.rename_field("customfield_10016", "Estimate")
    house.clock.pass_(minutes=15)
    house.finish(keys[2])
    house.sync()
    assert house.value("points") == "9 fresh"


def test_a_field_that_was_removed_keeps_the_value_and_says_so(house: House) -> None:
    house.jira.add_field(77, "Hours")
    house.apply((rule("finished", OKR, "{sum: {field: Hours}}"), POINTS_RULE))
    key = house.jira.create("PAY", summary="One", labels=["okr"], fields={"Hours": 2.5})
    house.sync()
    assert house.value() == "2.5 fresh"
    house.jira.remove_field("customfield_77")
    house.clock.pass_(minutes=15)
    house.jira.edit(key, summary="Another title")
    house.sync()
    assert house.value() == "2.5 broken"
    assert '"Hours" is not in the tool\'s answer' in house.key_result().standing.freshness_note
    assert house.value("points") == "0 fresh"


def test_story_points_that_left_the_site_keep_the_value_and_say_so(house: House) -> None:
    keys = house.stories(3, done=2, points=3)
    house.sync()
    assert house.value("points") == "6 fresh"
    house.jira.remove_field("customfield_10016")
    house.clock.pass_(hours=25)  # the daily read in full
    house.finish(keys[2])
    house.sync()
    assert house.value("points") == "6 broken"
    assert '"points" is not in the tool\'s answer' in house.key_result("points").standing.freshness_note
    assert house.value() == "3 fresh"


def test_a_guard_holds_a_collapse_back_and_keeps_the_value(house: House) -> None:
    guarded = rule("finished", OKR, "count", "{state: done}", guard="{max_drop: 40%}")
    house.apply((guarded, POINTS_RULE))
    keys = house.stories(6, done=6)
    house.sync()
    house.clock.pass_(minutes=15)
    for key in keys[:4]:
        house.jira.delete(key)
    house.sync()
    assert house.value() == "6 suspect"
    assert house.key_result().standing.freshness_note == (
        "items in scope fell from 6 to 2, by 67 %, and the rule allows 40 %"
    )
    assert house.value("points") == "6 fresh"


def test_what_the_guard_held_back_is_taken_when_the_items_are_back(house: House) -> None:
    house.apply((rule("finished", OKR, "count", "{state: done}", guard="{max_drop: 40%}"),))
    keys = house.stories(6, done=6)
    house.sync()
    house.clock.pass_(minutes=15)
    for key in keys[:4]:
        house.jira.hide(key)
    house.sync()
    for key in keys[:4]:
        house.jira.show(key)
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value() == "6 fresh"


def test_an_empty_selection_is_believed_at_the_second_read_that_is_due(house: House) -> None:
    keys = house.stories(3, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    for key in keys:
        house.jira.edit(key, labels=[])
    house.sync()
    assert house.value() == "3 suspect"
    house.ring(keys[0])
    house.sync(due=False)
    assert house.value() == "3 suspect"
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value() == "0 fresh"


def test_a_changed_rule_is_worked_out_over_stored_items(house: House) -> None:
    house.stories(5, done=2)
    house.sync()
    house.clock.pass_(minutes=5)
    house.apply((rule("finished", OKR, "{percent: items}"), POINTS_RULE, BUGS_RULE))
    bodies = house.jira.count("bulkfetch")
    house.sync(due=False)
    assert house.value() == "40 fresh"
    assert house.jira.count("bulkfetch") == bodies
    last = house.measurements()[-1]
    assert (last.rule_revision, last.moves) == (2, ())


def test_a_rule_that_needs_one_more_field_reads_its_selection_anew(house: House) -> None:
    house.jira.add_field(77, "Hours")
    house.apply((FINISHED_RULE,))
    house.jira.create("PAY", summary="One", labels=["okr"], status="Done", fields={"Hours": 2.5})
    house.sync()
    house.clock.pass_(minutes=5)
    house.apply((rule("finished", OKR, "{sum: {field: Hours}}"),))
    house.sync(due=False)
    assert house.value() == "2.5 fresh"
