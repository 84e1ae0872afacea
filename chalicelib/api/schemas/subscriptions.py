"""The body of a subscription."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from chalicelib.api.schemas.fields import email
from chalicelib.api.schemas.validation import Schema

_HTTPS = re.compile(r"https://[^\s/?#@]{1,253}(/[^\s#]*)?\Z")
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}\Z")


def _https(text: str) -> str:
    if not (_HTTPS.match(text) and text.isprintable()):
        raise ValueError("Send an https:// URL.")
    return text


def _queue(text: str) -> str:
    if not _QUEUE.match(text):
        raise ValueError("Send a queue's ARN.")
    return text


ENDPOINTS: Final[Mapping[str, Callable[[str], str]]] = {"email": email, "https": _https, "sqs": _queue}
"""What checks the endpoints of a protocol."""


class SubscriptionBody(Schema):
    """The body of POST /account-managers/{id}/subscriptions."""

    protocol: Literal["email", "https", "sqs"]
    endpoint: Annotated[str, Field(min_length=3, max_length=2000)]
    """An e-mail address, an `https://` URL, or the ARN of an SQS queue."""

    @model_validator(mode="after")
    def _fits(self) -> "SubscriptionBody":
        try:
            ENDPOINTS[self.protocol](self.endpoint)
        except ValueError as error:
            raise ValueError(f"endpoint: {error}") from error
        return self
