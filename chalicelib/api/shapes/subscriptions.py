"""Answers about subscriptions."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Page, one_of
from chalicelib.domain.ids import SUBSCRIPTION_ID_PATTERN

State = Annotated[str, one_of(("pending", "confirmed", "ended"))]


class Subscription(TypedDict):
    """An endpoint that gets an account manager's messages."""

    id: Annotated[str, Field(pattern=SUBSCRIPTION_ID_PATTERN)]
    protocol: Annotated[str, one_of(("email", "https", "sqs"))]
    endpoint: str
    confirmed: bool
    """Its owner has confirmed it: until then it gets nothing."""
    state: State
    """`pending`: its owner is asked to confirm it, for 48 hours; `ended`: nobody did, or its owner has unsubscribed.
    One that has ended gets nothing until it is subscribed once more."""


class SubscriptionList(Page):
    """An account manager's subscriptions."""

    items: list[Subscription]
