"""Webhooks that the hub registers, notes that it writes back, items that are gone: with a tool of our own."""
