"""The way of one sync: take the lease, read, evaluate, let go. A crash anywhere loses nothing and repeats nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Source, Subscriptions
from connectors.errors import ConnectorError, Misconfigured, TryLater, Unauthorized
from connectors.registry import Opener, open_connector
from connectors.wire import Counter
from hub.flows.sync.defects import Defect, defect_of
from hub.flows.sync.evaluate import evaluate_selections
from hub.flows.sync.intake import LEASE, Intake, LeaseLost, Progress
from hub.flows.sync.outcome import Kept, Synced
from hub.flows.sync.round import NothingRead, Round
from hub.heartbeat import heartbeat
from hub.log import logger
from hub.model.held_back import say_note
from hub.model.kinds import Freshness
from hub.model.reasons import Reason
from hub.opening import open_connection
from hub.record import Recorded, hold
from hub.store import Store, connections, counts, key_results, listeners, okrs, rules, selected, touched
from hub.store.connections import ConnectionRow
from hub.store.engine import why_away
from hub.store.reads import add_read
from hub.store.selected import Selection
from hub.vault import Vault, reveal_quietly

KEPT = frozenset({"paused_until", "last_ok_at", "scheduled_at"})  # of how a read ended, when another one was asked for
NOT_GOOD = frozenset({Freshness.BROKEN, Freshness.PARTIAL, Freshness.SUSPECT})
PAUSE = timedelta(seconds=60)  # after a failure for which the tool asked no wait of its own


def sync(
    store: Store,
    connection_id: int,
    *,
    owner: str,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    opener: Opener = open_connector,
    progress: Progress | None = None,
    vault: Vault | None = None,
) -> Synced:
    """Read a connection and record what moved. `owner` names this reader; two never read at once."""
    with store.write() as tx:
        if not connections.lease(tx, connection_id, owner=owner, now=now(), lasts=LEASE):
            return Synced("busy")
        row = connections.connection_by_id(tx, connection_id)
        assert row is not None
        stop = _stands_still(row, now())
        if stop:
            connections.release(tx, connection_id, owner=owner)
            return Synced(stop, row.problem)
    run = _Run(store, row, owner, now, environ, opener, progress, vault)
    try:
        with heartbeat(run.renew_lease, lease=row.slug):
            return run.go()
    except LeaseLost:
        return Synced("lost", "another reader took over", requests=run.counter.requests)
    except BaseException as problem:
        # The database is away, or the process is to end: free the connection, so that the retry need not wait for the
        # lease.
        run.abandon(why_away(problem) or f"the hub failed: {type(problem).__name__}")
        raise


def _stands_still(row: ConnectionRow, at: datetime) -> str:
    """Return why a ring must not make a request, if so: the tool asked for a wait, or a person must act first.

    A webhook rings whatever the state; what it touched stays noted for the read that comes after.
    """
    if connections.is_paused(row, at):
        return "waiting"
    return "broken" if row.state == "broken" and not connections.is_due(row, at) else ""


class _Run:
    def __init__(
        self,
        store: Store,
        row: ConnectionRow,
        owner: str,
        now: Callable[[], datetime],
        environ: Mapping[str, str],
        opener: Opener,
        progress: Progress | None,
        vault: Vault | None,
    ) -> None:
        self.store, self.row, self.owner, self.now = store, row, owner, now
        self.environ, self.opener, self.vault = environ, opener, vault
        self.versions: Mapping[str, int] = {}
        self.selections: Sequence[Selection] = ()
        self.counter = Counter()
        self.intake = Intake(store, row, owner, now, progress)
        self.started_at = now()
        self.is_due = connections.is_due(row, self.started_at)
        self.on_schedule = connections.is_on_schedule(row, self.started_at)
        self.recorded: list[Recorded] = []
        self.listens: Subscriptions | None = None  # the tool, where it lets the hub register webhooks

    def renew_lease(self) -> bool:
        with self.store.write() as tx:
            return connections.renew_lease(tx, self.row.id, owner=self.owner, now=self.now(), lasts=LEASE)

    def go(self) -> Synced:
        """Read, evaluate and let go. Raises LeaseLost, and what says that the database is away; nothing else."""
        problem: ConnectorError | None = None
        try:
            self._load()
            self._read()
        except ConnectorError as failure:
            problem = failure
        except Exception as failure:
            problem = self._defect(failure)
        # Before a failure some selections were read to their end, and these count. Of the others the pages that came
        # are stored and wait for the rest: half a picture is no value.
        try:
            self.recorded = self._evaluate(complete=problem is None)
        except Exception as failure:
            problem = self._defect(failure)
        try:
            return self._finish(problem)
        except Exception as failure:
            return self._break_off(self._defect(failure))

    def _defect(self, failure: Exception) -> Defect:
        return defect_of(failure, self.store, self.row.slug, f"the connection {self.row.slug}")

    def _load(self) -> None:
        """Find out what there is to read. Another address is read anew: nothing of the old one counts."""
        with self.store.write() as tx:
            self.intake.renew(tx)
            site = reveal_quietly(self.row.settings.get("base_url", ""), self.environ)
            if site and site != self.row.site:
                connections.move_to_site(tx, self.row.id, site)
                self.row = replace(self.row, site=site, cursor=None)
            self.versions = touched.touched_keys(tx, self.row.id)
            self.selections = selected.selections_to_read(tx, self.row.id, self.now())

    def _read(self) -> None:
        connector = open_connection(
            self.store,
            self.row,
            vault=self.vault,
            environ=self.environ,
            now=self.now,
            opener=self.opener,
            counter=self.counter,
        )
        if not isinstance(connector, Source):
            raise Misconfigured(f"a connection of kind {self.row.kind} has no work to read", field="kind")
        self.listens = connector if isinstance(connector, Subscriptions) else None
        round_ = Round(
            self.row,
            self.intake,
            self.selections,
            self.versions,
            self.now,
            started_at=self.started_at,
            is_due=self.is_due,
        )
        round_.read(connector)
        if self.is_due and self.selections and len(round_.set_aside) == len(self.selections):
            raise NothingRead(list(round_.set_aside.values()))

    def _evaluate(self, *, complete: bool) -> list[Recorded]:
        with self.store.read() as tx:
            selections = selected.selections_to_read(tx, self.row.id, self.now())
        selections = [one for one in selections if one.id not in self.intake.unfinished]
        # Those that were not reached are no fresher than before, and what a second look would confirm was not seen.
        seen = {one.id for one in selections} if complete else self.intake.whole
        return evaluate_selections(
            self.store,
            selections,
            self.intake.changed,
            self.now,
            due=seen if self.is_due else (),
            confirms=self.on_schedule,
            renew=self.intake.renew,
        )

    def _finish(self, problem: ConnectorError | None) -> Synced:
        at = self.now()
        state, changes = self._ending(problem, at)
        with self.store.write() as tx:
            self.intake.renew(tx)
            if state == "broken" and not isinstance(problem, NothingRead):  # each of those says its own problem
                self._hold_all(tx, problem, at)
            # Not earlier: a reader killed before its values are recorded must leave the touched items to the next one.
            touched.clear_touched(tx, self.row.id, self.intake.answered)
            if self.listens is not None and self.is_due:
                used = selected.selections_to_read(tx, self.row.id, at)
                wanted = self.listens.wants([s.scope for s in used if s.scope is not None])
                listeners.note_scopes(tx, self.row.id, [scope.key for scope in wanted], at)
            asked_anew = self._was_asked_anew(tx)
            if asked_anew:
                # Somebody asked for a read, or mended the settings, while this one ran: theirs is yet to come.
                changes = {name: value for name, value in changes.items() if name in KEPT}
            connections.release(tx, self.row.id, owner=self.owner, **changes)
            again = asked_anew or (problem is None and touched.has_touched(tx, self.row.id))
            self._journal(tx, at, "ok" if problem is None else state, _say(problem))
        return Synced(
            "done" if problem is None else state,
            _say(problem),
            tuple(self.recorded),
            self.counter.requests,
            self.intake.items,
            again,
            self._kept(),
        )

    def _kept(self) -> tuple[Kept, ...]:
        """Return the key results on this connection that are not as good as new, each with why."""
        with self.store.read() as tx:
            workspace = okrs.workspace_now(tx)
            problems = {one.id: one.problem for one in selected.selections_in_use(tx, self.row.id)}
            reads = {one.key_result_id: one.selection_id for one in rules.current_rules_on(tx, list(problems))}
            found = key_results.key_results_on(tx, list(problems))
        kept = []
        for one in found:
            if workspace is None or one.is_frozen(self.now()) or self.now() < one.declared.goal(workspace.zone).starts:
                continue  # nothing moves it: what its note says is of another time
            standing = one.standing
            reason = say_note(one) or problems.get(reads.get(one.id) or 0, "")
            if standing.freshness in NOT_GOOD or problems.get(reads.get(one.id) or 0):
                kept.append(Kept(one.key, standing.value, standing.status, standing.freshness, reason))
        return tuple(kept)

    def _was_asked_anew(self, tx: Connection) -> bool:
        row = connections.connection_by_id(tx, self.row.id)
        assert row is not None
        return (row.next_due_at, row.settings) != (self.row.next_due_at, self.row.settings)

    def _ending(self, problem: ConnectorError | None, at: datetime) -> tuple[str, dict[str, Any]]:
        if problem is None:
            changes: dict[str, Any] = {"state": "ok", "problem": "", "problem_at": None, "paused_until": None}
            if self.is_due:
                changes["next_due_at"] = at + self.row.every
            if self.is_due and self.intake.whole:  # a read of nothing is no good read
                changes["last_ok_at"] = at
            if self.on_schedule:
                changes["scheduled_at"] = at + self.row.every
            return "ok", changes
        noted = {"problem": _say(problem), "problem_at": at}
        if isinstance(problem, TryLater):
            return "waiting", {**noted, "state": "waiting", "paused_until": at + (problem.after or PAUSE)}
        if isinstance(problem, Unauthorized):
            # Knocking on with a wrong sign-in locks accounts: wait for a person.
            return "broken", {**noted, "state": "broken", "next_due_at": None}
        return "broken", {**noted, "state": "broken", "next_due_at": at + self.row.every}

    def _journal(self, tx: Any, at: datetime, outcome: str, problem: str) -> None:
        reason = "schedule" if self.is_due else "webhook"
        if self.is_due and self.row.last_ok_at is None:
            reason = "first"
        taken = self.counter.requests
        add_read(
            tx,
            self.row.id,
            started_at=self.started_at,
            ended_at=at,
            reason=reason,
            outcome=outcome,
            requests=taken,
            items=self.intake.items,
            moved=[one.key for one in self.recorded if one.value != one.value_before],
            problem=problem,
        )
        counts.count(tx, "requests", self.row.slug, taken)
        counts.count(tx, "throttled", self.row.slug, self.counter.throttled)
        counts.count(tx, "retried", self.row.slug, self.counter.retried)

    def _hold_all(self, tx: Connection, problem: ConnectorError | None, at: datetime) -> None:
        for key_result in key_results.key_results_on(tx, [s.id for s in self.selections]):
            hold(tx, key_result.id, Freshness.BROKEN, _say(problem), at, code=Reason.CONNECTION)

    def _break_off(self, problem: Defect) -> Synced:
        """Let the connection go as broken when the end of a read is itself what fails; what was touched stays noted."""
        at = self.now()
        state, changes = self._ending(problem, at)
        with self.store.write() as tx:
            self.intake.renew(tx)
            self._hold_all(tx, problem, at)
            connections.release(tx, self.row.id, owner=self.owner, **changes)
            self._journal(tx, at, state, problem.told)
        taken = self.counter.requests
        return Synced(state, problem.told, tuple(self.recorded), taken, self.intake.items, kept=self._kept())

    def abandon(self, problem: str) -> None:
        """Let the connection go after a failure of the hub's own. Never raises: the failure itself is to be seen."""
        try:
            with self.store.write() as tx:
                connections.release(
                    tx,
                    self.row.id,
                    owner=self.owner,
                    problem=problem,
                    problem_at=self.now(),
                    paused_until=self.now() + PAUSE,
                )
                counts.count(tx, "requests", self.row.slug, self.counter.requests)
        except Exception as second:
            # The database is away altogether: the lease runs out by itself.
            logger("sync").warning(
                "a connection could not be let go", problem=why_away(second) or type(second).__name__
            )


def _say(problem: ConnectorError | None) -> str:
    return "" if problem is None else problem.told
