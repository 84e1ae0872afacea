"""A layer between the service and moto that answers as AWS does where moto does not.

It hangs on botocore's own events: a rule sees a call's parameters before anything is sent, and may refuse it, answer
in its place, or correct what comes back. `enforced` switches it on; the functional and fault suites always run in it.
Each rule names where AWS says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import botocore.handlers
from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from moto.sns.models import Subscription

from tests.aws_rules import dynamodb, sns
from tests.aws_rules.calls import After, Answer, Before, Call, Refusal

MARK: Final = "aws_rules"
"""Where a call's parameters wait in botocore's context of the call until they are needed."""


class AwsRules:
    """The rules in force, and the failures that a test asks for."""

    def __init__(self) -> None:
        self.subscriptions = sns.Subscriptions()
        self._before: list[tuple[str, Before]] = [*self.subscriptions.before, *sns.BEFORE, *dynamodb.BEFORE]
        self._after: list[tuple[str, After]] = [*self.subscriptions.after]
        self._failing: dict[str, list[Before]] = {}

    def fail(self, operation: str, how: Before, times: int = 1) -> None:
        """The next calls of an operation fail so."""
        self._failing.setdefault(operation, []).extend([how] * times)

    def recover(self) -> None:
        """Nothing fails any more that was to."""
        self._failing.clear()

    def before(self, call: Call) -> Answer:
        """What AWS answers without doing anything."""
        if waiting := self._failing.get(call.operation):
            return waiting.pop(0)(call)
        for operation, rule in self._before:
            if operation == call.operation and (answer := rule(call)) is not None:
                return answer
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        """Makes an answer what AWS would say."""
        for operation, rule in self._after:
            if operation == call.operation:
                rule(call, answer)


_enforced: AwsRules | None = None


@contextmanager
def enforced() -> Iterator[AwsRules]:
    """AWS's rules hold within, for every client of the process; the same where they hold already."""
    global _enforced
    outer, _enforced = _enforced, _enforced or AwsRules()
    try:
        with patch.object(Subscription, "publish", _delivered):
            yield _enforced
    finally:
        _enforced = outer


_deliver = Subscription.publish


def _delivered(subscription: Any, *message: Any, **details: Any) -> None:
    """Nothing comes to who has not confirmed. moto would call an HTTPS endpoint itself: tests have none to call."""
    pending = _enforced is not None and _enforced.subscriptions.is_pending(subscription)
    if not pending and subscription.protocol not in {"http", "https"}:
        _deliver(subscription, *message, **details)


def _remember(params: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
    service: str = model.service_model.service_name
    context[MARK] = Call(f"{service}.{model.name}", params, context.get("client_region", ""))


def _before(context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
    if _enforced is None or MARK not in context:
        return None
    answer = _enforced.before(context[MARK])
    if answer is None:
        return None
    parsed = _parsed(answer) if isinstance(answer, Refusal) else answer
    made: Any = AWSResponse  # its types want headers of a class of botocore's own
    return made("https://aws.example", parsed["ResponseMetadata"]["HTTPStatusCode"], {}, MockRawResponse("")), parsed


def _after(http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if _enforced is None or MARK not in context or http_response.status_code >= 300:
        return
    _enforced.after(context[MARK], parsed)


def _parsed(refusal: Refusal) -> dict[str, Any]:
    return {
        "Error": {"Code": refusal.code, "Message": refusal.message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "", "HTTPHeaders": {}, "RetryAttempts": 0},
        **refusal.more,
    }


# Every session takes these over when it is made; conftest files import this before any test makes one. moto's own
# place is later, when a request is about to leave.
botocore.handlers.BUILTIN_HANDLERS += [
    ("before-parameter-build", _remember),
    ("before-call", _before),
    ("after-call", _after),
]
