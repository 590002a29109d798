"""No credential reaches the database in plain text, whatever the tools answer: every cell of every table is read."""

from __future__ import annotations

from sqlalchemy import select

from hub.store import Store
from hub.store.schema import metadata
from tests.canaries import MARK, betrays
from tests.flows.house import House


def every_cell(store: Store) -> str:
    """Return all that the database holds, a line a cell."""
    with store.read() as tx:
        return "\n".join(
            f"{table.name}: {cell}"
            for table in metadata.sorted_tables
            for row in tx.execute(select(table))
            for cell in row
        )


def test_what_the_tools_quote_of_our_credentials_is_not_stored(house: House) -> None:
    keys = house.stories(10, done=3)
    for status in (400, 401, 403, 410, 429, 503):
        house.jira.fail_next(
            1, status, body=f'{{"errorMessages": ["{house.jira.token} of hub@northwind.test is bad"]}}'
        )
        house.sync()
        house.clock.pass_(hours=1)
        house.apply()  # somebody acts, so that the next read is made
    assert house.sync().state == "done"
    quoted = f"invalid_token {house.slack.bot_token} {house.environ['SLACK_PAYMENTS_URL']}"
    house.slack.fail_next(1, 403, body=quoted)
    house.teams.fail_next(1, 400, body=f"no such flow {house.environ['TEAMS_PAYMENTS_URL']}")
    house.finish(*keys[3:])
    house.ring(keys[4])
    house.sync()
    for channel in ("a-teams", "b-hook", "c-bot"):
        house.tell(channel)
    held = every_cell(house.store)
    assert "finished" in held and "[secret]" in held and MARK in house.jira.token
    secrets = [house.environ[name] for name in ("SLACK_PAYMENTS_URL", "TEAMS_PAYMENTS_URL")]
    assert not betrays(held.encode(), secrets)
