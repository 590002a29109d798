"""The simulated tools of the demo, up on loopback, and the environment that leads the hub to them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from connectors.sandbox.company import found_company
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox


@dataclass(frozen=True, slots=True)
class Tools:
    """Three simulated tools, where they listen, and what the hub must know to reach them."""

    jira: JiraSandbox
    slack: SlackSandbox
    teams: TeamsSandbox
    addresses: dict[str, str]
    environ: dict[str, str]
    webhook_secret: str

    def ring_at(self, public_url: str) -> None:
        """Register the hub's webhook in Jira, as an admin does once."""
        self.jira.register_webhook(f"{public_url}/hooks/jira-main", self.webhook_secret)


@contextmanager
def open_tools(first: date, last: date, now: Callable[[], datetime], *, delay: float = 0.0) -> Iterator[Tools]:
    """Found the company, and serve Jira, Slack and Teams until the block ends. Every secret is new."""
    token, bot, webhook_secret = (secrets.token_urlsafe(24) for _ in range(3))
    jira = JiraSandbox(email="hub@northwind.test", token=token, now=now, delay=delay)
    found_company(jira, start=first, end=last, now=now())
    slack = SlackSandbox(now=now, bot_token=f"xoxb-{bot}")
    teams = TeamsSandbox(now=now)
    okrs = slack.add_channel("#okrs", "okrs")
    payments = slack.add_channel("#payments", "payments")
    flow = teams.add_channel("Payments", "payments")
    with ExitStack() as stack:
        stack.callback(jira.close)
        servers = {
            "jira": stack.enter_context(serve(jira)),
            "slack": stack.enter_context(serve(slack)),
            "teams": stack.enter_context(serve(teams)),
        }
        addresses = {name: server.url for name, server in servers.items()}
        assert okrs.id == "C0OKRS"
        yield Tools(
            jira,
            slack,
            teams,
            addresses,
            {
                "JIRA_URL": addresses["jira"],
                "JIRA_TOKEN": token,
                "JIRA_WEBHOOK_SECRET": webhook_secret,
                "SLACK_URL": f"{addresses['slack']}/api/",
                "SLACK_BOT_TOKEN": f"xoxb-{bot}",
                "SLACK_PAYMENTS_URL": f"{addresses['slack']}{payments.webhook_path}",
                "TEAMS_URL": addresses["teams"],
                "TEAMS_PAYMENTS_URL": f"{addresses['teams']}{flow}",
            },
            webhook_secret,
        )
