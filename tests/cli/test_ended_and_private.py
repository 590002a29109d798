"""What the command line says of a cycle that is over, and of who hears of a private team."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import Command, edit

TEAM = "payments: {name: Payments, lead: mira@acme.test}"
PRIVATE = "payments: {name: Payments, lead: mira@acme.test, private: true}"
SENTENCE = "okrs will hear of the private team payments: pay/merchants, pay/failed"


def test_explain_says_that_the_cycle_has_ended_and_until_when_numbers_move(okrhub: Command, here: Path) -> None:
    edit(here, "okrs/company.yaml", "ends: 2026-12-31", "ends: 2026-11-21")
    okrhub("apply")
    said = okrhub("explain", "pay/failed")
    assert "The cycle ended 21 November; numbers may still move until 24 November.\n" in said.out
    assert "2.3\u00a0%, missed" in said.out
    assert okrhub("explain", "pay/failed", "--json").json["phase"] == "grace"


def test_explain_says_that_a_result_is_final(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    edit(here, "okrs/company.yaml", "ends: 2026-12-31", "ends: 2026-11-19")
    okrhub("apply")
    said = okrhub("explain", "pay/failed")
    assert "The cycle ended 19 November, final.\n" in said.out
    assert "2.3\u00a0%, missed, fresh" in said.out


def test_lint_plan_and_apply_name_the_private_key_results_that_a_route_takes(okrhub: Command, here: Path) -> None:
    edit(here, "okrs/company.yaml", TEAM, PRIVATE)
    said = okrhub("lint")
    assert said.code == 0
    assert f"hub.yaml:14:5  note: {SENTENCE}  [private-route]" in said.err
    assert "warning" not in said.err.lower().replace("0 warnings", "")
    assert f"private: {SENTENCE}\n" in okrhub("plan").out
    assert okrhub("plan", "--json").json["private_routes"] == [SENTENCE]
    assert f"private: {SENTENCE}\n" in okrhub("apply").out
    (note,) = okrhub("lint", "--json").json
    assert (note["severity"], note["code"], note["message"]) == ("note", "private-route", SENTENCE)


def test_lint_names_the_private_team_of_which_nobody_hears(okrhub: Command, here: Path) -> None:
    edit(here, "okrs/company.yaml", TEAM, PRIVATE)
    edit(here, "hub.yaml", "{to: okrs, team: payments}", "{to: okrs}")
    said = okrhub("lint")
    assert "no route names the private team payments, so no channel hears of pay/merchants, pay/failed" in said.err
    assert "private:" not in okrhub("plan").out
