"""A Data Center through the whole sync: read, swept, rung, and told apart what is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.store import Store
from tests.flows.house import FINISHED, FINISHED_RULE, HUB, House, open_house

SERVER_HUB = HUB.replace("    email: hub@northwind.test\n", "    deployment: data_center\n").replace(
    '    token: "${JIRA_TOKEN}"', '    personal_token: "${JIRA_TOKEN}"'
)


@contextmanager
def jira_of(house: House, *, is_cloud: bool) -> Iterator[None]:
    """Put a Data Center in the place of a house's Jira, unless it is to be in the cloud."""
    if is_cloud:
        yield
        return
    house.jira.close()
    house.jira = JiraSandbox(now=house.clock, token=house.jira.token, is_cloud=False)
    house.jira.add_project("PAY", "Payments")
    house.jira.add_project("WEB", "Web shop")
    with serve(house.jira) as served:
        house.environ["JIRA_URL"] = served.url
        yield
    house.jira.close()


@pytest.fixture
def cellar(tmp_path: Path, sqlite_store: Store) -> Iterator[House]:
    """A house whose Jira stands in the company's own cellar."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, sqlite_store) as made, jira_of(made, is_cloud=False):
        made.apply((FINISHED_RULE,), (FINISHED,), SERVER_HUB)
        yield made


def test_a_data_center_is_read_swept_and_rung_like_the_cloud(cellar: House) -> None:
    keys = cellar.stories(130, done=3)
    first = cellar.sync()
    assert (first.state, first.items, cellar.value()) == ("done", 130, "3 fresh")
    assert cellar.jira.count("/rest/api/3") == 0

    cellar.clock.pass_(minutes=15)
    assert cellar.sync().requests == 2

    cellar.finish(keys[10])
    cellar.ring(keys[10])
    cellar.clock.pass_(minutes=1)
    assert (cellar.sync(due=False).items, cellar.value()) == (1, "4 fresh")

    cellar.jira.delete(keys[0])
    cellar.jira.hide(keys[1])
    cellar.clock.pass_(minutes=15)
    assert (cellar.sync().state, cellar.value()) == ("done", "2 fresh")
