"""What is wrong with a file, and where: one line a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning", "note"]

MAX_PROBLEMS = 100  # a file that holds more is told about the first of them
MAX_PLACED = 1000  # of so many mistakes the places are looked up; a file with more was written to keep us busy
MAX_WORD = 60  # a longer word is not compared with others, and shown shortened
MAX_SHOWN = 120  # of a source line, in characters


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem at one place. Sorts by path, line and column, which count from 1.

    `word` is the text at that place that is wrong, `suggestion` what probably was meant. `code` is stable and
    meant for programs; an "error" stops a file from being used, a "warning" does not; a "note" says what
    the files will do, and nothing is wrong.
    """

    path: str
    line: int
    column: int
    message: str
    code: str
    suggestion: str = ""
    word: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return the line that lint prints."""
        grade = "" if self.severity == "error" else f"{self.severity}: "
        meant = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return f"{self.path}:{self.line}:{self.column}  {grade}{self.message}{meant}  [{self.code}]"

    def caret(self, text: str) -> str:
        """Return the source line out of the file's text, with carets under the word, as two lines."""
        lines = text.removeprefix("\ufeff").splitlines()
        source = lines[self.line - 1] if 0 < self.line <= len(lines) else ""
        start = max(0, self.column - 1)
        cut = 0 if start + len(self.word) <= MAX_SHOWN else start - MAX_SHOWN // 3
        shown = source[cut : cut + MAX_SHOWN]
        before = "".join("\t" if letter == "\t" else " " for letter in shown[: start - cut].ljust(start - cut))
        room = max(1, len(shown) - (start - cut))
        carets = "^" * max(1, min(len(self.word.split("\n", 1)[0]), room))
        margin = " " * len(str(self.line))
        return f"  {self.line} | {shown}\n  {margin} | {before}{carets}"


def and_more(path: str, problems: list[Problem]) -> list[Problem]:
    """Return the first MAX_PROBLEMS of the problems, and in place of the next one that says that there are more."""
    following = problems[MAX_PROBLEMS]
    told = "there are more problems from here on: mend those above first, then lint again"
    return [*problems[:MAX_PROBLEMS], Problem(path, following.line, following.column, told, "more")]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty text."""
    if not word or len(word) > MAX_WORD:
        return ""
    by_fold = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), by_fold, 1)
    return by_fold[found[0]] if found else ""


def shortened(word: str) -> str:
    """Return a word fit for one line of a message."""
    flat = " ".join(word.split())
    return flat if len(flat) <= MAX_WORD else flat[: MAX_WORD - 1] + "…"
