"""Saved filters, boards and sprints of a simulated Jira.

After https://developer.atlassian.com/cloud/jira/software/rest/ ; lists of issues below /rest/software/1.0 as announced
there, and below agile/1.0 for servers and for sites that have the former not yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.jira.bodies import Bodies
from connectors.sandbox.jira.front import INVALID, Front, RefusedError, as_json, window
from connectors.sandbox.jira.issues import Board, Filter, Sprint
from connectors.sandbox.jira.search import Searching
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import GATEWAY, account_id

NO_BOARD = "Board does not exist or you do not have permission to view it."


@dataclass(slots=True)
class AgileRoutes:
    """Answer for filters, boards and sprints. `has_software` false makes a site of before 2026."""

    tracker: Tracker
    bodies: Bodies
    searching: Searching
    is_cloud: bool
    has_software: bool = True

    def open(self, front: Front) -> None:
        """Put the answers on a front."""
        api, agile = r"/rest/api/(?P<version>2|3|latest)", r"/rest/agile/1\.0"
        if self.is_cloud:
            front.route("GET", api + r"/filter/search", self.filter_search)
            front.route("GET", r"/rest/software/1\.0/board/(?P<board>\d+)/issue", self.software_issues)
        else:
            front.route("GET", api + r"/filter/favourite", self.favourites)
        front.route("GET", api + r"/filter/(?P<id>\d+)", self.filter)
        front.route("GET", agile + r"/board", self.boards)
        front.route("GET", agile + r"/board/(?P<board>\d+)", self.board)
        front.route("GET", agile + r"/board/(?P<board>\d+)/configuration", self.configuration)
        front.route("GET", agile + r"/board/(?P<board>\d+)/sprint", self.sprints)
        front.route("GET", agile + r"/board/(?P<board>\d+)/issue", self.agile_issues)

    def filter_search(self, request: Request, version: int) -> Response:
        words = request.args.get("filterName", "").lower()
        held = sorted((f for f in self._filters() if words in f.name.lower()), key=lambda f: (f.name.lower(), f.id))
        return _page(request, held, self._filter_json)

    def favourites(self, request: Request, version: int) -> Response:
        return as_json(json.dumps([self._filter_json(f) for f in self._filters()]))

    def filter(self, request: Request, version: int, id: str) -> Response:
        held = self.tracker.filters.get(int(id))
        if held is None or not held.shared:
            raise RefusedError(400, f"The selected filter with ID '{id}' is not available to you.")
        return as_json(json.dumps(self._filter_json(held)))

    def boards(self, request: Request) -> Response:
        words = request.args.get("name", "").lower()
        held = [b for b in self.tracker.boards.values() if words in b.name.lower()]
        return _page(request, held, self._board_json, most=50)

    def board(self, request: Request, board: str) -> Response:
        return as_json(json.dumps(self._board_json(self._found(board))))

    def configuration(self, request: Request, board: str) -> Response:
        held = self._found(board)
        if not self.tracker.may_configure:
            raise RefusedError(403, "The user does not have a permission to view this board's configuration.")
        drawn: dict[str, Any] = {
            **self._board_json(held),
            "filter": {"id": str(held.filter), "self": f"{GATEWAY}/rest/api/2/filter/{held.filter}"},
            "columnConfig": {"columns": [{"name": "To Do", "statuses": []}], "constraintType": "none"},
            "ranking": {"rankCustomFieldId": 10019},
        }
        if held.type == "kanban":
            drawn["subQuery"] = {"query": held.sub_query}
        else:
            drawn["estimation"] = {
                "type": "field",
                "field": {"fieldId": held.estimation, "displayName": self.tracker.fields[held.estimation].name},
            }
        return as_json(json.dumps(drawn))

    def sprints(self, request: Request, board: str) -> Response:
        held = self._found(board)
        if held.type != "scrum":
            raise RefusedError(400, "The board does not support sprints")
        states = set(request.args.get("state", "future,active,closed").split(","))
        if not states <= {"future", "active", "closed"}:
            raise RefusedError(400, INVALID)
        return _page(
            request,
            [s for s in self.tracker.sprints.values() if s.board == held.id and s.state in states],
            _sprint_json,
            most=50,
        )

    def software_issues(self, request: Request, board: str) -> Response:
        if not self.has_software:
            raise RefusedError(404, "No resource was found at this address.")
        jql = self._listing(self._found(board), request)
        found = self.searching.page(jql, request.args.get("nextPageToken"), window(request, 50, 100)[1])
        drawn = f'{{"issues": [{self._issues(request, found.issues)}], "isLast": {json.dumps(not found.next_token)}'
        if found.next_token:
            drawn += f', "nextPageToken": {json.dumps(found.next_token)}'
        return as_json(drawn + "}")

    def agile_issues(self, request: Request, board: str) -> Response:
        found, _ = self.searching.all(self._listing(self._found(board), request))
        start, size = window(request, 50, 100)
        drawn = self._issues(request, found[start : start + size])
        return as_json(
            f'{{"expand": "schema,names", "startAt": {start}, "maxResults": {size}, "total": {len(found)}, '
            f'"issues": [{drawn}]}}'
        )

    def _listing(self, board: Board, request: Request) -> str:
        held = self.tracker.filters[board.filter]
        query = f"({held.jql})" + (f" AND ({board.sub_query})" if board.sub_query else "")
        return query + (f" AND ({request.args['jql']})" if "jql" in request.args else "")

    def _issues(self, request: Request, issues: Sequence[Any]) -> str:
        wanted = self.bodies.wanted(request.args.getlist("fields") or None, "*navigable")
        return ", ".join(self.bodies.issue(i, wanted, 2) for i in issues)

    def _filters(self) -> list[Filter]:
        return [f for f in self.tracker.filters.values() if f.shared]

    def _found(self, board: str) -> Board:
        held = self.tracker.boards.get(int(board))
        if held is None:
            raise RefusedError(404, NO_BOARD)
        return held

    def _filter_json(self, held: Filter) -> dict[str, Any]:
        return {
            "self": f"{GATEWAY}/rest/api/3/filter/{held.id}",
            "id": str(held.id),
            "name": held.name,
            "jql": held.jql,
            "owner": {"accountId": account_id(self.tracker.email), "displayName": "Hub", "active": True},
        }

    @staticmethod
    def _board_json(held: Board) -> dict[str, Any]:
        self_ = f"{GATEWAY}/rest/agile/1.0/board/{held.id}"
        return {"id": held.id, "self": self_, "name": held.name, "type": held.type}


def _sprint_json(held: Sprint) -> dict[str, Any]:
    return {
        "id": held.id,
        "self": f"{GATEWAY}/rest/agile/1.0/sprint/{held.id}",
        "state": held.state,
        "name": held.name,
        "originBoardId": held.board,
    }


def _page(request: Request, held: Sequence[Any], draw: Callable[[Any], Mapping[str, Any]], most: int = 100) -> Response:
    start, size = window(request, 50, most)
    drawn = {
        "maxResults": size,
        "startAt": start,
        "total": len(held),
        "isLast": start + size >= len(held),
        "values": [draw(one) for one in held[start : start + size]],
    }
    return as_json(json.dumps(drawn))
