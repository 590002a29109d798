"""What the files of a workspace declare, once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.model.judge import Policy
from hub.model.key_result import Declared
from hub.model.okr import Cycle
from hub.workspace.entries import CheckInEntry, HubEntry, ObjectiveEntry, TeamEntry
from hub.workspace.tools import ToolSettings
from mappings import Node, Rule


@dataclass(frozen=True, slots=True)
class DeclaredKeyResult:
    """A key result as its file declares it, with the check-ins the file provides."""

    declared: Declared
    check_ins: tuple[CheckInEntry, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """All that the files of a workspace declare, in the order of the files."""

    name: str
    purpose: str
    zone: ZoneInfo
    public_url: str
    policy: Policy
    connections: Mapping[str, ToolSettings]
    channels: Mapping[str, ToolSettings]
    hub: HubEntry
    cycles: tuple[Cycle, ...]
    people: Mapping[str, str]
    teams: Mapping[str, TeamEntry]
    objectives: tuple[ObjectiveEntry, ...]
    key_results: tuple[DeclaredKeyResult, ...]
    rules: tuple[Rule, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys that the files name, also those of an objective whose cycle does not exist."""
        return frozenset(f"{one.objective}/{entry.key_result}" for one in self.objectives for entry in one.key_results)


@dataclass
class Source:
    """One file: where it is, what it says, and its nodes for the places of problems."""

    path: str
    text: str
    node: Node | None = None
