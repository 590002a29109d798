"""A YAML document with the place of everything in it. Every scalar is the text that was written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. Lines and columns count from 1; the end is just after the last character."""

    text: str
    line: int
    column: int
    quoted: bool = False
    end_line: int = 0
    end_column: int = 0

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was written: `owner:` without a value, as opposed to `owner: ""`."""
        return not self.text and not self.quoted


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence, in block or flow style."""

    members: tuple[Node, ...]
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, its pairs in the order written. No key is there twice."""

    pairs: tuple[tuple[Text, Node], ...]
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0
    flow: bool = False

    def pair(self, name: str) -> tuple[Text, Node] | None:
        """Return the key as written and its value, or None."""
        return next((pair for pair in self.pairs if pair[0].text == name), None)


Node = Text | Listing | Table

Plain = str | None | list["Plain"] | dict[str, "Plain"]


def plain(node: Node) -> Plain:
    """Return the node as texts, lists and dicts; a value that was not written is None."""
    if isinstance(node, Text):
        return None if node.is_empty else node.text
    if isinstance(node, Listing):
        return [plain(member) for member in node.members]
    return {key.text: plain(value) for key, value in node.pairs}
