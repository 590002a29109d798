"""Searching a workspace, whose answers end at a hundred: https://developers.asana.com/reference/searchtasksforworkspace"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.asana.answers import Task
from connectors.asana.calls import MAX_PAGES, PAGE, Calls
from connectors.asana.queries import Query
from connectors.asana.task_answers import read_page
from connectors.errors import Unexpected


def search(calls: Calls, query: Query, fields: str) -> Iterator[Task]:
    """Yield all tasks a search finds, oldest first. A search has no pages: it goes on from the last task's creation.

    Raises Misconfigured on a plan without search. The index runs some seconds behind, up to a minute.
    """
    seen: set[str] = set()
    asked = {"sort_by": "created_at", "sort_ascending": "true", "limit": str(PAGE), "opt_fields": fields}
    after = query.search.get("created_at.after")
    for _ in range(MAX_PAGES):
        options = {**asked, **query.search} | ({"created_at.after": after} if after else {})
        response = calls.ask("search", "TasksApi", "search_tasks_for_workspace", query.gid, **options)
        tasks = read_page(response.content).data
        fresh = [task for task in tasks if task.gid not in seen]
        seen.update(task.gid for task in fresh)
        yield from fresh
        if len(tasks) < PAGE:
            return
        if not fresh:
            raise Unexpected("asana finds the same hundred tasks over and over: more were made in one instant")
        # what has no date that can be read stands somewhere between the others
        dated = [
            task.created_at for task in tasks if task.created_at is not None and task.created_at.tzinfo is not None
        ]
        if not dated:
            raise Unexpected("asana: a search found a hundred tasks without a date that can be read")
        after = _just_before(max(dated))
    raise Unexpected(f"asana: a search did not come to an end in {MAX_PAGES} pages")


def _just_before(at: datetime) -> str:
    # what was made in the same instant as the last task may stand on the next page
    return (at - timedelta(milliseconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
