"""The page of a key result as an answer: looked at, or handed back with what is wrong in a form."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, abort, make_response, render_template

from hub.flows.check_in import MOST_COMMENT, MOST_NOTE, MOST_PAUSE_NOTE, Refused
from hub.flows.show import KeyResultPage, show_key_result
from hub.web.drawings.chart import PHONE, WIDE, draw_chart
from hub.web.drawings.rule_lines import fold_examples
from hub.web.state import state
from hub.web.who import viewer


@dataclass(frozen=True, slots=True)
class Form:
    """A form with what was typed and what is wrong with it. `given_as` tells a repeat from a second one."""

    given_as: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.typed.get(name, "")

    def problem(self, name: str) -> str:
        return self.problems.get(name, "")

    @property
    def is_refused(self) -> bool:
        return bool(self.problems)


def draw_page(page: KeyResultPage, **forms: Form) -> str:
    """Draw the page with its forms: `check_in`, `comment`, `pause` and `accept`, empty unless given."""
    rule = fold_examples(page.why.rule_lines, page.why.selected_line) if page.why is not None else None
    return render_template(
        "key_result.html",
        page=page,
        frame=page.frame,
        here="overview",
        charts=(draw_chart(page.series, WIDE), draw_chart(page.series, PHONE)),
        rule=rule,
        forms={name: forms.get(name, Form()) for name in ("check_in", "comment", "pause", "accept")},
        most={"note": MOST_NOTE, "comment": MOST_COMMENT, "pause": MOST_PAUSE_NOTE},
    )


def answer_again(key: str, form: str, refused: Refused, typed: Mapping[str, str]) -> Response:
    """Hand the page back with a form as it was typed, and what is wrong beside its fields."""
    house = state()
    page = show_key_result(house.store, key, house.now(), viewer())
    if page is None:
        abort(404)
    # A new key: what was refused was not taken, and what was taken before must not be met again.
    again = Form(typed={name: text for name, text in typed.items() if name != "csrf_token"}, problems=refused.problems)
    status = 409 if refused.is_late else 422
    return make_response(draw_page(page, **{form.replace("-", "_"): again}), status)
