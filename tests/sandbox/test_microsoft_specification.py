"""The simulated tenant's answers and the connector's requests against what Microsoft publishes, where it is at hand."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from connectors.microsoft import answers, hooks
from connectors.microsoft.cursors import PlanNames
from connectors.microsoft.items import todo_work_item, work_item
from connectors.shapes import Delivery, Select
from connectors.tame import decode
from tests.connectors.microsoft_tenant import Tenant, cursor_of, open_tenant

SHARED = Path(__file__).parents[3] / "shared"
CSDL = SHARED / "specs/graph-subset.csdl.xml"
PERMISSIONS = SHARED / "specs/graph-permissions-extract.txt"
PAYLOADS = SHARED / "fixtures/planner"
OUR_OWN = Path(__file__).parents[1] / "fixtures/microsoft"

# What the connector asks that the extract of the permissions reference does not list; each has a page of its own below
# https://learn.microsoft.com/graph/api/
ELSEWHERE = (
    "GET /me", "GET /users", "GET /users/{id}", "GET /groups", "GET /me/drive", "GET /users/{id}/drive",
    "GET /sites/root", "GET /sites/root/drive", "GET /sites/{id}:/{id}",
    "GET /sites/{id}/drive/root:/{id}", "GET /sites/{id}/lists/{id}/columns", "GET /sites/{id}/lists/{id}/items/{id}",
    "GET /teams/{id}/primarychannel/tabs",
    "GET /drives/{id}/items/{id}/workbook/worksheets/{id}/range(address={value})",
    "GET /drives/{id}/items/{id}/workbook/names/{id}/range", "GET /me/todo/lists/{id}/tasks/{id}",
    "GET /subscriptions", "GET /subscriptions/{id}", "POST /subscriptions", "PATCH /subscriptions/{id}",
    "DELETE /subscriptions/{id}", "POST /$batch",
)  # fmt: skip

needs = pytest.mark.skipif


def say(text: str) -> None:
    """Leave a count where `pytest -s` shows it."""
    sys.stdout.write(f"\n{text}\n")


class Types:
    """The types of a CSDL, flattened."""

    def __init__(self, root: ElementTree.Element) -> None:
        self.properties: dict[str, dict[str, str]] = {}
        self.required: dict[str, set[str]] = {}
        self.open: set[str] = set()
        self.enums = {e.get("Name", ""): {m.get("Name") for m in e} for e in root.iter("EnumType")}
        for one in root:  # in order: the same names in other namespaces come later
            name = one.get("Name", "")
            if name in self.properties or one.tag == "EnumType":
                continue
            self.properties[name] = {
                p.get("Name", ""): p.get("Type", "") for p in (*one.iter("Property"), *one.iter("NavigationProperty"))
            }
            self.required[name] = {p.get("Name", "") for p in one.iter("Property") if p.get("Nullable") == "false"}
            if one.get("BaseType") in {"graph.entity", "graph.baseItem"}:
                self.properties[name]["id"] = "Edm.String"
            if one.get("BaseType") == "graph.baseItem":
                self.properties[name] |= {"webUrl": "Edm.String"}
            if one.get("OpenType") == "true":
                self.open.add(name)

    def check(self, value: Any, type_name: str, path: str) -> None:
        """Fail where a value has a property that its type has not, or one of another type."""
        if value is None:
            return
        if type_name.startswith("Collection("):
            assert isinstance(value, list), path
            for number, one in enumerate(value):
                self.check(one, type_name[11:-1], f"{path}[{number}]")
            return
        kind, _, name = type_name.partition(".")
        if kind == "Edm":
            wanted = {"String": str, "Guid": str, "DateTimeOffset": str, "Boolean": bool, "Int32": int}[name]
            assert isinstance(value, wanted), f"{path}: {value!r} is no {type_name}"
            assert name == "Boolean" or not isinstance(value, bool), path
            if name == "DateTimeOffset":
                assert datetime.fromisoformat(value).tzinfo is not None, path
            return
        if name in self.enums:
            assert value in self.enums[name], f"{path}: {value!r} is not in {name}"
            return
        if name not in self.properties:
            return  # outside of the copy at hand
        assert isinstance(value, dict), path
        for key, inner in value.items():
            if key.startswith("@") or "@odata" in key:
                continue
            if key not in self.properties[name]:
                assert name in self.open, f"{path}.{key}: {name} has no such property"
                continue
            assert inner is not None or key not in self.required[name], f"{path}.{key} is never null"
            self.check(inner, self.properties[name][key], f"{path}.{key}")


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with open_tenant() as made:
        yield made


def _busy(tenant: Tenant) -> list[Any]:
    """Read everything there is to read once, twice, and after changes; return the scopes."""
    planner, office = tenant.planner, tenant.office
    plan = planner.add_plan(tenant.team, "Launch", "Now", "Later")
    planner.name_label(plan, "category1", "Legal")
    task = planner.add_task(
        plan, "Whole", percent=50, labels=["category1"], assigned=[tenant.mira], due=datetime(2026, 12, 1, tzinfo=UTC),
        checklist=[("a", True)], description="About",
    )  # fmt: skip
    done = planner.add_task(plan, "Done", percent=100)
    general = planner.groups[tenant.team].channels[0].id
    planner.add_tab(tenant.team, general, "Plan", f"https://tasks.office.com/x/Home/PlanViews/{plan}")
    errands = office.add_list(tenant.mira, "Errands")
    todo = office.add_todo(errands, "Pay", status="completed", due=datetime(2026, 11, 9, tzinfo=UTC), categories=("a",))
    site = office.add_site("northwind.sharepoint.com", "sites/sales")
    book = office.add_workbook(office.drive_of(site), "OKR.xlsx")
    for row, value in enumerate((1, 2.5), 1):
        office.set_cell(book, "Q4", f"B{row}", value)
    office.name_range(book, "Customers", "Q4", "B1")
    metrics = office.add_site_list(site, "Metrics", {"Value": "Value"})
    office.set_site_item(metrics, 3, Value=1)
    address = "northwind.sharepoint.com/sites/sales"
    tenant.connector = tenant.connect(user=tenant.mira)
    tenant.connector.check()
    list(tenant.connector.scopes())
    pickers = [
        {"team": "Marketing", "plan": "Launch", "bucket": "Now"},
        {"team": "Marketing", "channel": "General"},
        {"todo": "Errands"},
        {"site": address, "file": "OKR.xlsx", "sheet": "Q4", "range": "B1:B2", "take": "sum"},
        {"site": address, "file": "OKR.xlsx", "name": "Customers"},
        {"site": address, "list": "Metrics", "item": "3", "column": "Value"},
    ]
    scopes = [
        tenant.connector.resolve(
            Select(picker=one, fields=frozenset({"description"}) if "channel" in one else frozenset())
        )
        for one in pickers
    ]
    since = None
    for scope in scopes:
        read = cursor_of(tenant.read(scope))
        since = read if since is None else tenant.connector.merge(since, read)
    planner.delete_task(done)
    office.delete_todo(errands, todo)
    alive = office.add_todo(errands, "Alive")
    list(tenant.connector.changes(scopes, since, [task, f"todo:{todo}"]))
    list(tenant.connector.changes(scopes, None, [task, done, f"todo:{alive}"]))
    return scopes


@needs(not CSDL.is_file(), reason="no copy of Graph's types beside the project")
def test_every_answer_has_the_published_types(tenant: Tenant) -> None:
    types = Types(ElementTree.parse(CSDL).getroot())
    of_path = {
        r"planner/plans/[^/]+/tasks": "Collection(graph.plannerTask)",
        r"planner/tasks/[^/]+": "graph.plannerTask",
        r"planner/tasks/[^/]+/details": "graph.plannerTaskDetails",
        r"planner/plans/[^/]+": "graph.plannerPlan",
        r"planner/plans/[^/]+/details": "graph.plannerPlanDetails",
        r"planner/plans/[^/]+/buckets": "Collection(graph.plannerBucket)",
        r"(groups/[^/]+|me)/planner/plans": "Collection(graph.plannerPlan)",
        r"teams/[^/]+/channels": "Collection(graph.channel)",
        r"teams/[^/]+/(channels/[^/]+|primaryChannel)/tabs": "Collection(graph.teamsTab)",
        r"(me|users/[^/]+)/todo/lists": "Collection(graph.todoTaskList)",
        r"(me|users/[^/]+)/todo/lists/[^/]+/tasks/delta": "Collection(graph.todoTask)",
        r"(me|users/[^/]+)/todo/lists/[^/]+/tasks/[^/]+": "graph.todoTask",
        r"drives/.+/range.*": "graph.workbookRange",
        r"sites/[^/]+/lists/[^/]+/columns": "Collection(graph.columnDefinition)",
        r"sites/[^/]+/lists/[^/]+/items/[^/]+": "graph.listItem",
    }
    checked: Counter[str] = Counter()
    left: Counter[str] = Counter()
    wrong: list[str] = []
    app = tenant.graph.app
    truly = app._one

    def watched(method: str, path: str, *more: Any) -> Any:
        answer = truly(method, path, *more)
        if answer.status == 200:
            found = next((kind for pattern, kind in of_path.items() if re.fullmatch(pattern, path)), None)
            if found is None:
                left[re.sub(r"/[^/]{20,}", "/{id}", path)] += 1
            else:
                body = json.loads(json.dumps(answer.body))
                try:
                    types.check(body["value"] if found.startswith("Coll") else body, found, path)
                except AssertionError as differs:  # on the server's thread, where nobody would hear it
                    wrong.append(str(differs).splitlines()[0])
                checked[found] += 1
        return answer

    app._one = watched  # type: ignore[method-assign]
    _busy(tenant)
    say(f"{sum(checked.values())} answers of {len(checked)} types checked; without a type at hand: {dict(left)}")
    assert not wrong
    assert set(checked) == set(of_path.values())
    known = r"me|users|groups|users/\{id\}|(sites/root|me)/drive|sites/root|sites/.*(/lists|/sites/sales|xlsx)"
    assert not [path for path in left if not re.fullmatch(known, path)]


def _template(method: str, url: str) -> str:
    path = url.partition("?")[0].removeprefix("/v1.0")
    path = re.sub(r"\(address='[^']*'\)", "(address={value})", path)
    path = re.sub(r":/.*", ":/{id}", path)
    known = {
        "me", "users", "groups", "planner", "plans", "tasks", "details", "buckets", "todo", "lists", "delta", "teams",
        "channels", "tabs", "primaryChannel", "drive", "drives", "items", "workbook", "worksheets", "names", "range",
        "range(address={value})", "sites", "root", "columns", "subscriptions", "$batch", "root:",
    }  # fmt: skip
    parts = [
        part if part in known else "{id}:" if part.endswith(":") else "{id}" for part in path.strip("/").split("/")
    ]
    return f"{method} /{'/'.join(parts)}".replace("primaryChannel", "primarychannel")


@needs(not PERMISSIONS.is_file(), reason="no copy of the permissions reference beside the project")
def test_every_request_is_one_that_graph_publishes(tenant: Tenant) -> None:
    published = {line.strip() for line in PERMISSIONS.read_text().splitlines() if line and not line[0].isspace()}
    _busy(tenant)
    sent = Counter(_template(one.method, one.path) for one in [*tenant.graph.requests, *tenant.graph.inner])
    inside = {path for path in sent if path in published}
    say(f"{sum(sent.values())} requests of {len(sent)} kinds: {len(inside)} in the extract, the others on their pages")
    assert len(inside) >= 12
    assert set(sent) - inside <= set(ELSEWHERE)


def _values(found: Any) -> list[Any]:
    return found["value"] if isinstance(found, dict) and isinstance(found.get("value"), list) else [found]


NAMES = PlanNames(datetime(2026, 11, 1, tzinfo=UTC))


def _task_of(raw: Any) -> str:
    task = decode(answers.task, json.dumps(raw).encode(), "a payload")
    return work_item(task, NAMES, {}, "a.test").key


@needs(not PAYLOADS.is_dir(), reason="no real payloads beside the project")
def test_every_real_task_becomes_a_work_item() -> None:
    read = 0
    for raw in json.loads((PAYLOADS / "planner_me_tasks_northwind.json").read_text())["value"]:
        assert _task_of(raw) == raw["id"]
        read += 1
    recorded = json.loads((PAYLOADS / "cli365_task-list.json").read_text())
    for raw in (*recorded["taskListResponseValue"], *recorded["taskListResponseBetaValue"]):
        assert _task_of(raw) == raw["id"]
        read += 1
    for one in json.loads((PAYLOADS / "docs_planner.json").read_text()):
        if (
            re.fullmatch(r".*/planner/(buckets/\*/|plans/\*/|me/planner/)?tasks(/\*)?", one["url"])
            and one["method"] == "GET"
        ):
            for raw in _values(one["body"]):
                assert _task_of(raw) == raw["id"]
                read += 1
    for one in json.loads((PAYLOADS / "docs_todo.json").read_text()):
        if re.search(r"/tasks(/\*|/delta.*)?$", one["url"]) and one["method"] == "GET":
            for raw in _values(one["body"]):
                item = decode(answers.todo_item, json.dumps(raw).encode(), "a payload")
                assert todo_work_item(item, "a payload").key == f"todo:{raw['id']}"
                read += 1
    say(f"{read} real tasks became work items")
    assert read >= 12


@needs(not PAYLOADS.is_dir(), reason="no real payloads beside the project")
def test_every_real_notification_parses_to_events() -> None:
    for name, body in json.loads((PAYLOADS / "change_notifications.json").read_text()).items():
        if "value" not in body:
            continue  # the answer of a batch
        given = Delivery(
            "POST", "https://hub.test", {}, {}, json.dumps(body).encode(), datetime(2026, 11, 1, tzinfo=UTC)
        )
        assert len(hooks.parse(given)) == len(body["value"]), name
        hooks.verify(given, body["value"][0]["clientState"])


def test_a_task_with_as_little_as_graph_leaves_is_read() -> None:
    for raw in json.loads((OUR_OWN / "tasks.json").read_text())["value"]:
        assert _task_of(raw) == raw["id"]
