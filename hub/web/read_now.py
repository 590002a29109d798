"""The button "Read now"."""

from __future__ import annotations

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from hub.flows.read_now import make_all_due
from hub.jobs import ring_connection
from hub.model.rights import Action
from hub.web.returning import way_back
from hub.web.state import state
from hub.web.who import require

read_now = Blueprint("read_now", __name__)


@read_now.post("/read-now")
def ask() -> Response:
    """Make every connection due and ring for each."""
    require(Action.READ_NOW)
    house = state()
    due = make_all_due(house.store, house.now())
    for connection_id in due:
        ring_connection(house.store, house.bell, connection_id)
    tools = "one tool" if len(due) == 1 else f"{len(due)} tools"
    flash(f"Asked {tools} for what changed." if due else "Nothing is connected, so there is nothing to read.")
    return redirect(way_back(), 303)
