"""Subscribe: the webhooks that a connection's scopes need are registered at the tool, renewed and removed."""

from hub.flows.subscribe.flow import subscribe
from hub.flows.subscribe.outcome import Subscribed

__all__ = ["Subscribed", "subscribe"]
