"""Bodies that are odd on purpose: no word of the tool's specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.faults import was_ordered

ABSENT = object()  # in place of a value: the name is not in the body at all


def bent(body: dict[str, Any], instead: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a body with what was ordered in place of its own values, as far as it has these names."""
    if not instead:
        return body
    was_ordered.set(True)
    changed = {name: instead.get(name, value) for name, value in body.items()}
    return {name: value for name, value in changed.items() if value is not ABSENT}
