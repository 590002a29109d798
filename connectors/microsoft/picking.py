"""From what a rule says to a scope: names to ids, with as few questions as that takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import quote

from connectors.errors import Misconfigured
from connectors.microsoft import answers
from connectors.microsoft.answers import Named
from connectors.microsoft.choice import list_of, one_of
from connectors.microsoft.graph import Forbidden, Graph
from connectors.microsoft.items import MORE, STANDARD
from connectors.microsoft.picking_numbers import pick_cell, pick_column
from connectors.microsoft.places import Place, PlanPlace, TodoPlace, read_place
from connectors.microsoft.plans import missing_plan
from connectors.shapes import Scope, Select
from connectors.tame import decode

PLAN_ID = re.compile(r"[A-Za-z0-9_-]{28}")
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Where a tab of Planner says which plan it shows: in its addresses, or in its entity's id.
_PLAN_IN_TAB = re.compile(r"(?:planId=|PlanViews/|/plan/|_p_)([A-Za-z0-9_-]{28})(?![A-Za-z0-9-])")

_PLANS = ("team", "plan", "channel", "tab", "bucket")
_CELLS = ("site", "user", "drive", "file", "sheet", "cell", "range", "name", "take")
_COLUMNS = ("site", "list", "item", "column")
_NUMBER_FIELDS = frozenset({"value"})
_TODO_FIELDS = frozenset({"importance"})


class Picking:
    """Resolve selections, one at a time."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def resolve(self, select: Select) -> Scope:
        """Turn a query or a picker into a scope. See `Source.resolve`."""
        try:
            return self._resolve(select)
        except Forbidden as refused:  # the others of the connection can be read all the same
            raise Misconfigured(str(refused), field="select", hint=refused.hint) from refused

    def _resolve(self, select: Select) -> Scope:
        if bool(select.query.strip()) == bool(select.picker):
            raise Misconfigured(
                "microsoft: select by a picker or by an address, one of the two",
                field="select",
                hint="write {team: Marketing, plan: Launch}",
            )
        if select.query.strip():
            place = read_place(select.query)
            name = self._called(place)
        else:
            place, name = self._picked({key: text.strip() for key, text in select.picker.items()})
        return scope_of(place, name, self._graph.account.tenant, known_fields(place, select.fields))

    def _called(self, place: Place) -> str:
        if not isinstance(place, PlanPlace):
            return place.query
        plan = self._plan(place.plan)
        if not place.bucket:
            return plan.called
        return f"{plan.called}, {self._bucket(place.plan, place.bucket).called}"

    def _picked(self, picker: Mapping[str, str]) -> tuple[Place, str]:
        empty = [name for name, text in picker.items() if not text]
        if empty:
            raise Misconfigured(f"microsoft: the picker's {empty[0]} is empty", field="select")
        if "todo" in picker:
            _only(picker, ("todo",))
            return self._list(picker["todo"])
        if "column" in picker or "list" in picker:
            _only(picker, _COLUMNS)
            return pick_column(self._graph, picker)
        if "file" in picker:
            _only(picker, _CELLS)
            return pick_cell(self._graph, picker)
        if not picker.keys() & {"team", "plan"}:
            raise Misconfigured(
                "microsoft: the picker names no plan, list, file or column",
                field="select",
                hint="{team, plan, bucket}, {team, channel}, {todo}, {file, sheet, cell} or {site, list, item, column}",
            )
        _only(picker, _PLANS)
        plan = self._picked_plan(picker)
        if "bucket" not in picker:
            return PlanPlace(plan.id), plan.called
        bucket = self._bucket(plan.id, picker["bucket"])
        return PlanPlace(plan.id, bucket.id), f"{plan.called}, {bucket.called}"

    # Plans.

    def _picked_plan(self, picker: Mapping[str, str]) -> Named:
        if "team" not in picker:
            if PLAN_ID.fullmatch(picker["plan"]):
                return self._plan(picker["plan"])
            mine = self._graph.get("me/planner/plans", what="plans", passing={400, 403})
            if mine.status_code != 200:
                raise Misconfigured(
                    "microsoft: an app of its own sees plans through their team only",
                    field="select",
                    hint=f"write {{team: ..., plan: {picker['plan']}}}, or the plan's id",
                )
            found = [
                p for page in self._graph.pages("", answers.named_ones, what="plans", first=mine) for p in page.value
            ]
            return one_of(found, picker["plan"], "plan")
        team = self._team(picker["team"])
        if "channel" in picker:
            return self._plan(self._plan_of_channel(team, picker))
        plans = self._graph.all(f"groups/{team.id}/planner/plans", answers.named_ones, what="plans of a team")
        if "plan" in picker:
            return one_of(plans, picker["plan"], "plan")
        if len(plans) != 1:
            raise Misconfigured(
                f"microsoft: the team {team.called} has {len(plans)} plans",
                field="select",
                hint=f"say which: {list_of(plans)}" if plans else "make one in Planner, or select another team",
            )
        return plans[0]

    def _plan(self, plan: str) -> Named:
        response = self._graph.get(f"planner/plans/{quote(plan, safe='')}", what="a plan", passing={403, 404})
        if response.status_code in {403, 404}:
            raise missing_plan(f"the plan {plan}", response)
        return decode(answers.named, response.content, "microsoft: a plan")

    def _team(self, name: str) -> Named:
        if GUID.fullmatch(name):
            return Named(id=name.lower(), display_name=name)
        literal = quote(name.replace("'", "''"), safe="")
        path = f"groups?$filter=displayName%20eq%20'{literal}'&$select=id,displayName"
        response = self._graph.get(path, what="teams", passing={403})
        if response.status_code == 403:
            raise Misconfigured(
                "microsoft: the account may not look teams up by name",
                field="select",
                hint="grant Group.Read.All, or write the team's id, or the plan's",
            )
        found = [
            t for page in self._graph.pages("", answers.named_ones, what="teams", first=response) for t in page.value
        ]
        return one_of(found, name, "team")

    def _plan_of_channel(self, team: Named, picker: Mapping[str, str]) -> str:
        channels = self._graph.all(f"teams/{team.id}/channels", answers.named_ones, what="channels of a team")
        channel = one_of(channels, picker["channel"], "channel")
        path = f"teams/{team.id}/channels/{quote(channel.id, safe='')}/tabs"
        found: dict[str, str] = {}
        for tab in self._graph.all(path, answers.tabs, what="tabs of a channel"):
            told = tab.configuration
            said = [told.entity_id, told.content_url, told.website_url] if told else []
            plan = next((m[1] for text in said if text and (m := _PLAN_IN_TAB.search(text))), None)
            if plan and picker.get("tab", tab.display_name) in {tab.display_name, tab.id}:
                found[plan] = tab.display_name or tab.id
        if len(found) != 1:
            several = f"several tabs show plans ({', '.join(sorted(found.values()))})"
            raise Misconfigured(
                f"microsoft: in the channel {channel.called} {several if found else 'no tab shows a plan'}",
                field="select",
                hint="add tab: and its name" if found else "add a Planner tab there, or name the plan",
            )
        return next(iter(found))

    def _bucket(self, plan: str, name: str) -> Named:
        buckets = self._graph.all(f"planner/plans/{plan}/buckets", answers.named_ones, what="buckets of a plan")
        return one_of(buckets, name, "bucket")

    # To Do.

    def _list(self, name: str) -> tuple[Place, str]:
        mine = self._graph.account.mine
        response = self._graph.get(f"{mine}/todo/lists", what="lists of To Do", passing={400} if mine == "me" else ())
        if response.status_code == 400:
            raise Misconfigured(
                "microsoft: an app of its own has no To Do lists",
                field="user",
                hint="say in the connection's setting user whose lists it reads",
            )
        lists = [
            x for page in self._graph.pages("", answers.named_ones, what="lists", first=response) for x in page.value
        ]
        found = one_of(lists, name, "list")
        return TodoPlace(mine, found.id), found.called


def known_fields(place: Place, asked: Collection[str]) -> dict[str, str]:
    """Return the fields that rules name, each by the same name. Raises Misconfigured for one that is not there."""
    if isinstance(place, PlanPlace):
        known = frozenset((*STANDARD, *MORE))
    else:
        known = _TODO_FIELDS if isinstance(place, TodoPlace) else _NUMBER_FIELDS
    strange = sorted(set(asked) - known)
    if strange:
        points = strange == ["points"]
        raise Misconfigured(
            f"microsoft: a {place.kind} has no {'points' if points else f'field {strange[0]!r}'}",
            field="select",
            hint=f"it has {', '.join(sorted(known))}",
        )
    return {name: name for name in asked}


def scope_of(place: Place, name: str, tenant: str, fields: Mapping[str, str] | None = None, url: str = "") -> Scope:
    """Return the scope of a place."""
    if isinstance(place, PlanPlace):
        url = f"https://planner.cloud.microsoft/webui/plan/{place.plan}/view/board?tid={tenant}"
    elif isinstance(place, TodoPlace):
        url = f"https://to-do.office.com/tasks/{quote(place.id, safe='')}"
    return Scope(place.kind, place.key, name, place.query, url, fields or {})


def _only(picker: Mapping[str, str], known: Collection[str]) -> None:
    strange = sorted(set(picker) - set(known))
    if strange:
        raise Misconfigured(
            f"microsoft: the picker does not know {', '.join(strange)} here",
            field="select",
            hint=f"it takes {', '.join(known)}",
        )
