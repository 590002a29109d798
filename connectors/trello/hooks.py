"""Webhooks of Trello: the probe, who signed a delivery, and which card moved.

https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/
"""

from __future__ import annotations

import hashlib
import re

from connectors.errors import Unexpected
from connectors.shapes import Delivery, Event, Greeting
from connectors.signatures import check_hmac_sha1
from connectors.tame import Wild, tame
from connectors.trello.calls import CLIENT


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# about one card: it is read
CARDS = _words(
    "addAttachmentToCard addChecklistToCard addLabelToCard addMemberToCard commentCard convertToCardFromCheckItem "
    "copyCard copyChecklist copyCommentCard createCard createCheckItem deleteAttachmentFromCard deleteCard "
    "deleteCheckItem deleteComment emailCard moveCardFromBoard moveCardToBoard removeChecklistFromCard "
    "removeLabelFromCard removeMemberFromCard updateCard updateCheckItem updateCheckItemStateOnCard updateChecklist "
    "updateComment updateCustomFieldItem voteOnCard"
)
# about what gives cards their names and places: the boards are read
BOARDS = _words(
    "addCustomField copyBoard createCustomField createLabel createList deleteCustomField deleteLabel moveListFromBoard "
    "moveListToBoard removeMemberFromBoard updateBoard updateCustomField updateLabel updateList"
)
IGNORED = _words(
    "acceptEnterpriseJoinRequest addAdminToBoard addAdminToOrganization addMemberToBoard addMemberToOrganization "
    "addOrganizationToEnterprise addToEnterprisePluginWhitelist addToOrganizationBoard createBoard "
    "createBoardInvitation createBoardPreference createOrganization createOrganizationInvitation "
    "deleteBoardInvitation deleteOrganizationInvitation disableEnterprisePluginWhitelist disablePlugin disablePowerUp "
    "enableEnterprisePluginWhitelist enablePlugin enablePowerUp makeAdminOfBoard makeAdminOfOrganization "
    "makeNormalMemberOfBoard makeNormalMemberOfOrganization makeObserverOfBoard memberJoinedTrello reactivatedMember "
    "removeFromEnterprisePluginWhitelist removeFromOrganizationBoard removeMemberFromOrganization "
    "removeOrganizationFromEnterprise unconfirmedBoardInvitation unconfirmedOrganizationInvitation updateMember "
    "updateOrganization"
)
# any other name is unknown: it rings when it carries a card, because a doorbell too many only costs one read

# what a note of ours sets off at the card it is written to
_OWN = _words("commentCard updateComment addAttachmentToCard deleteAttachmentFromCard updateCustomFieldItem")
_ID = re.compile(r"[0-9a-f]{24}")


def greet(delivery: Delivery) -> Greeting | None:
    """Answer the HEAD request with which Trello asks whether an address is there, before it sends anything."""
    return Greeting(200) if delivery.method == "HEAD" else None


def verify(delivery: Delivery, secret: str) -> None:
    """Raise Forged unless X-Trello-Webhook signs the raw body and the address, as it was registered, together."""
    check_hmac_sha1(delivery.headers.get("x-trello-webhook"), delivery.body + delivery.url.encode(), secret)


def parse(delivery: Delivery) -> tuple[Event, ...]:
    """Return the event of a delivery, or nothing for what is ignored, is our own doing, or cannot be read."""
    try:
        action = tame(delivery.body, "trello webhook")["action"]
        kind = action["type"].text()
        if kind in IGNORED or _is_own(delivery, kind):
            return ()
        card = _card_id(action)
    except Unexpected:
        return ()  # signed all the same: Trello would only send the same bytes again
    if kind in BOARDS:
        return (Event(_key(action, delivery), (), "board"),)
    if card is None:
        return ()
    return (Event(_key(action, delivery), (card,), "deleted" if kind == "deleteCard" else "changed"),)


def _is_own(delivery: Delivery, kind: str) -> bool:
    return delivery.headers.get("x-trello-client-identifier") == CLIENT and kind in _OWN


def _card_id(action: Wild) -> str | None:
    data = action.maybe("data")
    card = data.maybe("card") if data is not None and data.is_object else None
    if card is None or not card.is_object:
        return None
    id = card["id"].text()
    return id if _ID.fullmatch(id) else None


def _key(action: Wild, delivery: Delivery) -> str:
    """Return the action's id, the same on every repeat and for every webhook that tells of it."""
    id = action.maybe("id")
    if id is not None and not id.is_null and _ID.fullmatch(id.text()):
        return id.text()
    return "sha256:" + hashlib.sha256(delivery.body).hexdigest()
