"""The words of a Jira site: its fields, statuses, types and people.

Shapes as in GET /rest/api/3/field and the issue resource of the Jira Cloud platform REST API, v3
(https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-fields/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

# Since 14 July 2026 Jira Cloud writes `self` links in this form, so they say nothing about the site's own address.
GATEWAY = "https://api.atlassian.com/ex/jira/2f1c7c5e-8b7e-4d1a-9f4a-6f5f0c1d7a90"


@dataclass(frozen=True, slots=True)
class Status:
    """A step of the workflow and the category Jira counts it under."""

    id: str
    name: str
    category: str  # new, indeterminate, done


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A field as the site knows it. `kind`: number, text, string, date, datetime, option, user, labels, key, issue."""

    id: str
    name: str
    kind: str
    clauses: tuple[str, ...]
    schema: Mapping[str, Any] | None
    custom: bool = False
    navigable: bool = True
    project: int = 0  # the id of the team-managed project whose own field it is


CATEGORIES: Mapping[str, tuple[int, str, str]] = {  # key -> id, name, colour
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
STATUSES: Mapping[str, Status] = {
    s.name: s
    for s in (
        Status("10000", "To Do", "new"),
        Status("3", "In Progress", "indeterminate"),
        Status("10001", "In Review", "indeterminate"),
        Status("10002", "Done", "done"),
    )
}
TYPES: Mapping[str, tuple[str, int]] = {  # name -> id, hierarchy level
    "Epic": ("10000", 1),
    "Story": ("10001", 0),
    "Task": ("10002", 0),
    "Bug": ("10004", 0),
    "Sub-task": ("10003", -1),
}
PRIORITIES: Mapping[str, str] = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
RESOLUTIONS: Mapping[str, str] = {"Done": "10000", "Won't Do": "10001", "Duplicate": "10002"}
GERMAN: Mapping[str, str] = {  # what an account sees whose language is German, unless it asks for another
    "To Do": "Zu erledigen",
    "In Progress": "In Arbeit",
    "In Review": "In Prüfung",
    "Done": "Fertig",
    "Task": "Aufgabe",
    "Bug": "Fehler",
    "Sub-task": "Unteraufgabe",
    "High": "Hoch",
    "Medium": "Mittel",
    "Low": "Niedrig",
    "Won't Do": "Wird nicht erledigt",
    "Duplicate": "Duplikat",
    "Summary": "Zusammenfassung",
    "Due date": "Fälligkeitsdatum",
    "Priority": "Priorität",
    "Resolution": "Lösung",
}


def _system(
    id: str, name: str, kind: str, type: str, *clauses: str, items: str = "", navigable: bool = True
) -> FieldEntry:
    schema = {"type": type, "system": id} | ({"items": items} if items else {})
    return FieldEntry(id, name, kind, clauses, schema, navigable=navigable)


STANDARD: tuple[FieldEntry, ...] = (
    FieldEntry("issuekey", "Key", "key", ("id", "issue", "issuekey", "key"), None),
    _system("summary", "Summary", "text", "string", "summary"),
    _system("description", "Description", "text", "string", "description"),
    _system("issuetype", "Issue Type", "option", "issuetype", "issuetype", "type"),
    _system("project", "Project", "option", "project", "project"),
    _system("status", "Status", "option", "status", "status"),
    _system("statusCategory", "Status Category", "option", "statusCategory", "statusCategory"),
    _system("statuscategorychangedate", "Status Category Changed", "datetime", "datetime", "statusCategoryChangedDate"),
    _system("priority", "Priority", "option", "priority", "priority"),
    _system("resolution", "Resolution", "option", "resolution", "resolution"),
    _system("resolutiondate", "Resolved", "datetime", "datetime", "resolutiondate", "resolved"),
    _system("created", "Created", "datetime", "datetime", "created", "createdDate"),
    _system("updated", "Updated", "datetime", "datetime", "updated", "updatedDate"),
    _system("duedate", "Due date", "date", "date", "due", "duedate"),
    _system("labels", "Labels", "labels", "array", "labels", items="string"),
    _system("assignee", "Assignee", "user", "user", "assignee"),
    _system("reporter", "Reporter", "user", "user", "reporter"),
    FieldEntry("parent", "Parent", "issue", ("parent",), None),
)


def number_field(number: int, name: str) -> FieldEntry:
    """Describe a custom number field, as an admin adds one: customfield_10042 is searched as cf[10042] or by name."""
    schema = {
        "type": "number",
        "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float",
        "customId": number,
    }
    return FieldEntry(f"customfield_{number}", name, "number", (f"cf[{number}]", name), schema, custom=True)


STORY_POINTS = number_field(10016, "Story Points")
MERCHANTS = number_field(10042, "Merchants in batch")
EPIC_LINK = FieldEntry(  # how a story belongs to its epic at Data Center
    "customfield_10014",
    "Epic Link",
    "issue",
    ("cf[10014]", "Epic Link"),
    {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 10014},
    custom=True,
)


def team_points() -> FieldEntry:
    """Describe the field that team-managed projects estimate with, which most sites have beside the other."""
    entry = number_field(10031, "Story point estimate")
    schema = {**(entry.schema or {}), "custom": "com.pyxis.greenhopper.jira:jsw-story-points"}
    return replace(entry, schema=schema)


def renamed(entry: FieldEntry, name: str) -> FieldEntry:
    """Return the entry as it stands after an admin changed its name: the old name finds nothing any more."""
    return replace(entry, name=name, clauses=(entry.clauses[0], name))


def field_json(entry: FieldEntry) -> dict[str, Any]:
    """Draw one element of GET /field."""
    drawn: dict[str, Any] = {
        "id": entry.id,
        "key": entry.id,
        "name": entry.name,
        "custom": entry.custom,
        "orderable": entry.id not in ("issuekey", "created", "updated", "status"),
        "navigable": entry.navigable,
        "searchable": True,
        "clauseNames": [*entry.clauses, *([f"{entry.name}[Number]"] if entry.custom else [])],
    }
    if entry.project:
        drawn["scope"] = {"type": "PROJECT", "project": {"id": str(entry.project)}}
    return drawn | ({"schema": dict(entry.schema)} if entry.schema else {})


def account_id(email: str) -> str:
    """Give a person the stable, meaningless id by which Jira Cloud knows them."""
    return "712020:" + sha256(email.lower().encode()).hexdigest()[:24]


def display_name(email: str) -> str:
    """Guess what a person is called from the address: mira.okafor@… is Mira Okafor."""
    return " ".join(part.capitalize() for part in email.partition("@")[0].replace("-", ".").split("."))


def status_json(name: str) -> dict[str, Any]:
    """Draw a status with its category."""
    status = STATUSES[name]
    return {
        "self": f"{GATEWAY}/rest/api/3/status/{status.id}",
        "description": "",
        "iconUrl": f"{GATEWAY}/",
        "name": status.name,
        "id": status.id,
        "statusCategory": category_json(status.category),
    }


def category_json(key: str) -> dict[str, Any]:
    """Draw a status category."""
    number, name, colour = CATEGORIES[key]
    return {
        "self": f"{GATEWAY}/rest/api/3/statuscategory/{number}",
        "id": number,
        "key": key,
        "colorName": colour,
        "name": name,
    }


def type_json(name: str) -> dict[str, Any]:
    """Draw an issue type."""
    id, level = TYPES[name]
    return {
        "self": f"{GATEWAY}/rest/api/3/issuetype/{id}",
        "id": id,
        "description": "",
        "iconUrl": f"{GATEWAY}/rest/api/2/universal_avatar/view/type/issuetype/avatar/{10300 + level}",
        "name": name,
        "subtask": level < 0,
        "avatarId": 10300 + level,
        "hierarchyLevel": level,
    }
