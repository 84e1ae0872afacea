"""Calls of AWS as a rule sees them, and what it may answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

Parameters: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the service makes it."""

    operation: str
    """Such as `sns.Subscribe`."""

    parameters: Parameters
    region: str

    def backend(self, service: str) -> Any:
        """What moto holds of a service, in the call's region."""
        return get_backend(service)[DEFAULT_ACCOUNT_ID][self.region]


class Refusal(NamedTuple):
    """An error as AWS words it; `more` are the fields that its type has beside the message."""

    code: str
    message: str
    more: Mapping[str, Any] = {}


Answer: TypeAlias = "Refusal | dict[str, Any] | None"
"""A refusal, an answer in AWS's place, or None: the call goes on."""

Before: TypeAlias = Callable[[Call], Answer]
After: TypeAlias = Callable[[Call, dict[str, Any]], None]
"""Sees an answer and may correct it."""


def answered(**document: Any) -> dict[str, Any]:
    """An answer of AWS that is no error."""
    return {**document, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}}
