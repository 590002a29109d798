"""What no description covers, each with the reason. Whatever is not named here must be described."""

from __future__ import annotations

import re
from typing import NamedTuple


class Undescribed(NamedTuple):
    """Operations that the vendor's description does not hold."""

    vendor: str
    path: re.Pattern[str]
    reason: str


class Parameter(NamedTuple):
    """A query parameter that works and that the description of its operation does not list."""

    vendor: str
    path: re.Pattern[str]
    names: frozenset[str]
    reason: str


class Difference(NamedTuple):
    """Where a vendor's own description is known to be wrong, or a simulated tool differs from it on purpose."""

    vendor: str
    path: re.Pattern[str]
    problem: re.Pattern[str]
    reason: str


UNDESCRIBED = (
    Undescribed("jira", re.compile(r"/rest/(api/2|api/latest)/.*"), "Data Center and v2: Atlassian publishes v3 alone"),
    Undescribed(
        "jira", re.compile(r"/rest/(jira-)?webhooks?/1\.0/webhooks?(/.*)?"), "webhooks of admins: not in any file"
    ),
    Undescribed("jira", re.compile(r"/rest/api/3/search"), "removed by Atlassian (CHANGE-2046), and answered 410"),
    Undescribed("", re.compile(r"/services/.*"), "Slack's incoming webhooks are no API method"),
    Undescribed(
        "", re.compile(r"(/[^/]+)?/workflows/.*|/powerautomate/.*"), "a Teams workflow's address: no description"
    ),
    Undescribed(
        "",
        re.compile(r"/(.*/)?(authorize|token|oauth2?/.*|-/oauth.*|keys|jwks.*|userinfo|\.well-known/.*|oauth/.*)"),
        "login servers",
    ),
)
PARAMETERS = (
    Parameter(
        "trello",
        re.compile(r"/boards/[^/]+/(cards|actions|lists|labels|checklists|customFields|members)(/[a-z]+)?|/batch"),
        frozenset(
            {
                "fields", "customFieldItems", "checklists", "checklist_fields", "limit", "before", "since", "filter",
                "page", "members", "member_fields", "memberCreator", "member", "attachments", "actions", "urls",
            }
        ),
        "nested resources: https://developer.atlassian.com/cloud/trello/guides/rest-api/nested-resources/",
    ),
)  # fmt: skip


DIFFERENCES = (
    Difference(
        "jira",
        re.compile(r".*/changelog(/bulkfetch)?|.*/search/jql|.*/issue/[^/]+"),
        re.compile(r".*(items)\[\d+\]\.(from|to|fromString|toString): None is not of type 'string'"),
        "Jira sends null for what had no value, whatever its description says",
    ),
    Difference(
        "slack",
        re.compile(r"/chat\..*"),
        re.compile(r"answer 200: channel: 'C0[A-Z]+' does not match .*"),
        "the simulated channels have short ids",
    ),
)


def why_forgiven(vendor: str, path: str, problem: str) -> str:
    """Return why a problem is known and none of ours, "" when it is one."""
    return next(
        (
            one.reason
            for one in DIFFERENCES
            if one.vendor == vendor and one.path.fullmatch(path) and one.problem.fullmatch(problem)
        ),
        "",
    )


def why_undescribed(vendor: str, path: str) -> str:
    """Return why an operation is not described, "" when it should be."""
    return next((one.reason for one in UNDESCRIBED if one.vendor == vendor and one.path.fullmatch(path)), "")


def may_be_sent(vendor: str, path: str, name: str) -> bool:
    """Say whether a parameter that is not listed is known to work."""
    return any(one.vendor == vendor and name in one.names and one.path.fullmatch(path) for one in PARAMETERS)
