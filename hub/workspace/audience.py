"""Which routes take key results of private teams, and which of those teams no route names."""

from __future__ import annotations

from collections.abc import Iterator

from hub.model.rights import private_teams
from hub.workspace.declaration import Declaration
from hub.workspace.entries import RouteEntry

MOST = 5


def private_routes(declaration: Declaration) -> Iterator[tuple[int, str]]:
    """Yield the position of each route that takes key results of private teams, with a sentence that names them."""
    private = _private(declaration)
    for position, route in enumerate(declaration.hub.routes):
        taken = [key for key, team in private.items() if _takes(route, key, team)]
        if taken:
            teams = sorted({private[key] for key in taken})
            noun = "team" if len(teams) == 1 else "teams"
            yield position, f"{' and '.join(route.to)} will hear of the private {noun} {_list(teams)}: {_list(taken)}"


def untold_private(declaration: Declaration) -> Iterator[str]:
    """Yield a sentence for each private team with key results that no route names."""
    private = _private(declaration)
    untold: dict[str, list[str]] = {}
    for key, team in private.items():
        if not any(_takes(route, key, team) for route in declaration.hub.routes):
            untold.setdefault(team, []).append(key)
    for team, keys in untold.items():
        yield f"no route names the private team {team}, so no channel hears of {_list(keys)}"


def _private(declaration: Declaration) -> dict[str, str]:
    """Return the key results of private teams, and of teams below one, each with its team."""
    teams = declaration.teams
    private = private_teams({slug: team.parent for slug, team in teams.items()}, [s for s in teams if teams[s].private])
    return {
        f"{one.objective}/{entry.key_result}": one.team
        for one in declaration.objectives
        if one.team in private
        for entry in one.key_results
    }


def _takes(route: RouteEntry, key: str, team: str) -> bool:
    names = (route.team, route.objective, route.key_result)
    return any(name is not None for name in names) and all(
        name in {None, own} for name, own in zip(names, (team, key.split("/", 1)[0], key), strict=True)
    )


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:MOST])
    return shown if len(names) <= MOST else f"{shown} and {len(names) - MOST} more"
