"""Receive: a webhook is a doorbell. Verify it, note what it touched, ring; the value is read from the tool later."""

from hub.flows.receive.flow import Answer, receive

__all__ = ["Answer", "receive"]
