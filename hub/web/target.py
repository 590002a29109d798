"""The key result that an address names, for whoever may do what they ask."""

from __future__ import annotations

from flask import abort

from hub.flows.check_in import Target, find_target
from hub.model.rights import Action
from hub.web import who
from hub.web.state import state


def find(objective: str, key_result: str, action: Action) -> tuple[Target, str]:
    """Return the key result and the e-mail of whoever asks; 404 where there is none for them, 403 if they may not."""
    target = find_target(state().store, f"{objective}/{key_result}")
    if target is None:
        abort(404)
    is_owner = who.viewer().email in target.owners
    who.require(action, target.team, is_private=target.is_private, is_owner=is_owner)
    return target, who.viewer().email
