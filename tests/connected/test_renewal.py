"""One rotating refresh token and many who need the next one."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import Misconfigured, TryLater, Unauthorized
from connectors.sandbox.server import serve
from hub.bearers import digest_of
from hub.clock import free_leases_of_the_dead
from hub.renewal import StoredBearer
from hub.store import Store, connections, tokens
from hub.store.tokens import TokenRow
from hub.vault import Vault
from tests.canaries import MARK
from tests.connected.login import LoginSandbox
from tests.connected.renewing import login_at, work

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WORKERS = 20
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.connected.renewing"])


@dataclass
class Signed:
    """A connection that somebody signed in to, and the login server it was at."""

    store: Store
    vault: Vault
    login: LoginSandbox
    url: str
    folder: Path
    at: datetime = AT
    slept: list[float] = field(default_factory=list)

    def bearer(self) -> StoredBearer:
        app = (self.url, self.login.client_id, self.login.client_secret)
        return StoredBearer(self.store, 1, self.vault, lambda: login_at(*app), lambda: self.at, self.slept.append)

    @property
    def row(self) -> TokenRow:
        with self.store.read() as tx:
            found = tokens.tokens_of(tx, 1)
        assert found is not None
        return found

    def sign_in(self, *, lasts: timedelta = timedelta(hours=1), grant: str = "authorization_code") -> str:
        """Store what a sign-in gives and return the access token."""
        access, refresh = self.login.issue()
        with self.store.write() as tx:
            tokens.put_tokens(
                tx,
                1,
                grant=grant,
                access=self.vault.seal(access),
                refresh=self.vault.seal(refresh) if grant == "authorization_code" else None,
                expires_at=self.at + lasts,
                scopes=("read:work",),
                now=self.at,
            )
        return access

    def start(self, refused: str, begin: float, name: str, *, dies: bool = False) -> tuple[object, Path]:
        told = self.folder / name
        app = (self.url, self.login.client_id, self.login.client_secret)
        given = (self.store.url, str(self.vault.path), app, refused, begin, str(told), dies)
        process = processes.Process(target=work, args=given)
        process.start()
        return process, told


@pytest.fixture
def signed(store: Store, tmp_path: Path) -> Iterator[Signed]:
    with store.write() as tx:
        connections.put_connection(
            tx, slug="tool", kind="tool", settings={}, allow_private=(), every=timedelta(minutes=15), now=AT
        )
    login = LoginSandbox(now=lambda: datetime.now(UTC))
    with serve(login) as server:
        yield Signed(store, Vault(tmp_path / "keys" / "vault.key"), login, server.url, tmp_path)


def test_a_good_token_is_handed_out_without_a_request(signed: Signed) -> None:
    access = signed.sign_in()
    assert signed.bearer().token() == access
    assert signed.login.asked == []


def test_a_token_is_renewed_before_it_lapses_and_the_next_pair_is_stored_sealed(signed: Signed) -> None:
    access = signed.sign_in()
    signed.at += timedelta(minutes=59, seconds=1)
    renewed = signed.bearer().token()
    assert renewed not in {"", access}
    assert signed.bearer().token() == renewed
    assert (signed.login.refreshed, signed.row.version, signed.row.scopes) == (1, 2, ("read:work", "offline_access"))
    assert MARK not in signed.row.access + str(signed.row.refresh)


def test_a_refused_token_is_renewed_once_and_whoever_comes_with_the_old_one_gets_the_new_one(signed: Signed) -> None:
    access = signed.sign_in()
    renewed = signed.bearer().renew(access)
    assert signed.bearer().renew(access) == renewed
    assert signed.login.refreshed == 1


def test_a_refresh_token_that_does_not_rotate_is_kept(signed: Signed) -> None:
    signed.login.rotates = False
    first = signed.sign_in()
    second = signed.bearer().renew(first)
    assert signed.bearer().renew(second) not in {first, second}
    assert signed.login.refreshed == 2


def test_an_app_asks_for_a_new_token_of_its_own(signed: Signed) -> None:
    access = signed.sign_in(grant="client_credentials")
    assert signed.bearer().renew(access) != access
    assert (signed.login.refreshed, signed.row.refresh) == (0, None)


@pytest.mark.parametrize("like_atlassian", [True, False])
def test_a_sign_in_that_was_taken_back_is_dead_and_nobody_knocks_again(signed: Signed, like_atlassian: bool) -> None:
    access = signed.sign_in()
    signed.login.revoke_all()
    signed.login.like_atlassian = like_atlassian
    for _ in range(2):
        with pytest.raises(Unauthorized, match="the sign-in has ended") as raised:
            signed.bearer().renew(access)
        assert MARK not in str(raised.value)
    assert (signed.login.asked, signed.row.state) == (["POST /token"], "dead")


def test_a_login_server_in_trouble_costs_no_sign_in(signed: Signed) -> None:
    access = signed.sign_in()
    signed.login.fails_with = 500
    with pytest.raises(TryLater):
        signed.bearer().renew(access)
    signed.login.fails_with = 0
    assert signed.bearer().renew(access) != access


def test_a_wrong_client_secret_costs_no_sign_in(signed: Signed) -> None:
    access = signed.sign_in()
    right, signed.login.client_secret = signed.login.client_secret, "another"
    bearer = signed.bearer()
    signed.login.client_secret = right
    with pytest.raises(Misconfigured, match="does not know the app") as raised:
        bearer.renew(access)
    assert raised.value.field == "client_secret"
    assert signed.bearer().renew(access) != access


def test_a_lost_answer_is_tried_again_and_when_the_token_was_used_up_it_is_said_why(signed: Signed) -> None:
    access = signed.sign_in()
    signed.login.loses_answers = True
    with pytest.raises(TryLater) as lost:
        signed.bearer().renew(access)
    assert lost.value.maybe_arrived
    signed.login.loses_answers = False
    with pytest.raises(Unauthorized, match=r"cut off at 2026-11-23 12:00 UTC"):
        signed.bearer().renew(access)
    assert signed.row.state == "dead"


def test_whoever_was_overtaken_by_a_new_sign_in_uses_its_tokens_and_leaves_them(signed: Signed) -> None:
    access = signed.sign_in()
    signed.login.slow = 0.3
    got: list[str] = []
    thread = threading.Thread(target=lambda: got.append(signed.bearer().renew(access)))
    thread.start()
    while not signed.login.refreshed:
        time.sleep(0.01)
    newest = signed.sign_in()
    thread.join()
    assert got == [newest]
    assert signed.bearer().token() == newest


def test_a_connection_nobody_signed_in_to_says_so(signed: Signed) -> None:
    with pytest.raises(Unauthorized, match="nobody has signed in"):
        signed.bearer().token()


def test_a_clock_that_is_a_moment_behind_takes_no_lease_away(signed: Signed) -> None:
    signed.sign_in()
    with signed.store.write() as tx:
        assert tokens.lease_tokens(tx, 1, version=1, owner="a", now=AT, lasts=timedelta(seconds=90))
        behind = AT - timedelta(seconds=1)
        assert not tokens.lease_tokens(tx, 1, version=1, owner="b", now=behind, lasts=timedelta(seconds=90))


def test_whoever_waits_too_long_comes_back_later(signed: Signed) -> None:
    access = signed.sign_in()
    with signed.store.write() as tx:
        assert tokens.lease_tokens(tx, 1, version=1, owner="other", now=AT, lasts=timedelta(seconds=90))
    with pytest.raises(TryLater, match="renewing"):
        signed.bearer().renew(access)
    assert 30 < sum(signed.slept) < 50


@pytest.mark.slow
def test_twenty_workers_that_need_the_next_token_at_once_refresh_once(signed: Signed) -> None:
    access = signed.sign_in()
    signed.login.slow = 0.3
    begin = time.time() + 1.5
    started = [signed.start(access, begin, f"told-{number}") for number in range(WORKERS)]
    for process, _ in started:
        process.join(60)  # type: ignore[attr-defined]
    found = {told.read_text(encoding="utf-8") for _, told in started}
    assert found == {digest_of(signed.vault.unseal(signed.row.access))}
    assert digest_of(access) not in found
    assert (signed.login.refreshed, signed.login.refused) == (1, 0)


@pytest.mark.slow
def test_the_chain_is_lost_when_the_process_dies_between_the_answer_and_our_commit(signed: Signed) -> None:
    access = signed.sign_in()
    process, told = signed.start(access, 0.0, "told", dies=True)
    process.join(60)  # type: ignore[attr-defined]
    assert (process.exitcode, told.exists(), signed.login.refreshed) == (-9, False, 1)  # type: ignore[attr-defined]
    assert signed.row.version == 1
    assert free_leases_of_the_dead(signed.store) == 1
    with pytest.raises(Unauthorized, match=r"cut off at .* takes each refresh token once"):
        signed.bearer().renew(access)
    assert (signed.row.state, signed.login.refused) == ("dead", 1)
    signed.sign_in()  # and a person mends it
    assert signed.bearer().token()
