"""Slack as a channel: Block Kit messages by incoming webhook or by a bot."""

from connectors.slack.slack import Slack

__all__ = ["Slack"]
