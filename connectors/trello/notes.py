"""What the hub writes beside the work: a comment, a custom field, a link.

https://developer.atlassian.com/cloud/trello/rest/api-group-cards/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.errors import Gone, Misconfigured
from connectors.shapes import ProgressNote, Receipt
from connectors.tame import Wild
from connectors.trello.addresses import card_in
from connectors.trello.answers import Action, CardPlace, CustomField
from connectors.trello.calls import Calls

_MARKS = re.compile(
    r"([\\`*_{}\[\]<>#~|!])"
)  # https://support.atlassian.com/trello/docs/how-to-format-your-text-in-trello/


def write(calls: Calls, note: ProgressNote) -> Receipt:
    """Write a note once. Raises Gone when the card is no more, Misconfigured for what Trello cannot be told."""
    id = card_in(note.target)
    if not id:
        raise Misconfigured(
            f"trello: {note.target!r} is not a card",
            field="write_back",
            hint="name it by its address, such as https://trello.com/c/5qrgGdD5, or by what follows /c/",
        )
    card = calls.read(f"/cards/{id}", CardPlace, {"fields": "idBoard"})
    if note.by == "comment":
        return _comment(calls, card, note)
    if note.by == "field":
        return _field(calls, card, note)
    if note.by == "link":
        return _link(calls, card, note)
    raise Misconfigured(f"trello: nothing can be written as {note.by!r}", field="write_back")


def _comment(calls: Calls, card: CardPlace, note: ProgressNote) -> Receipt:
    """Write a comment, or rewrite the one that ends with the note's key: one whose answer was lost is found again."""
    lines = [f"**{_plain(note.title)}**", _plain(note.text), note.link, f"`{note.key}`"]
    text = "\n\n".join(line for line in lines if line)
    known = _own_comment(calls, card, note.key)
    if known is not None:
        if known.data.text != text:
            calls.ask("PUT", f"/actions/{known.id}", {"text": text})
        return Receipt(calls.heard_at, known.id)
    made = calls.hold(calls.ask("POST", f"/cards/{card.id}/actions/comments", {"text": text}), Action, "comments")
    return Receipt(calls.heard_at, made.id)


def _plain(text: str) -> str:
    """Keep a text from being read as Markdown, and from calling people: @card would call all who are on it."""
    return _MARKS.sub(r"\\\1", " ".join(text.split())).replace("@", "@\u200b")


def _own_comment(calls: Calls, card: CardPlace, key: str) -> Action | None:
    me = Wild(calls.ask("GET", "/members/me", {"fields": "id"}), "trello", "member")["id"].text()
    for one in calls.comments(card.id):
        if one.id_member_creator == me and one.data.text.rstrip().endswith(f"`{key}`"):
            return one
    return None


def _field(calls: Calls, card: CardPlace, note: ProgressNote) -> Receipt:
    defined = calls.custom_fields([card.id_board])[card.id_board]
    named = [one for one in defined if note.field in (one.id, one.shown)]
    if len(named) != 1:
        shown = ", ".join(sorted(one.shown for one in defined)) or "none"
        number = f"{len(named)} custom fields" if named else "no custom field"
        raise Misconfigured(
            f"trello: the card's board has {number} named {note.field!r}",
            field="write_back",
            hint=f"it has {shown}; an id is unique",
        )
    body = _value(named[0], note)
    calls.ask("PUT", f"/cards/{card.id}/customField/{named[0].id}/item", body=body)
    return Receipt(calls.heard_at, named[0].id)


def _value(field: CustomField, note: ProgressNote) -> Mapping[str, Any]:
    """Return the body that sets a field: values are text, whatever their kind, and an option goes by its id."""
    if field.type == "number" and note.value is not None:
        return {"value": {"number": format(note.value, "f")}}
    if field.type == "text":
        return {"value": {"text": note.text}}
    if field.type == "checkbox":
        return {"value": {"checked": "true" if note.status == "achieved" else "false"}}
    if field.type == "list":
        wanted = note.status.replace("_", " ")
        options = [one for one in field.choices if one.text.casefold() == wanted.casefold()]
        if wanted and len(options) == 1:
            return {"idValue": options[0].id}
        raise Misconfigured(
            f"trello: the custom field {field.shown!r} has no option {wanted!r}",
            field="write_back",
            hint="give it the options On track, At risk, Off track, Achieved and Missed",
        )
    what = "a number, and there is no value yet" if field.type == "number" else f"a {field.type}"
    raise Misconfigured(f"trello: the custom field {field.shown!r} takes {what}", field="write_back")


def _link(calls: Calls, card: CardPlace, note: ProgressNote) -> Receipt:
    """Attach the key result's page under its title, status included; an older one of the same address is replaced."""
    if not note.link:
        raise Misconfigured("trello: there is no link to attach", field="write_back", hint="set public_url in hub.yaml")
    name = f"{note.title}: {note.text}"[:256]
    path = f"/cards/{card.id}/attachments"
    older: list[str] = []
    for one in Wild(calls.ask("GET", path, {"fields": "name,url"}), "trello", "attachments"):
        if one["url"].text() == note.link:
            if one["name"].text() == name:
                id = one["id"].text()
                return Receipt(calls.heard_at, id)
            older.append(one["id"].text())
    answered = calls.ask("POST", path, {"url": note.link, "name": name})
    # the published schema says a list; what comes is the attachment itself
    made = Wild(answered[-1] if isinstance(answered, list) and answered else answered, "trello", "attachment")[
        "id"
    ].text()
    for id in older:
        try:
            calls.ask("DELETE", f"{path}/{id}")
        except Gone:
            continue  # somebody else took it away
    return Receipt(calls.heard_at, made)
