"""The forms on the page of a key result: check in, comment, pause, resume, take what was held back."""

from __future__ import annotations

import secrets
from decimal import Decimal

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.check_in import Refused, Said, check_in, comment, pause, resume
from hub.flows.sync import NotAccepted, accept
from hub.jobs import ring_channels
from hub.model.key_result import Declared
from hub.model.kinds import Status
from hub.model.numbers import numbers_of
from hub.model.rights import Action
from hub.model.words import STATUS_WORDS
from hub.web.key_result_page import answer_again
from hub.web.state import state
from hub.web.target import find

check_ins = Blueprint("check_ins", __name__, url_prefix="/key-results/<objective>/<key_result>")


@check_ins.post("/check-ins")
def take(objective: str, key_result: str) -> AnyResponse:
    """Take a check-in and go back to the page; with what is wrong beside its field where something is."""
    house = state()
    target, who = find(objective, key_result, Action.CHECK_IN)
    key = target.key_result.key
    said = Said(
        _given_as(),
        _typed("value"),
        _typed("confidence"),
        _typed("note"),
        _typed("blockers"),
        on=_typed("on"),
        pauses=bool(_typed("pauses")),
    )
    if said.pauses:
        find(objective, key_result, Action.PAUSE)
    try:
        found = check_in(house.store, key, said, who=who, now=house.now())
    except Refused as refused:
        return answer_again(key, "check-in", refused, request.form)
    ring_channels(house.store, house.bell, found.channels, house.now())
    words = "Your check-in is saved." if found.is_new else "This check-in was saved before, once."
    if found.is_value and found.recorded is not None:
        words += _standing(target.key_result.declared, found.recorded.value, found.recorded.after)
    if found.has_paused:
        words += " It stands until somebody resumes the reading."
    return _back(key, words)


@check_ins.post("/comments")
def discuss(objective: str, key_result: str) -> AnyResponse:
    """Take a comment and go back to the page."""
    house = state()
    target, who = find(objective, key_result, Action.COMMENT)
    key = target.key_result.key
    try:
        comment(house.store, key, _typed("body"), given_as=_given_as(), who=who, now=house.now())
    except Refused as refused:
        return answer_again(key, "comment", refused, request.form)
    return _back(key, "Your comment is there for everybody who sees this page.", anchor="comments")


@check_ins.post("/pause")
def stop(objective: str, key_result: str) -> AnyResponse:
    """Keep the tool's values out."""
    house = state()
    target, who = find(objective, key_result, Action.PAUSE)
    key = target.key_result.key
    try:
        is_new = pause(house.store, key, _typed("note"), who=who, now=house.now())
    except Refused as refused:
        return answer_again(key, "pause", refused, request.form)
    return _back(key, "Paused. The value stands until somebody resumes it." if is_new else "It was paused already.")


@check_ins.post("/resume")
def go_on(objective: str, key_result: str) -> AnyResponse:
    """Take the tool's value again, at once."""
    house = state()
    target, who = find(objective, key_result, Action.PAUSE)
    key = target.key_result.key
    try:
        found = resume(house.store, key, who=who, now=house.now())
    except Refused as refused:
        return answer_again(key, "pause", refused, request.form)
    if found is None:
        return _back(key, "It was not paused.")
    ring_channels(house.store, house.bell, found.channels, house.now())
    return _back(key, f"Resumed.{_standing(target.key_result.declared, found.value, found.after)}")


@check_ins.post("/accept")
def believe(objective: str, key_result: str) -> AnyResponse:
    """Take the reading that was held back, if it still is what the page showed."""
    house = state()
    target, who = find(objective, key_result, Action.CHECK_IN)
    key = target.key_result.key
    try:
        found = accept(house.store, key, who=who, now=house.now(), shown=_typed("value"))
    except NotAccepted as refused:
        return answer_again(key, "accept", Refused({"": str(refused)}, is_late=True), request.form)
    if found.recorded is None:
        return _back(key, "This value was taken before, once.")
    ring_channels(house.store, house.bell, found.recorded.channels, house.now())
    return _back(key, f"Taken.{_standing(target.key_result.declared, found.value, found.recorded.after)}")


@check_ins.get("/check-ins")
@check_ins.get("/comments")
@check_ins.get("/pause")
@check_ins.get("/resume")
@check_ins.get("/accept")
def show(objective: str, key_result: str) -> AnyResponse:
    """Lead whoever reloads what a form answered to the page that it stands on."""
    return redirect(url_for("pages.key_result", objective=objective, key_result=key_result), 303)


def _standing(declared: Declared, value: Decimal | None, status: Status) -> str:
    return f" The value is {numbers_of(declared, value).bare(value)}, {STATUS_WORDS[status].lower()}."


def _given_as() -> str:
    """Return the form's own key. One that comes without is a new one each time: nothing tells it from another."""
    return _typed("given_as") or secrets.token_urlsafe(18)


def _typed(name: str) -> str:
    return request.form.get(name, "")


def _back(key: str, words: str, *, anchor: str = "main") -> AnyResponse:
    """Lead back to the page. A browser would keep the form's own fragment: the anchor takes its place."""
    flash(words)
    objective, key_result = key.split("/", 1)
    return redirect(url_for("pages.key_result", objective=objective, key_result=key_result, _anchor=anchor), 303)
