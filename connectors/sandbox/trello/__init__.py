"""A simulated Trello."""

from connectors.sandbox.trello.sandbox import TrelloSandbox

__all__ = ["TrelloSandbox"]
