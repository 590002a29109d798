"""A simulated Asana."""

from connectors.sandbox.asana.sandbox import AsanaSandbox

__all__ = ["AsanaSandbox"]
