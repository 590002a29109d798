"""Whom a change is told: one letter for each routed channel, now, or when it has lasted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.model.key_result import KeyResult
from hub.model.kinds import ChangeKind, Status
from hub.store import okrs
from hub.store.changes import changes_of
from hub.store.channels import channels_for
from hub.store.key_results import set_standing
from hub.store.outbox import post_letter

# Statuses that say nothing yet: leaving them is an arrival, and arrivals are not told.
SILENT = frozenset({Status.NOT_JUDGED, Status.NOT_STARTED})


def tell_or_hold(
    tx: Connection, key_result: KeyResult, change_id: int, after: Status, now: datetime, lasts: timedelta
) -> tuple[int, ...]:
    """Tell a change at once, unless it takes back what was told within the hold time: that waits and may vanish."""
    standing = key_result.standing
    told = standing.told_status
    if key_result.is_over(now):
        # What was told last stays noted: should the cycle be made longer, what comes then is compared with that.
        set_standing(tx, key_result.id, tell_due_at=None)
        return ()
    if told is None or told in SILENT or after in SILENT:
        # An arrival, or no value any more: nothing to tell, and what comes next is compared with this.
        set_standing(tx, key_result.id, told_status=after, told_before=None, told_at=None, tell_due_at=None)
        return ()
    if after is told or key_result.is_paused:
        # While it is paused nothing is told; what was told last stays noted, and resuming compares with that.
        set_standing(tx, key_result.id, tell_due_at=None)
        return ()
    is_flap = standing.told_at is not None and now < standing.told_at + lasts and after is standing.told_before
    if is_flap and standing.told_at is not None:
        set_standing(tx, key_result.id, tell_due_at=standing.told_at + lasts)
        return ()
    return tell(tx, key_result, change_id, told, after, now)


def tell_kept_back(
    tx: Connection, key_result: KeyResult, before: Status, after: Status, now: datetime
) -> tuple[int, ...]:
    """Tell the status that came while a pause lasted, if it is still another one than was told last.

    A status that has just moved told itself, and one that is held back as a flap has its own time.
    """
    standing, workspace = key_result.standing, okrs.workspace_now(tx)
    if after is not before or standing.told_status in {None, *SILENT, after} or standing.tell_due_at is not None:
        return ()
    assert workspace is not None
    return tell_or_hold(tx, key_result, changes_of(tx, key_result.id)[-1].id, after, now, workspace.policy.hold)


def tell(
    tx: Connection, key_result: KeyResult, change_id: int, before: Status, after: Status, now: datetime
) -> tuple[int, ...]:
    """Leave a letter for each routed channel and return those that have one now. None after the end of its cycle."""
    if key_result.is_over(now):
        return ()
    set_standing(tx, key_result.id, told_status=after, told_before=before, told_at=now, tell_due_at=None)
    told: list[int] = []
    for channel in channels_for(tx, team=key_result.team, key=key_result.key, after=after):
        if channel.state != "gone" and post_letter(
            tx,
            kind=ChangeKind.STATUS_CHANGE.value,
            change_id=change_id,
            channel_id=channel.id,
            before=before.value,
            after=after.value,
            now=now,
        ):
            told.append(channel.id)
    return tuple(told)
