"""Check in: what people say about a key result, and whether the tool's values are taken."""

from hub.flows.check_in.check_ins import CheckedIn, check_in
from hub.flows.check_in.comments import comment
from hub.flows.check_in.pauses import pause, resume
from hub.flows.check_in.target import Target, find_target
from hub.flows.check_in.words import MOST_COMMENT, MOST_NOTE, MOST_PAUSE_NOTE, Refused, Said

__all__ = [
    "MOST_COMMENT",
    "MOST_NOTE",
    "MOST_PAUSE_NOTE",
    "CheckedIn",
    "Refused",
    "Said",
    "Target",
    "check_in",
    "comment",
    "find_target",
    "pause",
    "resume",
]
