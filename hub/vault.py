"""Secrets: so far only as ${ENV_NAME} in a setting, looked up at the moment of use and never stored."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.errors import Misconfigured
from hub.model.references import REFERENCE


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


def reveal_quietly(text: str, environ: Mapping[str, str]) -> str:
    """Return one setting with every ${ENV_NAME} replaced, or an empty text when a name is not set."""
    if any(not environ.get(name) for name in REFERENCE.findall(text)):
        return ""
    return REFERENCE.sub(lambda match: environ[match.group(1)], text)
