"""People: who may come in, how they sign in, and what they let programs do. Decisions; the store keeps them."""

from hub.flows.people.accounts import (
    People,
    add_account,
    change_password,
    disable,
    enable,
    has_password,
    list_people,
    set_role,
    unbind,
    unbind_all,
)
from hub.flows.people.foreign import ON_THE_WAY, Admission, finish_foreign
from hub.flows.people.links import (
    PATHS,
    Offer,
    invite,
    look_at_link,
    make_reset_link,
    make_set_up_link,
    use_link,
    withdraw,
)
from hub.flows.people.refusal import NotThere, NotYet, Refused
from hub.flows.people.sign_in import end_other_sessions, end_session, list_sessions, sign_in, sign_out
from hub.flows.people.signed import Opened, Signed, find_open, find_session, find_token, has_accounts
from hub.flows.people.teams import TeamPage, add_member, list_teams, remove_member, show_team
from hub.flows.people.tokens import list_tokens, make_token, revoke_token
from hub.store.links import Purpose

__all__ = [
    "ON_THE_WAY",
    "PATHS",
    "Admission",
    "NotThere",
    "NotYet",
    "Offer",
    "Opened",
    "People",
    "Purpose",
    "Refused",
    "Signed",
    "TeamPage",
    "add_account",
    "add_member",
    "change_password",
    "disable",
    "enable",
    "end_other_sessions",
    "end_session",
    "find_open",
    "find_session",
    "find_token",
    "finish_foreign",
    "has_accounts",
    "has_password",
    "invite",
    "list_people",
    "list_sessions",
    "list_teams",
    "list_tokens",
    "look_at_link",
    "make_reset_link",
    "make_set_up_link",
    "make_token",
    "remove_member",
    "revoke_token",
    "set_role",
    "show_team",
    "sign_in",
    "sign_out",
    "unbind",
    "unbind_all",
    "use_link",
    "withdraw",
]
