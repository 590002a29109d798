"""Microsoft 365: Planner, To Do, cells of Excel and columns of SharePoint, read through Microsoft Graph."""

from connectors.microsoft.connector import Microsoft

__all__ = ["Microsoft"]
