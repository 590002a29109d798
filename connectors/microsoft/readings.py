"""Numbers that stand in a cell, a range or a column, and what to say where none does.

https://learn.microsoft.com/graph/api/resources/workbookrange and https://learn.microsoft.com/graph/api/listitem-get
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from requests import Response

from connectors.errors import Gone, Misconfigured, Unexpected
from connectors.lenient import exact
from connectors.microsoft import answers
from connectors.microsoft.graph import Graph
from connectors.microsoft.number_formats import is_date
from connectors.microsoft.places import CellPlace, ColumnPlace, GaugePlace
from connectors.tame import decode
from connectors.wire import answer

_MOST_CELLS = 10_000
_MOST_NAMED = 5  # cells in one sentence
_FIRST = re.compile(r"(?P<column>[A-Z]{1,3})?(?P<row>[0-9]{1,7})?")


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


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell: where it is, what stands in it, of which kind, and how it is shown."""

    name: str  # B7
    value: object
    kind: object
    format: object

    @property
    def stands(self) -> str:
        """What stands there, in words; "" for a number and for nothing."""
        if self.kind == "Empty" or self.value == "":
            return ""
        if self.kind in {"Double", "Integer"} and exact(self.value) is not None:
            return "a date or a time" if is_date(self.format) else ""
        words = {"Error": "an error", "String": "text", "Boolean": "true or false"}
        return words.get(str(self.kind), "no number")

    @property
    def number(self) -> Decimal | None:
        return exact(self.value) if self.kind in {"Double", "Integer"} else None


def _of_cells(place: CellPlace, response: Response) -> Decimal:
    found = decode(answers.ranges, response.content, "microsoft: a workbook's cells")
    cells = _cells(found)
    if not place.take:
        return _only(cells, found.address)
    return _taken(place.take, cells, found.address)


def _only(cells: Sequence[_Cell], address: str) -> Decimal:
    """Return the number in a single cell, where nothing but a number will do."""
    if len(cells) != 1:
        raise Misconfigured(
            f"microsoft: {address or 'the range'} has {len(cells)} cells, and one number is wanted",
            field="select",
            hint="name one cell, or say take: sum (or average, minimum, maximum, count)",
        )
    (cell,) = cells
    if cell.stands:
        quoted = "" if cell.number is not None else f": {str(cell.value)[:40]!r}"
        raise Misconfigured(
            f"microsoft: in {address or 'the cell'} stands {cell.stands}{quoted}",
            field="select",
            hint="a number has to stand there; the last value is kept until one does",
        )
    if cell.number is None:
        raise Misconfigured(
            f"microsoft: {address or 'the cell'} is empty", field="select", hint="a number has to stand there"
        )
    return cell.number


def _taken(take: str, cells: Sequence[_Cell], address: str) -> Decimal:
    """Return the sum, average, minimum, maximum or number of the numbers in a range.

    Text, empty cells and true or false are passed over, as Excel's own functions do:
    https://support.microsoft.com/office/sum-function-043e1c7d-7726-4e80-8f32-07b23e057f89. An error is none of these,
    nor is a date, which would add the days since 1899.
    """
    for stands in ("an error", "a date or a time", "no number"):
        odd = [cell for cell in cells if cell.stands == stands]
        if odd:
            quoted = f" ({str(odd[0].value)[:40]})" if stands == "an error" else ""
            raise Misconfigured(
                f"microsoft: in {_where(address)}{_some([cell.name for cell in odd])} stands {stands}{quoted}",
                field="select",
                hint="leave such cells out of the range, or correct them; the last value is kept until then",
            )
    numbers = [cell.number for cell in cells if cell.number is not None and not cell.stands]
    if take == "count":
        return Decimal(len(numbers))
    if not numbers:
        raise Misconfigured(f"microsoft: {address or 'the range'} has no number in it", field="select")
    if take == "average":
        return round(sum(numbers, Decimal()) / len(numbers), 6)
    return {"sum": lambda: sum(numbers, Decimal()), "minimum": lambda: min(numbers), "maximum": lambda: max(numbers)}[
        take
    ]()


def _cells(found: answers.Range) -> list[_Cell]:
    values, types = _rows(found.values, "values"), _rows(found.value_types, "valueTypes")
    shape = [len(row) for row in values]
    if shape != [len(row) for row in types]:
        raise Unexpected("microsoft changed shape at valueTypes: there are not as many as values")
    formats = found.number_format
    if formats is None:
        formats = [[None] * length for length in shape]
    shown = _rows(formats, "numberFormat")
    if shape != [len(row) for row in shown]:
        raise Unexpected("microsoft changed shape at numberFormat: there are not as many as values")
    if sum(shape) > _MOST_CELLS:
        raise Misconfigured(f"microsoft: the range has more than {_MOST_CELLS:,} cells", field="select")
    column, row = _corner(found.address)
    return [
        _Cell(_name(column + x, row + y), value, types[y][x], shown[y][x])
        for y, held in enumerate(values)
        for x, value in enumerate(held)
    ]


def _rows(rows: object, path: str) -> list[list[object]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Unexpected(f"microsoft changed shape at {path}: expected rows of cells")
    return rows


def _corner(address: str) -> tuple[int, int]:
    """Return the column and row, from 1, of the first cell of an address such as 'Q4 plan'!$B$2:C9."""
    found = _FIRST.match(address.rpartition("!")[2].replace("$", ""))
    column = 0
    for letter in (found["column"] or "A") if found else "A":
        column = column * 26 + ord(letter) - 64
    return column, int(found["row"] or 1) if found else 1


def _name(column: int, row: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _where(address: str) -> str:
    sheet = address.rpartition("!")[0]
    return f"{sheet}!" if sheet else ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"


def _of_column(place: ColumnPlace, response: Response) -> Decimal:
    found = decode(answers.list_item, response.content, "microsoft: a list's item")
    value = found.fields.get(place.column)
    if value is None or value == "":
        raise Misconfigured(f"microsoft: the column {place.column} of item {found.id} is empty", field="select")
    if (number := exact(value)) is not None:
        return number
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
