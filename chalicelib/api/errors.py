"""Errors as the contract answers them: application/problem+json, one table from exception to status."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Response

from chalicelib.domain.errors import (
    ConflictError,
    Fault,
    InvalidError,
    InvalidIdError,
    NotAllowedError,
    NotFoundError,
    StaleVersionError,
)
from chalicelib.services.errors import BadCursorError, OverloadedError, TryAgainError, UnreadableClientError


class RequestError(Exception):
    """A request that cannot be served as it is; `status` says how, the message what to do."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def malformed(detail: str) -> RequestError:
    """400: the request cannot be read."""
    return RequestError(HTTPStatus.BAD_REQUEST, detail)


STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = {
    InvalidIdError: HTTPStatus.NOT_FOUND,  # in a path it names nothing that exists
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    StaleVersionError: HTTPStatus.PRECONDITION_FAILED,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadCursorError: HTTPStatus.BAD_REQUEST,
    TryAgainError: HTTPStatus.SERVICE_UNAVAILABLE,
}

TITLES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "Bad Request",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "Not Found",
    HTTPStatus.CONFLICT: "Conflict",
    HTTPStatus.PRECONDITION_FAILED: "Precondition Failed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Unsupported Media Type",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
    HTTPStatus.PRECONDITION_REQUIRED: "Precondition Required",
    HTTPStatus.TOO_MANY_REQUESTS: "Too Many Requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Internal Server Error",
    HTTPStatus.SERVICE_UNAVAILABLE: "Service Unavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "Gateway Timeout",
}
"""Titles of problems, as RFC 9110 and RFC 6585 name the statuses. Python's own phrases differ by its version."""

COMMON_HEADERS: Final = {
    "Cache-Control": "no-store",
    # Nothing that is answered here is a page: a browser that shows it as one loads nothing and frames nothing.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


def status_of(error: Exception) -> HTTPStatus:
    """The status of an error; 500 for one that is in no table."""
    if isinstance(error, RequestError):
        return error.status
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(error: Exception, request_id: str) -> Response:
    """The response for an error. Unexpected errors reveal no internals."""
    status = status_of(error)
    detail = str(error)
    faults: Sequence[Fault] = ()
    if isinstance(error, InvalidError):
        detail, faults = "The request is well-formed, but some of its values are not valid.", error.faults
    elif isinstance(error, UnreadableClientError):
        detail = f"What is stored of the client {error.client} cannot be read; an operator has to mend it."
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, TryAgainError):
        detail = (
            "Something went wrong on our side. Try again; if the problem persists, quote this request id to support."
        )
    elif isinstance(error, OverloadedError):
        detail = "The service is busy right now. Try again in a moment; repeating the request is safe."
    elif isinstance(error, TryAgainError):
        detail = "Other requests are changing the same data right now. Try again; repeating the request is safe."
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES[status],
        "status": int(status),
        "detail": detail,
        "request_id": request_id,
    }
    if faults:
        document["errors"] = [fault._asdict() for fault in faults]
    headers = {"Content-Type": "application/problem+json"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return Response(json.dumps(document), headers, int(status))
