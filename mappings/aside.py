"""Items that a rule has to set aside: they hold what it needs, and nobody can read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.shapes import OWN, WorkItem
from mappings.values import STANDARD, FieldError, is_missing

MOST_NAMED = 5  # items in one sentence


@dataclass(frozen=True, slots=True)
class Aside:
    """One item, and the field that could not be asked."""

    item: WorkItem
    failure: FieldError

    @property
    def ref(self) -> str:
        return self.item.ref or self.item.key

    @property
    def told(self) -> str:
        """The field and what is wrong with it."""
        return f"{_name(self.failure.field)} {self.failure.why}"


def useless_fields(aside: Sequence[Aside], items: Sequence[WorkItem]) -> set[str]:
    """Return which of the fields that failed are of use on no other item: then the rule asks for the wrong thing."""
    failed: dict[str, set[str]] = {}
    for one in aside:
        failed.setdefault(one.failure.field, set()).add(one.item.key)
    return {
        field
        for field, keys in failed.items()
        if not any(_is_held(field, item) for item in items if item.key not in keys)
    }


def _is_held(field: str, item: WorkItem) -> bool:
    own, standard = OWN + field, STANDARD.get(field)
    if field in item.fields:
        return own not in item.unreadable and not is_missing(item.fields[field])
    return standard is not None and field not in item.unreadable and not is_missing(standard(item))


def aside_told(aside: Sequence[Aside], seen: int) -> list[str]:
    """Say which items are out of the value and why, the same whatever their order."""
    told = []
    for field, why, refs in _grouped(aside):
        are = "is" if len(refs) == 1 else "are"
        told.append(f"{len(refs)} of {_items(seen)} {are} set aside, because {_name(field)} {why}: {_listed(refs)}")
    return told


def broken_told(aside: Sequence[Aside], seen: int) -> str:
    """Say what cannot be read on any item that has it."""
    return "; ".join(
        f"{_name(field)} {why}: {len(refs)} of {_items(seen)}, {_listed(refs)}" for field, why, refs in _grouped(aside)
    )


def _grouped(aside: Sequence[Aside]) -> list[tuple[str, str, list[str]]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for one in aside:
        groups.setdefault((one.failure.field, one.failure.why), []).append(one.ref)
    return [(field, why, sorted(refs)) for (field, why), refs in sorted(groups.items())]


def _name(field: str) -> str:
    return f'"{field}"'


def _listed(refs: Sequence[str]) -> str:
    shown = ", ".join(refs[:MOST_NAMED])
    return shown if len(refs) <= MOST_NAMED else f"{shown} and {len(refs) - MOST_NAMED} more"


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"
