"""Tasks as Asana answers them: one that holds what nobody can read stays one odd task."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from connectors.asana import answers
from connectors.asana.answers import NextPage, Result, Task, TaskPage
from connectors.errors import Unexpected
from connectors.salvage import loosely, no_doubles, salvage, salvage_all
from connectors.tame import decode, shape


class _LoosePage(Struct):
    data: list[Any]
    next_page: NextPage | None = None


class _LooseResult(Struct):
    status_code: int
    body: Any


class _LooseBatch(Struct):
    data: list[_LooseResult]


class _One(Struct):
    data: Task


class _LooseOne(Struct):
    data: Any


_page = msgspec.json.Decoder(TaskPage)
_one = msgspec.json.Decoder(_One)
_INSTEAD: dict[str, object] = {
    "name": "", "completed": False, "created_at": None, "modified_at": None, "num_subtasks": 1, "custom_fields": UNSET,
    "completed_at": None, "due_on": None, "assignee": None, "memberships": [], "tags": [], "parent": None,
}  # fmt: skip


def read_page(body: bytes) -> TaskPage:
    """Read a page of tasks. Raises Unexpected for an envelope of another shape, and for a task without a gid."""
    try:
        found = _page.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        loose = shape(loosely(body, "asana"), _LoosePage, "asana")
        found = TaskPage(salvage_all(loose.data, _task, "asana changed shape at data"), loose.next_page)
    no_doubles([task.gid for task in found.data], "asana changed shape at data")
    if not all(task.gid for task in found.data):
        raise Unexpected("asana changed shape at data: a gid is empty")
    return found


def read_one(body: bytes, gid: str) -> Task:
    """Read the task that was asked for by its gid. Raises Unexpected where another one came."""
    try:
        found = _one.decode(body).data
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        found = _task(shape(loosely(body, "asana"), _LooseOne, "asana").data, "asana changed shape at data")
    if found.gid != gid:
        raise Unexpected(f"asana was asked for task {gid} and answered with task {found.gid[:40]}")
    return found


def read_batch(body: bytes) -> list[Result]:
    """Read the results of a batch. One text in one of them that is hardly text spoils none of the others."""
    try:
        return answers.batch.decode(body).data
    except msgspec.ValidationError:
        return decode(answers.batch, body, "asana").data  # which says where its shape differs
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        loose = shape(loosely(body, "asana"), _LooseBatch, "asana")
        return [Result(one.status_code, msgspec.Raw(json.dumps(one.body).encode())) for one in loose.data]


def _task(raw: object, where: str) -> Task:
    task, wrong = salvage(raw, Task, where, keys=("gid",), instead=_INSTEAD)
    task.wrong = wrong
    return task
