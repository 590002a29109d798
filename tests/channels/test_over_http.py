"""Both channels against the simulated tools, over real HTTP: what arrives, and what is known when an answer is lost."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized
from connectors.registry import open_connector
from connectors.sandbox.server import serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox
from connectors.slack import Slack
from connectors.teams import Teams
from connectors.wire import open_wire

from .notes import ACHIEVED, AT_RISK, HEAVIEST, REOPENED

LOOPBACK = ["127.0.0.0/8"]


def now() -> datetime:
    return datetime(2026, 11, 18, 16, 41, tzinfo=UTC)


@pytest.fixture
def workspace() -> SlackSandbox:
    return SlackSandbox(now=now)


@pytest.fixture
def slack_at(workspace: SlackSandbox) -> Iterator[str]:
    with serve(workspace) as server:
        yield server.url


@pytest.fixture
def workflows() -> TeamsSandbox:
    return TeamsSandbox(now=now)


@pytest.fixture
def teams_at(workflows: TeamsSandbox) -> Iterator[str]:
    with serve(workflows) as server:
        yield server.url


def bot(url: str, token: str = "xoxb-sandbox") -> Slack:
    settings = {"bot_token": token, "channel": "C0PAYMENTS", "base_url": f"{url}/api/"}
    opened = open_connector("slack", settings, allow_private=LOOPBACK)
    assert isinstance(opened, Slack)
    return opened


def webhook(url: str, path: str) -> Slack:
    opened = open_connector("slack", {"webhook_url": url + path, "base_url": url}, allow_private=LOOPBACK)
    assert isinstance(opened, Slack)
    return opened


def flow(url: str, path: str) -> Teams:
    opened = open_connector("teams", {"workflow_url": url + path, "base_url": url}, allow_private=LOOPBACK)
    assert isinstance(opened, Teams)
    return opened


def test_teams_shows_every_card_as_it_was_drawn(workflows: TeamsSandbox, teams_at: str) -> None:
    channel = flow(teams_at, workflows.add_channel("Payments", "payments"))
    for notification in (AT_RISK, ACHIEVED, REOPENED, *HEAVIEST):
        channel.send(notification)
        assert workflows.posts[-1].payload == channel.render(notification)
    assert len(workflows.posts) == 3 + len(HEAVIEST)


def test_a_card_whose_answer_was_lost_is_there_once_and_we_say_that_it_may_be(
    workflows: TeamsSandbox, teams_at: str
) -> None:
    channel = flow(teams_at, workflows.add_channel("Payments", "payments"))
    workflows.lose_answer_next()
    with pytest.raises(TryLater) as caught:
        channel.send(AT_RISK)
    assert caught.value.maybe_arrived
    assert len(workflows.posts) == 1
    told = "".join(traceback.format_exception(caught.value))
    assert workflows.flows["payments"].sig not in told
    assert workflows.flows["payments"].id not in told


def test_a_deleted_workflow_is_gone_and_a_wrong_signature_is_not_let_in(workflows: TeamsSandbox, teams_at: str) -> None:
    path = workflows.add_channel("Payments", "payments")
    with pytest.raises(Unauthorized):
        flow(teams_at, path[:-3] + "xyz").send(AT_RISK)
    workflows.delete_flow("payments")
    with pytest.raises(Gone):
        flow(teams_at, path).send(AT_RISK)
    assert workflows.posts == []


def test_a_workflow_that_is_not_listening_is_tried_later_and_nothing_arrived(workflows: TeamsSandbox) -> None:
    with serve(workflows) as server:
        url = server.url
    wire = open_wire(hosts=(), base_url=url, allow_private=LOOPBACK, sleep=lambda _: None)
    channel = Teams({"workflow_url": url + workflows.add_channel("Payments", "payments"), "base_url": url}, wire)
    with pytest.raises(TryLater) as caught:
        channel.send(AT_RISK)
    assert not caught.value.maybe_arrived


def test_a_private_host_that_is_not_listed_is_never_reached(workflows: TeamsSandbox, teams_at: str) -> None:
    url = teams_at + workflows.add_channel("Payments", "payments")
    channel = open_connector("teams", {"workflow_url": url, "base_url": teams_at})
    assert isinstance(channel, Teams)
    with pytest.raises(Misconfigured):
        channel.send(AT_RISK)
    assert workflows.requests == []


def test_a_webhook_shows_every_message_and_gives_no_thread(workspace: SlackSandbox, slack_at: str) -> None:
    channel = webhook(slack_at, workspace.add_channel("#payments", "payments").webhook_path)
    for notification in (AT_RISK, ACHIEVED, REOPENED, *HEAVIEST):
        receipt = channel.send(notification)
        assert (receipt.key, receipt.thread) == ("", "")
        shown = channel.render(notification)
        assert {name: workspace.posts[-1].payload[name] for name in shown} == shown


def test_a_bot_keeps_one_thread_and_its_first_message_shows_how_things_stand(
    workspace: SlackSandbox, slack_at: str
) -> None:
    workspace.add_channel("#payments", "payments")
    channel = bot(slack_at)
    assert channel.check().name == "okrhub in Northwind Robotics"
    first = channel.send(AT_RISK)
    second = channel.send(replace(REOPENED, thread=first.thread))
    root, reply = workspace.posts
    assert (first.key, first.thread, second.key, second.thread) == (root.key, root.key, reply.key, root.key)
    assert root.payload["text"] == reply.payload["text"]
    assert root.edits[0]["text"].startswith("At risk, was on track")
    assert (reply.thread, reply.broadcast) == (root.key, True)
    assert first.at == now().replace(microsecond=1)


def test_a_thread_whose_first_message_is_unknown_begins_anew(workspace: SlackSandbox, slack_at: str) -> None:
    workspace.add_channel("#payments", "payments")
    receipt = bot(slack_at).send(replace(AT_RISK, thread="1700000000.000009"))
    (post,) = workspace.posts
    assert (receipt.thread, post.key, post.thread) == (post.key, post.key, "")


def test_a_reply_whose_answer_was_lost_is_there_once_and_can_be_sent_again(
    workspace: SlackSandbox, slack_at: str
) -> None:
    workspace.add_channel("#payments", "payments")
    channel = bot(slack_at)
    first = channel.send(AT_RISK)
    again = replace(REOPENED, thread=first.thread)
    workspace.lose_answer_next()
    with pytest.raises(TryLater) as caught:
        channel.send(again)
    assert caught.value.maybe_arrived
    assert [post.thread for post in workspace.posts] == ["", first.key]
    assert channel.send(again).thread == first.key


def test_a_webhook_whose_answer_was_lost_may_have_arrived(workspace: SlackSandbox, slack_at: str) -> None:
    made = workspace.add_channel("#payments", "payments")
    workspace.lose_answer_next()
    with pytest.raises(TryLater) as caught:
        webhook(slack_at, made.webhook_path).send(AT_RISK)
    assert caught.value.maybe_arrived
    assert len(workspace.posts) == 1
    assert made.webhook_path not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("by_bot", [True, False])
def test_an_archived_channel_is_gone(workspace: SlackSandbox, slack_at: str, by_bot: bool) -> None:
    made = workspace.add_channel("#payments", "payments")
    workspace.archive("payments")
    with pytest.raises(Gone):
        (bot(slack_at) if by_bot else webhook(slack_at, made.webhook_path)).send(AT_RISK)


def test_a_removed_webhook_is_gone_and_a_wrong_token_must_be_replaced(workspace: SlackSandbox, slack_at: str) -> None:
    made = workspace.add_channel("#payments", "payments")
    workspace.remove_webhook("payments")
    with pytest.raises(Gone):
        webhook(slack_at, made.webhook_path).send(AT_RISK)
    failures: list[ConnectorError] = []
    for ask in (bot(slack_at, "xoxb-old").check, lambda: bot(slack_at, "xoxb-old").send(AT_RISK)):
        with pytest.raises(Unauthorized) as caught:
            ask()
        failures.append(caught.value)
    assert all("xoxb-old" not in str(failure) for failure in failures)
