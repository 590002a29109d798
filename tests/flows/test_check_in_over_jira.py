"""A person's word over what Jira says, through real reads and real messages."""

from __future__ import annotations

import json

from hub.flows.check_in import Said, check_in, pause, resume
from tests.flows.house import FINISHED, FINISHED_RULE, OKR, House, rule

KEY = "ship/finished"
MIRA = "mira@northwind.test"


def started(house: House) -> list[str]:
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=6)
    house.sync()
    house.clock.pass_(minutes=15)
    return keys


def shown(house: House) -> tuple[str, str]:
    standing = house.key_result().standing
    return str(standing.value), str(standing.automatic_value)


def test_a_word_over_jira_stands_until_jira_moves(house_on_both: House) -> None:
    house = house_on_both
    keys = started(house)
    check_in(house.store, KEY, Said("form-0001", "3", note="Three were rolled back"), who=MIRA, now=house.clock())
    house.clock.pass_(minutes=15)
    house.sync()
    assert shown(house) == ("3", "6")
    house.finish(keys[6])
    house.clock.pass_(minutes=15)
    house.sync()
    assert shown(house) == ("7", "7")


def test_a_paused_one_follows_jira_beside_its_value_and_resuming_needs_no_read(house_on_both: House) -> None:
    house = house_on_both
    keys = started(house)
    pause(house.store, KEY, "Jira is being cleaned up", who=MIRA, now=house.clock())
    house.finish(*keys[6:9])
    house.clock.pass_(minutes=15)
    house.sync()
    assert shown(house) == ("6", "9")
    taken = resume(house.store, KEY, who=MIRA, now=house.clock())
    assert taken is not None
    assert shown(house) == ("9", "9")
    before = len(house.measurements())
    house.clock.pass_(minutes=15)
    house.sync()
    assert len(house.measurements()) == before


def test_a_word_before_the_first_read_leaves_the_past_to_the_items(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(10, done=6)
    check_in(house.store, KEY, Said("form-0001", note="Off we go", confidence="7"), who=MIRA, now=house.clock())
    house.sync()
    assert {str(one.origin) for one in house.measurements()} == {"reconstructed", "measured"}
    assert shown(house) == ("6", "6")


def test_a_channel_hears_who_checked_in_and_what_they_said(house: House) -> None:
    started(house)
    words = Said("form-0001", "3", note="Three were rolled back.\nThe ports wait.", blockers="The tax certificate")
    check_in(house.store, KEY, words, who=MIRA, now=house.clock())
    assert house.tell("b-hook") == 1
    assert house.tell("a-teams") == 1
    for sent in (json.dumps(house.slack.posts[-1].payload), json.dumps(house.teams.posts[-1].payload)):
        assert "checked in by Mira Okafor" in sent
        assert "Three were rolled back. The ports wait." in sent
        assert "The tax certificate" in sent


def test_a_channel_hears_that_the_reading_was_resumed(house: House) -> None:
    keys = started(house)
    pause(house.store, KEY, who=MIRA, now=house.clock())
    house.finish(*keys[6:])
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.tell("b-hook") == 0
    resume(house.store, KEY, who=MIRA, now=house.clock())
    assert house.tell("b-hook") == 1
    assert "the value is taken from the tool again" in json.dumps(house.slack.posts[-1].payload)


def test_resuming_right_after_the_rule_was_mended_waits_for_what_the_new_one_says(house_on_both: House) -> None:
    house = house_on_both
    started(house)
    words = Said("form-0001", "5", note="The rule is wrong", pauses=True)
    check_in(house.store, KEY, words, who=MIRA, now=house.clock())
    house.apply((rule("finished", OKR, "count", "{state: {not: done}}"),), (FINISHED,))
    resume(house.store, KEY, who=MIRA, now=house.clock())
    assert shown(house) == ("5", "None")
    house.sync()
    assert shown(house) == ("4", "4")


def test_resuming_right_after_the_rule_was_mended_takes_the_same_value_as_before_too(house_on_both: House) -> None:
    house = house_on_both
    started(house)
    check_in(house.store, KEY, Said("form-0001", "5", pauses=True), who=MIRA, now=house.clock())
    house.apply((rule("finished", OKR, "count", "{state: done}, {type: Story}"),), (FINISHED,))
    resume(house.store, KEY, who=MIRA, now=house.clock())
    house.sync()
    assert shown(house) == ("6", "6")
