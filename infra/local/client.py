"""Calls to the stack's own HTTP API, as any outside program makes them."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode

from infra.local.errors import LocalStackError
from infra.local.identity import PLATFORM, id_token
from infra.local.state import Stack

_TIMEOUT_SECONDS = 40.0


class RefusedError(LocalStackError):
    """The API answered with an error; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def call(
    stack: Stack,
    method: str,
    path: str,
    token: str,
    *,
    body: object = None,
    query: Mapping[str, str] | None = None,
    if_match: int | None = None,
) -> dict[str, object]:
    """The JSON answer of one call; ``path`` starts with ``/v1``.

    Raises
    ------
    RefusedError
        With what the problem document says.
    """
    url = f"{stack.url}{path}" + (f"?{urlencode(query)}" if query else "")
    # The URL is that of our own front server.
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if if_match is not None:
        request.add_header("If-Match", f'"{if_match}"')
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # nosec B310
            result: dict[str, object] = json.load(answer)
            return result
    except urllib.error.HTTPError as error:
        raise RefusedError(error.code, f"{method} {path} answered {error.code}: {_explained(error.read())}") from error
    except urllib.error.URLError as error:
        raise LocalStackError(
            f"{stack.url} does not answer ({error.reason}); see `python -m infra.local status`"
        ) from error


def create_tenant(stack: Stack, tenant: str, *, name: str, time_zone: str, currency: str) -> None:
    """Create a tenant through ``POST /v1/tenants``, as the platform's administrator.

    Raises
    ------
    RefusedError
        Status 409 when it exists, 422 when the id, zone or currency is no good.
    """
    body = {"tenant_id": tenant, "name": name, "time_zone": time_zone, "currency": currency}
    call(stack, "POST", "/v1/tenants", id_token(stack, PLATFORM, ["tenants.admin"]), body=body)


def _explained(body: bytes) -> str:
    """What a problem document says, its single faults included; the body itself when it is none."""
    try:
        problem = json.loads(body)
        faults = [f"{fault['pointer']} {fault['message']}" for fault in problem.get("errors", [])]
        return "; ".join([str(problem["detail"]), *faults])
    except (ValueError, KeyError, TypeError, AttributeError):
        return body.decode(errors="replace")[:500]
