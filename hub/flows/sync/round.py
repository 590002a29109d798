"""One round over a connection's selections: in which order they are read, and that one in trouble starves nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from connectors.contract import Source, Sweep
from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unexpected
from connectors.registry import load
from connectors.shapes import Scope
from hub.flows.sync.defects import Defect, defect_of
from hub.flows.sync.intake import Intake, with_fields
from hub.model.kinds import Freshness
from hub.model.reasons import Reason
from hub.record import hold
from hub.store import key_results, selected
from hub.store.connections import ConnectionRow
from hub.store.selected import Selection

FULL_READ = timedelta(hours=24)  # webhooks get lost and cursors lie: once a day everything is read anew
AGAIN = timedelta(hours=1)  # so long a daily read is put off that met trouble: what changes is swept meanwhile
IN_A_ROW = 2  # so many turns in trouble one after another are the tool's trouble, and not a selection's

LONGEST_NAME = 80  # a query may be as long as it likes
# What an answer may be that one selection brings about, and that says nothing of the others.
ITS_OWN = (Misconfigured, Gone, Unexpected, Defect)


class NothingRead(ConnectorError):
    """Every selection of a connection was set aside: nothing of it can be read, whoever is to blame."""

    def __init__(self, problems: Sequence[ConnectorError]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"nothing that is selected can be read{more}: {first}", hint=first.hint)


class Round:
    """The turns of one read: the sweep, what was never read or is to be read anew, what was in trouble last time.

    Trouble is a TryLater that asks for no wait: a 5xx, a time-out, a line that was cut. It ends the turn of the
    selection that met it, whose value stays; the others have theirs. A wait that the tool asks for ends the round.
    """

    def __init__(
        self,
        row: ConnectionRow,
        intake: Intake,
        selections: Sequence[Selection],
        versions: Mapping[str, int],
        now: Callable[[], datetime],
        *,
        started_at: datetime,
        is_due: bool,
    ) -> None:
        self.row, self.intake, self.now = row, intake, now
        self.selections, self.versions = selections, versions
        self.started_at, self.is_due = started_at, is_due
        self._troubles: list[tuple[str, TryLater]] = []  # each with whose it was, if of one
        self._in_a_row = 0
        self._unreached: set[int] = set()  # selections that were in trouble last time and have had no turn yet
        self.set_aside: dict[int, ConnectorError] = {}  # selections that cannot be read, each with why

    def read(self, source: Source) -> None:
        """Read what there is to read. Raises what ended it; at the end the trouble that some were in."""
        try:
            self._read(source)
        except ConnectorError:
            self._let_first(self._unreached)
            raise
        if self._troubles:
            raise _summary(self._troubles)

    def _read(self, source: Source) -> None:
        joined = [s for s in self.selections if s.joined_at is not None and s.scope is not None]
        in_full = [s for s in self.selections if self._wants_full_read(s)]
        self._unreached = {s.id for s in in_full if _was_in_trouble(s)}
        self.intake.moves_cursor = all(s.cursor is None for s in self.selections if s.joined_at is None)
        is_swept = True
        if joined and isinstance(source, Sweep) and (self.is_due or self.versions):
            since = self.row.cursor if self.is_due else None
            try:
                trouble = self._turn("", partial(self.intake.sweep, source, joined, since, self.versions))
                is_swept = trouble is None
                if trouble is not None and self.is_due and self.row.state == "waiting":
                    # Twice in a row: it may lie with one of them, and all at once does not show with which.
                    lost = self._sweep_each(source, joined, since)
                    is_swept = lost is not None
                    in_full = [s for s in in_full if s.id not in (lost or ())]
            except Misconfigured as refused:
                if refused.field != "select":
                    raise
                # One query has stopped working, and a sweep asks for all at once: each by itself shows which it is.
                in_full = [s for s in self.selections if s in joined or s in in_full]
                is_swept = False
            except (Gone, Unexpected, Defect) as odd:
                lost = self._sweep_apart(source, joined, since, odd)
                in_full = [s for s in in_full if s.id not in lost]
        in_full = [s for s in in_full if s.id not in self.intake.resting]
        if joined and is_swept:
            self.intake.answered = self.versions  # whoever has not joined is yet to be read whole
        # Two batches: a scope that cannot even be resolved must not keep those from their turn that were well.
        self._read_in_full(source, [s for s in in_full if not _was_in_trouble(s)])
        self._read_in_full(source, [s for s in in_full if _was_in_trouble(s)])
        if not self._troubles:
            self.intake.answered = self.versions

    def _wants_full_read(self, selection: Selection) -> bool:
        """Whether a selection is to be read in full: never read, its last full read is old, or it was short."""
        if selection.joined_at is None or selection.scope is None:
            return self.is_due or not selection.problem
        return self.is_due and (bool(selection.problem) or self.started_at - selection.joined_at > FULL_READ)

    # One turn each.

    def _turn(self, name: str, read: Callable[[], None]) -> TryLater | None:
        """Let one part of the read have its turn; return the trouble it met. Raises what is no trouble of its own.

        What nobody foresaw is raised as a Defect of that part.
        """
        try:
            read()
        except TryLater as trouble:
            if trouble.is_asked:
                raise
            self._troubles.append((name, trouble))
            self._in_a_row += 1
            return trouble
        except ConnectorError:
            self._in_a_row = 0  # the tool said no, and so it is there
            raise
        except Exception as failure:
            self._in_a_row = 0
            what = f"the selection {name[:LONGEST_NAME]}" if name else "the sweep"
            raise defect_of(failure, self.intake.store, self.row.slug, what) from failure
        self._in_a_row = 0
        return None

    def _go_on(self) -> None:
        """Raise the last trouble where so many came in a row that it is the tool's: it is not knocked at any more."""
        if self._in_a_row >= IN_A_ROW:
            raise self._troubles[-1][1]

    def _sweep_each(self, source: Sweep, joined: Sequence[Selection], since: str | None) -> set[int] | None:
        """Sweep each scope by itself, and take those in trouble out of the sweep; return their ids, None for one scope.

        Nobody is taken out unless the tool answered for another. Raises the trouble of a tool that is down.
        """
        by_scope: dict[str, list[Selection]] = {}
        for selection in joined:
            assert selection.scope is not None
            by_scope.setdefault(selection.scope.key, []).append(selection)
        if len(by_scope) == 1:
            return None
        self.intake.moves_cursor = False  # how far one scope was swept says nothing of the others
        # In another order each time: where those in trouble came first the others still have their turn soon.
        groups = [by_scope[key] for key in sorted(by_scope, key=self._lot)]
        lost: list[tuple[list[Selection], TryLater]] = []
        has_answered = False
        for group in groups:
            # Without the touched items, which may be the trouble: what was touched has changed since the cursor.
            trouble = self._turn(_name(group), partial(self.intake.sweep, source, group, since, {}))
            if trouble is None:
                has_answered = True
            else:
                lost.append((group, trouble))
            if self._in_a_row >= IN_A_ROW:
                break
        if has_answered:
            for group, trouble in lost:
                self._note(group, problem=trouble.told, joined_at=None, cursor=None)
        self._go_on()
        return {selection.id for group, _ in lost for selection in group} if has_answered else set()

    def _sweep_apart(
        self, source: Sweep, joined: Sequence[Selection], since: str | None, odd: ConnectorError
    ) -> set[int]:
        """Sweep each scope by itself after an answer of which nothing could be made; set aside those it belongs to.

        Returns their ids. Raises the problem of the whole where no scope gets through: then it belongs to none.
        """
        by_scope: dict[str, list[Selection]] = {}
        for selection in joined:
            assert selection.scope is not None
            by_scope.setdefault(selection.scope.key, []).append(selection)
        if len(by_scope) == 1:
            raise odd
        self.intake.moves_cursor = False  # how far one scope was swept says nothing of the others
        # On schedule without the touched items, as in `_sweep_each`: what was touched has changed since the cursor.
        versions = {} if since else self.versions
        lost: list[tuple[list[Selection], ConnectorError]] = []
        for group in by_scope.values():
            try:
                trouble = self._turn(_name(group), partial(self.intake.sweep, source, group, since, versions))
            except ITS_OWN as problem:
                if _is_of_connection(problem, self.row.kind):
                    raise
                lost.append((group, problem))
                continue
            if trouble is not None:
                self._go_on()
        if len(lost) == len(by_scope):
            raise odd
        for group, why in lost:
            self._set_aside(group, why)
        return {selection.id for group, _ in lost for selection in group}

    def _lot(self, key: str) -> bytes:
        """Draw a scope's place in this round: by chance, and the same if it is drawn again."""
        return hashlib.sha256(f"{self.started_at.isoformat()} {key}".encode()).digest()

    def _read_in_full(self, source: Source, selections: Sequence[Selection]) -> None:
        """Read selections in full; those with one scope are read once."""
        groups: dict[str, list[Selection]] = {}
        scopes: dict[str, Scope] = {}
        for selection in selections:
            scope = self._scope_of(source, selection)
            if scope is None:
                continue
            groups.setdefault(scope.key, []).append(selection)
            scopes[scope.key] = with_fields(scope, scopes.get(scope.key))
        for key, group in groups.items():
            before = self.intake.items
            self._unreached.difference_update(selection.id for selection in group)
            try:
                trouble = self._turn(scopes[key].name, partial(self.intake.first_read, source, group, scopes[key]))
            except ITS_OWN as problem:
                if _is_of_connection(problem, self.row.kind):
                    raise
                self._set_aside(group, problem)
                continue
            if trouble is not None:
                self._put_off(group, trouble, got_on=self.intake.items > before)
                self._go_on()

    def _scope_of(self, source: Source, selection: Selection) -> Scope | None:
        """Return a selection's scope, resolved where that is yet to be done; None where it cannot be now."""
        if selection.scope is not None:
            return selection.scope
        found: list[Scope] = []
        try:
            trouble = self._turn(_name([selection]), lambda: found.append(source.resolve(selection.select)))
        except ITS_OWN as problem:
            if _is_of_connection(problem, self.row.kind):
                raise
            self._unreached.discard(selection.id)
            self._set_aside([selection], problem)
            return None
        if trouble is not None:
            self._unreached.discard(selection.id)
            self._put_off([selection], trouble, got_on=False)
            self._go_on()
            return None
        with self.intake.store.write() as tx:
            self.intake.renew(tx)
            selected.resolve_selection(tx, selection.id, found[0])
        return found[0]

    # Who had no luck.

    def _set_aside(self, group: Sequence[Selection], problem: ConnectorError) -> None:
        """Note that selections cannot be read: they leave the sweep until read in full, the others go on."""
        code = Reason.DEFECT if isinstance(problem, Defect) else Reason.SELECTION
        self.set_aside.update((selection.id, problem) for selection in group)
        with self.intake.store.write() as tx:
            self.intake.renew(tx)
            for selection in group:
                selected.note_selection(tx, selection.id, problem=problem.told, joined_at=None, cursor=None)
            for key_result in key_results.key_results_on(tx, [selection.id for selection in group]):
                hold(tx, key_result.id, Freshness.BROKEN, problem.told, self.now(), code=code)

    def _put_off(self, group: Sequence[Selection], trouble: TryLater, *, got_on: bool) -> None:
        """Have selections in trouble read after all others next time. Their values stand, and so do the pages read."""
        for selection in group:
            if selection.joined_at is not None:
                # It is swept on; a problem of its own says that it was short, and so it stays.
                self._note([selection], joined_at=self.started_at - FULL_READ + AGAIN)
            elif selection.problem and not got_on:
                # A place where nothing moves any more holds the connection's cursor back: it is read from the start.
                self._note([selection], problem=trouble.told, cursor=None)
            else:
                self._note([selection], problem=trouble.told)

    def _let_first(self, ids: Collection[int]) -> None:
        """Let those that had no turn be read before those in trouble next time."""
        self._note([selection for selection in self.selections if selection.id in ids], problem="")

    def _note(self, group: Sequence[Selection], **changes: object) -> None:
        if group:
            with self.intake.store.write() as tx:
                self.intake.renew(tx)
                for selection in group:
                    selected.note_selection(tx, selection.id, **changes)


def _was_in_trouble(selection: Selection) -> bool:
    return selection.joined_at is None and bool(selection.problem)


def _is_of_connection(problem: ConnectorError, kind: str) -> bool:
    """Whether a problem lies with the address or the credentials of a connection, not with what is selected."""
    if not isinstance(problem, Misconfigured):
        return False
    signed_by = {field.name for way in load(kind).describe().auth for field in way.fields}
    return problem.field in {"kind", "base_url", "allow_private", *signed_by}


def _name(group: Sequence[Selection]) -> str:
    first = group[0]
    return first.scope.name if first.scope is not None else first.select.query or " ".join(first.select.picker.values())


def _summary(troubles: Sequence[tuple[str, TryLater]]) -> TryLater:
    """Return one error for all: the first trouble, whose it was, and how many others there are."""
    trouble = troubles[0][1]
    whose = list(dict.fromkeys(name for name, _ in troubles if name))
    more = f" and {len(whose) - 1} more" if len(whose) > 1 else ""
    error = TryLater(f"{trouble} ({whose[0][:LONGEST_NAME]}{more})" if whose else str(trouble), hint=trouble.hint)
    error.__cause__ = trouble
    return error
