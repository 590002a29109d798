"""When a registration is renewed, and when one that was refused or lost is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.shapes import Subscription

LOOK_AGAIN = timedelta(days=1)  # one that does not lapse is asked after once a day: tools drop webhooks that failed
LATEST = timedelta(days=3)  # this long before its end at the latest, so that there is time for a tool that is away
REFUSED_FOR = timedelta(hours=6)  # a refusal is for a person to mend: it is tried again a few times a day
THRASH = timedelta(hours=1)  # one that the tool drops as soon as it is made is not made anew every minute
REMEMBERED = timedelta(days=30)  # for which whoever rings at an ended one is told that it is gone


def renewal(at: datetime, answer: Subscription) -> datetime:
    """Return when to renew: after two thirds of a short life, three days before the end of a long one."""
    if answer.expires_at is None:
        return at + LOOK_AGAIN
    life = answer.expires_at - at
    return max(at + life * 2 / 3, answer.expires_at - LATEST)


def retry(made_at: datetime, at: datetime) -> datetime:
    """Return when one that the tool has dropped is made anew: at once, unless it was made a moment ago."""
    return max(at, made_at + THRASH)
