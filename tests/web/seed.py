"""A made-up company in a database of its own, made with the store's real functions and the real flows.

It is Monday 23 November 2026, 09:30 in Berlin; the cycle runs from 1 October to 31 December.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection

from connectors.shapes import Scope
from connectors.slack.message import draw_message as draw_slack
from connectors.teams.card import draw_message as draw_teams
from hub.flows.notify.message import write_message
from hub.model.judge import Policy
from hub.model.kinds import Freshness, Origin, Status
from hub.model.okr import Cycle
from hub.record import Reading, hold, record, rejudge
from hub.store import Store, channels, connections, key_results, okrs, outbox, rules, selected
from hub.store.channels import Route
from hub.store.check_ins import CheckIn, add_check_in
from hub.store.okrs import Objective, Team, Workspace
from mappings import Rule, read_mappings
from tests.web.company import (
    BERLIN,
    CHECK_INS,
    DECLARED,
    ENDS,
    INES,
    JONAS,
    MIRA,
    NOW,
    PEOPLE,
    RULES,
    STARTS,
    at,
)
from tests.web.readings import measure_bugs, measure_merchants, measure_others, note_read


def seed(store: Store) -> None:
    """Fill an empty database with the company."""
    store.create_all()
    _declare(store)
    _connect(store)
    measure_merchants(store)
    measure_bugs(store)
    measure_others(store)
    _check_in(store)
    _trouble(store)
    with store.write() as tx:
        for one in key_results.all_key_results(tx):
            rejudge(tx, one.id, NOW - timedelta(minutes=20))
        okrs.note_judged(tx, NOW - timedelta(minutes=20))
    tell_everybody(store)


def _declare(store: Store) -> None:
    with store.write() as tx:
        okrs.put_workspace(
            tx,
            Workspace("Northwind Robotics", "A fleet that is easy to run", BERLIN, "https://okr.acme.test", Policy()),
        )
        okrs.put_people(tx, PEOPLE)
        okrs.put_cycle(tx, Cycle("quarter", "Q4 2026", STARTS, ENDS))
        okrs.put_team(tx, Team("northwind", "Northwind Robotics", INES, None, 0))
        okrs.put_team(tx, Team("payments", "Payments", MIRA, "northwind", 1))
        okrs.put_team(tx, Team("growth", "Growth", JONAS, "northwind", 2))
        for number, (slug, title, team, owner, supports) in enumerate(
            (
                ("easy-to-run", "A fleet that is easy to run and to pay for", "northwind", INES, None),
                ("pay-first-time", "Customers pay the first time, every time", "payments", MIRA, "easy-to-run"),
                ("invoices", "Invoices that reconcile themselves", "payments", MIRA, "easy-to-run"),
                ("found", "Be found by fleet operators", "growth", JONAS, "easy-to-run"),
            )
        ):
            objective = Objective(slug, title, team, "quarter", owner, supports, None, number)
            objective_id = okrs.put_objective(tx, objective)
            for position, declared in enumerate(d for d in DECLARED if d.objective == slug):
                key_results.put_key_result(tx, objective_id, replace(declared, position=position))
        for slug, name, kind in (
            ("payments-teams", "Payments", "teams"),
            ("payments-slack", "#payments", "slack"),
            ("okrs-slack", "#okrs", "slack"),
        ):
            channels.put_channel(tx, slug=slug, name=name, kind=kind, settings={}, allow_private=(), owner=MIRA)
        channels.put_routes(
            tx,
            [
                Route("payments-teams", team="payments"),
                Route("payments-slack", team="payments"),
                Route("okrs-slack", becomes=frozenset({Status.ACHIEVED, Status.OFF_TRACK})),
                Route("okrs-slack", objective="takeover"),
            ],
        )


def _connect(store: Store) -> None:
    found, problems = read_mappings(RULES, "config/mappings/all.yaml")
    assert not problems, problems
    with store.write() as tx:
        for slug in ("jira-main", "jira-old"):
            connections.put_connection(
                tx,
                slug=slug,
                kind="jira",
                settings={
                    "base_url": "https://acme.atlassian.test",
                    "email": "bot@acme.test",
                    "token": "${JIRA_TOKEN}",
                    "webhook_secret": "${JIRA_WEBHOOK_SECRET}",
                },
                allow_private=(),
                every=timedelta(minutes=15),
                now=at(10, 5),
            )
        for rule in found:
            put_rule(tx, rule)


def put_rule(tx: Connection, rule: Rule) -> None:
    """Make a mapping current, over a selection that was read, but for the one that waits for its first read."""
    row = connections.connection_by_slug(tx, rule.connection)
    one = key_results.key_result_by_key(tx, rule.key_result)
    assert row is not None
    assert one is not None
    selection_id = selected.put_selection(tx, row.id, rule.select)
    query = rule.select.query
    selected.resolve_selection(
        tx, selection_id, Scope("jql", query, query, query, "", {name: name for name in rule.select.fields})
    )
    if rule.key_result != "found/case-studies":
        selected.note_selection(tx, selection_id, joined_at=at(10, 5))
    rules.put_rule(
        tx,
        key_result_id=one.id,
        digest=rule.digest,
        body=rule.to_json(),
        connection=rule.connection,
        selection_id=selection_id,
        author=rule.owner,
        now=at(10, 5),
    )


def _check_in(store: Store) -> None:
    for key, said in CHECK_INS.items():
        for moment, value, author, sure, note in said:
            with store.write() as tx:
                one = key_results.key_result_by_key(tx, key)
                assert one is not None
                add_check_in(tx, one.id, CheckIn(moment, author, Decimal(value), sure, note, f"{moment:%m-%d}"))
                record(tx, one.id, Reading(Decimal(value), Origin.CHECK_IN, moment), moment)
    for moment, number in ((at(10, 9), 1), (at(10, 19), 2), (at(10, 29), 3), (at(11, 8), 4), (at(11, 19), 5)):
        with store.write() as tx:
            one = key_results.key_result_by_key(tx, "invoices/bank-feeds")
            assert one is not None
            record(tx, one.id, Reading(Decimal(number), Origin.CHECK_IN, moment), moment)


def _trouble(store: Store) -> None:
    with store.write() as tx:
        row = connections.connection_by_slug(tx, "jira-old")
        one = key_results.key_result_by_key(tx, "found/pilots")
        assert row is not None
        assert one is not None
        problem = "the sign-in was refused. Make a new API token, set JIRA_TOKEN and start the hub again."
        broke = at(11, 19, 18, 40)
        note_read(
            tx,
            row.id,
            broke,
            state="broken",
            problem=problem,
            problem_at=broke,
            next_due_at=None,
            last_ok_at=at(11, 19, 18),
        )
        hold(tx, one.id, Freshness.BROKEN, problem, broke)


def tell_everybody(store: Store) -> None:
    """Send every letter of the outbox, a minute after it was written."""
    with store.write() as tx:
        for channel in channels.all_channels(tx):
            draw = draw_teams if channel.kind == "teams" else draw_slack
            while (letter := outbox.next_letter(tx, channel.id, NOW)) is not None:
                said = write_message(tx, letter)
                assert said is not None
                moment = letter.created_at + timedelta(minutes=1)
                outbox.start_sending(tx, letter.id)
                outbox.settle(tx, letter.id, state="sent", now=moment)
                channels.add_receipt(
                    tx, letter.id, attempt=1, at=moment, outcome="sent", key="1", payload=dict(draw(said))
                )


def fresh_copy(seeded: Path, path: Path, made: Sequence[Flask]) -> None:
    """Put the company's database in the place of one that earlier applications of the test have open."""
    for app in made:
        app.extensions["okrhub"].store.close()
    for more in ("", "-wal", "-shm"):
        path.with_name(path.name + more).unlink(missing_ok=True)
    shutil.copy(seeded, path)
