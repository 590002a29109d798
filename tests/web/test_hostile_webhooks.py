"""Whatever comes to the door of the webhooks, it never fails. The long run is in `make soak`."""

from __future__ import annotations

from tests.soak.hostile_webhooks import run


def test_fifteen_hundred_hostile_bodies_never_fail() -> None:
    found = run(1500, seed=20261124)
    assert found["failed"] == 0, found
    assert {204, 401, 413} <= set(found["answered"])
    assert found["answered"][204] > 300  # the signed ones reach what reads them
    assert found["rings"] > 0
