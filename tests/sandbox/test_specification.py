"""The simulated Jira's answers against the vendor's published description, where a copy of it is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from connectors.sandbox.jira import JiraSandbox
from tests.sandbox.conftest import Asker

SPECIFICATION = Path(__file__).parents[3] / "shared/specs/jira-cloud-platform-v3.json"
pytestmark = pytest.mark.skipif(not SPECIFICATION.is_file(), reason="no copy of the specification beside the project")


@pytest.fixture(scope="module")
def specification() -> Any:
    return json.loads(SPECIFICATION.read_text())


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("get /myself", None),
        ("get /serverInfo", None),
        ("get /field", None),
        ("get /project/search", None),
        (
            "post /search/jql",
            {"jql": "project = PAY", "fields": ["*all"], "expand": "names,schema", "maxResults": 2},
        ),
        ("post /search/jql", {"jql": "project = PAY"}),
        ("post /search/approximate-count", {"jql": "project = PAY"}),
        ("post /issue/bulkfetch", {"issueIdsOrKeys": ["PAY-1", "PAY-2", "PAY-3"], "fields": ["*all"]}),
        ("post /jql/match", {"issueIds": [10001], "jqls": ["project = PAY", "nonsense"]}),
    ],
)
def test_an_answer_has_the_published_shape(
    specification: Any, jira: JiraSandbox, ask: Asker, call: str, body: Any
) -> None:
    method, path = call.split()
    jira.create("PAY", summary="New checkout", type="Epic")
    jira.create("PAY", summary="Pay by invoice", points=3, parent="PAY-1", assignee="mira@northwind.test")
    jira.create("PAY", summary="Cannot be read")
    jira.app.unreadable.add(10003)
    answer = ask.get(path) if method == "get" else ask.post(path, body)
    assert answer.status_code == 200
    described = specification["paths"][f"/rest/api/3{path}"][method]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema
    jsonschema.Draft4Validator({**schema, "components": specification["components"]}).validate(answer.get_json())
    if body is not None:
        asked = described["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.Draft4Validator({**asked, "components": specification["components"]}).validate(body)
