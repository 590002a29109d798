"""What people say about a key result, for programs: JSON in, JSON out, errors as RFC 9457 problem+json."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from hub.flows.check_in import Refused, Said, check_in, comment, find_target, pause, resume
from hub.flows.sync import NotAccepted, accept
from hub.jobs import ring_channels
from hub.model.key_result import KeyResult
from hub.model.rights import Action
from hub.store.check_ins import CheckIn
from hub.web.errors import problem_json
from hub.web.json_body import Unreadable, read_object
from hub.web.state import state
from hub.web.target import find

api_check_ins = Blueprint("api_check_ins", __name__, url_prefix="/api/v1/key-results/<objective>/<key_result>")


@api_check_ins.before_request
def refuse_other_words() -> Response | None:
    """Take JSON alone: what says that it is something else was not meant for this address."""
    if request.mimetype != "application/json":
        return problem_json(415, "JSON is spoken here", "Send the body as Content-Type: application/json.")
    return None


@api_check_ins.errorhandler(Refused)
def refused(found: Refused) -> Response:
    """Say what is wrong with each field."""
    status, title = (409, "It cannot be taken now") if found.is_late else (422, "It cannot be taken as it is")
    fields = {name: words for name, words in found.problems.items() if name}
    return problem_json(status, title, str(found), **({"errors": fields} if fields else {}))


@api_check_ins.post("/check-ins")
def take(objective: str, key_result: str) -> tuple[Response, int]:
    """Take a check-in: 201, or 200 where this one was taken before."""
    house = state()
    target, who = find(objective, key_result, Action.CHECK_IN)
    body = _body({"value", "confidence", "note", "blockers", "on", "pause_automatic", "key"})
    pauses = _flag(body, "pause_automatic")
    if pauses:
        find(objective, key_result, Action.PAUSE)
    said = Said(
        _key(body),
        _text(body, "value", numbers=True),
        _text(body, "confidence", numbers=True),
        _text(body, "note"),
        _text(body, "blockers"),
        _text(body, "on"),
        pauses,
    )
    found = check_in(house.store, target.key_result.key, said, who=who, now=house.now())
    ring_channels(house.store, house.bell, found.channels, house.now())
    answer = {
        "check_in": _check_in(found.check_in),
        "became_the_value": found.is_value,
        **_standing(objective, key_result),
    }
    return jsonify(answer), 201 if found.is_new else 200


@api_check_ins.post("/comments")
def discuss(objective: str, key_result: str) -> tuple[Response, int]:
    """Take a comment: 201, or 200 where this one was taken before."""
    house = state()
    target, who = find(objective, key_result, Action.COMMENT)
    body = _body({"body", "key"})
    said, is_new = comment(
        house.store, target.key_result.key, _text(body, "body"), given_as=_key(body), who=who, now=house.now()
    )
    answer = {"comment": {"at": said.at.isoformat(), "author": said.author, "body": said.body}}
    return jsonify(answer), 201 if is_new else 200


@api_check_ins.post("/pause")
def stop(objective: str, key_result: str) -> Response:
    """Keep the tool's values out; doing it twice changes nothing."""
    house = state()
    target, who = find(objective, key_result, Action.PAUSE)
    pause(house.store, target.key_result.key, _text(_body({"note"}), "note"), who=who, now=house.now())
    return jsonify(_standing(objective, key_result))


@api_check_ins.post("/resume")
def go_on(objective: str, key_result: str) -> Response:
    """Take the tool's value again; doing it twice changes nothing."""
    house = state()
    target, who = find(objective, key_result, Action.PAUSE)
    _body(set())
    found = resume(house.store, target.key_result.key, who=who, now=house.now())
    ring_channels(house.store, house.bell, found.channels if found is not None else (), house.now())
    return jsonify(_standing(objective, key_result))


@api_check_ins.post("/accept")
def believe(objective: str, key_result: str) -> Response:
    """Take the reading that was held back; with `value` only if it still is that one. Twice is once."""
    house = state()
    target, who = find(objective, key_result, Action.CHECK_IN)
    body = _body({"value"})
    shown = _text(body, "value", numbers=True) if "value" in body else None
    try:
        found = accept(house.store, target.key_result.key, who=who, now=house.now(), shown=shown)
    except NotAccepted as late:
        raise Refused({"": str(late)}, is_late=True) from None
    if found.recorded is not None:
        ring_channels(house.store, house.bell, found.recorded.channels, house.now())
    return jsonify(_standing(objective, key_result))


def _body(known: set[str]) -> Mapping[str, Any]:
    """Return the body's fields; a field that nobody reads is an error, because whoever sent it meant something."""
    try:
        found = read_object()
    except Unreadable as problem:
        words = str(problem)
        raise Refused({"": f"{words[0].upper()}{words[1:]}."}) from None
    if unknown := sorted(set(found) - known):
        allowed = ", ".join(sorted(known)) or "none"
        raise Refused({name[:60]: f"There is no such field; there are: {allowed}." for name in unknown[:10]})
    return found


def _text(body: Mapping[str, Any], name: str, *, numbers: bool = False) -> str:
    found = body.get(name)
    if found is None:
        return ""
    if isinstance(found, str):
        return found
    if numbers and isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if numbers and isinstance(found, float):
        raise Refused({name: 'Send a number with decimals as text, such as "1.5": JSON\'s own are not exact.'})
    raise Refused({name: "This must be a number or text." if numbers else "This must be text."})


def _flag(body: Mapping[str, Any], name: str) -> bool:
    found = body.get(name, False)
    if not isinstance(found, bool):
        raise Refused({name: "This must be true or false."})
    return found


def _key(body: Mapping[str, Any]) -> str:
    """Return the caller's own key for this request; without one every request is a new one."""
    return _text(body, "key") or secrets.token_urlsafe(18)


def _check_in(said: CheckIn) -> dict[str, object]:
    return {
        "at": said.at.isoformat(),
        "author": said.author,
        "value": None if said.value is None else f"{said.value:f}",
        "confidence": said.confidence,
        "note": said.note,
        "blockers": said.blockers,
    }


def _standing(objective: str, key_result: str) -> dict[str, object]:
    """Return how it stands now, numbers as exact text."""
    found = find_target(state().store, f"{objective}/{key_result}")
    if found is None:
        abort(404)
    one: KeyResult = found.key_result
    standing = one.standing
    return {
        "key_result": one.key,
        "value": None if standing.value is None else f"{standing.value:f}",
        "automatic_value": None if standing.automatic_value is None else f"{standing.automatic_value:f}",
        "status": standing.status.value,
        "freshness": one.freshness_at(state().now())[0].value,
        "paused_at": standing.paused_at.isoformat() if one.is_paused and standing.paused_at is not None else None,
        "paused_by": standing.paused_by if one.is_paused else "",
    }
