"""What a simulated tenant holds of To Do, of workbooks and of SharePoint lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.microsoft.planner import made_guid, made_id

Cell = str | int | float | bool | None
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)(?::([A-Z]{1,3})([1-9][0-9]*))?")
_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})


@dataclass(slots=True)
class Todo:
    """A task of To Do. `seq` is when it last changed, in its list's own count."""

    id: str
    title: str
    created: datetime
    modified: datetime
    status: str = "notStarted"
    importance: str = "normal"
    due: datetime | None = None
    completed: datetime | None = None
    categories: tuple[str, ...] = ()
    seq: int = 0
    removed: bool = False


@dataclass(slots=True)
class TodoList:
    """A list of one person's, with everything that ever was in it."""

    id: str
    owner: str  # a user's id
    name: str
    items: dict[str, Todo] = field(default_factory=dict)
    seq: int = 0


@dataclass(slots=True)
class Workbook:
    """A file of Excel: cells by sheet and address, and names for ranges."""

    id: str
    drive: str
    path: str
    sheets: dict[str, dict[str, Cell]] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)  # number formats by Sheet!A1, General unless set
    fails_with: int = 0  # the status of a workbook that does not open


@dataclass(slots=True)
class SiteList:
    """A list of a site: its columns (internal name -> shown name) and its items by number."""

    id: str
    site: str
    name: str
    columns: dict[str, str] = field(default_factory=dict)
    items: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class SharePointSite:
    """A site by its host and path, with one document library."""

    id: str
    host: str
    path: str
    drive: str


class Office:
    """The personal and the shared things. `now` is the clock; `listeners` hear of changes that Graph tells of."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lists: dict[str, TodoList] = {}
        self.workbooks: dict[str, Workbook] = {}
        self.sites: dict[str, SharePointSite] = {}
        self.site_lists: dict[str, SiteList] = {}
        self.drives: dict[str, str] = {}  # a user's id or a site's -> drive
        self.listeners: list[Callable[[str, str, str], None]] = []  # resource, change type, the item's id
        self._made = 0

    # -- To Do

    def add_list(self, owner: str, name: str) -> str:
        """Make a list and return its id."""
        held = TodoList(f"AAMk{made_id('list', self._next(), 40)}AAA=", owner, name)
        self.lists[held.id] = held
        return held.id

    def add_todo(self, list_id: str, title: str, **more: Any) -> str:
        """Make a task and return its id. `more` as for `edit_todo`."""
        at = self.now().astimezone(UTC)
        item = Todo(f"AAMk{made_id('todo', self._next(), 40)}BBB=", title, at, at)
        self.lists[list_id].items[item.id] = item
        self._change(self.lists[list_id], item, "created", more)
        return item.id

    def edit_todo(self, list_id: str, item_id: str, **changes: Any) -> None:
        """Change title, status, importance, due or categories."""
        held = self.lists[list_id]
        self._change(held, held.items[item_id], "updated", changes)

    def delete_todo(self, list_id: str, item_id: str) -> None:
        """Delete a task."""
        held = self.lists[list_id]
        held.items[item_id].removed = True
        self._change(held, held.items[item_id], "deleted", {})

    def _change(self, held: TodoList, item: Todo, kind: str, changes: Mapping[str, Any]) -> None:
        for name, value in changes.items():
            if name not in {"title", "status", "importance", "due", "categories"}:
                raise ValueError(f"a task of To Do has no {name!r} to edit")
            setattr(item, name, value)
        item.modified = self.now().astimezone(UTC)
        item.completed = (item.completed or item.modified) if item.status == "completed" else None
        held.seq += 1
        item.seq = held.seq
        self._tell(f"users/{held.owner}/todo/lists/{held.id}/tasks", kind, item.id)

    # -- workbooks

    def add_workbook(self, drive: str, path: str) -> str:
        """Put an empty workbook into a drive and return its id."""
        book = Workbook(
            f"01{made_id('book', self._next(), 32).upper().replace('-', 'X').replace('_', 'Y')}", drive, path
        )
        self.workbooks[book.id] = book
        return book.id

    def set_cell(self, book: str, sheet: str, address: str, value: Cell) -> None:
        """Write into a cell; None empties it, a text such as #N/A is an error."""
        self.workbooks[book].sheets.setdefault(sheet, {})[address] = value

    def format_cell(self, book: str, sheet: str, address: str, number_format: str) -> None:
        """Give a cell a number format, such as dd/mm/yyyy or 0%; what stands in it stays the same."""
        self.workbooks[book].formats[f"{sheet}!{address}"] = number_format

    def rename_sheet(self, book: str, sheet: str, name: str) -> None:
        """Give a sheet another name; its id stays."""
        held = self.workbooks[book]
        held.sheets = {name if one == sheet else one: cells for one, cells in held.sheets.items()}

    def name_range(self, book: str, name: str, sheet: str, address: str) -> None:
        """Name a range of a sheet."""
        self.workbooks[book].names[name] = (sheet, address)

    # -- SharePoint

    def add_site(self, host: str, path: str) -> str:
        """Found a site and return its id."""
        site = f"{host},{made_guid(f'{host}/{path}')},{made_guid(f'web {host}/{path}')}"
        self.sites[site] = SharePointSite(site, host, path, self.drive_of(site))
        return site

    def add_site_list(self, site: str, name: str, columns: Mapping[str, str]) -> str:
        """Make a list with these columns (internal name -> shown name) and return its id."""
        held = SiteList(made_guid(f"{site} {name}"), site, name, {"Title": "Title", **columns})
        self.site_lists[held.id] = held
        return held.id

    def set_site_item(self, list_id: str, number: int, **columns: Any) -> None:
        """Write columns of an item, which is made where it is not there; None empties one."""
        held = self.site_lists[list_id]
        item = held.items.setdefault(number, {})
        item.update(columns)
        self._tell(f"sites/{held.site}/lists/{held.id}", "updated", "")

    def remove_site_item(self, list_id: str, number: int) -> None:
        """Delete an item."""
        held = self.site_lists[list_id]
        del held.items[number]
        self._tell(f"sites/{held.site}/lists/{held.id}", "updated", "")

    def drive_of(self, owner: str) -> str:
        """Return the drive of a person or a site."""
        return self.drives.setdefault(owner, f"b!{made_id('drive', len(self.drives), 40)}")

    def _tell(self, resource: str, kind: str, item: str) -> None:
        for listener in self.listeners:
            listener(resource, kind, item)

    def _next(self) -> int:
        self._made += 1
        return self._made


def draw_range(book: Workbook, sheet: str, address: str) -> dict[str, Any] | None:
    """Draw a range, None where the address is none."""
    match = _ADDRESS.fullmatch(address.upper())
    if match is None or sheet not in book.sheets:
        return None
    left, top = _column(match[1]), int(match[2])
    right, bottom = (_column(match[3]), int(match[4])) if match[3] else (left, top)
    cells = book.sheets[sheet]
    rows = [[cells.get(f"{_letters(c)}{r}") for c in range(left, right + 1)] for r in range(top, bottom + 1)]
    shown = "'" + sheet.replace("'", "''") + "'" if " " in sheet or "'" in sheet else sheet
    return {
        "@odata.type": "#microsoft.graph.workbookRange",
        "address": f"{shown}!{address.upper()}",
        "addressLocal": f"{shown}!{address.upper()}",
        "cellCount": sum(map(len, rows)),
        "columnCount": len(rows[0]),
        "columnHidden": False,
        "columnIndex": left - 1,
        "rowCount": len(rows),
        "rowHidden": False,
        "rowIndex": top - 1,
        "hidden": False,
        "numberFormat": [
            [book.formats.get(f"{sheet}!{_letters(c)}{r}", "General") for c in range(left, right + 1)]
            for r in range(top, bottom + 1)
        ],
        "values": [["" if cell is None else cell for cell in row] for row in rows],
        "text": [["" if cell is None else str(cell) for cell in row] for row in rows],
        "formulas": [["" if cell is None else cell for cell in row] for row in rows],
        "valueTypes": [[_kind(cell) for cell in row] for row in rows],
    }


def _kind(cell: Cell) -> str:
    if cell is None or cell == "":
        return "Empty"
    if isinstance(cell, bool):
        return "Boolean"
    if isinstance(cell, str):
        return "Error" if cell in _ERRORS else "String"
    return "Double"


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    text = ""
    while column:
        column, left = divmod(column - 1, 26)
        text = chr(65 + left) + text
    return text


def since(held: TodoList, seq: int) -> Iterator[Todo]:
    """Yield what changed in a list after `seq`, in that order."""
    yield from sorted((item for item in held.items.values() if item.seq > seq), key=lambda item: item.seq)
