"""A number that a tool works out, as the hub reads it: a selection of one item whose field `value` is the number."""

from __future__ import annotations

from connectors.shapes import Cursor, Page, Roll, Sample, Scope, State, WorkItem

VALUE = "value"  # the field that rules name: `measure: {sum: value}`
READ = "read"  # the status of a gauge's item, which no tool gives to work


def gauge_item(scope: Scope, sample: Sample) -> WorkItem:
    """Return the one item of a gauge's scope. Its key is the scope's, its dates are when the number was read (UTC)."""
    return WorkItem(
        key=scope.key,
        ref=scope.name,
        title=sample.name,
        state=State.DOING,
        status=READ,
        type=scope.kind,
        url=scope.url,
        created=sample.at,
        updated=sample.at,
        fields={VALUE: sample.value},
    )


def is_gauge(item: WorkItem) -> bool:
    """Whether an item is a number that a tool works out: its past is not known, and no other item will come."""
    return item.status == READ and item.fields.keys() == {VALUE}


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
