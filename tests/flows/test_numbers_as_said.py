"""Small numbers through the whole hub: what channels, pages, plans and notes say of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.flows.check_in import Said, check_in
from hub.flows.plan import apply as apply_files
from hub.flows.plan import plan
from hub.flows.show import show_key_result
from hub.flows.show.key_result import KeyResultPage
from hub.model.rights import Role, Viewer
from hub.store import Store
from hub.workspace import read_workspace
from tests.flows.house import BUGS_RULE, OPEN_BUGS, House
from tests.flows.letters import posts
from tests.flows.microsoft_house import MicrosoftHouse, open_microsoft_house

MIRA = "mira@northwind.test"
COST = (
    "{key_result: cost, title: Cost of a call, kind: stay_below, target: 0.04, unit: EUR, owner: mira@northwind.test}"
)
UPTIME = '{key_result: uptime, title: Uptime, kind: stay_above, target: 99.95, unit: "%", owner: mira@northwind.test}'
ERRORS = (
    '{key_result: errors, title: Errors, kind: decrease, baseline: 0.05, target: 0.02, unit: "%", '
    "owner: mira@northwind.test}"
)
REVENUE = (
    "{key_result: revenue, title: Revenue, kind: increase, baseline: 1, target: 2, unit: M\u20ac, "
    "owner: mira@northwind.test}"
)
STEPS = (
    "{key_result: steps, title: Steps, kind: milestones, owner: mira@northwind.test, milestones: "
    "[{name: One, done_on: 2026-11-02}, {name: Two}, {name: Three, weight: 2}]}"
)


def said_by(house: House, key: str, *values: str) -> None:
    """Check in one value after the other, a day between them."""
    for number, value in enumerate(values):
        check_in(house.store, f"ship/{key}", Said(f"form-{key}-{number}", value), who=MIRA, now=house.clock())
        house.clock.pass_(days=1)


def page_of(house: House | MicrosoftHouse, key: str) -> KeyResultPage:
    page = show_key_result(house.store, f"ship/{key}", house.clock(), Viewer(MIRA, Role.ADMIN))
    assert page is not None
    return page


def facts(page: KeyResultPage) -> dict[str, str]:
    return {fact.label: fact.value.replace("\u00a0", " ") for fact in page.facts}


def apply(house: House, *key_results: str) -> None:
    house.apply((BUGS_RULE,), (*key_results, OPEN_BUGS))


def test_a_cost_of_hundredths_is_told_with_its_decimals_everywhere(house: House) -> None:
    apply(house, COST)
    said_by(house, "cost", "0.03", "0.044")
    assert house.tell("b-hook") == 1
    (said,) = posts(house, "#payments")
    assert "0.03 to 0.044" in said
    assert "stay below 0.04 EUR" in said
    page = page_of(house, "cost")
    assert (page.big, page.row.note) == ("0.044", "stay below 0.04 EUR")
    assert facts(page)["Outside by"] == "0.004"
    assert facts(page)["To stay below"] == "0.04"
    assert "0.03 to 0.044" in page.standing
    assert (page.readings[0].value, page.readings[1].value) == ("0.044", "0.03")


def test_a_value_just_under_its_limit_is_not_told_as_the_limit(house: House) -> None:
    apply(house, UPTIME)
    said_by(house, "uptime", "99.96", "99.94")
    house.tell("b-hook")
    (said,) = posts(house, "#payments")
    assert "99.96 to 99.94" in said
    assert "stay above 99.95" in said
    page = page_of(house, "uptime")
    assert page.big.replace("\u00a0", " ") == "99.94 %"
    assert facts(page)["Outside by"] == "0.01 %"


def test_a_way_within_hundredths_is_said_from_end_to_end(house: House) -> None:
    apply(house, ERRORS, REVENUE)
    said_by(house, "errors", "0.05")
    said_by(house, "revenue", "1.01")
    assert page_of(house, "errors").row.note.replace("\u00a0", " ") == "to 0.02 %"
    assert page_of(house, "errors").big.replace("\u00a0", " ") == "0.05 %"
    page = page_of(house, "revenue")
    assert (page.big, page.row.note) == ("1.01", "to 2 M\u20ac")
    assert page.row.bar is not None
    assert page.row.bar.words.replace("\u00a0", " ").startswith("1 % of the way, 5")


def test_milestones_with_weights_are_weighed_and_not_counted(house: House) -> None:
    apply(house, STEPS)
    page = page_of(house, "steps")
    assert (page.big, page.row.note) == ("1", "of 4 by weight")
    assert [one.weight for one in page.milestones] == ["1", "1", "2"]
    apply(house, STEPS.replace(", weight: 2", ""))
    assert page_of(house, "steps").row.note == "of 3 milestones"


def test_a_plan_tells_two_values_apart(house: House) -> None:
    apply(house, COST)
    said_by(house, "cost", "0.03")
    newer = COST.replace("EUR,", "EUR, check_ins: [{on: 2026-11-17, value: 0.0304, by: mira@northwind.test}],")
    (house.folder / "okrs" / "all.yaml").write_text(
        (house.folder / "okrs" / "all.yaml").read_text().replace(COST, newer)
    )
    declaration = read_workspace(house.folder).declaration
    assert declaration is not None
    house.clock.pass_(days=1)
    outlooks = plan(house.store, declaration, now=house.clock(), environ=house.environ).outlooks
    (found,) = (one for one in outlooks if one.key == "ship/cost")
    assert (found.numbers.bare(found.value), found.numbers.bare(found.new_value)) == ("0.03", "0.0304")


@pytest.fixture
def office(tmp_path: Path, store: Store) -> Iterator[MicrosoftHouse]:
    folder = tmp_path / "office"
    folder.mkdir()
    with open_microsoft_house(folder, store) as made:
        yield made


def cell_of(office: MicrosoftHouse, number: float, goal: str = "target: 10") -> str:
    """Make a workbook whose cell B7 holds a number, read it as a key result, and return the workbook."""
    site = office.office.add_site("northwind.sharepoint.com", "sites/sales")
    book = office.office.add_workbook(office.office.drive_of(site), "Reports/OKR.xlsx")
    office.office.set_cell(book, "Q4", "B7", number)
    select = "{site: northwind.sharepoint.com/sites/sales, file: Reports/OKR.xlsx, sheet: Q4, cell: B7}"
    office.apply(cell=f"{select}|{{sum: {{field: value}}}}")
    if goal != "target: 10":
        goals = office.folder / "okrs" / "all.yaml"
        goals.write_text(goals.read_text().replace("target: 10", goal))
        declaration = read_workspace(office.folder).declaration
        assert declaration is not None
        apply_files(office.store, declaration, now=office.clock(), who="a test", environ=office.environ)
    office.sync()
    return book


def test_a_cell_changes_and_is_neither_resized_nor_scope(office: MicrosoftHouse) -> None:
    book = cell_of(office, 99.82)
    office.office.set_cell(book, "Q4", "B7", 99.84)
    office.sync()
    page = page_of(office, "cell")
    assert page.moved is not None
    (group,) = page.moved.groups
    assert (group.title, group.sum_words, group.sum_value) == ("The number", "Value", "+0.02")
    assert [(row.words, row.effect) for row in group.rows] == [("changed from 99.82 to 99.84", "+0.02")]
    told = " ".join(one.words for one in page.activity)
    assert "changed from 99.82 to 99.84" in told
    assert "item counts" not in told


def test_a_cell_that_holds_a_share_for_a_goal_in_per_cent_is_pointed_out(office: MicrosoftHouse) -> None:
    book = cell_of(office, 0.42, 'target: 40, unit: "%"')
    assert page_of(office, "cell").doubt == (
        "Values look like shares (0 to 1), target 40: a cell or field shown as 42 % holds 0.42, so read one that holds "
        "the number in per cent (in Excel a cell such as =B4*100)."
    )
    office.office.set_cell(book, "Q4", "B7", 42)
    office.sync()
    assert page_of(office, "cell").doubt == ""
