"""Failures, sorted by what to do about them rather than by where they came from.

Only these leave a connector; the vendor's own exception is the `__cause__`.
"""

from __future__ import annotations

from datetime import timedelta


class ConnectorError(Exception):
    """Anything a connector may raise. `hint` is the next step, in a person's words."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def told(self) -> str:
        """The problem and the next step, as one text for people."""
        problem = str(self)
        if not self.hint:
            return problem
        return f"{problem.rstrip('.')}. {self.hint[0].upper()}{self.hint[1:]}"


class Misconfigured(ConnectorError):
    """A person must change a setting, which `field` names. Never retried."""

    def __init__(self, message: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class Unauthorized(ConnectorError):
    """A person must sign in again. The connection stops until they do."""


class Forged(ConnectorError):
    """A delivery whose signature does not hold. Answered 401, counted and forgotten."""


class Gone(ConnectorError):
    """The scope, item or channel no longer exists. Disabled, with a note to its owner."""


class Unexpected(ConnectorError):
    """The tool answered in a shape we do not know; the message names the path in it."""


class TryLater(ConnectorError):
    """Worth another try: a limit, an outage, a time-out.

    `after` is the least wait the tool asked for, if it did; `is_limit` is true when it asked for one without saying
    how long. `maybe_arrived` is true when a write may
    have been carried out although its answer was lost: whoever repeats it may say it twice.
    """

    def __init__(
        self,
        message: str,
        *,
        after: timedelta | None = None,
        maybe_arrived: bool = False,
        is_limit: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.after = after
        self.maybe_arrived = maybe_arrived
        self.is_limit = is_limit

    @property
    def is_asked(self) -> bool:
        """Whether the tool or its limit asks everybody to wait, rather than that one request went wrong."""
        return self.is_limit or self.after is not None
