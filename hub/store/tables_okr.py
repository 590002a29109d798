"""Tables of what people set and how it stands: workspace, cycles, teams, objectives, key results, rules."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from hub.store.schema import id_column, metadata, refers_to
from hub.store.types import Exact, Instant

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("name", Text, nullable=False),
    Column("purpose", Text, nullable=False, default=""),
    Column("time_zone", Text, nullable=False),
    Column("public_url", Text, nullable=False, default=""),
    Column("policy", JSON, nullable=False),
    Column("judged_at", Instant),  # the last daily judgement of everything
    Column("judge_rung_until", Instant),
)

people = Table(
    "people",
    metadata,
    Column("email", Text, primary_key=True),  # lower case
    Column("name", Text, nullable=False),
    Column("archived_at", Instant),
)

cycles = Table(
    "cycles",
    metadata,
    id_column(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("closed_at", Instant),
    Column("archived_at", Instant),
)

teams = Table(
    "teams",
    metadata,
    id_column(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("lead", Text, nullable=False, default=""),
    Column("parent", Text),  # a team's slug
    Column("is_private", Boolean, nullable=False, default=False, server_default=false()),
    Column("position", Integer, nullable=False, default=0),
    Column("archived_at", Instant),
)

objectives = Table(
    "objectives",
    metadata,
    id_column(),
    Column("slug", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("team", Text, nullable=False, index=True),
    Column("cycle", Text, nullable=False, index=True),
    Column("owner", Text, nullable=False, default=""),
    Column("supports", Text),  # the parent objective's slug
    Column("weight", Exact),
    Column("position", Integer, nullable=False, default=0),
    Column("archived_at", Instant),
)

key_results = Table(
    "key_results",
    metadata,
    id_column(),
    # What was declared.
    Column("key", Text, nullable=False, unique=True),  # objective slug / key result slug
    refers_to("objective_id", "objectives.id", index=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False, default=""),
    Column("baseline", Exact),
    Column("target", Exact),
    Column("minimum", Exact),
    Column("maximum", Exact),
    Column("risk_threshold", Exact),
    Column("phased_targets", JSON, nullable=False),  # [[ISO date, decimal as text], ...]
    Column("milestones", JSON, nullable=False),  # [{name, weight, done_on}, ...]
    Column("weight", Exact),
    Column("owner", Text, nullable=False, default=""),
    Column("starts", Date, nullable=False),
    Column("due", Date, nullable=False),  # inclusive
    Column("cadence_days", Integer, nullable=False, default=7),
    Column("position", Integer, nullable=False, default=0),
    Column("archived_at", Instant),
    # How it stands: written by hub.record alone.
    Column("value", Exact),
    Column("progress", Exact),
    Column("status", Text, nullable=False, default="not_judged"),
    Column("status_since", Instant),
    Column("freshness", Text, nullable=False, default="waiting"),
    Column("freshness_since", Instant),
    Column("freshness_note", Text, nullable=False, default=""),
    Column("freshness_code", Text, nullable=False, default="", server_default=text("''")),  # hub.model.reasons.Reason
    Column("held", JSON(none_as_null=True)),  # {"value", "in_scope", "at"} of the reading that is held back
    Column("checked_at", Instant),  # the last good read or check-in
    Column("measured_at", Instant),
    Column("in_scope", Integer),  # items counted by the last accepted measurement
    Column("judged_goal", Text, nullable=False, default=""),  # digest of the goal that `status` was judged by
    # What the tool says, where a person's word stands over it.
    Column("automatic_value", Exact),  # the last value that the rule gave
    Column("automatic_at", Instant),  # since when it gives that one; None: it was never worked out
    Column("paused_at", Instant),  # None: values are taken from the tool
    Column("paused_by", Text, nullable=False, default="", server_default=text("''")),
    Column("pause_note", Text, nullable=False, default="", server_default=text("''")),
    # What channels were told last (anti-flap).
    Column("told_status", Text),
    Column("told_before", Text),
    Column("told_at", Instant),
    Column("tell_due_at", Instant, index=True),
)

rules = Table(
    "rules",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id"),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", JSON, nullable=False),  # mappings.Rule.to_json()
    Column("connection", Text, nullable=False, index=True),
    refers_to("selection_id", "selections.id", nullable=True, index=True),
    Column("created_at", Instant, nullable=False),
    Column("author", Text, nullable=False, default=""),
    Column("is_current", Boolean, nullable=False),
    Column("evaluated_at", Instant),  # None: a new revision, or moved items, that no value stands on yet
    Column("words", JSON(none_as_null=True)),  # {"type": {word: items}, ...} at the last accepted reading
    UniqueConstraint("key_result_id", "revision"),
)

check_ins = Table(
    "check_ins",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id", index=True),
    Column("at", Instant, nullable=False),
    Column("author", Text, nullable=False, default=""),
    Column("value", Exact),
    Column("confidence", Integer),
    Column("note", Text, nullable=False, default=""),
    Column("blockers", Text, nullable=False, default="", server_default=text("''")),  # what is in the way
    Column("provided_as", Text, nullable=False),  # the same in every apply: a file's check-in is taken once
    UniqueConstraint("key_result_id", "provided_as"),
)

comments = Table(
    "comments",
    metadata,
    id_column(),
    refers_to("key_result_id", "key_results.id", index=True),
    Column("at", Instant, nullable=False),
    Column("author", Text, nullable=False),  # e-mail
    Column("body", Text, nullable=False),
    Column("given_as", Text, nullable=False),  # the form's own key: a form sent twice is one comment
    UniqueConstraint("key_result_id", "given_as"),
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)
