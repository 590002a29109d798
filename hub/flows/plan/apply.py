"""Applying a declaration in one transaction; planning is applying without keeping it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.flows.plan.corrections import corrections
from hub.flows.plan.diff import Change, Wanted, compare, held, say, wanted
from hub.flows.plan.outlook import Outlook, look_ahead
from hub.flows.plan.provided import rate, take_check_ins
from hub.model.judge import Policy
from hub.model.key_result import KeyResult
from hub.model.phase import Ending, Phase
from hub.model.references import REFERENCE
from hub.model.rights import Standing
from hub.record import Recorded, let_go, settle
from hub.store import (
    Store,
    channels,
    connected,
    connections,
    key_results,
    listeners,
    okrs,
    outbox,
    rules,
    selected,
    subscriptions,
    team_members,
    write_backs,
)
from hub.store.check_ins import CheckIn
from hub.store.okrs import Team
from hub.workspace import Declaration
from hub.workspace.audience import private_routes
from hub.workspace.tools import ON_PAGE
from mappings import Rule

NOON = time(12)


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did or would do, what it means for values, and which connections and channels to ring."""

    changes: tuple[Change, ...]
    outlooks: tuple[Outlook, ...] = ()
    connections: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    private: tuple[str, ...] = ()  # which routes take key results of private teams, in sentences
    ignored: tuple[str, ...] = ()  # what the files say and the hub does not take, in sentences

    @property
    def is_clean(self) -> bool:
        """Whether files and store say the same already."""
        return not self.changes


class NotAdopted(Exception):
    """A file names something that was made on the page, without taking it over. The message says what to write."""


class _Undo(Exception):
    """Rolls a planning transaction back."""


def plan(store: Store, declaration: Declaration, *, now: datetime, environ: Mapping[str, str]) -> Applied:
    """Work out what applying would do, values and statuses included, and keep nothing of it."""
    found: list[Applied] = []
    try:
        with store.write() as tx:
            standing = {one.key: one.standing for one in key_results.all_key_results(tx)}
            changes, _, _, _ = _apply(tx, declaration, now, "plan", environ)
            outlooks = tuple(look_ahead(tx, standing, now))
            moving = tuple(one for one in outlooks if one.moves)
            private = tuple(sentence for _, sentence in private_routes(declaration))
            ignored = tuple(corrections(tx, declaration, now))
            found.append(Applied(changes, moving, private=private, ignored=ignored))
            raise _Undo
    except _Undo:
        return found[0]


def apply(store: Store, declaration: Declaration, *, now: datetime, who: str, environ: Mapping[str, str]) -> Applied:
    """Make the store say what the files say, in one transaction. What files no longer name is archived."""
    with store.write() as tx:
        changes, due, awake, recorded = _apply(tx, declaration, now, who, environ)
        for change in changes:
            okrs.write_audit(
                tx,
                at=now,
                who=who,
                what=f"{change.verb} {change.noun}",
                subject=change.slug,
                detail={"fields": [list(one) for one in change.details]},
            )
        ignored = tuple(corrections(tx, declaration, now))
    told = tuple(sorted({*awake, *(channel for one in recorded for channel in one.channels)}))
    private = tuple(sentence for _, sentence in private_routes(declaration))
    return Applied(changes, (), due, told, private, ignored)


def _apply(
    tx: Connection, declaration: Declaration, now: datetime, who: str, environ: Mapping[str, str]
) -> tuple[tuple[Change, ...], tuple[int, ...], tuple[int, ...], list[Recorded]]:
    # Before any key result, as a sync takes them, and in the order in which a group of webhooks takes them.
    connections.hold_rows(tx, sorted(row.id for row in connections.all_connections(tx)))
    after = wanted(_with_address(declaration, environ))
    before = held(tx)
    on_page = _made_on_page(tx, after)
    changes = [one for one in compare(before, after) if (one.noun, one.slug) not in on_page]
    newest = outbox.newest_letter(tx)
    endings = {one.key: one.ending for one in key_results.all_key_results(tx)}
    _put(tx, after, before, changes, now)
    due = set(_put_rules(tx, after, now, who))
    recorded = list(_archive(tx, changes, now, who))
    due.update(_take_new_ends(tx, endings, now, recorded))
    due.update(connections.give_another_chance(tx, now))
    listeners.make_all_due(tx, now)
    subscriptions.try_lost_again(tx, now)
    write_backs.try_stopped_again(tx, now)
    awake = channels.give_channels_another_chance(tx)
    anew = before is not None and _judges_by(before) != _judges_by(after)
    for one in declaration.key_results:
        key_result = key_results.key_result_by_key(tx, one.declared.key)
        assert key_result is not None
        news = list(take_check_ins(tx, key_result, one.check_ins, declaration.zone, now))
        if news:
            details = tuple((said.provided_as.removeprefix("file:"), "", _said(said)) for said in news)
            changes.append(Change("create", "check-in", one.declared.key, details))
        recorded.extend(rate(tx, key_result, declaration.zone, now, news=news, anew=anew))
    outbox.tell_together(tx, {one.key for one in recorded if one.channels}, after_id=newest, written_at=now)
    return tuple(changes), tuple(sorted(due)), tuple(awake), recorded


def _take_new_ends(
    tx: Connection, endings: Mapping[str, Ending | None], now: datetime, recorded: list[Recorded]
) -> Iterator[int]:
    """Have the key results whose cycle ends on another day now hold the value of the instant that counts.

    `endings` is when they ended before. Yields the connections to be read: what they hold is worked out anew.
    """
    for one in key_results.all_key_results(tx):
        before = endings.get(one.key)
        if before is None or before == one.ending:
            continue
        if before.phase(now) is Phase.RUNNING and not one.is_over(now):
            continue
        recorded.append(settle(tx, one.id, now))
        rule, connection = rules.current_rule(tx, one.id), connections.connection_by_slug(tx, one.connection)
        if rule is None or connection is None or rule.selection_id is None or one.is_frozen(now):
            continue
        rules.forget_evaluated(tx, [rule.selection_id])
        connections.make_due(tx, connection.id, now)
        yield connection.id


def _made_on_page(tx: Connection, after: Wanted) -> set[tuple[str, str]]:
    """Return the connections of the files that are made on the page, as nouns and slugs: files leave them alone.

    Raises NotAdopted when a file sets one up that was made there and does not say that it takes it over.
    """
    made = {row.slug: row for row in connections.all_connections(tx) if not row.is_provided}
    for slug, tool in after.connections.items():
        if slug in made and tool.sign_in != ON_PAGE and not tool.adopt:
            raise NotAdopted(
                f"the connection {slug} was made on the page: write `adopt: yes` beside it in hub.yaml to keep it in "
                "the file from now on, or `sign_in: page` to leave it there"
            )
    return {
        ("connection", slug) for slug, tool in after.connections.items() if slug in made and tool.sign_in == ON_PAGE
    }


def _judges_by(whole: Wanted) -> tuple[Policy, ZoneInfo]:
    return whole.workspace.policy, whole.workspace.zone


def _said(one: CheckIn) -> str:
    return say(one.value) if one.value is not None else one.note or one.blockers


def _with_address(declaration: Declaration, environ: Mapping[str, str]) -> Declaration:
    """Look up ${ENV_NAME} in the public address: it is no secret, and messages need it."""
    address = REFERENCE.sub(lambda match: environ.get(match.group(1), ""), declaration.public_url)
    return replace(declaration, public_url=address)


def _put(tx: Connection, after: Wanted, before: Wanted | None, changes: list[Change], now: datetime) -> None:
    okrs.put_workspace(tx, after.workspace)
    okrs.put_people(tx, after.people)
    for cycle in after.cycles.values():
        okrs.put_cycle(tx, cycle)
    for team in after.teams.values():
        okrs.put_team(tx, team)
    team_members.provide_members(tx, {team.slug: _provided(team) for team in after.teams.values()})
    ids = {slug: okrs.put_objective(tx, objective) for slug, objective in after.objectives.items()}
    for declared in after.key_results.values():
        key_results.put_key_result(tx, ids[declared.objective], declared)
    touched = {(change.noun, change.slug) for change in changes}
    for slug, tool in after.connections.items():
        if ("connection", slug) in touched and tool.sign_in == ON_PAGE:
            connected.expect_connection(tx, slug=slug, kind=tool.kind, every=tool.every)
        elif ("connection", slug) in touched:
            connections.put_connection(
                tx,
                slug=slug,
                kind=tool.kind,
                settings=tool.settings,
                allow_private=tool.allow_private,
                every=tool.every,
                now=now,
                way=tool.sign_in,
            )
    for slug, tool in after.channels.items():
        if ("channel", slug) in touched:
            channels.put_channel(
                tx,
                slug=slug,
                name=tool.name,
                kind=tool.kind,
                settings=tool.settings,
                allow_private=tool.allow_private,
                owner=tool.owner,
            )
    if before is None or before.routes != after.routes:
        channels.put_routes(tx, after.routes)


def _provided(team: Team) -> dict[str, Standing]:
    """Return whom a file puts into a team: those it names, and its lead. Nobody gets an account by it."""
    found = dict.fromkeys(team.members, Standing.MEMBER)
    return {**found, team.lead: Standing.LEAD} if team.lead else found


def _put_rules(tx: Connection, after: Wanted, now: datetime, who: str) -> tuple[int, ...]:
    """Make the rules current; return the connections that have something new to read or work out."""
    due: set[int] = set()
    for key, rule in after.rules.items():
        key_result = key_results.key_result_by_key(tx, key)
        connection = connections.connection_by_slug(tx, rule.connection)
        assert key_result is not None and connection is not None
        old = rules.current_rule(tx, key_result.id)
        revision = rules.put_rule(
            tx,
            key_result_id=key_result.id,
            digest=rule.digest,
            body=rule.to_json(),
            connection=rule.connection,
            selection_id=selected.put_selection(tx, connection.id, replace(rule.select, refs=rule.refs)),
            author=who,
            now=now,
        )
        _put_write_back(tx, key_result, connection.id, rule, now, after.workspace.policy.hold)
        if old is None or old.revision != revision:
            due.add(connection.id)
    for connection_id in due:
        connections.make_due(tx, connection_id, now)
    return tuple(sorted(due))


def _put_write_back(
    tx: Connection, key_result: KeyResult, connection_id: int, rule: Rule, now: datetime, hold: timedelta
) -> None:
    """Have a key result written back where its rule says, from how it stands now; and nowhere else any more."""
    told = rule.write_back
    kept: list[int] = []
    if told is not None:
        kept.append(
            write_backs.provide_write_back(
                tx,
                key_result.id,
                connection_id,
                target=told.to,
                way=told.by or "",
                field=told.field,
                occasion=told.when,
            )
        )
    write_backs.archive_write_backs(tx, key_result.id, now, but=kept)
    if told is not None and not (key_result.is_paused or key_result.is_over(now)):
        standing = key_result.standing
        write_backs.want_written(tx, key_result.id, standing.status, standing.value, now, hold=hold)


def _archive(tx: Connection, changes: list[Change], now: datetime, who: str) -> Iterator[Recorded]:
    """Archive what files no longer name; yield how the key results stand that have lost their mapping."""
    # Mappings first: a key result that is archived is not found any more, and its rule would be read for ever.
    for change in sorted(changes, key=lambda one: one.noun != "mapping"):
        if change.verb != "archive":
            continue
        match change.noun:
            case "key result":
                key_results.archive_key_result(tx, change.slug, now)
            case "connection":
                connections.archive_connection(tx, change.slug, now)
            case "channel":
                channel_id = channels.archive_channel(tx, change.slug, now)
                # One on its way is its sender's, who learns whether it arrived.
                outbox.drop_letters(tx, channel_id, now, outbox.TAKEN_OUT, states=("due",))
            case "mapping":
                key_result = key_results.key_result_by_key(tx, change.slug)
                if key_result is not None:
                    rules.retire_rule(tx, key_result.id)
                    write_backs.archive_write_backs(tx, key_result.id, now)
                    yield let_go(tx, key_result.id, who=who, now=now)
            case _:
                okrs.archive(tx, f"{change.noun}s", change.slug, now)
