"""`GET /v1/settings/health-score` of settings in memory, again and again: `python -m benchmarks.warm_request`.

What is left is the route layer: event in, answer out. Prints milliseconds per round and Python calls as JSON.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from benchmarks.figures import cpu_seconds
from benchmarks.rows.requests import REQUESTS, ROUNDS
from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.services.settings import StoredSettings

PATH: Final = "/v1/settings/health-score"
TENANT: Final = TenantId("bench")

EVENT: Final[dict[str, Any]] = {
    "resource": PATH,
    "path": PATH,
    "httpMethod": "GET",
    "headers": {"accept": "application/json", "host": "api.example"},
    "multiValueHeaders": {"accept": ["application/json"], "host": ["api.example"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {},
    "stageVariables": None,
    "body": None,
    "isBase64Encoded": False,
    "requestContext": {
        "httpMethod": "GET",
        "resourcePath": PATH,
        "path": PATH,
        "stage": "api",
        "requestId": "benchmark",
        "identity": {"sourceIp": "192.0.2.1"},
        "authorizer": {"tenant_id": str(TENANT), "subject": "benchmark", "permissions": "settings.read"},
    },
}


class InMemory(StoredSettings):
    """The settings of one tenant, without a store."""

    def __init__(self) -> None:
        pass

    def current(self, tenant: TenantId) -> Tenant:
        assert tenant == TENANT
        return HELD


HELD: Final = Tenant(TENANT, "Benchmark", "Europe/Rome", "EUR")


class Context:
    """As much of Lambda's context as Mangum looks at."""

    aws_request_id = "benchmark"


def main() -> dict[str, Any]:
    import asyncio

    from app import app
    from benchmarks.fastapi_route import handler

    application().settings = InMemory()
    asyncio.set_event_loop(asyncio.new_event_loop())  # as Lambda's only thread keeps one
    runs: dict[str, Callable[[], Any]] = {
        "ours": lambda: app(EVENT, Context()),
        "fastapi": lambda: handler(EVENT, Context()),
    }
    answers = {name: json.loads(run()["body"]) for name, run in runs.items()}
    assert answers["ours"] == answers["fastapi"]
    for run in runs.values():
        _repeat(run)
    milliseconds: dict[str, list[float]] = {name: [] for name in runs}
    for place in range(ROUNDS):
        for name in sorted(runs, reverse=bool(place % 2)):
            milliseconds[name].append(1000 * cpu_seconds(lambda: _repeat(runs[name])) / REQUESTS)  # noqa: B023
    return {name: {"ms": milliseconds[name], "calls": python_calls(run)} for name, run in runs.items()}


def _repeat(run: Any) -> None:
    for _ in range(REQUESTS):
        run()


def python_calls(run: Any) -> int:
    """Python functions entered by one run."""
    calls = 0

    def count(_: Any, event: str, __: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    return calls


if __name__ == "__main__":
    print(json.dumps(main()))
