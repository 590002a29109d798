"""Proof that a delivery comes from who it says: signatures over raw bytes, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac

from connectors.errors import Forged

_HEX = frozenset("0123456789abcdef")


def hmac_sha256_hex(secret: str, body: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 of the body under the secret (UTF-8)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def check_hmac_sha256(signature: str | None, body: bytes, secret: str, *, prefix: str = "sha256=") -> None:
    """Raise Forged unless `signature` is the prefix and the hex HMAC-SHA256 of the raw body.

    Nothing else is ever raised, whatever the header holds. An empty secret proves nothing and is refused.
    """
    if not secret:
        raise Forged("no secret is set for this webhook, so no delivery can be trusted")
    if not signature:
        raise Forged("the delivery carries no signature")
    method, found = signature[: len(prefix)], signature[len(prefix) :].strip().lower()
    if method.lower() != prefix:
        raise Forged(f"the signature does not start with {prefix}")
    if len(found) != 64 or not _HEX.issuperset(found):
        raise Forged("the signature is not 64 hexadecimal digits")
    if not hmac.compare_digest(found, hmac_sha256_hex(secret, body)):
        raise Forged("the signature does not match the body")


def hmac_sha1_base64(secret: str, content: bytes) -> str:
    """Return the base64 HMAC-SHA1 of the content under the secret (UTF-8)."""
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha1).digest()).decode()


def check_hmac_sha1(signature: str | None, content: bytes, secret: str) -> None:
    """Raise Forged unless `signature` is the base64 HMAC-SHA1 of the content. See `check_hmac_sha256`."""
    if not secret:
        raise Forged("no secret is set for this webhook, so no delivery can be trusted")
    if not signature:
        raise Forged("the delivery carries no signature")
    found = signature.strip()
    if len(found) != 28 or not found.isascii():
        raise Forged("the signature is not 20 bytes in base64")
    if not hmac.compare_digest(found, hmac_sha1_base64(secret, content)):
        raise Forged("the signature does not match the body and the address")
