"""A queue server that is emptied again and again under load: what is due is done all the same, and nothing twice."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from random import Random

from redis import Redis

from hub.store.reads import reads_after
from tests.flows.company_oracle import ORACLE
from tests.soak.installation import CHANGING, Failed, now, open_installation, overlaps, wait_for
from tests.soak.stream import Stream
from tests.soak.told import Account, account

WITHIN = 60.0  # seconds in which all that is due must be done


@dataclass(frozen=True, slots=True)
class Emptied:
    """What a run came to."""

    seed: int
    times: int
    lost: int  # jobs that were waiting or running as the server was emptied
    changes: int
    reads: int
    told: Account
    longest: float  # seconds from an emptying to the end of the next read that began after it
    until_quiet: float
    seconds: float

    def row(self) -> str:
        """Return the run as a line of the table."""
        return (
            f"| queue server emptied {self.times} times, seed {self.seed} ({self.lost} keys of jobs thrown away) | "
            f"{self.changes} changes, {self.reads} reads, {len(ORACLE)} of {len(ORACLE)} values right, "
            f"{self.told.posts} posts, every change told, {self.told.second_posts} second posts, longest wait "
            f"for a read {self.longest:.1f} s, quiet {self.until_quiet:.1f} s after the last "
            f"change, {self.seconds:.0f} s | all done within {WITHIN:.0f} s, "
            "nothing twice |"
        )


def run_emptied(*, times: int, seed: int, gap: tuple[float, float] = (0.3, 2.0)) -> Emptied:
    """Empty the queue server so many times while work changes. Raises Failed at what does not hold."""
    random = Random(seed)
    began = time.monotonic()
    with open_installation() as made:
        made.start()
        made.wait_until_read()
        made.tools.ring_at(made.public_url)
        made.tools.jira.delay = 0.03
        made.tools.slack.delay = made.tools.teams.delay = 0.1
        lost = 0
        moments = []
        try:
            with Redis.from_url(made.settings.redis) as redis, Stream(made, Random(seed + 1), (0.1, 0.5)) as stream:
                for number in range(times):
                    time.sleep(random.uniform(*gap))
                    lost += sum(1 for _ in redis.scan_iter("rq:job:*"))
                    redis.flushall()
                    moments.append(now())
                    print(f"\remptied {number + 1} of {times} times", end="", file=sys.stderr)
            print(file=sys.stderr)
            made.tools.jira.drain(30)
            until_quiet = wait_for(made.is_quiet, "all that is due to be done", WITHIN)
            made.sync_quietly()
            wrong = made.wrong_values()
            if wrong:
                raise Failed(f"values that are not what the tools hold: {wrong}")
            with made.store.read() as tx:
                reads = sorted(reads_after(tx, limit=100_000), key=lambda one: one.started_at)
            if overlaps(reads):
                raise Failed(f"two reads of one connection at once: {overlaps(reads)}")
            longest = max(
                (
                    min(one.ended_at for one in reads if one.connection == CHANGING and one.started_at >= at) - at
                ).total_seconds()
                for at in moments
            )
            if longest > WITHIN:
                raise Failed(f"{longest:.1f} s went by without a read")
            told = account(made.tools, made.store)
            if told.problems:
                raise Failed("\n".join(told.problems))
            if told.second_posts:
                raise Failed(f"{told.second_posts} posts stand twice")
            made.stop()
        except BaseException:
            print(made.said(), file=sys.stderr)
            raise
    return Emptied(seed, times, lost, stream.changes, len(reads), told, longest, until_quiet, time.monotonic() - began)
