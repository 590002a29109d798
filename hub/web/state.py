"""What every view needs: settings, store, bell, vault and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import current_app
from prometheus_client import CollectorRegistry

from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store
from hub.vault import Vault


@dataclass(frozen=True, slots=True)
class State:
    """One a process. The store and the bell open what they need when they are first used."""

    settings: Settings
    store: Store
    bell: Bell
    now: Callable[[], datetime]
    vault: Vault
    own_metrics: CollectorRegistry = field(default_factory=CollectorRegistry)  # of this process alone


def state() -> State:
    """Return the state of the application that answers this request."""
    return cast(State, current_app.extensions["okrhub"])
