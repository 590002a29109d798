from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from hub.model.kinds import Freshness
from hub.record import hold
from hub.store import Store, key_results
from tests.web.company import NOW
from tests.web.reading import part, words
from tests.web.readings import key_of

MERCHANTS = "/key-results/pay-first-time/merchants-live"


def page_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def facts(page: str) -> str:
    return part(page, '<dl class="kv sm mt-3">', "</dl>")


def test_the_head_says_status_source_freshness_owner_and_whom_a_change_is_told(reader: FlaskClient) -> None:
    head = part(page_of(reader, MERCHANTS), "<h1>", "</span></div>")
    assert "On track Jira, jira-main 2 min ago Mira Okafor" in head
    assert "Tells #payments, Payments and #okrs when achieved or off track" in head


def test_the_list_beside_the_number_holds_pace_and_gap(reader: FlaskClient) -> None:
    assert facts(page_of(reader, MERCHANTS)) == (
        "Expected today 23 Behind by 4 This week +1 At this pace 33 (20 to 46) Needed a week 3.8 Pace, 4 weeks 2.5"
    )


def test_a_limit_says_how_much_room_is_left(reader: FlaskClient) -> None:
    found = facts(page_of(reader, "/key-results/invoices/ledger-bugs"))
    assert found == "To stay below 3 Room left 1 This week 0 Lowest 1 Highest 4"


def test_a_range_says_both_ends(reader: FlaskClient) -> None:
    assert facts(page_of(reader, "/key-results/found/waiting")).startswith("To stay within 6 to 14 Room left 3")


def test_a_baseline_is_watched_and_not_judged(reader: FlaskClient) -> None:
    page = words(page_of(reader, "/key-results/found/signup"))
    assert "Watched, not judged" in page
    assert "Expected today" not in page
    assert "At this pace" not in page


def test_milestones_are_listed_with_the_day_they_were_done(reader: FlaskClient) -> None:
    page = words(page_of(reader, "/key-results/invoices/bank-feeds"))
    assert "5 of 8 done" in page
    assert "Santander done 19 Nov" in page
    assert "UniCredit open" in page


def test_a_key_result_that_was_never_read_draws_no_number(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/found/case-studies")
    assert "No value yet: the first read has not come through." in words(page)
    assert 'class="act"' not in page.split('class="legend')[0]
    assert "Does it reach" not in page


def test_a_broken_reading_says_why_and_keeps_the_last_value(reader: FlaskClient) -> None:
    page = words(page_of(reader, "/key-results/found/pilots"))
    assert "Broken, as of 10 Nov. The sign-in was refused." in page
    assert "The last good value stands." in page
    assert "50 % of 80 %" in page


def test_a_value_that_was_held_back_says_so(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, "pay-first-time/merchants-live")
        assert one is not None
        hold(tx, one.id, Freshness.SUSPECT, "9 of 9 items left at once", NOW)
    page = words(page_of(client, MERCHANTS))
    assert "Held back, as of 09:28. 9 of 9 items left at once." in page


def test_every_item_stands_in_its_group_with_its_reason_and_line(reader: FlaskClient) -> None:
    why = part(page_of(reader, MERCHANTS), 'aria-labelledby="why"', '<div class="side">')
    assert "11 items match: 5 count, 4 open, 2 left out" in why
    counted, rest = why.split("Open, would still count")
    waiting, left = rest.split("Left out by the rule")
    assert "PAY-455 Batch 6, ports first wave In Review In Review, half credit, line 11 2 +1" in counted
    assert "Value 20 19" in counted
    assert "PAY-429 Batch 4, campus shops Reopened" in waiting
    assert "PAY-439 Warehouses north, copy Duplicate 20 Oct Status is Duplicate, line 7 6 0" in left


def test_choosing_an_item_marks_its_row_and_the_line_that_decided(reader: FlaskClient) -> None:
    page = page_of(reader, f"{MERCHANTS}?item={key_of('PAY-455')}")
    assert page.count('class="sel"') == 1
    assert '<li id="l11" data-line="11" class="hit" aria-current="true">' in page
    assert "Line 11 decides PAY-455" in page


def test_an_item_that_does_not_exist_marks_nothing(reader: FlaskClient) -> None:
    page = page_of(reader, f"{MERCHANTS}?item=nonsense")
    assert 'class="sel"' not in page
    assert 'class="hit"' not in page


def test_the_way_to_the_target_adds_up_and_names_the_gap(reader: FlaskClient) -> None:
    found = part(page_of(reader, MERCHANTS), "Does it reach 40?", "</dl>")
    assert found == "Counted now 19 Rest of PAY-455 1 Open items 15 In scope 35 Target 40 No item yet 5"


def test_where_only_done_work_is_taken_what_is_not_done_still_leads_to_the_target(reader: FlaskClient) -> None:
    found = part(page_of(reader, "/key-results/found/pages"), "Does it reach 400?", "</dl>")
    assert found == "Counted now 312 Not done yet 38 In scope 350 Target 400 No item yet 50"


def test_a_long_group_is_folded_and_a_link_unfolds_it(reader: FlaskClient) -> None:
    folded = page_of(reader, "/key-results/found/pages")
    assert folded.count(">WEB-") == 50 + 38
    assert 'href="/key-results/found/pages?all=counted#counted">Show all 312</a>' in folded
    whole = page_of(reader, "/key-results/found/pages?all=counted")
    assert whole.count(">WEB-") == 312 + 38
    assert "Show all" not in whole


def test_an_item_in_a_folded_group_is_shown_when_it_is_chosen(reader: FlaskClient) -> None:
    page = page_of(reader, f"/key-results/found/pages?item={key_of('WEB-200')}")
    assert ">WEB-200</a>" in page
    assert ">WEB-201</a>" not in page


def test_a_rule_that_shows_no_items_names_none_anywhere(reader: FlaskClient) -> None:
    page = page_of(reader, f"/key-results/found/pilots?item={key_of('GRO-1')}&all=activity")
    assert "GRO-" not in page
    assert "Secret pilot" not in page
    assert "they are counted here and not named" in page
    assert "3 items moved, 25 to 50 %." in words(page)


def test_a_rule_that_shows_refs_keeps_titles_to_itself(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/found/pages")
    assert ">WEB-1</a>" in page
    assert "Page 1" not in page


def test_what_moved_tells_work_from_scope(reader: FlaskClient) -> None:
    moved = part(page_of(reader, MERCHANTS), "What moved since Monday 16 Nov", "</section>")
    assert moved.startswith("18 to 19 Work done PAY-429 reopened Batch 4, campus shops −3")
    assert "PAY-446 finished Batch 5, farm co-ops +3" in moved
    assert "Scope PAY-467 added Batch 8, hospitals +7" in moved
    assert "In scope, 28 to 35 +7" in moved
    assert "Rule and target no change" in moved


def test_an_item_that_leaves_because_it_was_finished_is_work_done(reader: FlaskClient) -> None:
    moved = part(page_of(reader, "/key-results/pay-first-time/open-bugs"), "What moved since", "</section>")
    assert "Work done PAY-510 finished Checkout bug 10 −1" in moved
    assert "Scope" not in moved


def test_an_item_that_arrives_because_it_was_finished_is_work_done(reader: FlaskClient) -> None:
    moved = part(page_of(reader, "/key-results/invoices/playbooks"), "What moved since", "</section>")
    assert "Work done PAY-610 finished +1" in moved
    assert "Scope" not in moved


def test_activity_says_whom_a_change_was_told(reader: FlaskClient) -> None:
    told = part(page_of(reader, "/key-results/invoices/playbooks"), 'id="activity"', "</section>")
    assert "Achieved from on track. 12 against 6.3 expected. Told #okrs, #payments and Payments." in told
    assert "PAY-610, PAY-611 and PAY-612 finished, 9 to 12." in told


def test_activity_is_newest_first_and_a_link_shows_all_of_it(reader: FlaskClient) -> None:
    page = page_of(reader, MERCHANTS)
    told = part(page, 'id="activity"', "</section>")
    assert told.index("Today 09:28") < told.index("Thu 19 Nov") < told.index("Tue 17 Nov")
    assert ">All 10</a>" in page
    assert "published revision 1" not in told
    assert "Mira Okafor published revision 1 of the rule." in words(page_of(reader, f"{MERCHANTS}?all=activity"))


def test_provenance_names_query_rule_and_read(reader: FlaskClient) -> None:
    found = part(page_of(reader, MERCHANTS), '<div class="prov bt">', "</div>")
    assert found == (
        "Query project = PAY AND labels = merchant-rollout Rule revision 1 , Mira Okafor, 5 Oct "
        'Read today 09:28 , 11 items Complete 1 of 9 items has no "Merchants in batch"'
    )


def test_the_chart_is_drawn_twice_and_says_in_words_what_it_shows(reader: FlaskClient) -> None:
    page = page_of(reader, MERCHANTS)
    assert page.count('role="img" aria-label="40 merchants live on the new checkout, 1 Oct to 31 Dec.') == 2
    assert 'viewBox="0 0 940 300"' in page
    assert 'viewBox="0 0 350 250"' in page
    assert "against a target of 40" in page


def test_what_was_worked_out_from_dates_is_drawn_apart_and_said_to_be_approximate(reader: FlaskClient) -> None:
    page = page_of(reader, MERCHANTS)
    assert 'class="rec"' in page
    assert "Worked out from the items' dates, approximate" in words(page)
    assert 'class="rec"' not in page_of(reader, "/key-results/pay-first-time/failed-payments")


def test_a_phased_target_bends_the_expected_line(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/easy-to-run/operator-score")
    line = re.search(r'class="exp" d="([^"]+)"', page)
    assert line is not None
    assert line[1].count("L") == 3


def test_status_changes_are_marked_on_the_chart(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/invoices/ledger-bugs")
    assert "<title>4 Nov: on track to off track, LED-2, LED-3 and LED-4 added, 1 to 4</title>" in page
    assert 'class="safe"' in page


@pytest.mark.parametrize("path", ["/key-results/no/such", "/key-results/pay-first-time/merchants", "/key-results/x"])
def test_an_address_that_leads_nowhere_says_so(reader: FlaskClient, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.get_data(as_text=True)


def test_a_count_is_not_foreseen_below_zero(reader: FlaskClient) -> None:
    found = facts(page_of(reader, "/key-results/pay-first-time/open-bugs"))
    assert "At this pace 0 (0 to 2.3)" in found


def test_finishing_work_is_good_news_where_less_is_better(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/pay-first-time/open-bugs")
    assert '<td class="num plus b">−1</td>' in page
    assert '<td class="num minus b">' not in page


def test_a_status_stands_above_the_reading_of_the_same_instant_that_led_to_it(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/invoices/ledger-bugs")
    activity = part(page, '<h2 id="activity">Activity</h2>', "</section>")
    told = (
        "On track from off track.",
        "LED-3 and LED-4 moved out",
        "Off track from on track.",
        "LED-2, LED-3 and LED-4",
    )
    places = [activity.index(words) for words in (*told, "is the first status.", "First read: 1")]
    assert places == sorted(places)


def test_a_value_beyond_its_limit_is_said_to_be_one(reader: FlaskClient) -> None:
    assert "4 (goal: stay below 3 bugs)." in words(page_of(reader, "/key-results/invoices/ledger-bugs"))
    assert "16 (goal: stay within 6 to 14 changes)." in words(page_of(reader, "/key-results/found/waiting"))


def test_no_more_milestones_are_foreseen_than_there_are(reader: FlaskClient) -> None:
    page = page_of(reader, "/key-results/invoices/bank-feeds")
    assert "At this pace 8 (7.6 to 8)" in facts(page)
    assert "likely 7.6 to 8" in words(page)


def test_the_scale_of_what_is_counted_has_no_halves(reader: FlaskClient) -> None:
    chart = part(page_of(reader, "/key-results/invoices/bank-feeds"), '<svg class="chart"', "</svg>")
    assert re.findall(r"(?<![\d.])\d+(?:\.\d+)?(?= )", chart.split("Today", 1)[0])[-5:] == ["0", "2", "4", "6", "8"]


def test_what_items_did_is_no_longer_called_the_value_when_a_person_set_it(client: FlaskClient) -> None:
    path = "/key-results/invoices/playbooks"
    moved = "What moved since", "</section>"
    assert "Value +3" in part(page_of(client, path), *moved)
    assert client.post(f"{path}/check-ins", data={"value": "11", "note": "One is a draft"}).status_code == 303
    said = part(page_of(client, path), *moved)
    assert "9 to 11" in said
    assert "Counted +3" in said
    assert "Value" not in said
