"""Reading a page as a person would: its words, without the marks between them."""

from __future__ import annotations

import re
from html import unescape

TAG = re.compile(r"<[^>]+>")
SPACES = re.compile(r"\s+")


def words(page: str) -> str:
    """Return the words of a page in one line."""
    return SPACES.sub(" ", unescape(TAG.sub(" ", page))).strip()


def part(page: str, start: str, end: str) -> str:
    """Return the words of the first stretch of a page between two texts."""
    after = page.split(start, 1)[1]
    return words(after.split(end, 1)[0])


def row(page: str, title: str) -> str:
    """Return the words of a key result's row in the tree."""
    return part(page, f">{title}</a>", '<div class="krow">')
