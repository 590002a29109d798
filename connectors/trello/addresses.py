"""What an address names, as people copy it: https://trello.com/c/5qrgGdD5/12-title , https://trello.com/b/iqXXzYEj/name

What stands behind the short link says nothing more: number and title, a view, a query, a fragment such as #comment-...
The API takes a short link wherever it takes an id:
https://developer.atlassian.com/cloud/trello/guides/rest-api/api-introduction/
"""

from __future__ import annotations

import re

_SITE = r"(?:https?://)?(?:www\.|api\.)?trello\.com/(?:1/)?"
_SHORT, _ID = r"[0-9A-Za-z]{4,16}", r"[0-9a-f]{24}"
_REST = r"(?:[/?#].*)?"
_CARD = re.compile(rf"{_SITE}(?:c|cards?)/({_ID}|{_SHORT}){_REST}", re.DOTALL)
_BOARD = re.compile(rf"{_SITE}(?:b|boards?)/(?:[^/?#]+/(?={_ID}))?({_ID}|{_SHORT}){_REST}", re.DOTALL)
_BARE = re.compile(rf"({_ID}|[0-9A-Za-z]{{8}})")


def card_in(text: str) -> str:
    """Return the id or short link of a card in what a person wrote; empty for anything else."""
    match = _CARD.fullmatch(text.strip()) or _BARE.fullmatch(text.strip())
    return match[1] if match else ""


def board_in(text: str) -> str:
    """Return the id or short link of a board in its address; empty for anything else."""
    match = _BOARD.fullmatch(text.strip())
    return match[1] if match else ""
