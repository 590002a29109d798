"""How a card travels to a Workflows address, and what each answer means."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from connectors.contract import Channel
from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.shapes import Receipt
from connectors.teams import Teams
from connectors.wire import open_wire

from .notes import AT_RISK

FLOW = (
    "https://acme.12.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/"
    "s3cr3tid/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s3cr3tsig"
)
OLD = "https://prod-12.westeurope.logic.azure.com:443/workflows/s3cr3tid/triggers/manual/paths/invoke?sig=s3cr3tsig"
NOW = datetime(2026, 11, 18, 16, 41, tzinfo=UTC)


def teams(settings: dict[str, str]) -> Teams:
    wire = open_wire(
        hosts=Teams.describe().hosts,
        base_url=settings.get("base_url", ""),
        secrets=[settings["workflow_url"]],
        sleep=lambda _: None,
    )
    return Teams(settings, wire, now=lambda: NOW)


def refused(url: str = FLOW) -> ConnectorError:
    """Send, expect a refusal, and make sure that nothing about it tells a secret."""
    with pytest.raises(ConnectorError) as caught:
        teams({"workflow_url": url}).send(AT_RISK)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value)) + caught.value.hint
    return caught.value


def test_teams_is_a_channel_whose_only_sign_in_is_a_secret_address() -> None:
    described = Teams.describe()
    assert isinstance(teams({"workflow_url": FLOW}), Channel)
    assert [(way.carried_by, [field.name for field in way.fields]) for way in described.auth] == [
        ("url", ["workflow_url"])
    ]
    assert [field.name for field in described.all_fields() if field.secret] == ["workflow_url"]


@responses.activate
@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("url", [FLOW, OLD])
def test_the_card_is_posted_as_drawn_and_the_receipt_has_the_time_of_the_answer(url: str, status: int) -> None:
    responses.post(url, status=status, headers={"Date": "Wed, 18 Nov 2026 16:41:07 GMT"})
    channel = teams({"workflow_url": url})
    assert channel.send(AT_RISK) == Receipt(at=datetime(2026, 11, 18, 16, 41, 7, tzinfo=UTC))
    (call,) = responses.calls
    assert json.loads(call.request.body or "") == channel.render(AT_RISK)
    assert call.request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert call.request.url == url.replace(":443", "") or call.request.url == url


@responses.activate
def test_a_receipt_takes_our_clock_when_the_answer_has_no_date() -> None:
    responses.post(FLOW, status=202)
    assert teams({"workflow_url": FLOW}).send(AT_RISK).at == NOW


@responses.activate
def test_a_sign_in_page_in_the_workflows_place_keeps_the_card_for_later() -> None:
    responses.post(FLOW, status=200, body="<html><title>Log in to the guest network</title></html>")
    failure = refused()
    assert isinstance(failure, TryLater)
    assert not failure.maybe_arrived
    assert "web page" in str(failure)


@responses.activate
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Gone),
        (410, Gone),
        (413, Unexpected),
        (400, Misconfigured),
        (302, Unexpected),
        (418, Unexpected),
    ],
)
def test_each_no_of_a_workflow_says_what_to_do(status: int, kind: type[ConnectorError]) -> None:
    responses.post(FLOW, status=status, json={"error": {"code": "X", "message": f"no, not {FLOW}"}})
    failure = refused()
    assert type(failure) is kind
    assert str(status) in str(failure)
    assert failure.hint


@responses.activate
def test_an_address_that_wants_a_sign_in_is_told_to_let_anyone_trigger_it() -> None:
    responses.post(FLOW, status=401)
    assert "Anyone" in refused().hint


@responses.activate
def test_a_limit_names_the_wait_that_was_asked_for() -> None:
    responses.post(FLOW, status=429, headers={"Retry-After": "60"})
    failure = refused()
    assert isinstance(failure, TryLater)
    assert (failure.after, failure.maybe_arrived) == (timedelta(seconds=60), False)


@responses.activate
@pytest.mark.parametrize(
    ("trouble", "maybe_arrived"),
    [
        (requests.ConnectTimeout(f"no connection for {FLOW}"), False),
        (requests.ReadTimeout(f"no answer for {FLOW}"), True),
        (requests.ConnectionError(f"cut {FLOW}"), True),
        (500, True),
        (502, True),
        (503, True),
        (504, True),
    ],
)
def test_a_lost_answer_says_whether_the_card_may_be_there(trouble: Exception | int, maybe_arrived: bool) -> None:
    if isinstance(trouble, int):
        responses.post(FLOW, status=trouble)
    else:
        responses.post(FLOW, body=trouble)
    failure = refused()
    assert isinstance(failure, TryLater)
    assert failure.maybe_arrived is maybe_arrived
    assert maybe_arrived is (len(responses.calls) == 1)  # what may have arrived is not sent twice by us


@responses.activate
def test_checking_posts_nothing_and_names_the_channel_and_host() -> None:
    assert teams({"workflow_url": FLOW}).check().name == "acme.12.environment.api.powerplatform.com"
    assert (
        teams({"workflow_url": OLD, "name": "Payments"}).check().name == "Payments (prod-12.westeurope.logic.azure.com)"
    )
    assert len(responses.calls) == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.api.powerplatform.com/s3cr3t",
        "ftp://acme.api.powerplatform.com/s3cr3t",
        "https://[s3cr3t",
        "https://evil.example/s3cr3t",
        "https://api.powerplatform.com.evil.example/s3cr3t",
        "https://notlogic.azure.com/s3cr3t",
    ],
)
def test_an_address_that_cannot_be_a_workflow_is_refused_with_the_way_to_make_one(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Teams({"workflow_url": url}, requests.Session())
    assert caught.value.field == "workflow_url"
    assert "Workflows" in caught.value.hint
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value)) + caught.value.hint


@pytest.mark.parametrize("host", ["acme.webhook.office.com", "outlook.office.com", "outlook.office365.com"])
def test_an_office_connector_is_refused_because_microsoft_has_switched_it_off(host: str) -> None:
    with pytest.raises(Misconfigured, match="switched off") as caught:
        Teams({"workflow_url": f"https://{host}/webhookb2/s3cr3t"}, requests.Session())
    assert "s3cr3t" not in str(caught.value)
    assert "Workflows" in caught.value.hint


@responses.activate
def test_another_host_is_reached_when_base_url_names_it() -> None:
    url = "https://flows.acme.example/x?sig=s3cr3t"
    responses.post(url, status=202)
    channel = teams({"workflow_url": url, "base_url": "https://flows.acme.example"})
    assert channel.send(AT_RISK).at == NOW


@responses.activate
def test_an_address_that_no_library_can_ask_does_not_show_itself_in_the_error() -> None:
    failure = refused("https://*.logic.azure.com:99999/s3cr3t")
    assert isinstance(failure, Misconfigured)
    assert failure.field == "workflow_url"
