"""Signing in: nobody learns which accounts there are, and guessing slows down."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from hub import passwords
from hub.flows import people
from hub.flows.people import NotYet, Refused
from hub.model.rights import Role, Scope
from hub.store import Store, accounts, sessions
from tests.people.house import ADDRESS, GOOD, INES, OTHER, TOM, enter, join


@pytest.fixture
def ines(store: Store, now: datetime) -> people.Opened:
    return join(store, INES, Role.ADMIN, now)


def refusal(store: Store, now: datetime, **more: str) -> str:
    with pytest.raises(Refused) as refused:
        enter(store, now, **more)
    return str(refused.value)


def test_the_same_words_refuse_an_unknown_address_a_wrong_password_and_an_account_without_one(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    people.add_account(store, email=TOM, name="", role=Role.MEMBER, who=INES, now=now)
    join(store, "out@acme.test", Role.MEMBER, now)
    people.disable(store, email="out@acme.test", who=INES, now=now)
    found = {
        refusal(store, now, password="wrong"),
        refusal(store, now, email="nobody@acme.test"),
        refusal(store, now, email=TOM),
        refusal(store, now, email=TOM, password=""),
        refusal(store, now, email="out@acme.test"),
        refusal(store, now, email=""),
    }
    assert found == {"This e-mail address and password do not belong together."}


@pytest.mark.usefixtures("real_cost")
@pytest.mark.parametrize("email", [INES, "nobody@acme.test", TOM])
def test_every_sign_in_costs_one_look_at_a_password(
    store: Store, now: datetime, ines: people.Opened, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    people.add_account(store, email=TOM, name="", role=Role.MEMBER, who=INES, now=now)
    looked: list[str] = []
    hasher = passwords._hasher

    class Watching:
        def verify(self, kept: str, password: str) -> bool:
            looked.append(kept.rsplit("$", 2)[0])  # the algorithm and its cost
            return hasher.verify(kept, password)

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_hasher", Watching())
    refusal(store, now, email=email, password="wrong")
    assert looked == ["$argon2id$v=19$m=19456,t=2,p=1"]


def test_after_five_wrong_passwords_an_account_waits_longer_and_longer(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    for _ in range(5):
        refusal(store, now, password="wrong")
    waits = []
    for _ in range(9):
        with pytest.raises(NotYet) as early:
            enter(store, now, password="wrong")
        waits.append((early.value.free_at - now).total_seconds())
        now = early.value.free_at
        refusal(store, now, password="wrong")
    assert waits == [4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_right_password_too_early_is_refused_and_a_try_too_early_does_not_count(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    for _ in range(5):
        refusal(store, now, password="wrong")
    for _ in range(20):
        with pytest.raises(NotYet):
            enter(store, now + timedelta(seconds=3))
    enter(store, now + timedelta(seconds=4))


@pytest.mark.parametrize("back", [timedelta(seconds=20), timedelta(hours=1), timedelta(days=1)])
def test_one_wrong_password_keeps_nobody_out_when_the_clock_is_then_set_back(
    store: Store, now: datetime, ines: people.Opened, back: timedelta
) -> None:
    refusal(store, now, password="wrong")
    assert enter(store, now - back).email == INES


def test_after_the_clock_was_set_back_guessing_is_as_slow_as_before(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    for _ in range(5):
        refusal(store, now, password="wrong")
    now -= timedelta(hours=1)
    refusal(store, now, password="wrong")
    with pytest.raises(NotYet) as early:
        enter(store, now)
    assert early.value.free_at == now + timedelta(seconds=8)


def test_a_right_password_clears_the_count(store: Store, now: datetime, ines: people.Opened) -> None:
    for _ in range(3):
        for _ in range(4):
            refusal(store, now, password="wrong")
        enter(store, now)


def test_an_address_waits_after_thirty_refusals_and_an_own_account_buys_no_new_ones(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    for number in range(30):
        refusal(store, now, email=f"guess{number}@acme.test")
        if number < 29:
            enter(store, now)
    with pytest.raises(NotYet):
        enter(store, now)
    enter(store, now, address="203.0.113.10")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", ADDRESS, True),
    ],
)
def test_an_address_of_the_sixth_version_is_counted_by_its_network(
    store: Store, now: datetime, ines: people.Opened, one: str, other: str, is_same: bool
) -> None:
    for number in range(30):
        refusal(store, now, email=f"guess{number}@acme.test", address=one)
    if is_same:
        with pytest.raises(NotYet):
            enter(store, now, address=other)
    else:
        enter(store, now, address=other)


def test_strangers_who_guess_keep_nobody_out_who_signed_in_from_this_browser_before(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    for number in range(5):
        refusal(store, now, password="wrong", address=f"198.51.100.{number}")
    with pytest.raises(NotYet):
        enter(store, now)
    enter(store, now, browser="a browser that was here")
    for _ in range(5):
        refusal(store, now, password="wrong", browser="a stolen mark")
    with pytest.raises(NotYet):
        enter(store, now, browser="a stolen mark")


@pytest.mark.usefixtures("real_cost")
def test_a_password_kept_at_an_older_cost_is_kept_anew_at_the_next_sign_in(store: Store, now: datetime) -> None:
    from argon2 import PasswordHasher

    join(store, INES, Role.ADMIN, now)
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)
    with store.write() as tx:
        account = accounts.account_by_email(tx, INES)
        assert account is not None
        accounts.set_password(tx, account.id, old)
    enter(store, now)
    with store.read() as tx:
        account = accounts.account_by_email(tx, INES)
    assert account is not None
    assert account.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    enter(store, now)


@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "ines@acme.test", "INES@acme.test", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "123456789012",
     "qwertyuiopas", "lkjhgfdsapoiuytrewq", "x" * 501],
)  # fmt: skip
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    assert passwords.find_weakness(password, INES)


@pytest.mark.parametrize("password", [GOOD, "correct horse", "пароль из слов", "Tr0ub4dor&3xyz", "x y z 1 2 3 4"])
def test_whatever_is_long_enough_is_a_password(password: str) -> None:
    assert passwords.find_weakness(password, INES) == ""


def test_a_password_is_the_same_however_its_letters_are_put_together() -> None:
    kept = passwords.hash_password("Zürich am Morgen")
    assert passwords.is_right("Zu\u0308rich am Morgen", kept)
    assert not passwords.is_right("Zurich am Morgen", kept)
    assert not passwords.is_right("nobody has this password", "")


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(store: Store, now: datetime, ines: people.Opened) -> None:
    day = timedelta(days=1)
    assert people.find_session(store, ines.bearer, now + 6 * day) is not None
    assert people.find_session(store, ines.bearer, now + 12 * day) is not None  # used six days ago
    assert people.find_session(store, ines.bearer, now + 19 * day) is None  # seven days idle
    again = enter(store, now)
    for number in range(0, 30, 5):
        assert people.find_session(store, again.bearer, now + number * day) is not None
    assert people.find_session(store, again.bearer, now + 30 * day) is None


def test_what_an_open_page_asks_by_itself_keeps_no_session_alive(
    store: Store, now: datetime, ines: people.Opened
) -> None:
    day = timedelta(days=1)
    for number in range(1, 7):
        assert people.find_session(store, ines.bearer, now + number * day, is_use=False) is not None
    assert people.find_session(store, ines.bearer, now + 7 * day, is_use=False) is None


def test_an_account_that_is_disabled_is_out_at_once_and_its_tokens_stay_dead(store: Store, now: datetime) -> None:
    join(store, INES, Role.ADMIN, now)
    tom = join(store, TOM, Role.MEMBER, now)
    token = people.make_token(
        store, email=TOM, name="ci", scopes={Scope.READ}, lasts=timedelta(days=9), who=TOM, now=now
    )
    assert people.find_token(store, token, now) is not None
    people.disable(store, email=TOM, who=INES, now=now)
    assert people.find_session(store, tom.bearer, now) is None
    assert people.find_token(store, token, now) is None
    people.enable(store, email=TOM, who=INES, now=now)
    assert people.find_session(store, tom.bearer, now) is None
    assert people.find_token(store, token, now) is None
    enter(store, now, email=TOM)


def test_a_new_password_ends_every_session_but_this_one(store: Store, now: datetime, ines: people.Opened) -> None:
    here, there = enter(store, now), enter(store, now)
    signed = people.find_session(store, here.bearer, now)
    assert signed is not None
    with pytest.raises(Refused, match="present password"):
        people.change_password(store, signed, old="wrong", new=OTHER, now=now)
    with pytest.raises(Refused, match="at least 12"):
        people.change_password(store, signed, old=GOOD, new="short", now=now)
    people.change_password(store, signed, old=GOOD, new=OTHER, now=now)
    assert people.find_session(store, here.bearer, now) is not None
    assert people.find_session(store, there.bearer, now) is None
    assert people.find_session(store, ines.bearer, now) is None


def test_nobody_ends_the_session_of_somebody_else(store: Store, now: datetime, ines: people.Opened) -> None:
    tom = join(store, TOM, Role.MEMBER, now)
    mine, his = people.find_session(store, ines.bearer, now), people.find_session(store, tom.bearer, now)
    assert mine is not None
    assert his is not None
    assert his.session_id is not None
    assert not people.end_session(store, mine, his.session_id, now)
    assert people.find_session(store, tom.bearer, now) is not None


def test_a_token_ends_with_its_time_and_when_it_is_revoked(store: Store, now: datetime, ines: people.Opened) -> None:
    made = [
        people.make_token(store, email=INES, name="ci", scopes={Scope.READ}, lasts=timedelta(days=2), who=INES, now=now)
        for _ in range(2)
    ]
    assert [people.find_token(store, one, now + timedelta(days=2)) for one in made] == [None, None]
    mine = people.find_session(store, ines.bearer, now)
    assert mine is not None
    people.revoke_token(store, mine, people.list_tokens(store, INES)[0].id, now)
    assert people.find_token(store, made[1], now) is None
    assert people.find_token(store, made[0], now) is not None


@pytest.mark.parametrize("wrong", ["", "okr_", "okr_" + "x" * 43, "x" * 47, "okr_" + "é" * 43])
def test_what_is_no_token_lets_nobody_in(store: Store, now: datetime, ines: people.Opened, wrong: str) -> None:
    assert people.find_token(store, wrong, now) is None


def test_a_database_that_takes_no_writes_still_lets_people_read(
    store: Store, now: datetime, ines: people.Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OperationalError("UPDATE", {}, OSError("the disk is full"))

    monkeypatch.setattr(sessions, "note_seen", full)
    assert people.find_session(store, ines.bearer, now + timedelta(days=1)) is not None
