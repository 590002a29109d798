"""Pages about a cycle that is over: they say so, and ask nobody for anything."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from hub.store import Store, okrs
from tests.web.company import NOW
from tests.web.reading import words

FAILED = "/key-results/pay-first-time/failed-payments"


def end(store: Store, *, days_ago: int) -> date:
    """Have the quarter end some days before the company's today."""
    with store.write() as tx:
        (quarter,) = [one for one in okrs.all_cycles(tx) if one.slug == "quarter"]
        ends = NOW.date() - timedelta(days=days_ago)
        okrs.put_cycle(tx, type(quarter)(quarter.slug, quarter.name, quarter.starts, ends))
    return ends


def seen(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words(answer.get_data(as_text=True))


def say(day: date) -> str:
    return f"{day.day} {day:%B}"


@pytest.mark.parametrize("path", ["/", "/?cycle=quarter", FAILED])
def test_in_the_days_of_grace_a_page_says_until_when_numbers_may_move(
    client: FlaskClient, store: Store, path: str
) -> None:
    ends = end(store, days_ago=1)
    found = f"ended {say(ends)}; numbers may still move until {say(ends + timedelta(days=3))}"
    assert found in seen(client, path)


@pytest.mark.parametrize("path", ["/", "/?cycle=quarter", FAILED])
def test_afterwards_it_says_that_they_are_final(client: FlaskClient, store: Store, path: str) -> None:
    ends = end(store, days_ago=30)
    page = seen(client, path)
    assert f"ended {say(ends)}, final" in page
    assert "may still move" not in page


@pytest.mark.parametrize("days", [1, 30])
@pytest.mark.parametrize("path", ["/", "/?cycle=quarter", FAILED])
def test_nobody_is_reminded_of_anything_after_the_end(client: FlaskClient, store: Store, path: str, days: int) -> None:
    end(store, days_ago=days)
    page = seen(client, path)
    for nagging in ("overdue", "stale since", "for a check-in", "no check-in yet", "expected today", "At this pace"):
        assert nagging not in page, nagging


def test_after_the_end_no_goal_of_the_cycle_needs_attention(client: FlaskClient, store: Store) -> None:
    before = seen(client, "/")
    assert "Failed payments" in before.partition("Needs attention")[2]
    end(store, days_ago=1)
    assert "Check in" not in seen(client, "/").partition("Needs attention")[2]


def test_a_form_in_the_days_of_grace_checks_in_for_the_last_day(client: FlaskClient, store: Store) -> None:
    ends = end(store, days_ago=1)
    page = client.get(FAILED).get_data(as_text=True)
    assert f'name="on" value="{ends.isoformat()}"' in page
    form = {"given_as": "form-grace-1", "value": "1.2", "on": ends.isoformat()}
    assert client.post(f"{FAILED}/check-ins", data=form).status_code in {302, 303}
    assert "1.2 %" in seen(client, FAILED)
    late = {"given_as": "form-grace-2", "value": "1.0"}
    refused = client.post(f"{FAILED}/check-ins", data=late)
    assert f"Its cycle ended on {say(ends)}: check in for that day or one before" in words(
        refused.get_data(as_text=True)
    )


def test_a_final_result_takes_no_check_in_and_the_page_says_why(client: FlaskClient, store: Store) -> None:
    end(store, days_ago=4)
    page = seen(client, FAILED)
    assert "Its cycle is closed: nothing moves any more. Comments are still taken." in page
    assert "Save check-in" not in page
    form = {"given_as": "form-final-1", "value": "1.2"}
    refused = client.post(f"{FAILED}/check-ins", data=form)
    assert "Its cycle is closed" in words(refused.get_data(as_text=True))
