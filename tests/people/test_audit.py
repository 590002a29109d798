"""What is done to accounts stands in the audit log, with who did it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from hub.flows import people
from hub.model.rights import Role, Scope, Standing
from hub.store import Store
from hub.store.tables_okr import audit
from tests.people.house import GOOD, INES, OTHER, TOM, bearer_of, enter, join


def test_every_change_of_people_is_written_down_with_who_made_it(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    people.use_link(
        store, people.Purpose.SET_UP, bearer_of(path), email=INES, name="Ines", password=GOOD, agent="x", now=now
    )
    join(store, TOM, Role.MEMBER, now)
    people.invite(store, email="jo@acme.test", role=Role.VIEWER, who=INES, now=now)
    people.withdraw(store, email="jo@acme.test", who=INES, now=now)
    signed = people.find_session(store, enter(store, now).bearer, now)
    assert signed is not None
    people.change_password(store, signed, old=GOOD, new=OTHER, now=now)
    people.end_other_sessions(store, signed, now)
    people.make_token(store, email=INES, name="ci", scopes={Scope.READ}, lasts=timedelta(days=1), who=INES, now=now)
    people.revoke_token(store, signed, people.list_tokens(store, INES)[0].id, now)
    people.add_member(store, "payments", email=TOM, standing=Standing.LEAD, who=INES, now=now)
    people.remove_member(store, "payments", email=TOM, who=INES, now=now)
    people.set_role(store, email=TOM, role=Role.ADMIN, who=INES, now=now)
    people.make_reset_link(store, email=TOM, who=INES, now=now)
    people.disable(store, email=TOM, who=INES, now=now)
    people.enable(store, email=TOM, who=INES, now=now)
    people.sign_out(store, signed, now)
    with store.read() as tx:
        found = [(row.who, row.what, row.subject) for row in tx.execute(select(audit).order_by(audit.c.id))]
        details = {row.what: row.detail for row in tx.execute(select(audit))}
    assert found == [
        (INES, "set up", INES),
        ("test", "invite", TOM),
        (TOM, "accept invitation", TOM),
        (INES, "invite", "jo@acme.test"),
        (INES, "withdraw invitation", "jo@acme.test"),
        (INES, "sign in", INES),
        (INES, "change password", INES),
        (INES, "end sessions", INES),
        (INES, "make token", INES),
        (INES, "revoke token", INES),
        (INES, "add team member", "payments"),
        (INES, "remove team member", "payments"),
        (INES, "set role", TOM),
        (INES, "make reset link", TOM),
        (INES, "disable account", TOM),
        (INES, "enable account", TOM),
        (INES, "end session", INES),
    ]
    assert details["set role"] == {"from": "member", "to": "admin"}
    assert details["disable account"] == {"sessions": 1, "tokens": 0, "links": 0}
