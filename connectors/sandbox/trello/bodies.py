"""Trello's objects as its API draws them: the fields asked for, and what is nested in them.

https://developer.atlassian.com/cloud/trello/guides/rest-api/object-definitions/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.oddities import bent
from connectors.sandbox.trello.state import Desk
from connectors.sandbox.trello.things import Action, Attachment, Board, Card, Column, Field, Label, Member

BOARD_FIELDS = (
    "name", "desc", "closed", "shortLink", "shortUrl", "url", "dateLastActivity", "idOrganization", "pinned",
)  # fmt: skip
LIST_FIELDS = ("name", "closed", "idBoard", "pos", "subscribed")
MEMBER_FIELDS = ("fullName", "username", "initials")
CARD_FIELDS = (
    "badges", "cardRole", "closed", "dateLastActivity", "desc", "due", "dueComplete", "idBoard", "idChecklists",
    "idLabels", "idList", "idMembers", "idShort", "isTemplate", "labels", "mirrorSourceId", "name", "pos", "shortLink",
    "shortUrl", "url",
)  # fmt: skip
ACTION_FIELDS = ("data", "date", "idMemberCreator", "type")


def moment(at: datetime | None) -> str | None:
    """Write a time as Trello does, in UTC with milliseconds."""
    if at is None:
        return None
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _chosen(drawn: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    return {"id": drawn["id"]} | {name: drawn[name] for name in fields if name in drawn and name != "id"}


class Bodies:
    """Draw what a desk holds."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def board(self, board: Board, fields: Collection[str]) -> dict[str, Any]:
        drawn = {
            "id": board.id,
            "name": board.name,
            "desc": "",
            "closed": board.closed,
            "shortLink": board.short_link,
            "shortUrl": f"https://trello.com/b/{board.short_link}",
            "url": f"https://trello.com/b/{board.short_link}/{board.name.lower().replace(' ', '-')}",
            "dateLastActivity": moment(board.last_activity),
            "idOrganization": "5f00000000000000000000aa",
            "pinned": False,
        }
        return _chosen(drawn, fields)

    def column(self, column: Column, fields: Collection[str] = LIST_FIELDS) -> dict[str, Any]:
        drawn = {
            "id": column.id,
            "name": column.name,
            "closed": column.closed,
            "idBoard": column.board,
            "pos": 16384,
            "subscribed": False,
        }
        return _chosen(drawn, fields)

    def label(self, label: Label) -> dict[str, Any]:
        return {"id": label.id, "idBoard": label.board, "name": label.name, "color": label.color}

    def field(self, field: Field) -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "id": field.id,
            "idModel": field.board,
            "modelType": "board",
            "fieldGroup": f"{field.id}{field.id}",
            "display": {"cardFront": True},
            "name": field.name,
            "pos": 16384,
            "type": field.type,
        }
        if field.type == "list":
            drawn["options"] = [
                {"id": id, "idCustomField": field.id, "value": {"text": text}, "color": "none", "pos": 16384}
                for id, text in field.options
            ]
        return drawn

    def member(self, member: Member, fields: Collection[str] = MEMBER_FIELDS) -> dict[str, Any]:
        initials = "".join(word[0] for word in member.full_name.split())
        drawn = {
            "id": member.id,
            "fullName": member.full_name,
            "username": member.username,
            "initials": initials,
        }
        return _chosen(drawn, fields)

    def card(self, card: Card, fields: Collection[str], *, custom_fields: bool = False) -> dict[str, Any]:
        due = moment(card.due)
        drawn: dict[str, Any] = {
            "id": card.id,
            "badges": {
                "attachmentsByType": {"trello": {"board": 0, "card": 0}},
                "location": False,
                "votes": 0,
                "viewingMemberVoted": False,
                "subscribed": False,
                "fogbugz": "",
                "checkItems": len(card.check_items),
                "checkItemsChecked": sum(one.done for one in card.check_items),
                "comments": 0,
                "attachments": len(card.attachments),
                "description": False,
                "due": due,
                "dueComplete": card.due_complete,
                "start": None,
            },
            "cardRole": card.role,
            "closed": card.closed,
            "dateLastActivity": moment(card.last_activity),
            "desc": "",
            "due": due,
            "dueComplete": card.due_complete,
            "idBoard": card.board,
            "idChecklists": [],
            "idLabels": sorted(card.labels),
            "idList": card.column,
            "idMembers": list(card.members),
            "idShort": card.number,
            "isTemplate": card.is_template,
            "mirrorSourceId": card.source,
            "name": card.name,
            "pos": 16384,
            "shortLink": card.short_link,
            "shortUrl": f"https://trello.com/c/{card.short_link}",
            "url": f"https://trello.com/c/{card.short_link}/{card.number}",
        }
        if "labels" in fields:
            drawn["labels"] = [self.label(self.desk.labels[id]) for id in sorted(card.labels)]
        chosen = _chosen(drawn, fields)
        if custom_fields:
            chosen["customFieldItems"] = [
                {"id": f"{id[:23]}f", "idCustomField": id, "idModel": card.id, "modelType": "card", "value": None}
                | dict(item)
                for id, item in card.values.items()
            ]
        return bent(chosen, self.desk.odd.get(card.id))

    def action(
        self, action: Action, fields: Collection[str] = ACTION_FIELDS, *, creator: bool = True
    ) -> dict[str, Any]:
        member = self.desk.members[action.member]
        drawn = {
            "id": action.id,
            "idMemberCreator": action.member,
            "data": action.data,
            "type": action.type,
            "date": moment(action.at),
        }
        return _chosen(drawn, fields) | ({"memberCreator": self.member(member)} if creator else {})

    def attachment(self, attachment: Attachment, fields: Collection[str] = ("name", "url")) -> dict[str, Any]:
        return _chosen({"id": attachment.id, "name": attachment.name, "url": attachment.url}, fields)
