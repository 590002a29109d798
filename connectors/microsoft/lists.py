"""Reading To Do by delta: what a list holds, and from then on what changed in it.

https://learn.microsoft.com/graph/api/todotask-delta
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec
from requests import Response

from connectors.errors import Gone, Unexpected
from connectors.microsoft import answers
from connectors.microsoft.answers import TodoItem
from connectors.microsoft.graph import Graph
from connectors.microsoft.items import TODO, todo_work_item
from connectors.microsoft.lenient import read_item
from connectors.microsoft.places import TodoPlace
from connectors.shapes import Absence, WorkItem
from connectors.wire import answer

_EXPIRED = frozenset({400, 410})  # the link is too old, or its state is not known any more: read anew


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a delta. `link` is where the next delta starts, on the last page alone."""

    items: tuple[WorkItem, ...]
    gone: tuple[str, ...]
    link: str | None


class LinkExpired(Exception):
    """A deltaLink that Graph takes no more: the list has to be read from its beginning."""


class Lists:
    """The lists of To Do of one read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def delta(self, place: TodoPlace, link: str | None = None) -> Iterator[ListPage]:
        """Yield what changed since the link, or all there is. Raises LinkExpired, and Gone where the list is not."""
        begun = f"{place.query}/tasks/delta" if link is None else self._graph.trusted(link)
        passing = {403, 404, *(_EXPIRED if link is not None else ())}
        first = self._graph.get(begun, what="tasks of a list", passing=passing)
        if first.status_code in _EXPIRED:
            raise LinkExpired
        if first.status_code in {403, 404}:
            raise missing_list(first)
        ended = False
        for page in self._graph.pages("", answers.todo_items, what="tasks of a list", first=first):
            came = [_item(one) for one in page.value]
            ended = ended or bool(page.delta_link)
            yield ListPage(
                items=tuple(todo_work_item(one, self._graph.now) for one in came if one.removed is None),
                gone=tuple(TODO + one.id for one in came if one.removed is not None),
                link=page.delta_link,
            )
        if not ended:
            raise Unexpected("microsoft: a delta ended without its deltaLink")

    def find(
        self, keys: Collection[str], places: Mapping[str, TodoPlace]
    ) -> tuple[dict[str, tuple[WorkItem, str]], dict[str, Absence]]:
        """Ask every list for single tasks: the items with the key of their scope, and why the others are not there.

        To Do answers 404 for what was deleted and for what was never there, so no more is known of it.
        """
        asked = {
            f"{scope} {key}": f"{place.query}/tasks/{quote(key.removeprefix(TODO), safe='')}"
            for scope, place in places.items()
            for key in keys
        }
        found: dict[str, tuple[WorkItem, str]] = {}
        for name, response in (self._graph.batch(asked, what="tasks of lists") if asked else {}).items():
            scope, _, key = name.partition(" ")
            if response.status_code in {400, 403, 404}:
                continue
            answer(response, what="microsoft: a task of a list")
            item = _item(response.content)
            if TODO + item.id != key:
                raise Unexpected("microsoft answered with another task of To Do than was asked for")
            found[key] = (todo_work_item(item, self._graph.now), scope)
        return found, {key: Absence.UNKNOWN for key in keys if key not in found}


def _item(raw: msgspec.Raw | bytes) -> TodoItem:
    item, odd = read_item(raw, TodoItem, "microsoft: a task of a list")
    item.odd = odd
    return item


def missing_list(response: Response) -> Gone:
    """Return the error for a list that is not there any more, or not for us."""
    if response.status_code == 403:
        return Gone(
            "microsoft: the account may not read this list of To Do", hint="grant Tasks.Read, or share the list"
        )
    return Gone("microsoft: this list of To Do does not exist any more", hint="select another list")
