"""Tables of how connections are signed in: who set which secret, tokens that are renewed, sign-ins on their way."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Integer, Table, Text

from hub.store.schema import BigId, id_column, metadata, refers_to
from hub.store.types import Instant

# The sealed texts themselves stand in `connections.settings`: a secret and the settings beside it change together.
secrets = Table(
    "secrets",
    metadata,
    Column("connection_id", BigId, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
    ForeignKeyConstraint(["connection_id"], ["connections.id"]),
)

tokens = Table(
    "tokens",
    metadata,
    Column("connection_id", BigId, primary_key=True),
    Column("grant", Text, nullable=False),  # authorization_code | client_credentials
    Column("access", Text, nullable=False),  # sealed
    Column("refresh", Text),  # sealed; None where the tool gives none
    Column("expires_at", Instant),  # of the access token; None where the tool does not say
    Column("scopes", JSON, nullable=False),  # what was granted, in the tool's words
    Column("signed_in_at", Instant, nullable=False),
    Column("renewed_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, default=1),  # moves with each pair: who refreshed an older one, lost
    Column("state", Text, nullable=False, default="good"),  # good | dead: a person must sign in again
    Column("problem", Text, nullable=False, default=""),
    Column("began_at", Instant),  # a renewal that was begun and never ended: its answer may be lost
    Column("leased_until", Instant),
    Column("lease_owner", Text),
    ForeignKeyConstraint(["connection_id"], ["connections.id"]),
)

# What a person has filled in and not saved yet, and where a sign-in at a tool comes back to. Gone after an hour.
drafts = Table(
    "drafts",
    metadata,
    id_column(),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of what the browser holds
    Column("state_digest", Text, unique=True),  # SHA-256 of the sign-in's state; None again once it came back
    refers_to("connection_id", "connections.id", nullable=True),  # None: a new one
    Column("who", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # sealed: settings, tokens and what the check said
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

__all__ = ["drafts", "secrets", "tokens"]
