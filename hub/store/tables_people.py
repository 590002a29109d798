"""Tables of who may come in: accounts, memberships of teams, sessions, one-time links, API tokens, refused sign-ins.

What lets somebody in is kept as a digest alone: whoever reads the database can sign in as nobody.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, Table, Text, text

from hub.store.schema import id_column, metadata, refers_to
from hub.store.types import Instant

accounts = Table(
    "accounts",
    metadata,
    id_column(),
    Column("email", Text, nullable=False, unique=True),  # lower case; the person of that address
    Column("role", Text, nullable=False),  # viewer | member | admin
    Column(
        "password", Text, nullable=False, default=""
    ),  # argon2id, in its encoded form; "" signs in by OIDC or a link
    Column("oidc_issuer", Text, nullable=False, default=""),
    Column("oidc_subject", Text, nullable=False, default=""),  # the issuer's own id: an address can change hands
    Column("created_at", Instant, nullable=False),
    Column("signed_in_at", Instant),
    Column("disabled_at", Instant),
    Index(
        "uq_accounts_oidc_subject",  # of the accounts that have one
        "oidc_issuer",
        "oidc_subject",
        unique=True,
        sqlite_where=text("oidc_subject <> ''"),
        postgresql_where=text("oidc_subject <> ''"),
    ),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team", Text, primary_key=True),  # slug
    Column("email", Text, primary_key=True),
    Column("standing", Text, nullable=False),  # member | lead
    Column("is_provided", Boolean, nullable=False),  # by a file: read-only on the page
)

sessions = Table(
    "sessions",
    metadata,
    id_column(),
    refers_to("account_id", "accounts.id", index=True),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the cookie's value
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("agent", Text, nullable=False, default=""),  # the browser, so that a person knows which to end
)

links = Table(
    "links",
    metadata,
    id_column(),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the secret in the address
    Column("purpose", Text, nullable=False),  # set_up | invite | reset | oidc
    Column("email", Text, nullable=False, default=""),  # whom it is for; "" for set_up and oidc
    Column("role", Text, nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    id_column(),
    refers_to("account_id", "accounts.id", index=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("hint", Text, nullable=False),  # its last four letters, to tell it by
    Column("scopes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)

# Refused sign-ins by account and by address, so that guessing slows down in every process alike.
refusals = Table(
    "refusals",
    metadata,
    Column("subject", Text, primary_key=True),  # "account:<digest>" | "address:<ip>"
    Column("number", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Index("ix_refusals_last_at", "last_at"),
)

__all__ = ["accounts", "api_tokens", "links", "refusals", "sessions", "team_members"]
