"""The request budgets of a Jira with a hundred key results, counted where the requests leave.

`python -m tests.bench jira-budgets` prints the same for 10,000 issues.
"""

from __future__ import annotations

from datetime import timedelta

from tests.flows.house import House, rule

NUMBER = 100
KEY_RESULTS = tuple(f"{{key_result: kr-{n:02}, title: Key result {n}, kind: reach, target: 9}}" for n in range(NUMBER))
RULES = tuple(
    rule(f"kr-{n:02}", f"project in (PAY, WEB) AND labels = team-{n:02}", "count", "{state: done}")
    for n in range(NUMBER)
)


def test_a_hundred_queries_are_read_again_with_six_requests_and_a_webhook_with_two(sqlite_house: House) -> None:
    house = sqlite_house
    house.apply(RULES, KEY_RESULTS)
    at = house.clock() - timedelta(days=1)
    for n in range(120):
        house.jira.create(("PAY", "WEB")[n % 2], summary=f"Work {n}", labels=[f"team-{n % NUMBER:02}"], created=at)
    assert house.sync().items == 120
    keys = [issue.key for issue in house.jira.by_id.values()]

    house.clock.pass_(minutes=15)
    for key in keys[:50]:
        house.jira.transition(key, "Done")
    changed = house.sync()
    assert (changed.state, changed.items, len(changed.recorded)) == ("done", 50, 50)
    assert changed.requests <= 6

    house.clock.pass_(minutes=1)
    house.jira.transition(keys[60], "Done")
    house.ring(keys[60])
    rung = house.sync(due=False)
    assert (rung.state, rung.items, len(rung.recorded)) == ("done", 1, 1)
    assert rung.requests <= 2
