"""From Trello's card to the hub's work item.

https://developer.atlassian.com/cloud/trello/guides/rest-api/object-definitions/#card-object
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from connectors.errors import Unexpected
from connectors.salvage import expected
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import instant
from connectors.trello.answers import Board, Card, CustomField, Label, List, Member
from connectors.trello.custom_values import custom_values
from connectors.trello.no_work import role_of
from connectors.trello.settings import Account

POINTS = "points"
BUILT_IN = frozenset(
    {"list", "board", "archived", "due_complete", "checklist_done", "checklist_total", "checklist_percent"}
)
_HUNDRED = Decimal(100)
_CHECKLISTS = ("checklist_done", "checklist_total", "checklist_percent")
# what Trello calls it -> what it is to the hub: attributes, and the fields that every card has
_MEANS: Mapping[str, tuple[str, ...]] = {
    "name": ("title",),
    "id_short": ("ref",),
    "short_url": ("url",),
    "due": ("due",),
    "date_last_activity": ("updated",),
    "due_complete": ("due_complete",),
    "closed": ("archived",),
    "badges": _CHECKLISTS,
    "id_members": ("assignee",),
    "members": ("assignee",),
    "id_labels": ("labels",),
    "labels": ("labels",),
    "id_list": ("list", "status"),
    "column": ("list", "status"),
    "board": ("board",),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What gives the ids on a card their names. `wrong` says which of these cannot be read, and why."""

    board: object
    lists: Mapping[str, List]
    labels: Mapping[str, Label]
    members: Mapping[str, Member]
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


def names_of(board: Board) -> Names:
    """Return the names of a board that was read with all it defines."""
    return Names(
        board.name,
        {one.id: one for one in board.lists},
        {one.id: one for one in board.labels},
        {one.id: one for one in board.members},
        {one.id: one for one in board.custom_fields},
        board.wrong,
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
    return card.closed or (column is not None and column.closed is True)


def state_of(card: Card, names: Names, account: Account) -> State:
    """Return where a card stands, as far as it can be read: see `_state`."""
    return _state(card, names, account)[0]


def _state(card: Card, names: Names, account: Account) -> tuple[State, str]:
    """Return where a card stands, and why that cannot be read, if so.

    Trello has no states, so the lists that mean something and the check mark say it. What is no work is dropped.
    """
    if role_of(card):  # by whichever of the three that say so
        return State.DROPPED, ""
    for name in ("card_role", "is_template"):
        if name in card.wrong:
            return State.TODO, f"{name.replace('_', ' ')}: {card.wrong[name]}"
    column, why = _list(card, names)
    if card.due_complete or account.means_done(column):
        return State.DONE, ""
    if "due_complete" in card.wrong:
        return State.TODO, f"due complete: {card.wrong['due_complete']}"
    if is_archived(card, names):
        return (State.TODO, why) if why else (State.DROPPED, "")
    if why or "closed" in card.wrong:
        return State.TODO, why or f"closed: {card.wrong['closed']}"
    return State.DOING if account.means_doing(column) else State.TODO, ""


def _list(card: Card, names: Names) -> tuple[str, str]:
    """Return the name of a card's list, and why it cannot be read, if so."""
    column = names.lists.get(card.id_list)
    if column is None:
        return "", card.wrong.get("id_list") or card.wrong.get("column") or names.wrong.get("lists") or "it has no list"
    if not isinstance(column.name, str):
        return "", expected("text", column.name)
    return column.name, "" if isinstance(column.closed, bool) else f"list closed: {expected('a flag', column.closed)}"


def work_item(
    card: Card,
    names: Names,
    account: Account,
    fields: Collection[str],
    done: datetime | None,
    undated: str = "",
) -> WorkItem:
    """Translate a card. `fields` are the ids of custom fields to bring along; `done` is when it became done, and
    `undated` why that cannot be read.

    What cannot be read is left out, and named in `unreadable`; what is no work is of a type of its own, and dropped.
    """
    values, unreadable = custom_values(card, names.custom_fields, fields, names.wrong.get("custom_fields", ""))
    for name, why in card.wrong.items():
        unreadable |= dict.fromkeys(_MEANS.get(name, ()), why)
    role = role_of(card)
    state, why = _state(card, names, account)
    column, no_list = _list(card, names)
    if why:
        unreadable |= {"state": why, "done": why}
    if no_list:
        unreadable |= {"list": no_list, "status": no_list, "archived": no_list}
    if state is State.DONE and undated:
        unreadable["done"] = undated
    values |= _built_in(card, names, column, unreadable)
    created = created_at(card.id)
    return WorkItem(
        key=card.id,
        ref=f"#{card.id_short}" if "id_short" not in card.wrong else card.short_link or card.id,
        title=card.name,
        state=state,
        status=role or column,
        type=role.lower() or "card",
        url=_link(card),
        created=created,
        updated=_updated(card, unreadable) or created,
        done=done if state is State.DONE and "done" not in unreadable else None,
        due=_due(card, unreadable),
        assignee=next((names.members[id].shown for id in card.id_members if id in names.members), None),
        labels=_labels(card, names, unreadable),
        fields={id: value for id, value in values.items() if id not in unreadable},
        unreadable=unreadable,
    )


def _built_in(card: Card, names: Names, column: str, unreadable: dict[str, str]) -> dict[str, Scalar]:
    total, ticked = card.badges.check_items, card.badges.check_items_checked
    if not isinstance(names.board, str):
        unreadable["board"] = expected("text", names.board)
    if not 0 <= ticked <= total:
        unreadable |= dict.fromkeys(_CHECKLISTS, "more lines are ticked than there are")
    return {
        "list": column,
        "board": names.board if isinstance(names.board, str) else "",
        "archived": is_archived(card, names),
        "due_complete": card.due_complete,
        "checklist_done": Decimal(ticked),
        "checklist_total": Decimal(total),
        "checklist_percent": (_HUNDRED * ticked / total).quantize(Decimal("0.01"))
        if 0 <= ticked <= total > 0
        else None,
    }


def _labels(card: Card, names: Names, unreadable: dict[str, str]) -> frozenset[str]:
    shown = set()
    for id in card.id_labels:
        label = names.labels.get(id)
        if label is None:
            if names.wrong.get("labels"):
                unreadable["labels"] = names.wrong["labels"]
            continue
        odd = [one for one in (label.name, label.color) if not (one is None or isinstance(one, str))]
        if odd:
            unreadable["labels"] = expected("text", odd[0])
        elif label.shown:
            shown.add(label.shown)
    return frozenset(shown)


def _link(card: Card) -> str:
    # people click on it: what is no plain address is not passed on
    return (
        card.short_url
        if card.short_url.startswith("https://")
        else f"https://trello.com/c/{card.short_link or card.id}"
    )


def _due(card: Card, unreadable: dict[str, str]) -> date | datetime | None:
    """Return when a card is due: Trello sends an instant; where it sends a day, it is that day."""
    if card.due is None:
        return None
    try:
        if len(card.due) == len("2026-11-01"):
            day = date.fromisoformat(card.due)
            instant(datetime(day.year, day.month, day.day, tzinfo=UTC))
            return day
        return instant(card.due)
    except ValueError:
        unreadable["due"] = expected("a time", card.due)
        return None


def _updated(card: Card, unreadable: dict[str, str]) -> datetime | None:
    if card.date_last_activity is None:
        return None  # Trello has none where nothing happened since the card was made
    try:
        return instant(card.date_last_activity)
    except ValueError:
        unreadable["updated"] = expected("a time", card.date_last_activity)
        return None


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
    return hashlib.sha256(json.dumps(msgspec.to_builtins(known), sort_keys=True).encode()).digest()[:5]


def created_at(id: str) -> datetime:
    """Return when something was made: the first eight hex digits of its id are the seconds since 1970.

    https://support.atlassian.com/trello/docs/getting-the-time-a-card-or-board-was-created/
    """
    try:
        return datetime.fromtimestamp(int(id[:8], 16), UTC)
    except ValueError:
        raise Unexpected(f"trello changed shape at id: expected 24 hexadecimal digits, found {id[:30]!r}") from None
