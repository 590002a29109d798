"""What a simulated Asana can be told, and the webhooks it can be asked to send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from connectors.sandbox.asana.asking import Question, RefusedError
from connectors.sandbox.asana.objects import Json
from connectors.sandbox.asana.reads import Answer, Reads
from connectors.sandbox.asana.webhooks import HandshakeError, Hook, Postman

_BOTH = frozenset({"on_track", "at_risk", "off_track", "dropped"})
STATUSES = {
    "goal": _BOTH | {"achieved", "partial", "missed"},
    "project": _BOTH | {"on_hold", "complete"},
}


class Writes:
    """Carry out what is asked over a domain."""

    def __init__(self, reads: Reads, postman: Postman) -> None:
        self._reads = reads
        self._domain = reads.domain
        self._postman = postman

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Answer]]]:
        """Return (method, path, what answers)."""
        return (
            ("POST", r"/tasks/(?P<gid>[^/]+)/stories", self.comment),
            ("PUT", r"/stories/(?P<gid>[^/]+)", self.change_comment),
            ("PUT", r"/tasks/(?P<gid>[^/]+)", self.change_task),
            ("POST", r"/goals/(?P<gid>[^/]+)/setMetricCurrentValue", self.set_metric),
            ("POST", r"/status_updates", self.post_update),
            ("POST", r"/webhooks", self.subscribe),
            ("GET", r"/webhooks/(?P<gid>[^/]+)", self.webhook),
            ("DELETE", r"/webhooks/(?P<gid>[^/]+)", self.unsubscribe),
        )

    def comment(self, question: Question, gid: str) -> Answer:
        self._reads.seen_task(gid)
        return question.show(self._story(self._domain.comment(gid, _text(question.data, "text"))), 201)

    def change_comment(self, question: Question, gid: str) -> Answer:
        if gid not in self._domain.stories:
            raise RefusedError(404, f"story: Unknown object: {gid}")
        self._domain.stories[gid].text = _text(question.data, "text")
        return question.show({**self._story(gid), "is_edited": True})

    def _story(self, gid: str) -> Json:
        return self._domain.stories[gid].full(self._domain.things[self._domain.me].compact())

    def change_task(self, question: Question, gid: str) -> Answer:
        task = self._reads.seen_task(gid)
        unknown = set(question.data) - {"custom_fields", "name", "due_on", "completed"}
        if unknown:
            raise RefusedError(400, f"{min(unknown)}: Not a field that this simulation can change")
        values = question.data.get("custom_fields", {})
        for field, value in values.items():
            held = self._domain.fields.get(field)
            if held is None or field not in {one["gid"] for one in self._reads.bodies.task(task)["custom_fields"]}:
                raise RefusedError(400, f"custom_fields: Custom field with ID {field} is not on given object")
            if value is not None and not _fits(value, held.type, held.options):
                raise RefusedError(400, f"custom_fields: {field}: Not a valid value for a field of type {held.type}")
        if values:
            self._domain.edit(gid, values=values)
        self._domain.edit(gid, **{n: question.data[n] for n in ("name", "due_on") if n in question.data})
        if "completed" in question.data:
            self._domain.complete(gid, done=question.data["completed"])
        return question.show(self._reads.bodies.task(task))

    def set_metric(self, question: Question, gid: str) -> Answer:
        _, found = self._reads.goal(Question("GET", "", {}, {}), gid)
        value, metric = question.data.get("current_number_value"), found["data"]["metric"]
        if metric is None:
            raise RefusedError(400, "goal: This goal has no metric")
        if metric["progress_source"] not in {"manual", "external"}:
            raise RefusedError(400, "goal: The metric of this goal is updated automatically")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise RefusedError(400, "current_number_value: Value is not a number")
        self._domain.set_goal(gid, value)
        return question.show(self._reads.bodies.goal(gid))

    def post_update(self, question: Question) -> Answer:
        parent, status = _text(question.data, "parent"), _text(question.data, "status_type")
        if parent not in self._domain.goals and parent not in self._domain.projects:
            raise RefusedError(404, f"parent: Unknown object: {parent}")
        if status not in STATUSES["goal" if parent in self._domain.goals else "project"]:
            raise RefusedError(400, f"status_type: Not a recognized value: {status}")
        made = self._domain.add_update(
            parent, status_type=status, title=question.data.get("title", ""), text=_text(question.data, "text")
        )
        _, body = self._reads.update(question, made["gid"])
        return 201, body

    def subscribe(self, question: Question) -> Answer:
        """Register a webhook: its target is asked for its agreement before this is answered."""
        resource, target = _text(question.data, "resource"), _text(question.data, "target")
        if resource not in self._domain.goals:
            self._reads.seen_project(resource)
        if not self._postman.admits(target):
            raise RefusedError(403, "target: The hostname is not allowed")
        if any(hook.resource == resource and hook.target == target for hook in self._postman.hooks.values()):
            raise RefusedError(403, "There is already a webhook for this resource and target")
        hook = Hook(self._domain._gid(), resource, target, tuple(question.data.get("filters", ())), self._domain.now())
        try:
            self._postman.shake_hands(hook)
        except HandshakeError as failed:
            raise RefusedError(400, str(failed)) from failed
        return 201, {"data": self._drawn(hook), "X-Hook-Secret": hook.secret}

    def webhook(self, question: Question, gid: str) -> Answer:
        return question.show(self._drawn(self._hook(gid)))

    def unsubscribe(self, question: Question, gid: str) -> Answer:
        del self._postman.hooks[self._hook(gid).gid]
        return 200, {"data": {}}

    def _hook(self, gid: str) -> Hook:
        self._postman.drop_dead()
        if gid not in self._postman.hooks:
            raise RefusedError(404, f"webhook: Unknown object: {gid}")
        return self._postman.hooks[gid]

    def _drawn(self, hook: Hook) -> Json:
        held = self._domain.projects.get(hook.resource) or self._domain.goals[hook.resource]
        return {**hook.drawn(), "resource": held.compact()}


def _text(data: Json, name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str) or not found:
        raise RefusedError(400, f"{name}: Missing input" if found is None else f"{name}: Value is not a string")
    return found


def _fits(value: Any, type: str, options: dict[str, str]) -> bool:
    if type == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return value in options if type == "enum" else isinstance(value, str)
