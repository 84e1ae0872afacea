"""The page's one-click sign-in: who may ask for a token, and for which."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.demo_sign_in import DemoSignIn, SignInRefusedError
from infra.local.errors import LocalStackError, UnknownTenantError
from infra.local.front import FrontServer
from infra.local.state import StateDirectory


class _SignIn:
    """Stands in for the stack: knows one tenant."""

    def config(self) -> dict[str, object]:
        return {"mode": "demo", "tenants": ["demo"]}

    def token(self, asked: Any) -> str:
        if not isinstance(asked, dict):
            raise SignInRefusedError("tenant is missing")
        if asked["tenant"] != "demo":
            raise UnknownTenantError("unknown")
        return "a.real.token"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[int]:
    server = FrontServer(0, "http://127.0.0.1:9/x", tmp_path, _SignIn())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method, path, data, sent)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_page_is_told_how_to_sign_in(front: int) -> None:
    assert ask(front, "GET", "/config.json") == (200, {"mode": "demo", "tenants": ["demo"]})


def test_the_page_gets_a_token(front: int) -> None:
    origin = f"http://127.0.0.1:{front}"
    assert ask(front, "POST", "/demo/token", {"tenant": "demo"}, Origin=origin) == (200, {"token": "a.real.token"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},  # its name made to lead to this machine
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_a_page_from_elsewhere_gets_none(front: int, headers: dict[str, str]) -> None:
    assert ask(front, "POST", "/demo/token", {"tenant": "demo"}, **headers)[0] == 403


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ({"tenant": "demo"}, "text/plain", 415),  # what a form of another page could send
        (b"{", "application/json", 400),
        ([], "application/json", 422),
        ({"tenant": "nobody"}, "application/json", 404),
        (b"x" * 5000, "application/json", 403),
    ],
)
def test_what_is_no_sign_in_is_refused(front: int, body: object, content_type: str, status: int) -> None:
    assert ask(front, "POST", "/demo/token", body, Content_Type=content_type)[0] == status


def test_it_takes_a_post(front: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front, timeout=10)
    connection.request("GET", "/demo/token")
    assert b"a.real.token" not in connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {},
        {"tenant": 1},
        {"tenant": "No Tenant"},
        {"tenant": "demo", "permissions": ["tenants.admin"]},
        {"tenant": "demo", "permissions": "reports.read"},
    ],
)
def test_only_tenants_and_their_permissions_are_signed_in(tmp_path: Path, asked: object) -> None:
    with pytest.raises(SignInRefusedError):
        DemoSignIn(StateDirectory(tmp_path)).token(asked)


def test_a_stack_that_is_still_starting_says_so(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="still starting"):
        DemoSignIn(StateDirectory(tmp_path)).token({"tenant": "demo"})
