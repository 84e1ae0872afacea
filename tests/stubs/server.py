"""Other people's systems on this machine: what a stub answers, over HTTP on a free port of 127.0.0.1."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    """A request as a server reads it: names of headers in lower case, the last value of a query parameter."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Given(NamedTuple):
    """An answer; a body that is not text is sent as JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = {}

    @property
    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, default=_number)
        return text.encode()


def _number(value: Any) -> float:
    assert isinstance(value, Decimal)
    return float(value)


Answers = Callable[[Asked], Given]


@contextmanager
def served(answers: Answers, *, at: float | None = None) -> Iterator[str]:
    """The address of a server that gives these answers, with the `Date` of an instant (None: the machine's)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            given = answers(asked(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            self.send_response_only(given.status)
            self.send_header("Date", formatdate(time.time() if at is None else at, usegmt=True))
            for name, value in {"Content-Length": str(len(given.bytes)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.bytes)

        do_GET = do_POST = _serve  # noqa: N815  the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
    """A request as it comes over the wire."""
    parts = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Asked(method, parts.path, query, {name.lower(): value for name, value in headers.items()}, body)
