"""Who is told: an endpoint's subscription, and what it gets."""

import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId

SubscriptionState = Literal["pending", "confirmed", "ended", "removed"]
"""`pending`: its owner is asked to confirm it; `ended`: by its owner, or nobody confirmed it in time; `removed`: by us,
but SNS may still know it."""


class Subscription(NamedTuple):
    """An endpoint that gets an account manager's messages (None: those for the fallback addresses).

    Those of several account managers that share an endpoint are one subscription at SNS, whose filter lists them.
    """

    id: str
    manager: RecordId | None
    protocol: str
    endpoint: str
    arn: str = ""
    """SNS's name of it; empty until SNS was asked."""

    state: SubscriptionState = "pending"
    asked_at: Instant = Instant(0)
    """When its owner was last asked to confirm it."""

    @property
    def confirmed(self) -> bool:
        """Whether messages reach it."""
        return self.state == "confirmed"

    @property
    def live(self) -> bool:
        """Whether SNS is to know it."""
        return self.state in ("pending", "confirmed")

    @property
    def place(self) -> tuple[str, str]:
        """What SNS knows once per topic."""
        return self.protocol, self.endpoint


class Notification(NamedTuple):
    """A message for a tenant's topic: the JSON body, the e-mail, and the attributes that subscriptions filter by."""

    body: str
    mail: str
    subject: str
    attributes: Mapping[str, str]

    @property
    def message(self) -> str:
        """What is published: the e-mail for e-mail addresses, the body for everybody else."""
        return json.dumps({"default": self.body, "email": self.mail}, ensure_ascii=False)


class Standing(NamedTuple):
    """A subscription as SNS has it: whether it is confirmed, and whose messages its filter lets through."""

    confirmed: bool
    managers: frozenset[RecordId | None]
