"""Why this number: every item with what it added, the reason, and the line of the rule that decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from connectors.shapes import WorkItem
from hub.flows.show.days import say_day
from hub.flows.show.record_of import Record
from hub.model.kinds import Kind
from hub.model.moves import Contribution
from hub.model.words import say_number
from hub.store.contributions import contributions_now
from hub.store.work import member_count, selection_items
from mappings import Evaluation, Line, Rule, evaluate

FOLDED_AT = 50
MOST_EVALUATED = 20_000  # a page must come at once; `okrhub explain` has no such bound
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item: what people call it, its state, why it counts or not, and what it adds."""

    key: str
    ref: str
    title: str
    url: str
    state: str
    reason: str
    line: int
    amount: str
    counts: str
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """A group of items; `hidden` are further ones that a link unfolds."""

    slug: str  # counted | open | left_out
    title: str
    rows: tuple[ItemRow, ...]
    total: int
    is_quiet: bool

    @property
    def hidden(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Addend:
    """A line of "Does it reach the target?"."""

    label: str
    value: str
    is_sum: bool = False
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """The items behind a number and the rule that chose them. `said` stands where items are not to be shown."""

    summary: str
    groups: tuple[ItemGroup, ...]
    has_amounts: bool
    amount_name: str
    sum_words: str
    sum_amount: str
    sum_value: str
    rule_lines: tuple[str, ...]
    revision: int
    selected_line: int
    selected_words: str
    said: str
    reach: tuple[Addend, ...]
    reach_title: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule run over the stored items: what is left out, and the items by key."""

    left_out: tuple[Line, ...]
    items: Mapping[str, WorkItem]
    problem: str = ""


def explain(tx: Connection, record: Record) -> Explained:
    """Run the current rule over the stored items, for what the stored contributions do not hold."""
    row, rule = record.rule_row, record.rule
    if row is None or rule is None or row.selection_id is None:
        return Explained((), {})
    if member_count(tx, row.selection_id) > MOST_EVALUATED:
        return Explained((), {}, "The items left out are too many to list here: see `okrhub explain`.")
    items = {item.key: item for item in selection_items(tx, row.selection_id)}
    cycle = record.house.cycle(record.key_result.cycle)
    span = None if cycle is None else (cycle.starts, cycle.ends)
    found: Evaluation = evaluate(rule, items.values(), now=record.now, zone=record.house.zone, cycle=span)
    if found.broken:
        return Explained((), items, f"What is left out cannot be worked out now: {found.broken}.")
    return Explained(tuple(line for line in found.lines if line.group in {"left_out", "dropped"}), items)


def why_of(
    tx: Connection, record: Record, explained: Explained, *, selected: str = "", unfolded: str = ""
) -> Why | None:
    """Return why the number is what it is; None for values without items behind them."""
    if record.rule is None or record.rule_row is None:
        return None
    held = contributions_now(tx, record.key_result.id)
    return _Telling(record, record.rule, held, explained, selected, unfolded).tell()


class _Telling:
    """Puts the items of one key result into rows."""

    def __init__(
        self,
        record: Record,
        rule: Rule,
        held: Mapping[str, Contribution],
        explained: Explained,
        selected: str,
        unfolded: str,
    ) -> None:
        self.record, self.rule, self.held, self.explained = record, rule, held, explained
        self.selected, self.unfolded = selected, unfolded
        self.has_amounts = rule.measure.of != "items" or rule.measure.own
        self.shows_titles = rule.show_items == "titles"

    def tell(self) -> Why:
        record, rule = self.record, self.rule
        counted = [one for one in self.held.values() if one.grouping == "counted"]
        waiting = [one for one in self.held.values() if one.grouping == "open"]
        left = [line for line in self.explained.left_out if line.key not in self.held]
        groups: tuple[ItemGroup, ...] = ()
        said = self.explained.problem
        if rule.show_items == "none":
            said = "This rule shows no items, so they are counted here and not named."
        else:
            groups = tuple(
                group
                for group in (
                    self._group("counted", "Counted", self._held_rows(counted), is_quiet=False),
                    self._group("open", "Open, would still count", self._held_rows(waiting), is_quiet=True),
                    self._group("left_out", "Left out by the rule", self._left_rows(left), is_quiet=True),
                )
                if group.total
            )
        chosen = self._chosen(left)
        sums = self._sums(counted)
        total = len(self.held) + len(left)
        matched = "1 item matches" if total == 1 else f"{total} items match"
        assert record.rule_row is not None
        return Why(
            summary=f"{matched}: {len(counted)} count, {len(waiting)} open, {len(left)} left out",
            groups=groups,
            has_amounts=self.has_amounts,
            amount_name=self._amount_name(),
            sum_words=sums[0],
            sum_amount=sums[1],
            sum_value=sums[2],
            rule_lines=tuple(rule.source.splitlines()),
            revision=record.rule_row.revision,
            selected_line=chosen[0],
            selected_words=chosen[1],
            said=said,
            reach=self._reach(counted, waiting, left),
            reach_title=f"Does it reach {record.numbers.plain(record.target)}?",
        )

    def _group(self, slug: str, title: str, rows: Sequence[ItemRow], *, is_quiet: bool) -> ItemGroup:
        is_open = self.unfolded == slug or len(rows) <= FOLDED_AT
        kept = tuple(rows) if is_open else tuple(rows[:FOLDED_AT])
        if not is_open:
            kept += tuple(row for row in rows[FOLDED_AT:] if row.is_selected)
        return ItemGroup(slug, title, kept, len(rows), is_quiet)

    def _held_rows(self, held: Iterable[Contribution]) -> list[ItemRow]:
        ordered = sorted(held, key=lambda one: (-abs(one.counts), _natural(one.ref)))
        return [
            self._row(one.item_key, one.ref, one.title, one.url, one.status, one.state, one.reason, one.line, one)
            for one in ordered
        ]

    def _left_rows(self, left: Iterable[Line]) -> list[ItemRow]:
        ordered = sorted(left, key=lambda line: (line.line, _natural(line.ref)))
        return [
            self._row(one.key, one.ref, one.title, one.url, one.status, one.state, one.reason, one.line, one)
            for one in ordered
        ]

    def _row(
        self,
        key: str,
        ref: str,
        title: str,
        url: str,
        status: str,
        state: str,
        reason: str,
        line: int,
        weighed: Contribution | Line,
    ) -> ItemRow:
        counts = weighed.counts if isinstance(weighed, Contribution) else ZERO
        return ItemRow(
            key,
            ref or key,
            title if self.shows_titles else "",
            url if url.startswith(("https://", "http://")) else "",
            self._state_words(key, status, state),
            reason[:1].upper() + reason[1:],
            line,
            "" if weighed.amount is None else say_number(weighed.amount, places=2),
            f"+{say_number(counts, places=2)}" if counts > 0 else say_number(counts, places=2),
            key == self.selected,
        )

    def _state_words(self, key: str, status: str, state: str) -> str:
        item = self.explained.items.get(key)
        word = status or state
        if state == "done" and item is not None and item.done is not None:
            return f"{word} {say_day(item.done.astimezone(self.record.house.zone).date())}"
        return word

    def _amount_name(self) -> str:
        name = self.rule.measure.of
        return name[:1].upper() + name[1:]

    def _sums(self, counted: Sequence[Contribution]) -> tuple[str, str, str]:
        numbers, last = self.record.numbers, self.record.last
        value = self.record.key_result.standing.value
        amount = say_number(sum((one.amount or ZERO for one in counted), ZERO), places=2)
        words = "Value"
        if self.rule.measure.fold in {"percent", "average"} and last is not None and last.denominator:
            parts = f"{say_number(last.numerator, places=2)} of {say_number(last.denominator, places=2)}"
            over = f"{say_number(last.numerator, places=2)} over {say_number(last.denominator, places=2)} items"
            words = f"Value, {parts if self.rule.measure.fold == 'percent' else over}"
        return words, amount, numbers.plain(value)

    def _chosen(self, left: Sequence[Line]) -> tuple[int, str]:
        if not self.selected:
            return 0, ""
        held = self.held.get(self.selected)
        if held is not None:
            return held.line, f"Line {held.line} decides {held.ref}"
        for line in left:
            if line.key == self.selected:
                return line.line, f"Line {line.line} decides {line.ref}"
        return 0, ""

    def _reach(
        self, counted: Sequence[Contribution], waiting: Sequence[Contribution], left: Sequence[Line]
    ) -> tuple[Addend, ...]:
        """Add up what could still come. Only where more items mean more of the goal."""
        declared, numbers = self.record.key_result.declared, self.record.numbers
        goes_up = declared.kind in {Kind.REACH, Kind.INCREASE} and self.rule.measure.fold in {"count", "sum"}
        if not goes_up or declared.target is None or declared.target <= (declared.baseline or ZERO):
            return ()
        now = sum((one.counts for one in self.held.values()), ZERO)
        partly = [one for one in counted if (one.amount or ZERO) != one.counts]
        rest = sum(((one.amount or ZERO) - one.counts for one in partly), ZERO)
        still = sum((one.amount or ZERO for one in waiting), ZERO)
        lines = self._lines_about_state()
        undone = [one for one in left if one.group == "left_out" and one.line in lines and one.state != "done"]
        later = sum((one.amount or ZERO for one in undone), ZERO)
        scope = now + rest + still + later
        found = [Addend("Counted now", numbers.bare(now))]
        if partly:
            name = partly[0].ref if len(partly) == 1 and self.rule.show_items != "none" else f"{len(partly)} begun"
            found.append(Addend(f"Rest of {name}", numbers.bare(rest)))
        if waiting:
            found.append(Addend("Open items", numbers.bare(still)))
        if undone:
            found.append(Addend("Not done yet", numbers.bare(later)))
        found.append(Addend("In scope", numbers.bare(scope), is_sum=True))
        found.append(Addend("Target", numbers.bare(declared.target)))
        gap = declared.target - scope
        if gap > 0:
            found.append(Addend("No item yet", numbers.bare(gap), is_sum=True, is_gap=True))
        else:
            found.append(Addend("To spare", numbers.bare(-gap), is_sum=True))
        return tuple(found)

    def _lines_about_state(self) -> set[int]:
        """Return the lines of the rule that ask for an item's state, and so leave out what is not done yet."""
        return {
            clause.line
            for clause in self.rule.where
            if getattr(clause, "field", "") == "state" and not getattr(clause, "own", False)
        }


def _natural(ref: str) -> tuple[str, int, str]:
    """Order PAY-9 before PAY-10."""
    head, _, tail = ref.rpartition("-")
    return (head, int(tail), "") if tail.isdigit() else (ref, 0, "")
