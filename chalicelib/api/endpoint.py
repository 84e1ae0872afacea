"""How a route is declared: its permission, its path, and a view that takes a request and answers a document.

A route without a permission is not served to anybody: `permission` must be given, and only routes declared with
`PUBLIC` go without an authorizer.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal, InvalidOperation
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from chalice.app import Blueprint, Response
from chalice.app import Request as ChaliceRequest

from chalicelib.api.auth import authorizer
from chalicelib.api.errors import COMMON_HEADERS, RequestError, malformed, problem, status_of
from chalicelib.domain.ids import TenantId
from chalicelib.observability import logger
from chalicelib.tenancy import bound_to

PREFIX: Final = "/v1"
PUBLIC: Final = "public"
BODY_LIMIT: Final = 1_000_000
JSON: Final = "application/json"
LONGEST_INTEGER: Final = 100
REPLACEMENT: Final = "\ufffd"
NOT_UTF8: Final = (
    "Send the body in UTF-8: it holds bytes that are not, or U+FFFD, which stands for letters already lost."
)


class Caller(NamedTuple):
    """Who calls, as the authorizer proved it. `tenant_id` is empty for the platform's own people."""

    tenant_id: str
    subject: str
    permissions: frozenset[str]

    @property
    def tenant(self) -> TenantId:
        """The caller's tenant. Raises RequestError (403) for a credential that is bound to none."""
        if not self.tenant_id:
            raise RequestError(HTTPStatus.FORBIDDEN, "This credential is bound to no tenant.")
        return TenantId(self.tenant_id)


class Request:
    """One request: caller, query parameters, headers and body."""

    def __init__(self, raw: ChaliceRequest) -> None:
        self._raw = raw
        sent = raw.query_params
        self.query: Mapping[str, Sequence[str]] = {} if sent is None else {name: sent.getlist(name) for name in sent}
        self.headers: Mapping[str, str] = raw.headers
        self.request_id: str = raw.context.get("requestId", "")

    @property
    def caller(self) -> Caller:
        proved = self._raw.context.get("authorizer") or {}
        return Caller(
            proved.get("tenant_id", ""),
            proved.get("subject", ""),
            frozenset(proved.get("permissions", "").split()),
        )

    @property
    def tenant(self) -> TenantId:
        return self.caller.tenant

    def body(self) -> Any:
        """The body as JSON; numbers with a fraction are decimals. Raises RequestError (400, 413, 415)."""
        if self.headers.get("content-type", JSON).partition(";")[0].strip().lower() != JSON:
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {JSON}.")
        raw = self._raw.raw_body
        if len(raw) > BODY_LIMIT:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is over 1 MB: send it in parts.")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise malformed(NOT_UTF8) from error
        if REPLACEMENT in text:  # what the gateway makes of bytes that are not UTF-8
            raise malformed(NOT_UTF8)
        try:
            return json.loads(text, parse_float=_decimal, parse_int=_integer)
        except (ValueError, RecursionError) as error:
            raise malformed("The body is not JSON.") from error


def _decimal(text: str) -> Decimal:
    """A number with a fraction or an exponent; NaN, which no schema takes, where that is beyond a decimal."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    """A whole number; one of a length that no field has stays unread."""
    return int(text) if len(text) <= LONGEST_INTEGER else Decimal("NaN")


class Route(NamedTuple):
    """A declared route."""

    method: str
    path: str
    permission: str
    view: Callable[..., Any]


ROUTES: list[Route] = []
"""All routes of the service, as they are declared."""

View = Callable[..., Any]


def endpoint(blueprint: Blueprint, method: str, path: str, *, permission: str) -> Callable[[View], View]:
    """Declares a view for a method and a path below `/v1`.

    The view gets the Request and the path's parameters. It answers a document (200), or a Response. HEAD is answered as
    GET is, without the body.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def serve(**parameters: str) -> Response:
            raw = blueprint.current_request
            given = answer(Request(raw), permission, view, parameters)
            # A view may answer the same response to all: it stays as it is.
            return Response("", given.headers, given.status_code) if raw.method == "HEAD" else given

        serve.__name__ = f"{method.lower()}_{view.__name__}"
        options = {} if permission == PUBLIC else {"authorizer": authorizer}
        methods = ["GET", "HEAD"] if method == "GET" else [method]
        # Chalice would refuse other media types with a body that is no problem document: reading the body does.
        blueprint.route(PREFIX + path, methods=methods, name=serve.__name__, content_types=["*/*"], **options)(serve)
        ROUTES.append(Route(method, PREFIX + path, permission, view))
        return view

    return declare


def answer(request: Request, permission: str, view: View, parameters: Mapping[str, str]) -> Response:
    """A view's answer, or the problem that kept it from one, with the headers that all answers have."""
    response = _answer(request, permission, view, parameters)
    response.headers = {**COMMON_HEADERS, **response.headers}
    return response


def _answer(request: Request, permission: str, view: View, parameters: Mapping[str, str]) -> Response:
    """Middleware never sees what a view raises, hence here."""
    try:
        if permission != PUBLIC and permission not in request.caller.permissions:
            raise RequestError(HTTPStatus.FORBIDDEN, f"This needs the permission {permission}.")
        with _scope(request.caller, permission):
            found = view(request, **parameters)
    except Exception as error:
        status = status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.exception("request failed", extra={"request_id": request.request_id})
        return problem(error, request.request_id)
    return found if isinstance(found, Response) else json_response(found)


def _scope(caller: Caller, permission: str) -> AbstractContextManager[None]:
    """What a view may touch: the caller's tenant alone; no tenant for what only the platform's own people do."""
    if permission in (PUBLIC, "tenants.admin") or not caller.tenant_id:
        return nullcontext()
    return bound_to(caller.tenant)


def json_response(document: Any, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response:
    """A document as JSON; decimals become numbers."""
    body = json.dumps(document, default=_number, separators=(",", ":"))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, {"Content-Type": JSON, **named}, int(status))


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
