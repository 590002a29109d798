"""Five hundred reads at once of each tool, under the limits that its vendor has, in virtual time."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bench.row import Row
from tests.limits.burst import Clock
from tests.limits.tools import TOOLS

READS = 500


def limits() -> Iterable[Row]:
    """500 reads at once of each tool under its vendor's limits: undisturbed, and after somebody used them up."""
    for open_tool in TOOLS:
        for is_disturbed in (False, True):
            with open_tool(Clock()) as tool:
                if is_disturbed:
                    tool.somebody_else_asks()
                done = tool.crew.run([("all", tool.read)] * READS)
                counted = tool.crew.counter.take()
            most = int(is_disturbed)
            yield Row(
                f"{open_tool.__name__}: {READS} reads at once"
                + (", while somebody else uses up the limit" if is_disturbed else ""),
                f"{counted['requests']} requests, {counted['throttled']} refused; the last read ends after "
                f"{max(done.ended['all']):.1f} s, no worker is held longer than {done.longest_go:.1f} s",
                f"{most} refused",
                len(done.ended["all"]) == READS and counted["throttled"] <= most,
            )
