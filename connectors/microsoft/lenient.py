"""One odd item stays one odd item: what of it has another shape is left out and named, the rest is read."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from connectors.errors import Unexpected
from connectors.tame import describe, mended

T = TypeVar("T", bound=msgspec.Struct)


def read_item(raw: msgspec.Raw | bytes, kind: type[T], tool: str) -> tuple[T, dict[str, str]]:
    """Return an item, and by Graph's names what of it could not be read and was left out.

    Raises Unexpected where it is no object, or what the struct cannot do without (its id) is missing or odd.
    """
    try:
        return msgspec.json.decode(raw, type=kind), {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # looked at attribute by attribute below
    try:
        found: Any = msgspec.json.decode(mended(bytes(raw)))
    except (ValueError, RecursionError) as broken:
        raise Unexpected(f"{tool} sent what is not JSON") from broken
    if not isinstance(found, dict):
        raise Unexpected(f"{tool} changed shape: expected an object, found {describe(found)}")
    kept: dict[str, Any] = {}
    odd: dict[str, str] = {}
    for one in msgspec.structs.fields(kind):
        if one.encode_name not in found:
            continue
        value = found[one.encode_name]
        try:
            msgspec.convert(value, one.type)
        except (msgspec.ValidationError, RecursionError):
            odd[one.encode_name] = f"found {describe(value)} that cannot be read"
        else:
            kept[one.encode_name] = value
    try:
        return msgspec.convert(kept, kind), odd
    except msgspec.ValidationError as differs:
        raise Unexpected(f"{tool} changed shape at {differs}") from differs
