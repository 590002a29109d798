"""Judge: a status can move with time alone, and what was held back as a flap is told when it stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.model.kinds import Kind, Origin
from hub.model.okr import midnight
from hub.model.progress import milestones_value
from hub.record import Reading, Recorded, record, rejudge, tell_held_back
from hub.store import Store, key_results, okrs
from hub.store.reads import forget_reads
from hub.store.set_back import is_ahead
from hub.store.touched import forget_deliveries

KEEP_DELIVERIES = timedelta(days=7)  # no tool repeats one for longer than a few days
KEEP_READS = timedelta(days=30)


def judge_all(store: Store, now: datetime) -> list[Recorded]:
    """Judge every key result as of now, tell what was held back, and sweep out old journals."""
    with store.read() as tx:
        workspace = okrs.workspace_now(tx)
        if workspace is None:
            return []
        every = key_results.all_key_results(tx)
        held = {one.id for one in key_results.key_results_to_tell(tx, now)}
    outcomes = []
    for known in every:
        with store.write() as tx:
            one = key_results.lock_key_result(tx, known.id)
            if one is None:
                continue  # archived meanwhile
            if one.declared.kind is Kind.MILESTONES and one.is_manual and not one.is_frozen(now):
                value = milestones_value(one.declared.goal(workspace.zone), one.within(now))
                if value != one.standing.value:
                    outcomes.append(record(tx, one.id, Reading(value, Origin.CHECK_IN, now), now))
                    continue
            before = one.standing
            judged = rejudge(tx, one.id, now)
            if not one.is_frozen(now) or judged.after is not before.status:
                outcomes.append(judged)
            if one.id in held:
                outcomes.append(tell_held_back(tx, one.id, now))
    with store.write() as tx:
        okrs.note_judged(tx, now)
        forget_deliveries(tx, now - KEEP_DELIVERIES)
        forget_reads(tx, now - KEEP_READS)
    return outcomes


def is_judging_due(store: Store, now: datetime) -> bool:
    """Whether a day has begun in the workspace's zone since everything was judged, or a held-back change is due."""
    with store.read() as tx:
        workspace = okrs.workspace_now(tx)
        if workspace is None:
            return False
        today = midnight(now.astimezone(workspace.zone).date(), workspace.zone)
        if workspace.judged_at is None or workspace.judged_at < today or is_ahead(workspace.judged_at, now):
            return True
        return bool(key_results.key_results_to_tell(tx, now))
