"""Cards that Trello shows among the others and that are no work themselves.

What there is beside ordinary cards: `cardRole` of the call that makes one ("For displaying cards in different ways
based on the card name", https://developer.atlassian.com/cloud/trello/rest/api-group-cards/#api-cards-post) and
`isTemplate`. A mirror shows a card that lives on another board, where it counts; a board or a link points elsewhere.
"""

from __future__ import annotations

import unicodedata

from connectors.trello.answers import Card

_ROLES = {"separator": "Separator", "board": "Board", "mirror": "Mirror", "link": "Link"}
_LEAST = 3  # dashes or underscores that Trello draws as a line


def role_of(card: Card) -> str:
    """Return what a card is instead of work: Separator, Board, Mirror, Link or Template; empty for any other."""
    role = _ROLES.get(card.card_role or "")
    if role is not None:
        return role
    if card.is_template:
        return "Template"
    return "Separator" if _is_line(card.name) else ""


def _is_line(name: str) -> bool:
    """Say whether a name is dashes alone: people drew lines so before Trello knew a role for them."""
    signs = "".join(name.split())
    return len(signs) >= _LEAST and all(
        unicodedata.category(c) in ("Pd", "Pc") or c in "\u2500\u2501\u2212" for c in signs
    )
