"""What a field of Jira's holds, as a rule can compare or add it.

Which shape a field has is said by its type in GET /field, which answers do not repeat: so a shape is read by what is
in it, and the few of Jira's own fields that stand for a number or a length of time by their ids.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-fields/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from connectors.lenient import LONGEST, exact, expected, is_usable, member, parts
from connectors.shapes import Scalar, plain_decimal
from connectors.tame import describe, instant

# Seconds: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-worklogs/
DURATIONS = frozenset(
    {
        "timespent",
        "timeestimate",
        "timeoriginalestimate",
        "aggregatetimespent",
        "aggregatetimeestimate",
        "aggregatetimeoriginalestimate",
    }
)
# Objects that stand for one number: which of their members it is.
COUNTS = {
    "votes": "votes",
    "watches": "watchCount",
    "comment": "total",
    "worklog": "total",
    "progress": "percent",
    "aggregateprogress": "percent",
}
LARGEST_SHARE = 12  # powers of ten of a per cent; more is no share of anything
LINKS = ("inwardIssue", "outwardIssue")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)")
# Data Center writes a sprint as text: ...Sprint@1b2c[id=3,rapidViewId=1,state=ACTIVE,name=Sprint 4,startDate=...]
_SPRINT = re.compile(r"com\.atlassian\.greenhopper\.[\w.]*Sprint@[^\[]*\[.*?\bname=(.*?),(?:startDate|goal)=.*\]")


class Illegible(ValueError):
    """A field holds what cannot be read; the message says what was found."""


def scalar(raw: object, id: str = "") -> Scalar:
    """Flatten a field's value. Raises Illegible.

    Numbers stay numbers; an option is its value, a person or version its name, a cascading option both of its levels,
    a list the names in it, linked issues and sub-tasks their keys; text that is exactly an ISO date or time becomes
    one, since that is how date fields arrive.
    """
    if raw is None or isinstance(raw, bool):
        return raw
    if id in DURATIONS:
        return _duration(raw)
    if id == "workratio":
        return _ratio(raw)
    if isinstance(raw, int | float):
        return _number(raw)
    if isinstance(raw, str):
        return _text(raw)
    if isinstance(raw, dict):
        if id in COUNTS and COUNTS[id] in raw:
            return None if raw[COUNTS[id]] is None else _number(raw[COUNTS[id]])
        if id in {"progress", "aggregateprogress"}:
            return _share(raw)
        return _object(raw)
    if isinstance(raw, list):
        return tuple(_member(one) for one in raw)
    raise Illegible(f"found {describe(raw)}")


def _duration(raw: object) -> timedelta:
    seconds = plain_decimal(raw) if isinstance(raw, str) else exact(raw)
    if seconds is None:
        raise Illegible(expected(raw, "a number of seconds"))
    try:
        return timedelta(seconds=float(seconds))
    except OverflowError:
        raise Illegible("found a number that is too large") from None


def _share(raw: Mapping[str, Any]) -> Scalar:
    """Return how much is done in per cent, where Jira gives the two times alone; nothing where none was estimated."""
    done, total = exact(raw.get("progress")), exact(raw.get("total"))
    if done is None or total is None:
        raise Illegible("found an object without its progress and total")
    if not total:
        return None
    share = exact(done * 100 / total)
    if share is None or share.adjusted() > LARGEST_SHARE:
        raise Illegible("found a progress that is no share of its total")
    return round(share, 6)


def _ratio(raw: object) -> Scalar:
    """Return time spent as a share of the estimate in per cent; -1 says that nothing was estimated."""
    number = exact(raw)
    if number is None:
        raise Illegible(expected(raw, "a number"))
    return None if number < 0 else number


def _number(raw: object) -> Scalar:
    number = exact(raw)
    if number is None:
        raise Illegible(expected(raw, "a number"))
    return number


def _text(raw: str) -> Scalar:
    if len(raw) > LONGEST:
        return raw[:LONGEST]  # what it begins with is searched and compared; a novel is kept by nobody
    if sprint := _SPRINT.fullmatch(raw):
        return sprint[1]
    try:
        if _DAY.fullmatch(raw):
            day = date.fromisoformat(raw)
            if not is_usable(day):
                raise Illegible("found a day at the edge of the calendar")
            return day
        if _MOMENT.fullmatch(raw):
            return instant(raw)
    except Illegible:
        raise
    except OverflowError:
        raise Illegible("found a time at the edge of the calendar") from None
    except ValueError as problem:
        if "edge" in str(problem):
            raise Illegible("found a time at the edge of the calendar") from None
        return raw  # 2026-13-45 is just text
    return raw


def _object(raw: Mapping[str, Any]) -> Scalar:
    if raw.get("type") == "doc":  # Atlassian Document Format
        return " ".join(_document_texts(raw)).strip()[:LONGEST]
    if isinstance(raw.get("child"), dict):  # a cascading option: both levels, the outer one first
        return tuple(_levels(raw))
    return _word(raw)


def _levels(raw: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    level: object = raw
    while isinstance(level, dict) and len(found) < 10:
        found.append(_word(level))
        level = level.get("child")
    return found


def _member(raw: object) -> str:
    if isinstance(raw, str):
        sprint = _SPRINT.fullmatch(raw)
        return sprint[1] if sprint else raw[:LONGEST]
    if isinstance(raw, dict):
        for link in LINKS:
            if isinstance(key := member(raw, link, "key"), str):
                return key
        if "fields" in raw and isinstance(key := raw.get("key"), str):  # a sub-task
            return key
        return _word(raw)
    number = exact(raw)
    if number is None:
        raise Illegible(f"found a list with {describe(raw)} in it")
    return str(number)


def _word(raw: Mapping[str, Any]) -> str:
    for name in ("value", "name", "displayName", "filename", "key"):
        if isinstance(found := parts(raw).get(name), str):
            return found[:LONGEST]
    raise Illegible("found an object without a value or a name")


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
