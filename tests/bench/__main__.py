"""make bench: the tables that stand in docs/benchmarks.md. `python -m tests.bench NAME ...` runs some of them alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

from tests.bench.asana_budgets import asana_budgets
from tests.bench.intake import intake
from tests.bench.jira_budgets import jira_budgets
from tests.bench.latency import latency
from tests.bench.limits import limits
from tests.bench.main_job import first_reads, installation, rule_speed, ten_thousand
from tests.bench.memory import memory
from tests.bench.microsoft_budgets import microsoft_budgets
from tests.bench.row import Row
from tests.bench.trello_budgets import trello_budgets

BENCHES: dict[str, Callable[[], Iterable[Row]]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        first_reads,
        ten_thousand,
        installation,
        rule_speed,
        memory,
        intake,
        latency,
        jira_budgets,
        asana_budgets,
        trello_budgets,
        microsoft_budgets,
        limits,
    )
}


def main(wanted: Sequence[str]) -> int:
    """Run every benchmark, or those named, and print the table; exit 1 when a budget is not kept."""
    unknown = sorted(set(wanted) - set(BENCHES))
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 64
    rows: list[Row] = []
    for name, measure in BENCHES.items():
        if wanted and name not in wanted:
            continue
        print(f"measuring: {(measure.__doc__ or '').splitlines()[0]}", file=sys.stderr)
        rows.extend(measure())
    print("| work | measured | allowed |\n|---|---|---|")
    for row in rows:
        mark = "" if row.is_kept else " **not kept**"
        print(f"| {row.work} | {row.measured}{mark} | {row.allowed} |")
    return 0 if all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
