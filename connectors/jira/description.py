"""What the connector says about itself: its faces, the ways to sign in, its settings and Jira's published limits."""

from __future__ import annotations

from connectors.fields import ApiToken, Budget, Description, Face, Field, OAuth2, Permission

_CLIENT = (
    Field(
        "client_id",
        "text",
        "The client id of your app, or of the service account's credential.",
        required=True,
        example="kT5Xm2vQw8",
    ),
    Field(
        "client_secret",
        "text",
        "The secret that belongs to the client id. It also proves the webhooks of an app.",
        required=True,
        secret=True,
        example="${JIRA_CLIENT_SECRET}",
    ),
    Field(
        "login_url",
        "url",
        "Where Atlassian signs people in. Only another address for a simulated one.",
        default="https://auth.atlassian.com",
    ),
)
# classic scopes as far as there are any: boards and sprints have none
# https://developer.atlassian.com/cloud/jira/platform/scopes-for-oauth-2-3LO-and-forge-apps/
PERMISSIONS = (
    Permission("read:jira-work", "issues, projects and filters cannot be read"),
    Permission("read:jira-user", "it cannot be said whose account this is"),
    Permission("write:jira-work", "nothing can be written back to issues", optional=True),
    Permission("manage:jira-webhook", "changes are seen on schedule only, not within seconds", optional=True),
    Permission("read:board-scope:jira-software", "boards cannot be selected", optional=True),
    Permission("read:sprint:jira-software", "the active sprint of a board cannot be selected", optional=True),
    Permission("read:project:jira", "boards cannot be selected", optional=True),
    Permission(
        "read:board-scope.admin:jira-software",
        "a board is read by its own list, which takes more requests, and its field for points must be named",
        optional=True,
    ),
    Permission("read:issue-details:jira", "a board cannot be read by its own list", optional=True),
)

_WAYS = (
    ApiToken(
        carried_by="basic",
        title="E-mail address and API token",
        fields=(
            Field(
                "email",
                "text",
                "The account that reads Jira. It sees what the hub may see: give it Browse Projects, no more.",
                required=True,
                example="okr-bot@acme.example",
            ),
            Field(
                "token",
                "text",
                "An API token of that account, from id.atlassian.com, Security, API tokens, or of a service account, "
                "from admin.atlassian.com. It expires within a year.",
                required=True,
                secret=True,
                example="${JIRA_TOKEN}",
            ),
        ),
    ),
    ApiToken(
        carried_by="bearer",
        title="Personal access token (Data Center)",
        name="personal_token",
        fields=(
            Field(
                "personal_token",
                "text",
                "A personal access token of the account that reads Jira Data Center, from its profile.",
                required=True,
                secret=True,
                example="${JIRA_PERSONAL_TOKEN}",
            ),
        ),
    ),
    OAuth2(
        grant="authorization_code",
        title="Sign in with Atlassian",
        authorize_url="{login_url}/authorize",
        token_url="{login_url}/oauth/token",  # noqa: S106  (an address)
        fields=_CLIENT,
        permissions=(*PERMISSIONS, Permission("offline_access", "somebody must sign in again every hour")),
        asks=(("audience", "api.atlassian.com"), ("prompt", "consent")),
        rotates=True,
        idle_days=90,
    ),
    OAuth2(
        grant="client_credentials",
        title="Service account (OAuth 2.0 credential)",
        token_url="{login_url}/oauth/token",  # noqa: S106  (an address)
        fields=_CLIENT,
        uses_pkce=False,
        rotates=False,
    ),
)

# https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
_READS = r"/rest/[a-z]+/[0-9.]+/(?:search/jql|issue/bulkfetch|jql/match|changelog/bulkfetch|field|project/search|board)"
_ISSUE = r"/issue/(?:[0-9]+|[A-Za-z][A-Za-z0-9_]*-[0-9]+)(?=[/?]|$)"
_WRITES = frozenset({"POST", "PUT", "DELETE"})
BUDGETS = (
    Budget("one endpoint", 100, 1.0, frozenset({"GET", "POST"}), _READS, each=True),
    Budget("changes of one endpoint", 50, 1.0, frozenset({"PUT", "DELETE"})),
    Budget("writes to one issue", 20, 2.0, _WRITES, _ISSUE, each=True),
    Budget("writes to one issue, longer", 100, 30.0, _WRITES, _ISSUE, each=True),
)

# Resolutions that Jira's templates and its service projects bring, and that say that nobody will do it.
DROPPED = ("Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Declined", "Incomplete")

DESCRIPTION = Description(
    kind="jira",
    title="Jira",
    faces=frozenset(
        {
            Face.SOURCE,
            Face.SWEEP,
            Face.WEBHOOKS,
            Face.SUBSCRIPTIONS,
            Face.HISTORIES,
            Face.SITES,
            Face.WRITE_BACK,
        }
    ),
    auth=_WAYS,
    settings=(
        Field(
            "base_url",
            "url",
            "Your site. For a scoped token or a service account https://api.atlassian.com/ex/jira/ and your cloud id, "
            "plus site_url; after Sign in with Atlassian it is filled in.",
            required=True,
            example="https://acme.atlassian.net",
        ),
        Field(
            "site_url",
            "url",
            "The address people open, for links. Only needed when base_url is the api.atlassian.com gateway.",
            example="https://acme.atlassian.net",
        ),
        Field(
            "deployment",
            "choice",
            "Whether Atlassian runs your Jira, or your company does (Data Center or Server).",
            default="cloud",
            choices=("cloud", "data_center"),
        ),
        Field(
            "gateway_url",
            "url",
            "Where Atlassian says which sites a sign-in reaches. Only another address for a simulated one.",
            default="https://api.atlassian.com",
        ),
        Field(
            "webhook_secret",
            "text",
            "The secret of the webhook an admin made under System, WebHooks. Without it deliveries are refused.",
            secret=True,
            example="${JIRA_WEBHOOK_SECRET}",
        ),
        Field(
            "points_field",
            "text",
            "The field that holds story points, by name or id. Needed when the site has several.",
            example="Story Points",
        ),
        Field(
            "language",
            "text",
            "The language in which Jira Cloud names types, statuses and resolutions to the hub, whatever the account's "
            "own is: rules are written in it. Data Center always uses the account's.",
            default="en",
            example="de",
        ),
        Field(
            "dropped_resolutions",
            "list",
            "Resolutions that mean that nobody will do it, parted by commas: such an issue is dropped and not done. "
            "Say none if there are no such resolutions.",
            default=", ".join(DROPPED),
            example="Won't Do, Duplicate",
        ),
    ),
    hosts=("atlassian.net", "api.atlassian.com"),
    docs="connectors/jira.md",
    item_fields=("Priority", "Resolution"),
    budgets=BUDGETS,
    write_backs=("link", "property", "comment", "field"),
)
