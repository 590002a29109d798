"""Cells of Excel and columns of SharePoint as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from connectors.errors import Gone, Misconfigured
from connectors.shapes import Scope
from tests.connectors.microsoft_tenant import Tenant, cursor_of, open_tenant

ADDRESS = "northwind.sharepoint.com/sites/sales"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with open_tenant() as made:
        site = made.office.add_site("northwind.sharepoint.com", "sites/sales")
        made.book = made.office.add_workbook(made.office.drive_of(site), "Reports/Q4 OKR.xlsx")  # type: ignore[attr-defined]
        for row, value in enumerate([3, 4.25, None, -1], 1):
            made.office.set_cell(made.book, "Mira's sheet / 1", f"B{row}", value)  # type: ignore[attr-defined]
        made.list = made.office.add_site_list(site, "Metrics", {"Value": "Value today", "OData_x": "Other"})  # type: ignore[attr-defined]
        made.office.set_site_item(made.list, 3, Title="Customers", Value=41.5)  # type: ignore[attr-defined]
        yield made


def cells(tenant: Tenant, **more: str) -> Scope:
    return tenant.scope(site=ADDRESS, file="Reports/Q4 OKR.xlsx", sheet="Mira's sheet / 1", **more)


def column(tenant: Tenant, name: str = "Value today") -> Scope:
    return tenant.scope(site=ADDRESS, list="Metrics", item="3", column=name)


def test_a_cell_is_read_whatever_its_sheet_is_called_then_and_later(tenant: Tenant) -> None:
    scope = cells(tenant, cell="$B$2")
    assert scope.name == "Q4 OKR.xlsx, Mira's sheet / 1!$B$2"
    tenant.office.rename_sheet(tenant.book, "Mira's sheet / 1", "Another")  # type: ignore[attr-defined]
    sample = tenant.connector.sample(scope, "Customers")
    assert (sample.name, sample.value, sample.at) == ("Customers", Decimal("4.25"), tenant.clock())


@pytest.mark.parametrize(
    ("take", "gives"),
    [("sum", "6.25"), ("average", "2.083333"), ("minimum", "-1"), ("maximum", "4.25"), ("count", "3")],
)
def test_a_range_becomes_one_number_as_the_rule_says(tenant: Tenant, take: str, gives: str) -> None:
    assert tenant.connector.sample(cells(tenant, range="B1:B4", take=take), "").value == Decimal(gives)


def test_a_range_of_several_cells_without_a_word_on_how_is_refused(tenant: Tenant) -> None:
    with pytest.raises(Misconfigured, match="4 cells, and one number is wanted") as raised:
        tenant.connector.sample(cells(tenant, range="B1:B4"), "")
    assert "take: sum" in raised.value.hint


def test_a_named_range_is_read_by_its_name(tenant: Tenant) -> None:
    tenant.office.name_range(tenant.book, "Active_Customers", "Mira's sheet / 1", "B1")  # type: ignore[attr-defined]
    scope = tenant.scope(site=ADDRESS, file="Reports/Q4 OKR.xlsx", name="Active_Customers")
    assert tenant.connector.sample(scope, "").value == 3


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("#N/A", "stands an error: '#N/A'"),
        ("n/a yet", "stands text: 'n/a yet'"),
        (None, "is empty"),
        (True, "stands true or false: 'True'"),
    ],
)
def test_a_cell_without_a_number_is_never_a_value(tenant: Tenant, value: str | bool | None, says: str) -> None:
    scope = cells(tenant, cell="C1")
    tenant.office.set_cell(tenant.book, "Mira's sheet / 1", "C1", value)  # type: ignore[attr-defined]
    with pytest.raises(Misconfigured, match=says) as raised:
        tenant.connector.sample(scope, "")
    assert raised.value.field == "select"


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tenant: Tenant) -> None:
    with pytest.raises(Misconfigured, match="no sheet 'Q9'") as raised:
        tenant.scope(site=ADDRESS, file="Reports/Q4 OKR.xlsx", sheet="Q9", cell="B1")
    assert "Mira's sheet / 1" in raised.value.hint


def test_an_error_within_a_range_is_not_summed_over(tenant: Tenant) -> None:
    tenant.office.set_cell(tenant.book, "Mira's sheet / 1", "B3", "#DIV/0!")  # type: ignore[attr-defined]
    with pytest.raises(Misconfigured, match=r"B3 stands an error \(#DIV/0!\)"):
        tenant.connector.sample(cells(tenant, range="B1:B4", take="sum"), "")


@pytest.mark.parametrize(("value", "gives"), [(41.5, "41.5"), (0, "0"), ("42.0000000000000", "42"), (" 7 ", "7")])
def test_a_column_is_a_number_or_the_text_of_one(tenant: Tenant, value: float | str, gives: str) -> None:
    tenant.office.set_site_item(tenant.list, 3, Value=value)  # type: ignore[attr-defined]
    assert tenant.connector.sample(column(tenant), "").value == Decimal(gives)


@pytest.mark.parametrize(
    ("value", "says"), [(None, "is empty"), ("soon", "no number: 'soon'"), ("NaN", "no number"), (True, "no number")]
)
def test_a_column_without_a_number_is_never_a_value(tenant: Tenant, value: object, says: str) -> None:
    tenant.office.set_site_item(tenant.list, 3, Value=value)  # type: ignore[attr-defined]
    with pytest.raises(Misconfigured, match=says):
        tenant.connector.sample(column(tenant), "")


def test_a_column_is_found_by_the_name_shown_or_its_own(tenant: Tenant) -> None:
    assert column(tenant, "Value today") == column(tenant, "Value")
    with pytest.raises(Misconfigured, match="no column 'Worth'"):
        column(tenant, "Worth")


def test_an_item_that_was_deleted_is_gone(tenant: Tenant) -> None:
    scope = column(tenant)
    tenant.office.remove_site_item(tenant.list, 3)  # type: ignore[attr-defined]
    with pytest.raises(Gone, match="nothing is there"):
        tenant.connector.sample(scope, "")


def test_where_excel_refuses_apps_the_error_says_so_and_nothing_else_is_read(tenant: Tenant) -> None:
    scope = cells(tenant, cell="B1")
    tenant.graph.office_routes.excel_for_apps = False
    tenant.counter.take()
    with pytest.raises(Misconfigured, match="may not be read") as raised:
        tenant.connector.sample(scope, "")
    assert "sign in as a person" in raised.value.hint
    assert tenant.counter.take()["requests"] == 1
    with pytest.raises(Misconfigured, match="may not be read by this account") as raised:
        cells(tenant, cell="B2")
    assert raised.value.field == "select"
    assert tenant.connect(user=tenant.mira).sample(scope, "").value == 3


def test_a_gauge_is_a_selection_of_one_item(tenant: Tenant) -> None:
    scope = cells(tenant, cell="B1")
    page = tenant.read(scope)[-1]
    assert [(item.key, item.fields) for item in page.items] == [(scope.key, {"value": Decimal(3)})]
    assert page.rolls[0].exact and page.rolls[0].keys == {scope.key}


def test_twenty_numbers_are_looked_at_with_one_request_and_only_those_that_moved_are_told(tenant: Tenant) -> None:
    scopes = [cells(tenant, cell=f"D{row}") for row in range(1, 20)]
    for row in range(1, 20):
        tenant.office.set_cell(tenant.book, "Mira's sheet / 1", f"D{row}", row)  # type: ignore[attr-defined]
    scopes.append(column(tenant))
    since = cursor_of(tenant.read(scopes[0]))
    for scope in scopes[1:]:
        since = tenant.connector.merge(since, cursor_of(tenant.read(scope)))
    tenant.counter.take()
    assert [page.items for page in tenant.connector.changes(scopes, since)] == [()]
    assert tenant.counter.take()["requests"] == 1
    tenant.office.set_cell(tenant.book, "Mira's sheet / 1", "D5", 55)  # type: ignore[attr-defined]
    told = [item.fields["value"] for page in tenant.connector.changes(scopes, since) for item in page.items]
    assert told == [Decimal(55)]


def test_a_plan_is_no_single_number(tenant: Tenant) -> None:
    plan = tenant.planner.add_plan(tenant.team, "Launch")
    with pytest.raises(Misconfigured, match="no single number"):
        tenant.connector.sample(tenant.scope(plan=plan), "")


def test_a_number_that_another_selection_read_meanwhile_is_told_all_the_same(tenant: Tenant) -> None:
    scope = cells(tenant, cell="B1")
    held = cursor_of(tenant.read(scope))
    tenant.office.set_cell(tenant.book, "Mira's sheet / 1", "B1", 9)  # type: ignore[attr-defined]
    read = cursor_of(tenant.read(scope))
    pages = tenant.connector.changes([scope], tenant.connector.merge(held, read))
    assert [item.fields["value"] for page in pages for item in page.items] == [Decimal(9)]


SHEET = "Mira's sheet / 1"


def put(tenant: Tenant, column: str, *values: str | float | bool | None, formats: str = "") -> None:
    """Write values below each other, from the first row on."""
    for row, value in enumerate(values, 1):
        tenant.office.set_cell(tenant.book, SHEET, f"{column}{row}", value)  # type: ignore[attr-defined]
        if formats:
            tenant.office.format_cell(tenant.book, SHEET, f"{column}{row}", formats)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("take", "gives"), [("sum", "105"), ("average", "52.5"), ("minimum", "5"), ("maximum", "100"), ("count", "2")]
)
def test_text_in_a_range_is_passed_over_as_sum_does(tenant: Tenant, take: str, gives: str) -> None:
    put(tenant, "D", "Amount", 100, None, "n/a", True, 5)
    assert tenant.connector.sample(cells(tenant, range="D1:D6", take=take), "").value == Decimal(gives)


def test_a_range_of_names_and_amounts_gives_the_amounts(tenant: Tenant) -> None:
    put(tenant, "D", "Name", "Test")
    put(tenant, "E", "Amount", 100)
    assert tenant.connector.sample(cells(tenant, range="D1:E2", take="sum"), "").value == 100


@pytest.mark.parametrize(
    "shown",
    [
        "dd/mm/yyyy",
        "m/d/yy",
        "[$-407]d. mmmm yyyy;@",
        "yyyy\\-mm\\-dd",
        "h:mm",
        "[h]:mm",
        "mmm-yy",
        '"on "d. mmm',
        "[$-F800]dddd, mmmm dd, yyyy",
    ],
)
def test_a_date_is_named_and_never_added(tenant: Tenant, shown: str) -> None:
    put(tenant, "D", 100, 5)
    tenant.office.set_cell(tenant.book, SHEET, "D3", 46231)  # type: ignore[attr-defined]
    tenant.office.format_cell(tenant.book, SHEET, "D3", shown)  # type: ignore[attr-defined]
    with pytest.raises(Misconfigured, match=r"D3 stands a date or a time") as raised:
        tenant.connector.sample(cells(tenant, range="D1:D3", take="sum"), "")
    assert raised.value.field == "select"
    with pytest.raises(Misconfigured, match="stands a date or a time"):
        tenant.connector.sample(cells(tenant, cell="D3"), "")


@pytest.mark.parametrize(
    "shown",
    [
        "General",
        "0",
        "#,##0.00",
        "0%",
        '#,##0.00 "days"',
        "[Red]-0.00",
        "[$EUR] #,##0",
        "0.00E+00",
        "_-* #,##0.00\\ _d",
        "@",
        '0;[Red]-0;"d"',
        "# ?/?",
    ],
)
def test_a_number_is_a_number_however_it_is_shown(tenant: Tenant, shown: str) -> None:
    put(tenant, "D", 100, 5, formats=shown)
    assert tenant.connector.sample(cells(tenant, range="D1:D2", take="sum"), "").value == 105


def test_many_dates_are_named_by_the_first_of_them(tenant: Tenant) -> None:
    put(tenant, "AA", *range(46000, 46009), formats="d/m/y")
    with pytest.raises(Misconfigured, match=r"AA1, AA2, AA3, AA4, AA5 and 4 more stands a date or a time"):
        tenant.connector.sample(cells(tenant, range="AA1:AA9", take="maximum"), "")


def test_a_range_without_any_number_has_no_value(tenant: Tenant) -> None:
    put(tenant, "D", "a", "b")
    with pytest.raises(Misconfigured, match="has no number in it"):
        tenant.connector.sample(cells(tenant, range="D1:D2", take="sum"), "")
    assert tenant.connector.sample(cells(tenant, range="D1:D2", take="count"), "").value == 0
