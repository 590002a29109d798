"""A simulated Jira Cloud site."""

from connectors.sandbox.jira.jql import JqlError
from connectors.sandbox.jira.sandbox import JiraSandbox
from connectors.sandbox.jira.webhooks import Sent

__all__ = ["JiraSandbox", "JqlError", "Sent"]
