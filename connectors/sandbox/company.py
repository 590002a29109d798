"""Found Northwind Robotics in four simulated tools: a quarter of believable work, tuned to its key results.

Engineering, and Growth's playbook and leads, are in Jira, below; the rest of Growth is in Asana (company_growth.py),
runbooks are in Trello (company_runbooks.py), the company's own work is in Microsoft 365 (company_operations.py).

The key results and rules that read this work are in config/. Each group below is one of them; its `pace` is how far the
work is compared with a straight line through the quarter (1 = as planned), so the statuses hold at any day of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from random import Random

from connectors.sandbox import company_words as words
from connectors.sandbox.company_changes import changes_for_once, live_changes
from connectors.sandbox.company_growth import found_growth
from connectors.sandbox.company_life import Life, address
from connectors.sandbox.company_oddities import found_oddities
from connectors.sandbox.company_operations import found_operations
from connectors.sandbox.company_runbooks import found_runbooks
from connectors.sandbox.company_sites import OnceChange, Sites

__all__ = ["OnceChange", "Sites", "changes_for_once", "found_company", "live_changes"]
LEAST_ISSUES, LEAST_GENERAL = 1050, 240


def found_company(sites: Sites, *, start: date, end: date, now: datetime, seed: int = 7) -> None:
    """Fill empty tools with the work of the quarter `start`..`end` as it stands at `now` (aware).

    The same arguments give the same company. Expects `now` between 45 % and 85 % of the quarter for the statuses it is
    tuned to. Makes webhook deliveries like any other change, so found before registering webhooks.
    """
    jira = sites.jira
    for key, name in words.PROJECTS.items():
        jira.add_project(key, name)
    for name in {n: None for team in words.PEOPLE.values() for n in team}:
        jira.add_person(address(name), name)
    for number, name in (words.HOURS_FIELD, words.MINUTES_FIELD):
        jira.add_field(number, name)
    founding = _Founding(jira, start=start, end=end, now=now, random=Random(seed))
    founding.epics()
    founding.payments()
    founding.growth()
    founding.platform()
    founding.incidents()
    founding.everything_else()
    elsewhere = Life(jira, start=start, end=end, now=now, random=Random(seed + 1))
    found_oddities(elsewhere)
    found_growth(sites.asana, elsewhere)
    found_runbooks(sites.trello, elsewhere)
    found_operations(sites.microsoft, elsewhere)


class _Founding(Life):
    # -- the groups that key results read

    def epics(self) -> None:
        for project, names in words.EPICS.items():
            for name in names:
                self.epic[name] = self.work(project, name, type="Epic", created=-0.3, doing=True)

    def payments(self) -> None:
        live, wanted = 0, self.done_by(40, 0.58)
        for name, size in zip(words.MERCHANTS, cycle((3, 2, 4, 3, 2, 5, 3)), strict=False):
            finished = live + size <= wanted
            live += size if finished else 0
            self.work(
                "PAY",
                f"Move {name} to the new checkout",
                created=self.random.uniform(-0.2, 0.05),
                done=self.elapsed * live / (wanted + 1) if finished else None,
                doing=not finished and self.random.random() < 0.5,
                labels=("merchant-rollout",),
                points=self.random.choice((3, 5, 8)),
                epic="Merchant roll-out",
                fields={"Merchants in batch": float(size)},
            )
        self._checkout_bugs()
        for number, name in enumerate(words.PLAYBOOKS):
            last = number == len(words.PLAYBOOKS) - 1
            self.work(
                "PAY",
                f"Playbook: {name}",
                type="Task",
                created=-0.1,
                done=None if last else self.elapsed * (number + 0.5) / 11,
                doing=last,
                labels=("recon-playbook",),
                points=2,
                epic="Ledger that closes itself",
            )
        for number in range(9):
            self.work(
                "PAY",
                f"Ledger is out by a cent in {words.MERCHANTS[number]}'s books",
                type="Bug",
                priority="Highest",
                created=self.elapsed * (0.1 + 0.09 * number),
                done=self.elapsed * (0.2 + 0.09 * number) if number < 6 else None,
                doing=number == 6,
                labels=("ledger",),
            )

    def _checkout_bugs(self) -> None:
        closed = round((18 - 4) * self.elapsed * 1.2) + 10  # 18 were open when the quarter began; 10 more came since
        ends = self.finish_dates(closed)
        for number, title in enumerate(islice(cycle(words.CHECKOUT_BUGS), 28)):
            place = f" ({words.MERCHANTS[number % 14]})" if number >= len(words.CHECKOUT_BUGS) else ""
            created = -0.15 + 0.005 * number if number < 18 else self.elapsed * (number - 18) / 12
            end = next(ends)
            self.work(
                "PAY",
                title + place,
                type="Bug",
                priority=("High", "High", "Highest")[number % 3],
                created=created,
                done=None if end is None else max(end, created + 0.02),
                doing=number % 4 == 0,
                labels=("checkout",),
                epic="New checkout",
            )
        for number, title in enumerate(words.CHECKOUT_BUGS):
            place = words.MERCHANTS[number % len(words.MERCHANTS)]
            kept = self.elapsed * self.random.random() if number % 3 else None
            self.work("PAY", f"{title}, seen at {place}", type="Bug", done=kept, labels=("checkout",), priority="Low")

    def growth(self) -> None:
        steps = [step.format(pilot) for pilot in words.PILOTS[:12] for step in words.PILOT_STEPS]
        ends = self.finish_dates(round(len(steps) * self.elapsed * 0.86))
        for number, title in enumerate(steps):
            end = next(ends)
            self.work(
                "GRO",
                title,
                type="Task",
                done=end,
                doing=end is None and number % 5 == 0,
                labels=("pilot-playbook",),
                points=(1, 2, 3, 2, 5, 1)[number % 6],
                epic="Pilot playbook",
            )
        for number, pilot in enumerate(islice(cycle(words.PILOTS + words.MERCHANTS), 120)):
            asked = self.elapsed * number / 120
            self.work(
                "GRO",
                words.LEADS[(number + number // 38) % 4].format(pilot),
                type="Task",
                created=asked,
                done=asked + 0.01 if number < 112 else None,
                labels=("lead",),
                epic="Faster answers to leads",
                fields={"Hours to first reply": round(self.random.lognormvariate(1.7, 0.5), 1)}
                if number % 15
                else None,
            )

    def _countdown(
        self, project: str, title: str, names: Sequence[str], *, label: str, pace: float, epic: str = ""
    ) -> None:
        """Make one issue a name, of which as many are done as the pace says."""
        ends = self.finish_dates(self.done_by(len(names), pace))
        for number, name in enumerate(names):
            end = next(ends)
            self.work(
                project,
                title.format(name),
                created=self.random.uniform(-0.2, 0.1),
                done=end,
                doing=end is None and number % 3 == 0,
                labels=(label,),
                points=self.random.choice((2, 3, 5)),
                epic=epic,
            )

    def platform(self) -> None:
        moved, epic = words.SERVICES[:16], "Trunk-based flow"
        self._countdown("PLA", "Move {} to trunk-based flow", moved, label="trunk-based", pace=0.95, epic=epic)
        for number in range(120):
            self.work(
                "PLA",
                words.CHANGES[number % 8].format(words.SERVICES[number % 29]),
                type="Task",
                done=self.elapsed * number / 100 if number < 98 else None,
                review=98 <= number < 112,
                labels=("change",),
                points=self.random.choice((1, 2, 3)),
            )
        at, number = 0.0, 0
        while at < self.elapsed:  # 20 a week at first, faster every week; the last seven days stay inside 38..44
            if self.elapsed - at > 7 / 92:
                at += 7 / 92 / (20 + 24 * min(1, at / 0.5))
            else:
                at += 7 / 92 / 41
            service = words.SERVICES[number % 30]
            day = min(at, self.elapsed - 0.0005)
            self._deploy(f"Deploy {service} 4.{number // 30}.{number % 7}", day)
            number += 1

    def _deploy(self, title: str, share: float) -> None:
        at = self.start + (self.end - self.start) * share  # at any hour and on any day: that is what the epic is about
        key = self.jira.create(
            "PLA",
            summary=title,
            type="Task",
            labels=("deploy",),
            created=at - timedelta(hours=1),
            assignee=self.who("PLA"),
            parent=self.epic["Deploy any time"],
        )
        self.jira.transition(key, "Done", at)

    def incidents(self) -> None:
        for number in range(64):
            began = self.elapsed * (number + self.random.random()) / 64
            minutes = max(12, round(95 - 62 * began + self.random.uniform(-14, 14)))
            self.work(
                "INC",
                words.INCIDENTS[number % 8].format(words.PILOTS[number % 23].split()[0]),
                type="Bug",
                priority=("Medium", "High", "Highest")[number % 3],
                created=began,
                done=began + 0.006 if number < 62 else None,
                labels=("incident",),
                fields={"Minutes to restore": float(minutes)} if number < 62 and number % 20 else None,
            )
        closed = round(70 * (0.70 + 0.20 * min(1.0, self.elapsed * 1.05)))
        ends = self.finish_dates(closed)
        for number in range(70):
            end = next(ends)
            self.work(
                "INC",
                words.FOLLOW_UPS[number % 7].format(words.SERVICES[number % 30]),
                type="Task",
                done=end,
                created=self.random.uniform(-0.2, 0.0),
                doing=end is None and number % 2 == 0,
                labels=("follow-up",),
                points=self.random.choice((1, 2, 3)),
                epic="Incident reviews",
            )

    def everything_else(self) -> None:
        """Fill up with work no key result reads, some of it finished and opened again."""
        titles = {p: self._titles(p) for p in words.GENERAL}
        for number in range(max(LEAST_GENERAL, LEAST_ISSUES - len(self.jira.by_id))):
            project = ("PAY", "GRO", "PLA", "PAY", "PLA", "INC", "GRO")[number % 7]
            drawn = self.random.random()
            key = self.work(
                project,
                next(titles[project]),
                type=("Story", "Task", "Story", "Bug", "Task")[number % 5],
                done=self.elapsed * self.random.random() ** 0.7 if drawn < 0.55 else None,
                doing=0.55 <= drawn < 0.75,
                review=0.75 <= drawn < 0.8,
                labels=self.random.choice(((), ("polish",), ("customer-ask",), ("debt",), ())),
                points=self.random.choice((None, 1, 2, 3, 5, 8)),
                priority=self.random.choice(("Low", "Medium", "Medium", "High")),
                epic=self.random.choice(words.EPICS[project]),
            )
            if drawn < 0.04:
                finished = self.jira.by_key[key].resolved or self.now
                self.jira.transition(key, "In Progress", finished + (self.now - finished) * 0.5)

    def _titles(self, project: str) -> Iterator[str]:
        pairs = [(a, b) for a in words.GENERAL[project] for b in words.THINGS[project]]
        self.random.shuffle(pairs)
        for round_, (title, thing) in enumerate(cycle(pairs)):
            again = ("", ", second part", ", third part")[min(round_ // len(pairs), 2)]
            yield title.format(thing) + again
