"""The example workspace moved to today: its files are written for one quarter, the demo runs on any day."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import hub

WRITTEN_FOR = date(2026, 10, 1)  # the first day of the cycle in config/
ISO_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")


def quarter_around(today: date) -> tuple[date, date]:
    """Return the first and last day of three whole months of which a good half has gone by."""
    anchor = today - timedelta(days=45)
    first = anchor.replace(day=1)
    months = first.year * 12 + first.month - 1 + 3
    return first, date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def example_folder() -> Path:
    """Return the folder of the example workspace: inside an installed package, or beside it in a checkout."""
    package = Path(hub.__file__).parent
    for folder in (package / "example", package.parent / "config"):
        if (folder / "hub.yaml").is_file():
            return folder
    raise FileNotFoundError("the example workspace is not installed")


def write_workspace(folder: Path, first: date) -> None:
    """Copy the example workspace into a folder, every date moved by the same number of days."""
    shift = first - WRITTEN_FOR

    def moved(match: re.Match[str]) -> str:
        return (date.fromisoformat(match.group(1)) + shift).isoformat()

    shutil.copytree(example_folder(), folder, dirs_exist_ok=True)
    for path in folder.rglob("*.yaml"):
        path.write_text(ISO_DAY.sub(moved, path.read_text(encoding="utf-8")), encoding="utf-8")
