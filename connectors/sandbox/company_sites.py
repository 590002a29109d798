"""Where Northwind Robotics works: four simulated tools, and a change in one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.trello import TrelloSandbox


@dataclass(frozen=True, slots=True)
class Sites:
    """The company's tools: engineering is in Jira, sales and stories in Asana, runbooks in Trello, the rest in 365."""

    jira: JiraSandbox
    asana: AsanaSandbox
    trello: TrelloSandbox
    microsoft: MicrosoftSandbox

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until every webhook is delivered or given up; false when one of the tools took longer than `timeout`."""
        return all([self.jira.drain(timeout), self.asana.drain(timeout), self.trello.post.drain(timeout)])

    def close(self) -> None:
        """Stop sending webhooks."""
        for site in (self.jira, self.asana, self.trello, self.microsoft):
            site.close()


@dataclass(frozen=True, slots=True)
class OnceChange:
    """A change in a tool and what it does: `apply()` makes it; the key result goes from status `was` to `becomes`.

    For the stream `key_result`, `was` and `becomes` are empty: there a change may or may not tell.
    """

    says: str
    apply: Callable[[], object]
    key_result: str = ""
    was: str = ""
    becomes: str = ""
