"""All SQL of the hub. Nothing else speaks it; every function takes an open transaction and returns plain shapes."""

from hub.store.engine import Store

__all__ = ["Store"]
