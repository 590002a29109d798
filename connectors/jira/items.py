"""From Jira's issue to the hub's work item.

Status categories: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-workflow-status-categories/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import UNSET

from connectors.errors import Unexpected
from connectors.jira.answers import Issue, value_of
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import describe, moment

_STATES = {
    "new": State.TODO,
    "indeterminate": State.DOING,
    "done": State.DONE,
    "undefined": State.TODO,  # Jira's "No Category": nobody has said that work on it began
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")


def work_item(issue: Issue, site: str, carried: Collection[str], path: str) -> WorkItem:
    """Translate an issue.

    `site` is the address people open; `carried` are the ids of fields to bring along; `path` says where in the
    answer the issue stood ("issues[3]"). Raises Unexpected naming the path that has another shape.
    """
    fields = issue.fields
    where = f"{path}.fields"
    state = state_of(fields.status.status_category.key)
    if state is None:
        raise Unexpected(
            f"jira changed shape at {where}.status.statusCategory.key: "
            f"{fields.status.status_category.key[:40]!r} is not a category we know"
        )
    extra: dict[str, Scalar] = {}
    for field_id in carried:
        raw = value_of(fields, field_id)
        if raw is not UNSET:
            extra[field_id] = _scalar(raw, f"{where}.{field_id}")
    ended = fields.statuscategorychangedate or fields.resolutiondate
    return WorkItem(
        key=issue.id,
        ref=issue.key,
        title=fields.summary,
        state=state,
        status=fields.status.name,
        type=fields.issuetype.name,
        url=f"{site}/browse/{issue.key}",
        created=_utc(fields.created, f"{where}.created"),
        updated=_utc(fields.updated, f"{where}.updated"),
        done=_utc(ended, f"{where}.statuscategorychangedate") if state is State.DONE and ended else None,
        due=_day(fields.duedate, f"{where}.duedate"),
        assignee=fields.assignee.display_name if fields.assignee else None,
        parent=fields.parent.key if fields.parent else None,
        labels=frozenset(fields.labels),
        fields=extra,
    )


def state_of(category: str) -> State | None:
    """Return what a status category stands for, None for one we do not know."""
    return _STATES.get(category)


def _utc(at: datetime, path: str) -> datetime:
    if at.tzinfo is None:
        raise Unexpected(f"jira changed shape at {path}: expected a time with an offset, found one without")
    return at.astimezone(UTC)


def _day(text: str | None, path: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unexpected(f"jira changed shape at {path}: expected a date, found text") from None


def _scalar(raw: object, path: str) -> Scalar:
    """Flatten a field's value: numbers, options (their value), people and versions (their name), lists of these.

    Text that is exactly an ISO date or time becomes one, since that is how date fields arrive.
    """
    if raw is None or isinstance(raw, bool):
        return raw
    if isinstance(raw, (int, float)):
        return Decimal(str(raw))
    if isinstance(raw, str):
        return _text(raw)
    if isinstance(raw, dict):
        return _word(raw, path)
    if isinstance(raw, list):
        return tuple(
            _word(one, f"{path}[{i}]") if isinstance(one, dict) else _plain(one, f"{path}[{i}]")
            for i, one in enumerate(raw)
        )
    raise Unexpected(f"jira changed shape at {path}: found {describe(raw)}")


def _text(raw: str) -> Scalar:
    try:
        if _DAY.fullmatch(raw):
            return date.fromisoformat(raw)
        if _MOMENT.fullmatch(raw):
            return moment(raw)
    except ValueError:
        return raw  # 2026-13-45 is just text
    return raw


def _plain(raw: object, path: str) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return str(raw)
    raise Unexpected(f"jira changed shape at {path}: expected text, found {describe(raw)}")


def _word(raw: Mapping[str, object], path: str) -> str:
    if raw.get("type") == "doc":  # Atlassian Document Format
        return " ".join(_document_texts(raw)).strip()
    for name in ("value", "name", "displayName", "key"):
        if isinstance(found := raw.get(name), str):
            return found
    raise Unexpected(f"jira changed shape at {path}: expected an object with a value or a name, found neither")


def _document_texts(root: Mapping[str, object]) -> list[str]:
    texts: list[str] = []
    nodes: list[object] = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(text := node.get("text"), str):
                texts.append(text)
            inner = node.get("content")
            nodes.extend(reversed(inner) if isinstance(inner, list) else ())
    return texts
