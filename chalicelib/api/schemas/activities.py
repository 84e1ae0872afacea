"""The bodies of activities."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, RootModel, StringConstraints, ValidationError

from chalicelib.api.errors import malformed
from chalicelib.api.schemas.fields import Composed, Day, Instant
from chalicelib.api.schemas.validation import Schema, faults
from chalicelib.domain.activities import KINDS, MOST_TEXT, Activity
from chalicelib.domain.errors import Fault, InvalidError

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_TEXT),
    Composed,
    AfterValidator(lambda text: text or None),
]
"""Of the person's own words; nothing but blanks is none."""


class ActivityFields(Schema):
    """What all activities have."""

    text: Text | None = None
    """What it was about, for people: it is no fact, and goes into the journal alone."""


class TouchpointBody(ActivityFields):
    """A call, a meeting, a visit or an e-mail."""

    kind: Literal["CALL", "MEETING", "VISIT", "EMAIL"]
    occurred_at: Instant
    """At most 400 days ago and 60 seconds ahead; what is less than a second ago counts from there."""
    with_decision_maker: bool = False
    """Whether a decision-maker took part."""

    def activity(self) -> Activity:
        return Activity(
            kind=self.kind,
            occurred=self.occurred_at,
            held=None,
            decision_maker=self.with_decision_maker,
            status=None,
            text=self.text,
        )


class QbrBody(ActivityFields):
    """A QBR that was held, is planned, or did not take place."""

    kind: Literal["QBR"]
    held_on: Day
    """In the tenant's zone: not after today when it was held, not before today when it is planned."""
    status: Literal["COMPLETED", "SCHEDULED", "CANCELLED"] = "COMPLETED"
    """Held, planned, or did not take place."""
    with_decision_maker: bool = False
    """It then counts as a contact with a decision-maker too."""

    def activity(self) -> Activity:
        return Activity(
            kind=self.kind,
            occurred=None,
            held=self.held_on,
            decision_maker=self.with_decision_maker,
            status=self.status,
            text=self.text,
        )


class NoteBody(ActivityFields):
    """A note: no fact, and without effect on the score."""

    kind: Literal["NOTE"]
    occurred_at: Instant
    """When it was noted."""

    def activity(self) -> Activity:
        return Activity(
            kind=self.kind, occurred=self.occurred_at, held=None, decision_maker=False, status=None, text=self.text
        )


class ActivityBody(RootModel[Annotated[TouchpointBody | QbrBody | NoteBody, Field(discriminator="kind")]]):
    """An activity: its `kind` says which fields it has."""

    @classmethod
    def read(cls, body: Any) -> Activity:
        """What a view gets of a body: RequestError (400) for what is no object, InvalidError (422) with all faults."""
        if not isinstance(body, dict):
            raise malformed("The body is a JSON object.")
        try:
            return cls.model_validate(body).root.activity()
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            if first["type"].startswith("union_"):
                raise InvalidError([Fault("/kind", f"Send one of {', '.join(KINDS)}.")]) from error
            raise InvalidError(list(faults(error, skip=1))) from error


class QbrOutcomeBody(Schema):
    """What became of a planned QBR."""

    status: Literal["COMPLETED", "CANCELLED"]
    """Held, or did not take place."""
    held_on: Day | None = None
    """Where that was another day than planned."""
    with_decision_maker: bool | None = None
    """Where that is otherwise than planned."""
