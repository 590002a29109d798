"""What a person must fill in to connect Asana, and what the connector says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.addresses import why_no_address
from connectors.asana.items import CARRIED
from connectors.errors import Misconfigured
from connectors.fields import ApiToken, Budget, Description, Face, Field, OAuth2, Permission

HOME = "https://app.asana.com"

DESCRIPTION = Description(
    kind="asana",
    title="Asana",
    faces=frozenset(
        {Face.SOURCE, Face.SWEEP, Face.GAUGES, Face.WEBHOOKS, Face.SUBSCRIPTIONS, Face.WRITE_BACK},
    ),
    auth=(
        ApiToken(
            carried_by="bearer",
            title="Paste a personal access token",
            fields=(
                Field(
                    "token",
                    "text",
                    "A personal access token, from app.asana.com/0/my-apps, or the token of a service account. "
                    "The hub sees what its owner sees.",
                    required=True,
                    secret=True,
                    example="${ASANA_TOKEN}",
                ),
            ),
        ),
        OAuth2(
            grant="authorization_code",
            title="Sign in with Asana",
            authorize_url="{login_url}/-/oauth_authorize",
            token_url="{login_url}/-/oauth_token",  # noqa: S106  (an address)
            fields=(
                Field(
                    "client_id",
                    "text",
                    "The client id of your app, from app.asana.com/0/my-apps, OAuth.",
                    required=True,
                    example="1201234567890123",
                ),
                Field(
                    "client_secret",
                    "text",
                    "The client secret of the same app.",
                    required=True,
                    secret=True,
                    example="${ASANA_CLIENT_SECRET}",
                ),
                Field("login_url", "url", "Where people sign in. Only a simulated Asana has another.", default=HOME),
            ),
            # no narrower scope opens /events, /batch or a goal's metric: https://developers.asana.com/docs/oauth-scopes
            permissions=(
                Permission(
                    "default",
                    "changes are read through /events and /batch, and goals are written, which Asana opens to no "
                    "narrower permission",
                ),
            ),
            rotates=False,  # a refresh token stays good: https://developers.asana.com/docs/oauth#token-exchange-endpoint
        ),
    ),
    settings=(
        Field("base_url", "url", "The address of Asana. Only a simulated Asana has another.", default=HOME),
        Field(
            "workspace",
            "text",
            "The workspace or organisation, by name or gid. Needed when the account is in several.",
            example="Acme",
        ),
        Field(
            "points_field",
            "text",
            "The custom field that rules mean by points, by name or gid. Needed when none is called Story Points.",
            example="Effort",
        ),
    ),
    hosts=("asana.com",),
    docs="connectors/asana.md",
    item_fields=CARRIED,
    # https://developers.asana.com/docs/rate-limits : paid plans; a free plan has 150 a minute and says so by 429.
    # Each action of a batch counts as a request of its own (https://developers.asana.com/docs/batch-requests).
    budgets=(
        Budget("token", 1500, 60.0, weights=((r"/batch$", 10),)),
        Budget("search", 60, 60.0, path=r"/tasks/search$"),
        # the actions of a batch are ten reads at once; the few other POSTs count along, which does no harm
        Budget("reads at once", 50, methods=frozenset({"GET", "POST"}), weights=((r"/batch$", 10),)),
        Budget("writes at once", 15, methods=frozenset({"POST", "PUT", "DELETE"}), path=r"^(?!.*/batch$)"),
    ),
    write_backs=("comment", "field", "value", "status"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """The settings of one connection, checked. `api` is where the API is; no token where the wire signs by itself."""

    api: str
    token: str = ""
    workspace: str = ""
    points_field: str = ""

    def __repr__(self) -> str:
        return f"Account(api={self.api!r}, workspace={self.workspace!r})"

    def headers(self) -> dict[str, str]:
        """Return what signs a request, if the token is ours to send."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def read_settings(settings: Mapping[str, str], *, is_signed: bool) -> Account:
    """Check the settings without asking anyone. `is_signed`: the wire has a sign-in of its own.

    Raises Misconfigured naming the first field that is wrong.
    """
    token = settings.get("token", "").strip()
    if not token and not is_signed:
        raise Misconfigured("asana: token is missing", field="token", hint=DESCRIPTION.auth[0].fields[0].help)
    if any(not "!" <= c <= "~" for c in token):
        raise Misconfigured("asana: the token holds characters that no token has", field="token")
    home = settings.get("base_url", "").strip() or HOME
    why = why_no_address(home)
    if why:
        raise Misconfigured(f"asana: base_url is not an address such as {HOME}: {why}", field="base_url")
    return Account(
        f"{home.rstrip('/')}/api/1.0",
        "" if is_signed else token,
        settings.get("workspace", "").strip(),
        settings.get("points_field", "").strip(),
    )
