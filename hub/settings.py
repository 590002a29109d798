"""Settings of an installation, from the environment alone: OKRHUB_..."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DATABASES = r"^$|^(sqlite|postgresql|postgres)(\+[a-z0-9]+)?://"


def in_url(host: str) -> str:
    """Return a host as it is written in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


class Settings(BaseSettings):
    """Where the hub keeps its data and how its processes find each other."""

    model_config = SettingsConfigDict(env_prefix="OKRHUB_", extra="ignore")

    workspace: Path = Field(default=Path("."), description="the folder that holds hub.yaml")
    data: Path | None = Field(default=None, description="where the database lies; .okrhub in the workspace unless set")
    database_url: str = Field(
        default="", pattern=DATABASES, description="SQLAlchemy URL; SQLite in the data folder unless set"
    )
    redis_url: str = Field(default="", description="a Redis or Valkey of your own; an embedded one unless set")
    host: str = Field(default="127.0.0.1", description="pages listen here; beyond this machine public_url must be set")
    port: int = Field(default=8080, ge=0, le=65535, description="port of the pages and of /hooks")
    public_url: str = Field(default="", description="address of the pages as people reach them, for links in messages")
    open_as: str = Field(
        default="", description="e-mail; on a loopback address alone, whoever opens the pages is this admin (the demo)"
    )
    proxies: int = Field(default=0, ge=0, le=9, description="how many proxies of yours stand before the pages")
    oidc_issuer: str = Field(default="", description="address of an OpenID Connect issuer to sign in by")
    oidc_client_id: str = Field(default="", description="what the issuer knows the hub by")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="the hub's secret at the issuer")
    oidc_name: str = Field(default="", description="what the button says: Sign in with ...")
    oidc_allowed_domains: str = Field(
        default="", description="domains of e-mail addresses let in, by comma; all unless set"
    )
    oidc_role: Literal["", "viewer", "member"] = Field(
        default="", description="role of newcomers from the issuer; only invited people unless set"
    )
    oidc_allow_private: str = Field(default="", description="networks such as 10.1.0.0/16 in which the issuer may be")
    tick: float = Field(default=15.0, gt=0, description="seconds between two looks of the clock")
    log: str = Field(default="info", description="debug, info, warning or error")
    log_format: Literal["text", "json"] = Field(default="text", description="text, or json for one object a line")
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="who may ask /metrics and /readyz from elsewhere: Authorization: Bearer ..."
    )

    vault_keys: SecretStr = Field(
        default=SecretStr(""), description="keys that seal secrets, the sealing one first; vault.key in the data folder"
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in a log: passwords in addresses, the token of /metrics, keys."""
        passwords = [urlsplit(url).password or "" for url in (self.database_url, self.redis_url)]
        own = [one.get_secret_value() for one in (self.metrics_token, self.oidc_client_secret)]
        keys = self.vault_keys.get_secret_value().split()
        found = [*passwords, *(unquote(one) for one in passwords), *own, *keys]
        return tuple(sorted({one for one in found if one}))

    @property
    def data_dir(self) -> Path:
        return (self.data or self.workspace / ".okrhub").resolve()

    @property
    def database(self) -> str:
        """Return the URL of the database."""
        url = self.database_url or f"sqlite:///{self.data_dir / 'hub.db'}"
        # Hosting services write postgres://, as PostgreSQL's own programs allow; SQLAlchemy knows the long name alone.
        return re.sub(r"^postgres(?=[+:])", "postgresql", url)

    @property
    def base_url(self) -> str:
        """Return the address of the pages as people reach them, without a slash at its end."""
        return (self.public_url or f"http://{in_url(self.host)}:{self.port}").rstrip("/")

    @property
    def runtime_dir(self) -> Path:
        """Return the short private folder of the embedded queue server's socket.

        A unix socket's path holds at most 107 bytes, and a data folder may lie deep; so the socket lies in the
        system's temporary folder, named by the user and a digest of the data folder.
        """
        digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"okrhub-{os.getuid()}-{digest}"

    @property
    def oidc_title(self) -> str:
        """Return what the issuer is called on the sign-in page; "" when there is none."""
        return (self.oidc_name or "single sign-on") if self.oidc_issuer and self.oidc_client_id else ""

    @property
    def is_https(self) -> bool:
        """Whether people reach the pages by https, so that cookies may be kept to it."""
        return self.public_url.lower().startswith("https://")

    @property
    def redis(self) -> str:
        """Return the URL of the queue server: the one that was set, or the embedded one's socket."""
        return self.redis_url or f"unix://{self.runtime_dir / 'queue.sock'}"
