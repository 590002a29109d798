"""Notify: what changed is told to the channels, each letter once."""

from hub.flows.notify.flow import tell_channel
from hub.flows.notify.message import write_message

__all__ = ["tell_channel", "write_message"]
