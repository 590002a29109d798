"""How a connector describes itself: one table that lint, forms, docs and checks all read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Face(StrEnum):
    """What a connector can be asked to do."""

    SOURCE = "source"
    SWEEP = "sweep"
    GAUGES = "gauges"
    WEBHOOKS = "webhooks"
    SUBSCRIPTIONS = "subscriptions"
    HISTORIES = "histories"
    SITES = "sites"
    WRITE_BACK = "write_back"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: its name, what it holds, and the sentence a person needs to fill it in."""

    name: str
    kind: Literal["text", "url", "int", "bool", "choice", "list"]
    help: str
    required: bool = False
    secret: bool = False  # in a file only as ${ENV_NAME}; never logged, never shown again
    default: str = ""
    choices: tuple[str, ...] = ()
    example: str = ""


PASTED = "token"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """How a pasted token travels: a bearer header, basic auth, query parameters, or in the address.

    Where a tool takes two kinds of token, each has a `name`, by which files and forms tell them apart.
    """

    carried_by: Literal["bearer", "basic", "query", "url", "header"]
    fields: tuple[Field, ...]
    title: str = "Paste a token"
    name: str = PASTED


@dataclass(frozen=True, slots=True)
class Permission:
    """A scope that a sign-in asks for, in the tool's own word, and the sentence of what does not work without it."""

    name: str
    why: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class OAuth2:
    """A sign-in at the tool: by a person (authorization code), or by the app itself (client credentials).

    The addresses name settings in braces ("{login_url}/authorize"), so that a simulated tool can stand in. The hub
    keeps and renews the tokens; a connector finds its wire signed already and needs no token setting.
    """

    grant: Literal["authorization_code", "client_credentials"]
    title: str  # "Sign in with Atlassian"
    token_url: str
    fields: tuple[Field, ...]  # client_id, client_secret, login_url, ...
    permissions: tuple[Permission, ...] = ()
    authorize_url: str = ""
    asks: tuple[tuple[str, str], ...] = ()  # more parameters of the address where people agree: ("prompt", "consent")
    uses_pkce: bool = True
    client_auth: Literal["client_secret_post", "client_secret_basic", "none"] = "client_secret_post"
    rotates: bool = True  # a refresh token is good for one use
    idle_days: int | None = None  # days after which a refresh token that nobody used is dead


def name_of(way: ApiToken | OAuth2) -> str:
    """Return how a way to sign in is named: for one that is pasted by its name, else by its grant."""
    return way.grant if isinstance(way, OAuth2) else way.name


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that the tool publishes: so many requests in a window of so many seconds, or so many at once.

    It holds for requests whose method is named (none named: any) and whose path holds `path` (a regular expression
    that is searched for). With `each` every different match has a budget of its own: one for each issue written to.
    `weights` are (path, number): a request whose path holds the expression counts as so many, at most.
    It is of one sign-in, unless `by` names the settings that those who share it have in common: an app's key.
    """

    name: str  # "token", "search", "writes to one issue"
    number: int
    seconds: float = 0.0  # 0: `number` at once, whatever the time
    methods: frozenset[str] = frozenset()
    path: str = ""
    each: bool = False
    weights: tuple[tuple[str, int], ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """Who a connector is. `hosts` are suffixes: the wire reaches these, and the host of `base_url`."""

    kind: str  # "jira"
    title: str  # "Jira"
    faces: frozenset[Face]
    auth: tuple[ApiToken | OAuth2, ...]
    settings: tuple[Field, ...]
    hosts: tuple[str, ...]
    docs: str  # path of its page below docs/
    item_fields: tuple[str, ...] = ()  # the tool's own field names that every item carries in `fields`
    budgets: tuple[Budget, ...] = ()
    write_backs: tuple[str, ...] = ()  # ways a note can be written: "comment", "field", "link", "property", "value"

    def all_fields(self) -> tuple[Field, ...]:
        """Return the fields of every way to sign in, then the settings, each name once."""
        seen: dict[str, Field] = {}
        for field in (*(f for way in self.auth for f in way.fields), *self.settings):
            seen.setdefault(field.name, field)
        return tuple(seen.values())
