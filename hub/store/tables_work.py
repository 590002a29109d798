"""Tables of the work that was read: connections, selections, items, memberships, touched keys, deliveries."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from hub.store.schema import BigId, id_column, metadata, refers_to
from hub.store.types import Instant

connections = Table(
    "connections",
    metadata,
    id_column(),
    Column("slug", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("settings", JSON, nullable=False),  # secrets as ${ENV_NAME} or sealed, never their values
    Column("allow_private", JSON, nullable=False),
    Column("every_seconds", Integer, nullable=False),
    Column("archived_at", Instant),
    # Where the reading stands.
    Column("site", Text, nullable=False, default=""),  # the address that cursor, items and memberships are of
    Column("cursor", Text),
    Column("next_due_at", Instant, index=True),
    Column("scheduled_at", Instant),  # when the schedule alone wants a read: asking for one by hand moves it not
    Column("rung_until", Instant),
    Column("paused_until", Instant),
    Column("leased_until", Instant),
    Column("lease_owner", Text),
    Column("last_ok_at", Instant),
    Column("state", Text, nullable=False, default="ok"),  # ok | waiting | broken
    Column("problem", Text, nullable=False, default=""),
    Column("problem_at", Instant),
    Column("progress", JSON),  # {"selection", "done", "total"} of a read that is running
    # How it came to be, and whom it speaks for.
    Column("name", Text, nullable=False, default="", server_default=text("''")),  # as pages call it; "" is the slug
    Column("is_provided", Boolean, nullable=False, default=True, server_default=true()),  # by a file
    Column("way", Text, nullable=False, default="", server_default=text("''")),  # how it is signed in; "" by settings
    Column("chosen", JSON),  # settings of the site that was picked after a sign-in, below those of a file
    Column("owner", Text, nullable=False, default="", server_default=text("''")),  # e-mail of who signed in
    Column("account", Text, nullable=False, default="", server_default=text("''")),
    Column("sees", Text, nullable=False, default="", server_default=text("''")),
    Column("missing", JSON),  # [[permission, why]] that the sign-in lacks
    Column("checked_at", Instant),
    Column("lapses_at", Instant),  # when the sign-in ends for good, as the tool or a person said
    Column("warned_days", Integer),  # the last of the days before `lapses_at` on which it was told
)

selections = Table(
    "selections",
    metadata,
    id_column(),
    refers_to("connection_id", "connections.id"),
    Column("asked", Text, nullable=False),  # canonical JSON of the select as rules wrote it, fields aside
    Column("needs", JSON, nullable=False),  # field names that rules on it mention, sorted
    Column("scope_key", Text),  # None until resolved
    Column("kind", Text, nullable=False, default=""),
    Column("name", Text, nullable=False, default=""),
    Column("query", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("fields", JSON, nullable=False),  # name -> the tool's field id, or ids with commas between
    Column("refs", JSON),  # items that rules on it name
    Column("aliases", JSON),  # of these: what each is now
    Column("cursor", Text),  # of an interrupted first read
    Column("joined_at", Instant),  # None until its own full read is through
    Column("total", Integer),
    Column("problem", Text, nullable=False, default=""),
    Column("remarks", JSON),  # what people should know of it, as its tool said at the last read
    UniqueConstraint("connection_id", "asked"),
)

items = Table(
    "items",
    metadata,
    Column("connection_id", BigId, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    Column("done", Instant),
    Column("due", Date),
    Column("due_at", Instant),  # where the tool sends an instant; `due` is a day as the tool sent it
    Column("assignee", Text),
    Column("parent", Text),
    Column("labels", JSON, nullable=False),
    Column("fields", JSON, nullable=False),  # by the tool's ids
    Column("unreadable", JSON),  # attribute or id -> why; None where all can be read
    Column("gone_at", Instant),  # not in the tool any more, or not visible
    Column("gone_because", Text),  # connectors.shapes.Absence, while it is gone
    ForeignKeyConstraint(["connection_id"], ["connections.id"]),
)

memberships = Table(
    "memberships",
    metadata,
    Column("selection_id", BigId, primary_key=True),
    Column("connection_id", BigId, nullable=False),
    Column("item_key", Text, primary_key=True),
    ForeignKeyConstraint(["selection_id"], ["selections.id"]),
    Index("ix_memberships_item", "connection_id", "item_key"),
)

touched = Table(
    "touched",
    metadata,
    Column("connection_id", BigId, primary_key=True),
    Column("item_key", Text, primary_key=True),
    Column("version", Integer, nullable=False, default=1),  # bumped by a repeat: a sync deletes only what it read
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["connection_id"], ["connections.id"]),
)

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    refers_to("connection_id", "connections.id"),
    Column("key", Text, nullable=False),  # the same on every redelivery
    Column("received_at", Instant, nullable=False, index=True),
    Column("repeats", Integer, nullable=False, default=0),
    Column("item_keys", JSON, nullable=False),
    UniqueConstraint("connection_id", "key"),
)

reads = Table(
    "reads",
    metadata,
    id_column(),
    refers_to("connection_id", "connections.id"),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),  # schedule | webhook | first
    Column("outcome", Text, nullable=False),  # ok | try_later | broken
    Column("requests", Integer, nullable=False),
    Column("items", Integer, nullable=False),  # bodies read
    Column("moved", JSON, nullable=False),  # keys of the key results whose value moved
    Column("problem", Text, nullable=False, default=""),
    Index("ix_reads_connection_ended", "connection_id", "ended_at"),
)

counts = Table(
    "counts",
    metadata,
    Column("name", Text, primary_key=True),  # "requests", "channel.requests", "webhooks.received", ...
    Column("label", Text, primary_key=True),  # a connection's or channel's slug
    Column("number", BigId, nullable=False, default=0),
)
