"""make soak: kills, an emptied queue server, a bad line, hostile webhooks, odd sites and odd shapes of answers; prints
the table of docs/benchmarks.md.

Bounded and self-stopping: about twenty minutes, and as much as an hour and a half for the odd sites and shapes. Each
part runs alone with `--only`, shorter with `--kills`, `--times`, `--syncs`, `--bodies` and `--sites`, and again the
same with `--seed`; sites go on from where they ended with the next one.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable

from tests.soak.emptied import run_emptied
from tests.soak.faults import run_faults
from tests.soak.hostile_webhooks import run_alone
from tests.soak.kills import run_kills
from tests.soak.odd_sites import run_shapes, run_sites
from tests.store.postgres import running_postgres

PARTS = ("sqlite", "postgres", "emptied", "faults", "hostile", "sites", "shapes")


def main() -> int:
    """Run the parts that are asked for and print a line for each; exit 1 when one does not hold."""
    asked = argparse.ArgumentParser(prog="make soak", description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--only", choices=PARTS, action="append", help="run this part (may be given again)")
    asked.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="for every random choice")
    asked.add_argument("--kills", type=int, default=100, help="on each database")
    asked.add_argument("--times", type=int, default=50, help="that the queue server is emptied")
    asked.add_argument("--syncs", type=int, default=100, help="over a bad line")
    asked.add_argument("--bodies", type=int, default=100_000, help="of hostile webhooks")
    asked.add_argument("--sites", type=int, default=20_000, help="that are odd, one a seed from --seed on")
    given = asked.parse_args()
    seed: int = given.seed
    print(f"seed {seed}", file=sys.stderr)

    def on_postgres() -> str:
        with running_postgres() as url:
            return run_kills(kills=given.kills, seed=seed, database="PostgreSQL", database_url=url).row()

    def over_a_bad_line() -> str:
        found = run_faults(syncs=given.syncs, seed=seed)
        if found.problems():
            raise AssertionError("; ".join(found.problems()) + f": {found.row()}")
        return found.row()

    parts: dict[str, Callable[[], str]] = {
        "sqlite": lambda: run_kills(kills=given.kills, seed=seed, database="SQLite").row(),
        "postgres": on_postgres,
        "emptied": lambda: run_emptied(times=given.times, seed=seed).row(),
        "faults": over_a_bad_line,
        "hostile": lambda: run_alone(given.bodies, seed),
        "sites": lambda: run_sites(seeds=given.sites, seed=seed),
        "shapes": lambda: run_shapes(seed=seed),
    }
    rows: list[str] = []
    failed: list[str] = []
    for name in given.only or PARTS:
        print(f"running: {name}", file=sys.stderr)
        try:
            rows.append(parts[name]())
        except Exception:
            traceback.print_exc()
            failed.append(name)
    print("| run | measured | allowed |\n|---|---|---|")
    print("\n".join(rows))
    if failed:
        print(f"FAILED with seed {seed}: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
