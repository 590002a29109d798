"""${ENV_NAME} in a setting: how a file names a secret without holding it."""

from __future__ import annotations

import re

REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def is_reference(text: str) -> bool:
    """Whether a setting is nothing but one ${ENV_NAME}, as a secret in a file must be."""
    return REFERENCE.fullmatch(text) is not None
