"""Answers about alerts, tasks and subscriptions."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.openapi.answers.analytics import BandName
from chalicelib.api.openapi.answers.common import Answer, Day, Id, Instant, Page, Score, sometimes
from chalicelib.domain.alerts import Delivery, Rule
from chalicelib.domain.settings import Model

AlertId = Annotated[str, Field(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{16}$")]


class AlertReason(Answer):
    """A rule that fired, with the number that it went by."""

    rule: Rule
    threshold: Score = Field(
        0, description="Of rule `threshold`: the alert threshold in force.", json_schema_extra=sometimes
    )
    velocity: Annotated[int, Field(lt=0)] = Field(
        -1, description="Of rule `velocity`: points lost in about 30 days.", json_schema_extra=sometimes
    )


class Alert(Answer):
    """A client's fall, told once."""

    id: AlertId
    client_id: Id
    client_name: str
    account_manager_id: Id | None = Field(
        description="Who was told; null: the tenant's fallback addresses, or nobody. While it waits: the client's."
    )
    model: Model
    score: Score
    previous_score: Score | None = Field(description="The score of the night before; null without one.")
    band: BandName
    reasons: Annotated[list[AlertReason], Field(min_length=1, max_length=2)]
    sentence: str = Field(description="Why, in one sentence.")
    as_of: Instant
    status: Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"]
    published_at: Instant | None = Field(description="When it was sent to the subscribers; null until then.")
    delivery: Delivery = Field(
        description="`nobody`: neither the account manager nor a fallback address had a confirmed subscription. It is "
        "not sent later."
    )


class AlertList(Page):
    """Alerts, newest first."""

    items: list[Alert]


class Task(Answer):
    """A follow-up task."""

    id: AlertId
    client_id: Id
    client_name: str
    account_manager_id: Id | None
    title: str
    due_on: Day
    status: Literal["OPEN", "DONE"]
    alert_id: AlertId = Field(description="The alert that opened it.")


class TaskList(Page):
    """Tasks, newest first."""

    items: list[Task]


class Subscription(Answer):
    """An endpoint that gets an account manager's messages."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    protocol: Literal["email", "https", "sqs"]
    endpoint: str
    confirmed: bool = Field(description="Its owner has confirmed it: until then it gets nothing.")
    state: Literal["pending", "confirmed", "ended"] = Field(
        description="`pending`: its owner is asked to confirm it, for 48 hours; `ended`: nobody did, or its owner has "
        "unsubscribed. One that has ended gets nothing until it is subscribed once more."
    )


class SubscriptionList(Page):
    """An account manager's subscriptions."""

    items: list[Subscription]
