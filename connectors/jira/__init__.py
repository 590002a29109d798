"""Jira, in the cloud or at Data Center: issues read by JQL, and the webhooks that say which of them moved."""

from connectors.jira.connector import Jira

__all__ = ["Jira"]
