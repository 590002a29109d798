"""What a person must fill in to connect Trello, and what the connector says about itself."""

from __future__ import annotations

from connectors.fields import ApiToken, Budget, Description, Face, Field, OAuth2, Permission

# https://developer.atlassian.com/cloud/trello/guides/rest-api/oauth-2-getting-started/
PERMISSIONS = (
    Permission("read:board:trello", "boards and cards cannot be read"),
    Permission("read:member:trello", "it cannot be said whose account this is, nor which boards it sees"),
    Permission("read:organization:trello", "boards that a workspace shares cannot be read"),
    Permission(
        "write:board:trello", "nothing can be written back to cards, and no webhook can be registered", optional=True
    ),
    Permission("offline_access", "somebody must sign in again every hour"),
)

_WAYS = (
    ApiToken(
        carried_by="header",
        title="API key and token",
        fields=(
            Field(
                "api_key",
                "text",
                "The API key of your app, from trello.com/apps/admin, tab Trello Auth.",
                required=True,
                secret=True,
                example="${TRELLO_API_KEY}",
            ),
            Field(
                "token",
                "text",
                "A token of the account that reads Trello, made for that key. It sees the boards of that account.",
                required=True,
                secret=True,
                example="${TRELLO_TOKEN}",
            ),
        ),
    ),
    OAuth2(
        grant="authorization_code",
        title="Sign in with Atlassian",
        authorize_url="{login_url}/authorize",
        token_url="{login_url}/oauth/token",  # noqa: S106  (an address)
        fields=(
            Field(
                "client_id",
                "text",
                "The client id of your app's OAuth 2.0 client, from trello.com/apps/admin.",
                required=True,
                example="kT5Xm2vQw8",
            ),
            Field(
                "client_secret",
                "text",
                "The secret that belongs to the client id. It also proves the webhooks of the app.",
                required=True,
                secret=True,
                example="${TRELLO_CLIENT_SECRET}",
            ),
            Field(
                "login_url",
                "url",
                "Where Atlassian signs people in. Only another address for a simulated one.",
                default="https://auth.atlassian.com",
            ),
        ),
        permissions=PERMISSIONS,
        asks=(("prompt", "consent"),),
        uses_pkce=True,
        rotates=True,
        idle_days=90,
    ),
)

# https://developer.atlassian.com/cloud/trello/guides/rest-api/rate-limits/
BUDGETS = (
    Budget("token", 100, 10.0),
    Budget("key", 300, 10.0, by=("api_key", "client_id")),
    Budget("members and search", 100, 900.0, path=r"/(?:members|membersSearch|search)(?=[/?]|$)"),
)

DESCRIPTION = Description(
    kind="trello",
    title="Trello",
    faces=frozenset({Face.SOURCE, Face.SWEEP, Face.WEBHOOKS, Face.SUBSCRIPTIONS, Face.HISTORIES, Face.WRITE_BACK}),
    auth=_WAYS,
    settings=(
        Field(
            "base_url",
            "url",
            "Where Trello's API is. Only another address for a simulated one.",
            default="https://api.trello.com",
        ),
        Field(
            "done_lists",
            "list",
            "Names of lists whose cards count as done, parted by commas. A card marked complete is done in any list. "
            "Unless said: Done, and what stands for it in twenty languages.",
            example="Done, Shipped",
        ),
        Field(
            "doing_lists",
            "list",
            "Names of lists whose cards count as in progress, parted by commas. "
            "Unless said: Doing, In Progress, and what stands for them in twenty languages.",
            example="Doing, Review",
        ),
        Field(
            "points_field",
            "text",
            "The custom field that holds points, by name. Needed where it is not called Points or Story Points.",
            example="Estimate",
        ),
        Field(
            "webhook_secret",
            "text",
            "The app's secret, beside its API key at trello.com/apps/admin: Trello signs webhooks with it. "
            "After Sign in with Atlassian the client secret serves.",
            secret=True,
            example="${TRELLO_WEBHOOK_SECRET}",
        ),
    ),
    hosts=("api.trello.com", "auth.atlassian.com"),
    docs="connectors/trello.md",
    item_fields=(
        "list",
        "board",
        "archived",
        "due_complete",
        "checklist_done",
        "checklist_total",
        "checklist_percent",
    ),
    budgets=BUDGETS,
    write_backs=("comment", "field", "link"),
)
