"""Every connector in the registry, held to the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.errors import Misconfigured
from connectors.registry import KINDS, load
from tests.connectors import conformance


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_conformance(kind: str, check: Callable[[str], None]) -> None:
    check(kind)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_making_a_connector_reaches_nobody(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    conformance.making_it_reaches_nobody(kind, monkeypatch)


def test_the_errors_are_a_closed_set() -> None:
    conformance.errors_are_a_closed_set()


def test_every_kind_has_settings_to_be_tried_with() -> None:
    assert set(conformance.SETTINGS) == set(KINDS)


def test_a_kind_that_does_not_exist_is_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="jira"):
        load("jirra")
