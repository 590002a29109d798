"""What people hand in, as text, and what is wrong with it, in words that say how to put it right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

MOST_NOTE = 2_000  # letters of a note, and of what is in the way
MOST_COMMENT = 4_000
MOST_PAUSE_NOTE = 300
MOST_CONFIDENCE = 10

NOT_THERE = "This key result is not there any more: it was archived or renamed."
GIVEN_AS = re.compile(r"[A-Za-z0-9_-]{8,64}")
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


class Refused(Exception):
    """What was handed in cannot be taken. `problems` holds a sentence by the field it is about, "" for the whole.

    `is_late` says that the words themselves are right and that the state of things does not allow them.
    """

    def __init__(self, problems: Mapping[str, str], *, is_late: bool = False) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems, self.is_late = dict(problems), is_late


@dataclass(frozen=True, slots=True)
class Said:
    """A check-in as it was typed. `given_as` is the form's own key: handed in twice, it is taken once.

    `on` is a day of the workspace's time zone, today if empty; `pauses` keeps the tool's values out from then on.
    """

    given_as: str
    value: str = ""
    confidence: str = ""
    note: str = ""
    blockers: str = ""
    on: str = ""
    pauses: bool = False


def tidy(text: str) -> str:
    """Return a text with one kind of line break, without what nobody sees, and without space around it.

    What joins and turns letters stays among letters; a text of nothing else is none.
    """
    plain = UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return plain if any(unicodedata.category(letter)[0] not in "CZ" for letter in plain) else ""


def too_long(text: str, most: int) -> str:
    """Return what is wrong with a text that is longer than allowed, "" if it is not."""
    if len(text) <= most:
        return ""
    return f"That is {len(text)} letters, and {most} fit: shorten it by {len(text) - most}."


def check_given_as(given_as: str) -> None:
    """Raise Refused where a form's key is none: it tells a repeat from a second one."""
    if not GIVEN_AS.fullmatch(given_as):
        raise Refused({"given_as": "The key must be 8 to 64 letters, digits, - or _: use a new random one each time."})
