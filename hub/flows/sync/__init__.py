"""Sync: read what moved in a tool, and record what it means for the key results that stand on it."""

from hub.flows.sync.flow import Synced, sync

__all__ = ["Synced", "sync"]
