"""Files written to hurt: each is refused quickly, with a place."""

from __future__ import annotations

import time

import pytest

from mappings import Table, read_mappings, read_yaml
from mappings.problems import MAX_PROBLEMS

BOMB = 'a: &a ["x","x"]\n' + "".join(
    f"{n}: &{n} [*{m},*{m},*{m}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusals(text: str) -> list[str]:
    """Return what is said about a text of which nothing can be used."""
    node, problems = read_yaml(text, "m.yaml")
    assert node is None
    return [str(problem) for problem in problems]


def test_an_alias_bomb_is_not_lit() -> None:
    told = refusals(BOMB)
    assert told[0] == "m.yaml:1:4  anchors are not allowed: remove &a  [anchor]"
    assert told[2] == "m.yaml:2:8  aliases are not allowed: write out what *a stands for  [alias]"
    assert len(told) == 9 + 8 * 3


@pytest.mark.parametrize("nested", ["[" * 2000, "{a: " * 2000, "- " * 2000, "[" * 200_000, "? " * 2000])
def test_deep_nesting_stops_at_level_20(nested: str) -> None:
    assert refusals(nested)[-1].endswith("nested deeper than 20 levels  [too-deep]")


def test_twenty_levels_are_read() -> None:
    assert read_yaml("[" * 20 + "]" * 20, "m.yaml")[1] == []
    assert refusals("[" * 21 + "]" * 21) == ["m.yaml:1:21  nested deeper than 20 levels  [too-deep]"]


def test_more_than_256_kb_is_not_even_parsed() -> None:
    assert refusals("# " + "x" * 300_000) == [
        "m.yaml:1:1  the file is larger than 256 KB: split it by team or objective  [too-large]"
    ]
    assert "too-large" in refusals("é" * 140_000)[0]


def test_a_key_written_twice_is_named_with_the_line_of_the_first() -> None:
    node, problems = read_yaml("a: 1\nb: 2\na: 3\n", "m.yaml")
    assert [str(problem) for problem in problems] == [
        "m.yaml:3:1  'a' is here twice: it already stands in line 1  [duplicate-key]"
    ]
    assert isinstance(node, Table)
    assert [(key.text, getattr(value, "text", "")) for key, value in node.pairs] == [("a", "1"), ("b", "2")]


def test_a_duplicate_key_does_not_hide_the_other_problems() -> None:
    rules, problems = read_mappings("mappings: []\nmappings: []\nother: 1\n", "m.yaml")
    assert rules == ()
    assert [problem.code for problem in problems] == ["duplicate-key", "unknown-field"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!python/object:os.system x", "m.yaml:1:4  tags are not allowed: remove"
         " 'tag:yaml.org,2002:python/object:os.system'; every value is read as it is written  [tag]"),
        ("a: x\x00y", "m.yaml:1:5  the control character U+0000 is not allowed: remove it  [control-character]"),
        ("a: 1\nb: \x1b[31m",
         "m.yaml:2:4  the control character U+001B is not allowed: remove it  [control-character]"),
        ("a: \ud800", "m.yaml:1:4  the control character U+D800 is not allowed: remove it  [control-character]"),
        ("%TAG ! x\n---\na: 1", "m.yaml:1:1  a line that starts with % is a YAML directive, and none is read: remove it"
         "  [directive]"),
        ("a: 1\n---\nb: 2", "m.yaml:2:1  a file holds one document: remove the '---' here  [several-documents]"),
        ("a:\n\t- b", "m.yaml:2:1  this character cannot start a value: indent with spaces, not tabs, and put quotes"
         " round text that starts with %, @ or `  [yaml]"),
        ("a: b: c", "m.yaml:1:5  a ': ' is not expected here: check the indentation, or put quotes round text that"
         " holds ': '  [yaml]"),
        ("a: 'open", "m.yaml:1:9  the text ends inside quotes: the closing quote is missing  [yaml]"),
        ("[a]: b", "m.yaml:1:1  a name is wanted here, not a list or a table  [name-wanted]"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_at_its_place(text: str, told: str) -> None:
    assert refusals(text) == [told]


@pytest.mark.parametrize("text", ["just words", "[1, 2]", "mappings: 5", "mappings: {a: b}", "mappings: [5, [], '']"])
def test_a_file_of_another_shape_is_a_problem(text: str) -> None:
    rules, problems = read_mappings(text, "m.yaml")
    assert rules == ()
    assert {problem.code for problem in problems} <= {"wrong-type", "missing-field"}
    assert problems


def test_a_file_full_of_mistakes_tells_the_first_hundred_and_says_that_there_are_more() -> None:
    unknown = "mappings: []\n" + "".join(f"x{n}: 1\n" for n in range(15_000))
    twice = "".join("a: 1\n" for _ in range(15_000))
    for problems in (read_mappings(unknown, "m.yaml")[1], read_yaml(twice, "m.yaml")[1]):
        assert len(problems) == MAX_PROBLEMS + 1
        assert [one.code == "more" for one in problems] == [False] * MAX_PROBLEMS + [True]
    told = "m.yaml:102:1  there are more problems from here on: mend those above first, then lint again  [more]"
    assert str(read_mappings(unknown, "m.yaml")[1][-1]) == told


def test_a_hundred_mistakes_are_all_there_are() -> None:
    problems = read_mappings("mappings: []\n" + "".join(f"x{n}: 1\n" for n in range(100)), "m.yaml")[1]
    assert {one.code for one in problems} == {"unknown-field"}
    assert len(problems) == 100


HEAD = "mappings:\n  - key_result: a/b\n    from: jira\n    select: project = PAY\n    measure: count\n    where: "
FLOODS = {
    "30,000 conditions": HEAD + "[" + ",".join(["{x: 1}"] * 30_000) + "]",
    "12,900 conditions": HEAD + "[" + ",".join(["{x: 1}"] * 12_900) + "]",
    "12,900 conditions after good ones": HEAD + "[" + ",".join(["{type: x}"] * 150 + ["{x: 1}"] * 12_700) + "]",
    "12,900 conditions in a group": HEAD + "[{all: [" + ",".join(["{x: 1}"] * 12_900) + "]}]",
    "39,000 empty conditions": HEAD + "[" + ",".join(["{}"] * 39_000) + "]",
    "39,000 words": HEAD + "[" + ",".join("x" * 39_000) + "]",
    "39,000 empty mappings": "mappings: [" + ",".join(["{}"] * 39_000) + "]",
    "80,000 empty mappings": "mappings: [" + ",".join(["{}"] * 80_000) + "]",
    "9,000 fields": HEAD + "[{fields: {" + ",".join(f"x{n}: {{y: 1}}" for n in range(9_000)) + "}}]",
    "39,000 lists": HEAD + "[{type: [" + ",".join(["[]"] * 39_000) + "]}]",
    "19,000 names": HEAD + "[{" + ",".join(f"x{n}: 1" for n in range(19_000)) + "}]",
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_mistakes_is_refused_within_a_moment(flood: str) -> None:
    text = FLOODS[flood]
    assert len(text) < 256 * 1024
    began = time.process_time()
    rules, problems = read_mappings(text, "m.yaml")
    took = time.process_time() - began
    assert rules == ()
    assert problems[-1].code in {"more", "too-large"}
    assert took < 1.5  # seconds of this process alone: 0.1 to 0.6 where this was written, on a machine at work


def test_a_very_long_word_is_shortened_and_compared_with_nothing() -> None:
    (problem,) = read_mappings("mappings: []\n" + "m" * 900 + ": 1\n", "m.yaml")[1]
    assert str(problem) == f"m.yaml:2:1  unknown field '{'m' * 59}…'  [unknown-field]"


def test_a_byte_order_mark_does_not_move_the_places() -> None:
    assert read_mappings("\ufeffmapings: []", "m.yaml")[1][-1].column == 1


def test_every_line_break_that_yaml_knows_counts() -> None:
    (problem,) = read_mappings("mappings: []\r\n# x\u2028x: 1\r\n", "m.yaml")[1]
    assert (problem.line, problem.word) == (3, "x")
