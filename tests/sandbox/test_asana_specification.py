"""Every call to Asana that the connector has is made once, and each is as the vendor publishes it.

The list says which these are: a call that is new, or that nothing makes any more, fails here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from connectors.asana import Asana
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.server import serve
from connectors.shapes import ProgressNote, Select
from connectors.wire import open_wire
from tests.contract.exchanges import Recorder
from tests.contract.judgement import SPECIFICATIONS, Judge, actions_of
from tests.sandbox.conftest import Clock

pytestmark = pytest.mark.skipif(
    not SPECIFICATIONS.is_dir(), reason="no copies of the specifications beside the project"
)

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


class Hub:
    """Agrees to any webhook."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("X-Hook-Secret", environ.get("HTTP_X_HOOK_SECRET", "")), ("Content-Length", "0")])
        return [b""]


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


def _template(method: str, path: str) -> str:
    parts = path.strip("/").split("/")
    for call in sorted(CALLS.split("\n")[1:-1], key=lambda one: one.count("{")):
        verb, _, template = call.partition(" ")
        wanted = template.strip("/").split("/")
        if verb != method or len(wanted) != len(parts):
            continue
        if all(w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True)):
            return call
    return f"{method} {path}"


def test_every_call_is_made_and_is_as_published() -> None:
    clock, recorder = Clock(), Recorder()
    asana = AsanaSandbox(now=clock)
    with serve(recorder.around(asana)) as server, serve(Hub()) as hub:
        wire = open_wire(hosts=(), base_url=server.url, allow_private=["127.0.0.0/8"])
        _ask_everything(Asana({"base_url": server.url, "token": "sandbox-token"}, wire), asana, clock, hub.url)
    asana.close()
    heard = list(recorder.kept.values())
    heard += [one for batch in heard if batch.path == "/batch" for one in actions_of(batch)]
    assert {_template(one.method.lower(), one.path) for one in heard} == set(CALLS.split("\n")[1:-1])
    judged = Judge().judge(recorder.kept.values())
    assert judged.problems == []
    assert judged.counts["asana: answers checked"] >= len(recorder.kept)
