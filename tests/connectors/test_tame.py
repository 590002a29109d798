"""Foreign JSON: every failure names its path, and signatures fail in one way only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Forged, Unexpected
from connectors.signatures import check_hmac_sha256, hmac_sha256_hex
from connectors.tame import Wild, decode, moment, shape, tame, without_halves


def test_a_null_where_text_belongs_is_named_by_its_path() -> None:
    wild = tame(b'{"fields": {"status": {"name": null}}}', "jira")
    with pytest.raises(Unexpected) as raised:
        wild["fields"]["status"]["name"].text()
    assert str(raised.value) == "jira changed shape at fields.status.name: expected text, found null"


def test_a_missing_name_is_named_by_its_path() -> None:
    with pytest.raises(Unexpected, match=r"^jira changed shape at issue\.fields\[1\]\.id: it is missing$"):
        tame(b'{"issue": {"fields": [{"id": 1}, {}]}}', "jira")["issue"]["fields"][1]["id"]


def test_a_list_that_is_too_short_is_named_by_its_path() -> None:
    with pytest.raises(Unexpected, match=r"at a\[2\]: it is missing"):
        tame(b'{"a": [1, 2]}', "jira")["a"][2]


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{"id": 1}', '\ufeff{"id": 1}'])
def test_a_mark_of_the_encoding_before_json_is_skipped(body: bytes | str) -> None:
    assert tame(body, "jira")["id"].key() == "1"
    if isinstance(body, bytes):
        assert decode(msgspec.json.Decoder(dict[str, int]), body, "jira") == {"id": 1}


def test_the_value_itself_is_never_quoted() -> None:
    with pytest.raises(Unexpected) as raised:
        tame(b'{"salary": "private"}', "jira")["salary"].number()
    assert "private" not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b"1" * 5000])
def test_what_is_not_json_is_unexpected(body: bytes) -> None:
    with pytest.raises(Unexpected, match="not JSON"):
        tame(body, "jira")


def test_values_come_out_typed() -> None:
    wild = Wild({"n": 1.1, "t": "3", "b": True, "d": "2026-11-02", "m": "2026-11-02T10:00:00.000+0100", "id": 7}, "x")
    assert wild["n"].number() == Decimal("1.1")
    assert wild["t"].number() == Decimal(3)
    assert wild["b"].flag() is True
    assert wild["d"].day() == date(2026, 11, 2)
    assert wild["m"].moment() == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert wild["id"].key() == "7"
    assert [one.text() for one in Wild(["a", "b"], "x")] == ["a", "b"]


@pytest.mark.parametrize("value", [True, "NaN", "Infinity", "", [], None, float("nan")])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(Unexpected, match="number"):
        Wild(value, "x", "points").number()


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        moment("2026-11-02T10:00:00")


class _Inner(msgspec.Struct):
    name: str


class _Outer(msgspec.Struct):
    issues: list[_Inner]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"issues": [{"name": "a"}, {"name": null}]}', "issues[1].name: expected text, found null"),
        (b'{"issues": [{}]}', "issues[0].name: it is missing"),
        (b'{"issues": {}}', "issues: expected a list, found an object"),
        (b"[]", "the top: expected an object, found a list"),
    ],
)
def test_a_page_of_another_shape_is_named_by_the_path(body: bytes, said: str) -> None:
    with pytest.raises(Unexpected) as raised:
        decode(msgspec.json.Decoder(_Outer), body, "jira")
    assert str(raised.value) == f"jira changed shape at {said}"


def test_a_page_that_is_html_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="not JSON"):
        decode(msgspec.json.Decoder(_Outer), b"<html>", "jira")


def test_the_documented_signature_holds() -> None:
    # the example of https://developer.atlassian.com/cloud/jira/platform/webhooks/
    given_ = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    check_hmac_sha256(given_, b"Hello World!", "It's a Secret to Everybody")


@given(
    signature=st.one_of(st.none(), st.text()),
    body=st.binary(),
    secret=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_a_hostile_signature_is_forged_and_nothing_else(signature: str | None, body: bytes, secret: str) -> None:
    with pytest.raises(Forged):
        check_hmac_sha256(signature, body, secret)


def test_an_empty_secret_proves_nothing() -> None:
    with pytest.raises(Forged, match="no secret"):
        check_hmac_sha256("sha256=" + hmac_sha256_hex("", b"x"), b"x", "")


def test_another_method_than_the_one_expected_is_forged() -> None:
    with pytest.raises(Forged, match="sha256="):
        check_hmac_sha256("sha1=" + "0" * 64, b"x", "secret")


def test_half_a_letter_in_one_text_leaves_the_rest_of_an_answer_readable() -> None:
    class Named(msgspec.Struct):
        names: list[str]

    found = decode(msgspec.json.Decoder(Named), b'{"names": ["\\ud83d\\ude80", "\\ud800", "b"]}', "asana")
    assert found.names == ["\U0001f680", "?", "b"]
    assert without_halves(b'["\\ud800"]') == b'["?"]'
    assert without_halves(b"[1") == b"[1"


def test_half_a_letter_where_something_else_than_text_is_wanted_is_another_shape() -> None:
    with pytest.raises(Unexpected, match="hardly text"):
        shape("\ud800", list[int], "jira")
