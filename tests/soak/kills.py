"""Random kills of workers, clock, web and queue server during a stream of changes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from hub.store.reads import reads_after
from tests.flows.company_oracle import ORACLE
from tests.processes.living import is_alive
from tests.soak.installation import CHANGING, Failed, Installation, now, open_installation, overlaps, wait_for
from tests.soak.stream import Stream
from tests.soak.told import Account, account, died_sending, letters_on_their_way

# A worker waits for work most of the time: a kill that is to meet work aims at the job itself, or at both at once.
KINDS = (
    "sync worker",
    "sync job",
    "tell worker",
    "tell job",
    "tell job",
    "clock",
    "web",
    "web's child",
    "queue server",
)
SENDERS = frozenset({"tell worker", "tell job", "the whole hub"})
# While one process a second is killed, a read may be killed again before it ends, and what often dies is started ever
# later; from the last of them on there are the half minute of a lost ring and that of a program which waits.
LONGEST_RECOVERY = 120.0
LONGEST_QUIET = 60.0


@dataclass
class Ran:
    """What a run did and found."""

    database: str
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    reads: int = 0
    seconds: float = 0.0
    longest_recovery: float = 0.0  # from a kill to the end of the next read that began after it
    until_quiet: float = 0.0  # from the last change until nothing is left to do
    told: Account | None = None
    died_sending: int = 0
    wrong: int = 0
    key_results: int = 0

    def row(self) -> str:
        """Return the run as a line of the table."""
        assert self.told is not None
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kills.items()))
        return (
            f"| {self.database}: {sum(self.kills.values())} times kill -9, seed {self.seed} ({kinds}) | "
            f"{self.changes} changes, {self.reads} reads, {self.key_results - self.wrong} of {self.key_results} values "
            f"right, {self.told.posts} posts, every change told, {self.told.second_posts} second posts "
            f"({self.died_sending} senders killed between sending and hearing), longest recovery "
            f"{self.longest_recovery:.1f} s, quiet {self.until_quiet:.1f} s after the last change, "
            f"{self.seconds:.0f} s | 0 wrong values, 0 untold, quiet within {LONGEST_QUIET:.0f} s |"
        )


def run_kills(
    *, kills: int, seed: int, database: str, database_url: str = "", gap: tuple[float, float] = (0.4, 1.6)
) -> Ran:
    """Kill so many processes, one after the other; then one quiet sync, and everything is compared.

    Raises Failed at the first thing that does not hold.
    """
    ran = Ran(database, seed)
    random = Random(seed)
    began = time.monotonic()
    with open_installation(database_url) as made:
        made.start()
        made.wait_until_read()
        made.tools.ring_at(made.public_url)
        made.tools.slack.delay = made.tools.teams.delay = 0.3  # long enough for a kill to meet a message on its way
        made.tools.jira.delay = 0.03
        times: list[datetime] = []
        at_risk: set[int] = set()
        try:
            with Stream(made, Random(seed + 1), (0.1, 0.5)) as stream:
                for number in range(kills):
                    time.sleep(random.uniform(*gap))
                    kind = _kill(made, random)
                    times.append(now())
                    ran.kills[kind] += 1
                    if kind in SENDERS:
                        at_risk |= letters_on_their_way(made.store)
                    print(f"\r{database}: kill {number + 1} of {kills}, {kind:<14}", end="", file=sys.stderr)
                ran.changes = stream.changes
            print(file=sys.stderr)
            made.tools.jira.drain(30)
            ran.until_quiet = wait_for(made.is_quiet, "a quiet hub", LONGEST_QUIET)
            made.sync_quietly()
            _compare(made, ran, times, at_risk)
            made.stop()
        except BaseException:
            print(made.said(), file=sys.stderr)
            raise
    ran.seconds = time.monotonic() - began
    return ran


def _kill(made: Installation, random: Random) -> str:
    """Kill one process and return of what kind it was; a job may take a while to come by."""
    while True:
        kind = random.choice(KINDS)
        deadline = time.monotonic() + 2.0
        while time.monotonic() < deadline:
            found = made.pids(kind)
            if found:
                pid = random.choice(found)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    wait_for(lambda: not is_alive(pid), f"the end of a killed {kind}", 5.0)  # noqa: B023
                    return kind
            time.sleep(0.002)


def _compare(made: Installation, ran: Ran, kills: list[datetime], at_risk: set[int]) -> None:
    wrong = made.wrong_values()
    ran.wrong, ran.key_results = len(wrong), len(ORACLE)
    if wrong:
        raise Failed(f"values that are not what the tools hold: {wrong}")
    with made.store.read() as tx:
        reads = sorted(reads_after(tx, limit=100_000), key=lambda one: one.started_at)
    ran.reads = len(reads)
    found = overlaps(reads)
    if found:
        raise Failed(f"two reads of one connection at once: {found}")
    for at in kills:
        ended = [
            one.ended_at for one in reads if one.connection == CHANGING and one.started_at >= at and one.outcome == "ok"
        ]
        ran.longest_recovery = max(ran.longest_recovery, (min(ended) - at).total_seconds())
    if ran.longest_recovery > LONGEST_RECOVERY:
        raise Failed(f"a recovery took {ran.longest_recovery:.1f} s")
    ran.told = account(made.tools, made.store)
    ran.died_sending = died_sending(made.store)
    if ran.told.problems:
        raise Failed("\n".join(ran.told.problems))
    if not ran.told.ambiguous <= at_risk:
        raise Failed(f"letters marked ambiguous whose sender was not killed: {ran.told.ambiguous - at_risk}")
