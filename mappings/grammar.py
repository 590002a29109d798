"""What a mapping file may say, as models: they check it, and they give editors its JSON Schema."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from connectors.shapes import State
from mappings.comparisons import Where
from mappings.entries import (
    MAX_SLUG,
    SLUG,
    Day,
    Email,
    Entry,
    Filled,
    Growth,
    Number,
    Percentage,
    Slug,
    Word,
    complaint,
    with_short,
)
from mappings.problems import nearest, shortened
from mappings.vocabulary import FOLDS, ITEMS, PLANNED_FOLDS, PLANNED_PARTS, POINTS, Occasion, ShowItems, Way

NO_VALUE = "no value"


def _key_result(value: str) -> str:
    parts = value.split("/")
    if len(parts) == 2 and all(SLUG.fullmatch(part) and len(part) <= MAX_SLUG for part in parts):
        return value
    cleaned = [re.sub("[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts]
    meant = "/".join(cleaned) if len(parts) == 2 and all(cleaned) else ""
    message = f"{shortened(value)!r} is not the name of a key result such as faster-checkout/ship-epics"
    raise complaint("slug", message, suggestion=meant)


def _kind(written: Any) -> str:
    return "own" if isinstance(written, dict) else "word"


def _own_if_not(known: tuple[str, ...]) -> BeforeValidator:
    """Tell who names one of the tool's own fields as if it were a word of the language how to write it."""

    def check(written: Any) -> Any:
        if isinstance(written, str) and written not in known:
            message = f"{shortened(written)!r} is not {' or '.join(known)}; one of the tool's own fields is written "
            message += f"{{field: {shortened(written)}}}"
            raise complaint("unknown-word", message, suggestion=nearest(written, known))
        return written

    return BeforeValidator(check)


def _gives(written: Any) -> Any:
    return None if isinstance(written, str) and written.lower() == NO_VALUE else written


class OwnField(Entry):
    """One of the tool's own fields, by its name there; a length of time is counted in a unit."""

    field: Filled
    in_: Literal["minutes", "hours", "days"] | None = Field(None, alias="in")


Amount = Annotated[
    Annotated[Literal["points"], Tag("word")] | Annotated[OwnField, Tag("own")],
    Discriminator(_kind),
    _own_if_not((POINTS,)),
]
Share = Annotated[
    Annotated[Literal["points", "items"], Tag("word")] | Annotated[OwnField, Tag("own")],
    Discriminator(_kind),
    _own_if_not((POINTS, ITEMS)),
]
Portion = Annotated[Number, Field(ge=0, le=1)]


class Credit(Entry):
    """How much of an item counts, by its state: 0 is nothing, 1 all of it."""

    todo: Portion = Decimal(0)
    doing: Portion = Decimal(0)
    done: Portion = Decimal(1)


class MeasureEntry(Entry):
    """How items become a number: exactly one of count, sum, average, percent."""

    planned: ClassVar[frozenset[str]] = PLANNED_FOLDS

    count: Literal["items"] = "items"
    sum: Amount = "points"
    average: Amount = "points"
    percent: Share = "items"
    credit: Credit = Credit.model_construct()

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, written: Any) -> Any:
        if not isinstance(written, str):
            return written
        if written == "count":
            return {"count": ITEMS}
        if written in PLANNED_FOLDS:
            raise complaint("not-yet", f"the measure {written!r} is not available yet: use {', '.join(FOLDS)}")
        if written in FOLDS:
            raise complaint("missing-field", f"{written!r} needs to know of what: write {{{written}: points}}")
        message = f"{shortened(written)!r} is not one of {', '.join(FOLDS)}"
        raise complaint("unknown-word", message, suggestion=nearest(written, FOLDS))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the bare word, which the model itself never sees."""
        return with_short(handler.resolve_ref_schema(handler(core_schema)), [{"const": "count"}])

    @model_validator(mode="after")
    def _measure_once(self) -> Self:
        named = [name for name in FOLDS if name in self.model_fields_set]
        if not named:
            raise complaint("missing-field", f"a measure is missing: name one of {', '.join(FOLDS)}")
        if len(named) > 1:
            message = f"{' and '.join(named)} cannot stand together: a key result has one measure"
            raise complaint("one-measure", message, field=named[1])
        if named == ["average"] and "credit" in self.model_fields_set:
            message = "'credit' does not go with average, which takes every item that has a number"
            raise complaint("credit", message, field="credit")
        return self


class GuardEntry(Entry):
    """When a new reading is not to be believed at once."""

    min_items: Annotated[int, Field(ge=1)] = 1
    max_drop: Percentage = Decimal(0)
    max_rise: Growth = Decimal(0)

    @model_validator(mode="after")
    def _guard_something(self) -> Self:
        if not self.model_fields_set:
            raise complaint("empty", "the guard guards nothing: name min_items, max_drop or max_rise")
        return self


class WriteBackEntry(Entry):
    """Where the progress is written back to, in which of the tool's ways, and when."""

    to: Filled
    by: Way | None = None
    when: Occasion = "status_changed"
    field: Filled | None = None

    @model_validator(mode="after")
    def _name_the_field(self) -> Self:
        if self.by == "field" and self.field is None:
            message = "'by: field' needs to know which: add field: with its name in the tool"
            raise complaint("missing-field", message, field="by")
        if self.field is not None and self.by != "field":
            message = "'field' goes with 'by: field' alone: add that, or leave the field out"
            raise complaint("write-back", message, field="field")
        return self


class ItemEntry(Entry):
    """An item of an example. What is left out has the plainest value."""

    state: State = State.TODO
    status: Word = ""
    type: Word = "Task"
    title: Word = ""
    ref: Word = ""
    labels: tuple[Word, ...] = ()
    points: Number | None = None
    assignee: Word | None = None
    parent: Word | None = None
    created: Day | None = None
    updated: Day | None = None
    done: Day | None = None
    due: Day | None = None
    fields: dict[Word, Annotated[Word | tuple[Word, ...] | None, Field(union_mode="left_to_right")]] = Field(
        default_factory=dict
    )


class ExampleEntry(Entry):
    """A test of the rule that stands beside it."""

    says: Filled
    items: tuple[ItemEntry, ...]
    gives: Annotated[
        Number | None,
        BeforeValidator(_gives),
        WithJsonSchema({"anyOf": [{"type": "number"}, {"const": NO_VALUE}]}),
    ]


class MappingEntry(Entry):
    """The rule of one key result."""

    planned: ClassVar[frozenset[str]] = PLANNED_PARTS

    key_result: Annotated[str, AfterValidator(_key_result), WithJsonSchema({"type": "string"})]
    owner: Email = ""
    from_: Slug = Field(alias="from")
    select: Annotated[
        Annotated[Filled, Tag("word")] | Annotated[dict[Filled, Filled], Field(min_length=1), Tag("own")],
        Discriminator(_kind),
    ]
    where: tuple[Where, ...] = ()
    measure: MeasureEntry
    guard: GuardEntry = GuardEntry.model_construct()
    write_back: WriteBackEntry | None = None
    show_items: ShowItems = "refs"
    examples: tuple[ExampleEntry, ...] = ()


class MappingFile(Entry):
    """A file of mappings."""

    mappings: tuple[MappingEntry, ...]


def mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema of a mapping file, for editors (the YAML language server reads it)."""
    schema = _without_defaults(MappingFile.model_json_schema(by_alias=True, mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _without_defaults(schema: Any) -> Any:
    """Leave out what only stands in for a field that was not written: an editor would offer it to people."""
    if isinstance(schema, list):
        return [_without_defaults(part) for part in schema]
    if isinstance(schema, dict):
        return {name: _without_defaults(part) for name, part in schema.items() if name != "default"}
    return schema
