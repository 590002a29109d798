"""What a person typed, as it stands in a card: shown, cut and never alive."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.teams.lettering import asleep, percent, safe_link, written


@pytest.mark.parametrize(
    ("share", "read"),
    [("0.475", "48 %"), ("0.999", "99 %"), ("1", "100 %"), ("1.2", "120 %"), ("-0.03", "−3 %"), ("1E+99999", "1000 %")],
)
def test_a_share_reads_as_people_write_it_and_never_as_full_before_it_is(share: str, read: str) -> None:
    assert percent(Decimal(share)) == read


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("*bold*", r"\*bold\*"),
        ("snake_case_name", r"snake\_case\_name"),
        ("[click](https://evil.example)", r"\[click\]\(https://evil.example)"),
        ("iOS (beta)", "iOS (beta)"),
        ("`code`", r"\`code\`"),
        ("~~struck~~", r"\~\~struck\~\~"),
        ("# heading", r"\# heading"),
        ("ticket #7", "ticket #7"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("1. item", r"1\. item"),
        ("1) item", r"1\) item"),
        ("1.5 hours", "1.5 hours"),
        ("-5 %", "-5 %"),
        ("---", r"\---"),
        ("## two", r"\## two"),
        ("<at>Ana</at>", r"\<at\>Ana\</at\>"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        (r"C:\new", r"C:\\new"),
        ("{{DATE(2026-11-18T00:00:00Z,SHORT)}}", r"\{\{DATE(2026-11-18T00:00:00Z,SHORT)}}"),
        ("one\n# two\r\n- three", "one # two - three"),
        ("a\u202eb\x00c\ud800d", "abcd"),
    ],
)
def test_markdown_in_a_title_is_shown_and_never_comes_alive(typed: str, sent: str) -> None:
    assert written(typed, 100) == sent


def test_a_cut_never_leaves_half_an_escape() -> None:
    assert written("*" * 50, 4) == r"\*\*\*…"
    assert asleep("") == ""


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x?y=1&z=2#f", "https://a.example/x?y=1&z=2#f"),
        ("https://a.example/(b) c", "https://a.example/%28b%29%20c"),
        ('https://a.example/"><b>', "https://a.example/%22%3E%3Cb%3E"),
        ("javascript:alert(1)", ""),
        ("javascript://a.example/%0aalert(1)", ""),
        ("file://a.example/etc/passwd", ""),
        ("https:///nowhere", ""),
        ("http://[", ""),
        ("https://a.example/" + "x" * 2_000, ""),
        ("", ""),
    ],
)
def test_a_link_is_web_only_and_cannot_end_its_own_brackets(url: str, link: str) -> None:
    assert safe_link(url) == link
