"""A number that a tool works out, as the hub reads it: a selection of one item whose field `value` is the number."""

from __future__ import annotations

from connectors.shapes import Cursor, Page, Roll, Sample, Scope, State, WorkItem

VALUE = "value"  # the field that rules name: `measure: {sum: value}`


def gauge_item(scope: Scope, sample: Sample) -> WorkItem:
    """Return the one item of a gauge's scope. Its key is the scope's, its dates are when the number was read (UTC)."""
    return WorkItem(
        key=scope.key,
        ref=scope.name,
        title=sample.name,
        state=State.DOING,
        status="read",
        type=scope.kind,
        url=scope.url,
        created=sample.at,
        updated=sample.at,
        fields={VALUE: sample.value},
    )


def is_gauge(scope: Scope, item: WorkItem) -> bool:
    """Whether an item is the number of a gauge rather than work: nobody knows what it was before it was read."""
    return item.key == scope.key and VALUE in item.fields


def gauge_page(scope: Scope, sample: Sample, cursor: Cursor) -> Page:
    """Return the only page of a full read of a gauge's scope, with its exact roll."""
    item = gauge_item(scope, sample)
    scopes = frozenset({scope.key})
    return Page(
        items=(item,),
        memberships={item.key: scopes},
        cursor=cursor,
        total=1,
        rolls=(Roll(scopes, frozenset({item.key}), exact=True),),
    )
