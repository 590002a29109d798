"""The `where` of a mapping: which fields there are, and what may be asked of each kind of field."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from connectors.shapes import State
from mappings.entries import (
    ISO_DAY,
    Entry,
    Filled,
    Number,
    Word,
    Words,
    YesNo,
    complaint,
    one_or_many,
    read_day,
    with_short,
)
from mappings.moments import read_duration
from mappings.problems import nearest, shortened
from mappings.vocabulary import DAY_WORDS, TODAY


def _day_word(value: str) -> str:
    word = " ".join(value.lower().split())
    if word in DAY_WORDS:
        return word
    if ISO_DAY.fullmatch(value):
        read_day(value)
        return value
    raise complaint(
        "date",
        f"{shortened(value)!r} is not a day: write a date such as 2026-10-31, or {', '.join(DAY_WORDS)}",
        suggestion=nearest(value, DAY_WORDS),
    )


def _whole_day(value: str) -> str:
    day = _day_word(value)
    if day == TODAY or ISO_DAY.fullmatch(day):
        return day
    raise complaint("date", f"{day!r} is the edge of a day: ask for before or after it")


def _duration(value: str) -> str:
    length = read_duration(value)
    if length is None:
        raise complaint("duration", f"{shortened(value)!r} is not a length of time such as 28 days, 2 weeks, 36 hours")
    return " ".join(value.split())


_DAY = WithJsonSchema({"type": "string", "description": "2026-10-31, today, cycle start or cycle end"})
DayWord = Annotated[str, AfterValidator(_day_word), _DAY]
WholeDay = Annotated[str, AfterValidator(_whole_day), _DAY]
Duration = Annotated[str, AfterValidator(_duration), WithJsonSchema({"type": "string", "examples": ["28 days"]})]
States = Annotated[tuple[State, ...], BeforeValidator(one_or_many), Field(min_length=1)]
Numbers = Annotated[tuple[Number, ...], BeforeValidator(one_or_many), Field(min_length=1)]
WholeDays = Annotated[tuple[WholeDay, ...], BeforeValidator(one_or_many), Field(min_length=1)]


class Comparison(Entry):
    """What is asked of one field. A bare word means `is`, a bare list `in`; several predicates all have to hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    missing: YesNo = False

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, written: Any) -> Any:
        if isinstance(written, str):
            return {"is": written}
        return {"in": written} if isinstance(written, list) else written

    @model_validator(mode="after")
    def _ask_something(self) -> Self:
        if not self.model_fields_set:
            raise complaint("empty", "nothing is asked of this field: name a value, or a predicate such as not, in")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the short spellings, which the model itself never sees."""
        full = handler.resolve_ref_schema(handler(core_schema))
        return with_short(full, [part for name, part in full["properties"].items() if name in {"is", "in"}])


class TextTest(Comparison):
    """Asks of a text: type, status, assignee, parent, ref."""

    is_: Filled = Field("", alias="is")
    not_: Words = Field((), alias="not", min_length=1)
    in_: Words = Field((), alias="in", min_length=1)


class TitleTest(TextTest):
    """Asks of a title, which may also be searched for a piece of text."""

    has: Filled = ""


class LabelsTest(TextTest):
    """Asks of the labels."""

    has: Filled = ""


class StateTest(Comparison):
    """Asks of the state: todo, doing, done or dropped, whatever the tool calls it."""

    is_: State = Field(State.TODO, alias="is")
    not_: States = Field((), alias="not")
    in_: States = Field((), alias="in")


class NumberTest(Comparison):
    """Asks of a number."""

    is_: Number = Field(Decimal(0), alias="is")
    not_: Numbers = Field((), alias="not")
    in_: Numbers = Field((), alias="in")
    gt: Number = Field(Decimal(0))
    gte: Number = Field(Decimal(0))
    lt: Number = Field(Decimal(0))
    lte: Number = Field(Decimal(0))


class DayTest(Comparison):
    """Asks of a day, in the workspace's time zone."""

    is_: WholeDay = Field("", alias="is")
    not_: WholeDays = Field((), alias="not")
    in_: WholeDays = Field((), alias="in")
    before: DayWord = ""
    after: DayWord = ""
    within: Duration = ""


class OwnTest(TextTest):
    """Asks of one of the tool's own fields, whose kind only the tool knows."""

    has: Filled = ""
    gt: Number = Field(Decimal(0))
    gte: Number = Field(Decimal(0))
    lt: Number = Field(Decimal(0))
    lte: Number = Field(Decimal(0))
    before: DayWord = ""
    after: DayWord = ""
    within: Duration = ""


class Where(Entry):
    """One item of `where`, or of a group in it. Several names in one item all have to hold."""

    state: StateTest = StateTest.model_construct()
    status: TextTest = TextTest.model_construct()
    type: TextTest = TextTest.model_construct()
    labels: LabelsTest = LabelsTest.model_construct()
    points: NumberTest = NumberTest.model_construct()
    assignee: TextTest = TextTest.model_construct()
    parent: TextTest = TextTest.model_construct()
    created: DayTest = DayTest.model_construct()
    updated: DayTest = DayTest.model_construct()
    done: DayTest = DayTest.model_construct()
    due: DayTest = DayTest.model_construct()
    title: TitleTest = TitleTest.model_construct()
    ref: TextTest = TextTest.model_construct()
    fields: dict[Word, OwnTest] = Field(default_factory=dict, min_length=1)
    any: tuple[Where, ...] = Field((), min_length=1)
    all: tuple[Where, ...] = Field((), min_length=1)
    none: tuple[Where, ...] = Field((), min_length=1)

    @model_validator(mode="after")
    def _ask_something(self) -> Self:
        if not self.model_fields_set:
            raise complaint("empty", "nothing is asked here: name a field such as type, labels or points")
        return self
