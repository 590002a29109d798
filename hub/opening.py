"""Opening the connector of a connection: settings revealed, and the wire signed where somebody signed in by OAuth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from connectors.contract import Connector
from connectors.errors import Misconfigured, Unauthorized
from connectors.fields import ApiToken, Description, OAuth2, name_of
from connectors.oauth import LoginServer
from connectors.registry import Opener, load
from connectors.wire import Counter
from hub.renewal import StoredBearer
from hub.store import Store, tokens
from hub.store.connected import UNCONNECTED
from hub.store.connections import ConnectionRow
from hub.vault import Unresolved, Vault, reveal

Way = ApiToken | OAuth2


def open_connection(
    store: Store,
    row: ConnectionRow,
    *,
    vault: Vault | None,
    environ: Mapping[str, str],
    now: Callable[[], datetime],
    opener: Opener,
    counter: Counter | None = None,
) -> Connector:
    """Build the connector of a connection; its wire has the tokens of whoever signed in. Nothing is sent yet.

    Raises Misconfigured for settings that cannot be right or revealed, Unauthorized when nobody connected it yet.
    """
    if not row.is_provided and not row.settings:
        raise Unauthorized(UNCONNECTED)
    settings = reveal(row.settings, environ, vault)
    bearer = bearer_of(store, row, settings, vault=vault, now=now)
    if bearer is not None:
        bearer.require_sign_in()  # before the settings are judged: those of a site come with the sign-in
    more = {} if bearer is None else {"bearer": bearer}
    return opener(row.kind, settings, allow_private=row.allow_private, counter=counter, **more)


def find_unresolved(
    store: Store, row: ConnectionRow, *, vault: Vault | None, environ: Mapping[str, str]
) -> Unresolved | None:
    """Return what this process lacks to open a connection; None when it lacks nothing. Sends and writes nothing.

    A command that somebody runs in a shell of its own asks first: what it lacks, the hub's own processes may have.
    """
    try:
        reveal(row.settings, environ, vault)
        with store.read() as tx:
            held = tokens.tokens_of(tx, row.id)
        if held is not None and vault is not None:
            vault.unseal(held.access)
    except Unresolved as problem:
        return problem
    return None


def bearer_of(
    store: Store,
    row: ConnectionRow,
    settings: Mapping[str, str],
    *,
    vault: Vault | None,
    now: Callable[[], datetime],
) -> StoredBearer | None:
    """Return what signs the wire of a connection; None where its settings hold all it takes."""
    way = way_of(load(row.kind).describe(), row.settings, row.way)
    if not isinstance(way, OAuth2):
        return None
    if vault is None:
        raise Misconfigured("this connection is signed in by OAuth, and there is no vault here to open its tokens")
    login = partial(LoginServer, way, settings, allow_private=row.allow_private)
    return StoredBearer(store, row.id, vault, login, now, is_apps=way.grant == "client_credentials")


def way_of(description: Description, settings: Mapping[str, str], named: str = "") -> Way | None:
    """Return the way by which a connection is signed in: the one it names, else the first its settings suffice for.

    None where the tool has no ways, or where the settings suffice for none.
    """
    ways = [way for way in description.auth if not named or name_of(way) == named]
    if named:
        return ways[0] if ways else None
    return next(
        (way for way in ways if all(settings.get(one.name) or one.default for one in way.fields if one.required)), None
    )
