"""Tables of what was measured and told: measurements, contributions, status changes, channels, outbox, receipts."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from hub.store.schema import BigId, id_column, metadata, refers_to
from hub.store.types import Exact, Instant

measurements = Table(
    "measurements",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id"),
    Column("at", Instant, nullable=False),  # when the value held
    Column("value", Exact),
    Column("origin", Text, nullable=False),  # measured | check_in | reconstructed
    Column("is_approximate", Boolean, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    # Provenance: what the value stands on.
    Column("rule_revision", Integer),
    Column("connection", Text),
    Column("query", Text, nullable=False, default=""),
    Column("read_at", Instant, nullable=False),
    Column("items_counted", Integer),  # in scope of the rule
    Column("items_read", Integer),  # in the selection
    Column("items_reported", Integer),  # what the tool says there are, if it does
    Column("numerator", Exact),
    Column("denominator", Exact),
    Column("notes", JSON, nullable=False),
    Column("moves", JSON, nullable=False),  # why it moved: see hub.model.moves
    Column("stands", Boolean, nullable=False, default=True, server_default=true()),  # False: a person's word stood
    Index("ix_measurements_key_result_at", "key_result_id", "at"),
)

contributions = Table(
    "contributions",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id"),
    Column("item_key", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("amount", Exact),  # the item's own number; None where it has none
    Column("credit", Exact, nullable=False),  # 0..1
    Column("grouping", Text, nullable=False),  # counted | open
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_to", Instant),  # None: holds now
    Index("ix_contributions_now", "key_result_id", "valid_to"),
)

status_changes = Table(
    "status_changes",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id"),
    Column("at", Instant, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("value_before", Exact),
    Column("value", Exact),
    Column("progress", Exact),
    Column("expected", Exact),
    Column("cause", Text, nullable=False),  # measurement | check_in | time | goal
    refers_to("measurement_id", "measurements.id", nullable=True),
    Column("moves", JSON, nullable=False),
    Index("ix_status_changes_key_result_at", "key_result_id", "at"),
    Index("ix_status_changes_at", "at"),
)

channels = Table(
    "channels",
    metadata,
    id_column(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("settings", JSON, nullable=False),  # secrets as ${ENV_NAME}, never their values
    Column("allow_private", JSON, nullable=False),
    Column("owner", Text, nullable=False, default=""),
    Column("archived_at", Instant),
    Column("state", Text, nullable=False, default="on"),  # on | off | gone
    Column("problem", Text, nullable=False, default=""),
    Column("problem_at", Instant),
    Column("paused_until", Instant),
    Column("rung_until", Instant),
    Column("leased_until", Instant),
    Column("lease_owner", Text),
)

routes = Table(
    "routes",
    metadata,
    id_column(),
    Column("channel", Text, nullable=False),
    Column("team", Text),
    Column("objective", Text),
    Column("key_result", Text),
    Column("becomes", JSON, nullable=False),  # statuses; empty means every one
    Column("position", Integer, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),  # status_change
    refers_to("change_id", "status_changes.id"),
    refers_to("channel_id", "channels.id"),
    Column("before", Text, nullable=False),  # what the channel is told: from ...
    Column("after", Text, nullable=False),  # ... to
    Column("state", Text, nullable=False),  # due | sending | sent | dropped
    Column("is_ambiguous", Boolean, nullable=False, default=False),  # an answer was lost: it may stand twice
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("problem", Text, nullable=False, default=""),
    Column("told_with", BigId, index=True),  # the letter whose message tells this one too; None: it has its own
    UniqueConstraint("change_id", "channel_id"),
    Index("ix_outbox_due", "state", "channel_id", "due_at"),
)

receipts = Table(
    "receipts",
    metadata,
    id_column(),
    refers_to("outbox_id", "outbox.id", index=True),
    Column("attempt", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # sent | try_later | lost_answer | refused | gone
    Column("key", Text, nullable=False, default=""),
    Column("problem", Text, nullable=False, default=""),
    Column("payload", JSON),  # what was said, word for word: the channel wall draws it
)

threads = Table(
    "threads",
    metadata,
    id_column(),
    refers_to("channel_id", "channels.id"),
    refers_to("key_result_id", "key_results.id"),
    Column("key", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("channel_id", "key_result_id"),
)
