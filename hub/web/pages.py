"""The pages that people read."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from hub.flows.show import GROUPS, Filters, show_frame, show_key_result, show_overview, show_wall
from hub.web.drawings.cards import draw_card
from hub.web.key_result_page import draw_page
from hub.web.state import state
from hub.web.who import viewer

LONGEST_TEXT = 200

pages = Blueprint("pages", __name__)


@pages.get("/")
def overview() -> str:
    """Show how the company stands."""
    house = state()
    page = show_overview(house.store, house.now(), viewer(), _filters())
    if page is None:
        return render_template("empty.html", frame=show_frame(house.store, house.now(), viewer()))
    return render_template("overview.html", page=page, frame=page.frame, here="overview")


@pages.get("/key-results/<objective>/<key_result>")
def key_result(objective: str, key_result: str) -> str:
    """Show one key result: its course, why its number is what it is, and what happened to it."""
    house = state()
    page = show_key_result(
        house.store,
        f"{objective}/{key_result}",
        house.now(),
        viewer(),
        item=_argument("item"),
        unfolded=_argument("all"),
        whole_activity=_argument("all") == "activity",
    )
    if page is None:
        abort(404)
    return draw_page(page)


@pages.get("/channels")
def channels() -> str:
    """Show what every channel was told."""
    house = state()
    page = show_wall(house.store, house.now(), viewer(), _argument("channel"), whole=_argument("all") == "messages")
    if page is None:
        return render_template("empty.html", frame=show_frame(house.store, house.now(), viewer()))
    return render_template("channels.html", page=page, frame=page.frame, here="channels", draw_card=draw_card)


def _filters() -> Filters:
    status = _argument("status")
    return Filters(
        text=_argument("q"),
        status=status if status in GROUPS else "",
        team=_argument("team"),
        owner=_argument("owner"),
        source=_argument("source"),
        cycle=_argument("cycle"),
    )


def _argument(name: str) -> str:
    return request.args.get(name, "").strip()[:LONGEST_TEXT]
