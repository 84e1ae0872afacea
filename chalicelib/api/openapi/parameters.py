"""Parameters of the path, the query and the headers."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from chalicelib.api.openapi.parts import Header, Parameter
from chalicelib.api.queries import DEFAULT_LIMIT, MAX_LIMIT, MAX_TEXT
from chalicelib.domain.ids import RECORD_ID_PATTERN
from chalicelib.domain.settings import MODELS

TEXT: Final = {"type": "string"}
ID: Final = {"type": "string", "pattern": RECORD_ID_PATTERN}
ALERT_ID: Final = {"type": "string", "pattern": r"^\d{8}T\d{6}Z-[0-9a-f]{16}$"}
DAY: Final = {"type": "string", "format": "date"}
ETAG: Final = {"type": "string", "pattern": r'^"[1-9][0-9]{0,5}"$'}

PATH_PARAMETERS: Final = {
    parameter.name: parameter
    for parameter in (
        Parameter("client_id", "path", ID, "The client's id.", "c-1042", required=True),
        Parameter("manager_id", "path", ID, "The account manager's id.", "am-7", required=True),
        Parameter(
            "key_id",
            "path",
            {"type": "string", "pattern": "^[A-Z2-7]{16}$"},
            "The key's id.",
            "G4R3JJFLO264CBZC",
            required=True,
        ),
        Parameter("alert_id", "path", ALERT_ID, "The alert's id.", "20261121T020000Z-3b9f0c41d2a78e65", required=True),
        Parameter("task_id", "path", ALERT_ID, "The task's id.", "20261121T020000Z-3b9f0c41d2a78e65", required=True),
        Parameter(
            "subscription_id",
            "path",
            {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "The subscription's id.",
            "5d1c9be07a42f368",
            required=True,
        ),
        Parameter(
            "version",
            "path",
            {"type": "integer", "minimum": 1, "maximum": 999_999},
            "A version of the settings.",
            3,
            required=True,
        ),
    )
}
"""The parameters of the routes' paths, by the name that stands in the path."""

LIMIT: Final = Parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "How many rows the page has at most.",
    25,
)
CURSOR: Final = Parameter(
    "cursor",
    "query",
    TEXT,
    "The `next_cursor` of the page before, with all other parameters (but `limit`) as they were there.",
    "WyJub3J0aHdpbmQiXQ.awMdGA.tM6zvwYoC5-KUTWWdmrJtiqdZrA",
)
LIST: Final = (LIMIT, CURSOR)

MODEL: Final = Parameter(
    "model",
    "query",
    {"type": "string", "enum": list(MODELS)},
    "The scoring model; by default the tenant's primary model.",
    "weighted",
)
NAME_CONTAINS: Final = Parameter(
    "q",
    "query",
    {"type": "string", "maxLength": MAX_TEXT},
    "Only clients whose name contains this, in any case.",
    "dental",
)


def choice(name: str, values: Collection[str], description: str, example: str, default: str | None = None) -> Parameter:
    """A query parameter with one of some values."""
    schema = {"type": "string", "enum": list(values)}
    return Parameter(name, "query", schema if default is None else {**schema, "default": default}, description, example)


def several(name: str, schema: Mapping[str, Any], description: str, example: str) -> Parameter:
    """A filter of the query that may be sent more than once."""
    text = f"{description} Sent more than once: those with any of the values."
    return Parameter(name, "query", {"type": "array", "items": dict(schema), "minItems": 1}, text, [example])


def several_choices(name: str, values: Collection[str], description: str, example: str) -> Parameter:
    """A filter with one or more of some values."""
    return several(name, {"type": "string", "enum": list(values)}, description, example)


def ordering(columns: Collection[str], default: str) -> tuple[Parameter, Parameter]:
    """`sort` and `order`."""
    return (
        choice(
            "sort", columns, "The column to sort by. Rows without a value come last in both orders.", default, default
        ),
        choice("order", ("asc", "desc"), "The direction.", "desc", "asc"),
    )


IF_MATCH: Final = Parameter(
    "If-Match",
    "header",
    TEXT,
    "The `ETag` of the settings that you read, so that no edit made since is lost; a list of them, or `*` for whatever "
    "is there (RFC 9110). Tags are compared strongly: a weak one (`W/`) matches nothing.",
    '"12"',
    required=True,
)
IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "header",
    {"type": "string", "pattern": "^[!-~]{1,128}$"},
    "Makes repeating safe: for 24 hours the same key for the same client gets the same answer, and nothing is "
    "computed again.",
    "8b1f6a52-6f1b-4a0e-9a53-2f8d3a1c7e10",
)

ETAG_HEADER: Final = Header(
    "ETag", ETAG, "The settings' version, for `If-Match`. The three settings resources share it."
)
RETRY_AFTER: Final = Header("Retry-After", {"type": "integer", "minimum": 1}, "Seconds to wait before another try.")
WWW_AUTHENTICATE: Final = Header("WWW-Authenticate", TEXT, "The scheme to authenticate with: `Bearer`.", required=False)
