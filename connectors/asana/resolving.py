"""From what a rule selects to a scope: names to gids, and what there is to pick from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from connectors.asana import answers, field_names
from connectors.asana.addresses import gids_in
from connectors.asana.answers import CustomField, Named
from connectors.asana.calls import Calls, Hidden
from connectors.asana.gauges import COUNTS
from connectors.asana.items import TICK, section_id
from connectors.asana.queries import GID, Query, read_query
from connectors.asana.settings import Account
from connectors.errors import Gone, Misconfigured
from connectors.gauges import VALUE
from connectors.shapes import STATUS, Scope, Select
from connectors.tame import decode

_PICKS = ("project", "section", "tag", "portfolio", "goal", "subtasks", "count")
_HINT = "write {project: Launch}, {project: Launch, section: Doing}, {tag: okr}, {portfolio: Growth} or {goal: 1207}"
_WHERE = {  # kind -> the asana package's class, and the method that gives one
    "project": ("ProjectsApi", "get_project"),
    "section": ("SectionsApi", "get_section"),
    "tag": ("TagsApi", "get_tag"),
    "portfolio": ("PortfoliosApi", "get_portfolio"),
    "goal": ("GoalsApi", "get_goal"),
}


class Resolving:
    """Look up names for one connection. What was listed once is not asked for again: a sync resolves many rules."""

    def __init__(self, calls: Calls, account: Account) -> None:
        self._calls = calls
        self._account = account
        self._listed: dict[tuple[str, str], list[Named]] = {}  # by kind, and the project for sections
        self._fields_of: dict[str, list[CustomField]] = {}  # by project

    def resolve(self, select: Select) -> Scope:
        """Turn a query or a picker into a scope. See `Source.resolve`."""
        if bool(select.query.strip()) == bool(select.picker):
            raise Misconfigured(
                "asana: select by a query or by a picker, one of the two",
                field="select",
                hint="write project=1207, or {project: Launch}",
            )
        query = self._picked(select.picker) if select.picker else self._asked(select.query.strip())
        if query.kind == "search" and not query.gid:
            query = replace(query, gid=self.workspace())
        if query.kind == "progress" and query.count not in COUNTS:
            raise Misconfigured(f"asana: count takes one of {', '.join(COUNTS)}", field="select")
        query, name = self._seen(query)
        scope = self._scope(query, name, {})
        return replace(
            scope, fields=self._fields(query, select.fields) | self._status(query), aliases=self._aliases(select.refs)
        )

    def scopes(self, words: str) -> Iterator[Scope]:
        """Yield projects, tags, own portfolios and goals whose name contains `words`, each list by the hundred.

        A project's gid as `words` yields its sections.
        """
        if GID.fullmatch(words):
            for section in self._calls.named("sections", "SectionsApi", "get_sections_for_project", words):
                yield self._scope(Query("section", section.gid, words), section.name or section.gid, {})
            return
        workspace = self.workspace()
        for kind, listed in self._lists(workspace).items():
            try:
                for one in listed():
                    if words.casefold() in (one.name or "").casefold():
                        yield self._scope(Query(kind, one.gid), one.name or one.gid, {})
            except (Hidden, Misconfigured):
                if kind in {"project", "tag"}:
                    raise
                continue  # the plan has no portfolios or goals (402), or a guest may not list them: none to offer

    def workspace(self) -> str:
        """Return the gid of the workspace. Raises Misconfigured where it is not plain which."""
        wanted = self._account.workspace
        if GID.fullmatch(wanted):
            return wanted
        held = self._list("workspace", "", lambda: self._calls.named("workspaces", "WorkspacesApi", "get_workspaces"))
        if wanted:
            return _the_one("workspace", wanted, held, "workspace").gid
        if len(held) == 1:
            return held[0].gid
        raise Misconfigured(
            f"asana: the account is in {len(held)} workspaces"
            + (f": {', '.join(sorted(one.name or one.gid for one in held))}" if held else ""),
            field="workspace",
            hint="set workspace to the one you mean" if held else "invite the account to a workspace",
        )

    def _lists(self, workspace: str) -> dict[str, Callable[[], Iterator[Named]]]:
        named = self._calls.named
        return {
            "project": lambda: named("projects", "ProjectsApi", "get_projects", workspace=workspace, archived="false"),
            "tag": lambda: named("tags", "TagsApi", "get_tags", workspace=workspace),
            "portfolio": lambda: named("portfolios", "PortfoliosApi", "get_portfolios", workspace, owner="me"),
            "goal": lambda: named("goals", "GoalsApi", "get_goals", workspace=workspace),
        }

    def _picked(self, picker: Mapping[str, str]) -> Query:
        unknown = sorted(set(picker) - set(_PICKS))
        asked = {name: value.strip() for name, value in picker.items()}
        kinds = [kind for kind in ("project", "tag", "portfolio", "goal") if kind in asked]
        if unknown or len(kinds) != 1 or not all(asked.values()):
            said = f"does not know {', '.join(unknown)}" if unknown else "names one of project, tag, portfolio and goal"
            raise Misconfigured(f"asana: the picker {said}", field="select", hint=_HINT)
        kind = kinds[0]
        subtasks = asked.get("subtasks", "no").lower()
        if subtasks not in {"yes", "no"} or (subtasks == "yes" and kind in {"goal", "tag"}):
            raise Misconfigured("asana: subtasks is yes or no, beside a project or a portfolio", field="select")
        if {"section", "count"} & set(asked) and kind != "project":
            raise Misconfigured("asana: section and count stand beside a project", field="select", hint=_HINT)
        gid = self._gid(kind, asked[kind])
        if "count" in asked:
            return Query("progress", gid, count=asked["count"])
        if "section" not in asked:
            return Query(kind, gid, subtasks=subtasks == "yes")
        section = asked["section"]
        if not GID.fullmatch(section):
            held = self._list(
                "section",
                gid,
                lambda: self._calls.named("sections", "SectionsApi", "get_sections_for_project", gid),
            )
            section = _the_one("section", section, held, "select").gid
        return Query("section", section, gid, subtasks == "yes")

    def _gid(self, kind: str, text: str) -> str:
        if GID.fullmatch(text):
            return text
        named = gids_in(text, self._calls.site)
        if named is not None and kind not in named:
            raise Misconfigured(
                f"asana: the address {text[:120]!r} names no {kind}",
                field="select",
                hint=f"copy the address of the {kind}, or write its name",
            )
        if named is not None:
            return named[kind]
        return _the_one(kind, text, self._list(kind, "", self._lists(self.workspace())[kind]), "select").gid

    def _list(self, kind: str, of: str, ask: Callable[[], Iterator[Named]]) -> list[Named]:
        if (kind, of) not in self._listed:
            self._listed[kind, of] = list(ask())
        return self._listed[kind, of]

    def _fields_in(self, project: str) -> list[CustomField]:
        if project not in self._fields_of:
            self._fields_of[project] = field_names.of_project(self._calls, project)
        return self._fields_of[project]

    def _seen(self, query: Query) -> tuple[Query, str]:
        """Return the query with a section's project, and the name of what it reads. Raises Misconfigured for none."""
        if query.kind == "search":
            return query, query.text.partition("&")[2]
        kind = "project" if query.kind == "progress" else query.kind
        api, method = _WHERE[kind]
        fields = "name,project.name" if kind == "section" else "name"
        try:
            response = self._calls.ask(f"{kind} {query.gid}", api, method, query.gid, opt_fields=fields)
        except Gone as lost:
            raise Misconfigured(str(lost), field="select", hint=lost.hint) from lost
        found = decode(answers.one, response.content, "asana").data
        if kind == "section":
            home = decode(answers.section_one, response.content, "asana").data.project
            if query.project and query.project != home.gid:
                raise Misconfigured(
                    f"asana: the section {found.name} is not of project {query.project}", field="select"
                )
            return replace(query, project=home.gid), f"{home.name or home.gid}, {found.name or found.gid}"
        name = found.name or found.gid
        if query.kind == "progress":
            return query, f"{name}, {query.count.removeprefix('num_').replace('_', ' ')}"
        return query, f"{name}, with sub-tasks" if query.subtasks else name

    def _fields(self, query: Query, names: frozenset[str]) -> dict[str, str]:
        if query.kind in {"goal", "progress"}:
            wrong = sorted(names - {VALUE})
            if wrong:
                raise Misconfigured(
                    f"asana: a {query.kind} has no {wrong[0]!r}: its number is {VALUE!r}", field="select"
                )
            return {name: name for name in names}
        places: Sequence[Sequence[CustomField]] = ()
        if field_names.needs_asking(names, self._account.points_field):
            places = self._places(query)
        return field_names.field_gids(names, self._account.points_field, places)

    def _asked(self, text: str) -> Query:
        """Read a query, or the address of what is to be read."""
        found = gids_in(text, self._calls.site)
        if found is None:
            return read_query(text)
        for kind in ("goal", "portfolio", "tag", "project"):
            if kind in found:
                return Query(kind, found[kind])
        raise Misconfigured(
            f"asana: the address {text[:120]!r} names nothing that tasks can be read from",
            field="select",
            hint="copy the address of a project, a portfolio or a goal; a search is written as its filters",
        )

    def _aliases(self, refs: frozenset[str]) -> dict[str, str]:
        """Return the gid of each task that rules name by its address. A gid stays, wherever its task goes."""
        found = {ref: (gids_in(ref, self._calls.site) or {}).get("task", "") for ref in refs}
        return {ref: gid for ref, gid in found.items() if gid}

    def _status(self, query: Query) -> dict[str, str]:
        """Return where a task's status is: its section in the project that was selected, not in whichever is older.

        Of a portfolio the oldest of its projects that holds the task; a task in none of them, such as a sub-task, is
        Completed or Incomplete. What was selected by tag or search has no project to look from.
        """
        if query.kind in {"project", "section"}:
            projects = [query.project or query.gid]
        elif query.kind == "portfolio":
            projects = sorted(self._held_by(query.gid), key=lambda gid: (len(gid), gid))
        else:
            return {}
        return {STATUS: ",".join([*map(section_id, projects), TICK])}

    def _held_by(self, portfolio: str) -> list[str]:
        held = self._list(
            "held",
            portfolio,
            lambda: self._calls.named("portfolio", "PortfoliosApi", "get_items_for_portfolio", portfolio),
        )
        return [project.gid for project in held]

    def _places(self, query: Query) -> list[list[CustomField]]:
        if query.kind in {"project", "section"}:
            return [self._fields_in(query.project or query.gid)]
        if query.kind == "portfolio":
            return [self._fields_in(project) for project in self._held_by(query.gid)]
        workspace = query.gid if query.kind == "search" else self.workspace()
        return [field_names.of_workspace(self._calls, workspace)]

    def _scope(self, query: Query, name: str, fields: Mapping[str, str]) -> Scope:
        site = self._account.api.removesuffix("/api/1.0")
        places = {"goal": f"{site}/0/goal/{query.gid}", "portfolio": f"{site}/0/portfolio/{query.gid}/list"}
        url = places.get(query.kind, f"{site}/0/{query.project or query.gid}/list")
        return Scope(query.kind, query.key, name, query.text, url, fields)


def _the_one(kind: str, name: str, held: Sequence[Named], field: str) -> Named:
    """Return the one of this name. Raises Misconfigured for none, with a suggestion, and for several, with gids."""
    same = [one for one in held if one.name == name]
    alike = same or [one for one in held if (one.name or "").casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise Misconfigured(
            f"asana has {len(alike)} of kind {kind} named {name!r}: {', '.join(sorted(one.gid for one in alike))}",
            field=field,
            hint="name the one you mean by its gid, the number in its address",
        )
    close = get_close_matches(name, sorted({one.name for one in held if one.name}), n=1)
    raise Misconfigured(
        f"asana shows this account no {kind} named {name!r}" + (f" (did you mean {close[0]!r}?)" if close else ""),
        field=field,
        hint="share it with the account that the hub signs in as, or name it by its gid",
    )
