"""Answers about alerts and tasks."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.activities import ActivityAuthor
from chalicelib.api.shapes.common import BandName, Count, Day, Id, Instant, Page, Score, one_of
from chalicelib.domain.alerts import ALERT_STATUSES, Delivery, Rule
from chalicelib.domain.ids import ALERT_ID_PATTERN
from chalicelib.domain.settings import Model

AlertId = Annotated[str, Field(pattern=ALERT_ID_PATTERN)]


class AlertReason(TypedDict):
    """A rule that fired, with the number that it went by."""

    rule: Rule
    threshold: NotRequired[Score]
    """Of rule `threshold`: the alert threshold in force."""
    velocity: NotRequired[Annotated[int, Field(lt=0)]]
    """Of rule `velocity`: points lost in about 30 days."""


class AlertAnswer(TypedDict):
    """The last thing that a person did about an alert."""

    status: Annotated[str, one_of(ALERT_STATUSES)]
    """What they made of it. The alert's own may be another: it resolves automatically, too."""
    at: Instant
    by: ActivityAuthor


class Alert(TypedDict):
    """A client's fall, told once."""

    id: AlertId
    client_id: Id
    client_name: str
    account_manager_id: Id | None
    """Who was told; null: the tenant's fallback addresses, or nobody. While it waits: the client's."""
    model: Model
    score: Score
    previous_score: Score | None
    """The score of the night before; null without one."""
    band: BandName
    reasons: Annotated[list[AlertReason], Field(min_length=1, max_length=2)]
    sentence: str
    """Why, in one sentence."""
    as_of: Instant
    status: Annotated[str, one_of(ALERT_STATUSES)]
    published_at: Instant | None
    """When it was sent to the subscribers; null until then."""
    delivery: Delivery
    """`nobody`: neither the account manager nor a fallback address had a confirmed subscription. It is not sent
    later."""
    answered: NotRequired[AlertAnswer]
    """Left out until a person did something about it."""


class AlertList(Page):
    """Alerts, newest first."""

    items: list[Alert]
    total: Count | None
    """How many there are in all; null where resolved ones are among them: these are not counted."""


class TaskChange(TypedDict):
    """The last change of a task by a person."""

    at: Instant
    by: ActivityAuthor


class Task(TypedDict):
    """A follow-up task: of an alert, or made by hand."""

    id: AlertId
    client_id: Id
    client_name: str
    account_manager_id: Id | None
    """Whose it is: whom it was given to, else the client's account manager when it was made."""
    assigned: bool
    """It was given to that account manager by hand; else it goes with the client."""
    title: str
    due_on: Day | None
    """Null for a task made by hand without a date."""
    status: Annotated[str, one_of(("OPEN", "DONE"))]
    alert_id: AlertId | None
    """The alert that opened it; null for a task made by hand."""
    steps: Annotated[list[str], Field(max_length=10)]
    """What is to be done, as text."""
    note: str | None
    """What is to be known about it."""
    created_by: ActivityAuthor | None
    """Null for a task that an alert opened."""
    changed: TaskChange | None
    """Null until a person changed it."""


class TaskList(Page):
    """Tasks, newest first."""

    items: list[Task]
    total: Count | None
    """How many there are in all; null where done ones are among them: these are not counted."""
