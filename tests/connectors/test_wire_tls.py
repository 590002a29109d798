"""TLS over a checked address: the certificate is checked against the name, and a private authority can be trusted."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import TryLater
from connectors.wire import Counter, open_wire


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for jira.corp, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jira.corp")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("jira.corp")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "jira.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[str | None]]]:
    """A TLS server on loopback, which every name leads to, and the names its visitors asked for."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _line, name, _context: names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(line, server_side=True) as safe:
                    safe.recv(65536)
                    safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            except (ssl.SSLError, ConnectionError):
                line.close()  # a visitor who does not trust us hangs up

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield port, names
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


def test_a_private_authority_is_trusted_by_its_file(
    server: tuple[int, list[str | None]], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, names = server
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    url = f"https://jira.corp:{port}/"
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"])
    assert wire.get(url).text == "ok"
    assert names == ["jira.corp"]  # asked for by name, though connected to by address


@pytest.mark.parametrize(("host", "trusted"), [("jira.corp", False), ("other.corp", True)])
def test_a_certificate_that_does_not_hold_is_not_tried_again(
    server: tuple[int, list[str | None]],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    trusted: bool,
) -> None:
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    url = f"https://{host}:{server[0]}/"
    counter = Counter()
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"], counter=counter)
    with pytest.raises(TryLater, match="certificate could not be verified") as raised:
        wire.post(url, json={})
    assert not raised.value.maybe_arrived
    assert counter.take()["requests"] == 1
