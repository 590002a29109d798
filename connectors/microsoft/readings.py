"""Numbers that stand in a cell, a range or a column, and what to say where none does.

https://learn.microsoft.com/graph/api/resources/workbookrange and https://learn.microsoft.com/graph/api/listitem-get
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from requests import Response

from connectors.errors import Gone, Misconfigured, Unexpected
from connectors.microsoft import answers
from connectors.microsoft.graph import Graph
from connectors.microsoft.places import CellPlace, ColumnPlace, GaugePlace
from connectors.tame import decode
from connectors.wire import answer

_MOST_CELLS = 10_000


class Numbers:
    """The gauges of one read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def read(self, place: GaugePlace) -> Decimal:
        """Read one number now. See `Gauges.sample` for what is raised."""
        # by a batch of one: what fails within it is the workbook's trouble, and what fails about it is Graph's
        return self.read_all({"": place})[""]

    def read_all(self, places: Mapping[str, GaugePlace]) -> dict[str, Decimal]:
        """Read many, twenty a request, by the keys of their scopes."""
        came = self._graph.batch({key: _address(one) for key, one in places.items()}, what="cells and columns")
        return {key: _number(place, came[key]) for key, place in places.items()} if places else {}


def _address(place: GaugePlace) -> str:
    return place.path if isinstance(place, CellPlace) else place.query


def _what(place: GaugePlace) -> str:
    return "a workbook's cells" if isinstance(place, CellPlace) else "a list's column"


def _number(place: GaugePlace, response: Response) -> Decimal:
    if response.status_code == 404:
        raise Gone(f"microsoft: {_what(place)}: nothing is there any more", hint="correct the rule's select")
    if response.status_code == 403:
        raise Misconfigured(
            f"microsoft: {_what(place)} may not be read by this account",
            field="select",
            hint="an app needs Files.Read.All and Sites.Read.All; where Excel refuses apps, sign in as a person"
            if isinstance(place, CellPlace)
            else "grant Sites.Read.All",
        )
    if response.status_code >= 500 or response.status_code == 409:
        # else one workbook that does not open would hold up all else that the connection reads
        raise Misconfigured(
            f"microsoft: {_what(place)} could not be opened just now ({response.status_code})",
            field="select",
            hint="it is tried again at the next read; a workbook that is very large or locked may never open",
        )
    if response.status_code == 400:
        try:
            answer(response, what=f"microsoft: {_what(place)}")
        except Misconfigured as refused:
            raise Misconfigured(str(refused), field="select", hint="correct the rule's select") from refused
    answer(response, what=f"microsoft: {_what(place)}")
    if isinstance(place, ColumnPlace):
        return _of_column(place, response)
    return _of_cells(place, response)


def _of_cells(place: CellPlace, response: Response) -> Decimal:
    found = decode(answers.ranges, response.content, "microsoft: a workbook's cells")
    values, types = _flat(found.values, "values"), _flat(found.value_types, "valueTypes")
    formats = _flat(found.number_format, "numberFormat") if found.number_format is not None else [""] * len(values)
    if not len(values) == len(types) == len(formats):
        raise Unexpected("microsoft changed shape at valueTypes or numberFormat: there are not as many as values")
    if not place.take:
        if len(values) != 1:
            raise Misconfigured(
                f"microsoft: {found.address or 'the range'} has {len(values)} cells, and one number is wanted",
                field="select",
                hint="name one cell, or say take: sum (or average, minimum, maximum, count)",
            )
        number = _of_cell(values[0], types[0], found.address)
        if number is None:
            raise Misconfigured(
                f"microsoft: {found.address or 'the cell'} is empty", field="select", hint="a number has to stand there"
            )
        if is_date(formats[0]):
            raise _a_date(found.address)
        return number
    width = len(found.values[0]) if found.values else 1
    numbers = []
    for number, (value, kind, shown) in enumerate(zip(values, types, formats, strict=True)):
        if kind in {"String", "Boolean"}:
            continue  # as SUM does: a column may have its header
        where = _cell_name(found.address, number // width, number % width)
        one = _of_cell(value, kind, where)
        if one is not None and is_date(shown):
            raise _a_date(where)
        if one is not None:
            numbers.append(one)
    if place.take == "count":
        return Decimal(len(numbers))
    if not numbers:
        raise Misconfigured(f"microsoft: {found.address or 'the range'} is empty", field="select")
    if place.take == "average":
        return round(sum(numbers, Decimal()) / len(numbers), 6)
    return {"sum": lambda: sum(numbers, Decimal()), "minimum": lambda: min(numbers), "maximum": lambda: max(numbers)}[
        place.take
    ]()


def is_date(shown: object) -> bool:
    """Say whether a number format shows a date or a time: d, m, y, h or s outside quotes, escapes and brackets.

    A format may have several sections with ";" between; brackets hold colours, conditions and languages, and
    [h], [mm], [ss] are spans of time.
    """
    if not isinstance(shown, str) or shown.casefold() in {"general", "standard"}:
        return False
    if re.search(r"\[(h+|m+|s+)\]", shown, re.IGNORECASE):
        return True
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", shown).casefold()
    return re.search(r"[dmyhs]", bare.replace("general", "")) is not None


def _a_date(where: str) -> Misconfigured:
    return Misconfigured(
        f"microsoft: in {where or 'the cell'} stands a date or a time, which is no number to reckon with",
        field="select",
        hint="leave it out of the range, or format the cell as a number",
    )


def _cell_name(address: str, row: int, column: int) -> str:
    """Return the name of one cell of a range: Q4!B3 for the second row of Q4!B2:B13."""
    sheet, mark, cells = address.rpartition("!")
    first = re.match(r"\$?([A-Z]{1,3})?\$?([0-9]+)?", cells.partition(":")[0])
    letters, number = (first[1] or "A", first[2] or "1") if first else ("A", "1")
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    index += column
    name = ""
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return f"{sheet}{mark}{name}{int(number) + row}"


def _flat(rows: object, path: str) -> list[object]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Unexpected(f"microsoft changed shape at {path}: expected rows of cells")
    cells = [cell for row in rows for cell in row]
    if len(cells) > _MOST_CELLS:
        raise Misconfigured(f"microsoft: the range has more than {_MOST_CELLS:,} cells", field="select")
    return cells


def _of_cell(value: object, kind: object, address: str) -> Decimal | None:
    """Return the number in a cell, None for an empty one."""
    if kind == "Empty" or value == "":
        return None
    if kind in {"Double", "Integer"} and isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    stands = "an error" if kind == "Error" else "text" if kind == "String" else "no number"
    raise Misconfigured(
        f"microsoft: in {address or 'the cell'} stands {stands}: {str(value)[:40]!r}",
        field="select",
        hint="a number has to stand there; the last value is kept until one does",
    )


def _of_column(place: ColumnPlace, response: Response) -> Decimal:
    found = decode(answers.list_item, response.content, "microsoft: a list's item")
    value = found.fields.get(place.column)
    if value is None or value == "":
        raise Misconfigured(f"microsoft: the column {place.column} of item {found.id} is empty", field="select")
    if not isinstance(value, bool) and isinstance(value, (int, float)):
        return Decimal(str(value))
    if isinstance(value, str):  # a calculated column comes as text
        number = _plain_number(value)
        if number is not None:
            return number
    raise Misconfigured(
        f"microsoft: in the column {place.column} of item {found.id} stands no number: {str(value)[:40]!r}",
        field="select",
        hint="a number has to stand there; the last value is kept until one does",
    )


def _plain_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
