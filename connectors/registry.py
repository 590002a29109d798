"""Which connectors there are, and how one is built. The only module that names them; each is imported lazily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from connectors import ledgers
from connectors.allowance import accounts_of
from connectors.contract import Connector
from connectors.errors import Misconfigured
from connectors.wire import Bearer, Counter, open_wire

Opener = Callable[..., Connector]  # open_connector, or what a test puts in its place

KINDS: Mapping[str, str] = {
    "asana": "connectors.asana:Asana",
    "jira": "connectors.jira:Jira",
    "microsoft": "connectors.microsoft:Microsoft",
    "slack": "connectors.slack:Slack",
    "teams": "connectors.teams:Teams",
    "trello": "connectors.trello:Trello",
}


def load(kind: str) -> type[Connector]:
    """Return the class of a connector. Raises Misconfigured for a kind that does not exist."""
    if kind not in KINDS:
        raise Misconfigured(f"no connector of kind {kind!r}: there are {', '.join(sorted(KINDS))}", field="kind")
    module, name = KINDS[kind].split(":")
    found: type[Connector] = getattr(import_module(module), name)
    return found


def secrets_of(kind: str, settings: Mapping[str, str]) -> list[str]:
    """Return the values of resolved settings that nobody may see."""
    return [settings[f.name] for f in load(kind).describe().all_fields() if f.secret and settings.get(f.name)]


def open_connector(
    kind: str,
    settings: Mapping[str, str],
    *,
    allow_private: Sequence[str] = (),
    counter: Counter | None = None,
    bearer: Bearer | None = None,
) -> Connector:
    """Build a connector with a wire of its own. Nothing is sent yet.

    `settings` are resolved (no ${ENV_NAME} left); `allow_private` are networks in CIDR notation; `bearer` has the
    tokens of a connection that was signed in by OAuth.
    """
    made = load(kind)
    described = made.describe()
    wire = open_wire(
        hosts=described.hosts,
        base_url=settings.get("base_url", ""),
        allow_private=allow_private,
        counter=counter,
        secrets=secrets_of(kind, settings),
        bearer=bearer,
        accounts=accounts_of(described, settings, "" if bearer is None else bearer.identity),
        ledger=ledgers.shared(),
    )
    return made(settings, wire)
