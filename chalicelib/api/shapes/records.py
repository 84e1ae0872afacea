"""Answers about records."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Count, Fault, Id, Instant, Page


class RejectedRecord(TypedDict):
    """A record that was not stored, and why."""

    index: Count
    """Its place in the request, from 0."""
    id: str | None
    """Its id as sent; null when there was none."""
    errors: Annotated[list[Fault], Field(min_length=1)]


class RecordsOutcome(TypedDict):
    """What became of the records of a request."""

    accepted: Count
    """Records that changed something."""
    unchanged: Count
    """Records that were known already, or older than what is known."""
    rejected: list[RejectedRecord]


class RecordId(TypedDict):
    """A record that is held."""

    id: Id
    client_id: Id | None
    """The client that it belongs to; of a client its own id, of an account manager null."""
    updated_at: Instant
    """The time of the last change, to the microsecond."""


class RecordIdList(Page):
    """The ids of the records of a type."""

    items: list[RecordId]
