"""Why this number: every item with what it added, the reason, and the line of the rule that decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import Connection

from hub.flows.show.days import say_day
from hub.flows.show.explained import Explained
from hub.flows.show.reach import Addend, reach_of
from hub.flows.show.record_of import Record
from hub.model.moves import Contribution
from hub.model.numbers import apart
from hub.store.contributions import contributions_now
from mappings import Line, Rule

FOLDED_AT = 50
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
    line: int  # of the rule; 0 where none decides
    amount: str
    counts: str
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """A group of items; `hidden` are further ones that a link unfolds."""

    slug: str  # counted | open | left_out | departed
    title: str
    rows: tuple[ItemRow, ...]
    total: int
    is_quiet: bool

    @property
    def hidden(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Why:
    """The items behind a number and the rule that chose them. `said` stands where items are not to be shown."""

    summary: str
    groups: tuple[ItemGroup, ...]
    is_named: bool  # the rule allows its items to be named
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
class Chosen:
    """What a reader asked the page to point at: an item by its key, a group to be shown whole."""

    item: str = ""
    unfolded: str = ""


def why_of(tx: Connection, record: Record, explained: Explained, chosen: Chosen) -> Why | None:
    """Return why the number is what it is; None for values without items behind them."""
    if record.rule is None or record.rule_row is None:
        return None
    held = contributions_now(tx, record.key_result.id)
    return _Telling(record, record.rule, held, explained, chosen).tell()


class _Telling:
    """Puts the items of one key result into rows."""

    def __init__(
        self, record: Record, rule: Rule, held: Mapping[str, Contribution], explained: Explained, chosen: Chosen
    ) -> None:
        self.record, self.rule, self.held, self.explained = record, rule, held, explained
        self.selected, self.unfolded = chosen.item, chosen.unfolded
        self.has_amounts = rule.measure.of != "items" or rule.measure.own
        self.shows_titles = rule.show_items == "titles"
        last, row = record.reading, record.rule_row
        # What stands was given by an older rule: its lines are not those of the rule that is shown beside it.
        self.is_of_older = last is not None and row is not None and last.rule_revision not in {None, row.revision}
        amounts = [*(one.amount for one in held.values()), *(line.amount for line in explained.left_out)]
        self.amounts = apart([*amounts, *(one.item.amount for one in explained.departed)])
        self.counts = apart(one.counts for one in held.values())

    def tell(self) -> Why:
        record, rule = self.record, self.rule
        counted = [one for one in self.held.values() if one.grouping == "counted"]
        waiting = [one for one in self.held.values() if one.grouping == "open"]
        left = [line for line in self.explained.left_out if line.key not in self.held]
        said = self.explained.problem
        if rule.show_items == "none":
            said = f"This rule shows no items: they are counted here and not named. {said}".strip()
        groups = (
            self._group("counted", "Counted", self._held_rows(counted), is_quiet=False),
            self._group("open", "Open, would still count", self._held_rows(waiting), is_quiet=True),
            self._group("left_out", "Left out by the rule", self._left_rows(left), is_quiet=True),
            self._group("departed", "Not read any more, in seven days", self._departed_rows(), is_quiet=True),
        )
        chosen = self._chosen(left)
        sums = self._sums(counted)
        total = len(self.held) + len(left)
        is_number = self.explained.is_number
        matched = "1 item matches" if total == 1 else f"{total} items match"
        parts = f"{len(counted)} count, {len(waiting)} open, {len(left)} left out"
        assert record.rule_row is not None
        return Why(
            summary="" if self.is_of_older or is_number or not total else f"{matched}: {parts}",
            groups=tuple(group for group in groups if group.total),
            is_named=rule.show_items != "none",
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
            reach=() if is_number else reach_of(record, self.held.values(), left),
            reach_title=f"Does it reach {record.numbers.plain(record.target)}?",
        )

    def _group(self, slug: str, title: str, rows: Sequence[ItemRow], *, is_quiet: bool) -> ItemGroup:
        if self.rule.show_items == "none":
            return ItemGroup(slug, title, (), len(rows), is_quiet)
        is_open = self.unfolded == slug or len(rows) <= FOLDED_AT
        kept = tuple(rows) if is_open else tuple(rows[:FOLDED_AT])
        if not is_open:
            kept += tuple(row for row in rows[FOLDED_AT:] if row.is_selected)
        return ItemGroup(slug, title, kept, len(rows), is_quiet)

    def _held_rows(self, held: Iterable[Contribution]) -> list[ItemRow]:
        ordered = sorted(held, key=lambda one: (-abs(one.counts), _natural(one.ref)))
        lined = [replace(one, line=0) for one in ordered] if self.is_of_older else ordered
        return [self._row(one.item_key, one, one.counts) for one in lined]

    def _left_rows(self, left: Iterable[Line]) -> list[ItemRow]:
        ordered = sorted(left, key=lambda line: (line.line, _natural(line.ref)))
        return [self._row(line.key, line, ZERO) for line in ordered]

    def _departed_rows(self) -> list[ItemRow]:
        gone = [(one, replace(one.item, reason=one.why, line=0)) for one in self.explained.departed]
        return [self._row(one.item.item_key, item, ZERO) for one, item in gone]

    def _row(self, key: str, item: Contribution | Line, counts: Decimal) -> ItemRow:
        return ItemRow(
            key,
            item.ref or key,
            item.title if self.shows_titles else "",
            item.url if item.url.startswith(("https://", "http://")) else "",
            self._state_words(key, item.status, item.state),
            item.reason[:1].upper() + item.reason[1:],
            item.line,
            "" if item.amount is None else self.amounts.bare(item.amount),
            self.counts.with_sign(counts),
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
        numbers, last = self.record.numbers, self.record.reading
        value = last.value if last is not None else None
        amount = self.amounts.bare(sum((one.amount or ZERO for one in counted), ZERO))
        words = "Value"
        if self.rule.measure.fold in {"percent", "average"} and last is not None and last.denominator:
            sides = apart([last.numerator, last.denominator])
            top, bottom = sides.bare(last.numerator), sides.bare(last.denominator)
            parts, over = f"{top} of {bottom}", f"{top} over {bottom} items"
            words = f"Value, {parts if self.rule.measure.fold == 'percent' else over}"
        return words, amount, numbers.plain(value)

    def _chosen(self, left: Sequence[Line]) -> tuple[int, str]:
        if not self.selected or self.rule.show_items == "none":
            return 0, ""
        held = self.held.get(self.selected)
        if held is not None and not self.is_of_older:
            return held.line, f"Line {held.line} decides {held.ref}"
        for line in left:
            if line.key == self.selected:
                return line.line, f"Line {line.line} decides {line.ref}"
        return 0, ""


def _natural(ref: str) -> tuple[str, int, str]:
    """Order PAY-9 before PAY-10."""
    head, _, tail = ref.rpartition("-")
    return (head, int(tail), "") if tail.isdigit() else (ref, 0, "")
