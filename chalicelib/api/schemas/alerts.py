"""The bodies of alerts, tasks and subscriptions."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from chalicelib.api.schemas.fields import EMAIL_PATTERN
from chalicelib.api.schemas.validation import Schema


class AlertStatusBody(Schema):
    """The body of PATCH /alerts/{id}."""

    status: Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"]


class TaskStatusBody(Schema):
    """The body of PATCH /tasks/{id}."""

    status: Literal["OPEN", "DONE"]


ENDPOINT_PATTERNS = {
    "email": (re.compile(EMAIL_PATTERN), "Send an e-mail address."),
    "https": (re.compile(r"https://[^\s/?#@]{1,253}(/[^\s#]*)?\Z"), "Send an https:// URL."),
    "sqs": (re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}\Z"), "Send a queue's ARN."),
}


class SubscriptionBody(Schema):
    """The body of POST /account-managers/{id}/subscriptions."""

    protocol: Literal["email", "https", "sqs"]
    endpoint: Annotated[str, Field(min_length=3, max_length=2000)]

    @model_validator(mode="after")
    def _fits(self) -> "SubscriptionBody":
        pattern, message = ENDPOINT_PATTERNS[self.protocol]
        if not pattern.match(self.endpoint):
            raise ValueError(f"endpoint: {message}")
        return self
