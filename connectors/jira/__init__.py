"""Jira Cloud: issues read by JQL, and the webhooks that say which of them moved."""

from connectors.jira.connector import Jira

__all__ = ["Jira"]
