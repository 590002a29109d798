"""The values of custom fields, which all come as text.

https://developer.atlassian.com/cloud/trello/guides/rest-api/getting-started-with-custom-fields/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.salvage import expected, number, text
from connectors.shapes import Scalar
from connectors.tame import instant
from connectors.trello.answers import Card, CustomField, CustomFieldItem


def custom_values(
    card: Card, defined: Mapping[str, CustomField], ids: Collection[str], wrong: str = ""
) -> tuple[dict[str, Scalar], dict[str, str]]:
    """Return a card's values of the fields asked for by id, and of those that cannot be read why.

    A field that its board does not define any more is in neither: it is absent, which is not empty. `wrong` says why
    the board's definitions cannot be read, where they cannot.
    """
    values: dict[str, Scalar] = {}
    unreadable: dict[str, str] = {}
    held: dict[str, list[CustomFieldItem]] = {}
    for item in card.custom_field_items:
        held.setdefault(item.id_custom_field, []).append(item)
    for id in ids:
        field, items = defined.get(id), held.get(id, [])
        if field is None:
            if wrong:
                unreadable[id] = wrong
        elif len(items) > 1:
            unreadable[id] = "the card has it twice"
        elif not items and "custom_field_items" in card.wrong:  # it may have been the one that cannot be read
            unreadable[id] = card.wrong["custom_field_items"]
        else:
            try:
                values[id] = _value(items[0] if items else None, field)
            except ValueError as why:
                unreadable[id] = str(why)
    return values, unreadable


def _value(item: CustomFieldItem | None, field: CustomField) -> Scalar:
    """Read a value by the type that its board gives it. Raises ValueError saying what is odd."""
    kind = text(field.type)
    if kind == "list":
        return None if item is None or item.id_value in (None, "") else _choice(field, text(item.id_value))
    kind = "checked" if kind == "checkbox" else kind
    found = _under(kind, item.value) if item is not None else None
    if found is None or found == "":
        return False if kind == "checked" else None
    match kind:
        case "number":
            return number(found)
        case "checked":
            return _flag(found)
        case "date":
            try:
                return instant(text(found))
            except ValueError:
                raise ValueError(expected("a time", found)) from None
    return text(found)


def _under(kind: str, value: object) -> object:
    if value is None or value == "":
        return None
    if not isinstance(value, Mapping):
        raise ValueError(expected("an object", value))
    if value and kind not in value:
        raise ValueError("found a value of another kind of field")
    return value.get(kind)


def _flag(found: object) -> bool:
    word = text(found).lower()
    if word not in ("true", "false"):
        raise ValueError(expected("true or false", found))
    return word == "true"


def _choice(field: CustomField, id: str) -> str:
    name = next((one.text for one in field.choices if one.id == id), "")
    if not name:
        raise ValueError("its choice is none that the board has")
    return name
