"""The settings of one connection, checked: how its requests are signed, and which lists mean what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from requests import Session

from connectors.addresses import why_no_address
from connectors.errors import Misconfigured
from connectors.trello.description import DESCRIPTION
from connectors.trello.list_names import DOING_NAMES, DONE_NAMES, as_read, names_in
from connectors.wire import adapter_of

_KEY = re.compile(r"[0-9A-Za-z_-]{8,200}")


@dataclass(frozen=True, slots=True)
class Account:
    """One connection. `base` has no final /; list names are as people compare them. No token where the wire signs."""

    base: str
    api_key: str = ""
    token: str = ""
    hook_secret: str = ""
    points_field: str = ""
    done_lists: frozenset[str] = DONE_NAMES
    doing_lists: frozenset[str] = DOING_NAMES

    def __repr__(self) -> str:
        return f"Account(base={self.base!r})"

    def means_done(self, name: str) -> bool:
        """Say whether a list of this name holds what is done."""
        return as_read(name) in self.done_lists

    def means_doing(self, name: str) -> bool:
        """Say whether a list of this name holds what is in progress."""
        return as_read(name) in self.doing_lists

    @property
    def headers(self) -> Mapping[str, str]:
        """What signs a request, unless the wire does: a header, so that neither key nor token stands in an address.

        https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/
        """
        if not self.token:
            return {}
        return {"Authorization": f'OAuth oauth_consumer_key="{self.api_key}", oauth_token="{self.token}"'}


def read_settings(settings: Mapping[str, str], wire: Session) -> Account:
    """Check the settings without asking anyone. Raises Misconfigured naming the first field that is wrong."""
    given = {name: value.strip() for name, value in settings.items()}
    base = _address(given.get("base_url") or _default("base_url"))
    done, doing = (
        names_in(given.get(name, "")) or unless_said
        for name, unless_said in (("done_lists", DONE_NAMES), ("doing_lists", DOING_NAMES))
    )
    both = sorted(done & doing)
    if both:
        raise Misconfigured(
            f"trello: the list {both[0]!r} is named as done and as in progress",
            field="doing_lists",
            hint="name it in one of the two",
        )
    account = Account(
        base,
        hook_secret=given.get("webhook_secret", "") or given.get("client_secret", ""),
        points_field=given.get("points_field", ""),
        done_lists=done,
        doing_lists=doing,
    )
    if adapter_of(wire).bearer is not None:
        return account
    for name in ("api_key", "token"):
        if not given.get(name):
            (field,) = (f for f in DESCRIPTION.all_fields() if f.name == name)
            raise Misconfigured(f"trello: {name} is missing", field=name, hint=field.help)
        if not _KEY.fullmatch(given[name]):
            raise Misconfigured(
                f"trello: {name} is not one: it has letters and digits only",
                field=name,
                hint="copy it anew, without what stands around it",
            )
    return replace(account, api_key=given["api_key"], token=given["token"])


def _address(text: str) -> str:
    why = why_no_address(text)
    parts = urlsplit(text if not why else "")
    if why or parts.query or parts.fragment:
        raise Misconfigured(
            "trello: base_url is not an address such as https://api.trello.com" + (f": {why}" if why else ""),
            field="base_url",
            hint="leave base_url out: it is needed for a simulated Trello alone",
        )
    return text.rstrip("/")


def _default(name: str) -> str:
    (field,) = (f for f in DESCRIPTION.settings if f.name == name)
    return field.default
