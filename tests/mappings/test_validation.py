"""The typed layer on its own, as the workspace files use it too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mappings import Day, Email, Entry, Number, Percentage, Slug, YesNo, complaint, read_yaml, validate


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Target(Entry):
    to: Number
    by: Day | None = None


class Thing(Entry):
    slug: Slug
    kind: Literal["reach", "increase"] = "reach"
    colour: Colour = Colour.RED
    lead: Email | None = None
    target: Target | None = None
    share: Percentage = Field("50%", validate_default=True)
    adopt: YesNo = False
    weight: Annotated[int, Field(ge=0)] = 1
    from_: str = Field("", alias="from")
    tags: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _refuse_heavy_red(self) -> Thing:
        if self.weight > 9 and self.colour is Colour.RED:
            raise complaint("too-heavy", "red things weigh 9 at most", suggestion="green", field="weight")
        return self


class Things(Entry):
    things: dict[str, Thing]


def told(text: str) -> list[str]:
    node, problems = read_yaml(text, "hub.yaml")
    assert node is not None
    assert problems == []
    return [str(problem) for problem in validate(Things, node, "hub.yaml")[1]]


def test_texts_become_what_the_fields_say() -> None:
    text = (
        "things:\n  one: {slug: a-b, target: {to: 40, by: 2026-12-31}, share: 25 %, adopt: yes, lead: M@x.y, from: no}"
    )
    node, _ = read_yaml(text, "hub.yaml")
    assert node is not None
    made, problems = validate(Things, node, "hub.yaml")
    assert problems == []
    assert made is not None
    one = made.things["one"]
    assert one.target == Target(to=Decimal(40), by=date(2026, 12, 31))
    assert (one.slug, one.share, one.adopt, one.lead, one.from_) == ("a-b", Decimal("0.25"), True, "m@x.y", "no")


def test_every_problem_is_told_at_once_in_a_persons_words() -> None:
    assert told(
        "things:\n"
        "  one:\n"
        "    slug: Big One\n"
        "    kind: recah\n"
        "    colour: gren\n"
        "    target: {too: 4, by: 2026-02-30}\n"
        "    adopt: perhaps\n"
        "    weight: 1.5\n"
        "    form: x\n"
        "    tags: [ok, Not Ok]\n"
        "  two: {}\n"
    ) == [
        "hub.yaml:3:11  'Big One' is not a short name: use a-z, 0-9 and single hyphens, at most 63 characters"
        " (did you mean 'big-one'?)  [slug]",
        "hub.yaml:4:11  'recah' is not one of reach, increase (did you mean 'reach'?)  [unknown-word]",
        "hub.yaml:5:13  'gren' is not one of red, green (did you mean 'green'?)  [unknown-word]",
        "hub.yaml:6:13  'to' is missing  [missing-field]",
        "hub.yaml:6:14  unknown field 'too' (did you mean 'to'?)  [unknown-field]",
        "hub.yaml:6:26  there is no 2026-02-30 in the calendar  [date]",
        "hub.yaml:7:12  'perhaps' is neither yes nor no  [wrong-type]",
        "hub.yaml:8:13  '1.5' is not a whole number  [wrong-type]",
        "hub.yaml:9:5  unknown field 'form' (did you mean 'from'?)  [unknown-field]",
        "hub.yaml:10:16  'Not Ok' is not a short name: use a-z, 0-9 and single hyphens, at most 63 characters"
        " (did you mean 'not-ok'?)  [slug]",
        "hub.yaml:11:8  'slug' is missing  [missing-field]",
    ]


def test_a_complaint_about_a_field_points_at_that_field() -> None:
    assert told("things:\n  one:\n    slug: a\n    weight: 10\n") == [
        "hub.yaml:4:5  red things weigh 9 at most (did you mean 'green'?)  [too-heavy]"
    ]


def test_a_name_without_a_value_is_empty_unless_it_may_be() -> None:
    assert told("things:\n  one:\n    slug:\n    lead:\n") == [
        "hub.yaml:3:5  'slug' is empty: give it a value, or leave the line out  [empty]"
    ]


def test_numbers_are_plain_digits() -> None:
    for odd in ("1e5", "1_000", "NaN", "Infinity", "0x10"):
        (problem,) = told(f"things: {{one: {{slug: a, target: {{to: {odd}}}}}}}")
        assert problem.endswith(f"'{odd}' is not a number  [wrong-type]")
