"""What a change of files means for values and statuses, worked out over the stored items: no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from hub.as_of import at_the_end
from hub.model.judge import judge
from hub.model.key_result import KeyResult, Standing
from hub.model.kinds import Status
from hub.model.numbers import Numbers, numbers_of
from hub.record import takes
from hub.store import key_results, okrs, rules, selected, work
from hub.store.connections import connection_by_slug
from hub.store.contributions import contributions_now
from hub.store.measurements import last_reading
from mappings import Rule, evaluate


@dataclass(frozen=True, slots=True)
class Outlook:
    """A key result before and after; `note` says why no value can be foretold."""

    key: str
    value: Decimal | None
    new_value: Decimal | None
    status: Status
    new_status: Status
    note: str = ""
    numbers: Numbers = field(default_factory=Numbers, compare=False)  # how the two values are said side by side

    @property
    def moves(self) -> bool:
        return bool(self.note) or (self.value, self.status) != (self.new_value, self.new_status)


def look_ahead(tx: Connection, standing: Mapping[str, Standing], now: datetime) -> Iterator[Outlook]:
    """Yield the outlook of every key result, after the files were put in place in this transaction.

    `standing` is how the key results stood before that, by key. A value that waits for its rule to be worked out is
    worked out here; the others stand as applying left them.
    """
    workspace = okrs.workspace_now(tx)
    if workspace is None:
        return
    cycles = {cycle.slug: (cycle.starts, cycle.ends) for cycle in okrs.all_cycles(tx)}
    for one in key_results.all_key_results(tx):
        before = standing.get(one.key, Standing())
        rule = rules.current_rule(tx, one.id)
        value, status = one.standing.value, one.standing.status
        if rule is not None and rule.evaluated_at is None and not one.is_frozen(now):
            selection = next((s for s in _selections(tx, one) if s.id == rule.selection_id), None)
            if selection is None or selection.joined_at is None:
                yield Outlook(one.key, before.value, None, before.status, before.status, "to be read first")
                continue
            items = list(work.selection_items(tx, selection.id))
            if one.is_over(now):
                items = list(
                    at_the_end(Rule.from_json(rule.body), items, contributions_now(tx, one.id), one.within(now))
                )
            found = evaluate(
                Rule.from_json(rule.body).renamed(selected.aliases_of(tx, selection.id)),
                items,
                now=one.within(now),
                zone=workspace.zone,
                cycle=cycles.get(one.cycle),
            )
            if found.broken:
                yield Outlook(one.key, before.value, before.value, before.status, before.status, found.broken)
                continue
            if not takes(one, last_reading(tx, one.id), found.value):
                yield _outlook(one, before, value, status)
                continue
            value = found.value
            status = judge(one.declared.goal(workspace.zone), value, one.judged_as_of(now), workspace.policy).status
        yield _outlook(one, before, value, status)


def _outlook(one: KeyResult, before: Standing, value: Decimal | None, status: Status) -> Outlook:
    numbers = numbers_of(one.declared, before.value, value)
    return Outlook(one.key, before.value, value, before.status, status, numbers=numbers)


def _selections(tx: Connection, key_result: KeyResult) -> list[selected.Selection]:
    connection = connection_by_slug(tx, key_result.connection)
    return selected.selections_in_use(tx, connection.id) if connection is not None else []
