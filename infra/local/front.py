"""The one address of the local stack: the dashboard at ``/`` and the API at ``/v1``, as CloudFront does it on AWS.

``python -m infra.local.front --port 8000 --upstream http://127.0.0.1:4566/restapis/<id>/<stage>/_user_request_``
"""

import argparse
import http.client
import json
import mimetypes
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from infra.local.errors import LocalStackError, UnknownTenantError

_MAX_BODY = 10 * 1024 * 1024  # API Gateway's own limit
_MAX_SIGN_IN = 4096
_MAX_LINE = 65_537  # of chunk sizes and trailers, as http.server has it for headers
_UPSTREAM_SECONDS = 40.0  # above the gateway's 29, so that its own answer arrives
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"})
_PLACEHOLDER = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Client Health</title>
<body style="font: 1rem/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Client Health</h1>
<p>The API is at <a href="/v1/healthz"><code>/v1</code></a>. The dashboard is not built in this checkout.</p>
<p>A token for calls of your own: <code>python -m infra.local token --tenant &lt;id&gt;</code></p>
</body></html>
"""


def page_headers(uploads: str) -> tuple[tuple[str, str], ...]:
    """The same as CloudFront sends: nothing but what is served here, or inline. `uploads` takes files to import."""
    return (
        (
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {uploads}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
    )


_FILE = re.compile(r"/assets/.*|/[^/]+\.[^/]+")


def is_file(path: str) -> bool:
    """Whether a path names a file; every other one is a route of the page itself, such as ``/clients/acme.co``.

    CloudFront does the same, in the function DashboardRoutes of ``infra/resources.yaml``.
    """
    return _FILE.fullmatch(path) is not None


class _BadBodyError(Exception):
    """A body that cannot be read; the message is for who sent it."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title = status, title


def _too_large(most: int) -> _BadBodyError:
    return _BadBodyError(413, "Content Too Large", f"The body is over {most} bytes.")


class SignIn(Protocol):
    """Configures the page and signs its visitor in."""

    def config(self) -> dict[str, object]: ...

    def token(self, asked: Any) -> str: ...


class FrontServer(ThreadingHTTPServer):
    """Serves on the loopback address; ``upstream`` is the stage's base URL, ``dashboard`` the built page.

    With ``sign_in`` it also serves ``/config.json`` and ``/demo/token``.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, upstream: str, dashboard: Path, sign_in: SignIn | None = None) -> None:
        self.upstream = urlsplit(upstream)
        self.page_headers = page_headers(f"{self.upstream.scheme}://{self.upstream.netloc}")
        self.dashboard = dashboard.resolve()
        self.sign_in = sign_in
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FrontServer

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        if path == "/v1" or path.startswith("/v1/"):
            self._forward()
        elif path == "/demo/token" and self.command == "POST" and self.server.sign_in is not None:
            self._token(self.server.sign_in)
        elif path == "/config.json" and self.server.sign_in is not None:
            self._json(200, self.server.sign_in.config())
        elif self.command in {"GET", "HEAD"}:
            self._page(unquote(path))
        else:
            self.close_connection = True  # a body may follow that nobody reads
            self._problem(405, "Method Not Allowed", "The page takes GET alone; the API is below /v1.")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _forward(self) -> None:
        try:
            body = self._body(_MAX_BODY)
        except _BadBodyError as error:
            self.close_connection = True  # the rest of the body stays unread
            self._problem(error.status, error.title, str(error))
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=_UPSTREAM_SECONDS)
        try:
            method = "GET" if self.command == "HEAD" else self.command  # `_send` leaves the body out
            connection.request(method, upstream.path + self.path, body, headers)
            answer = connection.getresponse()
            self._send(answer.status, answer.getheaders(), answer.read())
        except (OSError, http.client.HTTPException):
            self._problem(502, "Bad Gateway", "The emulator does not answer; `python -m infra.local status` says more.")
        finally:
            connection.close()

    def _token(self, sign_in: SignIn) -> None:
        """A token for the page, and for it alone: a page from elsewhere has another origin, or another host's name."""
        try:
            body = self._body(_MAX_SIGN_IN) or b""
        except _BadBodyError:
            body = None
        port = self.server.server_port
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin", f"http://{host}")
        if host not in hosts or origin != f"http://{host}" or body is None:
            self.close_connection = True
            self._problem(403, "Forbidden", "Only this stack's own page signs in here.")
            return
        if self.headers.get_content_type() != "application/json":
            self._problem(415, "Unsupported Media Type", "Send application/json.")
            return
        try:
            self._json(200, {"token": sign_in.token(json.loads(body))})
        except ValueError:
            self._problem(400, "Bad Request", "The body is not JSON.")
        except UnknownTenantError:
            self._problem(404, "Not Found", "There is no such tenant on this stack.")
        except LocalStackError as error:
            self._problem(422, "Unprocessable Content", f"{error}.")
        except Exception as error:  # the emulator's clients raise kinds that this module does not know
            print(f"sign-in failed: {error!r}", file=sys.stderr, flush=True)
            self._problem(502, "Bad Gateway", "The emulator does not answer; `python -m infra.local status` says more.")

    def _body(self, most: int) -> bytes | None:
        """The request's body, sent whole or in chunks (RFC 9112, 7.1); None without one. Raises _BadBodyError."""
        coding = self.headers.get("Transfer-Encoding", "").strip().lower()
        if coding == "chunked":
            return self._chunks(most)
        if coding:
            raise _BadBodyError(501, "Not Implemented", "The one transfer coding that is read is chunked.")
        told = self.headers.get("Content-Length", "0").strip()
        if not re.fullmatch(r"[0-9]{1,18}", told):
            raise _BadBodyError(400, "Bad Request", "Content-Length is a number of bytes.")
        if int(told) > most:
            raise _too_large(most)
        return self.rfile.read(int(told)) if int(told) else None

    def _chunks(self, most: int) -> bytes:
        body = bytearray()
        while True:
            size = re.match(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;|\r?\n)", self.rfile.readline(_MAX_LINE))
            if size is None:
                raise _BadBodyError(400, "Bad Request", "A chunk of the body begins with its size.")
            length = int(size[1], 16)
            if length == 0:
                break
            if len(body) + length > most:
                raise _too_large(most)
            chunk = self.rfile.read(length)
            if len(chunk) < length or self.rfile.readline(_MAX_LINE).strip():
                raise _BadBodyError(400, "Bad Request", "A chunk of the body is not as long as it says.")
            body += chunk
        while self.rfile.readline(_MAX_LINE).strip():
            """Trailers say nothing that the API reads."""
        return bytes(body)

    def _json(self, status: int, document: object) -> None:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        self._send(status, headers, json.dumps(document).encode())

    def _page(self, path: str) -> None:
        dashboard = self.server.dashboard
        if not (dashboard / "index.html").is_file():
            self._send(200, [("Content-Type", "text/html; charset=utf-8")], _PLACEHOLDER)
            return
        file = (dashboard / path.lstrip("/")).resolve()
        if not file.is_relative_to(dashboard) or not file.is_file():
            if is_file(path):
                self._problem(404, "Not Found", "There is no such file.")
                return
            file = dashboard / "index.html"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        kept = "public, max-age=31536000, immutable" if file.parent.name == "assets" else "no-cache"
        self._send(200, [("Content-Type", kind), ("Cache-Control", kept), *self.server.page_headers], file.read_bytes())

    def _problem(self, status: int, title: str, detail: str) -> None:
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail, "request_id": ""}
        self._send(status, [("Content-Type", "application/problem+json")], json.dumps(problem).encode())

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP and name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.front", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--dashboard", type=Path, required=True)
    parser.add_argument("--state-dir", type=Path, help="of the stack to sign in to; without it, there is no sign-in")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    FrontServer(options.port, options.upstream, options.dashboard, _sign_in(options.state_dir)).serve_forever()


def _sign_in(state_dir: Path | None) -> SignIn | None:
    if state_dir is None:
        return None
    from infra.local.demo_sign_in import DemoSignIn
    from infra.local.state import StateDirectory

    return DemoSignIn(StateDirectory(state_dir))


if __name__ == "__main__":
    main()
