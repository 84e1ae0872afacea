"""How a route is declared: all of it beside its view, which takes what was read of a request and returns an answer.

The same declaration serves the route and is described in the OpenAPI document (`infra/openapi/document.py`). A route
without a permission is not served to anybody: `permission` must be given, and only routes declared with `PUBLIC` go
without an authorizer.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal, InvalidOperation
from functools import wraps
from http import HTTPStatus
from importlib import import_module
from typing import Any, Final, NamedTuple

from chalice.app import Blueprint, Response
from chalice.app import Request as ChaliceRequest

from chalicelib.api.auth import OWN, SCOPED, authorizer
from chalicelib.api.errors import COMMON_HEADERS, RequestError, malformed, problem, status_of
from chalicelib.api.parameters import PATH, Parameter, Query, Value
from chalicelib.domain.activities import Author
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.observability import logger
from chalicelib.tenancy import bound_to, in_scope_of

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
    name: str = ""
    account_manager_id: RecordId | None = None

    @property
    def tenant(self) -> TenantId:
        """The caller's tenant. Raises RequestError (403) for a credential that is bound to none."""
        if not self.tenant_id:
            raise RequestError(HTTPStatus.FORBIDDEN, "This credential is bound to no tenant.")
        return TenantId(self.tenant_id)

    @property
    def author(self) -> Author:
        """Who the caller is, by the name of now."""
        return Author(self.subject, self.name)

    def manager_in_scope(self, permission: str) -> RecordId | None:
        """The account manager whose clients alone a route of a permission may show; None where it may show all.

        In scope is who has the permission for own clients alone (the plain one wins), and, on routes of any other
        permission but a plain one to read, who may read own clients alone. Raises RequestError (403) for who lacks the
        permission, or is in scope without being an account manager.
        """
        held = self.permissions
        if permission not in held and not (permission in SCOPED and f"{permission}{OWN}" in held):
            raise RequestError(HTTPStatus.FORBIDDEN, f"This needs the permission {permission}.")
        plain = permission in held
        if plain and (permission in READS or not any(f"{r}{OWN}" in held and r not in held for r in READS)):
            return None
        if self.account_manager_id is None:
            raise RequestError(
                HTTPStatus.FORBIDDEN,
                "Your permissions are for the clients of one account manager, and this credential names none.",
            )
        return self.account_manager_id


READS: Final = frozenset({"reports.read", "clients.read"})


class Request:
    """One request: caller, query parameters, headers and body."""

    query: Query
    """The query parameters, once they are known to be those of the route."""

    manager: RecordId | None = None
    """The account manager whose clients alone the caller has; None where it has all."""

    def __init__(self, raw: ChaliceRequest) -> None:
        self._raw = raw
        self.headers: Mapping[str, str] = raw.headers
        self.request_id: str = raw.context.get("requestId", "")

    def read_query(self, known: Sequence[Parameter[Any]]) -> None:
        """Raises RequestError (400) for a parameter that is unknown or was sent more than once."""
        sent = self._raw.query_params
        texts = {} if sent is None else {name: sent.getlist(name) for name in sent}
        self.query = Query(texts, known, me=self.caller.account_manager_id, in_scope_of=self.manager)

    def header(self, parameter: Parameter[Value]) -> Value:
        """A header's value."""
        sent = self.headers.get(parameter.name.lower())
        return parameter.read(() if sent is None else (sent,))

    @property
    def caller(self) -> Caller:
        proved = self._raw.context.get("authorizer") or {}
        subject = proved.get("subject", "")
        permissions = frozenset(proved.get("permissions", "").split())
        manager = proved.get("account_manager_id")
        return Caller(
            proved.get("tenant_id", ""),
            subject,
            permissions,
            name=proved.get("name", subject),
            account_manager_id=RecordId(manager) if manager else None,
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


View = Callable[..., Any]
Statuses = Mapping[int, str]
"""Texts by status."""

SUCCESS: Final[Statuses] = {200: ""}
NO_FURTHER: Final[Statuses] = {}


class Route(NamedTuple):
    """A route, declared by decorating its view: all that serves it and that the OpenAPI document says of it.

    `path` is below `/v1`, with `{parameters}` of `parameters.PATH`. `query` and `headers` are read as
    `request.query[PARAMETER]` and `request.header(PARAMETER)`; with `body` the view gets what the schema of that name
    (below `chalicelib.api.schemas`) makes of the body.

    The view's name is the operation's id, its docstring the summary and the description, its return annotation the
    answer's shape (one of `chalicelib.api.shapes`; None for no body). `answers` are the statuses of success with what
    they mean (empty: the shape's docstring); where there are several, the view returns the status too. `etag` says that
    the answer's version is its ETag. `problems` are statuses that do not follow from the declaration, with when they
    come. An unknown tenant is a 404, unless the route looks no tenant up (`knows_tenant`).

    Who is in scope of one account manager reaches routes that name a client (services know the caller's clients alone,
    `services.known_clients`), and those that are declared as `scoped`: they show the caller's clients alone, or none.
    All others are a 403.
    """

    blueprint: Blueprint
    tag: str
    method: str
    path: str
    permission: str
    query: tuple[Parameter[Any], ...] = ()
    headers: tuple[Parameter[Any], ...] = ()
    body: str = ""
    answers: Statuses = SUCCESS
    etag: bool = False
    problems: Statuses = NO_FURTHER
    knows_tenant: bool = True
    scoped: bool = False
    view: Any = None

    def __call__(self, view: View) -> View:
        """Declares a view. HEAD is answered as GET is, without the body."""
        route = self._replace(path=PREFIX + self.path, view=view)

        @wraps(view)
        def serve(**parameters: str) -> Response:
            raw = route.blueprint.current_request
            given = answer(Request(raw), route, parameters)
            return Response("", given.headers, given.status_code) if raw.method == "HEAD" else given

        serve.__name__ = f"{route.method.lower()}_{view.__name__}"
        options = {} if route.permission == PUBLIC else {"authorizer": authorizer}
        methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
        # Chalice would refuse other media types with a body that is no problem document: reading the body does.
        register = route.blueprint.route(
            route.path, methods=methods, name=serve.__name__, content_types=["*/*"], **options
        )
        register(serve)
        ROUTES.append(route)
        return view

    @property
    def names(self) -> list[str]:
        """The names of the path's parameters."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def model(self) -> Any:
        """The schema of the body."""
        module, _, name = self.body.rpartition(".")
        return getattr(import_module(f"chalicelib.api.schemas.{module}"), name)


ROUTES: list[Route] = []
"""All routes of the service, as they are declared."""


def answer(request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
    """A view's answer, or the problem that kept it from one, with the headers that all answers have.

    Done here because Chalice's middleware does not see exceptions from views.
    """
    try:
        if route.permission != PUBLIC:
            request.manager = request.caller.manager_in_scope(route.permission)
            if request.manager is not None and not (route.scoped or "client_id" in route.names):
                raise RequestError(HTTPStatus.FORBIDDEN, "This shows all clients, and yours are those of one manager.")
        with _scope(request.caller, route.permission), in_scope_of(request.manager):
            response = _answer(request, route, parameters)
    except Exception as error:
        status = status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.exception("request failed", extra={"request_id": request.request_id})
        response = problem(error, request.request_id)
    response.headers = {**COMMON_HEADERS, **response.headers}
    return response


def _answer(request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
    if route.permission != PUBLIC:
        request.read_query(route.query)
    arguments = {name: PATH[name].read((text,)) for name, text in parameters.items()}
    if route.body:
        arguments["body"] = route.model.read(request.body())
    found = route.view(request, **arguments)
    status, document = found if isinstance(found, tuple) else (next(iter(route.answers)), found)
    if document is None:
        return Response("", status_code=int(status))
    if isinstance(document, Response):
        return document
    return json_response(document, status, {"ETag": f'"{document["version"]}"'} if route.etag else {})


def _scope(caller: Caller, permission: str) -> AbstractContextManager[None]:
    """What a view may touch: the caller's tenant alone; no tenant for what only the platform's own people do."""
    if permission in (PUBLIC, "tenants.admin") or not caller.tenant_id:
        return nullcontext()
    return bound_to(caller.tenant)


def json_response(document: Any, status: int, headers: Mapping[str, str]) -> Response:
    """A document as JSON; decimals become numbers."""
    body = json.dumps(document, default=_number, separators=(",", ":"))
    return Response(body, {"Content-Type": JSON, **headers}, int(status))


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
