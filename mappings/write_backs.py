"""Write-back: where the progress of a key result is told beside the work, in which way and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mappings.vocabulary import Occasion, Way


@dataclass(frozen=True, slots=True)
class WriteBack:
    """`to` is the tool's own key of what is written to. Without a way, the tool's first is taken."""

    to: str
    by: Way | None = None
    when: Occasion = "status_changed"
    field: str = ""  # for by="field": the field's name or id
    line: int = 1

    def to_json(self) -> dict[str, Any]:
        return {"to": self.to, "by": self.by, "when": self.when, "field": self.field, "line": self.line}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> WriteBack:
        return cls(
            data["to"], cast("Way | None", data["by"]), cast(Occasion, data["when"]), data["field"], data["line"]
        )

    @property
    def words(self) -> str:
        """Say it in one short line: "PAY-1 by comment, status_changed"."""
        way = f" by {self.by}" if self.by else ""
        named = f" {self.field}" if self.field else ""
        return f"{self.to}{way}{named}, {self.when}"
