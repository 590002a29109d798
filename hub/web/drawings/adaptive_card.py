"""An Adaptive Card as a quiet drawing: the elements that the hub's cards use, others by the text in them.

https://adaptivecards.io/explorer/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from hub.web.drawings.words import link, teams_words

Element = Mapping[str, Any]

BANDS = {"good": "on", "warning": "risk", "attention": "off"}
SIZES = {"ExtraLarge": "fs-4 lh-1", "Large": "fs-5", "Medium": "fs-6", "Small": "xs"}
FULL, EMPTY, TICK = "━", "─", "┃"


def draw_adaptive_card(card: Element) -> Markup:
    """Return the card as HTML."""
    body = _elements(card.get("body"))
    band = next((one for one in body if _is_band(one)), None)
    tint = BANDS.get(str(band.get("style")), "none") if band is not None else "none"
    head = _band(band, tint) if band is not None else Markup("")
    rest = Markup("").join(_draw(one, tint) for one in body if one is not band)
    buttons = _buttons(card.get("actions"))
    return Markup('<div class="card-a">{}<div class="body">{}{}</div></div>').format(head, rest, buttons)


def _elements(value: Any) -> list[Element]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _is_band(element: Element) -> bool:
    return element.get("type") == "Container" and bool(element.get("bleed"))


def _band(element: Element, tint: str) -> Markup:
    words = Markup(" ").join(teams_words(str(one.get("text", ""))) for one in _elements(element.get("items")))
    return Markup('<div class="band {}">{}</div>').format(tint, words)


def _draw(element: Element, tint: str) -> Markup:
    match element.get("type"):
        case "TextBlock":
            return Markup('<p class="{}">{}</p>').format(_looks(element), teams_words(str(element.get("text", ""))))
        case "RichTextBlock":
            return _draw_runs(_elements(element.get("inlines")), tint)
        case "FactSet":
            return _draw_facts(_elements(element.get("facts")))
        case "ColumnSet":
            cells = Markup("").join(_draw_column(one, tint) for one in _elements(element.get("columns")))
            return Markup('<div class="cells">{}</div>').format(cells)
        case "Container" | "Column":
            drawn = (_draw(one, tint) for one in _elements(element.get("items")))
            return Markup('<div class="mb-2">{}</div>').format(Markup("").join(drawn))
        case "ActionSet":
            return _buttons(element.get("actions"))
    return Markup("<p>{}</p>").format(teams_words(str(element["text"]))) if element.get("text") else Markup("")


def _draw_column(column: Element, tint: str) -> Markup:
    kind = "grow" if column.get("width") == "stretch" else ""
    drawn = Markup("").join(_draw(one, tint) for one in _elements(column.get("items")))
    return Markup('<div class="{}">{}</div>').format(kind, drawn)


def _looks(element: Element) -> str:
    words = ["mb-1"]
    if element.get("weight") == "Bolder":
        words.append("b")
    if element.get("isSubtle"):
        words.append("mut")
    if element.get("horizontalAlignment") == "Right":
        words.append("text-end")
    words.append(SIZES.get(str(element.get("size")), "sm" if element.get("isSubtle") else ""))
    return " ".join(word for word in words if word)


def _draw_runs(runs: Iterable[Element], tint: str) -> Markup:
    """Draw a line of text; one that is nothing but a bar becomes one, cell by cell."""
    texts = [str(run.get("text", "")) for run in runs]
    said = "".join(texts)
    if said and set(said) <= {FULL, EMPTY, TICK}:
        return _draw_bar(said, tint)
    return Markup('<p class="mb-1">{}</p>').format(escape(said))


def _draw_bar(said: str, tint: str) -> Markup:
    cells = said.replace(TICK, "")
    done = 100 * cells.count(FULL) / max(len(cells), 1)
    drawn = Markup(
        '<svg class="bar" aria-hidden="true"><rect class="t" y="4" width="100%" height="6" rx="3"/>'
        '<rect class="v {}" y="4" width="{}%" height="6" rx="3"/>'
    ).format(tint, f"{done:.0f}")
    if TICK in said:
        at = 100 * said.index(TICK) / max(len(cells), 1)
        drawn += Markup('<rect class="e" x="{}%" y="0" width="2" height="14" rx="1"/>').format(f"{min(at, 99.5):.1f}")
    return drawn + Markup("</svg>")


def _draw_facts(facts: Iterable[Element]) -> Markup:
    rows = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(
            teams_words(str(fact.get("title", ""))), teams_words(str(fact.get("value", "")))
        )
        for fact in facts
    )
    return Markup('<dl class="facts">{}</dl>').format(rows)


def _buttons(actions: Any) -> Markup:
    drawn = [
        link(str(action.get("url", "")), escape(str(action.get("title", "Open"))))
        for action in _elements(actions)
        if action.get("type") == "Action.OpenUrl"
    ]
    if not drawn:
        return Markup("")
    return Markup('<div class="row-l gap-2 mt-2 acts">{}</div>').format(Markup("").join(drawn))
