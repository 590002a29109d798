"""Secrets: sealed at rest with the keys of this installation, or as ${ENV_NAME} looked up at the moment of use.

Sealed with Fernet (AES-128-CBC and HMAC-SHA256): the first key seals, all of them open. The keys are in a file of the
data folder that no backup of the database holds, or in OKRHUB_VAULT_KEYS for machines that share a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connectors.errors import Misconfigured
from connectors.wire_redaction import remember
from hub.key_file import alone, read_or_make, replace_file
from hub.model.references import REFERENCE
from hub.settings import Settings

MARK = "sealed:"  # what a sealed setting begins with
RETIRED_FOR = timedelta(hours=1)  # an old key stays that long: somebody may be storing what it has just sealed
LOST = "put back the vault.key that belongs to this database, or paste the secret again"


class Unresolved(Misconfigured):
    """This process lacks what a setting stands for: a variable of its environment, or the key of a sealed secret.

    It says nothing of the tool, nor of the hub's other processes: a command that meets it writes nothing.
    """


@dataclass(frozen=True, slots=True)
class Key:
    """One key, and when it was made."""

    text: str
    made_at: datetime

    @property
    def fernet(self) -> Fernet:
        return Fernet(self.text)


class Vault:
    """Seals and opens secrets. Reads its keys when they are first needed, and again when the file has changed."""

    def __init__(self, path: Path, keys: tuple[str, ...] = ()) -> None:
        """Open nothing yet. `path` is the file of the keys; `keys`, the sealing one first, stand in its place."""
        self.path = path
        self._given = tuple(Key(one, datetime.fromtimestamp(0, UTC)) for one in keys)
        self._read: tuple[tuple[int, int, int], tuple[Key, ...]] | None = None

    @property
    def is_of_file(self) -> bool:
        """Whether the keys are in the file, rather than given by the environment."""
        return not self._given

    def seal(self, text: str) -> str:
        """Return a text that only the keys of this installation open. The first time the key is made."""
        if self.is_of_file and not self.path.exists():
            read_or_make(self.path, lambda: _write((_new_key(datetime.now(UTC)),)))
        return self._ring().encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return what was sealed. Raises Unresolved when none of the keys opens it."""
        try:
            return self._ring().decrypt(sealed.encode()).decode()
        except (InvalidToken, FileNotFoundError):
            raise Unresolved("a stored secret cannot be opened: its key is not here", hint=LOST) from None

    def is_newest(self, sealed: str) -> bool:
        """Whether the key that seals now has sealed this too."""
        try:
            self.keys()[0].fernet.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """Return the same secret, sealed with the key that seals now. Raises Misconfigured as `unseal` does."""
        return sealed if self.is_newest(sealed) else self.seal(self.unseal(sealed))

    def keys(self) -> tuple[Key, ...]:
        """Return the keys, the sealing one first. Raises FileNotFoundError when none was ever made."""
        if self._given:
            return self._given
        found = self.path.stat()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, _parse(self.path.read_text("ascii"), self.path))
        return self._read[1]

    def add_key(self, now: datetime) -> None:
        """Put a new key before the others; from now on it seals. Raises Misconfigured when keys are given instead."""
        self._require_file()
        with alone(self.path):
            held = self.keys() if self.path.exists() else ()
            replace_file(self.path, _write((_new_key(now), *held)))

    def forget_keys(self, now: datetime) -> int:
        """Forget the keys that were retired long enough ago; return how many. Nothing may be sealed with them then."""
        self._require_file()
        with alone(self.path):
            held = self.keys()
            # A key was retired when the one before it was made.
            kept = held[:1] + tuple(key for newer, key in pairwise(held) if now - newer.made_at < RETIRED_FOR)
            if kept != held:
                replace_file(self.path, _write(kept))
        return len(held) - len(kept)

    def _ring(self) -> MultiFernet:
        return MultiFernet([key.fernet for key in self.keys()])

    def _require_file(self) -> None:
        if not self.is_of_file:
            raise Misconfigured(
                "the keys are given by OKRHUB_VAULT_KEYS",
                hint="put a new key before the old ones there, on every machine, then run this again",
            )


def open_vault(settings: Settings) -> Vault:
    """Return the vault of an installation."""
    return Vault(settings.data_dir / "vault.key", tuple(settings.vault_keys.get_secret_value().split()))


def is_sealed(text: str) -> bool:
    """Whether a setting is kept sealed."""
    return text.startswith(MARK)


def seal_setting(vault: Vault, text: str) -> str:
    """Return a setting as it is stored when its connector calls it secret."""
    return MARK + vault.seal(text)


def reveal(settings: Mapping[str, str], environ: Mapping[str, str], vault: Vault | None = None) -> dict[str, str]:
    """Return the settings with every sealed one opened and every ${ENV_NAME} replaced.

    Raises Unresolved for names that are not set and for what no key of the vault opens.
    """
    revealed: dict[str, str] = {}
    for field, text in settings.items():
        if is_sealed(text):
            revealed[field] = _open(field, text, vault)
            continue
        missing = [name for name in REFERENCE.findall(text) if not environ.get(name)]
        if missing:
            raise Unresolved(
                f"{field} refers to ${{{missing[0]}}}, which is not set in the environment",
                field=field,
                hint=f"Set {missing[0]} where the hub is started, then start it again.",
            )
        revealed[field] = REFERENCE.sub(lambda match: environ[match.group(1)], text)
    return revealed


def reveal_quietly(text: str, environ: Mapping[str, str]) -> str:
    """Return one setting with every ${ENV_NAME} replaced, or an empty text when a name is not set."""
    if any(not environ.get(name) for name in REFERENCE.findall(text)):
        return ""
    return REFERENCE.sub(lambda match: environ[match.group(1)], text)


def _open(field: str, text: str, vault: Vault | None) -> str:
    if vault is None:
        raise Unresolved(f"{field} is sealed, and there is no vault here to open it", field=field)
    try:
        opened = vault.unseal(text.removeprefix(MARK))
    except Misconfigured as lost:
        raise Unresolved(f"{field}: {lost}", field=field, hint=lost.hint) from None
    remember([opened])
    return opened


def _new_key(now: datetime) -> Key:
    return Key(Fernet.generate_key().decode(), now)


def _write(keys: tuple[Key, ...]) -> str:
    lines = [f"{key.text} {key.made_at.isoformat()}" for key in keys]
    return "\n".join(
        ["# The hub's keys: the first one seals. Keep a copy apart from the database's backups.", *lines, ""]
    )


def _parse(text: str, path: Path) -> tuple[Key, ...]:
    found = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            Fernet(words[0])
            found.append(Key(words[0], datetime.fromisoformat(words[1])))
        except (ValueError, IndexError):
            raise Unresolved(f"{path.name} cannot be read: a line of it is no key", hint=LOST) from None
    if not found:
        raise Unresolved(f"{path.name} holds no key", hint=LOST)
    return tuple(found)
