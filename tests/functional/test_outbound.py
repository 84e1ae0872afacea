"""Requests to other people's systems: whom they reach, what they take, how they end. Real sockets on this machine."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from gzip import compress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.adapters.outbound import Outbound, resolved
from chalicelib.domain.outbound import Request, UnreachableError, UnreadableError
from tests.stubs.server import Asked, Given, served


@contextmanager
def raw(*chunks: bytes, then_hangs: bool = False, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that sends just these bytes to whoever comes first."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        try:
            found, _ = listener.accept()
            found.settimeout(10)
            found = found if tls is None else tls.wrap_socket(found, server_side=True)
            held.append(found)
            found.recv(65_536)
            for chunk in chunks:
                found.sendall(chunk)
            if then_hangs:
                found.recv(1)  # until the other side ends it
        except OSError:
            pass
        finally:
            for each in held:
                each.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(10)


def ask(port: int, **options: Any) -> Any:
    return Outbound(local=True, **options)(Request(f"http://127.0.0.1:{port}/x"))


def test_a_request_and_its_answer() -> None:
    seen: list[Asked] = []

    def answers(asked: Asked) -> Given:
        seen.append(asked)
        return Given(200, '{"total": 12.10, "many": 3}', {"X-Left": "7"})

    with served(answers, at=1_793_577_600) as base:
        send = Outbound(local=True)
        answer = send(Request(f"{base}/a/b", (("where", 'Type=="X" + y'),), {"Authorization": "Basic x"}))
        send(Request(f"{base}/token", form=(("a", "b c"),), method="POST"))
        send(Request(f"{base}/query", json={"filter": []}, method="POST"))
    assert (answer.status, answer.at, answer.headers["x-left"]) == (200, 1_793_577_600, "7")
    assert answer.body == {"total": Decimal("12.10"), "many": 3}
    assert seen[0].path == "/a/b"
    assert seen[0].query == {"where": 'Type=="X" + y'}
    assert seen[0].headers["authorization"] == "Basic x"
    assert seen[0].headers["host"] == base.removeprefix("http://")
    assert seen[1].form == {"a": "b c"}
    assert seen[2].json == {"filter": []}


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", "[" * 100_000, b"\xff\xfe\x00"])
def test_what_is_no_json_is_none(body: Any) -> None:
    with served(lambda _: Given(200, body)) as base:
        assert Outbound(local=True)(Request(base)).body is None


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    seen: list[str] = []

    def answers(asked: Asked) -> Given:
        seen.append(asked.path)
        return Given(302, "", {"Location": "http://127.0.0.1:1/elsewhere"})

    with served(answers) as base:
        assert Outbound(local=True)(Request(f"{base}/here")).status == 302
    assert seen == ["/here"]


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_large_ends(packed: bool) -> None:
    body = b'"' + 300_000 * b"x" + b'"'
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with served(lambda _: Given(200, compress(body) if packed else body, headers)) as base:
        with pytest.raises(UnreadableError, match="MB"):
            Outbound(local=True, most_bytes=200_000)(Request(base))
        assert Outbound(local=True)(Request(base)).body == 300_000 * "x"


@pytest.mark.parametrize(
    "chunks",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",),
        (b"nonsense\r\n\r\n",),
        (),
    ],
)
def test_an_answer_that_breaks_off_is_none(chunks: tuple[bytes, ...]) -> None:
    with raw(*chunks) as port, pytest.raises(UnreachableError, match="broke off"):
        ask(port)


@pytest.mark.parametrize("chunks", [(), (b"HTTP/1.1 200 OK\r\n",), (b"HTTP/1.1 200 OK\r\n\r\n[1, 2",)])
def test_an_answer_that_does_not_come_is_ended(chunks: tuple[bytes, ...]) -> None:
    """Also one without a length, whose beginning would look like all of it."""
    with raw(*chunks, then_hangs=True) as port, pytest.raises(UnreachableError, match="in time"):
        ask(port, seconds=0.3)


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UnreachableError, match="could not be made"):
        ask(port)


@pytest.mark.parametrize("url", ["http://example.com", "https://127.0.0.1", "http://127.0.0.1:80"])
def test_what_may_not_be_called_is_not(url: str) -> None:
    with pytest.raises(UnreachableError, match="none that may be called"):
        Outbound(resolve=lambda *_: pytest.fail("not asked"))(Request(url))


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"], []])
def test_a_name_of_an_address_that_is_not_public_is_not_called(addresses: list[str]) -> None:
    with pytest.raises(UnreachableError, match="none of the public network"):
        Outbound(resolve=lambda *_: addresses)(Request("https://rebinding.example/x"))


def test_a_name_that_nobody_knows() -> None:
    def unknown(*_: Any) -> list[str]:
        raise socket.gaierror

    with pytest.raises(UnreachableError, match="name is not known"):
        Outbound(resolve=unknown)(Request("https://unknown.example"))


def test_the_machine_resolves_names() -> None:
    assert "127.0.0.1" in resolved("localhost", 443)


def certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for a host, that trusts itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    day = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day.replace(year=2200))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@pytest.mark.parametrize(("asked", "fails"), [("api.example", False), ("other.example", True)])
def test_the_connection_goes_to_the_checked_address_and_the_certificate_to_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, fails: bool
) -> None:
    """The name is resolved once; a proxy that the environment names is not asked."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    trusted, key = certificate("api.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    names: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        names.append(host)
        return ["127.0.0.1"]

    send = Outbound(resolve=resolve, allowed=lambda _: True, trusted=str(trusted))
    with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", tls=context) as port:
        monkeypatch.setattr("chalicelib.domain.web_address.HTTPS_PORT", port)
        if fails:
            with pytest.raises(UnreachableError):
                send(Request(f"https://{asked}/x"))
        else:
            assert send(Request(f"https://{asked}/x")).body == {}
    assert names == [asked]
