"""Show: what a page shows, gathered from the store into finished views. Reads only."""

from hub.flows.show.filters import GROUPS, Filters
from hub.flows.show.frame import Frame, find_database_problem, show_frame, show_token
from hub.flows.show.key_result import KeyResultPage, show_key_result
from hub.flows.show.overview import OverviewPage, show_overview
from hub.flows.show.series import Series
from hub.flows.show.wall import WallPage, show_wall

__all__ = [
    "GROUPS",
    "Filters",
    "Frame",
    "KeyResultPage",
    "OverviewPage",
    "Series",
    "WallPage",
    "find_database_problem",
    "show_frame",
    "show_key_result",
    "show_overview",
    "show_token",
    "show_wall",
]
