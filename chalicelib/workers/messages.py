"""The contract of queue messages (api.md, Messages). Checked by hand: a worker loads no schema library."""

import json
from typing import Any, Final

from chalicelib.domain.ids import TenantId
from chalicelib.domain.messages import PagesMessage
from chalicelib.domain.times import parse_day, parse_instant

SCHEMA_VERSION: Final = 1
MAX_PAGES: Final = 8
MAX_PAGE: Final = 9999
FIELDS: Final = {"schema_version", "tenant_id", "reason", "run_date", "as_of", "pages"}


class BadMessageError(ValueError):
    """A message that this version of the service does not understand; it goes to the dead-letter queue alone."""


def read_message(body: str) -> PagesMessage:
    """The message in a queue record's body. Raises BadMessageError with what is wrong."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessageError("the body is not JSON") from error
    if not isinstance(document, dict) or document.keys() != FIELDS:
        raise BadMessageError("the body does not have the fields of a message")
    if document["schema_version"] != SCHEMA_VERSION:
        raise BadMessageError("its schema version is not the one that this version of the service reads")
    try:
        return _message(document)
    except (ValueError, TypeError) as error:
        raise BadMessageError(f"a field has a bad value: {error}") from error


def _message(document: dict[str, Any]) -> PagesMessage:
    pages = document["pages"]
    if not isinstance(pages, list) or not 1 <= len(pages) <= MAX_PAGES:
        raise ValueError(f"a message names 1 to {MAX_PAGES} pages")
    if any(type(page) is not int or not 0 <= page <= MAX_PAGE for page in pages):
        raise ValueError("a page is a number from 0")
    tenant = TenantId(document["tenant_id"])
    match document["reason"]:
        case "nightly":
            run_date, as_of = parse_day(document["run_date"]), parse_instant(document["as_of"])
            return PagesMessage(tenant, "nightly", run_date, as_of, tuple(pages))
        case "refresh" if document["run_date"] is None and document["as_of"] is None:
            return PagesMessage(tenant, "refresh", None, None, tuple(pages))
    raise ValueError("the reason is nightly or refresh, and a refresh names no time")
