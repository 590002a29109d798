"""Whether a new reading can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from connectors.gauges import is_gauge
from connectors.shapes import WorkItem
from mappings.arithmetic import rounded
from mappings.clauses import conditions
from mappings.evaluation import Evaluation
from mappings.rules import Rule, plain_number
from mappings.values import STANDARD, folded

# Fields whose words a tool may rename for all items at once: by an administrator, or by another language.
RENAMED = ("type", "status")
WORD_PREDICATES = frozenset({"is", "not", "in"})

Words = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a reading is not believed at once: a code (empty, min_items, max_drop, max_rise, words), and a sentence."""

    code: str
    why: str


def check_guard(rule: Rule, evaluation: Evaluation, previous_in_scope: int | None) -> str:
    """Return why a new reading is suspect by its number of items, or an empty text; see `find_doubt`."""
    found = find_doubt(rule, evaluation, previous_in_scope)
    return found.why if found is not None else ""


def find_doubt(
    rule: Rule,
    evaluation: Evaluation,
    previous_in_scope: int | None,
    *,
    previous_value: Decimal | None = None,
    of_gauge: bool = False,
) -> Doubt | None:
    """Return why a new reading is suspect, None where it is not.

    `previous_in_scope` is how many items the last accepted measurement had in scope, `previous_value` what it gave;
    None before the first. A selection that is empty now and was not before is always suspect. Of a number that the
    tool works out (`of_gauge`) there is one item for ever: its guard is about the value; so is `max_rise` of a sum.
    A broken evaluation has no reading to doubt.
    """
    now, before = evaluation.in_scope, previous_in_scope
    if evaluation.broken:
        return None
    if not now and before:
        return Doubt("empty", f"no items match now, and {before} did at the last reading")
    guard = rule.guard
    if guard.min_items is not None and now < guard.min_items:
        return Doubt("min_items", f"{_items(now)} in scope, and the rule wants at least {guard.min_items}")
    count = None if before is None else Decimal(before)
    value = evaluation.value
    if guard.max_drop is not None:
        old, new, what = (previous_value, value, VALUE) if of_gauge else (count, Decimal(now), ITEMS)
        if old and new is not None and old - new > guard.max_drop * abs(old):
            return Doubt("max_drop", _moved(what, "fell", old, new, guard.max_drop))
    if guard.max_rise is not None:
        by_value = of_gauge or rule.measure.fold == "sum"
        old, new, what = (previous_value, value, VALUE) if by_value else (count, Decimal(now), ITEMS)
        if old and new is not None and new - old > guard.max_rise * abs(old):
            return Doubt("max_rise", _moved(what, "rose", old, new, guard.max_rise))
    return None


def words_of(rule: Rule, items: Iterable[WorkItem]) -> dict[str, dict[str, int]]:
    """Return on how many items each word stands, for each field that a rule asks by its words: type, status."""
    found: dict[str, dict[str, int]] = {field: {} for field in _asked_words(rule)}
    if found:
        for item in items:
            for field, seen in found.items():
                word = str(STANDARD[field](item) or "")
                seen[word] = seen.get(word, 0) + 1
    return found


def find_lost_word(rule: Rule, before: Words | None, items: Iterable[WorkItem], status_was: Mapping[str, str]) -> str:
    """Say which word of the rule no item has any more while as many have one that nobody had; "" where none is.

    A tool that speaks another language from now on, or an administrator who renames, would otherwise move a value
    without one item having moved. `before` is what `words_of` said at the last accepted reading; `status_was` what
    the items that counted then had as their status, by key: where none of them has the new word, work has moved on.
    """
    if not before:
        return ""
    held = list(items)
    now = words_of(rule, held)
    for field, asked in _asked_words(rule).items():
        was = {folded(word): number for word, number in before.get(field, {}).items()}
        present = {folded(word) for word in now[field]}
        new = [(number, word) for word, number in now[field].items() if word and folded(word) not in was]
        for word in asked:
            lost = was.get(folded(word), 0)
            if not lost or folded(word) in present:
                continue
            rivals = [(number, other) for number, other in new if number >= lost]
            if field == "status":
                rivals = [(number, other) for number, other in rivals if _took_over(word, other, held, status_was)]
            if rivals:
                number, other = min(rivals, key=lambda one: (-one[0], one[1]))
                are = f"{_items(number)} {'is' if number == 1 else 'are'}"
                return (
                    f'No item\'s {field} is "{word}" any more; {are} "{other}" now. '
                    "Correct the rule, or take this value."
                )
    return ""


def is_of_gauge(items: Iterable[WorkItem]) -> bool:
    """Whether items are the one of a number that the tool works out."""
    return any(is_gauge(item) for item in items)


def _took_over(word: str, other: str, items: Iterable[WorkItem], status_was: Mapping[str, str]) -> bool:
    """Whether an item that had one status has the other now, as far as it is known what any of them had."""
    had = {key for key, status in status_was.items() if folded(status) == folded(word)}
    return not had or any(item.key in had and item.status == other for item in items)


def _asked_words(rule: Rule) -> dict[str, list[str]]:
    """Return the words that a rule's conditions name, for each field that has words."""
    asked: dict[str, list[str]] = {}
    for one in conditions(rule.where):
        if not one.own and one.field in RENAMED and one.predicate in WORD_PREDICATES:
            asked.setdefault(one.field, []).extend(one.words)
    return asked


ROOM = 100  # digits: the share that a number has grown by may be longer than the number
ITEMS = "items in scope"
VALUE = "the value"


def _moved(what: str, verb: str, old: Decimal, new: Decimal, allowed: Decimal) -> str:
    with localcontext() as context:
        context.prec = ROOM
        share = abs(new - old) * 100 / abs(old)
    return (
        f"{what} {verb} from {plain_number(old)} to {plain_number(new)}, by {_share(share, allowed * 100, new)} %, "
        f"and the rule allows {plain_number(allowed * 100)} %"
    )


def _share(share: Decimal, allowed: Decimal, left: Decimal) -> str:
    """Say by how many per cent something moved: whole ones, where that does not read as what is allowed, or as all."""
    for places in range(12):
        said = rounded(share, places)
        if said > allowed and (said != 100 or not left):
            return plain_number(said)
    return plain_number(share)


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"
