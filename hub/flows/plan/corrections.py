"""Check-ins that a file words otherwise than it did when they were taken: what was said stays said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from hub.flows.plan.diff import say
from hub.flows.plan.provided import comes_too_late
from hub.store import check_ins, key_results
from hub.workspace import Declaration


def corrections(tx: Connection, declaration: Declaration, now: datetime) -> Iterator[str]:
    """Yield a sentence for each check-in of the files that was taken with another value or note, or comes too late."""
    for one in declaration.key_results:
        key_result = key_results.key_result_by_key(tx, one.declared.key) if one.check_ins else None
        if key_result is None:
            continue
        taken = {said.provided_as: said for said in check_ins.check_ins_of(tx, key_result.id)}
        for entry in one.check_ins:
            said = taken.get(f"file:{entry.on}")
            if said is None and key_result.ending is not None and comes_too_late(key_result, entry, now):
                yield f"{one.declared.key}: the check-in of {entry.on} comes too late, {key_result.ending.words(now)}"
            if said is None or (said.value, said.confidence, said.note) == (entry.value, entry.confidence, entry.note):
                continue
            was, new = (say(value) for value in (said.value, entry.value))
            differs = f"as {was}, and the file now says {new}" if was != new else "with other words"
            yield (
                f"{one.declared.key}: the check-in of {entry.on} was taken {differs}. What was said stays said: "
                "write a check-in for another day with what is right"
            )
