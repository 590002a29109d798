"""The simulated tools of the demo, up on loopback, and the environment that leads the hub to them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.company import Sites, found_company
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.server import WsgiApp, serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox
from connectors.sandbox.trello import TrelloSandbox


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools that are read and those that are told, where they listen, and what the hub must know to reach them."""

    sites: Sites
    slack: SlackSandbox
    teams: TeamsSandbox
    addresses: dict[str, str]
    environ: dict[str, str]
    webhook_secret: str

    @property
    def jira(self) -> JiraSandbox:
        """The tool where most of the work is."""
        return self.sites.jira

    def ring_at(self, public_url: str) -> None:
        """Register the hub's webhook in Jira, as an admin does once. In Asana and Trello the hub does so itself."""
        self.jira.register_webhook(f"{public_url}/hooks/jira-main", self.webhook_secret)


@contextmanager
def open_tools(first: date, last: date, now: Callable[[], datetime], *, delay: float = 0.0) -> Iterator[Tools]:
    """Found the company, and serve its tools and its channels until the block ends. Every secret is new."""
    token, asana_token, client_secret, bot, webhook_secret = (secrets.token_urlsafe(24) for _ in range(5))
    api_key, trello_token, trello_secret = secrets.token_hex(16), f"ATTA{secrets.token_hex(32)}", secrets.token_hex(32)
    sites = Sites(
        JiraSandbox(email="hub@northwind.test", token=token, now=now, delay=delay),
        AsanaSandbox(now=now, token=asana_token),
        TrelloSandbox(now=now, api_key=api_key, token=trello_token, secret=trello_secret),
        MicrosoftSandbox(now=now, client_secret=client_secret),
    )
    found_company(sites, start=first, end=last, now=now())
    slack = SlackSandbox(now=now, bot_token=f"xoxb-{bot}")
    teams = TeamsSandbox(now=now)
    okrs = slack.add_channel("#okrs", "okrs")
    payments = slack.add_channel("#payments", "payments")
    flow = teams.add_channel("Payments", "payments")
    served: dict[str, WsgiApp] = {
        "jira": sites.jira,
        "asana": sites.asana,
        "trello": sites.trello,
        "microsoft": sites.microsoft,
        "slack": slack,
        "teams": teams,
    }
    with ExitStack() as stack:
        stack.callback(sites.close)
        addresses = {name: stack.enter_context(serve(tool)).url for name, tool in served.items()}
        assert okrs.id == "C0OKRS"
        yield Tools(
            sites,
            slack,
            teams,
            addresses,
            {
                "JIRA_URL": addresses["jira"],
                "JIRA_TOKEN": token,
                "JIRA_WEBHOOK_SECRET": webhook_secret,
                "ASANA_URL": addresses["asana"],
                "ASANA_TOKEN": asana_token,
                "TRELLO_URL": addresses["trello"],
                "TRELLO_API_KEY": api_key,
                "TRELLO_TOKEN": trello_token,
                "TRELLO_WEBHOOK_SECRET": trello_secret,
                "MICROSOFT_URL": addresses["microsoft"],
                "MICROSOFT_CLIENT_SECRET": client_secret,
                "SLACK_URL": f"{addresses['slack']}/api/",
                "SLACK_BOT_TOKEN": f"xoxb-{bot}",
                "SLACK_PAYMENTS_URL": f"{addresses['slack']}{payments.webhook_path}",
                "TEAMS_URL": addresses["teams"],
                "TEAMS_PAYMENTS_URL": f"{addresses['teams']}{flow}",
            },
            webhook_secret,
        )
