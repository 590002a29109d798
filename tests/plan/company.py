"""A store, the files that are applied to it, and edits of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.flows.plan import apply, plan
from hub.store import Store, key_results
from hub.store.measurements import measurements_of
from hub.store.schema import metadata
from tests.workspace.files import MAPPINGS, declared

HUB_FILE, OKRS_FILE, MAPPING_FILE = "hub.yaml", "okrs/company.yaml", "mappings/pay.yaml"


MERCHANTS = """\
      - key_result: merchants
        title: 40 merchants live
        kind: reach
        target: 40
        unit: merchants
"""


WITHOUT_MERCHANTS = ((OKRS_FILE, MERCHANTS, ""), (MAPPING_FILE, MAPPINGS, "mappings: []\n"))


FAILED = """\
        kind: decrease
        baseline: 2.4
        target: 1.2
        unit: "%"
        check_ins:
          - {on: 2026-10-08, value: 2.4, by: mira@acme.test, confidence: 6}
          - {on: 2026-11-19, value: 2.3, by: mira@acme.test, note: One acquirer declines}
"""


def feeds(*milestones: str) -> tuple[str, str, str]:
    listed = "".join(f"          - {{{one}}}\n" for one in milestones)
    return (OKRS_FILE, FAILED, f"        kind: milestones\n        milestones:\n{listed}")


def rows(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.read() as tx:
        return {
            table.name: sorted((tuple(row) for row in tx.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


class Workspace:
    """A store and the files that are applied to it."""

    def __init__(self, store: Store, folder: Path, now: datetime) -> None:
        self.store, self.folder, self.now = store, folder, now
        self.environ: dict[str, str] = {}

    def plan(self, *changes: tuple[str, str, str], **more: str) -> Any:
        return plan(self.store, declared(self.folder, *changes, **more), now=self.now, environ=self.environ)

    def apply(self, *changes: tuple[str, str, str], **more: str) -> Any:
        files = declared(self.folder, *changes, **more)
        return apply(self.store, files, now=self.now, who="mira", environ=self.environ)

    def key_result(self, key: str) -> Any:
        with self.store.read() as tx:
            return key_results.key_result_by_key(tx, key)

    def measurements(self, key: str) -> list[tuple[datetime, Decimal | None]]:
        with self.store.read() as tx:
            return [(one.at, one.value) for one in measurements_of(tx, self.key_result(key).id)]
