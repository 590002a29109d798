"""Secrets: so far only as ${ENV_NAME} in a setting, looked up at the moment of use and never stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.errors import Misconfigured

REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def reveal(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with every ${ENV_NAME} replaced. Raises Misconfigured for names that are not set."""
    revealed: dict[str, str] = {}
    for field, text in settings.items():
        missing = [name for name in REFERENCE.findall(text) if not environ.get(name)]
        if missing:
            raise Misconfigured(
                f"{field} refers to ${{{missing[0]}}}, which is not set in the environment",
                field=field,
                hint=f"Set {missing[0]} where the hub is started, then start it again.",
            )
        revealed[field] = REFERENCE.sub(lambda match: environ[match.group(1)], text)
    return revealed


def is_reference(text: str) -> bool:
    """Whether a setting is nothing but one ${ENV_NAME}, as a secret in a file must be."""
    return REFERENCE.fullmatch(text) is not None
