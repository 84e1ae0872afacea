"""Rules of SNS that moto does not have."""

import json
import math
from typing import Any, Final

from tests.aws_rules.calls import Call, Refusal

FILTER_POLICIES_PER_TOPIC: Final = 200
"""AWS General Reference, Amazon SNS endpoints and quotas: "Filter policies per topic"."""

FILTER_VALUES: Final = 150
"""Developer Guide, Filter policy constraints: "the total combination of values must not exceed 150"."""

MESSAGE_BYTES: Final = 262_144
"""API reference, Publish: "messages must be UTF-8 encoded strings and at most 256 KB in size (262,144 bytes, not
262,144 characters)"; the attributes count as well (Developer Guide, Message attributes)."""

SUBJECT_BELOW: Final = 100
"""API reference, Publish: "ASCII text that begins with a letter, number, or punctuation mark; must not include line
breaks or control characters; and must be less than 100 characters long"."""


class Subscriptions:
    """One subscription per topic, protocol and endpoint; some wait for their owner's confirmation.

    API reference, Subscribe: "If the endpoint type is HTTP/S or email, or if the endpoint and the topic are not in the
    same Amazon Web Services account, the endpoint owner must run the ConfirmSubscription action".
    """

    def __init__(self) -> None:
        self._confirmed: set[str] = set()
        self.before = [("sns.Subscribe", self._once), ("sns.Unsubscribe", self._not_while_pending)]
        self.after = [("sns.GetSubscriptionAttributes", self._say_pending)]

    def confirm(self, arn: str) -> None:
        """The endpoint's owner follows the link."""
        self._confirmed.add(arn)

    def is_pending(self, subscription: Any) -> bool:
        """Whether SNS waits for the owner of a subscription of moto's."""
        asked = subscription.protocol in {"email", "http", "https"}
        if subscription.protocol == "sqs":
            asked = subscription.endpoint.split(":")[4] != subscription.topic.arn.split(":")[4]
        return asked and subscription.arn not in self._confirmed

    @staticmethod
    def _once(call: Call) -> Refusal | None:
        """localstack#8816, whose test was validated against AWS: an attribute that is given and differs is refused;
        a repeat without attributes is the same subscription."""
        wanted = call.parameters
        attributes = wanted.get("Attributes", {})
        held = [each for each in call.backend("sns").subscriptions.values() if each.topic.arn == wanted["TopicArn"]]
        for each in held:
            if (each.protocol, each.endpoint) == (wanted["Protocol"], wanted["Endpoint"]):
                same = all(_text(each.attributes.get(name)) == value for name, value in attributes.items())
                reason = "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
                return None if same else Refusal("InvalidParameter", reason)
        filtered = sum("FilterPolicy" in each.attributes for each in held)
        if "FilterPolicy" in attributes and filtered >= FILTER_POLICIES_PER_TOPIC:
            return Refusal("FilterPolicyLimitExceeded", "Filter policy limit exceeded for this topic.")
        return _too_many_values(attributes.get("FilterPolicy"))

    def _not_while_pending(self, call: Call) -> Refusal | None:
        """The message by which terraform-provider-aws knows it (resourceTopicSubscriptionDelete)."""
        held = call.backend("sns").subscriptions.get(call.parameters["SubscriptionArn"])
        if held is None or not self.is_pending(held):
            return None
        reason = "Cannot unsubscribe a subscription that is pending confirmation"
        return Refusal("InvalidParameter", f"Invalid parameter: SubscriptionArn Reason: {reason}")

    def _say_pending(self, call: Call, answer: dict[str, Any]) -> None:
        held = call.backend("sns").subscriptions[call.parameters["SubscriptionArn"]]
        answer["Attributes"]["PendingConfirmation"] = "true" if self.is_pending(held) else "false"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _too_many_values(policy: str | None) -> Refusal | None:
    combinations = math.prod(len(values) for values in json.loads(policy).values()) if policy else 0
    if combinations <= FILTER_VALUES:
        return None
    return Refusal("InvalidParameter", "Invalid parameter: FilterPolicy: Filter policy is too complex")


def _filter_that_fits(call: Call) -> Refusal | None:
    wanted = call.parameters
    return _too_many_values(wanted["AttributeValue"]) if wanted["AttributeName"] == "FilterPolicy" else None


def _message_that_fits(call: Call) -> Refusal | None:
    message = call.parameters
    size = len(message["Message"].encode())
    for name, attribute in message.get("MessageAttributes", {}).items():
        size += sum(len(text.encode()) for text in (name, attribute["DataType"], attribute["StringValue"]))
    if size > MESSAGE_BYTES:
        return Refusal("InvalidParameter", "Invalid parameter: Message too long")
    return None


def _subject_that_is_allowed(call: Call) -> Refusal | None:
    subject = call.parameters.get("Subject")
    if subject is None:
        return None
    allowed = subject.isascii() and subject.isprintable() and subject[:1].strip() and len(subject) < SUBJECT_BELOW
    return None if allowed else Refusal("InvalidParameter", "Invalid parameter: Subject")


BEFORE: Final = [
    ("sns.SetSubscriptionAttributes", _filter_that_fits),
    ("sns.Publish", _message_that_fits),
    ("sns.Publish", _subject_that_is_allowed),
]
