"""The JSON Schema that editors check mapping files by."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mappings import mapping_schema, read_mappings

GOOD = """
mappings:
  - key_result: faster-checkout/ship-epics
    owner: mira@acme.test
    from: jira-main
    select: project = PAY
    where:
      - type: {not: Sub-task}
        status: [Open, 5]
      - any: [{labels: {has: checkout}}, {points: {gte: 5}}, {points: 3}, {labels: checkout}]
      - fields: {Merchants in batch: {gte: 2}, Live: yes}
      - due: {after: cycle start}
    measure: {percent: points, credit: {doing: 0.5}}
    guard: {min_items: 5, max_drop: 40%, max_rise: 150%}
    show_items: titles
    examples:
      - says: half the points are done
        items: [{state: done, points: 5, labels: [checkout]}, {state: todo, points: 5, fields: {Size: 2}}]
        gives: 50
      - {says: nothing, items: [], gives: no value}
  - {key_result: a/b, from: x, select: {project: PAY}, measure: {sum: {field: Merchants}}}
  - {key_result: a/c, from: x, select: q, measure: count}
"""


def errors(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(mapping_schema()).iter_errors(yaml.safe_load(text))]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(mapping_schema())


def test_what_we_read_without_a_problem_the_schema_accepts() -> None:
    assert read_mappings(GOOD, "m.yaml")[1] == []
    assert errors(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("labels: {has:", "labels: {hass:"),
        ("show_items: titles", "show_items: title"),
        ("guard:", "gaurd:"),
        ("percent: points,", "percent: [points],"),
        ("measure: count", "measure: cuont"),
        ("type: {not: Sub-task}", "type: {}"),
    ],
)
def test_what_we_refuse_the_schema_refuses(good: str, bad: str) -> None:
    text: Any = GOOD.replace(good, bad)
    assert text != GOOD
    assert read_mappings(text, "m.yaml")[1] != []
    assert errors(text) != []
