"""Graph's answers about To Do, workbooks and SharePoint lists."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from connectors.sandbox.microsoft.drawings import time_text
from connectors.sandbox.microsoft.exchange import GraphAnswer, GraphRequest, RefusedError, Route, route
from connectors.sandbox.microsoft.office import (
    Office,
    SharePointSite,
    SiteList,
    Todo,
    TodoList,
    Workbook,
    draw_range,
    since,
)
from connectors.sandbox.microsoft.planner import Planner

_TODO, _ALL_TODO = ("Tasks.Read", "Tasks.ReadWrite"), ("Tasks.Read.All", "Tasks.ReadWrite.All")
_SITES = ("Sites.Read.All", "Sites.ReadWrite.All")
_FILES = ("Files.Read", "Files.Read.All", "Files.ReadWrite", "Files.ReadWrite.All", *_SITES)
_BOOKS = ("Files.ReadWrite", "Files.ReadWrite.All", "Sites.ReadWrite.All")
_APP_BOOKS = ("Files.Read.All", "Files.ReadWrite.All", *_SITES)
_SELECT = re.compile(r"fields\(\$select=([A-Za-z0-9_,]+)\)")


class OfficeRoutes:
    """What is asked about an `Office`.

    `keeps` is how far back, in changes of a list, a deltaLink reaches; `page` how many a delta gives at once.
    `excel_for_apps` is what Graph does, and does not promise.
    """

    def __init__(self, office: Office, planner: Planner) -> None:
        self.office, self.planner = office, planner
        self.keeps: int | None = None
        self.page = 50
        self.excel_for_apps = True

    def routes(self) -> list[Route]:
        """Return the paths that are answered here."""
        found = [
            route("GET", "sites/root", self.root, _SITES, _SITES),
            route("GET", "sites/root/drive", self.root_drive, _FILES, _FILES),
            route("GET", "sites/{site}:/{path*}", self.site_by_path, _SITES, _SITES),
            route("GET", "sites/{site}/drive/root:/{path*}", self.site_file, _FILES, _FILES),
            route("GET", "drives/{drive}/root:/{path*}", self.drive_file, _FILES, _FILES),
            route("GET", "sites/{site}/lists", self.site_lists, _SITES, _SITES),
            route("GET", "sites/{site}/lists/{list}/columns", self.columns, _SITES, _SITES),
            route("GET", "sites/{site}/lists/{list}/items/{item}", self.item, _SITES, _SITES),
            route("GET", "drives/{drive}/items/{book}/workbook/worksheets", self.sheets, _BOOKS, _APP_BOOKS),
            route(
                "GET",
                "drives/{drive}/items/{book}/workbook/worksheets/{sheet}/range(address='{address}')",
                self.cells,
                _BOOKS,
                _APP_BOOKS,
            ),
            route("GET", "drives/{drive}/items/{book}/workbook/names/{name}/range", self.named, _BOOKS, _APP_BOOKS),
        ]
        for owner in ("me", "users/{user}"):
            found += [
                route("GET", f"{owner}/drive", self.drive, _FILES, _FILES),
                route("GET", f"{owner}/drive/root:/{{path*}}", self.my_file, _FILES, _FILES),
                route("GET", f"{owner}/todo/lists", self.lists, _TODO, _ALL_TODO),
                route("GET", f"{owner}/todo/lists/{{list}}/tasks/delta", self.delta, _TODO, _ALL_TODO),
                route("GET", f"{owner}/todo/lists/{{list}}/tasks/{{task}}", self.todo, _TODO, _ALL_TODO),
            ]
        return found

    # -- To Do

    def lists(self, asked: GraphRequest, user: str = "") -> GraphAnswer:
        owner = self._owner(asked, user)
        drawn = [
            {
                "@odata.etag": f'W/"{one.seq}"',
                "id": one.id,
                "displayName": one.name,
                "isOwner": True,
                "isShared": False,
                "wellknownListName": "none",
            }
            for one in self.office.lists.values()
            if one.owner == owner
        ]
        return GraphAnswer(200, {"value": drawn})

    def delta(self, asked: GraphRequest, list: str, user: str = "") -> GraphAnswer:
        held = self._list(asked, list, user)
        token = asked.query.get("$deltatoken") or asked.query.get("$skiptoken") or "0.0"
        match = re.fullmatch(r"(\d+)\.(\d+)", token)
        if match is None:
            raise RefusedError(400, "syncStateInvalid", "The sync state is not valid.")
        after, is_first = int(match[1]), match[2] == "0"
        if not is_first and self.keeps is not None and held.seq - after > self.keeps:
            raise RefusedError(410, "syncStateNotFound", "The sync state generation is not found; start again.")
        changed = [one for one in since(held, after) if not (after == 0 and one.removed)]
        page = changed[: self.page]
        reached = page[-1].seq if len(changed) > self.page else held.seq
        link = f"{asked.base}/v1.0/{asked.path}?"
        if len(changed) > self.page:
            more = {"@odata.nextLink": f"{link}$skiptoken={reached}.{0 if is_first else 1}"}
        else:
            more = {"@odata.deltaLink": f"{link}$deltatoken={reached}.1"}
        return GraphAnswer(200, {**more, "value": [_draw_todo(one) for one in page]})

    def todo(self, asked: GraphRequest, list: str, task: str, user: str = "") -> GraphAnswer:
        held = self._list(asked, list, user).items.get(unquote(task))
        if held is None or held.removed:
            raise RefusedError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return GraphAnswer(200, _draw_todo(held))

    # -- files and workbooks

    def drive(self, asked: GraphRequest, user: str = "") -> GraphAnswer:
        return GraphAnswer(200, {"id": self.office.drive_of(self._owner(asked, user)), "driveType": "business"})

    def my_file(self, asked: GraphRequest, path: str, user: str = "") -> GraphAnswer:
        return self._file(self.office.drive_of(self._owner(asked, user)), path)

    def site_file(self, asked: GraphRequest, site: str, path: str) -> GraphAnswer:
        return self._file(self._site(site).drive, path)

    def drive_file(self, asked: GraphRequest, drive: str, path: str) -> GraphAnswer:
        return self._file(unquote(drive), path)

    def sheets(self, asked: GraphRequest, drive: str, book: str) -> GraphAnswer:
        drawn = [
            {"id": _sheet_id(number), "name": name, "position": number - 1, "visibility": "Visible"}
            for number, name in enumerate(self._book(asked, drive, book).sheets, 1)
        ]
        return GraphAnswer(200, {"value": drawn})

    def cells(self, asked: GraphRequest, drive: str, book: str, sheet: str, address: str) -> GraphAnswer:
        held = self._book(asked, drive, book)
        name = next((one for number, one in enumerate(held.sheets, 1) if _sheet_id(number) == unquote(sheet)), "")
        return self._range(held, name or unquote(sheet), unquote(address))

    def named(self, asked: GraphRequest, drive: str, book: str, name: str) -> GraphAnswer:
        held = self._book(asked, drive, book)
        if unquote(name) not in held.names:
            raise RefusedError(404, "ItemNotFound", "The requested resource doesn't exist.")
        return self._range(held, *held.names[unquote(name)])

    # -- SharePoint

    def root(self, asked: GraphRequest) -> GraphAnswer:
        return GraphAnswer(200, {"id": next(iter(self.office.sites), "northwind.sharepoint.com,root,root")})

    def root_drive(self, asked: GraphRequest) -> GraphAnswer:
        return GraphAnswer(200, {"id": self.office.drive_of("root"), "driveType": "documentLibrary"})

    def site_by_path(self, asked: GraphRequest, site: str, path: str) -> GraphAnswer:
        for one in self.office.sites.values():
            if (one.host, one.path) == (unquote(site), unquote(path)):
                return GraphAnswer(200, {"id": one.id, "displayName": one.path.rsplit("/", 1)[-1]})
        raise RefusedError(404, "itemNotFound", "Requested site could not be found")

    def site_lists(self, asked: GraphRequest, site: str) -> GraphAnswer:
        held = self._site(site)
        drawn = [
            {"id": one.id, "name": one.name, "displayName": one.name}
            for one in self.office.site_lists.values()
            if one.site == held.id
        ]
        return GraphAnswer(200, {"value": drawn})

    def columns(self, asked: GraphRequest, site: str, list: str) -> GraphAnswer:
        held = self._site_list(site, list)
        drawn = [
            {"id": f"{held.id}-{name}", "name": name, "displayName": shown} for name, shown in held.columns.items()
        ]
        return GraphAnswer(200, {"value": drawn})

    def item(self, asked: GraphRequest, site: str, list: str, item: str) -> GraphAnswer:
        held = self._site_list(site, list)
        number = int(item) if item.isdecimal() else -1
        if number not in held.items:
            raise RefusedError(404, "itemNotFound", "The specified item was not found.")
        drawn: dict[str, Any] = {"@odata.etag": f'"{held.id},{number}"', "id": item}
        if "$expand" in asked.query:
            match = _SELECT.fullmatch(asked.query["$expand"])
            wanted = match[1].split(",") if match else [*held.columns]
            drawn["fields"] = {
                name: value
                for name, value in held.items[number].items()
                if name in wanted and value is not None  # an empty column is left out
            }
        return GraphAnswer(200, drawn)

    # -- finding

    def _owner(self, asked: GraphRequest, user: str) -> str:
        if not user:
            if not asked.token.user:
                raise RefusedError(
                    400, "BadRequest", "/me request is only valid with delegated authentication flow."
                )  # fmt: skip
            return asked.token.user
        name = unquote(user)
        held = next((id for id, mail in self.planner.addresses.items() if name in {id, mail}), None)
        if held is None:
            raise RefusedError(404, "Request_ResourceNotFound", f"Resource '{name}' does not exist.")
        if asked.token.user and asked.token.user != held:
            raise RefusedError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return held

    def _list(self, asked: GraphRequest, list_id: str, user: str) -> TodoList:
        held = self.office.lists.get(unquote(list_id))
        if held is None or held.owner != self._owner(asked, user):
            raise RefusedError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return held

    def _site(self, site: str) -> SharePointSite:
        held = self.office.sites.get(unquote(site))
        if held is None:
            raise RefusedError(404, "itemNotFound", "Requested site could not be found")
        return held

    def _site_list(self, site: str, list_id: str) -> SiteList:
        held = self.office.site_lists.get(unquote(list_id))
        if held is None or held.site != self._site(site).id:
            raise RefusedError(404, "itemNotFound", "The specified list was not found")
        return held

    def _file(self, drive: str, path: str) -> GraphAnswer:
        for one in self.office.workbooks.values():
            if (one.drive, one.path) == (drive, unquote(path)):
                return GraphAnswer(
                    200,
                    {
                        "id": one.id,
                        "name": one.path.rsplit("/", 1)[-1],
                        "webUrl": f"https://northwind.sharepoint.com/{path}",
                        "parentReference": {"driveId": drive, "driveType": "documentLibrary"},
                    },
                )
        raise RefusedError(404, "itemNotFound", "The resource could not be found.")

    def _book(self, asked: GraphRequest, drive: str, book: str) -> Workbook:
        if not asked.token.user and not self.excel_for_apps:
            raise RefusedError(403, "AccessDenied", "Could not obtain a WAC access token.")
        held = self.office.workbooks.get(unquote(book))
        if held is None or held.drive != unquote(drive):
            raise RefusedError(404, "itemNotFound", "The resource could not be found.")
        if held.fails_with:
            raise RefusedError(held.fails_with, "GatewayTimeout", "We're sorry. The workbook could not be opened.")
        return held

    def _range(self, book: Workbook, sheet: str, address: str) -> GraphAnswer:
        if sheet not in book.sheets:
            raise RefusedError(404, "ItemNotFound", "The requested resource doesn't exist.")
        drawn = draw_range(book, sheet, address)
        if drawn is None:
            raise RefusedError(400, "InvalidArgument", "The argument is invalid or missing or has an incorrect format.")
        return GraphAnswer(200, drawn)


def _sheet_id(number: int) -> str:
    return f"{{00000000-0001-0000-{number - 1:04d}-000000000000}}"


def _draw_todo(item: Todo) -> dict[str, Any]:
    if item.removed:
        return {"id": item.id, "@removed": {"reason": "deleted"}}
    drawn: dict[str, Any] = {
        "@odata.etag": f'W/"{item.seq}"',
        "importance": item.importance,
        "isReminderOn": False,
        "status": item.status,
        "title": item.title,
        "createdDateTime": time_text(item.created),
        "lastModifiedDateTime": time_text(item.modified),
        "bodyLastModifiedDateTime": time_text(item.modified),
        "hasAttachments": False,
        "categories": [*item.categories],
        "id": item.id,
        "body": {"content": "", "contentType": "text"},
    }
    for name, at in (("dueDateTime", item.due), ("completedDateTime", item.completed)):
        if at is not None:
            drawn[name] = {"dateTime": _local(at), "timeZone": "UTC"}
    return drawn


def _local(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
