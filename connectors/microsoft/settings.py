"""What a person must fill in to connect Microsoft 365, and what the connector says about itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.addresses import why_no_address
from connectors.errors import Misconfigured
from connectors.fields import Budget, Description, Face, Field, OAuth2, Permission

GRAPH = "https://graph.microsoft.com"
LOGIN = "https://login.microsoftonline.com"

_TENANT = Field(
    "tenant",
    "text",
    "Your tenant: its id, or one of its domains. Microsoft Entra admin center, Overview.",
    required=True,
    example="acme.onmicrosoft.com",
)
_CLIENT = Field(
    "client_id",
    "text",
    "The application (client) id of the app you registered for the hub in Microsoft Entra.",
    required=True,
    example="00001111-aaaa-2222-bbbb-3333cccc4444",
)
_SECRET = Field(
    "client_secret",
    "text",
    "A client secret of that app: its value, not its id. It expires; two years are the most.",
    required=True,
    secret=True,
    example="${MICROSOFT_CLIENT_SECRET}",
)
_LOGIN = Field("login_url", "url", "The login server. Only other for a national cloud.", default=LOGIN)

# Least privileged, after the permissions reference and each call's own page:
# https://learn.microsoft.com/graph/permissions-reference
DELEGATED = (
    Permission("offline_access", "the hub is signed out after an hour"),
    Permission("User.Read", "the hub cannot tell whose account it is"),
    Permission("Tasks.Read", "Planner plans and To Do lists cannot be read"),
    Permission("Group.Read.All", "teams cannot be found by name; a plan's id still works", optional=True),
    Permission("User.ReadBasic.All", "assignees show as ids instead of names", optional=True),
    Permission("Channel.ReadBasic.All", "a plan cannot be found through its channel", optional=True),
    Permission("TeamsTab.Read.All", "a plan cannot be found through a channel's tab", optional=True),
    Permission("Files.ReadWrite", "Excel cannot be read (Graph wants this much; the hub only reads)", optional=True),
    Permission("Sites.Read.All", "SharePoint lists, and workbooks on sites, cannot be read", optional=True),
)  # fmt: skip
# What an administrator consents to for the app itself. A token of the app's own holds them all (".default").
APP_ROLES = (
    Permission("Tasks.Read.All", "Planner plans and To Do lists cannot be read"),
    Permission("Group.Read.All", "teams cannot be found by name; a plan's id still works", optional=True),
    Permission("User.ReadBasic.All", "assignees show as ids instead of names", optional=True),
    Permission("Channel.ReadBasic.All", "a plan cannot be found through its channel", optional=True),
    Permission("TeamsTab.Read.All", "a plan cannot be found through a channel's tab", optional=True),
    Permission("Sites.Read.All", "SharePoint lists cannot be read", optional=True),
    Permission("Files.Read.All", "workbooks cannot be read", optional=True),
)  # fmt: skip

DESCRIPTION = Description(
    kind="microsoft",
    title="Microsoft 365",
    faces=frozenset({Face.SOURCE, Face.SWEEP, Face.GAUGES, Face.WEBHOOKS, Face.SUBSCRIPTIONS}),
    auth=(
        OAuth2(
            grant="client_credentials",
            title="Sign in as an app",
            token_url="{login_url}/{tenant}/oauth2/v2.0/token",  # noqa: S106  (an address)
            fields=(_TENANT, _CLIENT, _SECRET, _LOGIN),
            permissions=(Permission(f"{GRAPH}/.default", "nothing can be read"),),
            uses_pkce=False,
            rotates=False,
        ),
        OAuth2(
            grant="authorization_code",
            title="Sign in with Microsoft",
            authorize_url="{login_url}/{tenant}/oauth2/v2.0/authorize",
            token_url="{login_url}/{tenant}/oauth2/v2.0/token",  # noqa: S106  (an address)
            fields=(_TENANT, _CLIENT, _SECRET, _LOGIN),
            permissions=DELEGATED,
            asks=(("prompt", "select_account"),),
            rotates=True,
            idle_days=90,
        ),
    ),
    settings=(
        Field("base_url", "url", "Where Graph is. Only other for a national cloud.", default=GRAPH),
        Field(
            "user",
            "text",
            "Whose To Do lists and OneDrive an app reads. A person who signs in reads their own.",
            example="mira@acme.example",
        ),
        Field(
            "webhook_secret",
            "text",
            "Only for a subscription that somebody made by hand: its clientState. The hub's own have one each.",
            secret=True,
            example="${MICROSOFT_WEBHOOK_SECRET}",
        ),
    ),
    hosts=(
        "graph.microsoft.com",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "microsoftgraph.chinacloudapi.cn",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
    ),
    docs="connectors/microsoft.md",
    item_fields=("percent_complete", "priority", "bucket", "checklist_done", "checklist_total", "checklist_percent"),
    # https://learn.microsoft.com/graph/throttling-limits : Planner's own limits are not published
    budgets=(
        Budget("app across all tenants", 130_000, 10, by=("client_id",)),
        Budget("mailbox", 10_000, 600, path=r"/(me|users/[^/]+)/todo/", each=True),
        Budget("mailbox at once", 4, path=r"/(me|users/[^/]+)/todo/", each=True),
        Budget("subscriptions", 500, 20, methods=frozenset({"POST", "PATCH", "DELETE"}), path=r"/subscriptions"),
    ),
)  # fmt: skip

_WORD = re.compile(r"[A-Za-z0-9.-]{1,255}")


@dataclass(frozen=True, slots=True)
class Account:
    """The settings of one connection, checked. `base` has no final /; `mine` is where To Do and OneDrive begin."""

    base: str
    tenant: str
    client_id: str
    mine: str = "me"

    @property
    def api(self) -> str:
        """The address of Graph v1.0."""
        return f"{self.base}/v1.0"


def read_settings(settings: Mapping[str, str]) -> Account:
    """Check the settings without asking anyone. Raises Misconfigured naming the first field that is wrong."""
    for field in (_TENANT, _CLIENT):
        text = settings.get(field.name, "").strip()
        if not text:
            raise Misconfigured(f"microsoft: {field.name} is missing", field=field.name, hint=field.help)
        if not _WORD.fullmatch(text):
            raise Misconfigured(f"microsoft: {field.name} is neither an id nor a domain", field=field.name)
    base = settings.get("base_url", "").strip() or GRAPH
    why = why_no_address(base)
    parts = urlsplit(base if not why else "")
    if why or parts.query or parts.fragment or parts.path.strip("/"):
        raise Misconfigured(
            f"microsoft: base_url is not an address such as {GRAPH}" + (f": {why}" if why else ""),
            field="base_url",
            hint="leave it out, unless your tenant is in a national cloud",
        )
    user = settings.get("user", "").strip()
    if user and (any(c.isspace() or c in "/?#%'" for c in user)):
        raise Misconfigured("microsoft: user is neither an address nor an id", field="user")
    mine = f"users/{user}" if user else "me"
    return Account(base.rstrip("/"), settings["tenant"].strip(), settings["client_id"].strip(), mine)
