from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hub.flows.check_in import Said, check_in
from hub.model.judge import Policy
from hub.store import Store, channels, connections, key_results, okrs
from hub.store.okrs import Workspace
from hub.store.tables_work import connections as table
from tests.web.company import BERLIN, JONAS, NOW, TOM
from tests.web.reading import part, row, words


def page_of(client: FlaskClient, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def tree(page: str) -> str:
    return part(page, 'aria-label="Alignment tree">', "</section>\n  <aside")


def test_the_summary_counts_every_key_result_once_those_not_judged_too(reader: FlaskClient) -> None:
    counts = part(page_of(reader), '<div class="counts">', "</div>")
    assert counts == "10 On track 0 At risk 1 Off track 1 Achieved 2 Not judged yet"


def test_the_cycle_line_is_as_long_as_the_share_of_the_cycle_that_has_passed(reader: FlaskClient) -> None:
    page = page_of(reader)
    assert "day 54 of 92, 58 % elapsed" in words(page)
    assert '<rect width="58.1%" height="2"/>' in page


def test_a_row_shows_value_goal_status_source_freshness_and_owner(reader: FlaskClient) -> None:
    found = row(page_of(reader), "40 merchants live on the new checkout")
    assert found == "Jira, jira-main 2 min ago 19 of 40 merchants On track MO"


def test_a_row_kept_by_hand_says_when_somebody_checked_in(reader: FlaskClient) -> None:
    assert row(page_of(reader), "Failed payments down from 2.4 % to 1.2 %").startswith("By hand checked in 3 days ago")


def test_a_bar_says_in_words_how_far_it_is_and_how_far_it_should_be(reader: FlaskClient) -> None:
    assert 'aria-label="48 % of the way, 58 % expected today"' in page_of(reader).replace("\u00a0", " ")


def test_a_limit_is_drawn_as_a_safe_stretch_and_not_as_a_way(reader: FlaskClient) -> None:
    page = page_of(reader)
    assert 'class="bar gauge" role="img" aria-label="2 bugs, stay below 3 bugs"' in page
    assert 'aria-label="11 changes, stay within 6 to 14 changes"' in page


def test_a_broken_reading_keeps_its_status_and_fades_its_bar(reader: FlaskClient) -> None:
    page = page_of(reader)
    assert "broken, as of 10 Nov" in row(page, "Pilot work done, 80 % of the points")
    assert "On track" in row(page, "Pilot work done, 80 % of the points")
    assert 'class="old"' in page


def test_a_key_result_without_a_value_shows_none_instead_of_zero(reader: FlaskClient) -> None:
    found = row(page_of(reader), "10 case studies published")
    assert "\u2013 of 10 studies Not judged yet" in found
    assert " 0 " not in found


def test_teams_say_what_is_wrong_in_counts(reader: FlaskClient) -> None:
    page = page_of(reader)
    assert "Payments Mira Okafor 65 % 1 off track" in words(page).replace("\u00a0", " ")


def test_the_company_objective_rolls_up_what_supports_it(reader: FlaskClient) -> None:
    page = words(page_of(reader)).replace("\u00a0", " ")
    assert "A fleet that is easy to run and to pay for supported by 3 objectives 61 %" in page


def test_this_week_lists_changes_newest_first_and_what_work_moved(reader: FlaskClient) -> None:
    week = part(page_of(reader), "<h2>This week</h2>", "</section>")
    assert week.startswith("Items: 7 finished, 2 added, 1 reopened")
    assert week.index("Between 6 and 14 changes") < week.index("12 reconciliation playbooks published")
    assert "On track 12 reconciliation" not in week
    assert "case studies" not in week


def test_attention_names_the_broken_connection_the_goal_in_trouble_and_the_late_check_in(reader: FlaskClient) -> None:
    need = part(page_of(reader), "<h2>Needs attention</h2>", "Reading the bars").replace("\u00a0", " ")
    assert "Jira, jira-old The sign-in was refused." in need
    assert "One key result keeps the last value. broken, since Thu 18:40" in need
    assert "At 2.26 %, to get to 1.2 %: 12 % of the way, 58 % expected." in need
    assert "Jonas Weber checks in every 7 days." in need


def test_a_channel_that_is_off_needs_attention_and_names_who_looks_after_it(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        channel = channels.all_channels(tx)[0]
        channels.note_channel(tx, channel.id, state="off", problem="the address is gone", problem_at=NOW)
    need = part(page_of(client), "<h2>Needs attention</h2>", "Reading the bars")
    assert "#okrs The address is gone. Mira Okafor looks after it. off, since 09:30" in need


def test_a_connection_that_asked_to_wait_says_when_it_is_read_next(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        row_ = connections.connection_by_slug(tx, "jira-main")
        assert row_ is not None
        connections.lease(tx, row_.id, owner="x", now=NOW, lasts=timedelta(minutes=1))
        connections.release(
            tx,
            row_.id,
            owner="x",
            state="waiting",
            problem="Jira asked us to slow down",
            problem_at=NOW,
            paused_until=NOW + timedelta(minutes=12),
        )
    need = part(page_of(client), "<h2>Needs attention</h2>", "Reading the bars")
    assert "Jira asked us to slow down. Next read at 09:42. 7 key results keep the last value." in need


def test_a_read_under_way_says_how_far_it_has_come(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        row_ = connections.connection_by_slug(tx, "jira-main")
        assert row_ is not None
        connections.note_progress(tx, row_.id, name="PAY", done=200, total=1000)
    assert "Reading jira-main now: 200 of 1000 items." in words(page_of(client))


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=merchants", "40 merchants live", "Failed payments"),
        ("status=off", "Failed payments", "40 merchants live"),
        ("status=none", "Time to sign up", "Failed payments"),
        ("team=growth", "140 qualified demos", "Failed payments"),
        ("team=northwind", "140 qualified demos", "nothing of the kind"),
        ("owner=tom@acme.test", "Failed payments", "140 qualified demos"),
        ("source=jira-old", "Pilot work done", "40 merchants live"),
        ("source=hand", "Failed payments", "40 merchants live"),
        ("source=not-fresh", "Pilot work done", "40 merchants live"),
        ("status=on&team=payments&q=bank", "8 bank feeds", "40 merchants live"),
    ],
)
def test_a_filter_shows_what_fits_and_hides_the_rest(reader: FlaskClient, query: str, shown: str, hidden: str) -> None:
    found = tree(page_of(reader, f"/?{query}"))
    assert shown in found
    assert hidden not in found


def test_a_filter_does_not_change_what_is_rolled_up(reader: FlaskClient) -> None:
    assert "64 % of the way" in tree(page_of(reader)).replace("\u00a0", " ")
    assert "64 % of the way" in tree(page_of(reader, "/?status=off")).replace("\u00a0", " ")


def test_a_filter_that_nothing_fits_offers_the_way_back(reader: FlaskClient) -> None:
    page = page_of(reader, "/?q=zeppelin")
    assert "No key result fits what you are looking for. Show all 14" in words(page)


def test_a_status_segment_keeps_the_other_filters(reader: FlaskClient) -> None:
    assert 'href="/?q=bank&amp;status=off&amp;team=payments"' in page_of(reader, "/?q=bank&team=payments")


def test_a_status_that_does_not_exist_is_no_filter(reader: FlaskClient) -> None:
    assert "Failed payments" in tree(page_of(reader, "/?status=purple"))


def test_what_people_typed_comes_back_escaped(reader: FlaskClient) -> None:
    page = page_of(reader, "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_stale_connection_is_told_once_for_all_its_key_results(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        for one in key_results.all_key_results(tx):
            if one.connection == "jira-main" and one.standing.checked_at is not None:
                key_results.set_standing(tx, one.id, checked_at=NOW - timedelta(minutes=50))
    need = part(page_of(client), "<h2>Needs attention</h2>", "Reading the bars")
    assert need.count("No read for two intervals.") == 1
    assert "stale since 09:10" in need


def test_without_a_workspace_the_overview_teaches_three_steps(empty: FlaskClient) -> None:
    page = words(page_of(empty))
    assert page.index("okrhub init") < page.index("okrhub lint") < page.index("okrhub apply")


def test_a_workspace_without_key_results_says_where_to_write_them(empty: FlaskClient) -> None:
    house = empty.application.extensions["okrhub"]
    with house.store.write() as tx:
        okrs.put_workspace(tx, Workspace("Acme", "", BERLIN, "", Policy()))
    page = words(page_of(empty))
    assert "No key results in this cycle yet" in page
    assert "Nothing is connected, every value is kept by hand." in page


def test_what_is_in_the_way_needs_attention_until_the_next_check_in(client: FlaskClient, store: Store) -> None:
    said = Said("form-0001", "80", "6", "", "Legal has not\nanswered")
    check_in(store, "found/demos", said, who=JONAS, now=NOW - timedelta(hours=2))
    page = page_of(client)
    need = part(page, "<h2>Needs attention</h2>", "Reading the bars")
    assert "140 qualified demos booked Jonas Weber, 2 hours ago: Legal has not answered." in need
    assert 'href="/key-results/found/demos#checkin">Check in</a>' in page
    check_in(store, "found/demos", Said("form-0002", "81", "6", "", ""), who=JONAS, now=NOW - timedelta(hours=1))
    assert "Legal has not" not in part(page_of(client), "<h2>Needs attention</h2>", "Reading the bars")


def test_what_is_in_the_way_of_a_goal_in_trouble_stands_with_its_trouble(client: FlaskClient, store: Store) -> None:
    said = Said("form-0001", "2.26", "3", "", "One acquirer declines")
    check_in(store, "pay-first-time/failed-payments", said, who=TOM, now=NOW)
    need = part(page_of(client), "<h2>Needs attention</h2>", "Reading the bars")
    assert need.count("Failed payments down from") == 1
    assert "In the way: One acquirer declines. Off track Check in" in need


def test_a_late_check_in_leads_to_the_form(client: FlaskClient) -> None:
    page = page_of(client)
    need = part(page, "<h2>Needs attention</h2>", "Reading the bars")
    assert "140 qualified demos booked Jonas Weber checks in every 7 days." in need
    assert 'href="/key-results/found/demos#checkin">Check in</a>' in page


def test_a_status_that_nothing_has_is_named(reader: FlaskClient) -> None:
    for query in ("status=risk", "status=risk&cycle="):
        assert "No key result is at risk. Show all 14" in words(reader.get(f"/?{query}").get_data(as_text=True))
    narrowed = words(reader.get("/?status=risk&team=payments").get_data(as_text=True))
    assert "No key result fits what you are looking for. Show all 14" in narrowed


def test_a_connection_in_trouble_bears_the_name_that_it_was_given(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        held = connections.connection_by_slug(tx, "jira-main")
        assert held is not None
        tx.execute(update(table).where(table.c.id == held.id).values(name="Shop", state="broken", problem="gone"))
    assert "Jira, Shop Gone." in words(page_of(client))
    assert "Jira, Shop" in tree(page_of(client))
