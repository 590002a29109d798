"""What the connector asks and the simulated Asana answers, against the vendor's description where a copy is at hand.

Every call that the connector can make is made once; a list at the end says which these are, so that none is left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest
import yaml

from connectors.asana import Asana
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.asana.app import API
from connectors.sandbox.server import serve
from connectors.shapes import ProgressNote, Select
from connectors.wire import open_wire
from tests.sandbox.conftest import Clock

SPECIFICATION = Path(__file__).parents[3] / "shared/specs/asana_oas.yaml"
pytestmark = pytest.mark.skipif(not SPECIFICATION.is_file(), reason="no copy of the specification beside the project")

CALLS = """
delete /webhooks/{webhook_gid}
get /events
get /goals
get /goals/{goal_gid}
get /portfolios
get /portfolios/{portfolio_gid}
get /portfolios/{portfolio_gid}/items
get /projects
get /projects/{project_gid}
get /projects/{project_gid}/custom_field_settings
get /projects/{project_gid}/sections
get /projects/{project_gid}/task_counts
get /projects/{project_gid}/tasks
get /sections/{section_gid}
get /sections/{section_gid}/tasks
get /status_updates
get /tags
get /tags/{tag_gid}
get /tags/{tag_gid}/tasks
get /tasks/{task_gid}
get /tasks/{task_gid}/stories
get /tasks/{task_gid}/subtasks
get /users/{user_gid}
get /webhooks/{webhook_gid}
get /workspaces
get /workspaces/{workspace_gid}/custom_fields
get /workspaces/{workspace_gid}/tasks/search
post /batch
post /goals/{goal_gid}/setMetricCurrentValue
post /status_updates
post /tasks/{task_gid}/stories
post /webhooks
put /stories/{story_gid}
put /tasks/{task_gid}
"""


class Tap:
    """A WSGI application that listens to all that another is asked and answers."""

    def __init__(self, app: AsanaSandbox) -> None:
        self.app = app
        self.heard: list[tuple[str, str, dict[str, str], Any, int, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].getvalue()
        began: list[str] = []

        def start(status: str, headers: Any, *more: Any) -> Any:
            began.append(status)
            return start_response(status, headers, *more)

        answer = b"".join(self.app(environ, start))
        self.heard.append(
            (
                environ["REQUEST_METHOD"].lower(),
                environ["PATH_INFO"].removeprefix(API),
                dict(parse_qsl(environ["QUERY_STRING"])),
                json.loads(body) if body else None,
                int(began[0][:3]),
                json.loads(answer) if answer else None,
            )
        )
        return [answer]


class Hub:
    """Agrees to any webhook."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("X-Hook-Secret", environ.get("HTTP_X_HOOK_SECRET", "")), ("Content-Length", "0")])
        return [b""]


@pytest.fixture(scope="module")
def specification() -> Any:
    with SPECIFICATION.open("rb") as file:
        # dates in examples would become Python's
        return json.loads(
            json.dumps(yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), default=str)
        )


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, str, dict[str, str], Any, int, Any]]:
    clock = Clock()
    asana = AsanaSandbox(now=clock)
    tap = Tap(asana)
    with serve(tap) as server, serve(Hub()) as hub:
        wire = open_wire(hosts=(), base_url=server.url, allow_private=["127.0.0.0/8"])
        _ask_everything(Asana({"base_url": server.url, "token": "sandbox-token"}, wire), asana, clock, hub.url)
    asana.close()
    return tap.heard


def _ask_everything(connector: Asana, asana: AsanaSandbox, clock: Clock, hub: str) -> None:
    launch = asana.add_project("Launch", sections=["To do", "Doing"])
    fields = {
        kind: asana.add_field(
            kind.title(), kind, options=["On track", "At risk"] if "enum" in kind else (), to=[launch]
        )
        for kind in ("number", "text", "enum", "date")
    }
    tag, person, goal = asana.add_tag("okr"), asana.add_person("Mira Okafor"), asana.add_goal("Revenue", metric={})
    asana.add_portfolio("Growth", launch)
    option = next(iter(asana.fields[fields["enum"]].options))
    values = {fields["number"]: 2.5, fields["text"]: "x", fields["enum"]: option, fields["date"]: "2026-12-01"}
    tasks = [
        asana.create(launch, name=kind, subtype=kind, tags=[tag], values=values, assignee=person, due_on="2026-12-24")
        for kind in ("default_task", "milestone", "approval")
    ]
    asana.create(parent=tasks[0], name="below")
    connector.check()
    list(connector.scopes())
    named = frozenset({"Number", "Text", "Enum", "Date"})
    pickers: list[Mapping[str, str]] = [
        {"project": "Launch"}, {"project": "Launch", "section": "Doing"}, {"project": "Launch", "subtasks": "yes"},
        {"tag": "okr"}, {"portfolio": "Growth"},
    ]  # fmt: skip
    scopes = [connector.resolve(Select(picker=picker, fields=named)) for picker in pickers]
    scopes.append(connector.resolve(Select(query="completed=false&tags.any=" + tag, fields=named)))
    gauges: list[Mapping[str, str]] = [{"goal": "Revenue"}, {"project": "Launch", "count": "num_tasks"}]
    scopes += [connector.resolve(Select(picker=picker)) for picker in gauges]
    cursor = None
    for scope in scopes:
        read = list(connector.fetch(scope))[-1].cursor
        assert read is not None
        cursor = read if cursor is None else connector.merge(cursor, read)
    connector.sample(scopes[-2], "n")
    asana.complete(tasks[0])
    asana.edit(tasks[2], approval="changes_requested")
    asana.delete(tasks[1])
    clock.pass_(seconds=5)
    list(connector.changes(scopes, cursor))
    made = connector.subscribe(connector.wants(scopes)[0], f"{hub}/hooks/1", "")
    connector.renew(made)
    connector.unsubscribe(made)
    for by, target, field in (
        ("comment", tasks[0], ""), ("comment", tasks[0], ""), ("field", tasks[0], "Number"),
        ("field", tasks[0], "Text"), ("field", tasks[0], "Enum"), ("value", goal, ""), ("status", goal, ""),
        ("status", goal, ""), ("status", launch, ""),
    ):  # fmt: skip
        connector.write(
            ProgressNote("okr-hub:a/b", target, by, "Launch", "At risk", "at_risk", Decimal("2.5"), field=field)
        )


def _operation(specification: Any, method: str, path: str) -> tuple[str, Any]:
    parts = path.strip("/").split("/")
    for template in sorted(specification["paths"], key=lambda one: one.count("{")):
        wanted = template.strip("/").split("/")
        if len(wanted) == len(parts) and all(w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True)):
            return template, specification["paths"][template]
    raise AssertionError(f"{method} {path} is in no specification")


def _parameters(specification: Any, item: Any, method: str) -> Iterator[Any]:
    for one in (*item.get("parameters", ()), *item[method].get("parameters", ())):
        yield specification["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one


def _check_query(specification: Any, method: str, path: str, query: Mapping[str, str]) -> str:
    template, item = _operation(specification, method, path)
    assert method in item, f"{template} has no {method}"
    known = {one["name"]: one for one in _parameters(specification, item, method) if one["in"] == "query"}
    for name, value in query.items():
        if name not in known:  # a search takes its limit by the text of its description alone
            assert f"`{name}` query parameter" in item[method]["description"], f"{template} takes no {name}"
            continue
        schema = known[name]["schema"]
        if schema.get("type") == "array":
            allowed = schema["items"].get("enum")
            assert allowed is None or set(value.split(",")) <= set(allowed), f"{template}: {name}={value}"
        else:
            typed = {"integer": int, "boolean": lambda text: {"true": True, "false": False}[text]}
            jsonschema.Draft4Validator(schema).validate(typed.get(schema.get("type"), str)(value))
    missing = {name for name, one in known.items() if one.get("required")} - set(query)
    assert not missing, f"{template} needs {missing}"
    return template


def _told(value: Any) -> Any:
    """Leave null out: Asana sends it for whatever is not set, and its description does not always say so."""
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items() if one is not None}
    return [_told(one) for one in value] if isinstance(value, list) else value


def _sent(body: Any) -> Any:
    """Write a custom field's number as text: its schema's type says text, and its sentence "text, a number, etc."."""
    values = body["data"].get("custom_fields") if isinstance(body, dict) else None
    if not values:
        return body
    return {"data": {**body["data"], "custom_fields": {gid: str(value) for gid, value in values.items()}}}


def _check_answer(specification: Any, method: str, template: str, status: int, answer: Any) -> None:
    responses = specification["paths"][template][method]["responses"]
    described = responses[str(status)]
    if "$ref" in described:
        described = specification["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    schema = described["content"]["application/json"]["schema"]
    assert schema
    jsonschema.Draft4Validator({**schema, "components": specification["components"]}).validate(_told(answer))


def test_every_request_and_every_answer_has_the_published_shape(
    specification: Any,
    heard: list[tuple[str, str, dict[str, str], Any, int, Any]],
) -> None:
    asked: set[str] = set()
    actions = 0
    for method, path, query, body, status, answer in heard:
        template = _check_query(specification, method, path, query)
        asked.add(f"{method} {template}")
        if body is not None:
            schema = specification["paths"][template][method]["requestBody"]["content"]["application/json"]["schema"]
            jsonschema.Draft4Validator({**schema, "components": specification["components"]}).validate(_sent(body))
        _check_answer(specification, method, template, status, answer)
        for action, result in zip(body["data"]["actions"], answer["data"], strict=True) if path == "/batch" else ():
            options = {name: str(value) for name, value in action["options"].items() if name != "fields"}
            inner = _check_query(
                specification,
                "get",
                action["relative_path"],
                {**options, "opt_fields": ",".join(action["options"]["fields"])},
            )
            _check_answer(specification, "get", inner, result["status_code"], result["body"])
            asked.add(f"get {inner}")
            actions += 1
    sys.stdout.write(
        f"checked {len(heard)} requests and as many answers, {actions} actions of batches, {len(asked)} calls\n"
    )
    assert asked == set(CALLS.split("\n")[1:-1])
    assert {status for *_, status, _ in heard} == {200, 201, 412}
