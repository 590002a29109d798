"""Saving what was checked, and what admins do with connections afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from sqlalchemy import Connection

from connectors.oauth import Granted
from hub.flows.connect.draft import AGAIN, Draft, find_draft
from hub.flows.connect.examine import Desk
from hub.flows.connect.forms import describe, fields_of, way_named
from hub.flows.connect.refusal import NotThere, Refused
from hub.store import (
    Store,
    connected,
    connections,
    drafts,
    key_results,
    listeners,
    okrs,
    subscriptions,
    tokens,
    write_backs,
)
from hub.store.connections import ConnectionRow
from hub.vault import is_sealed, seal_setting

LONGEST_NAME = 80
ANOTHER = (
    "This sign-in leads to another site: {now} in the place of {was}. Everything would be read anew. "
    "Say that you mean it, or sign in where the work is."
)


def save(desk: Desk, bearer: str, now: datetime, *, means_other_site: bool = False) -> ConnectionRow:
    """Save a draft that was checked: secrets sealed, the connection due at once. Each draft is saved once.

    Mappings, cursor and items of a connection that was signed in to again stay as they are.
    Raises NotThere when it is gone, Refused when it was not checked or leads to another site.
    """
    number, draft = find_draft(desk.store, desk.vault, bearer, desk.who, now)
    return save_draft(desk, draft, now, number=number, means_other_site=means_other_site)


def save_draft(
    desk: Desk, draft: Draft, now: datetime, *, number: int | None = None, means_other_site: bool = False
) -> ConnectionRow:
    """Save a draft that was checked; `number` is its own where it was stored. See `save`."""
    if draft.identity is None:
        raise Refused("It was not checked yet, or the check did not go well.")
    if draft.is_other_site and not means_other_site:
        raise Refused(ANOTHER.format(now=draft.site, was=draft.was_site), "site")
    with desk.store.write() as tx:
        if number is not None and not drafts.drop_draft(tx, number):
            raise NotThere(AGAIN)
        connection_id = _put_settings(tx, desk, draft, now)
        if draft.granted is not None:
            _put_tokens(tx, desk, connection_id, draft.way, draft.granted, now)
        else:
            tokens.drop_tokens(tx, connection_id)
        lapses_at = draft.identity.expires_at or _end_of(draft)
        connected.note_sign_in(tx, connection_id, draft.identity, owner=desk.who, lapses_at=lapses_at, now=now)
        listeners.make_listener_due(tx, connection_id, now)
        write_backs.try_stopped_again(tx, now, connection_id)
        what = "connect" if draft.connection_id is None else "sign in to connection"
        detail = {"kind": draft.kind, "account": draft.identity.name, "secrets": sorted(draft.fresh)}
        okrs.write_audit(tx, at=now, who=desk.who, what=what, subject=draft.slug, detail=detail)
        row = connections.connection_by_id(tx, connection_id)
    assert row is not None
    return row


def rename(store: Store, slug: str, name: str, *, who: str, now: datetime) -> None:
    """Give a connection another name on pages; rules go on calling it by its slug. Raises NotThere and Refused."""
    plain = " ".join(name.split())
    if len(plain) > LONGEST_NAME or not plain.isprintable():
        raise Refused(f"A name has at most {LONGEST_NAME} letters.", "name")
    with store.write() as tx:
        row = _row(tx, slug)
        connected.rename_connection(tx, row.id, plain)
        detail = {"from": row.name, "to": plain}
        okrs.write_audit(tx, at=now, who=who, what="rename connection", subject=slug, detail=detail)


def remove(store: Store, slug: str, *, who: str, now: datetime) -> None:
    """Archive a connection that was made on the page, and forget its tokens and secrets.

    Raises NotThere, and Refused while a file provides it or key results are read from it.
    """
    with store.write() as tx:
        row = _row(tx, slug)
        if row.is_provided:
            raise Refused(f"{slug} stands in hub.yaml: take it out there, then `okrhub apply`.")
        read = [one.key for one in key_results.all_key_results(tx) if one.connection == slug]
        if read:
            named = ", ".join(read[:3]) + (" and others" if len(read) > 3 else "")
            raise Refused(f"{len(read)} key results are read from it ({named}): point their mappings elsewhere first.")
        tokens.drop_tokens(tx, row.id)
        drafts.drop_drafts_of(tx, row.id)
        # Nothing is left to take the webhooks back with: whoever rings is told that they are gone.
        subscriptions.end_subscriptions(tx, row.id, ["pending", "live", "lost"], now)
        listeners.rest_listener(tx, row.id)
        kept = {name: text for name, text in row.declared.items() if not is_sealed(text)}
        connected.replace_settings(tx, row.id, kept)
        connections.archive_connection(tx, slug, now)
        okrs.write_audit(tx, at=now, who=who, what="remove connection", subject=slug, detail={"kind": row.kind})


def _put_settings(tx: Connection, desk: Desk, draft: Draft, now: datetime) -> int:
    if draft.is_provided and draft.connection_id is not None:
        connected.choose_site(tx, draft.connection_id, draft.chosen)
        return draft.connection_id
    settings = _sealed(desk, draft)
    if draft.connection_id is None:
        made = connected.add_connection(
            tx,
            slug=draft.slug,
            kind=draft.kind,
            way=draft.way,
            settings=settings,
            allow_private=draft.allow_private,
            every=draft.every,
            owner=desk.who,
            now=now,
        )
        if made is None:
            raise Refused(f"There is a connection called {draft.slug} by now: choose another name.", "slug")
        connection_id = made
    else:
        connection_id = draft.connection_id
        connected.change_settings(
            tx, connection_id, way=draft.way, settings=settings, allow_private=draft.allow_private
        )
    connected.put_secrets(tx, connection_id, draft.fresh, desk.who, now)
    return connection_id


def _sealed(desk: Desk, draft: Draft) -> Mapping[str, str]:
    described = describe(draft.kind)
    secret = {one.name for one in fields_of(described, way_named(described, draft.way)) if one.secret}
    whole = {**draft.settings, **draft.chosen}
    return {
        name: seal_setting(desk.vault, text) if name in secret and not is_sealed(text) else text
        for name, text in whole.items()
    }


def _put_tokens(tx: Connection, desk: Desk, connection_id: int, way: str, granted: Granted, now: datetime) -> None:
    tokens.put_tokens(
        tx,
        connection_id,
        grant=way,
        access=desk.vault.seal(granted.access),
        refresh=desk.vault.seal(granted.refresh) if granted.refresh else None,
        expires_at=granted.expires_at,
        scopes=granted.scopes,
        now=now,
    )


def _end_of(draft: Draft) -> datetime | None:
    """Return when a pasted token ends, as its person said: at noon of that day, wherever that is."""
    if draft.lapses_on is None:
        return None
    return datetime.combine(draft.lapses_on, time(12), tzinfo=UTC)


def _row(tx: Connection, slug: str) -> ConnectionRow:
    row = connections.connection_by_slug(tx, slug)
    if row is None:
        raise NotThere("There is no such connection.")
    return row
