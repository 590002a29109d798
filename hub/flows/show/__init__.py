"""Show: what a page shows, gathered from the store into finished views. Reads only."""

from hub.flows.show.filters import GROUPS, Filters
from hub.flows.show.frame import Frame, find_database_problem, show_frame, show_token
from hub.flows.show.key_result import KeyResultPage, show_key_result
from hub.flows.show.listed import Listed, ListedConnection, list_connections, list_key_results
from hub.flows.show.overview import OverviewPage, show_overview
from hub.flows.show.rows import initials
from hub.flows.show.series import Series
from hub.flows.show.wall import WallPage, show_wall

__all__ = [
    "GROUPS",
    "Filters",
    "Frame",
    "KeyResultPage",
    "Listed",
    "ListedConnection",
    "OverviewPage",
    "Series",
    "WallPage",
    "find_database_problem",
    "initials",
    "list_connections",
    "list_key_results",
    "show_frame",
    "show_key_result",
    "show_overview",
    "show_token",
    "show_wall",
]
