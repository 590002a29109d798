"""Which id a field has on this site. Names are people's, change, and may be shared; ids stay.

Ids and names: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-fields/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from connectors.errors import Misconfigured
from connectors.tame import Wild

_CUSTOM = re.compile(r"customfield_\d+")
_CLAUSE = re.compile(r"cf\[(\d+)\]", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SYSTEM = _words(
    "assignee aggregateprogress aggregatetimeestimate aggregatetimeoriginalestimate aggregatetimespent components "
    "created creator description duedate environment fixVersions issuetype labels lastViewed parent priority progress "
    "project reporter resolution resolutiondate security status statusCategory statuscategorychangedate subtasks "
    "summary timeestimate timeoriginalestimate timespent timetracking updated versions votes watches "
    "workratio"
)
ITEM_FIELDS = {"Priority": "priority", "Resolution": "resolution"}
_POINTS_NAMES = frozenset({"story points", "story point estimate"})
_POINTS_SCHEMA = "com.pyxis.greenhopper.jira:jsw-story-points"
POINTS = "points"


@dataclass(frozen=True, slots=True)
class SiteField:
    """A field as GET /rest/api/3/field lists it."""

    id: str
    names: frozenset[str]  # as shown to this account, and untranslated
    custom: str  # the custom field type, "" for a field of Jira's own

    @property
    def shown(self) -> str:
        return sorted(self.names)[0]


def read_fields(listed: object) -> tuple[SiteField, ...]:
    """Tame the answer of GET /field. Raises Unexpected naming the path that has another shape."""
    found = []
    for one in Wild(listed, "jira", "field"):
        names = {one["name"].text()}
        if (untranslated := one.maybe("untranslatedName")) is not None and not untranslated.is_null:
            names.add(untranslated.text())
        schema = one.maybe("schema")
        custom = schema.maybe("custom") if schema is not None and schema.is_object else None
        found.append(
            SiteField(one["id"].text(), frozenset(names), custom.text() if custom and not custom.is_null else "")
        )
    return tuple(found)


def field_ids(
    names: Iterable[str],
    points_field: str,
    site_fields: Callable[[], Sequence[SiteField]],
    styles: Callable[[], frozenset[str]] = frozenset,
) -> Mapping[str, str]:
    """Return the id of each name, asking the site (once at most) only when a name is not an id already.

    A name is what the site calls the field, or its type such as com.pyxis.greenhopper.jira:jsw-story-points. `styles`
    says how the projects in question are managed ("classic", "next-gen"), which tells apart the two fields for points
    that most sites have. Raises Misconfigured when a name is unknown (with a suggestion) or stands for two fields
    (with both ids).
    """
    ids: dict[str, str] = {}
    for name in sorted(names):
        wanted = points_field if name == POINTS and points_field else name
        if (known := _known_id(wanted)) is not None:
            ids[name] = known
        elif wanted == POINTS:
            ids[name] = _points_id(site_fields(), styles)
        else:
            ids[name] = _id_by_name(wanted, site_fields(), "points_field" if name == POINTS else "select")
    return ids


def _known_id(name: str) -> str | None:
    if _CUSTOM.fullmatch(name) or name in _SYSTEM:
        return name
    if clause := _CLAUSE.fullmatch(name):
        return f"customfield_{clause[1]}"
    return ITEM_FIELDS.get(name)


def _id_by_name(name: str, fields: Sequence[SiteField], setting: str) -> str:
    # as written first: a site may well have both "Size" and "size"
    same = [f for f in fields if name in f.names]
    alike = same or [f for f in fields if name.casefold() in {n.casefold() for n in f.names}]
    alike = alike or [f for f in fields if ":" in name and f.custom == name]
    if len(alike) == 1:
        return alike[0].id
    if alike:
        raise Misconfigured(
            f"jira has {len(alike)} fields named {name!r}: {', '.join(sorted(f.id for f in alike))}",
            field=setting,
            hint="name the one you mean by its id",
        )
    close = get_close_matches(name, sorted({n for f in fields for n in f.names}), n=1)
    raise Misconfigured(
        f"jira has no field named {name!r}" + (f" (did you mean {close[0]!r}?)" if close else ""),
        field=setting,
        hint="field names are those of the account's language; its id such as customfield_10016 always works",
    )


def _points_id(fields: Sequence[SiteField], styles: Callable[[], frozenset[str]]) -> str:
    found = [f for f in fields if f.custom == _POINTS_SCHEMA or any(n.casefold() in _POINTS_NAMES for n in f.names)]
    if len(found) == 1:
        return found[0].id
    # team-managed projects estimate with a field of a type of its own, the others with one that an admin made
    of_team = [f for f in found if f.custom == _POINTS_SCHEMA]
    if len(found) == 2 and len(of_team) == 1:
        style = styles()
        if style == {"next-gen"}:
            return of_team[0].id
        if style == {"classic"}:
            return next(f.id for f in found if f not in of_team)
    if not found:
        raise Misconfigured(
            "jira has no field for story points", field="points_field", hint="name the field that holds your estimate"
        )
    raise Misconfigured(
        "jira has several fields for story points: "
        + ", ".join(f"{f.shown} ({f.id})" for f in sorted(found, key=lambda f: f.id)),
        field="points_field",
        hint="set points_field to the one your boards estimate with",
    )
