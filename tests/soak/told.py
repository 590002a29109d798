"""What the channels really received, held against what should have been told: from the tools' own posts."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from hub.demo.tools import Tools
from hub.model.words import STATUS_WORDS
from hub.store import Store, channels, key_results
from hub.store.changes import changes_after
from hub.store.channels import SENDER_DIED
from hub.store.tables_told import outbox, receipts
from hub.telling import SILENT

Step = tuple[str, str]  # from a status, to a status
Chains = dict[tuple[str, str], list[Step]]  # by channel's name and key result

_WORDS = {words.lower(): status.value for status, words in STATUS_WORDS.items()}
_SAID = re.compile(rf"({'|'.join(_WORDS)}), was ({'|'.join(_WORDS)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """How the telling went: problems in words, posts, second posts, and the letters that may stand twice."""

    problems: tuple[str, ...]
    posts: int
    second_posts: int
    ambiguous: frozenset[int]  # ids of letters


def received(tools: Tools, store: Store) -> Chains:
    """Read the posts of all channels: what each was told of each key result, in order, repeats included."""
    with store.read() as tx:
        titles = {one.declared.title: one.key for one in key_results.all_key_results(tx)}
    found: Chains = defaultdict(list)
    for post in [*tools.slack.posts, *tools.teams.posts]:
        # Slack's first message of a thread is kept up to date: what was posted is what it said at first.
        first = post.edits[0] if post.edits else post.payload
        text = json.dumps(first, ensure_ascii=False).replace("&amp;", "&").replace("&lt;", "<")
        said = _SAID.search(text)
        title = max((title for title in titles if title in text), key=len, default=None)
        if said is None or title is None:
            raise AssertionError(f"a post that nobody understands: {text[:300]}")
        found[post.channel, titles[title]].append((_WORDS[said[2].lower()], _WORDS[said[1].lower()]))
    return found


def account(tools: Tools, store: Store) -> Account:
    """Compare what every channel received with the changes of status that the store holds."""
    problems: list[str] = []
    second = 0
    got = received(tools, store)
    with store.read() as tx:
        keys = {one.id: one.key for one in key_results.all_key_results(tx)}
        now = {one.key: one.standing.status for one in key_results.all_key_results(tx)}
        names = {row.id: row.name for row in channels.all_channels(tx)}
        changes = [one for one in changes_after(tx) if one.before not in SILENT and one.after not in SILENT]
        letters = tx.execute(
            select(outbox.c.id, outbox.c.change_id, outbox.c.channel_id, outbox.c.state, outbox.c.is_ambiguous)
        ).all()
        lost = Counter(tx.execute(select(receipts.c.outbox_id).where(receipts.c.outcome == "lost_answer")).scalars())
    by_change = {(row.change_id, names[row.channel_id]): row for row in letters}
    for name in sorted(names.values()):
        for key_id, key in keys.items():
            mine = [one for one in changes if one.key_result_id == key_id]
            heard = _without_repeats(got.get((name, key), []))
            wanted: list[Step] = [(one.before.value, one.after.value) for one in mine]
            if [step for step, _ in heard] != wanted:
                said = [_history(store, by_change.get((change.id, name))) for change in mine]
                problems.append(f"{name} heard of {key} {heard} and should have {wanted}: {said}")
                continue
            if wanted and wanted[-1][1] != now[key].value:
                problems.append(f"{name} heard last that {key} is {wanted[-1][1]}, and it is {now[key].value}")
            if any(after != before for (_, after), (before, _) in pairwise(wanted)):
                problems.append(f"{name} was told a broken chain of {key}: {wanted}")
            for change, (_, times) in zip(mine, heard, strict=True):
                letter = by_change[change.id, name]
                second += times - 1
                if letter.state != "sent":
                    problems.append(f"{name} heard of {key}, and its letter {letter.id} is {letter.state}")
                if times > 1 and not letter.is_ambiguous:
                    problems.append(f"{name} heard twice of {key}, and letter {letter.id} is not marked ambiguous")
                if times > 1 + lost[letter.id]:
                    said = _history(store, letter)
                    problems.append(f"{name} heard {times} times of {key}, more often than answers were lost: {said}")
    posts = len(tools.slack.posts) + len(tools.teams.posts)
    return Account(tuple(problems), posts, second, frozenset(row.id for row in letters if row.is_ambiguous))


def _history(store: Store, letter: Any) -> str:
    """Return what became of a letter, for whoever reads a failure."""
    if letter is None:
        return "no letter"
    with store.read() as tx:
        rows = tx.execute(select(receipts).where(receipts.c.outbox_id == letter.id).order_by(receipts.c.id))
        tries = [f"{row.at:%H:%M:%S.%f} {row.outcome} {row.problem}" for row in rows]
    return f"letter {letter.id} is {letter.state}: {tries}"


def _without_repeats(steps: list[Step]) -> list[tuple[Step, int]]:
    """Return each step with how often it came in a row: a status never changes twice to the same one in a row."""
    found: list[tuple[Step, int]] = []
    for step in steps:
        if found and found[-1][0] == step:
            found[-1] = (step, found[-1][1] + 1)
        else:
            found.append((step, 1))
    return found


def letters_on_their_way(store: Store) -> set[int]:
    """Return the letters that somebody has begun to send and not heard of."""
    with store.read() as tx:
        return {row.id for row in tx.execute(select(outbox.c.id).where(outbox.c.state == "sending"))}


def died_sending(store: Store) -> int:
    """Return how many sends the store holds whose sender died."""
    with store.read() as tx:
        rows = tx.execute(select(receipts.c.problem).where(receipts.c.outcome == "lost_answer"))
        return sum(row.problem == SENDER_DIED for row in rows)
