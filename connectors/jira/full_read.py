"""Read all that one scope holds: ids first, which is cheap and exact, then bodies by the hundred."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from connectors.errors import Unexpected
from connectors.jira.answers import Issue
from connectors.jira.calls import BODIES, Calls, require_asked
from connectors.jira.cursors import Half, Since, read_cursor
from connectors.jira.extents import Extents
from connectors.jira.items import carried_ids, needs_history, work_item
from connectors.jira.steps import done_dates
from connectors.shapes import Absence, Cursor, Page, Roll, Scope, WorkItem

AT_ONCE = 8  # Jira's burst limit is 100 a second for each endpoint; eight at 150 ms are 53


def read_all(calls: Calls, scope: Scope, since: Cursor | None) -> Iterator[Page]:
    """Yield the scope in pages of 100, in the order of ids, then the roll call. See `Source.fetch`."""
    resumed = read_cursor(since) if since is not None else None
    extents = Extents(calls, [scope])
    if extents.resting:
        yield Page(resting=extents.resting)
        return
    held, began = held_by(calls, scope, extents)
    after = resumed.after if isinstance(resumed, Half) else -1
    started = resumed.started if isinstance(resumed, Half) else began
    if isinstance(resumed, Since):  # that read had ended: only the roll is called again
        yield _last(calls, scope, held, since=resumed)
        return
    gone: set[int] = set()
    for asked, issues in fetch_bodies(calls, sorted(i for i in held if i > after), scope.field_ids):
        missing = missing_of(asked, issues)
        gone.update(missing)
        items = translate(calls, issues, scope.field_ids)
        yield Page(
            items=items,
            memberships={item.key: frozenset({scope.key}) for item in items},
            gone=tuple(map(str, missing)),
            gone_because=reasons(calls, missing),
            cursor=Half(started, asked[-1]).text(),
            total=len(held),
        )
    yield _last(calls, scope, held - gone, since=Since(started))


def held_by(calls: Calls, scope: Scope, extents: Extents) -> tuple[set[int], datetime]:
    """Return the ids a scope holds now, and the server's time when this was asked."""
    if scope.key in extents.queries:
        return calls.ids(extents.queries[scope.key])
    held = set(extents.lists[scope.key])
    return held, extents.began or calls.now()


def reasons(calls: Calls, missing: Sequence[int]) -> Mapping[str, Absence]:
    """Return why issues did not come, of those of which the tool tells."""
    return {str(i): why for i, why in calls.absences(missing).items()} if missing else {}


def _last(calls: Calls, scope: Scope, held: set[int], since: Since) -> Page:
    roll = Roll(frozenset({scope.key}), frozenset(map(str, held)), exact=True)
    aliases = {scope.key: calls.called_now(scope.aliases)} if scope.aliases else {}
    return Page(cursor=since.text(), total=len(held), rolls=(roll,), aliases=aliases)


def fetch_bodies(
    calls: Calls, ids: Sequence[int], fields: frozenset[str]
) -> Iterator[tuple[Sequence[int], list[Issue]]]:
    """Yield (ids asked, issues found) by the hundred, in order, a few requests ahead of the reader.

    What waits is bounded, so memory does not grow with the number of issues.
    """
    chunks = [ids[start : start + BODIES] for start in range(0, len(ids), BODIES)]
    if len(chunks) < 2:
        for chunk in chunks:
            yield chunk, _asked_for(chunk, calls.bodies(chunk, fields))
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(chunks)), thread_name_prefix="jira") as pool:
        ahead: deque[tuple[Sequence[int], Future[list[Issue]]]] = deque()
        try:
            for chunk in chunks:
                ahead.append((chunk, pool.submit(calls.bodies, chunk, fields)))
                if len(ahead) > AT_ONCE:
                    asked, coming = ahead.popleft()
                    yield asked, _asked_for(asked, coming.result())
            while ahead:
                asked, coming = ahead.popleft()
                yield asked, _asked_for(asked, coming.result())
        finally:
            for _, coming in ahead:
                coming.cancel()


def _asked_for(asked: Sequence[int], issues: list[Issue]) -> list[Issue]:
    """Return the issues. Raises Unexpected where others came than were asked for, or one came twice."""
    ids = [int(issue.id) for issue in issues]
    require_asked(ids, asked, "issues")
    if len(set(ids)) != len(ids):
        raise Unexpected("jira changed shape at issues: one issue came twice")
    return issues


def missing_of(asked: Sequence[int], issues: Sequence[Issue]) -> list[int]:
    """Return the ids asked for that did not come: they do not exist, or may not be seen."""
    came = {issue.id for issue in issues}
    return [i for i in asked if str(i) not in came]


def translate(calls: Calls, issues: Sequence[Issue], ids: Collection[str]) -> tuple[WorkItem, ...]:
    """Turn issues into work items, in the order they came; `ids` are of the fields that scopes look at."""
    account, carried = calls.account, carried_ids(ids)
    moved = done_dates(calls, [int(issue.id) for issue in issues if needs_history(issue)])
    return tuple(work_item(issue, account.site, carried, account.dropped_resolutions, moved) for issue in issues)
