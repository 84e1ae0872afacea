"""Answers of /clients/{client_id}/activities."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Day, Id, Instant, Page, Score, one_of
from chalicelib.api.shapes.explanations import ExplanationPart
from chalicelib.domain.activities import KINDS, QBR_STATUSES
from chalicelib.domain.settings import Model


class ActivityAuthor(TypedDict):
    """Who did it, by the name of that time."""

    subject: str
    """The subject of the token, or `api-key:` and the id of the key."""
    name: str
    """The token's name, else its e-mail address; of an API key its name."""


class ActivityEntry(TypedDict):
    """An entry of a client's journal."""

    id: Id
    """That of the record which it is."""
    kind: Annotated[str, one_of(KINDS)]
    occurred_at: Instant | None
    """Null for a QBR."""
    held_on: Day | None
    """Of a QBR."""
    with_decision_maker: bool | None
    """Null for a note."""
    status: Annotated[str, one_of(QBR_STATUSES)] | None
    """Of a QBR: held, planned, or did not take place."""
    text: str | None
    by: ActivityAuthor | None
    """Null for what a connector or an import sent."""
    logged_at: Instant
    withdrawn_at: Instant | None
    """It counts no more from then on."""
    change: Annotated[str, Field(pattern=r"^-?\d+\.\d$")] | None
    """The points that it moved the score of the primary model when it was logged, one decimal."""


class ActivityList(Page):
    """A client's journal, newest first by the time that its entries are of."""

    items: list[ActivityEntry]
    time_zone: str
    """The tenant's IANA time zone, in which the days of QBRs are meant."""


_From = TypedDict("_From", {"from": Score | None})


class ActivityEffect(_From):
    """The score just before and just after, both computed from the facts. The parts' changes sum to `change`."""

    model: Model
    """The primary model."""
    to: Score | None
    change: int | None
    """Null when either side has no score; then there are no parts."""
    parts: list[ExplanationPart]


class LoggedActivity(TypedDict):
    """An activity, and what it did to the score."""

    activity: ActivityEntry
    effect: ActivityEffect | None
    """Null for a note, and for a client that is not scored."""
