"""Vendors' own libraries on our wire: SDKs at the door, dictionaries inside.

Each is imported when asked for, and sends nothing while being made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests import Session
from requests.auth import AuthBase

from connectors.wire import CONNECT_TIMEOUT, READ_TIMEOUT, adapter_of, mount

if TYPE_CHECKING:
    from jira import JIRA


def jira_client(wire: Session, base_url: str, auth: AuthBase | None, *, is_cloud: bool) -> JIRA:
    """Return a `jira.JIRA` client over the wire's adapter: REST v3 for Jira Cloud, v2 for Data Center.

    `auth` signs its requests; None where the wire does. Its own retries are off (they repeat POSTs after a lost
    answer), and the deployment type is set by hand because its Cloud-only calls return None when it has not asked
    the server.
    """
    from jira import JIRA

    options: dict[str, Any] = {"rest_api_version": "3" if is_cloud else "2"}
    client = JIRA(
        server=base_url,
        options=options,
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        max_retries=0,
        get_server_info=False,
        logging=False,
    )
    client.deploymentType = "Cloud" if is_cloud else "Server"
    client._session.auth = auth
    mount(client._session, adapter_of(wire))
    return client
