"""What a person must fill in to connect Jira Cloud, and what the connector says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.addresses import why_no_address
from connectors.errors import Misconfigured
from connectors.fields import ApiToken, Description, Face, Field

DESCRIPTION = Description(
    kind="jira",
    title="Jira Cloud",
    faces=frozenset({Face.SOURCE, Face.SWEEP, Face.WEBHOOKS}),
    auth=(
        ApiToken(
            carried_by="basic",
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
                    "An API token of that account, from id.atlassian.com, Security, API tokens. "
                    "It expires within a year.",
                    required=True,
                    secret=True,
                    example="${JIRA_TOKEN}",
                ),
            ),
        ),
    ),
    settings=(
        Field(
            "base_url",
            "url",
            "Your site. For a scoped token https://api.atlassian.com/ex/jira/ and your cloud id, plus site_url.",
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
    ),
    hosts=("atlassian.net", "api.atlassian.com"),
    docs="connectors/jira.md",
    item_fields=("Priority", "Resolution"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """The settings of one connection, checked. `base` is where the API is, `site` where people look; no final /."""

    base: str
    site: str
    email: str
    token: str
    points_field: str = ""

    def __repr__(self) -> str:
        return f"Account(base={self.base!r}, email={self.email!r})"


def read_settings(settings: Mapping[str, str]) -> Account:
    """Check the settings without asking anyone. Raises Misconfigured naming the first field that is wrong."""
    for field in DESCRIPTION.all_fields():
        if field.required and not settings.get(field.name, "").strip():
            raise Misconfigured(f"jira: {field.name} is missing", field=field.name, hint=field.help)
    base = _address(settings["base_url"], "base_url")
    site = _address(settings.get("site_url", "").strip() or base, "site_url")
    email = settings["email"].strip()
    if "@" not in email or any(c.isspace() or c == ":" for c in email):
        raise Misconfigured("jira: email is not an e-mail address", field="email")
    return Account(base, site, email, settings["token"].strip(), settings.get("points_field", "").strip())


def _address(text: str, field: str) -> str:
    why = why_no_address(text.strip())
    parts = urlsplit(text.strip() if not why else "")
    if why or parts.query or parts.fragment:
        raise Misconfigured(
            f"jira: {field} is not an address such as https://acme.atlassian.net" + (f": {why}" if why else ""),
            field=field,
            hint="paste the address of your site as the browser shows it, up to the first / after the name",
        )
    return text.strip().rstrip("/")
