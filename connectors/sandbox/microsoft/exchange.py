"""A request as Graph's routes see it, by itself or within a batch, and what they answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.microsoft.login import Token

PAGE = 400  # Planner's own, whatever `$top` says


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """One question. `base` is where Graph is, for the links it gives; `path` is below v1.0 and still quoted."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    token: Token
    base: str


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """One answer. A body of None is no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request that gets an error answer, in Graph's shape."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


Handler = Callable[..., GraphAnswer]


@dataclass(frozen=True, slots=True)
class Route:
    """A path that is answered, and the permissions of which one is wanted: of a person's token, and of an app's."""

    method: str
    pattern: re.Pattern[str]
    answer: Handler
    delegated: frozenset[str]
    application: frozenset[str]


def route(
    method: str, path: str, answer: Handler, delegated: Collection[str] = (), application: Collection[str] = ()
) -> Route:
    """Make a route of a path in which {name} stands for one segment and {name*} for several."""
    pattern = re.sub(
        r"\{(\w+)\*\}", r"(?P<\1>.+)", re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\*", "*")
    )
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", pattern)
    return Route(method, re.compile(pattern), answer, frozenset(delegated), frozenset(application))


def listed(
    asked: GraphRequest, drawn: list[tuple[int, dict[str, Any]]], *, size: int, empty_pages: bool = False
) -> Any:
    """Page a list whose things carry a growing number: a page goes on after a number, so nothing that stays is missed.

    With `empty_pages` every page but the first is announced by an empty one.
    """
    token = asked.query.get("$skiptoken", "0")
    match = re.fullmatch(r"(\d+)(e?)", token)
    if match is None:
        raise RefusedError(400, "BadRequest", "The skiptoken is not valid.")
    after, is_announced = int(match[1]), bool(match[2])
    left = [pair for pair in drawn if pair[0] > after]
    link = f"{asked.base}/v1.0/{asked.path}?$skiptoken="
    context = {"@odata.context": f"{asked.base}/v1.0/$metadata#Collection"}
    if empty_pages and after and not is_announced:
        return {**context, "@odata.nextLink": f"{link}{after}e", "value": []}
    page = left[:size]
    more = {"@odata.nextLink": f"{link}{page[-1][0]}"} if len(left) > size else {}
    return {**context, "@odata.count": len(page), **more, "value": [body for _, body in page]}


def missing(what: str = "The requested item is not found.") -> RefusedError:
    """Return the answer for what is not there."""
    return RefusedError(404, "", what)


def forbidden(what: str = "You do not have the required permissions to access this item.") -> RefusedError:
    """Return the answer for what may not be seen; Planner leaves the code empty."""
    return RefusedError(403, "", what)
