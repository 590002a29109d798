"""Tables of what the hub has asked of the tools: webhooks that it registered itself, and notes that it writes back."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, false

from hub.store.schema import id_column, metadata, refers_to
from hub.store.types import Exact, Instant

listeners = Table(
    "listeners",
    metadata,
    id_column(),
    refers_to("connection_id", "connections.id"),
    Column(
        "scopes", Text, nullable=False, default=""
    ),  # digest of the scope keys that the last read wanted to be rung for
    Column("due_at", Instant),  # None: nothing to look after
    Column("looked_at", Instant),
    Column("rung_until", Instant),
    Column("leased_until", Instant),
    Column("lease_owner", Text),
    Column("problem", Text, nullable=False, default=""),
    Column("problem_at", Instant),
    UniqueConstraint("connection_id"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    id_column(),
    refers_to("connection_id", "connections.id"),
    Column("scope_key", Text, nullable=False),
    Column("scope_name", Text, nullable=False),
    Column("base", Text, nullable=False),  # the public address it was registered under
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the token in its path
    Column("key", Text, nullable=False, default=""),  # the tool's id of it; empty until the tool has answered
    Column("secret", Text, nullable=False),  # sealed
    Column("is_learned", Boolean, nullable=False, default=False, server_default=false()),  # told in the handshake
    Column("state", Text, nullable=False),  # pending | live | lost | ended
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant),  # when the tool lets it lapse, if it does
    Column("renew_at", Instant),  # live: when it is renewed; lost: when it is tried again
    Column("ended_at", Instant),
    Column("problem", Text, nullable=False, default=""),
    Index("ix_subscriptions_connection_state", "connection_id", "state"),
)

write_backs = Table(
    "write_backs",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id"),
    refers_to("connection_id", "connections.id", index=True),
    Column("target", Text, nullable=False),  # the tool's own key of what is written to, as the rule writes it
    Column("way", Text, nullable=False),  # one of Description.write_backs; empty: the first of them
    Column("field", Text, nullable=False, default=""),
    Column("occasion", Text, nullable=False),  # status_changed | value_changed
    Column("archived_at", Instant),
    # What it is about to say, or has said: the text itself is made from what stands when it is written.
    Column("status", Text, nullable=False, default=""),
    Column("value", Exact),
    Column("version", Integer, nullable=False, default=0),  # bumped by every change that is to be written
    Column("written_version", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False),  # idle | due | writing | stopped
    Column("is_ambiguous", Boolean, nullable=False, default=False, server_default=false()),  # an answer was lost
    Column("attempts", Integer, nullable=False, default=0),
    Column("wanted_at", Instant),  # when what waits came up
    Column("due_at", Instant),
    Column("written_at", Instant),
    Column("said", Text, nullable=False, default=""),  # what was written last, in words
    Column("told_status", Text, nullable=False, default=""),  # the status that it told
    Column("receipt", Text, nullable=False, default=""),  # the tool's key of it
    Column("problem", Text, nullable=False, default=""),
    Column("problem_at", Instant),
    Column("rung_until", Instant),
    Column("leased_until", Instant),
    Column("lease_owner", Text),
    UniqueConstraint("key_result_id", "connection_id", "target", "way", "field"),
    Index("ix_write_backs_due", "state", "due_at"),
)
