"""The whole simulated Jira: what a driver does to it, what HTTP shows of it, and the webhooks it sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.atlassian_login import CLOUD_ID, AtlassianLogin
from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.jira.admission import Admission
from connectors.sandbox.jira.agile import AgileRoutes
from connectors.sandbox.jira.app import JiraApp
from connectors.sandbox.jira.data_center import DataCenterApp
from connectors.sandbox.jira.records import RecordRoutes
from connectors.sandbox.jira.registration import RegistrationRoutes
from connectors.sandbox.jira.state import Change, Tracker
from connectors.sandbox.jira.webhooks import Hook, Postman, Sent
from connectors.sandbox.jira.writing import WritingRoutes


class JiraSandbox(Tracker):
    """A Jira in memory, as a WSGI application: a site of Jira Cloud, or with `is_cloud` false a Data Center.

    `now` is its clock (aware); `delay` the seconds each request takes; `lag` (from Tracker) how many seconds searching
    runs behind. While `webhooks_paused` is true, changes make no delivery at all: those webhooks are lost. With `login`
    the site is also behind the gateway, below /ex/jira/<cloud id>, for apps that sign in there and for `scoped_token`.
    """

    def __init__(
        self,
        *,
        email: str = "hub@northwind.test",
        token: str = "sandbox-token",
        now: Callable[[], datetime],
        delay: float = 0.0,
        time_zone: str = "Europe/Berlin",
        is_cloud: bool = True,
        login: AtlassianLogin | None = None,
        scoped_token: str = "",
    ) -> None:
        super().__init__(email=email, now=now, time_zone=time_zone, is_cloud=is_cloud)
        self.token = token
        self.faults = Faults()
        self.admission = Admission(
            email, token, scoped_token=scoped_token, personal_token=token, login=login, cloud_id=CLOUD_ID
        )
        self.app: JiraApp = JiraApp(self, self.faults, self.admission.to_cloud)
        self.server = DataCenterApp(self, self.faults, self.admission.to_data_center)
        self.front = self.app if is_cloud else self.server
        self._bodies = self.front.bodies
        self.agile = AgileRoutes(self, self._bodies, self.front.searching, is_cloud)
        self.writing = WritingRoutes(self, self._bodies)
        self.registration = RegistrationRoutes(self, self.admission.access_of)
        for routes in (self.agile, self.writing, RecordRoutes(self, self._bodies)):
            routes.open(self.front)
        if is_cloud:
            self.registration.open(self.front)
        self.front.delay = delay
        self.postman = Postman()
        self.webhooks_paused = False
        self._hooks: list[Hook] = []
        self._change_number = 50000
        self.listeners.append(self._tell)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.admission.login is not None and environ.get("PATH_INFO") == "/oauth/token/accessible-resources":
            return self.admission.login(environ, start_response)  # it stands at the gateway as well
        return self.front(self.admission.through(environ), start_response)

    @property
    def requests(self) -> list[Asked]:
        """Everything that was asked over HTTP, oldest first."""
        return self.faults.requests

    @property
    def delay(self) -> float:
        """Seconds every request takes."""
        return self.front.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self.front.delay = seconds

    @property
    def deliveries(self) -> list[Sent]:
        """Every webhook delivery, oldest first, with the status of each try."""
        return self.postman.deliveries

    def count(self, path: str = "") -> int:
        """Count the requests over HTTP whose path contains `path`."""
        return self.faults.count(path)

    def fail_next(
        self, n: int, status: int, headers: Mapping[str, str] | None = None, *, body: str = "", path: str = ""
    ) -> None:
        """Answer the next `n` requests whose path contains `path` with `status`."""
        self.faults.fail_next(n, status, headers, body=body, path=path)

    def issue(self, key: str) -> dict[str, Any]:
        """Draw one issue with all fields, as GET /rest/api/3/issue shows it, hidden or not."""
        with self.lock:
            found: dict[str, Any] = json.loads(self._bodies.issue(self._found(key), self._bodies.wanted(None, "*all")))
            return found

    def issues(self) -> list[dict[str, Any]]:
        """Draw every issue, in order of id."""
        with self.lock:
            return [self.issue(self.by_id[id].key) for id in sorted(self.by_id)]

    def register_webhook(self, url: str, secret: str) -> None:
        """Send every change from now on to `url`, signed with `secret`."""
        self._hooks.append(Hook(url, secret))

    def redeliver(self, number: int) -> None:
        """Send delivery `number` again, as Jira does when it did not hear the answer."""
        self.postman.redeliver(number)

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until every webhook is delivered or given up; false when it took longer than `timeout` seconds."""
        return self.postman.drain(timeout)

    def close(self) -> None:
        """Stop sending webhooks."""
        self.postman.close()

    def _tell(self, change: Change) -> None:
        if self.webhooks_paused or not (self._hooks or self.registration.held):
            return
        event, issue, items, when = change
        drawn = json.loads(self._bodies.issue(issue, self._bodies.wanted(None, "*all"), version=2))
        payload: dict[str, Any] = {
            "timestamp": int(when.timestamp() * 1000),
            "webhookEvent": event,
            "issue_event_type_name": event.replace("jira:", "").replace("issue_updated", "issue_generic"),
            "user": json.loads(self._bodies.user(self.email)),
            "issue": {name: drawn[name] for name in ("id", "self", "key", "fields")},
        }
        if items:
            self._change_number += 1
            payload["changelog"] = {"id": str(self._change_number), "items": items}
        body = json.dumps(payload, ensure_ascii=False).encode()
        for hook in self._hooks:
            self.postman.post(hook, event, issue.key, body)
        for one in self.registration.ringing(event, issue):
            app = self.admission.login.apps[one.client_id] if self.admission.login else None
            if app is not None:
                bearer = self.registration.proof(one, app.client_secret)
                self.postman.post(Hook(one.url, "", bearer), event, issue.key, body)
