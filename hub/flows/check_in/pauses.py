"""Pausing what a tool says about a key result, and taking it again."""

from __future__ import annotations

from datetime import datetime

import hub.record as recording
from hub.flows.check_in.words import MOST_PAUSE_NOTE, NOT_THERE, Refused, tidy, too_long
from hub.model.phase import FINAL
from hub.record import Recorded
from hub.store import Store, key_results


def pause(store: Store, key: str, note: str = "", *, who: str, now: datetime) -> bool:
    """Keep the tool's values out from now on; False when they are kept out already. Raises Refused."""
    text = tidy(note)
    if long := too_long(text, MOST_PAUSE_NOTE):
        raise Refused({"note": long})
    with store.write() as tx:
        key_result = key_results.key_result_by_key(tx, key)
        if key_result is None:
            raise Refused({"": NOT_THERE}, is_late=True)
        if key_result.is_frozen(now):
            raise Refused({"": FINAL}, is_late=True)
        if key_result.is_manual:
            raise Refused({"": "No tool moves this one, so there is nothing to pause."}, is_late=True)
        return recording.pause(tx, key_result.id, who=who, note=text, now=now)


def resume(store: Store, key: str, *, who: str, now: datetime) -> Recorded | None:
    """Take the tool's value again, at once; None when it was not paused. Raises Refused."""
    with store.write() as tx:
        key_result = key_results.key_result_by_key(tx, key)
        if key_result is None:
            raise Refused({"": NOT_THERE}, is_late=True)
        if key_result.is_frozen(now):
            raise Refused({"": FINAL}, is_late=True)
        return recording.resume(tx, key_result.id, who=who, now=now)
