"""What somebody has filled in to connect a tool and not saved yet: sealed, bound to a browser, gone after an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from hub.store.tables_signed import drafts


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft. `body` is sealed; `connection_id` is None for a connection that is to be made."""

    id: int
    connection_id: int | None
    who: str
    kind: str
    body: str


def add_draft(
    tx: Connection,
    *,
    digest: str,
    connection_id: int | None,
    who: str,
    kind: str,
    body: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a new draft; those that have expired are forgotten."""
    tx.execute(delete(drafts).where(drafts.c.expires_at <= now))
    tx.execute(
        drafts.insert().values(
            digest=digest,
            connection_id=connection_id,
            who=who,
            kind=kind,
            body=body,
            created_at=now,
            expires_at=expires_at,
        )
    )


def draft_by_digest(tx: Connection, digest: str, now: datetime) -> DraftRow | None:
    row = tx.execute(select(drafts).where(drafts.c.digest == digest, drafts.c.expires_at > now)).one_or_none()
    return None if row is None else _shape(row)


def put_body(tx: Connection, draft_id: int, body: str) -> bool:
    """Store a draft anew; False when it is gone."""
    return tx.execute(update(drafts).where(drafts.c.id == draft_id).values(body=body)).rowcount == 1


def reseal_body(tx: Connection, draft_id: int, old: str, new: str) -> None:
    """Store the same draft, sealed anew; one that was changed meanwhile stays as it is."""
    tx.execute(update(drafts).where(drafts.c.id == draft_id, drafts.c.body == old).values(body=new))


def await_return(tx: Connection, draft_id: int, state_digest: str) -> None:
    """Note the state that a sign-in must come back with; an older one is void."""
    tx.execute(update(drafts).where(drafts.c.id == draft_id).values(state_digest=state_digest))


def claim_return(tx: Connection, draft_id: int, state_digest: str) -> bool:
    """Use the state of a sign-in up; False when it is another one, or came back already. Of two at once one gets it."""
    done = tx.execute(
        update(drafts).where(drafts.c.id == draft_id, drafts.c.state_digest == state_digest).values(state_digest=None)
    )
    return done.rowcount == 1


def drop_draft(tx: Connection, draft_id: int) -> bool:
    """Forget a draft; False when it is gone already. Of two at once one gets it."""
    return tx.execute(delete(drafts).where(drafts.c.id == draft_id)).rowcount == 1


def drop_drafts_of(tx: Connection, connection_id: int) -> None:
    tx.execute(delete(drafts).where(drafts.c.connection_id == connection_id))


def all_bodies(tx: Connection) -> list[tuple[int, str]]:
    return [(row.id, row.body) for row in tx.execute(select(drafts.c.id, drafts.c.body).order_by(drafts.c.id))]


def _shape(row: Row[Any]) -> DraftRow:
    return DraftRow(row.id, row.connection_id, row.who, row.kind, row.body)
