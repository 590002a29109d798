"""Choosing the one thing that a person named."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.errors import Misconfigured
from connectors.microsoft.answers import Named


def one_of(found: Sequence[Named], name: str, what: str) -> Named:
    """Return the one that is called so, or has this id. Raises Misconfigured for none and for two."""
    by_id = [one for one in found if one.id == name]
    hits = by_id or [one for one in found if one.called == name]
    hits = hits or [one for one in found if one.called.casefold() == name.casefold()]
    if len(hits) == 1:
        return hits[0]
    if hits:
        ids = " or ".join(one.id for one in hits[:5])
        raise Misconfigured(
            f"microsoft: {len(hits)} are called {name!r} where one {what} is wanted",
            field="select",
            hint=f"write its id: {ids}",
        )
    raise Misconfigured(
        f"microsoft: there is no {what} {name!r}",
        field="select",
        hint=f"there are {list_of(found)}" if found else "compare the name, and what the account may see",
    )


def list_of(found: Sequence[Named]) -> str:
    """Return the names of what there is to choose from, the first ten."""
    names = sorted(one.called for one in found)
    return ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")
