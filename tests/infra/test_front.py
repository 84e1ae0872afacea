"""The front server: which path goes where, and what arrives."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local.front import FrontServer


class _Echo(BaseHTTPRequestHandler):
    """Stands in for the emulator: answers what it was asked, with status 418."""

    def _echo(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = {"method": self.command, "path": self.path, "body": self.rfile.read(length).decode()}
        text = json.dumps({**body, "authorization": self.headers.get("Authorization")}).encode()
        self.send_response(418)
        self.send_header("ETag", '"7"')
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_OPTIONS = _echo  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


@contextmanager
def _serving(server: HTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def dashboard(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("not served")
    return folder


@pytest.fixture
def front(dashboard: Path) -> Iterator[int]:
    with (
        _serving(ThreadingHTTPServer(("127.0.0.1", 0), _Echo)) as upstream,
        _serving(FrontServer(0, f"http://127.0.0.1:{upstream}/restapis/x/api/_user_request_", dashboard)) as port,
    ):
        yield port


def _ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "OPTIONS"])
def test_the_api_goes_to_the_stage_as_it_came(front: int, method: str) -> None:
    asked = "/v1/clients/a%20b?limit=5&q=x%26y"
    answer, body = _ask(front, method, asked, b'{"a": 1}', {"Authorization": "Bearer t"})
    assert (answer.status, answer.headers["ETag"]) == (418, '"7"')
    assert json.loads(body) == {
        "method": method,
        "path": f"/restapis/x/api/_user_request_{asked}",
        "body": '{"a": 1}',
        "authorization": "Bearer t",
    }


def test_head_is_get_without_its_body(front: int) -> None:
    answer, body = _ask(front, "HEAD", "/v1/clients/c1")
    whole = _ask(front, "GET", "/v1/clients/c1")[1]
    assert (answer.status, answer.headers["ETag"], body) == (418, '"7"', b"")
    assert int(answer.headers["Content-Length"]) == len(whole)
    assert json.loads(whole)["method"] == "GET"


def _raw(port: int, *parts: bytes) -> list[tuple[int, bytes]]:
    """The answers to what is sent as it stands, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        read = b"".join(iter(lambda: connection.recv(65536), b""))
    heads = [answer.partition(b"\r\n\r\n") for answer in read.split(b"HTTP/1.1 ")[1:]]
    return [(int(head[:3]), body) for head, _, body in heads]


CHUNKED = b"POST /v1/records HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_in_chunks_arrives_whole_and_the_connection_goes_on(front: int) -> None:
    body = b"4\r\nwith\r\nA;name=value\r\n two words\r\n0\r\nTrailer: x\r\n\r\n"
    (first, told), (second, _) = _raw(front, CHUNKED, body, b"GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (first, second) == (418, 418)
    assert json.loads(told)["body"] == "with two words"


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (CHUNKED, b"not a size\r\n", 400),
        (CHUNKED, b"5\r\nabc\r\n0\r\n\r\n", 400),
        (CHUNKED, b"5\r\nab", 400),
        (CHUNKED, b"-1\r\n", 400),
        (CHUNKED, b"FFFFFF0\r\n", 413),
        (CHUNKED.replace(b"chunked", b"gzip"), b"", 501),
        (CHUNKED.replace(b"Transfer-Encoding: chunked", b"Content-Length: many"), b"", 400),
        (CHUNKED.replace(b"Transfer-Encoding: chunked", b"Content-Length: -1"), b"", 400),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(front: int, head: bytes, body: bytes, status: int) -> None:
    ((answered, problem),) = _raw(front, head, body)
    assert (answered, json.loads(problem)["status"]) == (status, status)


def test_one_connection_carries_many_calls(front: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front, timeout=10)
    for _ in range(3):
        connection.request("GET", "/v1/x")
        assert connection.getresponse().read()
    connection.close()


def test_a_body_over_the_gateways_limit_is_refused(front: int) -> None:
    answer, body = _ask(front, "POST", "/v1/records", None, {"Content-Length": str(11 * 1024 * 1024)})
    assert (answer.status, json.loads(body)["status"]) == (413, 413)


def test_without_a_built_dashboard_the_page_says_where_the_api_is(front: int) -> None:
    answer, body = _ask(front, "GET", "/")
    assert answer.status == 200
    assert b"/v1" in body


def test_the_built_dashboard_is_served_and_its_own_routes_lead_to_it(front: int, dashboard: Path) -> None:
    (dashboard / "index.html").write_text("<p>page</p>")
    (dashboard / "app.js").write_text("1")
    assert _ask(front, "GET", "/")[1] == b"<p>page</p>"
    assert _ask(front, "GET", "/clients/c1")[1] == b"<p>page</p>"
    answer, body = _ask(front, "GET", "/app.js")
    assert (answer.headers["Content-Type"], body) == ("text/javascript", b"1")
    assert _ask(front, "GET", "/missing.js")[0].status == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/..%2fsecret.txt"])
def test_nothing_outside_the_dashboard_is_served(front: int, dashboard: Path, path: str) -> None:
    (dashboard / "index.html").write_text("<p>page</p>")
    assert _ask(front, "GET", path)[1] == b"<p>page</p>" or _ask(front, "GET", path)[0].status == 404


def test_an_emulator_that_is_gone_is_a_problem_too(dashboard: Path) -> None:
    with _serving(FrontServer(0, "http://127.0.0.1:9/x", dashboard)) as port:
        answer, body = _ask(port, "GET", "/v1/healthz")
    assert (answer.status, json.loads(body)["title"]) == (502, "Bad Gateway")


def test_the_page_takes_no_writes(front: int) -> None:
    assert _ask(front, "POST", "/", b"x")[0].status == 405
