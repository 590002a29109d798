"""Sync: read what moved in a tool, and record what it means for the key results that stand on it."""

from hub.flows.sync.accept import Accepted, NotAccepted, accept
from hub.flows.sync.flow import sync
from hub.flows.sync.outcome import Synced

__all__ = ["Accepted", "NotAccepted", "Synced", "accept", "sync"]
