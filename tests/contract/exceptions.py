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
_NESTED = "nested resources: https://developer.atlassian.com/cloud/trello/guides/rest-api/nested-resources/"
PARAMETERS = (
    Parameter(
        "trello",
        re.compile(r"/boards/[^/]+(/(cards|actions|lists|labels|checklists|customFields|members)(/[a-z]+)?)?"),
        frozenset(
            {
                "fields", "customFieldItems", "checklists", "checklist_fields", "limit", "before", "since", "filter",
                "page", "members", "member_fields", "memberCreator", "member", "attachments", "actions", "cards",
                "card_fields", "card_customFieldItems", "card_checklists", "card_attachments", "labels",
                "labels_limit", "label_fields", "lists", "list_fields", "customFields", "cards_limit",
            }
        ),
        _NESTED,
    ),
    Parameter("trello", re.compile(r"/cards/[^/]+(/actions)?"), frozenset({"limit", "before", "list"}), _NESTED),
    Parameter(
        "asana",
        re.compile(r"/workspaces/[^/]+/tasks/search"),
        frozenset({"limit"}),
        "the guide to search speaks of up to 100 results a request: https://developers.asana.com/reference/searchtasksforworkspace",
    ),
)  # fmt: skip


_OLD = "words newer than Slack's file, which is of 2021"
DIFFERENCES = (
    Difference(
        "jira",
        re.compile(r".*/changelog(/bulkfetch)?|.*/search/jql|.*/issue/[^/]+"),
        re.compile(r".*items\[\*\]\.(from|to|fromString|toString): None is not of type 'string'"),
        "Jira sends null for what had no value, whatever its description says",
    ),
    Difference(
        "jira",
        re.compile(r"/rest/agile/1\.0/.*"),
        re.compile(r"request: the parameter (fields|state|type): .* is not of type 'object'"),
        "the file of 2022 describes lists in parameters as objects",
    ),
    Difference(
        "jira",
        re.compile(r"/rest/api/3/webhook/refresh"),
        re.compile(r"answer 200: expirationDate: '[^']+' is not of type 'integer'"),
        "the description's own example is a date as text",
    ),
    Difference(
        "asana",
        re.compile(r"/events|/workspaces/[^/]+/events"),
        re.compile(r"answer 200: data\[\*\]\.(parent|user): None is not of type 'object'"),
        "Asana's own events have null where there is no parent",
    ),
    Difference(
        "asana",
        re.compile(r"/batch|/tasks(/.*)?|.*/tasks(/search)?"),
        re.compile(r".*answer 200: data(\[\*\])?\.(parent|approval_status): None is not (of type|one of) .*"),
        "Asana has null where a task has no parent or is no approval, as its own words beside the type say",
    ),
    Difference(
        "asana",
        re.compile(r"/batch|/tasks(/.*)?|.*/tasks(/search)?"),
        re.compile(r".*resource_subtype: 'section' is not one of .*"),
        "separators, tasks with the resource_subtype of section: as the words of addTaskForSection say",
    ),
    Difference(
        "asana",
        re.compile(r"/webhooks(/.*)?"),
        re.compile(r"answer 20[01]: data\.last_(success|failure)_at: None is not of type 'string'"),
        "the description's own example has null before the first delivery",
    ),
    Difference(
        "asana",
        re.compile(r"/tasks/[^/]+"),
        re.compile(r"request: the body: data\.custom_fields\.[0-9]+: [0-9.]+ is not of type 'string'"),
        "the value of a number field is a number, as the sentence beside the type says: text, a number, etc.",
    ),
    Difference("slack", re.compile(r"/chat\..*"), re.compile(r"answer 200: channel: 'C0[A-Z]+' does not match .*"),
               "the simulated channels have short ids"),
    Difference("slack", re.compile(r".*"), re.compile(r"answer 200: error: '[a-z_]+' is not one of .*"), _OLD),
    Difference("slack", re.compile(r".*"), re.compile(r"answer 200: body: .*\('req_method' was unexpected\)"), _OLD),
    Difference(
        "trello",
        re.compile(r".*"),
        re.compile(r"request: the parameter (fields|filter): .*"),
        "lists of fields by comma, described as one word: " + _NESTED,
    ),
    Difference(
        "trello",
        re.compile(r".*"),
        re.compile(r"request: the parameter id: body: '(me|[0-9A-Za-z]{8})' does not match .*"),
        "`me` and short links stand for ids: https://developer.atlassian.com/cloud/trello/guides/rest-api/api-introduction/",
    ),
    Difference(
        "trello",
        re.compile(r".*"),
        re.compile(r"answer 429: body: 'code' is a required property"),
        "refusals for haste say `error`: https://developer.atlassian.com/cloud/trello/guides/rest-api/rate-limits/",
    ),
    Difference(
        "trello",
        re.compile(r"/members/[^/]+/tokens|/tokens/.*"),
        re.compile(r".*modelType: '[A-Z][a-z]+' is not one of .*"),
        "Trello writes the kinds of what a token reaches with a capital letter",
    ),
    Difference(
        "trello",
        re.compile(r"/cards/[^/]+/attachments"),
        re.compile(r"answer 200: body: \{.* is not of type 'array'"),
        "what was attached is answered, and not a list of one",
    ),
    Difference(
        "trello",
        re.compile(r"/cards/[^/]+/customField/[^/]+/item"),
        re.compile(r"request: the body: body: .* is valid under each of .*", re.DOTALL),
        "the two bodies that the description offers do not exclude each other",
    ),
)  # fmt: skip


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
