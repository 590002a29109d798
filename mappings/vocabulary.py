"""The closed set of words that rules are made of."""

from __future__ import annotations

from typing import Literal

# the standard words of an item, by how they compare
TEXT_FIELDS = ("status", "type", "title", "assignee", "parent", "ref")
DAY_FIELDS = ("created", "updated", "done", "due")
EXACT_FIELDS = frozenset({"parent", "ref"})  # identifiers: some tools tell Ab from aB

POINTS = "points"  # stands for the tool's notion of story points
ITEMS = "items"

PREDICATES = ("is", "not", "in", "has", "gt", "gte", "lt", "lte", "before", "after", "within", "missing")
NUMBER_PREDICATES = frozenset({"gt", "gte", "lt", "lte"})
DAY_PREDICATES = frozenset({"before", "after", "within"})
GROUPS = ("any", "all", "none")

TODAY, CYCLE_START, CYCLE_END = "today", "cycle start", "cycle end"
DAY_WORDS = (TODAY, CYCLE_START, CYCLE_END)

UNITS = ("minutes", "hours", "days")  # of lengths of time; a day of work has eight hours
FOLDS = ("count", "sum", "average", "percent")
PLANNED_FOLDS = frozenset({"median", "minimum", "maximum", "percentile", "distinct", "latest"})
PLANNED_PARTS = frozenset({"parts", "formula"})

WAYS = ("link", "property", "comment", "field", "value", "status")
OCCASIONS = ("status_changed", "value_changed")

Way = Literal["link", "property", "comment", "field", "value", "status"]
Occasion = Literal["status_changed", "value_changed"]
Fold = Literal["count", "sum", "average", "percent"]
ShowItems = Literal["none", "refs", "titles"]
GroupKind = Literal["any", "all", "none"]
Predicate = Literal["is", "not", "in", "has", "gt", "gte", "lt", "lte", "before", "after", "within", "missing"]
