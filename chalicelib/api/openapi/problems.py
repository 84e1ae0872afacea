"""The ways in which operations fail, each with the detail that its example shows."""

from http import HTTPStatus
from typing import Final

from chalicelib.api import endpoint
from chalicelib.api.openapi.parts import Problem

UNAUTHORIZED: Final = Problem(HTTPStatus.UNAUTHORIZED, "no_credential", "No valid credential.")
FORBIDDEN: Final = Problem(HTTPStatus.FORBIDDEN, "permission", "This needs the permission settings.write.")
THROTTLED: Final = Problem(HTTPStatus.TOO_MANY_REQUESTS, "throttled", "Too many requests at this time; try again.")
UNFORESEEN: Final = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "unforeseen",
    "Something went wrong here. Try again; if it stays, report the request id.",
)
TIMED_OUT: Final = Problem(HTTPStatus.GATEWAY_TIMEOUT, "timed_out", "The request took too long.")

UNKNOWN_PARAMETER: Final = Problem(
    HTTPStatus.BAD_REQUEST, "unknown_parameter", "Unknown query parameter 'page'; known here: cursor, limit."
)
NO_PARAMETERS: Final = Problem(
    HTTPStatus.BAD_REQUEST, "unknown_parameter", "Unknown query parameter 'verbose'; known here: none."
)
BAD_PARAMETER: Final = Problem(HTTPStatus.BAD_REQUEST, "bad_parameter", "limit is a number from 1 to 200.")
BAD_CURSOR: Final = Problem(
    HTTPStatus.BAD_REQUEST,
    "bad_cursor",
    "This cursor is not valid here, or it has expired: start from the first page.",
)
BAD_DATES: Final = Problem(HTTPStatus.BAD_REQUEST, "bad_dates", "from is not after to.")
BAD_KEY: Final = Problem(
    HTTPStatus.BAD_REQUEST, "bad_idempotency_key", "An Idempotency-Key is 1 to 128 visible ASCII characters."
)
NOT_JSON: Final = Problem(HTTPStatus.BAD_REQUEST, "not_json", "The body is not JSON.")
NOT_UTF8: Final = Problem(HTTPStatus.BAD_REQUEST, "not_utf8", endpoint.NOT_UTF8)
NO_OBJECT: Final = Problem(HTTPStatus.BAD_REQUEST, "no_object", "The body is a JSON object.")
NO_RECORDS: Final = Problem(HTTPStatus.BAD_REQUEST, "no_records", 'The body is an object with a list of "records".')
TOO_MANY_RECORDS: Final = Problem(
    HTTPStatus.BAD_REQUEST, "too_many_records", "Send 1 to 500 records at a time; these are 612."
)
TOO_LARGE: Final = Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "The body is over 1 MB: send it in parts.")
NO_JSON_TYPE: Final = Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type", "Send the body as application/json.")

UNKNOWN_TENANT: Final = Problem(HTTPStatus.NOT_FOUND, "tenant", "There is no tenant acme.")
UNKNOWN_CLIENT: Final = Problem(HTTPStatus.NOT_FOUND, "client", "There is no client c-9999.")
NO_SCORE: Final = Problem(
    HTTPStatus.NOT_FOUND, "score", "The client c-1042 has no score of that date or the 7 days before it."
)
NO_RESULT: Final = Problem(HTTPStatus.NOT_FOUND, "score", "The client c-0871 has no score yet.")
UNKNOWN_VERSION: Final = Problem(HTTPStatus.NOT_FOUND, "version", "There is no version 99 of the settings.")
UNKNOWN_KEY: Final = Problem(HTTPStatus.NOT_FOUND, "key", "There is no API key G4R3JJFLO264CBZC.")
UNKNOWN_ALERT: Final = Problem(HTTPStatus.NOT_FOUND, "alert", "There is no alert 20261121T020000Z-3b9f0c41d2a78e65.")
UNKNOWN_TASK: Final = Problem(HTTPStatus.NOT_FOUND, "task", "There is no task 20261121T020000Z-3b9f0c41d2a78e65.")
UNKNOWN_MANAGER: Final = Problem(HTTPStatus.NOT_FOUND, "account_manager", "There is no account manager am-7.")
UNKNOWN_SUBSCRIPTION: Final = Problem(
    HTTPStatus.NOT_FOUND, "subscription", "There is no subscription 5d1c9be07a42f368."
)
BAD_MANAGER_ID: Final = Problem(
    HTTPStatus.NOT_FOUND,
    "id",
    "An id is 1 to 64 letters, digits, dots, underscores and hyphens, and starts with a letter or digit.",
)

NOT_SCORED: Final = Problem(
    HTTPStatus.CONFLICT, "not_scored", "This client is not scored: it is archived, not active, or not yet a client."
)
KEY_OF_OTHER_CLIENT: Final = Problem(
    HTTPStatus.CONFLICT, "other_client", "This Idempotency-Key was used for another client."
)
IN_PROGRESS: Final = Problem(
    HTTPStatus.CONFLICT, "in_progress", "A request with this Idempotency-Key is still in progress."
)
RESOLVED: Final = Problem(
    HTTPStatus.CONFLICT,
    "resolved",
    "A resolved alert stays resolved; a new fall of the score raises a new one.",
)
OTHER_TASK: Final = Problem(HTTPStatus.CONFLICT, "other_task", "This client has another open task.")
KEY_OF_KEYS: Final = Problem(
    HTTPStatus.CONFLICT,
    "made_by_keys",
    "This key was made by a key that a key made: let a person make the next one.",
)
TENANT_TAKEN: Final = Problem(HTTPStatus.CONFLICT, "taken", "The tenant id acme is taken.")

STALE: Final = Problem(
    HTTPStatus.PRECONDITION_FAILED,
    "stale",
    "The settings are at version 13 now: read them again, then repeat the change.",
)
NO_ETAG: Final = Problem(HTTPStatus.PRECONDITION_FAILED, "no_etag", 'If-Match is the ETag that you read, such as "12".')
NO_IF_MATCH: Final = Problem(
    HTTPStatus.PRECONDITION_REQUIRED,
    "no_if_match",
    "Send the ETag that you read in If-Match, so that no edit is lost.",
)
BUSY: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "Too many others are changing the same just now. Try again; repeating the request is safe.",
)

OVERLOADED: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "overloaded",
    "The service takes no more just now. Try again in a moment; repeating the request is safe.",
)
TOPIC_FULL: Final = Problem(
    HTTPStatus.CONFLICT,
    "topic_full",
    "SNS takes no more subscriptions for this tenant: remove one, or let account managers share an endpoint.",
)


def invalid(*errors: tuple[str, str]) -> Problem:
    """422 with faults: (pointer, message)."""
    detail = "The request is well-formed, but some of its values are not valid."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors)


BODY: Final = (NOT_JSON, NOT_UTF8, NO_OBJECT, TOO_LARGE, NO_JSON_TYPE)
"""What every body can fail by."""

EVERYWHERE: Final = (THROTTLED, UNFORESEEN, OVERLOADED, TIMED_OUT)
"""What every route can fail by; a route that is not public by these too:"""

CREDENTIALS: Final = (UNAUTHORIZED, FORBIDDEN)
