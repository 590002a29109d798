"""A simulated tenant of Microsoft 365: Planner, To Do, Excel and SharePoint by Graph, and the login server."""

from connectors.sandbox.microsoft.sandbox import MicrosoftSandbox

__all__ = ["MicrosoftSandbox"]
