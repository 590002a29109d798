"""The writing half of the simulated API: comments, custom fields, links and webhooks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.trello.reads import Reads
from connectors.sandbox.trello.refusals import ID, NOT_FOUND, RefusedError, check_names
from connectors.sandbox.trello.state import Desk
from connectors.sandbox.trello.things import Action, Field
from connectors.sandbox.trello.webhooks import Hook, Post

Asked = Mapping[str, str]
_LONGEST = 16384
_KINDS = {"number": "number", "text": "text", "date": "date", "checkbox": "checked"}
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Writes:
    """Answer POST, PUT and DELETE over a desk."""

    def __init__(self, desk: Desk, reads: Reads, post: Post) -> None:
        self.desk, self.reads, self.post = desk, reads, post
        self.bodies = reads.bodies

    def comment(self, asked: Asked, body: bytes, id: str) -> Any:
        check_names(asked, ("text",))
        return self.bodies.action(self.desk.comment(self.reads.card(id).id, _text(asked, "text")))

    def edit_comment(self, asked: Asked, body: bytes, id: str) -> Any:
        check_names(asked, ("text",))
        found = self._comment(id)
        found.data["text"] = _text(asked, "text")
        return self.bodies.action(found)

    def set_field(self, asked: Asked, body: bytes, id: str, field: str) -> Any:
        check_names(asked, ())
        card = self.reads.card(id)
        defined = self.desk.fields.get(field)
        if defined is None or defined.board != card.board:
            raise RefusedError(404, NOT_FOUND)
        item = _item(body, defined)
        self.desk.set_value(card.id, field, item)
        return {"id": self.desk.new_id(), "idCustomField": field, "idModel": card.id, "modelType": "card"} | item

    def attach(self, asked: Asked, body: bytes, id: str) -> Any:
        check_names(asked, ("name", "url"))
        if len(asked.get("name", "")) > 256 or not asked.get("url", "").startswith(("http://", "https://")):
            raise RefusedError(400, "invalid value for url")
        return self.bodies.attachment(self.desk.attach(self.reads.card(id).id, asked.get("name", ""), asked["url"]))

    def detach(self, asked: Asked, body: bytes, id: str, attachment: str) -> Any:
        card = self.reads.card(id)
        if attachment not in {one.id for one in card.attachments}:
            raise RefusedError(404, NOT_FOUND)
        card.attachments = [one for one in card.attachments if one.id != attachment]
        return {"limits": {}}

    # -- webhooks

    def subscribe(self, asked: Asked, body: bytes) -> Any:
        check_names(asked, ("callbackURL", "idModel", "description", "active"))
        url, model = _text(asked, "callbackURL"), _text(asked, "idModel")
        if not ID.fullmatch(model):
            raise RefusedError(400, "invalid value for idModel")
        self.reads.board(model)
        if any((hook.url, hook.model) == (url, model) for hook in self.post.hooks.values()):
            raise RefusedError(
                400, "A webhook with that callback, model, and token already exists", error="WEBHOOK_ALREADY_EXISTS"
            )
        status = self.post.probe(url)
        if status != 200:
            raise RefusedError(400, f"URL ({url}) did not return 200 status code, got {status}", error="ERROR")
        hook = Hook(self.desk.new_id(), url, model, asked.get("description", ""), asked.get("active") != "false")
        self.post.hooks[hook.id] = hook
        return hook.drawn()

    def webhook(self, asked: Asked, id: str) -> Any:
        return self._hook(id).drawn()

    def unsubscribe(self, asked: Asked, body: bytes, id: str) -> Any:
        del self.post.hooks[self._hook(id).id]
        return {"limits": {}}

    def my_tokens(self, asked: Asked) -> Any:
        check_names(asked, ("webhooks",))
        hooks = [hook.drawn() for hook in self.post.hooks.values()]
        token = {
            "id": "5f00000000000000000000bb",
            "identifier": "OKR Hub",
            "idMember": self.desk.me,
            "dateCreated": "2026-10-01T08:00:00.000Z",
            "dateExpires": None,
            "permissions": [{"idModel": "*", "modelType": "board", "read": True, "write": True}],
        }
        return [token | ({"webhooks": hooks} if asked.get("webhooks") == "true" else {})]

    def _hook(self, id: str) -> Hook:
        if not ID.fullmatch(id):
            raise RefusedError(400, "invalid id")
        if id not in self.post.hooks:
            raise RefusedError(404, NOT_FOUND)
        return self.post.hooks[id]

    def _comment(self, id: str) -> Action:
        found = next((one for one in self.desk.actions if one.id == id and one.type == "commentCard"), None)
        if found is None:
            raise RefusedError(404, NOT_FOUND)
        return found


def _text(asked: Asked, name: str) -> str:
    text = asked.get(name, "")
    if not text or len(text) > _LONGEST:
        raise RefusedError(400, f"invalid value for {name}")
    return text


def _item(body: bytes, field: Field) -> dict[str, Any]:
    """Read what a custom field is set to: a text under the name of its kind, an option's id, or "" to clear it."""
    try:
        asked = json.loads(body)
    except ValueError:
        raise RefusedError(400, "Invalid custom field item value.") from None
    if not isinstance(asked, dict) or len(asked) != 1:
        raise RefusedError(400, "Invalid custom field item value.")
    if asked.get("value") == "" or asked.get("idValue") == "":
        return asked
    if field.type == "list":
        if asked.get("idValue") in {id for id, _ in field.options}:
            return asked
        raise RefusedError(400, "Invalid custom field item value.")
    value, kind = asked.get("value"), _KINDS[field.type]
    if not isinstance(value, dict) or list(value) != [kind] or not isinstance(value[kind], str):
        raise RefusedError(400, "Invalid custom field item value.")
    text = value[kind]
    fits = {
        "number": bool(re.fullmatch(r"-?\d+(\.\d+)?", text)),
        "checked": text in ("true", "false"),
        "date": bool(_DATE.fullmatch(text)),
        "text": True,
    }
    if not fits[kind]:
        raise RefusedError(400, "Invalid custom field item value.")
    return asked
