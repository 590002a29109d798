"""One thing that needs somebody."""

from __future__ import annotations

from dataclasses import dataclass

from hub.flows.show.lights import FreshLight, StatusLight


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to look at. `key` is its key result; `source` a connection whose key results it touches."""

    title: str
    why: str
    status: StatusLight | None = None
    fresh: FreshLight | None = None
    key: str = ""
    source: str = ""
    channel: str = ""
    link_words: str = "See why"
    anchor: str = ""  # where on the key result's page the link leads
    connection: str = ""  # whose page the viewer may open
