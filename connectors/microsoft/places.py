"""What can be selected, as addresses below Graph's v1.0: the canonical query of a scope, and back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from connectors.errors import Misconfigured
from connectors.shapes import Scope

TAKES = ("sum", "average", "minimum", "maximum", "count")

_PLAN = re.compile(r"planner/plans/([A-Za-z0-9_-]{1,64})(?:/buckets/([A-Za-z0-9_-]{1,64}))?")
_TODO = re.compile(r"(me|users/[^/?#]+)/todo/lists/([^/?#]+)")
_DRIVE = r"drives/[^/?#]+/items/[^/?#]+/workbook"
_CELL = re.compile(
    rf"({_DRIVE}/(?:worksheets/[^/?#]+/range\(address='[A-Za-z0-9$%]+'\)|names/[^/?#]+/range))(?:#({'|'.join(TAKES)}))?"
)
_COLUMN = re.compile(r"(sites/[^/?#]+/lists/[^/?#]+/items/[^/?#]+)\?\$expand=fields\(\$select=([A-Za-z0-9_]+)\)")


@dataclass(frozen=True, slots=True)
class PlanPlace:
    """A plan, or one bucket of it."""

    plan: str
    bucket: str = ""

    @property
    def query(self) -> str:
        return f"planner/plans/{self.plan}" + (f"/buckets/{self.bucket}" if self.bucket else "")

    @property
    def key(self) -> str:
        return f"bucket:{self.bucket}" if self.bucket else f"plan:{self.plan}"

    @property
    def kind(self) -> str:
        return "bucket" if self.bucket else "plan"


@dataclass(frozen=True, slots=True)
class TodoPlace:
    """A list of To Do. `owner` is "me" or "users/...", `id` as Graph gives it."""

    owner: str
    id: str

    @property
    def query(self) -> str:
        return f"{self.owner}/todo/lists/{quote(self.id, safe='')}"

    @property
    def key(self) -> str:
        return f"list:{_short(self.query)}"

    @property
    def kind(self) -> str:
        return "list"


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Cells of a workbook by the address that reads them; `take` says what to make of more than one."""

    path: str
    take: str = ""

    @property
    def query(self) -> str:
        return self.path + (f"#{self.take}" if self.take else "")

    @property
    def key(self) -> str:
        return f"cell:{_short(self.query)}"

    @property
    def kind(self) -> str:
        return "cell"


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """One column of one item of a SharePoint list, by the column's internal name."""

    item: str
    column: str

    @property
    def query(self) -> str:
        return f"{self.item}?$expand=fields($select={self.column})"

    @property
    def list(self) -> str:
        """The address of the list: what can be subscribed to."""
        return self.item.rsplit("/items/", 1)[0]

    @property
    def key(self) -> str:
        return f"column:{_short(self.query)}"

    @property
    def kind(self) -> str:
        return "column"


Place = PlanPlace | TodoPlace | CellPlace | ColumnPlace
GaugePlace = CellPlace | ColumnPlace


def read_place(query: str) -> Place:
    """Read a scope's query. Raises Misconfigured for any other text."""
    text = query.strip().removeprefix("/")
    if match := _PLAN.fullmatch(text):
        return PlanPlace(match[1], match[2] or "")
    if match := _TODO.fullmatch(text):
        return TodoPlace(match[1], unquote(match[2]))
    if match := _CELL.fullmatch(text):
        return CellPlace(match[1], match[2] or "")
    if match := _COLUMN.fullmatch(text):
        return ColumnPlace(match[1], match[2])
    raise Misconfigured(
        f"microsoft: {query[:60]!r} is no address of a plan, a bucket, a list, a cell or a column",
        field="select",
        hint="pick one, such as {team: Marketing, plan: Launch}",
    )


def place_of(scope: Scope) -> Place:
    """Return what a scope stands for."""
    return read_place(scope.query)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
