"""The settings of one connection, checked: which Jira it speaks to, and how its requests are signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from requests import PreparedRequest, Session
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.addresses import why_no_address
from connectors.errors import Misconfigured
from connectors.jira.description import DESCRIPTION, DROPPED
from connectors.wire import adapter_of


@dataclass(frozen=True, slots=True)
class Account:
    """One connection. `base` is where the API is, `site` where people look; no final /.

    `signs` says how a request is signed: "basic" (e-mail address and API token), "personal" (an access token of Data
    Center) or "bearer", where the wire does it.
    """

    base: str
    site: str
    deployment: Literal["cloud", "data_center"]
    signs: Literal["basic", "personal", "bearer"]
    email: str = ""
    token: str = ""
    client_secret: str = ""
    gateway: str = ""
    points_field: str = ""
    language: str = "en"
    dropped_resolutions: frozenset[str] = frozenset()  # as items.folded writes them

    def __repr__(self) -> str:
        return f"Account(base={self.base!r}, email={self.email!r})"

    @property
    def is_cloud(self) -> bool:
        return self.deployment == "cloud"

    @property
    def is_app(self) -> bool:
        """Whether an app signed in: Jira lets it register webhooks, and proves them with the app's secret."""
        return self.signs == "bearer" and self.is_cloud and bool(self.client_secret)

    @property
    def api(self) -> str:
        """The REST API: version 3 in the cloud, 2 at Data Center, which has no other."""
        return f"{self.base}/rest/api/{'3' if self.is_cloud else '2'}"

    @property
    def auth(self) -> AuthBase | None:
        """What signs a request, None where the wire signs it."""
        if self.signs == "bearer":
            return None
        return HTTPBasicAuth(self.email, self.token) if self.signs == "basic" else PersonalToken(self.token)


class PersonalToken(AuthBase):
    """Sign requests with a personal access token, as Data Center takes it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def read_settings(settings: Mapping[str, str], wire: Session) -> Account:
    """Check the settings without asking anyone. Raises Misconfigured naming the first field that is wrong."""
    given = {name: value.strip() for name, value in settings.items()}
    _demand(given, "base_url")
    base = address(given["base_url"], "base_url")
    site = address(given.get("site_url") or base, "site_url")
    is_personal = bool(given.get("personal_token")) and not given.get("token")  # there are none in the cloud
    deployment = "data_center" if is_personal else given.get("deployment") or "cloud"
    more: dict[str, Any] = {
        "gateway": address(given.get("gateway_url") or "https://api.atlassian.com", "gateway_url"),
        "client_secret": given.get("client_secret", ""),
        "points_field": given.get("points_field", ""),
        "language": _language(given.get("language") or "en"),
        "dropped_resolutions": dropped(given.get("dropped_resolutions", "")),
    }
    if deployment not in ("cloud", "data_center"):
        raise Misconfigured(f"jira: deployment is {deployment!r}", field="deployment", hint="say cloud or data_center")
    # who judges a delivery has no tokens at hand, and needs none
    by_app = bool(given.get("client_id") and given.get("client_secret") and not given.get("token"))
    if adapter_of(wire).bearer is not None or (by_app and deployment == "cloud"):
        return Account(base, site, "cloud" if deployment == "cloud" else "data_center", "bearer", **more)
    if deployment == "data_center":
        _demand(given, "personal_token")
        return Account(base, site, "data_center", "personal", token=given["personal_token"], **more)
    _demand(given, "email")
    _demand(given, "token")
    email = given["email"]
    if "@" not in email or any(c.isspace() or c == ":" for c in email):
        raise Misconfigured("jira: email is not an e-mail address", field="email")
    return Account(base, site, "cloud", "basic", email, given["token"], **more)


def address(text: str, field: str) -> str:
    """Return an address without its final /. Raises Misconfigured naming the field when it is none."""
    why = why_no_address(text)
    parts = urlsplit(text if not why else "")
    if why or parts.query or parts.fragment:
        raise Misconfigured(
            f"jira: {field} is not an address such as https://acme.atlassian.net" + (f": {why}" if why else ""),
            field=field,
            hint="paste the address of your site as the browser shows it, up to the first / after the name",
        )
    return text.rstrip("/")


def _language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", text):
        raise Misconfigured(
            f"jira: {text[:40]!r} is not a language", field="language", hint="write en, de or pt-BR, for example"
        )
    return text.replace("_", "-")


def dropped(text: str) -> frozenset[str]:
    """Return the resolutions of a setting: those of its default where it is empty, none where it says none."""
    names = frozenset(folded(name) for name in (text or ", ".join(DROPPED)).split(",") if name.strip())
    return frozenset() if names == {"none"} else names


def folded(name: str) -> str:
    """Return a name as people compare it: Won’t Do and "won't  do" are one."""
    return " ".join(name.replace("\u2019", "'").replace("\u2018", "'").casefold().split())


def _demand(given: Mapping[str, str], name: str) -> None:
    if not given.get(name):
        (field,) = (f for f in DESCRIPTION.all_fields() if f.name == name)
        raise Misconfigured(f"jira: {name} is missing", field=name, hint=field.help)
