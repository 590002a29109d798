"""Finding the cell or the column that a rule means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from connectors.errors import Gone, Misconfigured
from connectors.microsoft import answers
from connectors.microsoft.answers import FileItem
from connectors.microsoft.choice import one_of
from connectors.microsoft.graph import Graph
from connectors.microsoft.places import TAKES, CellPlace, ColumnPlace
from connectors.tame import decode

_ADDRESS = re.compile(r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6})?")


def pick_cell(graph: Graph, picker: Mapping[str, str]) -> tuple[CellPlace, str]:
    """Return the cells of {file, sheet, cell}, {file, sheet, range, take} or {file, name}.

    The file is a path in the document library of `site` (contoso.sharepoint.com/sites/finance), in the OneDrive of
    `user`, in `drive` by its id, or else in that of the connection.
    """
    take = picker.get("take", "")
    if take and take not in TAKES:
        raise Misconfigured(f"microsoft: take is {take!r}", field="select", hint=f"it takes {', '.join(TAKES)}")
    given = [name for name in ("cell", "range", "name") if name in picker]
    if len(given) != 1:
        raise Misconfigured(
            "microsoft: a workbook needs one of cell, range and name", field="select", hint="{file, sheet, cell: B7}"
        )
    if "name" not in picker and "sheet" not in picker:
        raise Misconfigured("microsoft: a cell needs its sheet", field="select", hint="{file, sheet: Q4, cell: B7}")
    address = picker.get("cell") or picker.get("range") or ""
    if given != ["name"] and not _ADDRESS.fullmatch(address):
        raise Misconfigured(f"microsoft: {address[:40]!r} is no address of cells", field="select", hint="B7, or B2:B13")
    file = _file(graph, picker)
    book = f"drives/{quote(file.parent_reference.drive_id, safe='!')}/items/{quote(file.id, safe='!')}/workbook"
    if given == ["name"]:
        return CellPlace(f"{book}/names/{_segment(picker['name'])}/range", take), f"{file.name}, {picker['name']}"
    cells = quote(address.replace("$", "").upper(), safe="")
    sheets = graph.all(f"{book}/worksheets?$select=id,name", answers.named_ones, what="sheets of a workbook")
    sheet = one_of(sheets, picker["sheet"], "sheet")  # by its id it is found after it was renamed, too
    place = CellPlace(f"{book}/worksheets/{_segment(sheet.id)}/range(address='{cells}')", take)
    return place, f"{file.name}, {sheet.called}!{address}"


def pick_column(graph: Graph, picker: Mapping[str, str]) -> tuple[ColumnPlace, str]:
    """Return the column of {site, list, item, column}: the list by name or id, the column by either name."""
    lacking = [name for name in ("site", "list", "item", "column") if name not in picker]
    if lacking:
        raise Misconfigured(
            f"microsoft: a column needs its {lacking[0]}", field="select", hint="{site, list, item, column}"
        )
    if not picker["item"].isdecimal():
        raise Misconfigured("microsoft: an item of a list is named by its number (ID)", field="select")
    site = _site(graph, picker["site"])
    lists = graph.all(f"sites/{site}/lists?$select=id,name,displayName", answers.named_ones, what="lists of a site")
    found = one_of(lists, picker["list"], "list")
    path = f"sites/{site}/lists/{quote(found.id, safe='')}"
    columns = graph.all(f"{path}/columns?$select=id,name,displayName", answers.named_ones, what="columns of a list")
    internal = [one for one in columns if one.name == picker["column"]]
    column = internal[0] if internal else one_of(columns, picker["column"], "column")
    place = ColumnPlace(f"{path}/items/{picker['item']}", column.name or column.id)
    return place, f"{found.called} {picker['item']}, {column.called}"


def _file(graph: Graph, picker: Mapping[str, str]) -> FileItem:
    roots = [name for name in ("site", "user", "drive") if name in picker]
    if len(roots) > 1:
        raise Misconfigured(f"microsoft: a file is in {roots[0]} or in {roots[1]}, not in both", field="select")
    if "site" in picker:
        root = f"sites/{_site(graph, picker['site'])}/drive"
    elif "user" in picker:
        root = f"users/{quote(picker['user'], safe='@')}/drive"
    elif "drive" in picker:
        root = f"drives/{quote(picker['drive'], safe='!')}"
    else:
        root = f"{graph.account.mine}/drive"
    path = "/".join(quote(part, safe="") for part in picker["file"].strip("/").split("/"))
    try:
        response = graph.get(f"{root}/root:/{path}", what="a file")
    except Gone as missing:
        raise Misconfigured(
            f"microsoft: there is no file {picker['file']!r}",
            field="select",
            hint="give its path as the library shows it",
        ) from missing
    return decode(answers.file_item, response.content, "microsoft: a file")


def _site(graph: Graph, said: str) -> str:
    """Return the id of a site that is named by its id (host,guid,guid) or by its address without https://."""
    if said.count(",") == 2:
        return quote(said, safe=",")
    host, _, path = said.removeprefix("https://").strip("/").partition("/")
    where = f"{quote(host)}:/{'/'.join(quote(part, safe='') for part in path.split('/'))}" if path else quote(host)
    try:
        response = graph.get(f"sites/{where}?$select=id", what="a site")
    except Gone as missing:
        raise Misconfigured(
            f"microsoft: there is no site {said!r}", field="select", hint="write contoso.sharepoint.com/sites/finance"
        ) from missing
    return quote(decode(answers.named, response.content, "microsoft: a site").id, safe=",")


def _segment(name: str) -> str:
    """Quote a name for a path: a slash in it must not begin another segment."""
    return quote(name, safe="")
