"""Reading the folder: hub.yaml, okrs/*.yaml and mappings/*.yaml into one declaration, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.registry import KINDS, load
from hub.model.judge import Policy
from hub.model.key_result import Declared
from hub.model.okr import Cycle, Milestone, quarter_name
from hub.workspace.checks import check_references
from hub.workspace.declaration import Declaration, DeclaredKeyResult, Source
from hub.workspace.entries import HubEntry, KeyResultEntry, ObjectiveEntry, OkrsEntry
from hub.workspace.tools import ToolSettings, read_tools
from mappings import Entry, Problem, Rule, lint_rules, read_mappings, read_yaml, validate, warn_of_numbers

MOST_BYTES = 256 * 1024
Model = TypeVar("Model", bound=Entry)


@dataclass
class Reading:
    """What reading a workspace came to. There is a declaration only when no problem is an error."""

    declaration: Declaration | None
    problems: list[Problem]
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


def read_workspace(folder: Path) -> Reading:
    """Read a workspace folder: every problem of every file at once, in the order of files and lines."""
    problems: list[Problem] = []
    hub_source = Source("hub.yaml", "")
    hub: HubEntry | None = None
    if not (folder / "hub.yaml").is_file():
        problems.append(
            Problem(
                str(folder / "hub.yaml"),
                1,
                1,
                "there is no hub.yaml here: `okrhub init DIR` makes a workspace to start from",
                "no-workspace",
            )
        )
        return Reading(None, problems)
    hub_source = _load(folder / "hub.yaml", problems)
    hub = _model(HubEntry, hub_source, problems)
    if hub is None and not any(problem.severity == "error" for problem in problems):
        problems.append(Problem(hub_source.path, 1, 1, "'workspace' is missing: name your company", "missing-field"))
    okrs: list[tuple[Source, OkrsEntry]] = []
    sources = [hub_source]
    for path in _files(folder / "okrs"):
        source = _load(path, problems)
        sources.append(source)
        found = _model(OkrsEntry, source, problems)
        if found is not None:
            okrs.append((source, found))
    rules: list[Rule] = []
    for path in _files(folder / "mappings"):
        source = _load(path, problems, parse=False)
        sources.append(source)
        read, more = read_mappings(source.text, source.path)
        rules.extend(read)
        problems.extend(more)
    texts = {source.path: source.text for source in sources}
    # What joins the files is looked at only when each can be read: a name in a broken file would seem to be missing.
    is_whole = hub is not None and not any(problem.severity == "error" for problem in problems)
    connections: dict[str, ToolSettings] = {}
    channels: dict[str, ToolSettings] = {}
    if hub is not None:
        connections, more = read_tools(hub_source.path, hub_source.node, "connections", hub.connections)
        problems.extend(more)
        channels, more = read_tools(hub_source.path, hub_source.node, "channels", hub.channels)
        problems.extend(more)
    if hub is None or not is_whole:
        return Reading(None, sorted(set(problems)), texts)
    declaration = _declare(hub, [entry for _, entry in okrs], connections, channels, rules)
    problems.extend(check_references(declaration, hub_source, okrs))
    kinds = {slug: tool.kind for slug, tool in connections.items()}
    ways = {slug: load(kind).describe().write_backs for slug, kind in kinds.items() if kind in KINDS}
    private = {
        f"{one.objective}/{entry.key_result}"
        for one in declaration.objectives
        if one.team in declaration.teams and declaration.teams[one.team].private
        for entry in one.key_results
    }
    problems.extend(lint_rules(rules, key_results=declaration.keys, connections=kinds, ways=ways, private=private))
    failed = any(problem.severity == "error" for problem in problems)
    return Reading(None if failed else declaration, sorted(set(problems)), texts)


def _declare(
    hub: HubEntry,
    okrs: list[OkrsEntry],
    connections: Mapping[str, ToolSettings],
    channels: Mapping[str, ToolSettings],
    rules: list[Rule],
) -> Declaration:
    cycles = {
        slug: Cycle(slug, one.name or quarter_name(one.starts, one.ends), one.starts, one.ends)
        for file in okrs
        for slug, one in file.cycles.items()
    }
    objectives = tuple(one for file in okrs for one in file.objectives)
    return Declaration(
        name=hub.workspace,
        purpose=hub.purpose,
        zone=ZoneInfo(hub.time_zone),
        public_url=hub.public_url,
        policy=Policy(hub.policy.on_track, hub.policy.at_risk, hub.policy.hold),
        connections=connections,
        channels=channels,
        hub=hub,
        cycles=tuple(cycles.values()),
        people={mail: name for file in okrs for mail, name in file.people.items()},
        teams={slug: team for file in okrs for slug, team in file.teams.items()},
        objectives=objectives,
        key_results=tuple(_key_results(objectives, cycles)),
        rules=tuple(rules),
    )


def _key_results(objectives: Iterable[ObjectiveEntry], cycles: Mapping[str, Cycle]) -> Iterator[DeclaredKeyResult]:
    for objective in objectives:
        cycle = cycles.get(objective.cycle)
        if cycle is None:
            continue  # the reference check names it
        for position, entry in enumerate(objective.key_results):
            yield DeclaredKeyResult(_declared(objective, entry, cycle, position), entry.check_ins)


def _declared(objective: ObjectiveEntry, entry: KeyResultEntry, cycle: Cycle, position: int) -> Declared:
    return Declared(
        key=f"{objective.objective}/{entry.key_result}",
        title=entry.title,
        kind=entry.kind,
        starts=entry.starts or cycle.starts,
        due=entry.due or cycle.ends,
        unit=entry.unit,
        baseline=entry.baseline,
        target=entry.target,
        minimum=entry.minimum,
        maximum=entry.maximum,
        risk_threshold=entry.risk_threshold,
        phased_targets=tuple(sorted(entry.phased_targets.items())),
        milestones=tuple(Milestone(one.name, one.weight, one.done_on) for one in entry.milestones),
        weight=entry.weight,
        owner=entry.owner or objective.owner or "",
        cadence_days=max(1, entry.cadence // timedelta(days=1)),
        position=position,
    )


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def _load(path: Path, problems: list[Problem], *, parse: bool = True) -> Source:
    name = _shown(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            problems.append(Problem(name, 1, 1, "the file is larger than 256 KB: split it", "too-large"))
            return Source(name, "")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        problems.append(Problem(name, 1, 1, f"the file cannot be read: {problem}", "unreadable"))
        return Source(name, "")
    source = Source(name, text)
    if parse:
        source.node, more = read_yaml(text, name)
        problems.extend(more)
    return source


def _model(model: type[Model], source: Source, problems: list[Problem]) -> Model | None:
    if source.node is None:
        return model() if not source.text.strip() and model is OkrsEntry else None
    found, more = validate(model, source.node, source.path)
    problems.extend(more)
    if found is not None:
        problems.extend(warn_of_numbers(model, source.node, source.path))
    return found


def _shown(path: Path) -> str:
    """Return the path as a person standing here would write it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
