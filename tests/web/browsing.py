"""A real browser over the company: what it did while it was looked at, and what a reader without sight would meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Page

GRAVE = frozenset({"serious", "critical"})


@dataclass
class Watched:
    """What a page did while it was looked at."""

    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def opened(browser: Browser, **options: object) -> tuple[BrowserContext, Page, Watched]:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page, watched = context.new_page(), Watched()
    page.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", lambda request: watched.asked.append(request.url))
    return context, page, watched


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """Wait for all of the page that what is done inside leads to.

    A click returns when the next page begins to arrive: what counts elements or asks axe must wait for its end.
    """
    with page.expect_navigation():
        yield


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def grave_faults(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds serious or critical on an open page, each with the elements it is about.

    All its rules are asked unless some are named.
    Its source runs by the debugger's own door, which the pages' Content-Security-Policy does not concern.
    """
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(_axe())
    asked = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: dict[str, Any] = page.evaluate("(asked) => axe.run(document, asked)", asked)
    return [
        f"{one['id']} ({one['impact']}): {', '.join(str(node['target']) for node in one['nodes'][:4])}"
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until an element has the focus; every stop on the way must be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(
            """(wanted) => {
              const at = document.activeElement;
              const style = getComputedStyle(at);
              const seen = parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none";
              return {seen: seen || style.boxShadow !== "none", is: at.matches(wanted), at: at.outerHTML.slice(0, 120)};
            }""",
            selector,
        )
        assert at["seen"], f"the focus is not to be seen on {at['at']}"
        if at["is"]:
            return
    raise AssertionError(f"{most} presses of Tab do not lead to {selector}")
