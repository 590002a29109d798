"""Asana as a source of work."""

from connectors.asana.connector import Asana

__all__ = ["Asana"]
