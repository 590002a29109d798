"""One-time links: whoever has one gets in once, and nobody gets in by an old one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.flows import people
from hub.flows.people import NotThere, Purpose, Refused
from hub.model.rights import Role, Scope
from hub.store import Store, accounts, sessions
from hub.store.schema import metadata
from tests.people.house import GOOD, INES, OTHER, TOM, bearer_of, enter, join, role_of


def use(store: Store, path: str, now: datetime, **more: str) -> people.Opened:
    purpose = {"set-up": Purpose.SET_UP, "invite": Purpose.INVITE, "reset": Purpose.RESET}[path.split("/")[1]]
    given = {"password": GOOD, "agent": "Firefox", **more}
    return people.use_link(store, purpose, bearer_of(path), now=now, **given)


def test_the_set_up_link_makes_the_first_admin_and_signs_them_in(store: Store, now: datetime) -> None:
    opened = use(store, people.make_set_up_link(store, now), now, email=" Ines@Acme.test ", name="Ines  Carvalho")
    found = people.find_session(store, opened.bearer, now)
    assert found is not None
    assert (found.viewer.email, found.viewer.role, found.name) == (INES, Role.ADMIN, "Ines Carvalho")


def test_a_used_link_opens_nothing(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    use(store, path, now, email=INES)
    with pytest.raises(NotThere):
        use(store, path, now, email=TOM)
    assert role_of(store, TOM) is None


def test_a_link_ends_with_its_time(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    people.look_at_link(store, Purpose.SET_UP, bearer_of(path), now + timedelta(hours=23, minutes=59))
    with pytest.raises(NotThere):
        use(store, path, now + timedelta(hours=24), email=INES)
    assert role_of(store, INES) is None


def test_a_new_start_makes_a_new_set_up_link_and_the_old_one_is_void(store: Store, now: datetime) -> None:
    old, new = people.make_set_up_link(store, now), people.make_set_up_link(store, now)
    with pytest.raises(NotThere):
        use(store, old, now, email=TOM)
    use(store, new, now, email=INES)
    with pytest.raises(Refused, match="set up already"):
        people.make_set_up_link(store, now)


def test_a_set_up_link_is_void_once_somebody_has_an_account(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    people.add_account(store, email=INES, name="", role=Role.ADMIN, who="shell", now=now)
    with pytest.raises(NotThere):
        use(store, path, now, email=TOM)


def test_a_link_is_good_for_its_own_purpose_alone(store: Store, now: datetime) -> None:
    join(store, INES, Role.ADMIN, now)
    path = people.make_reset_link(store, email=INES, who="test", now=now)
    for purpose in (Purpose.SET_UP, Purpose.INVITE, Purpose.OIDC):
        with pytest.raises(NotThere):
            people.look_at_link(store, purpose, bearer_of(path), now)


def test_what_will_not_do_leaves_the_link_as_it_was(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    for wrong in ({"password": "short", "email": INES}, {"email": "nobody"}, {"email": INES, "name": "x" * 121}):
        with pytest.raises(Refused):
            use(store, path, now, **wrong)
    assert use(store, path, now, email=INES).email == INES


def at_once(*works: Callable[[], object]) -> list[object]:
    """Do things at the same time; return what each came to, exceptions too."""
    together = threading.Barrier(len(works))
    found: list[object] = []

    def run(work: Callable[[], object]) -> None:
        together.wait()
        try:
            found.append(work())
        except Refused as problem:
            found.append(problem)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def test_of_two_who_use_the_set_up_link_at_once_one_becomes_the_admin(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    found = at_once(lambda: use(store, path, now, email=INES), lambda: use(store, path, now, email=TOM))
    assert sorted(type(one).__name__ for one in found) == ["NotThere", "Opened"]
    with store.read() as tx:
        assert len(accounts.all_accounts(tx)) == 1


def test_of_two_admins_who_demote_each_other_at_once_one_stays(store: Store, now: datetime) -> None:
    join(store, INES, Role.ADMIN, now)
    join(store, TOM, Role.ADMIN, now)
    found = at_once(
        lambda: people.set_role(store, email=INES, role=Role.VIEWER, who=TOM, now=now),
        lambda: people.disable(store, email=TOM, who=INES, now=now),
    )
    assert sorted(type(one).__name__ for one in found) == ["NoneType", "Refused"]
    with store.read() as tx:
        left = [one for one in accounts.all_accounts(tx) if one.role is Role.ADMIN and one.is_enabled]
    assert len(left) == 1


def test_an_invitation_gives_the_role_it_says_and_the_address_it_is_for(store: Store, now: datetime) -> None:
    path = people.invite(store, email=TOM, role=Role.VIEWER, who=INES, now=now)
    use(store, path, now, email=INES)  # what the form says of the address is not listened to
    assert (role_of(store, TOM), role_of(store, INES)) == (Role.VIEWER, None)
    with pytest.raises(Refused, match="has an account already"):
        people.invite(store, email="TOM@acme.test", role=Role.ADMIN, who=INES, now=now)


def test_a_withdrawn_invitation_and_a_replaced_one_open_nothing(store: Store, now: datetime) -> None:
    first = people.invite(store, email=TOM, role=Role.ADMIN, who=INES, now=now)
    second = people.invite(store, email=TOM, role=Role.VIEWER, who=INES, now=now)
    with pytest.raises(NotThere):
        use(store, first, now)
    people.withdraw(store, email=TOM, who=INES, now=now)
    with pytest.raises(NotThere):
        use(store, second, now)
    assert role_of(store, TOM) is None


def test_a_reset_link_gives_a_new_password_and_ends_every_session(store: Store, now: datetime) -> None:
    before = join(store, INES, Role.ADMIN, now)
    use(store, people.make_reset_link(store, email=INES, who="shell", now=now), now, password=OTHER)
    assert people.find_session(store, before.bearer, now) is None
    enter(store, now, password=OTHER)
    with pytest.raises(Refused):
        enter(store, now)


def test_a_password_that_is_changed_makes_open_reset_links_void(store: Store, now: datetime) -> None:
    opened = join(store, INES, Role.ADMIN, now)
    path = people.make_reset_link(store, email=INES, who="test", now=now)
    signed = people.find_session(store, opened.bearer, now)
    assert signed is not None
    people.change_password(store, signed, old=GOOD, new=OTHER, now=now)
    with pytest.raises(people.NotThere):
        people.look_at_link(store, people.Purpose.RESET, bearer_of(path), now)


@pytest.mark.parametrize("how", ["disabled", "demoted"])
def test_what_an_admin_handed_out_is_void_once_they_are_none(store: Store, now: datetime, how: str) -> None:
    join(store, INES, Role.ADMIN, now)
    join(store, TOM, Role.ADMIN, now)
    made = {
        people.Purpose.RESET: people.make_reset_link(store, email=INES, who=TOM, now=now),
        people.Purpose.INVITE: people.invite(store, email="pal@acme.test", role=Role.ADMIN, who=TOM, now=now),
    }
    people.invite(store, email="jo@acme.test", role=Role.VIEWER, who=TOM, now=now)
    kept = people.invite(store, email="jo@acme.test", role=Role.VIEWER, who=INES, now=now)
    if how == "disabled":
        people.disable(store, email=TOM, who=INES, now=now)
    else:
        people.set_role(store, email=TOM, role=Role.MEMBER, who=INES, now=now)
    for purpose, path in made.items():
        with pytest.raises(NotThere):
            people.look_at_link(store, purpose, bearer_of(path), now)
    assert people.look_at_link(store, people.Purpose.INVITE, bearer_of(kept), now).email == "jo@acme.test"


def test_a_sign_in_by_the_old_password_during_a_reset_leaves_no_session(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(store, INES, Role.ADMIN, now)
    link = bearer_of(people.make_reset_link(store, email=INES, who="test", now=now))
    resets: list[threading.Thread] = []
    add = sessions.add_session

    def reset() -> None:
        people.use_link(store, Purpose.RESET, link, password=OTHER, agent="Firefox", now=now)

    def add_slowly(tx: Connection, **row: Any) -> int:
        if not resets:
            resets.append(threading.Thread(target=reset))
            resets[0].start()
            resets[0].join(0.5)  # it gets through meanwhile, or waits for the sign-in to end
        return add(tx, **row)

    monkeypatch.setattr(sessions, "add_session", add_slowly)
    by_old = enter(store, now)
    resets[0].join(20)
    assert people.find_session(store, by_old.bearer, now) is None


def test_the_store_holds_no_secret_in_the_clear(store: Store, now: datetime) -> None:
    path = people.make_set_up_link(store, now)
    opened = use(store, path, now, email=INES)
    token = people.make_token(
        store, email=INES, name="ci", scopes=set(Scope), lasts=timedelta(days=1), who=INES, now=now
    )
    with store.read() as tx:
        everything = repr([tuple(row) for table in metadata.sorted_tables for row in tx.execute(select(table))])
    assert INES in everything
    for secret in (bearer_of(path), opened.bearer, token, GOOD):
        assert secret not in everything
    assert "$argon2id$" in everything
