"""Microsoft Teams as a channel: an Adaptive Card posted to a Workflows address."""

from connectors.teams.teams import Teams

__all__ = ["Teams"]
