"""Answers of /clients/{client_id}/explanation."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Day, Instant, Score
from chalicelib.domain.explanation import Kind
from chalicelib.domain.settings import Model


class ExplainedFrom(TypedDict):
    """The earlier result."""

    date: Day
    score: Score | None


class ExplainedTo(TypedDict):
    """The later result."""

    as_of: Instant
    score: Score | None


class ExplanationPart(TypedDict):
    """One reason of the change."""

    id: str
    """The factor or signal; else the same as `kind`."""
    kind: Kind
    change: Annotated[str, Field(pattern=r"^-?\d+\.\d$")]
    """Points, one decimal, as text."""
    from_points: int | None
    to_points: int | None
    sentence: str


_From = TypedDict("_From", {"from": ExplainedFrom})


class Explanation(_From):
    """Why a score moved. The changes of the parts sum to `change`, exactly."""

    model: Model
    to: ExplainedTo
    change: int | None
    """Null when either side has no score; then there are no parts."""
    parts: list[ExplanationPart]
