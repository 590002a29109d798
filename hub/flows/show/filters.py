"""What a reader narrows the overview to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hub.flows.show.house import House
from hub.flows.show.lights import STATUS_LIGHTS, freshness_light
from hub.flows.show.rows import needs_a_person
from hub.model.key_result import KeyResult

GROUPS = ("on", "risk", "off", "done", "missed", "none")
BY_HAND_WORD = "hand"
NOT_FRESH_WORD = "not-fresh"


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show. Empty texts do not narrow; `source` is a connection's slug, "hand" or "not-fresh"."""

    text: str = ""
    status: str = ""  # one of GROUPS
    team: str = ""
    owner: str = ""
    source: str = ""
    cycle: str = ""

    @property
    def is_set(self) -> bool:
        return self != Filters(cycle=self.cycle)

    def as_query(self, **changes: str) -> dict[str, str]:
        """Return the filters as the query of an address, some of them changed."""
        changed = replace(self, **changes)
        names = {
            "q": changed.text,
            "status": changed.status,
            "team": changed.team,
            "owner": changed.owner,
            "source": changed.source,
            "cycle": changed.cycle,
        }
        return {name: value for name, value in names.items() if value}

    def take(self, house: House, key_result: KeyResult) -> bool:
        """Whether a key result is shown."""
        declared = key_result.declared
        said = f"{declared.title} {declared.key}".casefold()
        if any(word not in said for word in self.text.casefold().split()):
            return False
        if self.status and STATUS_LIGHTS[key_result.standing.status].group != self.status:
            return False
        if self.team and self.team not in team_line(house, key_result.team):
            return False
        if self.owner and declared.owner != self.owner:
            return False
        if self.source == BY_HAND_WORD:
            return key_result.is_manual
        if self.source == NOT_FRESH_WORD:
            return needs_a_person(freshness_light(key_result, house.now, house.zone, house.name))
        return not self.source or key_result.connection == self.source


def team_line(house: House, slug: str) -> set[str]:
    """Return a team and all that it is part of."""
    parents = {team.slug: team.parent for team in house.teams}
    found: set[str] = set()
    at: str | None = slug
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found
