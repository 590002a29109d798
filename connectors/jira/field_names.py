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


# What Jira's own fields hold that no rule can compare or add, and what to use instead.
_USELESS = {
    "timetracking": "name timespent, timeestimate or timeoriginalestimate, which hold its lengths of time",
    "thumbnail": "it is a picture",
    "issuerestriction": "it says who may see an issue",
}
GLOBAL = ""


@dataclass(frozen=True, slots=True)
class SiteField:
    """A field as GET /rest/api/3/field lists it."""

    id: str
    names: frozenset[str]  # as shown to this account, and untranslated
    custom: str  # the custom field type, "" for a field of Jira's own
    project: str = GLOBAL  # the id of the one project that has it; team-managed projects make their own fields

    @property
    def shown(self) -> str:
        return sorted(self.names)[0]


@dataclass(frozen=True, slots=True)
class Reach:
    """The projects that bound a scope: their ids, and how they are managed ("classic", "next-gen").

    Empty where nothing bounds it: then it may hold issues of any project.
    """

    projects: frozenset[str] = frozenset()
    styles: frozenset[str] = frozenset()


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
            SiteField(
                one["id"].text(),
                frozenset(names),
                custom.text() if custom and not custom.is_null else "",
                _project_of(one.maybe("scope")),
            )
        )
    return tuple(found)


def _project_of(scope: Wild | None) -> str:
    project = scope.maybe("project") if scope is not None and scope.is_object else None
    return project["id"].key() if project is not None and project.is_object else GLOBAL


def field_ids(
    names: Iterable[str],
    points_field: str,
    site_fields: Callable[[], Sequence[SiteField]],
    reach: Callable[[], Reach] = Reach,
) -> Mapping[str, str]:
    """Return the id of each name, asking the site (once at most) only when a name is not an id already.

    A name is what the site calls the field, or its type such as com.pyxis.greenhopper.jira:jsw-story-points. `reach`
    says which projects are in question, which tells apart the two fields for points that most sites have, and fields
    of one name that team-managed projects made each for itself. Where it takes several ids together, they stand with
    commas between. Raises Misconfigured when a name is unknown (with a suggestion), holds nothing that a rule can use,
    or stands for two fields of the same projects (with both ids).
    """
    ids: dict[str, str] = {}
    for name in sorted(names):
        wanted = points_field if name == POINTS and points_field else name
        if wanted in _USELESS:
            raise Misconfigured(f"jira: no rule can use the field {wanted}: {_USELESS[wanted]}", field="select")
        if (known := _known_id(wanted)) is not None:
            ids[name] = known
        elif wanted == POINTS:
            ids[name] = _points_id(site_fields(), reach)
        else:
            ids[name] = _id_by_name(wanted, site_fields(), "points_field" if name == POINTS else "select", reach)
    return ids


def _known_id(name: str) -> str | None:
    if _CUSTOM.fullmatch(name) or name in _SYSTEM:
        return name
    if clause := _CLAUSE.fullmatch(name):
        return f"customfield_{clause[1]}"
    return ITEM_FIELDS.get(name)


def _id_by_name(name: str, fields: Sequence[SiteField], setting: str, reach: Callable[[], Reach]) -> str:
    # as written first: a site may well have both "Size" and "size"
    same = [f for f in fields if name in f.names]
    alike = same or [f for f in fields if name.casefold() in {n.casefold() for n in f.names}]
    alike = alike or [f for f in fields if ":" in name and f.custom == name]
    if len(alike) == 1 and alike[0].id in _USELESS:
        raise Misconfigured(f"jira: no rule can use the field {name!r}: {_USELESS[alike[0].id]}", field=setting)
    if len(alike) == 1:
        return alike[0].id
    if alike:
        return _told_apart(name, alike, setting, reach)
    close = get_close_matches(name, sorted({n for f in fields for n in f.names}), n=1)
    raise Misconfigured(
        f"jira has no field named {name!r}" + (f" (did you mean {close[0]!r}?)" if close else ""),
        field=setting,
        hint="an id such as customfield_10016 always works",
    )


def _told_apart(name: str, alike: Sequence[SiteField], setting: str, reach: Callable[[], Reach]) -> str:
    """Return the ids of fields of one name: each project's own come before the one that all projects share."""
    projects = reach().projects
    near = [f for f in alike if f.project and (f.project in projects or not projects)]
    shared = [f for f in alike if not f.project]
    owners = [f.project for f in near]
    if len(shared) > 1 or len(set(owners)) != len(owners):
        raise Misconfigured(
            f"jira has {len(alike)} fields named {name!r}: {', '.join(sorted(f.id for f in alike))}",
            field=setting,
            hint="name the one you mean by its id",
        )
    found = [*sorted(near, key=lambda f: f.id), *shared]
    if not found:
        raise Misconfigured(
            f"jira has fields named {name!r}, each of a team-managed project that this selection does not hold",
            field=setting,
            hint="name the one you mean by its id",
        )
    return ",".join(f.id for f in found)


def _points_id(fields: Sequence[SiteField], reach: Callable[[], Reach]) -> str:
    found = [f for f in fields if f.custom == _POINTS_SCHEMA or any(n.casefold() in _POINTS_NAMES for n in f.names)]
    if len(found) == 1:
        return found[0].id
    # team-managed projects estimate with a field of a type of its own, the others with one that an admin made
    of_team = [f for f in found if f.custom == _POINTS_SCHEMA]
    if len(found) == 2 and len(of_team) == 1:
        styles = reach().styles
        made = next(f for f in found if f not in of_team)
        if styles == {"next-gen"}:
            return of_team[0].id
        # a field may be left over from the time before an issue moved: the made one first
        return made.id if styles == {"classic"} else f"{made.id},{of_team[0].id}"
    if not found:
        raise Misconfigured(
            "jira has no field for story points", field="points_field", hint="name the field that holds your estimate"
        )
    if any(f.project for f in found):
        return _told_apart("story points", found, "points_field", reach)
    raise Misconfigured(
        "jira has several fields for story points: "
        + ", ".join(f"{f.shown} ({f.id})" for f in sorted(found, key=lambda f: f.id)),
        field="points_field",
        hint="set points_field to the one your boards estimate with",
    )
