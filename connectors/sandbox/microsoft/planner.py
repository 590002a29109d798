"""What a simulated tenant holds of people, teams and Planner, and every way that may change."""

from __future__ import annotations

import base64
import hashlib
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def made_id(kind: str, number: int, length: int = 28) -> str:
    """Return an id as Planner makes them: letters of either case, digits, - and _; the same for the same number."""
    digest = hashlib.sha256(f"{kind} {number}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:length]


def made_guid(text: str) -> str:
    """Return a GUID that is the same for the same text."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


@dataclass(slots=True)
class Tab:
    """A tab of a channel and where it leads."""

    id: str
    name: str
    url: str


@dataclass(slots=True)
class Channel:
    """A channel of a team."""

    id: str
    name: str
    tabs: list[Tab] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """A Microsoft 365 group, which a team is as well."""

    id: str
    name: str
    channels: list[Channel] = field(default_factory=list)


@dataclass(slots=True)
class Bucket:
    """A column of a plan."""

    id: str
    plan: str
    name: str


@dataclass(slots=True)
class Plan:
    """A plan. One that is hidden answers 403 to the account."""

    id: str
    group: str
    title: str
    created: datetime
    labels: dict[str, str | None] = field(default_factory=dict)
    hidden: bool = False


@dataclass(slots=True)
class Task:
    """A task. `version` is what its etag counts."""

    id: str
    number: int
    plan: str
    bucket: str
    title: str
    created: datetime
    percent: int = 0
    priority: int = 5
    due: datetime | None = None
    start: datetime | None = None
    completed: datetime | None = None
    assigned: dict[str, datetime] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()  # category3
    description: str = ""
    checklist: list[tuple[str, bool]] = field(default_factory=list)
    version: int = 1


class Planner:
    """People, groups, plans and tasks of one tenant, thread-safe. `now` is the only clock."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.users: dict[str, str] = {}  # id -> name
        self.addresses: dict[str, str] = {}  # id -> mail address
        self.groups: dict[str, Group] = {}
        self.plans: dict[str, Plan] = {}
        self.buckets: dict[str, Bucket] = {}
        self.tasks: dict[str, Task] = {}
        self._deleted: dict[str, Task] = {}
        self._number = 0

    # -- the tenant's set-up

    def add_user(self, address: str, name: str) -> str:
        """Add a person and return the id."""
        user = made_guid(address)
        self.users[user], self.addresses[user] = name, address
        return user

    def remove_user(self, user: str) -> None:
        """Take a person away; tasks keep the id."""
        del self.users[user], self.addresses[user]

    def add_team(self, name: str) -> str:
        """Found a team and return its id."""
        group = made_guid(f"team {len(self.groups)}")
        self.groups[group] = Group(group, name)
        self.add_channel(group, "General")
        return group

    def add_channel(self, team: str, name: str) -> str:
        """Open a channel and return its id."""
        held = self.groups[team].channels
        held.append(Channel(f"19:{made_guid(f'{team} {len(held)}').replace('-', '')}@thread.tacv2", name))
        return held[-1].id

    def add_tab(self, team: str, channel: str, name: str, url: str) -> None:
        """Put a tab into a channel, of Planner or of anything else."""
        for one in self.groups[team].channels:
            if one.id == channel:
                one.tabs.append(Tab(made_guid(f"{channel} {len(one.tabs)}"), name, url))

    def add_plan(self, team: str, title: str, *buckets: str) -> str:
        """Make a plan with its buckets and return its id."""
        plan = made_id("plan", self._next())
        self.plans[plan] = Plan(plan, team, title, self.now().astimezone(UTC))
        for name in buckets or ("To do",):
            self.add_bucket(plan, name)
        return plan

    def add_bucket(self, plan: str, name: str) -> str:
        """Make a bucket and return its id."""
        bucket = made_id("bucket", self._next())
        self.buckets[bucket] = Bucket(bucket, plan, name)
        return bucket

    def rename_bucket(self, bucket: str, name: str) -> None:
        """Give a bucket another name: no task's etag moves."""
        self.buckets[bucket].name = name

    def name_label(self, plan: str, label: str, name: str | None) -> None:
        """Name one of a plan's 25 labels (category1 to category25): no task's etag moves."""
        self.plans[plan].labels[label] = name

    def bucket_of(self, plan: str, name: str) -> str:
        """Return the id of a plan's bucket by its name."""
        return next(one.id for one in self.buckets.values() if one.plan == plan and one.name == name)

    # -- what people do

    def add_task(self, plan: str, title: str, *, bucket: str = "", created: datetime | None = None, **more: Any) -> str:
        """Make a task in a plan's first bucket, or another, and return its id. `more` as for `edit_task`."""
        with self.lock:
            number = self._next()
            first = next(one.id for one in self.buckets.values() if one.plan == plan)
            at = (created or self.now()).astimezone(UTC)
            task = Task(made_id("task", number), number, plan, bucket or first, title, at)
            self.tasks[task.id] = task
            if more:
                self.edit_task(task.id, **more)
                task.version = 1
            return task.id

    def edit_task(self, task: str, **changes: Any) -> None:
        """Change a task: title, percent, priority, due, start, bucket, labels, assigned, description, checklist.

        `completed`, after `percent`, says that it was completed at another time than now.
        """
        with self.lock:
            held = self.tasks[task]
            for name, value in changes.items():
                if name == "percent":
                    self._complete(held, value)
                elif name == "assigned":
                    held.assigned = {user: held.assigned.get(user, self.now().astimezone(UTC)) for user in value}
                elif name in {"title", "priority", "due", "start", "bucket", "description", "completed"}:
                    setattr(held, name, value)
                elif name == "labels":
                    held.labels = frozenset(value)
                elif name == "checklist":
                    held.checklist = list(value)
                else:
                    raise ValueError(f"a task has no {name!r} to edit")
            held.version += 1

    def move_task(self, task: str, plan: str, bucket: str = "") -> None:
        """Move a task to another plan; it keeps its id and loses its labels, which were that plan's."""
        with self.lock:
            held = self.tasks[task]
            held.plan = plan
            held.bucket = bucket or next(one.id for one in self.buckets.values() if one.plan == plan)
            held.labels = frozenset()
            held.version += 1

    def delete_task(self, task: str) -> None:
        """Delete a task. Planner itself cannot bring it back; `restore_task` stands for an administrator."""
        with self.lock:
            self._deleted[task] = self.tasks.pop(task)

    def restore_task(self, task: str) -> None:
        """Bring a deleted task back under its id."""
        with self.lock:
            self.tasks[task] = self._deleted.pop(task)
            self.tasks[task].version += 1

    def hide_plan(self, plan: str) -> None:
        """Take away the account's right to see a plan."""
        self.plans[plan].hidden = True

    def show_plan(self, plan: str) -> None:
        """Give the right back."""
        self.plans[plan].hidden = False

    def delete_plan(self, plan: str) -> None:
        """Delete a plan with all that is in it."""
        with self.lock:
            del self.plans[plan]
            for held in [one.id for one in self.tasks.values() if one.plan == plan]:
                del self.tasks[held]
            for bucket in [one.id for one in self.buckets.values() if one.plan == plan]:
                del self.buckets[bucket]

    def tasks_of(self, plan: str) -> list[Task]:
        """Return a plan's tasks, in the order in which they were made."""
        return sorted((one for one in self.tasks.values() if one.plan == plan), key=lambda one: one.number)

    def _complete(self, task: Task, percent: int) -> None:
        if not 0 <= percent <= 100:
            raise ValueError("a task is between 0 and 100 % complete")
        if percent == 100 and task.percent < 100:
            task.completed = self.now().astimezone(UTC)
        if percent < 100:
            task.completed = None
        task.percent = percent

    def _next(self) -> int:
        self._number += 1
        return self._number
