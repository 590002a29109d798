"""One read for all scopes of a connection: each board once, of it what differs from what is held, and what left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from connectors.errors import Gone, Misconfigured, Unexpected
from connectors.shapes import Cursor, Page, Roll, Scope
from connectors.trello.calls import Calls
from connectors.trello.cursors import Held, Marks, read_cursor
from connectors.trello.reading import Scopes, look_up, read_board
from connectors.trello.settings import Account

_ID = re.compile(r"[0-9a-f]{24}")


def read_all(calls: Calls, account: Account, scope: Scope) -> Iterator[Page]:
    """Yield all that a scope holds. See `Source.fetch`.

    Its pages carry no cursor but the last: a board is read in one request per 1,000 cards, and a read that was
    interrupted begins anew.
    """
    scopes = Scopes([scope])
    (board,) = scopes.boards
    read = read_board(calls, account, scopes, board)
    yield from read.pages(calls, read.board.cards, members_only=True)
    (roll,) = read.rolls()
    yield Page(cursor=Held({board: read.marks}).text(), total=len(roll.keys), rolls=(roll,), remarks=read.remarks())


def read_changes(
    calls: Calls, account: Account, wanted: Sequence[Scope], since: Cursor | None, touched: Sequence[str]
) -> Iterator[Page]:
    """Yield what changed and what was touched, then the roll calls. See `Sweep.changes`.

    Only the last page moves the cursor: a sweep cut short begins again where it had begun.
    """
    for key in touched:
        if not _ID.fullmatch(key):
            raise Unexpected(f"trello: {key[:40]!r} is not the id of a card")
    scopes = Scopes(wanted)
    if since is None:
        yield from look_up(calls, account, scopes, sorted(set(touched)), hidden_is_gone=False)
        return
    held = read_cursor(since)
    rolls: list[Roll] = []
    remarks: dict[str, tuple[str, ...]] = {}
    marks: dict[str, Marks] = {}
    departed: set[str] = set(touched)
    for board in scopes.boards:
        try:
            read = read_board(calls, account, scopes, board)
        except Gone as gone:
            # the hub reads each selection by itself then, and sets those of this board aside: the others go on
            raise Misconfigured(str(gone), field="select", hint=gone.hint) from gone
        known = held.boards.get(board, {})
        changed = [card for card in read.board.cards if known.get(card.id) != read.marks[card.id]]
        yield from read.pages(calls, changed, members_only=False)
        departed |= set(known)
        marks[board] = read.marks
        rolls += read.rolls()
        remarks |= read.remarks()
    departed = departed.difference(*marks.values())
    late: dict[str, set[str]] = {}
    for page in look_up(calls, account, scopes, sorted(departed), hidden_is_gone=True):
        for key, holders in page.memberships.items():
            for holder in holders:  # it came back, or a board was read in part: what was asked last is right
                late.setdefault(holder, set()).add(key)
        yield page
    yield Page(cursor=Held(marks).text(), rolls=tuple(_with(roll, late) for roll in rolls), remarks=remarks)


def _with(roll: Roll, late: Mapping[str, set[str]]) -> Roll:
    (key,) = roll.scopes
    return Roll(roll.scopes, roll.keys | late.get(key, set()), exact=True)
