"""What answers are described with. These models document answers; nothing is validated with them while serving."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from chalicelib.domain.ids import RECORD_ID_PATTERN


class Answer(BaseModel):
    """Base of all answers. Further fields may join those described: clients ignore what they do not know."""


def sometimes(schema: dict[str, Any]) -> None:
    """For a field that may be absent: it has no default then."""
    schema.pop("default")


Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Id = Annotated[str, Field(pattern=RECORD_ID_PATTERN)]
Score = Annotated[int, Field(ge=0, le=100)]
Average = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Version = Annotated[int, Field(ge=1, le=999_999)]


class Page(Answer):
    """What all lists have."""

    next_cursor: str | None = Field(description="Send it as `cursor` to go on; null at the end of the list.")


class CountedPage(Page):
    """A page of a list that says how long the whole list is."""

    total: Count = Field(description="How many rows pass the filters, on all pages together.")


class Money(Answer):
    """An amount of one currency. Amounts of different currencies are never added up."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(description="ISO 4217 code.")
    amount: Annotated[str, Field(pattern=r"^\d+\.\d{2,4}$")] = Field(description="A decimal number as text.")


class ScoreChange(Answer):
    """Month over month: the fleet's average now less that of the baseline date, 30 to 37 days ago."""

    points: float = Field(description="Rounded to one decimal; 0 without a baseline.")
    baseline_date: Day | None = Field(description="The date compared with; null when there is none to compare with.")
    settings_changed: bool = Field(description="The baseline was computed under another version of the settings.")


class Fault(Answer):
    """One thing wrong with an input."""

    pointer: str = Field(description="JSON pointer (RFC 6901) to it; empty for the whole.")
    message: str = Field(description="What to do about it.")


class Problem(Answer):
    """An error (RFC 9457)."""

    type: str = Field(description="Always `about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str = Field(description="What is wrong with this request, and what to do about it.")
    request_id: str = Field(description="Names this request in the service's logs: quote it when you report a problem.")
    errors: list[Fault] = Field([], description="With 422: every fault of the body.", json_schema_extra=sometimes)
