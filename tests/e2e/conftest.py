"""One local stack for all end-to-end tests of a session, started by the command line on free ports in a scratch folder.

All tests of this folder form one xdist group, so one worker runs them and starts the stack once. Use a tenant of your
own per test or module (``new_tenant``); the stack is shared, tenants are not.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.deployment.packaging import ROOT
from infra.local import emulator

_HERE = Path(__file__).parent
_UP_SECONDS = 300
_COMMAND_SECONDS = 600


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names in lower case, ``json`` reads the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class LocalStack:
    """A running stack: where it answers, and the command line that drives it."""

    base_url: str
    endpoint: str
    outputs: dict[str, str]
    state_dir: Path

    def cli(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run ``python -m infra.local`` with these arguments against this stack; ``check`` asserts that it succeeds."""
        return run_cli(self.state_dir, *arguments, check=check, environment=environment)

    def token(self, tenant: str, *permissions: str) -> str:
        """An ID token of the stack's pool; without permissions, all but ``tenants.admin``."""
        wanted = ["--permission", *permissions] if permissions else []
        return self.cli("token", "--tenant", tenant, *wanted).stdout.strip()

    def call(self, method: str, path: str, token: str | None = None, body: object = None, **headers: str) -> Answer:
        """One HTTP call to the API; errors are answers too. ``body`` is sent as JSON, bytes as they stand."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def aws(self, service: Any) -> Any:
        """A boto3 client of the stack's emulator, to look behind the API."""
        client: Callable[..., Any] = emulator.session().client
        return client(service, endpoint_url=self.endpoint)


def run_cli(
    state_dir: Path,
    *arguments: str,
    check: bool = True,
    seconds: float = _COMMAND_SECONDS,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """``python -m infra.local`` as a user runs it."""
    command = [sys.executable, "-m", "infra.local", *arguments, "--state-dir", str(state_dir)]
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if check:
        assert run.returncode == 0, f"{' '.join(arguments)}: exit code {run.returncode}\n{run.stdout}{run.stderr}"
    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The stack; stopped by its own process ids at the end, whatever happened."""
    state_dir = tmp_path_factory.mktemp("stack")
    try:
        run_cli(state_dir, "up", "--detach", "--port", "0", seconds=_UP_SECONDS)
        noted = json.loads((state_dir / "stack.json").read_text())
        yield LocalStack(
            base_url=f"http://127.0.0.1:{noted['port']}",
            endpoint=f"http://127.0.0.1:{noted['emulator_port']}",
            outputs=noted["outputs"],
            state_dir=state_dir,
        )
    finally:
        log = state_dir / "emulator.log"
        if request.session.testsfailed and log.is_file():
            # Captured with the failing test's output; the whole log stays where pytest keeps its folders.
            sys.stderr.write("\n".join([f"the end of {log}:", *log.read_text().splitlines()[-80:]]) + "\n")
        run_cli(state_dir, "down")


@pytest.fixture
def new_tenant(stack: LocalStack, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Creates a tenant nobody else has and returns its id."""
    numbers = count(1)

    def create(time_zone: str = "Europe/Rome", currency: str = "EUR") -> str:
        stem = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower())[5:34].strip("-")
        tenant = f"{stem}-{next(numbers)}"
        stack.cli("tenant", tenant, "--time-zone", time_zone, "--currency", currency)
        return tenant

    return create
