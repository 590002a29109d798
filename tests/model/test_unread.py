"""What is said where the stored items do not explain the value that stands."""

from __future__ import annotations

import pytest

from hub.model.unread import Grounds

LAST_GOOD = "Not read now. The value shown is that of the last good read."
READ = {"is_read": True, "is_half": False, "has_items": True, "has_value": True}


@pytest.mark.parametrize(
    ("more", "stands_by", "explain", "words"),
    [
        ({}, 2, True, ""),
        ({}, 1, True, "Not taken yet. The value shown is revision 1's."),
        ({"is_read": False}, 1, False, "Not read yet. The value shown is revision 1's."),
        ({"is_read": False}, None, False, "Not read yet. The value shown was set by hand."),
        ({"is_read": False, "has_value": False}, None, False, "Not read yet."),
        ({"is_read": False}, 2, True, LAST_GOOD),
        ({"is_read": False, "has_items": False}, 2, False, LAST_GOOD),
        ({"is_read": False, "is_half": True}, 2, False, LAST_GOOD),
        ({"has_value": False}, None, True, ""),
    ],
)  # fmt: skip
def test_what_stands_is_said_where_the_items_do_not_explain_it(
    more: dict[str, bool], stands_by: int | None, explain: bool, words: str
) -> None:
    grounds = Grounds(2, **{**READ, **more}, stands_by=stands_by)
    assert (grounds.explain, grounds.words) == (explain, words)
