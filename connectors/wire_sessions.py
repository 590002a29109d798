"""Sessions on the wire: our adapter alone, no cookies, no ~/.netrc; a wrong address is named and not quoted."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests import PreparedRequest, Session
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from requests.exceptions import InvalidProxyURL, InvalidSchema, InvalidURL, MissingSchema

from connectors.errors import Misconfigured


class WireSession(Session):
    """A session that speaks of an address nobody can ask as connectors do, and does not quote it."""

    def prepare_request(self, request: requests.Request) -> PreparedRequest:
        """Prepare a request, or say that its address is none."""
        try:
            return super().prepare_request(request)
        except (InvalidURL, MissingSchema, InvalidSchema, InvalidProxyURL):
            raise Misconfigured("the address is not a URL", field="base_url") from None

    def get_adapter(self, url: str) -> Any:
        """Return the adapter of an address, or say what is wrong with it."""
        try:
            return super().get_adapter(url)
        except InvalidSchema:
            raise Misconfigured("the address must start with https:// and name a host", field="base_url") from None


class _NoAuth(AuthBase):
    """Stands where a session looks for credentials, so that requests never reads ~/.netrc."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


def mount(session: Session, adapter: BaseAdapter) -> Session:
    """Put a session, such as one an SDK made, on the wire: our adapter alone, and no cookie is kept."""
    session.adapters.clear()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if session.auth is None:
        session.auth = _NoAuth()
    return session
