"""Comments: what people say to each other about a key result. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.store.tables_okr import comments
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote, as plain text; `given_as` is the same when a form is sent twice."""

    at: datetime
    author: str  # e-mail
    body: str
    given_as: str


def add_comment(tx: Connection, key_result_id: int, said: Comment) -> bool:
    """Take a comment; False when one was given by the same name before."""
    row = {
        "key_result_id": key_result_id,
        "at": said.at,
        "author": said.author,
        "body": said.body,
        "given_as": said.given_as,
    }
    return insert_new(tx, comments, row, by=["key_result_id", "given_as"])


def comments_of(tx: Connection, key_result_id: int) -> list[Comment]:
    """Return the comments on a key result, oldest first."""
    rows = tx.execute(
        select(comments).where(comments.c.key_result_id == key_result_id).order_by(comments.c.at, comments.c.id)
    )
    return [Comment(row.at, row.author, row.body, row.given_as) for row in rows]
