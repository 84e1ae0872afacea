"""One SNS topic per tenant, one subscription per endpoint; its filter lists the account managers it is for.

SNS knows a topic, a protocol and an endpoint together once: to subscribe again with another filter is refused. What
AWS says of it is in the API reference (Subscribe, Unsubscribe, SetSubscriptionAttributes) and in tests/aws_rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.overload import ask
from chalicelib.domain.errors import ConflictError, Fault, InvalidError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Standing

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from chalicelib.domain.subscriptions import Notification

ATTRIBUTE: Final = "account_manager_id"
REDRIVE: Final = "RedrivePolicy"
NOBODY: Final = {"exists": False}
"""The condition of the fallback addresses: their messages name no account manager."""

RAW_PROTOCOLS: Final = frozenset({"sqs"})
"""Endpoints that get the body as it is. An HTTPS endpoint gets SNS's envelope, whose signature it can verify."""

TOPIC_FULL: Final = frozenset({"FilterPolicyLimitExceeded", "SubscriptionLimitExceeded"})


def topic_name(prefix: str, tenant: TenantId) -> str:
    """The name of a tenant's topic, from which nobody can tell the tenant."""
    return f"{prefix}{hashlib.sha256(tenant.encode()).hexdigest()[:24]}"


class SnsNotifier:
    """`Notifier` on SNS."""

    def __init__(self, client: SNSClient, topic_arn_prefix: str, undelivered_arn: str | None = None) -> None:
        """`topic_arn_prefix` is what the ARNs of the tenants' topics start with, up to the hash in their names;
        `undelivered_arn` the queue that gets what SNS gave up on."""
        self._client, self._prefix = client, topic_arn_prefix
        self._always = {REDRIVE: json.dumps({"deadLetterTargetArn": undelivered_arn})} if undelivered_arn else {}
        """Attributes of every subscription."""

    def ensure_topic(self, tenant: TenantId) -> str:
        """Creating a topic that exists returns it."""
        name = self._topic(tenant).rpartition(":")[2]
        return ask(self._client.create_topic, Name=name)["TopicArn"]

    def _topic(self, tenant: TenantId) -> str:
        """Built, not asked for: CreateTopic is allowed 30 times a second in many regions."""
        return topic_name(self._prefix, tenant)

    def publish(self, tenant: TenantId, notification: Notification) -> None:
        ask(
            self._client.publish,
            TopicArn=self._topic(tenant),
            MessageStructure="json",
            Message=notification.message,
            Subject=notification.subject,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in notification.attributes.items()
            },
        )

    def subscribe(self, tenant: TenantId, managers: Collection[RecordId | None], protocol: str, endpoint: str) -> str:
        attributes = {"FilterPolicy": _filter(managers), **self._always}
        if protocol in RAW_PROTOCOLS:
            attributes["RawMessageDelivery"] = "true"
        try:
            return self._subscribe(tenant, protocol, endpoint, attributes)
        except self._client.exceptions.InvalidParameterException as error:
            if "different attributes" not in str(error):
                raise InvalidError([Fault("/endpoint", "SNS does not take this endpoint.")]) from error
        except ClientError as error:
            if error.response["Error"]["Code"] not in TOPIC_FULL:
                raise
            raise ConflictError(
                "SNS takes no more subscriptions for this tenant: remove one, or let account managers share an "
                "endpoint."
            ) from error
        # SNS has one with another filter, of which a crash left us no name: without attributes it returns that.
        arn = self._subscribe(tenant, protocol, endpoint, {})
        for name, value in attributes.items():
            self._set(arn, name, value)
        return arn

    def _subscribe(self, tenant: TenantId, protocol: str, endpoint: str, attributes: dict[str, str]) -> str:
        return ask(
            self._client.subscribe,
            TopicArn=self._topic(tenant),
            Protocol=protocol,
            Endpoint=endpoint,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    def standing(self, arn: str) -> Standing | None:
        try:
            found = ask(self._client.get_subscription_attributes, SubscriptionArn=arn)["Attributes"]
        except self._client.exceptions.NotFoundException:
            return None  # nobody confirmed it in time, or its owner ended it
        confirmed = found.get("PendingConfirmation", "false") == "false"
        for name, value in self._always.items():
            if confirmed and name not in found:  # an older build made it
                self._set(arn, name, value)
        return Standing(confirmed, _managers(found.get("FilterPolicy")))

    def set_managers(self, arn: str, managers: Collection[RecordId | None]) -> None:
        self._set(arn, "FilterPolicy", _filter(managers))

    def _set(self, arn: str, name: str, value: str) -> None:
        try:
            ask(
                self._client.set_subscription_attributes,
                SubscriptionArn=arn,
                AttributeName=name,
                AttributeValue=value,
            )
        except self._client.exceptions.NotFoundException:
            return  # ended in between, which the next look at it tells

    def unsubscribe(self, arn: str) -> bool:
        try:
            ask(self._client.unsubscribe, SubscriptionArn=arn)
        except self._client.exceptions.NotFoundException:
            return True  # ended before, or by its owner
        except self._client.exceptions.InvalidParameterException as error:
            if "pending confirmation" not in str(error):
                raise
            return False
        return True


def _filter(managers: Collection[RecordId | None]) -> str:
    """A filter policy that lets the messages of these account managers through: its values are alternatives."""
    named = sorted(manager for manager in managers if manager is not None)
    fallback = [NOBODY] if None in managers else []
    return json.dumps({ATTRIBUTE: [*fallback, *named]})  # moto looks no further than the first name


def _managers(policy: str | None) -> frozenset[RecordId | None]:
    """Whose messages a filter lets through; nobody's where it is none of ours, so that it is set again."""
    values: list[Any] = json.loads(policy).get(ATTRIBUTE, []) if policy else []
    return frozenset(None if value == NOBODY else RecordId(value) for value in values)
