"""What the documents show must be true: their rules lint, their links lead somewhere, their lists are the code's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import COMMANDS, group
from hub.model.kinds import Freshness, Kind, Origin, Status
from mappings import read_mappings, run_examples

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
RULES = [
    (page.name, block)
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    if block.startswith("mappings:")
]


@pytest.mark.parametrize(("page", "text"), RULES, ids=[name for name, _ in RULES])
def test_every_rule_in_the_documents_lints_and_its_examples_hold(page: str, text: str) -> None:
    rules, problems = read_mappings(text, page)
    assert problems == []
    cycle = (date(2026, 10, 1), date(2026, 12, 31))
    results = [
        one
        for rule in rules
        for one in run_examples(rule, now=datetime(2026, 11, 1, tzinfo=UTC), zone=UTC, cycle=cycle)
    ]
    assert results
    assert [one for one in results if not one.passed] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("words", [Kind, Status, Freshness, Origin])
def test_the_page_of_words_names_every_word_of_the_closed_lists(
    words: type[Kind | Status | Freshness | Origin],
) -> None:
    page = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert {word.value for word in words} - {"stay_below", "stay_above"} <= named


def test_the_workspace_page_names_every_command() -> None:
    page = (ROOT / "docs" / "workspace.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if name not in page] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    told = CliRunner().invoke(group, [name, "--help"])
    assert told.exit_code == 0
    assert len(told.output.splitlines()) >= 5
