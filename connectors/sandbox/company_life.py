"""How a piece of work comes to be: when it is created, who does it, and which steps it takes until today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from connectors.sandbox import company_words as words
from connectors.sandbox.jira import JiraSandbox


def address(name: str) -> str:
    """Return somebody's e-mail address: Mira Okafor is mira@northwind.test."""
    return f"{name.split(maxsplit=1)[0].lower()}@northwind.test"


class Life:
    """Create issues of a quarter `start`..`end` as they stand at `now`, deterministically from `random`."""

    def __init__(self, jira: JiraSandbox, *, start: date, end: date, now: datetime, random: Random) -> None:
        self.jira, self.random, self.now = jira, random, now.astimezone(UTC)
        self.start = datetime.combine(start, time(), jira.zone).astimezone(UTC)
        self.end = datetime.combine(end + timedelta(days=1), time(), jira.zone).astimezone(UTC)
        self.elapsed = (self.now - self.start) / (self.end - self.start)
        self.epic: dict[str, str] = {}

    # -- when and who

    def moment(self, share: float) -> datetime:
        """Return a working hour near this share of the quarter (negative: before it), never after now."""
        at = self.start + (self.end - self.start) * share
        at = at.replace(hour=self.random.randint(7, 16), minute=self.random.randint(0, 59), second=0, microsecond=0)
        while at.weekday() > 4 or at >= self.now:
            at -= timedelta(days=1)
        return at + timedelta(seconds=self.random.randint(0, 59))

    def span(self, created: float, done: float | None) -> tuple[datetime, datetime | None]:
        """Return when work of these shares of the quarter was created and when it was done, all of it before now."""
        born = self.moment(created)
        if done is None:
            return born, None
        finished = max(self.moment(done), born + timedelta(hours=2))
        if finished >= self.now:
            finished = self.now - timedelta(minutes=self.random.randint(5, 90))
            born = min(born, finished - timedelta(hours=3))
        return born, finished

    def early(self) -> float:
        """Draw a share of the quarter at which work is created: mostly before its first weeks are over."""
        return -0.28 + (self.elapsed + 0.2) * self.random.betavariate(1.3, 2.6)

    def who(self, project: str) -> str | None:
        """Draw somebody of the project's team; now and then nobody is assigned."""
        return None if self.random.random() < 0.08 else address(self.random.choice(words.PEOPLE[project]))

    def done_by(self, target: float, pace: float) -> int:
        """Return how many of `target` are done now at this pace; one always remains open."""
        return min(int(target) - 1, round(target * self.elapsed * pace))

    # -- one issue and its life

    def work(
        self,
        project: str,
        summary: str,
        *,
        done: float | None = None,
        doing: bool = False,
        review: bool = False,
        created: float | None = None,
        type: str = "Story",
        labels: Sequence[str] = (),
        points: float | None = None,
        epic: str = "",
        fields: dict[str, float | None] | None = None,
        priority: str = "Medium",
    ) -> str:
        """Create an issue and walk it to where it stands. `done` and `created` are shares of the quarter."""
        born, finished = self.span(self.early() if created is None else created, done)
        key = self.jira.create(
            project,
            summary=summary,
            type=type,
            labels=labels,
            points=points,
            created=born,
            assignee=self.who(project),
            parent=self.epic.get(epic),
            fields=fields,
            priority=priority,
        )
        if finished is not None:
            self.jira.transition(key, "In Progress", born + (finished - born) * self.random.uniform(0.2, 0.7))
            if self.random.random() < 0.6:
                self.jira.transition(key, "In Review", born + (finished - born) * 0.85)
            self.jira.transition(key, "Done", finished)
        elif doing or review:
            begun = born + (self.now - born) * self.random.uniform(0.3, 0.8)
            self.jira.transition(key, "In Progress", begun)
            if review:
                self.jira.transition(key, "In Review", begun + (self.now - begun) * self.random.uniform(0.2, 0.9))
        return key

    def finish_dates(self, count: int) -> Iterator[float | None]:
        """Yield shares of the quarter spread steadily from its start to now, then None for ever."""
        for number in range(count):
            yield self.elapsed * (number + self.random.uniform(0.1, 0.9)) / count
        while True:
            yield None
