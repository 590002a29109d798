"""The calls to Asana, each with the caps and traps it has.

The `asana` package carries them over our wire, and its answers are taken as bytes: its own decoding turns every
no-break space into a space. Events and batches go over the wire directly: the package's event iterator reads pages
twice and hides the 412 (https://github.com/Asana/python-asana/issues/199).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from requests import Response, Session

from connectors import bridges
from connectors.asana import answers
from connectors.asana.settings import Account
from connectors.asana.task_answers import read_batch, read_one, read_page
from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.shapes import Absence
from connectors.tame import decode
from connectors.wire import SAFE, answer

if TYPE_CHECKING:
    from asana import ApiClient

PAGE = 100  # the most that any list gives at once
ACTIONS = 10  # the most that a batch takes
MAX_PAGES = 5000  # half a million tasks, or events: a list that long is a loop


class Hidden(Gone):
    """It exists, and the account may not see it (403)."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What a project's events say since a token: which tasks moved, and whether they tell all that did.

    They do not where sections were renamed or removed, and where one of them cannot be read.
    """

    tasks: frozenset[str]
    is_partial: bool
    token: str


class Calls:
    """Ask one Asana. Thread-safe, since nothing is kept but the way there."""

    def __init__(self, account: Account, wire: Session) -> None:
        self._account = account
        self._wire = wire

    @property
    def site(self) -> str:
        """The address of this Asana."""
        return self._account.api.removesuffix("/api/1.0")

    @cached_property
    def _client(self) -> ApiClient:
        return bridges.asana_client(self._wire, self._account.api, self._account.headers())

    def ask(self, what: str, api: str, method: str, *args: Any, **options: str | int) -> Response:
        """Call a method of the asana package and return the wire's own answer, once it is one of success.

        `args` are its ids and bodies, `options` its query. Raises what `answered` raises.
        """
        import asana

        call = getattr(getattr(asana, api)(self._client), method)
        # a fresh dictionary each time: the package writes into it
        more = () if method.startswith("delete_") else ({name: str(value) for name, value in options.items()},)
        carried = call(*args, *more, full_payload=True, _preload_content=False)
        response: Response = carried.response
        answered(response, what)
        return response

    def pages(
        self, read: Callable[[bytes], Any], what: str, api: str, method: str, *args: Any, **options: str | int
    ) -> Iterator[Any]:
        """Yield the pages of a list. A short page is not the last one; an offset seen twice is a loop."""
        seen: set[str] = set()
        more: dict[str, str | int] = {"limit": PAGE, **options}
        for _ in range(MAX_PAGES):
            page = read(self.ask(what, api, method, *args, **more).content)
            yield page
            if page.next_page is None:
                return
            if page.next_page.offset in seen:
                raise Unexpected(f"asana sent the same offset twice for {what}: its pages go round in a circle")
            seen.add(page.next_page.offset)
            more["offset"] = page.next_page.offset
        raise Unexpected(f"asana: {what} did not come to an end in {MAX_PAGES} pages")

    def named(self, what: str, api: str, method: str, *args: Any, **options: str | int) -> Iterator[answers.Named]:
        """Yield the elements of a list of named things."""
        for page in self.pages(answers.named_page, what, api, method, *args, opt_fields="name", **options):
            yield from page.data

    def tasks(self, kind: str, gid: str, fields: str) -> Iterator[list[answers.Task]]:
        """Yield the tasks of a project, a section or a tag by the hundred, in Asana's order."""
        method = f"get_tasks_for_{kind}"
        for page in self.pages(read_page, f"tasks of {kind} {gid}", "TasksApi", method, gid, opt_fields=fields):
            yield page.data

    def first_token(self, project: str) -> str:
        """Return the token from which the events of a project are told. Taken before a read, nothing is missed."""
        response = self._events(project, None)
        if response.status_code == 412:
            return decode(answers.fresh_token, response.content, "asana").sync
        answered(response, f"events of project {project}")
        raise Unexpected("asana answered a question for events without a token by something else than 412")

    def events(self, project: str, token: str) -> Happened | str:
        """Return what happened in a project since a token, or the fresh token where Asana knows the old no more."""
        tasks: set[str] = set()
        seen = {token}
        is_partial = False
        for _ in range(MAX_PAGES):
            response = self._events(project, token)
            if response.status_code == 412:
                return decode(answers.fresh_token, response.content, "asana").sync
            answered(response, f"events of project {project}")
            page = decode(answers.event_page, response.content, "asana")
            for raw in page.data:
                try:
                    event = msgspec.convert(raw, answers.Event)
                except msgspec.ValidationError:
                    is_partial = True  # something moved, and nobody can read what
                    continue
                if event.resource is None:
                    continue
                if event.resource.resource_type == "task":
                    tasks.add(event.resource.gid)
                is_partial |= event.resource.resource_type == "section" and event.action != "added"
            token = page.sync
            if not page.has_more:
                return Happened(frozenset(tasks), is_partial, token)
            if token in seen:
                raise Unexpected("asana has more events and sent the same token twice: they go round in a circle")
            seen.add(token)
        raise Unexpected(f"asana: the events of project {project} did not come to an end in {MAX_PAGES} pages")

    def bodies(self, gids: Sequence[str], fields: str) -> Iterator[tuple[list[answers.Task], dict[str, Absence]]]:
        """Yield (tasks found, why the others were not) for ten tasks at a time."""
        for start in range(0, len(gids), ACTIONS):
            asked = gids[start : start + ACTIONS]
            found: list[answers.Task] = []
            missing: dict[str, Absence] = {}
            for gid, result in zip(asked, self._batch([(f"/tasks/{gid}", {}) for gid in asked], fields), strict=True):
                if isinstance(result, Absence):
                    missing[gid] = result
                else:
                    found.append(read_one(result, gid))
            yield found, missing

    def subtasks(self, parents: Sequence[str], fields: str) -> Iterator[tuple[str, list[answers.Task]]]:
        """Yield (parent, its sub-tasks). More than a hundred of one parent come in further pages of their own."""
        for start in range(0, len(parents), ACTIONS):
            asked = parents[start : start + ACTIONS]
            for gid, result in zip(
                asked, self._batch([(f"/tasks/{gid}/subtasks", {"limit": PAGE}) for gid in asked], fields), strict=True
            ):
                if isinstance(result, Absence):
                    continue  # gone since it was seen, and its sub-tasks with it
                page = read_page(result)
                yield gid, _children(gid, page.data)
                if page.next_page is None:
                    continue
                for more in self.pages(
                    read_page, f"sub-tasks of {gid}", "TasksApi", "get_subtasks_for_task", gid,
                    opt_fields=fields, offset=page.next_page.offset,
                ):  # fmt: skip
                    yield gid, _children(gid, more.data)

    def goals(self, gids: Sequence[str], fields: str) -> Iterator[tuple[str, answers.Goal | Absence]]:
        """Yield (gid, the goal) for each, ten a request."""
        for start in range(0, len(gids), ACTIONS):
            asked = gids[start : start + ACTIONS]
            for gid, result in zip(asked, self._batch([(f"/goals/{gid}", {}) for gid in asked], fields), strict=True):
                if isinstance(result, Absence):
                    yield gid, result
                    continue
                goal = decode(answers.goal_one, result, "asana").data
                if goal.gid != gid:
                    raise Unexpected(f"asana was asked for goal {gid} and answered with goal {goal.gid[:40]}")
                yield gid, goal

    def _batch(self, asked: Sequence[tuple[str, Mapping[str, object]]], fields: str) -> list[bytes | Absence]:
        """Ask several questions at once; return each one's answer, or why there is none.

        https://developers.asana.com/docs/batch-requests : each counts as a request, and one over the limit fails all.
        """
        actions = [
            {"method": "get", "relative_path": path, "options": {**options, "fields": fields.split(",")}}
            for path, options in asked
        ]
        response = self._wire.post(
            f"{self._account.api}/batch",
            data=msgspec.json.encode({"data": {"actions": actions}}),
            headers={
                **SAFE,
                "Content-Type": "application/json",
                "Accept": "application/json",
                **self._account.headers(),
            },
        )
        answered(response, "batch")
        results = read_batch(response.content)
        if len(results) != len(asked):
            raise Unexpected(f"asana changed shape at data: {len(asked)} actions asked, {len(results)} answered")
        return [_result(result, path) for result, (path, _) in zip(results, asked, strict=True)]

    def _events(self, project: str, token: str | None) -> Response:
        return self._wire.get(
            f"{self._account.api}/events",
            params={"resource": project} | ({"sync": token} if token else {}),
            headers={"Accept": "application/json", **self._account.headers()},
        )


def _children(parent: str, tasks: list[answers.Task]) -> list[answers.Task]:
    """Return sub-tasks below the parent that they were listed for, whatever they say of it themselves."""
    for task in tasks:
        if task.parent is None or task.parent.gid != parent:
            if task.parent is not None:
                task.wrong["parent"] = "it names another task than the one that it was listed below"
            task.parent = answers.Named(parent)
    return tasks


def _result(result: answers.Result, path: str) -> bytes | Absence:
    status = result.status_code
    if status == 200:
        return bytes(result.body)
    if status in {404, 410}:
        return Absence.DELETED
    if status == 403:
        return Absence.HIDDEN
    if status == 429 or status >= 500:
        raise TryLater(f"asana: {path} in a batch: {status}", is_limit=status == 429)
    if status == 402:
        raise _unpaid(path)
    raise Unexpected(f"asana: {path} in a batch: {status}")


def answered(response: Response, what: str) -> None:
    """Return for an answer of success, else raise the error that says what to do.

    https://developers.asana.com/docs/errors : 402 is a plan that lacks the feature; 403 is one thing that may not be
    seen (Hidden), unless Asana says that the sign-in lacks a scope.
    """
    if response.status_code == 402:
        raise _unpaid(what)
    if response.status_code == 403:
        try:
            answer(response, what=f"asana: {what}")
        except Unauthorized as refused:
            if "scope" in str(refused).lower():
                raise Unauthorized(str(refused), hint="sign in again and agree to every permission asked for") from None
            raise Hidden(str(refused), hint="share it with the account that the hub signs in as") from None
    answer(response, what=f"asana: {what}")


def _unpaid(what: str) -> Misconfigured:
    return Misconfigured(
        f"asana: {what}: the workspace's plan does not include this (402)",
        field="select",
        hint="select by project, section or tag instead, or move to a paid plan",
    )
