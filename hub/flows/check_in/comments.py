"""Taking a comment: plain text that stands below a key result."""

from __future__ import annotations

from datetime import datetime

from hub.flows.check_in.words import MOST_COMMENT, NOT_THERE, Refused, check_given_as, tidy, too_long
from hub.store import Store, key_results
from hub.store.comments import Comment, add_comment, comments_of


def comment(store: Store, key: str, body: str, *, given_as: str, who: str, now: datetime) -> tuple[Comment, bool]:
    """Take a comment and say whether it is new; sent twice under one key it is one. Raises Refused."""
    check_given_as(given_as)
    text = tidy(body)
    problem = "Write something first." if not text else too_long(text, MOST_COMMENT)
    if problem:
        raise Refused({"body": problem})
    said = Comment(now, who, text, f"{who}:{given_as}")
    with store.write() as tx:
        key_result = key_results.key_result_by_key(tx, key)
        if key_result is None:
            raise Refused({"": NOT_THERE}, is_late=True)
        if add_comment(tx, key_result.id, said):
            return said, True
        stands = next(one for one in comments_of(tx, key_result.id) if one.given_as == said.given_as)
    if stands.body != text:
        raise Refused({"": "This form was sent before with other words, and those stand. Write anew."}, is_late=True)
    return stands, False
