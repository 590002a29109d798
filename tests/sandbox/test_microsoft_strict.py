"""The simulated tenant refuses what Graph refuses, and ignores what Graph ignores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from connectors.sandbox.microsoft import MicrosoftSandbox
from tests.sandbox.conftest import Clock


class Asker:
    """Ask the tenant without a network, as the app unless told otherwise."""

    def __init__(self, graph: MicrosoftSandbox, user: str = "") -> None:
        self.client, self.token = Client(graph), graph.login.issue(user=user)

    def get(self, path: str, token: str | None = None) -> TestResponse:
        return self.client.get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {token or self.token}"})

    def batch(self, *requests: dict[str, Any]) -> TestResponse:
        return self.client.post(
            "/v1.0/$batch", json={"requests": [*requests]}, headers={"Authorization": f"Bearer {self.token}"}
        )


@pytest.fixture
def graph(clock: Clock) -> MicrosoftSandbox:
    return MicrosoftSandbox(now=clock)


@pytest.fixture
def plan(graph: MicrosoftSandbox) -> str:
    made = graph.planner.add_plan(graph.planner.add_team("Marketing"), "Launch")
    for number in range(401):
        graph.planner.add_task(made, f"Task {number}")
    return made


@pytest.fixture
def ask(graph: MicrosoftSandbox) -> Asker:
    return Asker(graph)


def test_a_page_has_400_tasks_whatever_is_asked(ask: Asker, plan: str) -> None:
    for query in ("", "?$top=1000", "?$top=1", "?$filter=percentComplete%20eq%20100", "?$orderby=title"):
        answer = ask.get(f"planner/plans/{plan}/tasks{query}")
        assert answer.status_code == 200
        assert len(answer.json["value"]) == 400  # type: ignore[index]
    link = answer.json["@odata.nextLink"]  # type: ignore[index]
    rest = ask.get(link.split("/v1.0/")[1])
    assert len(rest.json["value"]) == 1 and "@odata.nextLink" not in rest.json  # type: ignore[index,operator]


def test_etags_count_versions_and_do_not_tell_tasks_apart(ask: Asker, graph: MicrosoftSandbox, plan: str) -> None:
    first, second = ask.get(f"planner/plans/{plan}/tasks").json["value"][:2]  # type: ignore[index]
    assert first["@odata.etag"] == second["@odata.etag"]
    graph.planner.edit_task(first["id"], title="Another")
    assert ask.get(f"planner/tasks/{first['id']}").json["@odata.etag"] != first["@odata.etag"]  # type: ignore[index]


def test_a_task_nobody_may_see_is_forbidden_and_one_that_is_not_there_is_not_found(
    ask: Asker, graph: MicrosoftSandbox, plan: str
) -> None:
    task = graph.planner.tasks_of(plan)[0].id
    graph.planner.hide_plan(plan)
    hidden = ask.get(f"planner/tasks/{task}")
    assert (hidden.status_code, hidden.json["error"]["code"]) == (403, "")  # type: ignore[index]
    assert ask.get("planner/tasks/xqQg5FS2LkCp935s-FIFm2QAFkHM").status_code == 404


def test_a_token_lapses_within_the_hour(ask: Asker, clock: Clock, plan: str) -> None:
    clock.pass_(seconds=3598)
    assert ask.get(f"planner/plans/{plan}").status_code == 200
    clock.pass_(seconds=2)
    refused = ask.get(f"planner/plans/{plan}")
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "InvalidAuthenticationToken")  # type: ignore[index]


def test_an_app_is_nobody(ask: Asker) -> None:
    for path in ("me", "me/planner/plans", "me/todo/lists", "me/drive"):
        assert ask.get(path).status_code == 400


def test_a_permission_that_was_not_granted_is_refused(graph: MicrosoftSandbox, plan: str) -> None:
    token = graph.login.issue(permissions={"Group.Read.All"})
    assert Asker(graph).get(f"planner/plans/{plan}/tasks", token).status_code == 403


def test_a_batch_takes_twenty_and_answers_each_with_its_own_status(ask: Asker, plan: str) -> None:
    one = {"method": "GET", "url": f"/planner/plans/{plan}"}
    none = {"method": "GET", "url": "/planner/plans/none"}
    answer = ask.batch({"id": "1", **one}, {"id": "2", **none})
    assert {r["id"]: r["status"] for r in answer.json["responses"]} == {"1": 200, "2": 404}  # type: ignore[index]
    assert ask.batch(*({"id": str(number), **one} for number in range(21))).status_code == 400
    assert ask.batch({"id": "1", **one}, {"id": "1", **one}).status_code == 400
    absolute = ask.batch({"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/me"})
    assert absolute.json["responses"][0]["status"] == 400  # type: ignore[index]


def test_a_quota_counts_what_is_within_a_batch_and_names_the_wait_where_told_to(
    ask: Asker, graph: MicrosoftSandbox, clock: Clock, plan: str
) -> None:
    one = {"method": "GET", "url": f"/planner/plans/{plan}"}
    graph.limit(2, 10)
    answer = ask.batch(*({"id": str(number), **one} for number in range(3)))
    assert [r["status"] for r in answer.json["responses"]] == [200, 200, 429]  # type: ignore[index]
    assert answer.json["responses"][2]["headers"]["Retry-After"] == "10"  # type: ignore[index]
    clock.pass_(seconds=4)
    assert ask.get(f"planner/plans/{plan}").headers["Retry-After"] == "6"
    clock.pass_(seconds=6)
    assert ask.get(f"planner/plans/{plan}").status_code == 200
    graph.limit(0, 10, names_wait=False)
    graph.app.quota.taken.append(clock())  # type: ignore[union-attr]
    silent = ask.get(f"planner/plans/{plan}")
    assert (silent.status_code, "Retry-After" in silent.headers) == (429, False)


def test_an_old_delta_link_is_gone(graph: MicrosoftSandbox) -> None:
    mira = graph.planner.add_user("mira@northwind.test", "Mira")
    errands = graph.office.add_list(mira, "Errands")
    ask = Asker(graph, mira)
    link = ask.get(f"me/todo/lists/{errands}/tasks/delta").json["@odata.deltaLink"]  # type: ignore[index]
    for _ in range(3):
        graph.office.add_todo(errands, "New")
    graph.office_routes.keeps = 2
    assert ask.get(link.split("/v1.0/")[1]).status_code == 410


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"resource": "/planner/plans/1/tasks"}, "not supported"),
        ({"expirationDateTime": "2026-12-30T00:00:00Z"}, "expiration"),
        ({"changeType": "seen"}, "changeType"),
        ({"clientState": "a" * 129}, "clientState"),
        ({"notificationUrl": ""}, "notificationUrl"),
        ({}, "validation request failed"),
    ],
)
def test_a_subscription_that_graph_would_refuse_is_refused(
    graph: MicrosoftSandbox, clock: Clock, change: dict[str, str], says: str
) -> None:
    mira = graph.planner.add_user("mira@northwind.test", "Mira")
    ask = Asker(graph, mira)
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": "http://127.0.0.1:9/hooks",
        "resource": f"/me/todo/lists/{graph.office.add_list(mira, 'Errands')}/tasks",
        "expirationDateTime": datetime(2026, 11, 24, tzinfo=UTC).isoformat(),
        "clientState": "secret",
    } | change
    answer = ask.client.post("/v1.0/subscriptions", json=body, headers={"Authorization": f"Bearer {ask.token}"})
    assert answer.status_code == 400
    assert says in answer.json["error"]["message"]  # type: ignore[index]
