"""What is written back, made from what stands when it is written: never an older word than the newest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connectors.shapes import ProgressNote
from hub.model.key_result import KeyResult
from hub.model.kinds import Status
from hub.model.numbers import goal_words, numbers_of
from hub.model.progress import clamp
from hub.model.words import STATUS_WORDS
from hub.store import okrs
from hub.store.key_results import key_result_by_id
from hub.store.write_backs import SILENT, WriteBackRow


def write_note(tx: Connection, row: WriteBackRow, way: str) -> ProgressNote | None:
    """Write what a target is told, in this way; None when its key result is no more."""
    key_result = key_result_by_id(tx, row.key_result_id)
    workspace = okrs.workspace_now(tx)
    if key_result is None or workspace is None:
        return None
    standing = key_result.standing
    public_url = workspace.public_url.rstrip("/")
    return ProgressNote(
        key=f"okr-hub:{key_result.key}",
        target=row.target,
        by=way,
        title=key_result.declared.title,
        text=f"{_status_words(standing.status, row.told_status)}: {_value_words(key_result)}",
        status="" if standing.status in SILENT else standing.status.value,
        value=standing.value,
        percent=None if standing.progress is None else clamp(standing.progress),
        link=f"{public_url}/key-results/{key_result.key}" if public_url else "",
        field=row.field,
    )


def is_over(tx: Connection, row: WriteBackRow, at: datetime) -> bool:
    """Whether the cycle of what a target is told of has ended: nothing is said of it any more."""
    key_result = key_result_by_id(tx, row.key_result_id)
    return key_result is not None and key_result.is_over(at)


def _status_words(status: Status, told: str) -> str:
    """Say the status, and the one that was told here last where it is another."""
    now = STATUS_WORDS[status]
    return now if not told or told == status.value else f"{now}, was {STATUS_WORDS[Status(told)].lower()}"


def _value_words(key_result: KeyResult) -> str:
    declared, value = key_result.declared, key_result.standing.value
    return f"{numbers_of(declared, value).bare(value)} {goal_words(declared)}".strip()
