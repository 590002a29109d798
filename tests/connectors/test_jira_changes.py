"""One sweep for all scopes: what changed, what was touched, what left, and how few questions that takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Misconfigured, Unexpected
from connectors.jira.cursors import Since, read_cursor
from connectors.shapes import Cursor, Page, Roll
from tests.connectors.conftest import Site, id_of, members, read_once, scopes_of


def test_nothing_changed_costs_two_requests(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY", "project = WEB AND type = Story")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    (page,) = old.connector.changes(scopes, since)
    assert old.counter.take() == {"requests": 2, "throttled": 0, "retried": 0}
    everything = frozenset(str(i) for i in old.jira.by_id)
    assert page.cursor is not None
    held = read_cursor(page.cursor)
    assert isinstance(held, Since)
    assert (held.since, held.seen, held.held) == (
        datetime(2026, 11, 2, 10, 30, tzinfo=UTC),
        {},
        frozenset(old.jira.by_id),
    )
    assert page == Page(
        cursor=page.cursor,
        rolls=(Roll(frozenset(s.key for s in scopes), everything),),
    )


def test_an_issue_that_is_seen_again_is_read_although_nothing_changed(old: Site) -> None:
    okr, stories = scopes = scopes_of(old, "project = PAY AND labels = okr", "project = PAY")
    since = read_once(old, scopes)
    old.jira.hide("PAY-2")
    old.clock.pass_(minutes=30)
    (page,) = old.connector.changes(scopes, since)
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-2", labels=["okr"], at=old.clock() - timedelta(minutes=20))  # by somebody who sees it
    (page,) = old.connector.changes(scopes, page.cursor)
    old.clock.pass_(minutes=30)
    old.jira.show("PAY-2")
    pages = list(old.connector.changes(scopes, page.cursor))
    assert members(pages) == {id_of(old, "PAY-2"): frozenset({okr.key, stories.key})}
    assert [item.ref for page in pages for item in page.items] == ["PAY-2"]


def test_an_issue_that_left_has_moved_when_it_can_still_be_read_and_is_gone_when_not(old: Site) -> None:
    old.jira.add_project("OPS", "Operations")
    bounded, wide = scopes = scopes_of(old, "project = PAY", "labels = okr OR project = WEB")
    (page,) = old.connector.changes(scopes, read_once(old, scopes))
    old.clock.pass_(minutes=30)
    (page,) = old.connector.changes(scopes, page.cursor)
    moved, deleted, hidden = (id_of(old, key) for key in ("PAY-2", "PAY-4", "WEB-1"))
    old.jira.move("PAY-2", "OPS")
    old.jira.delete("PAY-4")
    old.jira.hide("WEB-1")
    old.clock.pass_(minutes=30)
    old.counter.take()
    pages = list(old.connector.changes(scopes, page.cursor))
    assert members(pages) == {moved: frozenset()}
    assert [item.ref for page in pages for item in page.items] == ["OPS-1"]
    assert {key for page in pages for key in page.gone} == {deleted, hidden}
    assert old.counter.take()["requests"] == 6  # two searches, two rolls, match and bodies
    assert {key for roll in pages[-1].rolls for key in roll.scopes} == {bounded.key, wide.key}


def test_a_change_is_read_once_and_said_to_belong_where_it_belongs_now(old: Site) -> None:
    okr, stories, web = scopes = scopes_of(old, "project = PAY AND labels = okr", "project = PAY", "project = WEB")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-2", labels=["okr"])
    old.jira.edit("PAY-3", labels=[])
    pages = list(old.connector.changes(scopes, since))
    assert old.counter.take()["requests"] == 4  # search, match, bodies, ids
    assert members(pages) == {
        id_of(old, "PAY-2"): frozenset({okr.key, stories.key}),
        id_of(old, "PAY-3"): frozenset({stories.key}),
    }
    assert [item.ref for page in pages for item in page.items] == ["PAY-2", "PAY-3"]
    assert web.key not in {k for held in members(pages).values() for k in held}


def test_what_the_overlap_repeats_is_not_read_again(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-2", labels=["x"])
    old.clock.pass_(seconds=20)
    first = list(old.connector.changes(scopes, since))
    old.counter.take()
    old.clock.pass_(seconds=30)
    second = list(old.connector.changes(scopes, first[-1].cursor))
    assert old.counter.take()["requests"] == 2
    assert members(second) == {}
    old.clock.pass_(seconds=30)
    old.jira.edit("PAY-2", labels=["y"])
    third = list(old.connector.changes(scopes, second[-1].cursor))
    assert [item.labels for page in third for item in page.items] == [frozenset({"y"})]


def test_a_change_that_search_shows_late_is_not_missed(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.lag = 90
    old.jira.edit("PAY-2", points=8)
    first = list(old.connector.changes(scopes, since))
    assert members(first) == {}
    old.clock.pass_(minutes=2)
    second = list(old.connector.changes(scopes, first[-1].cursor))
    assert [item.ref for page in second for item in page.items] == ["PAY-2"]


def test_an_issue_that_matches_nothing_any_more_is_named_but_notread_once(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY AND labels = okr")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-1", labels=[])
    pages = list(old.connector.changes(scopes, since))
    assert old.counter.take()["requests"] == 3  # search, match, ids: no body
    assert members(pages) == {id_of(old, "PAY-1"): frozenset()}
    assert not [item for page in pages for item in page.items]


def test_what_was_deleted_hidden_or_moved_is_not_on_the_roll(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    since = read_once(old, scopes)
    leaving = {id_of(old, key) for key in ("PAY-1", "PAY-2", "PAY-3")}
    old.clock.pass_(minutes=30)
    old.jira.delete("PAY-1")
    old.jira.hide("PAY-2")
    old.jira.move("PAY-3", "WEB")
    last = list(old.connector.changes(scopes, since))[-1]
    (roll,) = last.rolls
    assert not roll.exact
    assert not leaving & roll.keys
    assert len(roll.keys) == 3


def test_a_scope_without_a_bound_gets_an_exact_roll_of_its_own(old: Site) -> None:
    bounded, due, open_ = scopes = scopes_of(
        old, "project = PAY", "project = WEB AND created >= -1d", "labels = okr OR project = WEB"
    )
    since = read_once(old, scopes)
    old.clock.pass_(hours=23, minutes=30)  # WEB's issues are more than a day old now, though nobody touched them
    pages = list(old.connector.changes(scopes, since))
    assert old.counter.take()["requests"] == 2 + 3  # a search for each kind, three rolls
    assert [(roll.scopes, len(roll.keys), roll.exact) for roll in pages[-1].rolls] == [
        (frozenset({bounded.key}), 6, False),
        (frozenset({due.key}), 0, True),
        (frozenset({open_.key}), 7, True),
    ]


def test_a_change_in_a_scope_without_a_bound_is_found(old: Site) -> None:
    scopes = scopes_of(old, "labels = okr OR project = WEB", "project = WEB AND created >= -1d")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.edit("WEB-1", summary="New")
    old.jira.edit("PAY-2", summary="Elsewhere")
    pages = list(old.connector.changes(scopes, since))
    assert members(pages) == {id_of(old, "WEB-1"): frozenset(s.key for s in scopes)}


def test_one_touched_issue_costs_two_requests_however_manyscopes_of(old: Site) -> None:
    scopes = scopes_of(old, *(f'project = PAY AND summary ~ "Pay {n}"' for n in range(40)), "project = PAY")
    (page,) = old.connector.changes(scopes, None, [id_of(old, "PAY-3")])
    assert old.counter.take() == {"requests": 2, "throttled": 0, "retried": 0}
    assert [item.ref for item in page.items] == ["PAY-3"]
    assert scopes[-1].key in page.memberships[id_of(old, "PAY-3")]
    assert page.cursor is None
    assert page.rolls == ()


def test_a_touched_issue_that_belongs_nowhere_is_stillread_once(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    (page,) = old.connector.changes(scopes, None, [id_of(old, "WEB-1")])
    assert [item.ref for item in page.items] == ["WEB-1"]
    assert page.memberships == {id_of(old, "WEB-1"): frozenset()}


def test_a_touched_issue_that_jira_does_not_know_is_gone(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    lost = id_of(old, "PAY-1")
    old.jira.delete("PAY-1")
    (page,) = old.connector.changes(scopes, None, [lost, id_of(old, "PAY-2")])
    assert page.gone == (lost,)
    assert set(page.memberships) == {id_of(old, "PAY-2")}


def test_a_touched_key_that_is_no_id_is_refused_before_anything_is_sent(old: Site) -> None:
    with pytest.raises(Unexpected, match="'PAY-1' is not the id of an issue"):
        list(old.connector.changes(scopes_of(old, "project = PAY"), None, ["PAY-1"]))
    assert old.counter.take()["requests"] == 0


def test_nothing_touched_and_no_cursor_is_nothing_to_do(old: Site) -> None:
    assert list(old.connector.changes(scopes_of(old, "project = PAY"), None)) == []
    assert old.counter.take()["requests"] == 0


def test_touched_and_changed_are_read_together_and_once(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-1", points=3)
    pages = list(old.connector.changes(scopes, since, [id_of(old, "PAY-1"), id_of(old, "PAY-5")]))
    assert sorted(item.ref for page in pages for item in page.items) == ["PAY-1", "PAY-5"]
    assert old.counter.take()["requests"] == 4


def test_a_hundred_scopes_over_ten_thousand_issues_cost_six_requests(site: Site) -> None:
    for number in range(10_000):
        site.jira.create(("PAY", "WEB")[number % 2], summary="x", points=number % 7, labels=[f"l{number % 50}"])
    site.clock.pass_(hours=1)
    scopes = scopes_of(site, *(f"project = {('PAY', 'WEB')[n % 2]} AND labels = l{n % 50}" for n in range(100)))
    assert len({s.key for s in scopes}) == 50
    wide = scopes_of(site, *(f"project in (PAY, WEB) AND labels = l{n}" for n in range(50)))
    since = Cursor('{"v":1,"since":"2026-11-02T10:00:00+00:00"}')
    site.clock.pass_(minutes=30)
    for number in range(1, 51):
        site.jira.edit(f"PAY-{number}", points=1)
    pages = list(site.connector.changes([*scopes, *wide], since))
    assert site.counter.take()["requests"] <= 6
    assert sum(len(page.items) for page in pages) == 50
    assert all(len(page.memberships[item.key]) == 2 for page in pages for item in page.items)
    assert len(pages[-1].rolls[0].keys) == 10_000


def test_matching_is_halved_when_jira_refuses_its_size(old: Site) -> None:
    scopes = scopes_of(old, *(f'project = PAY AND summary ~ "Pay {n}"' for n in range(5)), "project = PAY")
    touched = [id_of(old, f"PAY-{n}") for n in range(1, 7)]
    whole = list(old.connector.changes(scopes, None, touched))
    old.jira.app.match_queries_max = 2
    old.jira.app.match_issues_max = 3
    assert list(old.connector.changes(scopes, None, touched)) == whole


def test_a_query_jira_cannot_read_any_more_is_named(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY", 'project = PAY AND "Merchants in batch" > 3')
    old.jira.rename_field("customfield_10042", "Shops in batch")
    with pytest.raises(Misconfigured, match="Merchants in batch") as raised:
        list(old.connector.changes(scopes, None, [id_of(old, "PAY-1")]))
    assert raised.value.field == "select"


def test_a_project_that_is_gone_is_said_to_be_whose_it_is(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY", "project = OLD AND labels = okr")
    since = Cursor('{"v":1,"since":"2026-11-02T10:00:00+00:00"}')
    with pytest.raises(Misconfigured, match="OLD") as raised:
        list(old.connector.changes(scopes, since))
    assert raised.value.hint == "correct the select of the rules that say: project = OLD AND labels = okr"
