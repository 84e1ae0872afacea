"""Bodies of connections."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from chalicelib.api.schemas.fields import Day, Name, source
from chalicelib.api.schemas.validation import Schema
from chalicelib.connections.mapping import LONGEST_ENTRY, MOST_ENTRIES
from chalicelib.domain.connections import INTERVAL_MINUTES, LONGEST_INTERVAL, LONGEST_SETTING, QuietHours
from chalicelib.domain.ids import SOURCE_PATTERN

MOST_SETTINGS: Final = 10


def _minute(text: str) -> int:
    match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", text)
    if match is None:
        raise ValueError("Send a time of day such as 22:00.")
    return 60 * int(match[1]) + int(match[2])


Source = Annotated[str, AfterValidator(source), WithJsonSchema({"type": "string", "pattern": SOURCE_PATTERN})]
Minute = Annotated[
    str, AfterValidator(_minute), WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
]
Settings = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=LONGEST_SETTING)]],
    Field(max_length=MOST_SETTINGS),
]


class QuietHoursBody(Schema):
    """Hours of the tenant's day in which nothing is read."""

    start: Minute
    end: Minute


class ConnectionFields(Schema):
    """What is set of a connection; what is left out stays as it is."""

    name: Name | None = None
    """What people call it."""
    settings: Settings | None = None
    """What the system asks for, by the names that `kinds` lists. Secrets are never answered."""
    first_response: Annotated[str, Field(max_length=20)] | None = None
    """Which of the system's definitions of a first response counts."""
    create_clients: bool | None = None
    """Whether a company that is nobody's alias becomes a client."""
    client_source: Source | None = None
    """The source under whose aliases clients are found: a PSA's, for a system that carries its ids."""
    history_from: Day | None = None
    """How far back the first sync reads; null: as far as the system does."""
    interval_minutes: Annotated[int, Field(ge=INTERVAL_MINUTES, le=LONGEST_INTERVAL)] | None = None
    """How often it is read."""
    quiet_hours: QuietHoursBody | None = None
    deletions_allowed: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """So many records of a stream may be deleted at once that the system no longer has: a person's word."""

    def changes(self) -> dict[str, Any]:
        """What was sent, as the service takes it."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        quiet = sent.get("quiet_hours")
        if quiet is not None:
            sent["quiet_hours"] = QuietHours(quiet.start, quiet.end)
        return sent


class NewConnection(ConnectionFields):
    """The body of POST /connections."""

    kind: Literal["connectwise", "smileback", "xero"]
    source: Source | None = None
    """What its records' ids begin with, and its own id; it cannot be changed.

    By default the kind's; a second connection of a kind takes another.
    """


class ConnectionBody(ConnectionFields):
    """The body of PATCH /connections/{connection_id}."""

    state: Literal["running", "paused"] | None = None
    """`running` starts it, and begins a sync at once."""


def _entry(text: str) -> str:
    if not (text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_ENTRY):
        raise ValueError(f"Send the ids of entries, of 1 to {LONGEST_ENTRY} plain characters.")
    return text


Meanings = Annotated[
    dict[Annotated[str, AfterValidator(_entry)], Annotated[str, Field(max_length=20)]], Field(max_length=MOST_ENTRIES)
]


class MappingBody(Schema):
    """The body of PUT /connections/{connection_id}/mapping: what the system's own entries mean, by their ids there."""

    priorities: Meanings = Field(default_factory=dict)
    """`P1` to `P5`; a ticket of a priority that is not here is skipped."""
    statuses: Meanings = Field(default_factory=dict)
    """`open`, `resolved` or `closed`; by default what the system itself says."""
    types: Meanings = Field(default_factory=dict)
    """`skip` for types of tickets that are left out."""
    clients: Meanings = Field(default_factory=dict)
    """`skip` for companies that are left out."""

    def document(self) -> dict[str, dict[str, str]]:
        return {name: held for name, held in self.model_dump().items() if held}
