"""The messages of the scoring queue and their JSON (api.md, Messages), as written and as read.

Checked by hand: a worker loads no schema library.
"""

import json
from typing import Any, Final, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import MOST_PAGES, TenantId
from chalicelib.domain.times import format_day, format_instant, parse_day, parse_instant

SCHEMA_VERSION: Final = 1
PAGES_PER_MESSAGE: Final = 8

_FIELDS: Final = {"schema_version", "tenant_id", "reason", "run_date", "as_of", "pages"}


class BadMessageError(ValueError):
    """A message that this version of the service does not understand; it goes to the dead-letter queue alone."""


class NightlyPages(NamedTuple):
    """Pages of a tenant to score in a nightly run."""

    tenant: TenantId
    run_date: Day
    as_of: Instant
    pages: tuple[int, ...]

    @property
    def reason(self) -> str:
        return "nightly"

    @property
    def delay(self) -> int:
        """Seconds until it is delivered."""
        return 0


class RefreshPages(NamedTuple):
    """Pages of a tenant whose marked rows are to be refreshed, delivered after `delay` seconds."""

    tenant: TenantId
    pages: tuple[int, ...]
    delay: int = 0

    @property
    def reason(self) -> str:
        return "refresh"


ScoringMessage = NightlyPages | RefreshPages


def message_body(message: ScoringMessage) -> str:
    """A message as JSON."""
    run_date, as_of = None, None
    if isinstance(message, NightlyPages):
        run_date, as_of = format_day(message.run_date), format_instant(message.as_of)
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "tenant_id": message.tenant,
            "reason": message.reason,
            "run_date": run_date,
            "as_of": as_of,
            "pages": list(message.pages),
        },
        separators=(",", ":"),
    )


def read_message(body: str) -> ScoringMessage:
    """The message in a queue record's body. Raises BadMessageError with what is wrong."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessageError("the body is not JSON") from error
    if not isinstance(document, dict) or document.keys() != _FIELDS:
        raise BadMessageError("the body does not have the fields of a message")
    if document["schema_version"] != SCHEMA_VERSION:
        raise BadMessageError("its schema version is not the one that this version of the service reads")
    try:
        return _message(document)
    except (ValueError, TypeError) as error:
        raise BadMessageError(f"a field has a bad value: {error}") from error


def _message(document: dict[str, Any]) -> ScoringMessage:
    pages = document["pages"]
    if not isinstance(pages, list) or not 1 <= len(pages) <= PAGES_PER_MESSAGE:
        raise ValueError(f"a message names 1 to {PAGES_PER_MESSAGE} pages")
    if any(type(page) is not int or not 0 <= page < MOST_PAGES for page in pages):
        raise ValueError("a page is a number from 0")
    tenant = TenantId(document["tenant_id"])
    match document["reason"]:
        case "nightly":
            run_date, as_of = parse_day(document["run_date"]), parse_instant(document["as_of"])
            return NightlyPages(tenant, run_date, as_of, tuple(pages))
        case "refresh" if document["run_date"] is None and document["as_of"] is None:
            return RefreshPages(tenant, tuple(pages))
    raise ValueError("the reason is nightly or refresh, and a refresh names no time")
