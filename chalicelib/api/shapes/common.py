"""What answers are described with. Answers are plain dictionaries: builders return them, and mypy finds a missing or an
extra key. Nothing here is loaded while serving; pydantic reads it when the OpenAPI document is built.

Further fields may join those described: clients ignore what they do not know.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, NotRequired

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from chalicelib.domain.deduction import STATUSES
from chalicelib.domain.ids import RECORD_ID_PATTERN
from chalicelib.domain.settings import MOST_VERSIONS
from chalicelib.domain.weighted import BANDS


def one_of(values: Iterable[str]) -> WithJsonSchema:
    """For text that the domain makes: what it may be."""
    return WithJsonSchema({"type": "string", "enum": list(values)})


def number(**limits: int) -> WithJsonSchema:
    """For a decimal, which is a JSON number in answers."""
    return WithJsonSchema({"type": "number", **limits})


Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Id = Annotated[str, Field(pattern=RECORD_ID_PATTERN)]
Score = Annotated[int, Field(ge=0, le=100)]
Average = Annotated[Decimal, number(minimum=0, maximum=100)]
Share = Annotated[Decimal, number(minimum=0, maximum=1)]
Count = Annotated[int, Field(ge=0)]
Version = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
Band = Annotated[str, one_of((*BANDS, "INSUFFICIENT_DATA"))]
BandName = Annotated[str, one_of(STATUSES)] | Band


class Page(TypedDict):
    """What all lists have."""

    next_cursor: str | None
    """Send it as `cursor` to go on; null at the end of the list."""


class CountedPage(Page):
    """A page of a list that says how long the whole list is."""

    total: Count
    """How many rows pass the filters, on all pages together."""


class Money(TypedDict):
    """An amount of one currency. Amounts of different currencies are never added up."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """ISO 4217 code."""
    amount: Annotated[str, Field(pattern=r"^\d+\.\d{2,4}$")]
    """A decimal number as text."""


class ScoreChange(TypedDict):
    """Month over month: the fleet's average now less that of the baseline date, 30 to 37 days ago."""

    points: Annotated[Decimal, number()]
    """Rounded to one decimal; 0 without a baseline."""
    baseline_date: Day | None
    """The date compared with; null when there is none to compare with."""
    settings_changed: bool
    """The baseline was computed under another version of the settings."""


class Fault(TypedDict):
    """One thing wrong with an input."""

    pointer: str
    """JSON pointer (RFC 6901) to it; empty for the whole."""
    message: str
    """What to do about it."""


class Problem(TypedDict):
    """An error (RFC 9457)."""

    type: str
    """Always `about:blank`: the status says what kind of problem it is."""
    title: str
    """The status in words."""
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """What is wrong with this request, and what to do about it."""
    request_id: str
    """Names this request in the service's logs: quote it when you report a problem."""
    errors: NotRequired[list[Fault]]
    """With 422: every fault of the body."""
