"""Why there is no answer: whether the request can have reached the tool, and what a person is told."""

from __future__ import annotations

import re

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from connectors.wire_pools import WentOn

_ENCODING = re.compile(r"content-encoding: ([a-z-]{1,20})", re.IGNORECASE)  # urllib3's sentence


def never_left(failure: requests.RequestException) -> bool:
    """Say whether a failed request surely did not reach the tool."""
    if isinstance(failure, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    if isinstance(failure, requests.exceptions.SSLError):
        # A refused certificate ends the handshake; any other TLS error may come after the request has left.
        return "CERTIFICATE_VERIFY_FAILED" in str(failure) or "CertificateError" in str(failure)
    reason = getattr(_inner(failure), "reason", None)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def _inner(failure: requests.RequestException | None) -> object:
    """Return what urllib3 said, which requests wraps."""
    return failure.args[0] if failure is not None and failure.args else None


def _went_on(failure: BaseException | None) -> bool:
    """Whether an answer was still coming when its time was up."""
    while failure is not None:
        if isinstance(failure, WentOn):
            return True
        failure = failure.__cause__ or failure.__context__
    return False


def next_step(failure: requests.RequestException | None) -> str:
    """Say what a person can do about there being no answer."""
    if isinstance(failure, requests.exceptions.ContentDecodingError):
        return "the address was reached: a proxy or gateway in between changes its answers, ask whoever runs it"
    return "check the address, and that this machine may reach it"


def reason_of(failure: requests.RequestException | None) -> str:
    """Say in a person's words why there is no answer."""
    if isinstance(failure, requests.exceptions.SSLError) and not never_left(failure):
        return "the secure line broke"
    if isinstance(failure, requests.exceptions.SSLError):
        return "its certificate could not be verified (a private authority goes into REQUESTS_CA_BUNDLE)"
    if isinstance(failure, requests.exceptions.ProxyError):
        return "the proxy refused"
    if _went_on(failure):
        return "its answer went on for too long"
    if isinstance(failure, requests.Timeout) or isinstance(_inner(failure), ReadTimeoutError):
        return "it took too long"
    if isinstance(failure, requests.exceptions.ContentDecodingError):
        named = _ENCODING.search(str(failure))
        return f"its answer says that it is {named[1] if named else 'compressed'} and is not"
    if isinstance(failure, requests.exceptions.ChunkedEncodingError):
        return "the answer broke off"
    return "no connection"
