"""The sentences behind the errors of a model's own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.nodes import Listing, Node, Table, Text
from mappings.problems import nearest, shortened

WANTED = {
    "string_type": "text",
    "bool_type": "yes or no",
    "bool_parsing": "yes or no",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "date_type": "a date such as 2026-10-31",
    "time_type": "a time of day such as 09:30",
    "time_parsing": "a time of day such as 09:30",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a table of names and values",
    "mapping_type": "a table of names and values",
    "model_type": "a table of names and values",
    "model_attributes_type": "a table of names and values",
    "literal_error": "text",
    "enum": "text",
    "union_tag_not_found": "something else",
    "is_instance_of": "something else",
}
CHOICES = {"literal_error", "enum", "union_tag_invalid"}
BOUNDS = {
    "greater_than": ("gt", "has to be more than"),
    "greater_than_equal": ("ge", "has to be at least"),
    "less_than": ("lt", "has to be less than"),
    "less_than_equal": ("le", "has to be at most"),
}
LENGTHS = {
    "too_short": ("min_length", "at least {} wanted"),
    "too_long": ("max_length", "at most {} allowed"),
    "string_too_short": ("min_length", "at least {} characters wanted"),
    "string_too_long": ("max_length", "at most {} characters allowed"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What to say about an error: the sentence, its code, and what was probably meant."""

    message: str
    code: str
    suggestion: str = ""


def word(error: Mapping[str, Any], name: str, node: Node, choices: Sequence[str]) -> Wording:
    """Put an error of pydantic into a person's words.

    `name` is the field it is about ("" in a list), `node` what was written there, `choices` the words allowed.
    """
    kind, context = str(error["type"]), error.get("ctx", {})
    here = f"{name!r}" if name else "this"
    if "said" in context:
        return Wording(str(context["said"]), kind, str(context["suggestion"]))
    if isinstance(node, Text) and node.is_empty:
        return Wording(f"{here} is empty: give it a value, or leave the line out", "empty")
    if kind in CHOICES and choices and isinstance(node, Text):
        message = f"{shortened(node.text)!r} is not one of {', '.join(choices)}"
        return Wording(message, "unknown-word", nearest(node.text, choices))
    if kind in WANTED:
        return Wording(_wrong_type(here, node, WANTED[kind]), "wrong-type")
    if kind in BOUNDS:
        key, phrase = BOUNDS[kind]
        return Wording(f"{here} {phrase} {context[key]}", "out-of-range")
    if kind in LENGTHS:
        key, phrase = LENGTHS[kind]
        return Wording(f"{here} holds {size(node)}: {phrase.format(context[key])}", "wrong-length")
    if kind == "value_error":
        return Wording(str(context.get("error", error["msg"])), "wrong-value")
    return Wording(f"{here} has a value that does not fit: {error['msg']}", "wrong-value")


def _wrong_type(here: str, node: Node, wanted: str) -> str:
    if isinstance(node, Text):
        return f"{shortened(node.text)!r} is not {wanted}"
    found = "a list" if isinstance(node, Listing) else "a table"
    return f"{here} should be {wanted}, not {found}"


def size(node: Node) -> int:
    """Return how many characters, members or pairs a node holds."""
    if isinstance(node, Text):
        return len(node.text)
    return len(node.pairs if isinstance(node, Table) else node.members)
