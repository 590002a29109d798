"""Vendors' own libraries on our wire: SDKs at the door, dictionaries inside.

Each is imported when asked for, and sends nothing while being made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests import Session

from connectors.wire import CONNECT_TIMEOUT, READ_TIMEOUT, adapter_of, mount

if TYPE_CHECKING:
    from jira import JIRA


def jira_client(wire: Session, base_url: str, email: str, token: str) -> JIRA:
    """Return a `jira.JIRA` client for Jira Cloud, REST v3, over the wire's adapter.

    Its own retries are off (they repeat POSTs after a lost answer), and the deployment type is set by hand
    because its Cloud-only calls return None when it has not asked the server.
    """
    from jira import JIRA

    client = JIRA(
        server=base_url,
        basic_auth=(email, token),
        options={"rest_api_version": "3"},
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        max_retries=0,
        get_server_info=False,
        logging=False,
    )
    client.deploymentType = "Cloud"
    mount(client._session, adapter_of(wire))
    return client
