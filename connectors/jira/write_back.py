"""Writing progress to an issue: a link, a property, a comment or a field. Whoever writes again replaces what stands.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ . Comments have no key of their own there: ours carry a
property by which they are found again, so that a note whose answer was lost is not said twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from requests import Response

from connectors.errors import Gone, Misconfigured
from connectors.jira.calls import Calls, began_at
from connectors.jira.field_names import SiteField, field_ids
from connectors.shapes import ProgressNote, Receipt
from connectors.tame import Wild, tame

PROPERTY = "okr-hub"
_TARGET = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+|[0-9]{1,18}")
_COMMENT_PAGES = 20  # of 100: older comments than that are left to stand
_DONE = frozenset({"achieved"})


def write(calls: Calls, note: ProgressNote, site_fields: Callable[[], Sequence[SiteField]]) -> Receipt:
    """Write a note. Raises Misconfigured (`write_back`) for a target, a way or a field that cannot be, Gone for an
    issue that is not there, and TryLater, which says whether it may have arrived.
    """
    if not _TARGET.fullmatch(note.target):
        raise Misconfigured(
            f"jira: {note.target[:60]!r} is not the key of an issue", field="write_back", hint="write one such as PAY-1"
        )
    issue = f"issue/{quote(note.target)}"
    if note.by == "link":
        return _receipt(calls.write("POST", f"{issue}/remotelink", _link(note)), "id")
    if note.by == "property":
        name = quote(_property_name(note.key), safe="")
        return _receipt(calls.write("PUT", f"{issue}/properties/{name}", _value(note)))
    if note.by == "comment":
        return _comment(calls, issue, note)
    if note.by == "field":
        return _receipt(calls.write("PUT", issue, {"fields": {_field_id(note, site_fields): _number(note)}}))
    raise Misconfigured(
        f"jira cannot be told by {note.by!r}", field="write_back", hint="link, property, comment, field"
    )


def _link(note: ProgressNote) -> dict[str, object]:
    """Draw a remote link. Jira replaces the one of the same globalId, and empties what is left out."""
    return {
        "globalId": _key(note),
        "application": {"type": "app.okr-hub", "name": "OKR Hub"},
        "relationship": "key result",
        "object": {
            "url": _address(note),
            "title": note.title[:255],
            "summary": note.text[:255],
            "status": {"resolved": note.status in _DONE},
        },
    }


def _value(note: ProgressNote) -> dict[str, object]:
    """Draw a property: what JQL and automation can read. Numbers are text, so that they keep their digits."""
    return {
        "key": note.key,
        "title": note.title,
        "text": note.text,
        "status": note.status,
        "value": None if note.value is None else str(note.value),
        "percent": None if note.percent is None else str(note.percent),
        "link": note.link,
    }


def _comment(calls: Calls, issue: str, note: ProgressNote) -> Receipt:
    body = {
        "body": _document(note) if calls.account.is_cloud else _plain(note),
        "properties": [{"key": PROPERTY, "value": {"key": note.key}}],
    }
    held = _standing(calls, issue, note)
    if held is None:
        return _receipt(calls.write("POST", f"{issue}/comment", body), "id")
    try:
        return _receipt(calls.write("PUT", f"{issue}/comment/{quote(held)}", body), "id")
    except Gone:  # somebody deleted it meanwhile; if it is the issue that is gone, this says so
        return _receipt(calls.write("POST", f"{issue}/comment", body), "id")


def _standing(calls: Calls, issue: str, note: ProgressNote) -> str | None:
    """Return the id of the newest comment that this note's key stands on."""
    start = 0
    for _ in range(_COMMENT_PAGES):
        asked = {"startAt": start, "maxResults": 100, "orderBy": "-created", "expand": "properties"}
        page = calls.get(f"{issue}/comment", asked)
        count = 0
        for one in page["comments"]:
            count += 1
            if _is_ours(one, note.key):
                return one["id"].text()
        start += count
        if count == 0 or start >= page["total"].number():
            return None
    return None


def _is_ours(comment: Wild, key: str) -> bool:
    held = comment.maybe("properties")
    for one in held if held is not None and not held.is_null else ():
        if one["key"].text() == PROPERTY and one["value"].is_object:
            said = one["value"].maybe("key")
            return said is not None and not said.is_null and said.text() == key
    return False


def _document(note: ProgressNote) -> dict[str, object]:
    """Draw a comment in Atlassian Document Format: https://developer.atlassian.com/cloud/jira/platform/apis/document/"""
    title: dict[str, object] = {"type": "text", "text": note.title or "Key result"}
    if note.link:
        title["marks"] = [{"type": "link", "attrs": {"href": note.link}}]
    said = [{"type": "text", "text": note.text}] if note.text else []
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [title]}, {"type": "paragraph", "content": said}],
    }


def _plain(note: ProgressNote) -> str:
    """Write a comment as text; what Jira would read as markup is escaped, an address stays a link."""
    words = "\n".join(re.sub(r"([\\{}\[\]*_^~+|!])", r"\\\1", part) for part in (note.title, note.text) if part)
    return f"{words}\n{note.link}" if note.link else words


def _field_id(note: ProgressNote, site_fields: Callable[[], Sequence[SiteField]]) -> str:
    if not note.field:
        raise Misconfigured("jira: a field is to be written and none is named", field="write_back", hint="name it")
    try:
        return field_ids([note.field], "", site_fields)[note.field]
    except Misconfigured as unknown:
        raise Misconfigured(str(unknown), field="write_back", hint=unknown.hint) from unknown


def _number(note: ProgressNote) -> float | int | None:
    if note.value is None:
        return None
    return int(note.value) if note.value == note.value.to_integral_value() else float(note.value)


def _key(note: ProgressNote) -> str:
    return note.key[:255]


def _property_name(key: str) -> str:
    """Return a name for a property: at most 255 characters, of which a colon and a slash are two."""
    return re.sub(r"[^A-Za-z0-9_.-]+", ".", key)[:255]


def _address(note: ProgressNote) -> str:
    if not note.link:
        raise Misconfigured(
            "jira: a link is to be written, and the hub has no public address", field="write_back",
            hint="set public_url in hub.yaml",
        )  # fmt: skip
    return note.link


def _receipt(response: Response, key: str = "") -> Receipt:
    at = began_at(response)
    return Receipt(at, tame(response.content, "jira")[key].key()) if key else Receipt(at)
