"""From what a rule says to ids: boards, lists, labels and custom fields by name, id or address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from connectors.errors import Gone, Misconfigured
from connectors.shapes import Select
from connectors.trello.addresses import board_in
from connectors.trello.answers import Board
from connectors.trello.calls import Calls, HiddenError
from connectors.trello.items import BUILT_IN, POINTS
from connectors.trello.list_names import as_read
from connectors.trello.selection import Archived, Selection, read_archived, read_query

PICKS = ("board", "list", "label", "archived")
_ID = re.compile(r"[0-9a-f]{24}")
_SHORT_LINK = re.compile(r"[0-9A-Za-z]{8}")
_POINTS_NAMES = frozenset({"points", "story points"})


def pick(calls: Calls, select: Select) -> tuple[Selection, Board]:
    """Return what is selected, by ids, and its board. Raises Misconfigured for what is unknown or stands for two."""
    if bool(select.query.strip()) == bool(select.picker):
        raise Misconfigured(
            "trello: select by a board's address or by a picker, one of the two",
            field="select",
            hint="write {board: Roadmap, list: Done}, or the address of a board",
        )
    if select.query.strip():
        return _of_query(calls, select.query.strip())
    unknown = sorted(set(select.picker) - set(PICKS))
    empty = [name for name, value in select.picker.items() if not value.strip()]
    if unknown or empty or "board" not in select.picker:
        said = f"does not know {', '.join(unknown)}" if unknown else "needs a board"
        raise Misconfigured(
            f"trello: the picker {f'has nothing for {empty[0]}' if empty and not unknown else said}",
            field="select",
            hint=f"it takes {', '.join(PICKS)}: {{board: Roadmap, list: Done, label: okr}}",
        )
    board = find_board(calls, select.picker["board"].strip())
    archived = read_archived(select.picker.get("archived", "no"))
    lists = _lists(board, select.picker.get("list", ""), archived)
    labels = _several(
        "label", select.picker.get("label", ""), [(one.id, one.shown) for one in board.labels], board.shown
    )
    return Selection(board.id, lists, labels, archived), board


def find_board(calls: Calls, text: str) -> Board:
    """Find a board by id, address, short link or name among those the account is on."""
    address = board_in(text)
    if address or _ID.fullmatch(text):
        return _board(calls, address or text, text)
    listed = calls.boards()
    named = [one for one in listed if text in (one.shown, one.link)]
    named = named or [one for one in listed if as_read(one.shown) == as_read(text)]
    if len(named) == 1:
        return _board(calls, named[0].id, text)
    if named:
        raise Misconfigured(
            f"trello: {len(named)} boards are named {text!r}: {', '.join(sorted(one.link for one in named))}",
            field="select",
            hint="name the one you mean by its short link, as in trello.com/b/SHORTLINK",
        )
    if _SHORT_LINK.fullmatch(text):  # one that the account may see without being on it
        return _board(calls, text, text)
    raise _unknown("board", text, (one.shown for one in listed), "that the account is on")


def field_ids(names: Iterable[str], board: Board, points_field: str) -> Mapping[str, str]:
    """Return the id of each custom field that rules name; what every card carries stands for itself."""
    ids: dict[str, str] = {}
    for name in sorted(names):
        if name in BUILT_IN:
            ids[name] = name
        elif name == POINTS and not points_field:
            ids[name] = _points(board)
        else:
            wanted = points_field if name == POINTS else name
            fields = [(one.id, one.shown) for one in board.custom_fields]
            ids[name] = _one(
                "custom field", wanted, fields, board.shown, "points_field" if name == POINTS else "select"
            )
    return ids


def _of_query(calls: Calls, query: str) -> tuple[Selection, Board]:
    known = read_query(query)
    if known is not None:
        return known, _board(calls, known.board, query)
    board = find_board(calls, query)
    return Selection(board.id), board


def _board(calls: Calls, id: str, text: str) -> Board:
    try:
        return calls.board(id, with_cards=False)
    except HiddenError as hidden:
        raise Misconfigured(
            f"trello: the account may not see the board {text!r}", field="select", hint=hidden.hint
        ) from hidden
    except (Gone, Misconfigured) as gone:
        raise Misconfigured(
            f"trello: there is no board {text!r}",
            field="select",
            hint="it may have been deleted; copy its address anew",
        ) from gone


def _lists(board: Board, text: str, archived: Archived) -> frozenset[str]:
    """Find lists, among the open ones as long as no archived card is asked for: old ones often have the same names."""
    every = [(one.id, one.shown) for one in board.lists]
    try:
        seen = [(one.id, one.shown) for one in board.lists if archived != "no" or one.closed is not True]
        return _several("list", text, seen, board.shown)
    except Misconfigured as unknown:
        if archived != "no":
            raise
        _several("list", text, every, board.shown)  # raises what is wrong with the name, if that is it
        raise Misconfigured(
            f"trello: a list {text.strip()!r} on the board {board.shown!r} is archived",
            field="select",
            hint="say archived: yes to count its cards, or choose another list",
        ) from unknown


def _several(what: str, text: str, known: list[tuple[str, str]], board: str) -> frozenset[str]:
    """Find one by the whole text, or several parted by commas, which a name may have as well."""
    text = text.strip()
    if not text:
        return frozenset()
    if "," not in text or any(text in pair for pair in known):
        return frozenset({_one(what, text, known, board, "select")})
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return frozenset(_one(what, part, known, board, "select") for part in parts)


def _one(what: str, text: str, known: list[tuple[str, str]], board: str, field: str) -> str:
    # as written first: a board may well have both "Done" and "done"
    same = [id for id, name in known if text in (id, name)]
    alike = same or [id for id, name in known if as_read(name) == as_read(text)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise Misconfigured(
            f"trello: the board {board!r} has {len(alike)} {what}s named {text!r}: {', '.join(sorted(alike))}",
            field=field,
            hint="name the one you mean by its id",
        )
    raise _unknown(what, text, (name for _, name in known), f"on the board {board!r}", field)


def _unknown(what: str, text: str, names: Iterable[str], where: str, field: str = "select") -> Misconfigured:
    listed = sorted({name for name in names if name})
    close = get_close_matches(text, listed, n=1)
    near = f" (did you mean {close[0]!r}?)" if close else ""
    return Misconfigured(
        f"trello: there is no {what} {text!r} {where}{near}",
        field=field,
        hint=f"there are {', '.join(listed[:12])}" if listed else "there are none",
    )


def _points(board: Board) -> str:
    found = [one for one in board.custom_fields if one.shown.casefold() in _POINTS_NAMES]
    if len(found) == 1:
        return found[0].id
    said = f"{len(found)} custom fields for points" if found else "no custom field called Points or Story Points"
    raise Misconfigured(
        f"trello: the board {board.shown!r} has {said}",
        field="points_field",
        hint="set points_field to the name of the one that holds your estimate",
    )
