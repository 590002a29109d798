"""Webhooks of Jira: who signed or proved them, and which issue moved.

An admin's webhook, in the cloud or at Data Center, is signed over its body; an app's carries a token under the app's
secret. https://developer.atlassian.com/cloud/jira/platform/webhooks/ and
https://confluence.atlassian.com/adminjiraserver/managing-webhooks-938846912.html
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from math import isnan

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from connectors.errors import Forged, Unexpected
from connectors.shapes import Delivery, Event
from connectors.signatures import check_hmac_sha256
from connectors.tame import Wild, tame


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SUPPORTED = _words(
    "jira:issue_created jira:issue_updated jira:issue_deleted comment_created comment_updated comment_deleted"
)
IGNORED = _words(
    "attachment_created attachment_deleted board_configuration_changed board_created board_deleted board_updated "
    "filter_created filter_deleted filter_updated issue_property_deleted issue_property_set issuelink_created "
    "issuelink_deleted issuetype_created issuetype_deleted issuetype_updated jira:version_created jira:version_deleted "
    "jira:version_moved jira:version_released jira:version_unreleased jira:version_updated jira:worklog_updated "
    "jira_expression_evaluation_failed option_attachments_changed option_issuelinks_changed option_subtasks_changed "
    "option_timetracking_changed option_unassigned_issues_changed option_voting_changed option_watching_changed "
    "project_archived project_created project_deleted project_restored_archived project_restored_deleted "
    "project_soft_deleted project_updated sprint_closed sprint_created sprint_deleted sprint_started sprint_updated "
    "user_created user_deleted user_updated worklog_created worklog_deleted worklog_updated"
)
LEEWAY = 60  # seconds by which clocks may differ
# any other name is unknown: it rings when it carries an issue, because a doorbell too many only costs one read


def verify(delivery: Delivery, secret: str, *, is_app: bool) -> None:
    """Raise Forged unless the delivery is what its own proof says.

    A signature (X-Hub-Signature) must be the HMAC-SHA256 of the raw body. A token (Authorization: Bearer) counts only
    where the connection is an app's (`is_app`): it says nothing about the body, so a webhook that has a secret of its
    own must not be told by one. What carries both must hold in both.
    """
    signature = delivery.headers.get("x-hub-signature")
    kind, _, token = delivery.headers.get("authorization", "").partition(" ")
    proves = is_app and kind.lower() in {"bearer", "jwt"}
    if proves:
        _check_token(token.strip(), secret, delivery.received_at)
    if signature is not None or not proves:
        check_hmac_sha256(signature, delivery.body, secret)


def _check_token(token: str, secret: str, at: datetime) -> None:
    """Raise Forged unless a token is signed by HS256 under the secret, and good at a time, give or take a minute."""
    if not secret:
        raise Forged("no secret is set for this app, so no delivery can be trusted")
    try:
        # any other algorithm is refused by name: "none", or one whose key anybody may know
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Forged("the token of the delivery is not one that jira signs with this app's secret") from None
    now = at.timestamp()
    begins, ends = _seconds(claims.get("nbf", claims.get("iat", 0))), _seconds(claims.get("exp"))
    if not begins - LEEWAY <= now <= ends + LEEWAY:
        raise Forged("the token of the delivery is not good any more, or not yet")


def _seconds(claim: object) -> float:
    if isinstance(claim, bool) or not isinstance(claim, int | float) or isnan(claim):
        raise Forged("the token of the delivery does not say how long it is good")
    return claim


def parse(delivery: Delivery) -> tuple[Event, ...]:
    """Return the event of a delivery, or nothing for what is ignored, has no issue, or cannot be read.

    A signed body that is not JSON, or has another shape, gives an empty tuple as well: Jira would only send the
    same bytes again, and the next scheduled read finds what moved.
    """
    try:
        body = tame(delivery.body, "jira webhook")
        name = _name(body)
        if name in IGNORED:
            return ()
        issue = _issue_id(body)
    except Unexpected:
        return ()
    if issue is None:
        return ()
    return (Event(_key(delivery), (issue,), "deleted" if name == "jira:issue_deleted" else "changed"),)


def _name(body: Wild) -> str:
    found = body.maybe("webhookEvent")
    return "" if found is None or found.is_null else found.text()


def _issue_id(body: Wild) -> str | None:
    issue = body.maybe("issue")
    if issue is None or issue.is_null:
        return None  # real sites send comment events without their issue
    key = issue["id"].key()
    return key if key.isascii() and key.isdigit() and len(key) <= 18 else None


def _key(delivery: Delivery) -> str:
    """Return Jira's own id of the event, the same on every retry, else a fingerprint of the body."""
    named = delivery.headers.get("x-atlassian-webhook-identifier", "").strip()
    return named[:200] if named else "sha256:" + hashlib.sha256(delivery.body).hexdigest()
