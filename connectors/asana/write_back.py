"""Progress written back beside the work: comments and fields on tasks, numbers and status updates on goals.

https://developers.asana.com/reference/createstoryfortask , /updatetask , /updategoalmetric , /createstatusforobject
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from requests import Response

from connectors.asana import answers
from connectors.asana.addresses import finest, gids_in
from connectors.asana.answers import CustomValue, Named
from connectors.asana.calls import Calls
from connectors.asana.queries import GID
from connectors.asana.task_answers import read_one
from connectors.errors import Gone, Misconfigured
from connectors.shapes import ProgressNote, Receipt
from connectors.tame import Wild, decode, shape, tame
from connectors.wire import server_time

_WRITABLE = frozenset({"manual", "external"})
_STATUSES = frozenset({"on_track", "at_risk", "off_track", "achieved", "missed"})
# a project's status updates know other ends: https://developers.asana.com/reference/createstatusforobject
_OF_PROJECTS = {"achieved": "complete", "missed": "off_track"}
_FIELDS = (
    "custom_fields.name,custom_fields.type,custom_fields.enum_options.name,custom_fields.number_value,"
    "custom_fields.text_value,custom_fields.enum_value.name"
)


class Writing:
    """Write one note."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def write(self, note: ProgressNote, now: datetime) -> Receipt:
        """Write it once. A repeat of the same note changes nothing; another note of the same key replaces a comment."""
        gid = _target(note.target, self._calls.site)
        match note.by:
            case "comment":
                response, key = _made(self._comment(gid, note))
            case "field":
                response, key = _made(self._field(gid, note))
            case "value":
                response, key = _made(self._value(gid, note))
            case "status":
                response, key = self._status(gid, note)
            case _:
                raise Misconfigured(f"asana cannot be written to by {note.by!r}", field="write_back")
        return Receipt(server_time(response) or now, key)

    def _comment(self, gid: str, note: ProgressNote) -> Response:
        """Add a comment to a task, or change the one that this key wrote before, found by the key at its end."""
        text = "\n".join(part for part in (f"{note.title}: {note.text}", note.link, f"[{note.key}]") if part)
        body = {"data": {"text": text}}
        for page in self._calls.pages(
            answers.story_page, f"comments of {gid}", "StoriesApi", "get_stories_for_task", gid,
            opt_fields="text,resource_subtype,is_editable",
        ):  # fmt: skip
            for story in page.data:
                if story.resource_subtype != "comment_added" or not (story.text or "").endswith(f"[{note.key}]"):
                    continue
                if story.is_editable is not False:  # somebody else may have quoted ours
                    return self._calls.ask(f"comment {story.gid}", "StoriesApi", "update_story", body, story.gid)
        return self._calls.ask(f"comment on {gid}", "StoriesApi", "create_story_for_task", body, gid)

    def _field(self, gid: str, note: ProgressNote) -> Response:
        """Set a custom field of a task: a number to the value, text to the text, a choice to the option of its name."""
        response = self._calls.ask(
            f"task {gid}", "TasksApi", "get_task", gid, opt_fields=f"{answers.STANDARD},{_FIELDS}"
        )
        task = read_one(response.content, gid)
        fields = task.custom_fields if isinstance(task.custom_fields, list) else []
        found = [f for f in fields if note.field in {f.gid, f.name}] or [
            f for f in fields if isinstance(f.name, str) and f.name.casefold() == note.field.casefold()
        ]
        if len(found) != 1:
            raise Misconfigured(
                f"asana: task {gid} has {len(found) or 'no'} custom field{'s' if found else ''} named {note.field!r}",
                field="write_back",
                hint="name the field by its gid, or add it to the task's project",
            )
        body = {"data": {"custom_fields": {found[0].gid: _written(found[0], note)}}}
        return self._calls.ask(f"task {gid}", "TasksApi", "update_task", body, gid, opt_fields="name")

    def _value(self, gid: str, note: ProgressNote) -> Response:
        """Set the current number of a goal. Of a percentage Asana keeps the share: 25 % is 0.25."""
        response = self._calls.ask(
            f"goal {gid}", "GoalsApi", "get_goal", gid,
            opt_fields="name,metric.unit,metric.current_number_value,metric.progress_source",
        )  # fmt: skip
        goal = decode(answers.goal_one, response.content, "asana").data
        if goal.metric is None:
            raise Misconfigured(
                f"asana: the goal {goal.name or gid} has no metric to write to",
                field="write_back",
                hint="give it one in Asana",
            )
        if goal.metric.progress_source not in _WRITABLE:
            raise Misconfigured(
                f"asana: Asana works the goal {goal.name or gid} out by itself ({goal.metric.progress_source})",
                field="write_back",
                hint="let the goal's progress be updated by hand, or do not write to it",
            )
        number = note.value
        if goal.metric.unit == "percentage":
            number = note.percent
        if number is None:
            raise Misconfigured("asana: there is no value to write yet", field="write_back")
        body = {"data": {"current_number_value": _json(number)}}
        return self._calls.ask(f"goal {gid}", "GoalsApi", "update_goal_metric", body, gid)

    def _status(self, gid: str, note: ProgressNote) -> tuple[Response, str]:
        """Post a status update on a goal or a project, unless the newest there says the same already."""
        if note.status not in _STATUSES:
            raise Misconfigured("asana: nothing is judged yet, so there is no status to post", field="write_back")
        said = self._said(gid, note)
        newest = self._calls.ask(
            f"status of {gid}", "StatusUpdatesApi", "get_statuses_for_object", gid, limit=1, opt_fields=",".join(said)
        )
        for one in tame(newest.content, "asana")["data"]:
            if {name: _text(one, name) for name in said} == said:
                return newest, one["gid"].key()
        body = {"data": {"parent": gid, **said}}
        return _made(self._calls.ask(f"status of {gid}", "StatusUpdatesApi", "create_status_for_object", body))

    def _said(self, gid: str, note: ProgressNote) -> dict[str, str]:
        text = f"{note.text}\n{note.link}" if note.link else note.text
        status = note.status
        if status in _OF_PROJECTS:
            try:
                self._calls.ask(f"goal {gid}", "GoalsApi", "get_goal", gid, opt_fields="name")
            except Gone:
                status = _OF_PROJECTS[status]
        return {"title": note.title, "text": text, "status_type": status}


def _made(response: Response) -> tuple[Response, str]:
    return response, tame(response.content, "asana")["data"]["gid"].key()


def _target(text: str, site: str) -> str:
    """Return the gid in what a person wrote: a gid, or the address of a task, a goal, a project."""
    plain = text.strip()
    if GID.fullmatch(plain):
        return plain
    found = finest(gids_in(plain, site) or {})
    if not found:
        raise Misconfigured(
            f"asana: {text[:80]!r} names nothing to write to",
            field="write_back",
            hint="write the gid, or paste the address of the task or goal",
        )
    return found


def _written(field: CustomValue, note: ProgressNote) -> object:
    if field.type == "number":
        if note.value is None:
            raise Misconfigured("asana: there is no value to write yet", field="write_back")
        return _json(note.value)
    if field.type == "text":
        return note.text
    if field.type == "enum":
        said = {note.status.replace("_", " "), note.status}
        options = shape(field.enum_options or [], list[Named], "asana")
        option = next((o.gid for o in options if (o.name or "").casefold() in said), None)
        if option is not None:
            return option
        raise Misconfigured(
            f"asana: the field {field.name!r} has no option {note.status.replace('_', ' ')!r}",
            field="write_back",
            hint="add the option, with the status as its name",
        )
    raise Misconfigured(
        f"asana: a field of type {field.type} cannot be written",
        field="write_back",
        hint="use a number, text or choice",
    )


def _json(number: Decimal) -> float | int:
    return int(number) if number == number.to_integral_value() else float(number)


def _text(one: Wild, name: str) -> str:
    found = one.maybe(name)
    return "" if found is None or found.is_null else found.text()
