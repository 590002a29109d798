"""Connect: people connect tools; each is checked before it is saved, and signed in again without losing anything."""

from hub.flows.connect.draft import Draft, find_draft, forget_draft, keep_draft
from hub.flows.connect.ends import warn_of_ends
from hub.flows.connect.examine import (
    Desk,
    ask,
    begin,
    choose,
    come_back,
    examine,
    filled_by_file,
    lead_away,
    permissions_of,
    reexamine,
)
from hub.flows.connect.forms import Filled, Form, Tool, draw_form, list_tools, read_form
from hub.flows.connect.keys import Rotated, rotate_keys
from hub.flows.connect.refusal import NotThere, Refused
from hub.flows.connect.saved import Connected, Pick, check_saved, find_connected, list_connected, pick
from hub.flows.connect.saving import remove, rename, save, save_draft

__all__ = [
    "Connected",
    "Desk",
    "Draft",
    "Filled",
    "Form",
    "NotThere",
    "Pick",
    "Refused",
    "Rotated",
    "Tool",
    "ask",
    "begin",
    "check_saved",
    "choose",
    "come_back",
    "draw_form",
    "examine",
    "filled_by_file",
    "find_connected",
    "find_draft",
    "forget_draft",
    "keep_draft",
    "lead_away",
    "list_connected",
    "list_tools",
    "permissions_of",
    "pick",
    "read_form",
    "reexamine",
    "remove",
    "rename",
    "rotate_keys",
    "save",
    "save_draft",
    "warn_of_ends",
]
