"""The reading half of the simulated API: boards, cards, actions, as strict as the real ones.

https://developer.atlassian.com/cloud/trello/rest/ and
https://developer.atlassian.com/cloud/trello/guides/rest-api/nested-resources/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.trello.bodies import (
    ACTION_FIELDS,
    BOARD_FIELDS,
    CARD_FIELDS,
    LIST_FIELDS,
    MEMBER_FIELDS,
    Bodies,
)
from connectors.sandbox.trello.refusals import (
    ID,
    NOT_FOUND,
    SHORT_LINK,
    RefusedError,
    check_names,
    choice_of,
    fields_of,
    is_set,
    number_of,
)
from connectors.sandbox.trello.state import Desk
from connectors.sandbox.trello.things import Action, Board, Card

Asked = Mapping[str, str]
MOST = 1000
_CARD_FILTERS = ("all", "closed", "none", "open", "visible")
_LIST_FILTERS = ("all", "closed", "none", "open")


class Reads:
    """Answer GETs over a desk. `most` is how many cards one answer has: a driver may lower it."""

    most = MOST

    def __init__(self, desk: Desk) -> None:
        self.desk, self.bodies = desk, Bodies(desk)

    # -- finding

    def board(self, id: str) -> Board:
        if not ID.fullmatch(id) and not SHORT_LINK.fullmatch(id):
            raise RefusedError(400, "invalid id")
        found = next((one for one in self.desk.boards.values() if id in (one.id, one.short_link)), None)
        if found is None:
            raise RefusedError(404, NOT_FOUND)
        if found.hidden:
            raise RefusedError(401, "unauthorized permission requested")
        return found

    def card(self, id: str) -> Card:
        if not ID.fullmatch(id) and not SHORT_LINK.fullmatch(id):
            raise RefusedError(400, "invalid id")
        found = next((one for one in (self.desk.cards.get(id),) if one is not None), None) or next(
            (one for one in self.desk.cards.values() if one.short_link == id), None
        )
        if found is None:
            raise RefusedError(404, NOT_FOUND)
        if self.desk.boards[found.board].hidden:
            raise RefusedError(401, "unauthorized card permission requested")
        return found

    # -- members

    def me(self, asked: Asked) -> Any:
        check_names(asked, ("fields",))
        member = self.desk.members[self.desk.me]
        return self.bodies.member(member, fields_of(asked, "fields", ("id", *MEMBER_FIELDS), MEMBER_FIELDS))

    def my_boards(self, asked: Asked) -> Any:
        check_names(asked, ("fields", "filter", "lists"))
        which = choice_of(asked, "filter", ("all", "open", "closed"), "all")
        fields = fields_of(asked, "fields", BOARD_FIELDS, BOARD_FIELDS)
        lists = choice_of(asked, "lists", _LIST_FILTERS, "none")
        drawn = []
        for board in self.desk.boards.values():
            if board.hidden or (which != "all" and board.closed != (which == "closed")):
                continue
            one = self.bodies.board(board, fields)
            if lists != "none":
                one["lists"] = self._lists(board, lists, LIST_FIELDS)
            drawn.append(one)
        return drawn

    # -- boards

    def whole_board(self, asked: Asked, id: str) -> Any:
        check_names(
            asked,
            ("fields", "lists", "list_fields", "labels", "labels_limit", "customFields", "members", "member_fields",
             "actions", "cards", "card_fields", "card_customFieldItems"),
        )  # fmt: skip
        board = self.board(id)
        drawn = self.bodies.board(board, fields_of(asked, "fields", BOARD_FIELDS, BOARD_FIELDS))
        lists = choice_of(asked, "lists", _LIST_FILTERS, "none")
        if lists != "none":
            drawn["lists"] = self._lists(board, lists, fields_of(asked, "list_fields", LIST_FIELDS, LIST_FIELDS))
        if choice_of(asked, "labels", ("all", "none"), "none") == "all":
            drawn["labels"] = self._labels(board)[: number_of(asked, "labels_limit", 50, MOST)]
        if is_set(asked, "customFields"):
            drawn["customFields"] = self.board_fields({}, board.id)
        if choice_of(asked, "members", ("all", "none"), "none") == "all":
            fields = fields_of(asked, "member_fields", MEMBER_FIELDS, MEMBER_FIELDS)
            drawn["members"] = [self.bodies.member(one, fields) for one in self.desk.members.values()]
        cards = choice_of(asked, "cards", _CARD_FILTERS, "none")
        if cards != "none":
            fields = fields_of(asked, "card_fields", CARD_FIELDS, CARD_FIELDS)
            wanted = self._cards(board, cards)[: self.most]
            drawn["cards"] = [
                self.bodies.card(one, fields, custom_fields=is_set(asked, "card_customFieldItems")) for one in wanted
            ]
        return drawn

    def board_cards(self, asked: Asked, id: str, which: str = "visible") -> Any:
        check_names(asked, ("fields", "limit", "before", "since", "customFieldItems"))
        if which not in _CARD_FILTERS:
            raise RefusedError(400, "invalid value for filter")
        fields = fields_of(asked, "fields", CARD_FIELDS, CARD_FIELDS)
        found = _between(self._cards(self.board(id), which), asked)
        if "limit" in asked:
            found = sorted(found, key=lambda card: card.id, reverse=True)
        return [
            self.bodies.card(card, fields, custom_fields=is_set(asked, "customFieldItems"))
            for card in found[: number_of(asked, "limit", self.most, self.most)]
        ]

    def board_lists(self, asked: Asked, id: str, which: str = "open") -> Any:
        check_names(asked, ("fields",))
        if which not in _LIST_FILTERS:
            raise RefusedError(400, "invalid value for filter")
        return self._lists(self.board(id), which, fields_of(asked, "fields", LIST_FIELDS, LIST_FIELDS))

    def board_fields(self, asked: Asked, id: str) -> Any:
        check_names(asked, ())
        board = self.board(id)
        return [self.bodies.field(one) for one in self.desk.fields.values() if one.board == board.id]

    def board_actions(self, asked: Asked, id: str) -> Any:
        board = self.board(id)
        return self._actions(asked, [one for one in self.desk.actions if one.board == board.id])

    # -- cards

    def one_card(self, asked: Asked, id: str) -> Any:
        check_names(
            asked,
            ("fields", "customFieldItems", "list", "list_fields", "board", "board_fields", "members", "member_fields"),
        )
        card = self.card(id)
        drawn = self.bodies.card(
            card, fields_of(asked, "fields", CARD_FIELDS, CARD_FIELDS), custom_fields=is_set(asked, "customFieldItems")
        )
        if is_set(asked, "list"):
            fields = fields_of(asked, "list_fields", LIST_FIELDS, LIST_FIELDS)
            drawn["list"] = self.bodies.column(self.desk.columns[card.column], fields)
        if is_set(asked, "board"):
            fields = fields_of(asked, "board_fields", BOARD_FIELDS, BOARD_FIELDS)
            drawn["board"] = self.bodies.board(self.desk.boards[card.board], fields)
        if is_set(asked, "members"):
            fields = fields_of(asked, "member_fields", MEMBER_FIELDS, MEMBER_FIELDS)
            drawn["members"] = [self.bodies.member(self.desk.members[one], fields) for one in card.members]
        return drawn

    def card_actions(self, asked: Asked, id: str) -> Any:
        card = self.card(id)
        check_names(asked, ("fields", "filter", "page", "memberCreator"))  # its pages have fifty, and nineteen follow
        return self._actions(
            {"filter": "commentCard,updateCard:idList", **asked},
            [one for one in self.desk.actions if one.card == card.id],
        )

    def card_attachments(self, asked: Asked, id: str) -> Any:
        check_names(asked, ("fields",))
        fields = fields_of(asked, "fields", ("name", "url"), ("name", "url"))
        return [self.bodies.attachment(one, fields) for one in self.card(id).attachments]

    # -- inside

    def _lists(self, board: Board, which: str, fields: Any) -> list[dict[str, Any]]:
        return [
            self.bodies.column(one, fields)
            for one in self.desk.columns.values()
            if one.board == board.id and which in ("all", "closed" if one.closed else "open")
        ]

    def _labels(self, board: Board) -> list[dict[str, Any]]:
        return [self.bodies.label(one) for one in self.desk.labels.values() if one.board == board.id]

    def _cards(self, board: Board, which: str) -> list[Card]:
        """Return a board's cards as a filter has it: `visible` are open ones in open lists."""
        found = [one for one in self.desk.cards.values() if one.board == board.id]
        if which == "visible":
            return [one for one in found if not one.closed and not self.desk.columns[one.column].closed]
        return [one for one in found if which == "all" or one.closed == (which == "closed")]

    def _actions(self, asked: Asked, found: Sequence[Action]) -> Any:
        check_names(asked, ("fields", "filter", "limit", "before", "since", "page", "memberCreator"))
        wanted = asked.get("filter", "all").split(",")
        limit = number_of(asked, "limit", 50, MOST)
        page = number_of(asked, "page", 0, 19)
        fields = fields_of(asked, "fields", ACTION_FIELDS, ACTION_FIELDS)
        chosen = [one for one in found if wanted == ["all"] or any(_is_kind(one, kind) for kind in wanted)]
        chosen = sorted(_between(chosen, asked), key=lambda one: one.id, reverse=True)[page * limit :][:limit]
        creator = choice_of(asked, "memberCreator", ("true", "false"), "true") == "true"
        return [self.bodies.action(one, fields, creator=creator) for one in chosen]


def _is_kind(action: Action, kind: str) -> bool:
    name, _, field = kind.partition(":")
    return action.type == name and (not field or field in action.data.get("old", {}))


def _between(found: Sequence[Any], asked: Asked) -> list[Any]:
    for name in ("before", "since"):
        if name in asked and not ID.fullmatch(asked[name]):
            raise RefusedError(400, f"invalid value for {name}")
    # an id stands for the second that it was made in, as "objects created before this date" has it
    before, since = asked.get("before", "g")[:8], asked.get("since", "")[:8]
    return [one for one in found if since <= one.id[:8] < before]
