"""Where the wire may go: which hosts by name, and which addresses those names may stand for.

The address checked is the one connected to, so a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from connectors.errors import Misconfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address is the last 32 bits
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215: whatever the site made of it
# not of the internet, whatever this version of Python's own table says (RFC 6890 and IANA's registries after it)
_SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "100::/63", "5f00::/16", "3fff::/20"))
)
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291 2.5.5.1, deprecated, still routed by some stacks
_HINT = "list its network under allow_private if this is meant, such as 10.1.0.0/16"


def _embedded(address: Address) -> list[Address]:
    """Return the address together with every IPv4 address written inside it."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found.extend(address.teredo)
        if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def is_public(address: Address) -> bool:
    """Say whether an address is an ordinary one on the internet, whatever it is wrapped in."""
    for one in _embedded(address):
        # ::/8 counts as reserved; of it only NAT64 leads anywhere
        reserved = one.is_reserved and one not in _NAT64
        if not one.is_global or one.is_multicast or reserved or one.is_unspecified:
            return False
        if any(one in network for network in _SPECIAL):
            return False
        if isinstance(one, ipaddress.IPv6Address) and (one.is_site_local or one in _LOCAL_NAT64):
            return False
    return True


_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)


def why_no_address(text: str) -> str:
    """Return what is wrong with a web address as a person wrote it, "" for one that can be asked.

    The text itself is not quoted: it may be a secret.
    """
    if any(c.isspace() or c == "\\" or not c.isprintable() for c in text):
        return "it holds spaces or characters that no address has"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "it is not a URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "it must start with https:// and name a host"
    if "@" in parts.netloc:
        return "it must not carry a user name or a password"
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if not _HOST.fullmatch(host.removesuffix(":")) or not host.isascii():
        return "its host is not written in letters a to z, digits, dots and hyphens (others have a form in xn--)"
    return ""


class Guard:
    """The list of hosts a connection may reach, and the private networks it may enter.

    `hosts` are suffixes ("atlassian.net" allows "acme.atlassian.net"), `base_url` adds its own host,
    `allow_private` are networks in CIDR notation. Raises Misconfigured for a network that is none.
    """

    def __init__(self, hosts: Sequence[str], base_url: str = "", allow_private: Sequence[str] = ()) -> None:
        self._suffixes = tuple(h.lower().strip(".") for h in hosts if h.strip("."))
        self._base_host = _host(base_url)
        self._networks: list[Network] = []
        for text in allow_private:
            try:
                self._networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError as broken:
                raise Misconfigured(f"{text!r} is not a network such as 10.1.0.0/16", field="allow_private") from broken

    def admits(self, url: str) -> None:
        """Raise Misconfigured unless the URL's scheme and host are ones this connection may ask."""
        parts = urlsplit(url)
        host = _host(url)
        if parts.scheme not in {"http", "https"} or not host:
            raise Misconfigured("the address must start with https:// and name a host", field="base_url")
        if parts.username is not None or parts.password is not None:
            raise Misconfigured("the address must not carry a user name or a password", field="base_url")
        if host != self._base_host and not any(host == s or host.endswith("." + s) for s in self._suffixes):
            raise Misconfigured(
                f"{host} is not a host this connection may reach: {', '.join(self._known()) or 'none is listed'}",
                field="base_url",
            )
        if parts.scheme == "http" and not self._networks:
            raise Misconfigured(
                f"http://{host} would send secrets in the clear: use https", field="base_url", hint=_HINT
            )
        literal = _literal(host)
        if literal is not None:
            self._check(literal, host, plain=parts.scheme == "http")

    def resolve(self, host: str, port: int, *, plain: bool) -> list[tuple[int, Any]]:
        """Return (family, socket address) pairs to connect to, the permitted ones only.

        `plain` means unencrypted, which only private networks that are listed may see.
        Raises Misconfigured when the name stands for no permitted address, OSError when for none at all.
        """
        permitted: list[tuple[int, Any]] = []
        refusal: Misconfigured | None = None
        for family, _, _, _, sockaddr in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            address = ipaddress.ip_address(str(sockaddr[0]).split("%")[0])
            try:
                self._check(address, host, plain=plain)
            except Misconfigured as refused:
                refusal = refused
            else:
                permitted.append((family, sockaddr))
        if not permitted and refusal is not None:
            raise refusal
        return permitted

    def _check(self, address: Address, host: str, *, plain: bool) -> None:
        if any(one in network for one in _embedded(address) for network in self._networks):
            return
        if not is_public(address):
            raise Misconfigured(f"{host} is at {address}, which is not a public address", field="base_url", hint=_HINT)
        if plain:
            raise Misconfigured(
                f"http://{host} would send secrets in the clear: use https", field="base_url", hint=_HINT
            )

    def _known(self) -> tuple[str, ...]:
        return (*self._suffixes, *([self._base_host] if self._base_host else []))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError as broken:
        raise Misconfigured("the address is not a URL", field="base_url") from broken


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return None


def connect(guard: Guard, connection: HTTPConnection, *, plain: bool) -> socket.socket:
    """Open a socket to an address that the guard permits for the connection's host: the one checked, no other."""
    host, port = connection.host, connection.port
    try:
        targets = guard.resolve(host.strip("[]").rstrip("."), port, plain=plain)
    except socket.gaierror as unknown:
        raise NameResolutionError(host, connection, unknown) from unknown
    failure: OSError = OSError("the name has no address")
    for family, sockaddr in targets:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            timeout = connection.timeout
            if isinstance(timeout, (int, float)):
                sock.settimeout(timeout)
            sock.connect(sockaddr)
        except OSError as refused:
            sock.close()
            failure = refused
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"{host} did not answer in time") from failure
    raise NewConnectionError(connection, f"no connection to {host}: {failure}") from failure
