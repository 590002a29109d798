"""Trello: cards of boards, lists and labels, and the webhooks that say which of them moved."""

from connectors.trello.connector import Trello

__all__ = ["Trello"]
