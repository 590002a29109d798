"""The work of the made-up company, and the readings it led to over the weeks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from connectors.shapes import State, WorkItem
from hub.flows.sync.evaluate import evaluate_selections
from hub.store import Store, connections, key_results, rules, selected, work
from hub.store.check_ins import CheckIn, add_check_in
from tests.web.company import BATCHES, BERLIN, NOW, TOM, at


def issue(
    ref: str,
    title: str,
    state: State = State.TODO,
    *,
    done: datetime | None = None,
    created: datetime | None = None,
    status: str = "",
    type_: str = "Task",
    labels: Iterable[str] = (),
    points: int | None = None,
    fields: Mapping[str, Decimal | None] | None = None,
) -> WorkItem:
    words = {State.TODO: "To Do", State.DOING: "In Review", State.DONE: "Done", State.DROPPED: "Rejected"}
    return WorkItem(
        key=key_of(ref),
        ref=ref,
        title=title,
        state=state,
        status=status or words[state],
        type=type_,
        url=f"https://acme.atlassian.test/browse/{ref}",
        created=created or at(9, 20),
        updated=done or created or at(9, 20),
        done=done,
        labels=frozenset(labels),
        fields={**(fields or {}), **({} if points is None else {"points": Decimal(points)})},
    )


def hash_of(ref: str) -> int:
    """Return a number for a ref, the same in every run."""
    head, _, tail = ref.partition("-")
    return sum(ord(letter) for letter in head) * 100_000 + int(tail)


def key_of(ref: str) -> str:
    return f"1{hash_of(ref):07d}"


def nobody_else_reads(_tx: Connection) -> None:
    """Hold on to a lease that nobody contests."""


def read(store: Store, key: str, items: Iterable[WorkItem], moment: datetime) -> None:
    """Let the hub find these items, and no others, behind a key result."""
    held = list(items)
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, key)
        assert one is not None
        rule = rules.current_rule(tx, one.id)
        assert rule is not None
        assert rule.selection_id is not None
        row = connections.connection_by_slug(tx, rule.connection)
        assert row is not None
        ids = [rule.selection_id]
        work.save_items(tx, row.id, held, frozenset({"Merchants in batch", "points"}))
        gone = sorted(set(work.members(tx, ids)) - {item.key for item in held})
        work.drop_members(tx, ids, gone)
        work.set_memberships(tx, row.id, {item.key: ids for item in held}, ids)
        found = [s for s in selected.selections_in_use(tx, row.id) if s.id == rule.selection_id]
        note_read(tx, row.id, moment, last_ok_at=moment)
    evaluate_selections(store, found, set(ids), lambda: moment, due=ids, renew=nobody_else_reads)


def note_read(tx: Connection, connection_id: int, moment: datetime, **changes: object) -> None:
    assert connections.lease(tx, connection_id, owner="seed", now=moment, lasts=timedelta(minutes=1))
    connections.release(tx, connection_id, owner="seed", **changes)


def _batches(moment: datetime, *, reopened: bool = False, more: bool = False) -> list[WorkItem]:
    found = []
    for ref, title, size, done in BATCHES:
        held: dict[str, Decimal | None] = {"Merchants in batch": Decimal(size)}
        closed = datetime(done.year, done.month, done.day, 15, tzinfo=BERLIN) if done else None
        if ref == "PAY-429" and at(11, 5) <= moment and not reopened:
            found.append(issue(ref, title, State.DONE, done=at(11, 5), fields=held))
        elif closed is not None and closed <= moment:
            found.append(issue(ref, title, State.DONE, done=closed, fields=held))
        elif ref == "PAY-455" and moment >= at(11, 17):
            found.append(issue(ref, title, State.DOING, fields=held))
        else:
            word = "Reopened" if ref == "PAY-429" and reopened else "To Do"
            found.append(issue(ref, title, State.TODO, status=word, fields=held))
    found.append(
        issue(
            "PAY-439",
            "Warehouses north, copy",
            State.DONE,
            status="Duplicate",
            done=at(10, 20),
            fields={"Merchants in batch": Decimal(6)},
        )
    )
    found.append(
        issue("PAY-471", "Enterprise pilot", State.DOING, labels=["not-q4"], fields={"Merchants in batch": Decimal(4)})
    )
    if more:
        found.append(
            issue("PAY-467", "Batch 8, hospitals", created=at(11, 19), fields={"Merchants in batch": Decimal(7)})
        )
        found.append(issue("PAY-468", "Batch 9, not sized", created=at(11, 19), fields={"Merchants in batch": None}))
    return found


def measure_merchants(store: Store) -> None:
    key = "pay-first-time/merchants-live"
    for moment in (at(10, 20), at(10, 28), at(11, 2, 16), at(11, 5, 10), at(11, 17, 16)):
        read(store, key, _batches(moment), moment)
    read(store, key, _batches(at(11, 19, 10), reopened=True, more=True), at(11, 19, 10))
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, key)
        assert one is not None
        for moment, note, sure in (
            (at(10, 12), "First batches went smoothly.", 8),
            (at(11, 16, 11), "Farm co-ops are live. Ports wait on the tax certificate.", 7),
        ):
            add_check_in(tx, one.id, CheckIn(moment, TOM, None, sure, note, f"{moment:%m-%d}"))
    read(store, key, _batches(NOW, reopened=True, more=True), NOW - timedelta(minutes=2))


def measure_bugs(store: Store) -> None:
    def bugs(closed: int) -> list[WorkItem]:
        return [
            issue(
                f"PAY-{500 + n}",
                f"Checkout bug {n}",
                State.DONE if n <= closed else State.TODO,
                type_="Bug",
                done=at(10, 6 + n) if n <= closed else None,
            )
            for n in range(1, 19)
        ]

    for moment, closed in ((at(10, 20), 4), (at(11, 10), 9), (at(11, 20), 12), (NOW - timedelta(minutes=2), 12)):
        read(store, "pay-first-time/open-bugs", bugs(closed), moment)


def measure_others(store: Store) -> None:
    def ended(number: int) -> datetime:
        return at(10, 5 + number) if number <= 4 else at(10, 16 + number) if number <= 9 else at(11, 18, 10)

    def playbooks(done: int) -> list[WorkItem]:
        return [
            issue(
                f"PAY-{600 + n}",
                f"Playbook {n}",
                State.DONE if n <= done else State.DOING,
                labels=["playbook"],
                done=ended(n) if n <= done else None,
            )
            for n in range(1, 14)
        ]

    for moment, done in ((at(10, 20), 4), (at(11, 3), 9), (at(11, 18, 11, 12), 12), (NOW - timedelta(minutes=6), 12)):
        read(store, "invoices/playbooks", playbooks(done), moment)
    for moment, number in ((at(10, 20), 1), (at(11, 4), 4), (at(11, 12), 2), (NOW - timedelta(minutes=2), 2)):
        read(
            store,
            "invoices/ledger-bugs",
            [issue(f"LED-{n}", f"Ledger {n}", created=None if n == 1 else at(11, 4, 8)) for n in range(1, number + 1)],
            moment,
        )
    for moment, done in ((at(10, 20), 3), (at(11, 10), 6)):
        items = [
            issue(
                f"GRO-{n}",
                f"Secret pilot {n}",
                State.DONE if n <= done else State.TODO,
                points=5,
                done=at(10, 5 + n) if n <= done else None,
            )
            for n in range(1, 13)
        ]
        read(store, "found/pilots", items, moment)
    pages = [
        issue(
            f"WEB-{n}",
            f"Page {n}",
            State.DONE if n <= 312 else State.TODO,
            done=at(10, 2) + timedelta(hours=3 * n) if n <= 312 else None,
        )
        for n in range(1, 351)
    ]
    read(store, "found/pages", pages, NOW - timedelta(minutes=2))
    for moment, number in ((at(10, 20), 9), (at(11, 9), 16), (NOW - timedelta(minutes=2), 11)):
        read(
            store,
            "found/waiting",
            [issue(f"WEB-{900 + n}", f"Change {n}", created=None if n < 9 else at(11, 9, 8)) for n in range(number)],
            moment,
        )
