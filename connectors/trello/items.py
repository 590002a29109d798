"""From Trello's card to the hub's work item.

https://developer.atlassian.com/cloud/trello/guides/rest-api/object-definitions/#card-object
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from connectors.errors import Unexpected
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import moment
from connectors.trello.answers import Board, Card, CustomField, CustomFieldItem, Label, List, Member
from connectors.trello.settings import Account

POINTS = "points"
BUILT_IN = frozenset(
    {"list", "board", "archived", "due_complete", "checklist_done", "checklist_total", "checklist_percent"}
)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Names:
    """What gives the ids on a card their names."""

    board: str
    lists: Mapping[str, List]
    labels: Mapping[str, Label]
    members: Mapping[str, Member]
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)


def names_of(board: Board) -> Names:
    """Return the names of a board that was read with all it defines."""
    return Names(
        board.name,
        {one.id: one for one in board.lists},
        {one.id: one for one in board.labels},
        {one.id: one for one in board.members},
        {one.id: one for one in board.custom_fields},
    )


def names_with(card: Card, custom_fields: Iterable[CustomField] = ()) -> Names:
    """Return the names that come with a card which was asked for by itself."""
    return Names(
        card.board.name if card.board else "",
        {card.column.id: card.column} if card.column else {},
        {one.id: one for one in card.labels or []},
        {one.id: one for one in card.members or []},
        {one.id: one for one in custom_fields},
    )


def is_archived(card: Card, names: Names) -> bool:
    """Say whether a card is out of sight: archived itself, or in a list that is."""
    column = names.lists.get(card.id_list)
    return card.closed or (column is not None and column.closed)


def state_of(card: Card, names: Names, account: Account) -> State:
    """Return where a card stands: Trello has no states, so lists named in the settings and the check mark say it."""
    column = _list_name(card, names).casefold()
    if card.due_complete or column in account.done_lists:
        return State.DONE
    if is_archived(card, names):
        return State.DROPPED
    return State.DOING if column in account.doing_lists else State.TODO


def work_item(
    card: Card, names: Names, account: Account, fields: Collection[str], done: datetime | None, path: str
) -> WorkItem:
    """Translate a card. `fields` are the ids of custom fields to bring along; `done` is when it became done.

    Raises Unexpected naming the `path` of what has another shape.
    """
    state = state_of(card, names, account)
    total, ticked = card.badges.check_items, card.badges.check_items_checked
    values: dict[str, Scalar] = {
        "list": _list_name(card, names),
        "board": names.board,
        "archived": is_archived(card, names),
        "due_complete": card.due_complete,
        "checklist_done": Decimal(ticked),
        "checklist_total": Decimal(total),
        "checklist_percent": (_HUNDRED * ticked / total).quantize(Decimal("0.01")) if total else None,
    }
    items = {item.id_custom_field: item for item in card.custom_field_items}
    for id in fields:
        defined = names.custom_fields.get(id)
        if defined is not None:  # one that the board does not define any more is absent, which is not empty
            values[id] = _value(items.get(id), defined, f"{path}.customFieldItems")
    created = created_at(card.id)
    return WorkItem(
        key=card.id,
        ref=f"#{card.id_short}",
        title=card.name,
        state=state,
        status=_list_name(card, names),
        type="card",
        url=card.short_url,
        created=created,
        updated=_utc(card.date_last_activity) if card.date_last_activity else created,
        done=done if state is State.DONE else None,
        due=_utc(card.due).date() if card.due else None,
        assignee=next((names.members[id].shown for id in card.id_members if id in names.members), None),
        labels=frozenset(
            names.labels[id].shown for id in card.id_labels if id in names.labels and names.labels[id].shown
        ),
        fields=values,
    )


def mark(card: Card, names: Names, account: Account) -> bytes:
    """Return a fingerprint of all that a card's item and its memberships are made of, in five bytes."""
    known = [
        card,
        names.board,
        state_of(card, names, account),
        names.lists.get(card.id_list),
        [names.labels.get(id) for id in card.id_labels],
        [names.members.get(id) for id in card.id_members],
        [names.custom_fields.get(item.id_custom_field) for item in card.custom_field_items],
        sorted((one.id, one.type) for one in names.custom_fields.values()),  # one without a value is empty, or absent
    ]
    return hashlib.sha256(msgspec.json.encode(known)).digest()[:5]


def created_at(id: str) -> datetime:
    """Return when something was made: the first eight hex digits of its id are the seconds since 1970.

    https://support.atlassian.com/trello/docs/getting-the-time-a-card-or-board-was-created/
    """
    try:
        return datetime.fromtimestamp(int(id[:8], 16), UTC)
    except ValueError:
        raise Unexpected(f"trello changed shape at id: expected 24 hexadecimal digits, found {id[:30]!r}") from None


def _list_name(card: Card, names: Names) -> str:
    column = names.lists.get(card.id_list)
    return column.name if column is not None else ""


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _value(item: CustomFieldItem | None, defined: CustomField, path: str) -> Scalar:
    """Read a value by the type its board gives it: all come as text.

    https://developer.atlassian.com/cloud/trello/guides/rest-api/getting-started-with-custom-fields/
    """
    if item is None:
        return False if defined.type == "checkbox" else None
    if defined.type == "list":
        return next((option.text for option in defined.options if option.id == item.id_value), None)
    value = item.value or {}
    kind = "checked" if defined.type == "checkbox" else defined.type
    text = value.get(kind)
    if text is None or text == "":
        return False if kind == "checked" else None
    try:
        match kind:
            case "number":
                number = Decimal(str(text))
                if not number.is_finite():
                    raise InvalidOperation
                return number
            case "checked":
                return str(text).lower() == "true"
            case "date":
                return moment(str(text))
    except (InvalidOperation, ValueError):
        raise Unexpected(f"trello changed shape at {path}.value.{kind}: expected a {kind}, found text") from None
    return str(text)
