"""How Graph draws what Planner and its directory hold.

https://learn.microsoft.com/graph/api/resources/plannertask and its neighbours
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.microsoft.planner import Bucket, Plan, Task, made_guid


def time_text(at: datetime | None) -> str | None:
    """Write a time as Planner does: UTC with seven digits of a second's fraction."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def etag_of(kind: str, version: int) -> str:
    """Return an etag as Planner's: it says what kind of thing it is of, and a version; not which one."""
    said = base64.b64encode(f"'1-{kind:<6}{version:016d}'".encode()).decode()
    return f'W/"{said}"'


def identity(user: str | None) -> dict[str, Any] | None:
    """Draw an identity set. Planner leaves names out."""
    return None if user is None else {"user": {"displayName": None, "id": user}}


def draw_task(task: Task, creator: str) -> dict[str, Any]:
    """Draw a task as Graph does."""
    checked = sum(done for _, done in task.checklist)
    return {
        "@odata.etag": etag_of("Task", task.version),
        "planId": task.plan,
        "bucketId": task.bucket,
        "title": task.title,
        "orderHint": f"858{task.number:018d}P(",
        "assigneePriority": "",
        "percentComplete": task.percent,
        "startDateTime": time_text(task.start),
        "createdDateTime": time_text(task.created),
        "dueDateTime": time_text(task.due),
        "hasDescription": bool(task.description),
        "previewType": "automatic",
        "completedDateTime": time_text(task.completed),
        "completedBy": identity(creator if task.completed else None),
        "referenceCount": 0,
        "checklistItemCount": len(task.checklist),
        "activeChecklistItemCount": len(task.checklist) - checked,
        "conversationThreadId": None,
        "priority": task.priority,
        "id": task.id,
        "createdBy": identity(creator),
        "appliedCategories": dict.fromkeys(sorted(task.labels), True),
        "assignments": {
            user: {
                "@odata.type": "#microsoft.graph.plannerAssignment",
                "assignedDateTime": time_text(at),
                "orderHint": "",
                "assignedBy": identity(creator),
            }
            for user, at in task.assigned.items()
        },
    }


def draw_task_details(task: Task) -> dict[str, Any]:
    """Draw what Planner keeps apart from a task."""
    lines = {
        made_guid(f"{task.id} {number}"): {
            "@odata.type": "#microsoft.graph.plannerChecklistItem",
            "isChecked": done,
            "title": title,
            "orderHint": f"858{number:06d}P",
        }
        for number, (title, done) in enumerate(task.checklist)
    }
    return {
        "@odata.etag": etag_of("Det", task.version),
        "description": task.description,
        "previewType": "automatic",
        "references": {},
        "checklist": lines,
        "id": task.id,
    }


def draw_plan(plan: Plan) -> dict[str, Any]:
    """Draw a plan."""
    return {
        "@odata.etag": etag_of("Plan", 1),
        "createdDateTime": time_text(plan.created),
        "owner": plan.group,
        "title": plan.title,
        "id": plan.id,
        "container": {
            "containerId": plan.group,
            "type": "group",
            "url": f"https://graph.microsoft.com/v1.0/groups/{plan.group}",
        },
    }


def draw_plan_details(plan: Plan) -> dict[str, Any]:
    """Draw the names of a plan's labels: all 25, most of them nobody named."""
    names = {f"category{number}": plan.labels.get(f"category{number}") for number in range(1, 26)}
    return {
        "@odata.etag": etag_of("PlDet", 1),
        "sharedWith": {},
        "categoryDescriptions": names,
        "id": plan.id,
    }


def draw_bucket(bucket: Bucket) -> dict[str, Any]:
    """Draw a bucket."""
    return {
        "@odata.etag": etag_of("Bucket", 1),
        "name": bucket.name,
        "planId": bucket.plan,
        "orderHint": "858",
        "id": bucket.id,
    }
