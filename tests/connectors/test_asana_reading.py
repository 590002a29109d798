"""What a read of Asana brings, and what it asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.asana.cursors import Since, read_cursor
from connectors.errors import Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.shapes import Absence, Cursor, Roll
from tests.connectors.asana_office import Office, items_of, members_of, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


@pytest.mark.parametrize(("number", "pages"), [(0, 1), (1, 1), (100, 1), (101, 2)])
def test_a_first_read_takes_one_request_for_the_token_and_one_for_each_hundred(
    office: Office, number: int, pages: int
) -> None:
    office.fill(number)
    scope = office.scope()
    office.counter.take()
    read = office.read(scope)
    assert len(items_of(read)) == number
    assert office.counter.take()["requests"] == 1 + pages


def test_the_last_page_calls_an_exact_roll(office: Office) -> None:
    gids = office.fill(3)
    scope = office.scope()
    assert office.read(scope)[-1].rolls == (Roll(frozenset({scope.key}), frozenset(gids), exact=True),)


def test_a_project_of_5000_tasks_that_did_not_change_is_one_request_and_50_changes_are_six(office: Office) -> None:
    gids = office.fill(5000)
    scope = office.scope()
    # as a full read would leave it: the events are told from now on
    cursor = Since({office.project: office.asana.streams.read(office.project, None).sync}).text()
    office.counter.take()
    unchanged = office.changes([scope], cursor)
    assert office.counter.take()["requests"] == 1
    assert (items_of(unchanged), members_of(unchanged)) == ({}, {})
    for gid in gids[:50]:
        office.asana.complete(gid)
    changed = office.changes([scope], unchanged[-1].cursor)
    assert office.counter.take()["requests"] == 1 + 5
    assert set(items_of(changed)) == set(gids[:50])


def test_selections_on_one_project_share_its_events(office: Office) -> None:
    office.fill(3)
    scopes = [office.scope(), office.scope(project="Launch", section="Doing"), office.scope(project="Web shop")]
    cursor = office.begin(*scopes)
    office.changes(scopes, cursor)
    assert office.counter.take()["requests"] == 2


def test_more_than_a_hundred_events_are_asked_for_until_there_are_no_more(office: Office) -> None:
    (gid,) = office.fill(1)
    scope = office.scope()
    cursor = office.begin(scope)
    for number in range(250):
        office.asana.edit(gid, name=f"name {number}")
    pages = office.changes([scope], cursor)
    assert office.counter.take()["requests"] == 3 + 1
    assert items_of(pages)[gid].title == "name 249"


def test_a_comment_costs_no_read_of_its_task(office: Office) -> None:
    (gid,) = office.fill(1)
    scope = office.scope()
    cursor = office.begin(scope)
    office.asana.comment(gid, "well done")
    office.changes([scope], cursor)
    assert office.counter.take()["requests"] == 1


def test_a_token_that_asana_knows_no_more_costs_one_full_read_of_that_project(office: Office) -> None:
    office.fill(101)
    (web,) = office.fill(1, office.other)
    scopes = [office.scope(), office.scope(project="Web shop")]
    cursor = office.begin(*scopes)
    office.clock.pass_(hours=23)
    fresh = office.changes([scopes[1]], cursor)[-1].cursor
    office.counter.take()
    assert fresh is not None
    office.clock.pass_(hours=2)
    pages = office.changes(scopes, office.connector.merge(fresh, cursor))
    assert office.counter.take()["requests"] == 2 + 2
    assert web not in members_of(pages)
    assert [roll.scopes for page in pages for roll in page.rolls] == [frozenset({scopes[0].key})]


def test_sections_cost_no_list_of_their_own_where_their_project_is_listed(office: Office) -> None:
    gids = office.fill(101)
    scopes = [
        office.scope(),
        office.scope(project="Launch", section="To do"),
        office.scope(project="Launch", section="Doing"),
    ]
    cursor = office.begin(*scopes)
    office.asana.streams.forget_tokens()
    pages = office.changes(scopes, cursor)
    assert office.counter.take()["requests"] == 1 + 2
    assert {next(iter(roll.scopes)): roll.keys for roll in pages[-1].rolls} == {
        scopes[0].key: frozenset(gids), scopes[1].key: frozenset(gids), scopes[2].key: frozenset(),
    }  # fmt: skip


def test_what_changes_while_a_read_goes_on_is_told_by_the_next_sweep(office: Office) -> None:
    gids = office.fill(150)
    scope = office.scope()
    pages = office.connector.fetch(scope)
    next(pages)
    office.asana.edit(gids[0], name="renamed in the middle")
    cursor = list(pages)[-1].cursor
    assert items_of(office.changes([scope], cursor))[gids[0]].title == "renamed in the middle"


def test_a_read_resumed_from_any_page_ends_in_the_same_state(office: Office) -> None:
    gids = office.fill(250)
    scope = office.scope()
    whole = office.read(scope)
    for page in whole:
        again = list(office.connector.fetch(scope, page.cursor))
        assert set(items_of(again)) == set(gids)
        assert again[-1].rolls == whole[-1].rolls


def test_deleted_hidden_and_moved_away_are_told_apart(office: Office) -> None:
    deleted, hidden, moved, stays = office.fill(4)
    scope = office.scope()
    cursor = office.begin(scope)
    office.asana.delete(deleted)
    office.asana.hide(hidden)
    office.asana.add_to_project(moved, office.other)
    office.asana.remove_from_project(moved, office.project)
    pages = office.changes([scope], cursor)
    assert {key: why for page in pages for key, why in page.gone_because.items()} == {
        deleted: Absence.DELETED,
        hidden: Absence.HIDDEN,
    }
    assert {key for page in pages for key in page.gone} == {deleted, hidden}
    assert members_of(pages) == {moved: frozenset()}
    assert stays not in items_of(pages)


def test_a_project_that_is_not_shown_any_more_is_an_error_and_never_an_empty_project(office: Office) -> None:
    office.fill(3)
    scope = office.scope()
    cursor = office.begin(scope)
    office.asana.lock_project(office.project)
    with pytest.raises(Misconfigured, match="do not have access") as raised:
        office.changes([scope], cursor)
    assert raised.value.field == "select"
    assert "share it" in raised.value.hint


def test_touched_tasks_cost_one_request_for_ten_and_move_no_cursor(office: Office) -> None:
    gids = office.fill(10)
    scope = office.scope()
    office.begin(scope)
    pages = office.changes([scope], None, *gids)
    assert office.counter.take()["requests"] == 1
    assert set(items_of(pages)) == set(gids)
    assert [page.cursor for page in pages] == [None] * len(pages)
    assert all(not page.rolls for page in pages)


def test_a_touched_key_that_is_no_gid_is_refused(office: Office) -> None:
    with pytest.raises(Unexpected, match="neither the gid"):
        office.changes([office.scope()], None, "../users/me")


def test_an_action_of_a_batch_that_is_limited_or_out_of_order_puts_the_read_off(office: Office) -> None:
    (gid,) = office.fill(1)
    scope = office.scope()
    for status in (429, 503):
        office.asana.faults.bend_next(
            1,
            lambda body, status=status: body.replace(b'"status_code": 200', b'"status_code": %d' % status),
            path="/batch",
        )
        with pytest.raises(TryLater):
            office.changes([scope], None, gid)


def test_a_wrong_token_says_sign_in_again_and_does_not_show_itself(office: Office) -> None:
    with pytest.raises(Unauthorized) as raised:
        office.connect(token="wrong-token").check()
    assert "sign in again" in raised.value.told.lower()
    assert "wrong-token" not in raised.value.told


@pytest.mark.parametrize("text", ["", "{", '{"v":2}', '{"v":1,"tokens":[]}', '{"v":1,"tokens":{"1":2}}', "[]"])
def test_a_cursor_that_cannot_be_read_is_unexpected(office: Office, text: str) -> None:
    with pytest.raises(Unexpected, match="cursor"):
        office.changes([office.scope()], Cursor(text))


def test_of_two_cursors_the_older_token_of_a_project_stays(office: Office) -> None:
    held, read = Cursor('{"v":1,"tokens":{"1":"old","2":"b"}}'), Cursor('{"v":1,"tokens":{"1":"new","3":"c"}}')
    assert office.connector.merge(held, read) == '{"v":1,"tokens":{"1":"old","2":"b","3":"c"}}'


def test_an_offset_that_comes_twice_is_a_loop_and_not_the_end(office: Office) -> None:
    office.fill(350)
    scope = office.scope()
    offsets: list[str] = []

    def keep_first(body: bytes) -> bytes:
        page = json.loads(body)
        offsets.append(page["next_page"]["offset"])
        page["next_page"]["offset"] = offsets[0]
        return json.dumps(page).encode()

    office.asana.faults.bend_next(2, keep_first, path="/tasks")
    with pytest.raises(Unexpected, match="same offset twice"):
        office.read(scope)


def test_events_that_go_round_in_a_circle_are_a_loop_and_not_an_endless_read(office: Office) -> None:
    office.fill(1)
    scope = office.scope()
    cursor = office.begin(scope)
    same = {"data": [], "sync": read_cursor(cursor).tokens[office.project], "has_more": True}
    office.asana.faults.bend_next(1, lambda _: json.dumps(same).encode(), path="/events")
    with pytest.raises(Unexpected, match="same token twice"):
        office.changes([scope], cursor)
