"""What seals secrets: one key file an installation, old keys as long as they are needed, and no other key."""

from __future__ import annotations

import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connectors.errors import Misconfigured
from hub import vault as vaults
from hub.flows.connect import rotate_keys
from hub.settings import Settings
from hub.store import Store, connected, connections, tokens
from hub.vault import MARK, Vault, open_vault, reveal, seal_setting
from tests.canaries import canary

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "data" / "vault.key")


def _seal(path: str, text: str) -> str:
    return Vault(Path(path)).seal(text)


def test_what_is_sealed_opens_with_the_keys_of_this_installation_alone(vault: Vault, tmp_path: Path) -> None:
    sealed = vault.seal(canary("token"))
    assert canary("token") not in sealed and sealed != vault.seal(canary("token"))
    assert Vault(vault.path).unseal(sealed) == canary("token")
    stranger = Vault(tmp_path / "other.key")
    stranger.seal("x")
    with pytest.raises(Misconfigured, match="cannot be opened: its key is not here"):
        stranger.unseal(sealed)


def test_the_key_is_made_once_and_read_by_its_owner_alone(vault: Vault) -> None:
    workers = multiprocessing.get_context("forkserver")
    with workers.Pool(4) as pool:
        sealed = pool.starmap(_seal, [(str(vault.path), str(number)) for number in range(8)])
    assert [vault.unseal(one) for one in sealed] == [str(number) for number in range(8)]
    assert os.stat(vault.path).st_mode & 0o777 == 0o600
    assert len(vault.keys()) == 1


def test_a_lost_key_is_said_and_none_is_made_in_its_place(vault: Vault) -> None:
    sealed = vault.seal("x")
    vault.path.unlink()
    with pytest.raises(Misconfigured) as lost:
        Vault(vault.path).unseal(sealed)
    assert "vault.key" in lost.value.told
    assert not vault.path.exists()


def test_a_key_file_that_is_spoilt_is_said(vault: Vault) -> None:
    vault.path.parent.mkdir()
    for text in ("", "no key at all", f"{Fernet.generate_key().decode()} yesterday"):
        vault.path.write_text(text)
        with pytest.raises(Misconfigured, match=r"vault\.key"):
            Vault(vault.path).unseal("x")


def test_settings_are_revealed_from_the_vault_and_from_the_environment(vault: Vault) -> None:
    settings = {"token": seal_setting(vault, canary("a")), "secret": "${B}", "email": "a@acme.test"}
    assert reveal(settings, {"B": "b"}, vault) == {"token": canary("a"), "secret": "b", "email": "a@acme.test"}
    with pytest.raises(Misconfigured) as raised:
        reveal(settings, {"B": "b"})
    assert raised.value.field == "token"


def test_keys_of_the_environment_stand_in_the_place_of_the_file(tmp_path: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = open_vault(Settings.model_validate({"data": tmp_path, "vault_keys": old}))
    sealed = before.seal("x")
    after = open_vault(Settings.model_validate({"data": tmp_path, "vault_keys": f"{new} {old}"}))
    assert after.unseal(sealed) == "x"
    assert not after.is_newest(sealed) and after.is_newest(after.reseal(sealed))
    assert not (tmp_path / "vault.key").exists()
    with pytest.raises(Misconfigured, match="OKRHUB_VAULT_KEYS"):
        after.add_key(AT)


def sign_in(store: Store, vault: Vault) -> int:
    with store.write() as tx:
        number = connected.add_connection(
            tx,
            slug="tool",
            kind="jira",
            way="token",
            settings={"token": seal_setting(vault, "a"), "email": "b", "old": "${C}"},
            allow_private=(),
            every=HOUR,
            owner="",
            now=AT,
        )
        assert number is not None
        tokens.put_tokens(
            tx,
            number,
            grant="authorization_code",
            access=vault.seal("c"),
            refresh=vault.seal("d"),
            expires_at=None,
            scopes=(),
            now=AT,
        )
    return number


def opened(store: Store, vault: Vault, number: int) -> tuple[str, str, str]:
    with store.read() as tx:
        row, held = connections.connection_by_id(tx, number), tokens.tokens_of(tx, number)
    assert row is not None and held is not None and held.refresh is not None
    return vault.unseal(row.settings["token"].removeprefix(MARK)), vault.unseal(held.access), vault.unseal(held.refresh)


def test_a_rotation_seals_everything_anew_and_forgets_the_old_key_an_hour_later(store: Store, vault: Vault) -> None:
    number = sign_in(store, vault)
    other = Vault(vault.path)  # another process, which has read the keys before
    assert opened(store, other, number) == ("a", "c", "d")
    first = vault.keys()[0].text
    done = rotate_keys(store, vault, who="test", now=AT + HOUR)
    assert (done.sealed, done.forgotten, done.left) == (3, 0, 1)
    alone = Vault(vault.path.with_name("new.key"), (vault.keys()[0].text,))
    assert opened(store, alone, number) == opened(store, other, number) == ("a", "c", "d")
    assert other.is_newest(other.seal("e"))
    done = rotate_keys(store, vault, who="test", now=AT + 3 * HOUR)
    assert (done.sealed, done.forgotten, done.left) == (3, 1, 1)
    assert first not in vault.path.read_text()
    assert opened(store, other, number) == ("a", "c", "d")


def test_a_rotation_that_dies_anywhere_loses_no_secret(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sign_in(store, vault)

    def die(*_given: object) -> None:
        raise KeyboardInterrupt

    for place, name in ((tokens, "reseal_tokens"), (connected, "replace_settings"), (vaults.Vault, "forget_keys")):
        with monkeypatch.context() as broken:
            broken.setattr(place, name, die)
            with pytest.raises(KeyboardInterrupt):
                rotate_keys(store, vault, who="test", now=AT)
        assert opened(store, Vault(vault.path), number) == ("a", "c", "d")
    assert rotate_keys(store, vault, who="test", now=AT).sealed == 3
    assert opened(store, Vault(vault.path), number) == ("a", "c", "d")


def test_one_secret_that_does_not_open_keeps_all_as_they_were(store: Store, vault: Vault) -> None:
    number = sign_in(store, vault)
    with store.write() as tx:
        connected.replace_settings(tx, number, {"token": f"{MARK}nonsense"})
        before = tokens.tokens_of(tx, number)
    with pytest.raises(Misconfigured, match="cannot be opened"):
        rotate_keys(store, vault, who="test", now=AT)
    with store.read() as tx:
        assert tokens.tokens_of(tx, number) == before
