"""The calls to Trello, each with the caps and traps it has. All of them travel by py-trello's `fetch_json`.

https://developer.atlassian.com/cloud/trello/rest/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import msgspec
from requests import Response, Session

from connectors import bridges
from connectors.errors import ConnectorError, Gone, TryLater, Unauthorized, Unexpected
from connectors.shapes import Absence
from connectors.tame import shape
from connectors.trello import answers
from connectors.trello.card_answers import read_actions, read_board, read_card, read_cards
from connectors.trello.settings import Account
from connectors.wire import answer, server_time

if TYPE_CHECKING:
    from trello import TrelloClient

CARD_PAGE = 1000  # the most cards or actions one call returns
ACTION_PAGE, ACTION_PAGES = 50, 20  # of a card, which has no larger ones
BATCH = 10  # the most GETs one batch carries
MAX_PAGES = 2000  # two million cards, which is what Trello lets a board have
CLIENT = "okr-hub"  # comes back in the header of the webhooks that our own writes set off

T = TypeVar("T")
_BOARD = {
    "fields": "name,closed,shortLink,url",
    "lists": "all",
    "list_fields": answers.LIST_FIELDS,
    "labels": "all",
    "labels_limit": "1000",
    "customFields": "true",
    "members": "all",
    "member_fields": answers.MEMBER_FIELDS,
    "actions": "none",
}
_CARDS = {"fields": answers.CARD_FIELDS, "customFieldItems": "true"}
_ALONE = {
    "fields": f"{answers.CARD_FIELDS},labels",
    "customFieldItems": "true",
    "list": "true",
    "list_fields": answers.LIST_FIELDS,
    "board": "true",
    "board_fields": "name,closed",
    "members": "true",
    "member_fields": answers.MEMBER_FIELDS,
}
# what can make a card done, or bring it into being: https://developer.atlassian.com/cloud/trello/guides/rest-api/action-types/
MOVES = (
    "updateCard:idList,updateCard:dueComplete,createCard,copyCard,convertToCardFromCheckItem,emailCard,moveCardToBoard"
)


class TooManyError(Unexpected):
    """More cards than Trello nests in a board: they are to be read by pages."""


class HiddenError(Gone):
    """Something that exists, and that the account may not see."""


class Calls:
    """Ask Trello for one account."""

    def __init__(self, account: Account, wire: Session) -> None:
        self._account = account
        self._wire = wire
        self.heard_at = datetime(1970, 1, 1, tzinfo=UTC)  # Trello's own time, at its last answer

    @cached_property
    def sdk(self) -> TrelloClient:
        """py-trello's client, made when first asked for."""
        return bridges.trello_client(self._wire, self._account.base, self._account.headers, self._hear)

    def _hear(self, response: Response) -> None:
        _heard(response)
        self.heard_at = server_time(response) or self.heard_at

    def read(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> T:
        """GET something and hold it to a type. Raises Unexpected naming the path that has another shape."""
        return self.hold(self.ask("GET", path, params), kind, path)

    def ask(
        self, method: str, path: str, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        """Send one request and return its JSON. A write is marked, so that the webhook it sets off is known as ours."""
        headers = {"X-Trello-Client-Identifier": CLIENT} if method != "GET" else {}
        try:
            return self.sdk.fetch_json(
                path, http_method=method, headers=headers, query_params=dict(params or {}), post_args=body
            )
        except ConnectorError:
            raise
        except ValueError:
            if method == "DELETE":
                return {}  # it was done: the answer to it has nothing that is read
            raise Unexpected(f"trello: {_what(path)}: the answer is not JSON") from None

    def hold(self, found: object, kind: type[T], path: str) -> T:
        """Hold an answer to a type. Raises Unexpected naming the path that has another shape."""
        return shape(found, kind, f"trello: {_what(path)}")

    def boards(self) -> list[answers.Board]:
        """List the open boards the account is on, with their open lists (GET /members/me/boards)."""
        asked = {"filter": "open", "fields": "name,closed,shortLink,url", "lists": "open"}
        return self.read("/members/me/boards", list[answers.Board], asked)

    def board(self, id: str, *, with_cards: bool = True) -> answers.Board:
        """Read a board with its lists, labels, custom fields, members and, unless told otherwise, all its cards.

        One request for fewer than 1,000 cards: they come nested in the board. A longer answer may have been cut off
        there, so such a board's cards are read again by pages.
        """
        nested = {"cards": "all", "card_fields": answers.CARD_FIELDS, "card_customFieldItems": "true"}
        is_whole = not with_cards
        try:
            found = self._board(id, _BOARD | (nested if with_cards else {"cards": "none"}))
            is_whole |= len(found.cards) < CARD_PAGE
        except TooManyError:
            found = self._board(id, _BOARD | {"cards": "none"})
        if not is_whole:
            cards = {card.id: card for card in found.cards}
            cards.update((card.id, card) for card in self._cards(found.id))
            found.cards = list(cards.values())
        return found

    def _board(self, id: str, params: Mapping[str, str]) -> answers.Board:
        """Read a board by its id or short link. Raises Unexpected where another one came."""
        found = read_board(self.ask("GET", f"/boards/{id}", params), "trello changed shape at board")
        if id not in (found.id, found.link):
            raise Unexpected("trello was asked for one board and answered with another")
        return found

    def _cards(self, board: str) -> Iterator[answers.Card]:
        """Yield all cards of a board, newest first."""
        before: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            params = _CARDS | {"limit": str(CARD_PAGE)} | ({"before": before} if before else {})
            raw = self.ask("GET", f"/boards/{board}/cards/all", params)
            page = read_cards(raw, "trello changed shape at board.cards", board)
            news = [card for card in page if card.id not in seen]
            yield from news
            seen.update(card.id for card in news)
            if len(page) < CARD_PAGE:
                return
            before = _next_before(before, min(card.id for card in page))
            if before is None:
                return
        raise Unexpected(f"trello: the cards of a board did not come to an end in {MAX_PAGES} pages")

    def cards(self, ids: Sequence[str]) -> Iterator[tuple[str, answers.Card | Absence]]:
        """Yield for each id its card with list, labels and members, or why there is none (ten a request)."""
        paths = [f"/cards/{id}?{urlencode(_ALONE)}" for id in ids]
        for id, found in zip(ids, self.batch(paths), strict=True):
            if isinstance(found, Absence):
                yield id, found
                continue
            card = read_card(found, "trello changed shape at card")
            if card.id != id:
                raise Unexpected("trello was asked for one card and answered with another")
            yield id, card

    def custom_fields(self, boards: Sequence[str]) -> Mapping[str, list[answers.CustomField]]:
        """Return the custom fields that these boards define (ten boards a request)."""
        return self.fields_and_moves(boards, [])[0]

    def card_moves(self, ids: Sequence[str]) -> Mapping[str, list[answers.Action]]:
        """Return the last 50 moves of each card, newest first (ten cards a request)."""
        return self.fields_and_moves([], ids)[1]

    def fields_and_moves(
        self, boards: Sequence[str], cards: Sequence[str]
    ) -> tuple[Mapping[str, list[answers.CustomField]], Mapping[str, list[answers.Action]]]:
        """Return the custom fields of boards and the moves of cards, as above, together (ten of them a request)."""
        asked = urlencode({"filter": MOVES, "fields": "type,date,data", "memberCreator": "false"})
        paths = [f"/boards/{id}/customFields" for id in boards] + [f"/cards/{id}/actions?{asked}" for id in cards]
        found = [[] if isinstance(one, Absence) else one for one in self.batch(paths)]
        fields = [self.hold(one, list[answers.CustomField], "boards/customFields") for one in found[: len(boards)]]
        moves = [read_actions(one, "trello changed shape at card.actions") for one in found[len(boards) :]]
        for card, actions in zip(cards, moves, strict=True):
            if any(one.data.card is not None and one.data.card.id not in ("", card) for one in actions):
                raise Unexpected("trello was asked what happened to one card and answered with another")
        return dict(zip(boards, fields, strict=True)), dict(zip(cards, moves, strict=True))

    def comments(self, card: str) -> Iterator[answers.Action]:
        """Yield the comments on a card, newest first, fifty a request and a thousand at most: Trello shows no more."""
        for page in range(ACTION_PAGES):
            asked = {"filter": "commentCard"} | ({"page": str(page)} if page else {})
            found = read_actions(self.ask("GET", f"/cards/{card}/actions", asked), "trello changed shape at comments")
            yield from found
            if len(found) < ACTION_PAGE:
                return

    def board_moves(self, board: str, pages: int) -> Iterator[list[answers.Action]]:
        """Yield the moves of all cards of a board, newest first, 1,000 a page, `pages` at most."""
        before: str | None = None
        for _ in range(pages):
            params = {"filter": MOVES, "limit": str(CARD_PAGE), "fields": "type,date,data", "memberCreator": "false"}
            params |= {"before": before} if before else {}
            raw = self.ask("GET", f"/boards/{board}/actions", params)
            page = read_actions(raw, "trello changed shape at board.actions")
            yield page
            if len(page) < CARD_PAGE:
                return
            before = _next_before(before, min(action.id for action in page))
            if before is None:
                return

    def batch(self, paths: Sequence[str]) -> Iterator[Any]:
        """Yield the JSON of each path, or the Absence it has instead, in order.

        Commas part the paths, so none may stand in one: `urlencode` escapes them, and the query string once more.
        https://developer.atlassian.com/cloud/trello/rest/api-group-batch/
        """
        for start in range(0, len(paths), BATCH):
            part = paths[start : start + BATCH]
            answered = self.ask("GET", "/batch", {"urls": ",".join(part)})
            if not isinstance(answered, list) or len(answered) != len(part):
                raise Unexpected(f"trello changed shape at batch: expected a list of {len(part)} answers")
            for path, one in zip(part, answered, strict=True):
                yield _part(one, path)


def _next_before(before: str | None, oldest: str) -> str | None:
    """Return where the next page ends: a second after the oldest that came, so that none made in that second is missed.

    Trello takes an id for the time in it. A whole page made in one second is stepped over by its id; None ends it.
    """
    ahead = f"{int(oldest[:8], 16) + 1:08x}{'0' * 16}"
    if ahead != before:
        return ahead
    return oldest if oldest != before else None


def _part(one: object, path: str) -> Any:
    """Return what one path of a batch was answered: under "200", or an error with its status."""
    if isinstance(one, dict) and "200" in one:
        return one["200"]
    refused = shape(one, _Refused, "trello: batch")
    if _is_hidden(refused.status_code, refused.message):
        return Absence.HIDDEN
    if refused.status_code in (404, 410):
        return Absence.DELETED
    text = f"trello: {_what(path)}: {refused.status_code}: {refused.message[:200]}"
    if refused.status_code in (401, 403):
        raise Unauthorized(text, hint="sign in again: the token is wrong, expired or revoked")
    if refused.status_code == 429 or refused.status_code >= 500:
        raise TryLater(text, is_limit=refused.status_code == 429)
    raise Unexpected(text)


class _Refused(msgspec.Struct, rename="camel"):
    status_code: int
    message: str = ""


def _heard(response: Response) -> None:
    """Raise for an answer that is a refusal: Unauthorized for a sign-in, HiddenError or Gone for one thing alone."""
    if response.status_code == 200:
        return
    what = f"trello: {_what(response.request.path_url)}"
    if 200 < response.status_code < 300:
        raise Unexpected(f"{what}: answered {response.status_code}, and Trello says 200 to all that is well")
    if response.status_code == 403 and b"API_TOO_MANY_CARDS_REQUESTED" in response.content:
        raise TooManyError(f"{what}: the board has more cards than Trello sends at once")
    try:
        answer(response, what=what)
    except Unauthorized as refused:
        if not _is_hidden(response.status_code, response.content[:1000].decode("utf-8", "replace")):
            raise
        raise HiddenError(
            str(refused), hint="invite the account to the board, or choose the board's workspace when signing in"
        ) from None


def _is_hidden(status: int, text: str) -> bool:
    """Say whether a refusal is about the board or card asked for, and not about the sign-in.

    Trello answers 401 for both, in plain text: "invalid token", and "unauthorized permission requested". 403 is what a
    sign-in gets that was given for another workspace.
    """
    return status == 403 or (status == 401 and "requested" in text.lower())


def _what(path: str) -> str:
    """Name a call without its ids: they mean nothing to a person."""
    words = [part for part in path.partition("?")[0].split("/") if part and part != "1"]
    return " ".join(word for word in words if not (word.isalnum() and any(c.isdigit() for c in word)))
