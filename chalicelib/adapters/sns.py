"""One SNS topic per tenant; subscriptions are filtered by account manager."""

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.errors import Fault, InvalidError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.ports import Notification

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

RAW_PROTOCOLS: Final = frozenset({"sqs", "https"})
"""Endpoints that get the body as it is, without SNS's envelope."""


def topic_name(prefix: str, tenant: TenantId) -> str:
    """The name of a tenant's topic, from which nobody can tell the tenant."""
    return f"{prefix}{hashlib.sha256(tenant.encode()).hexdigest()[:24]}"


class SnsNotifier:
    """`ports.Notifier` on SNS."""

    def __init__(self, client: "SNSClient", topic_prefix: str) -> None:
        self._client, self._prefix = client, topic_prefix
        self._topic = cache(self._created_topic)

    def ensure_topic(self, tenant: TenantId) -> str:
        return self._topic(tenant)

    def _created_topic(self, tenant: TenantId) -> str:
        """The tenant's topic; creating one that exists answers it."""
        return self._client.create_topic(Name=topic_name(self._prefix, tenant))["TopicArn"]

    def publish(self, tenant: TenantId, notification: Notification) -> None:
        self._client.publish(
            TopicArn=self._topic(tenant),
            MessageStructure="json",
            Message=json.dumps({"default": notification.body, "email": notification.mail}, ensure_ascii=False),
            Subject=notification.subject,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in notification.attributes.items()
            },
        )

    def subscribe(self, tenant: TenantId, manager: RecordId | None, protocol: str, endpoint: str) -> tuple[str, bool]:
        wanted: list[Any] = [{"exists": False}] if manager is None else [manager]
        attributes = {"FilterPolicy": json.dumps({"account_manager_id": wanted})}
        if protocol in RAW_PROTOCOLS:
            attributes["RawMessageDelivery"] = "true"
        topic = self._topic(tenant)
        try:
            arn = self._client.subscribe(
                TopicArn=topic,
                Protocol=protocol,
                Endpoint=endpoint,
                Attributes=attributes,
                ReturnSubscriptionArn=True,
            )["SubscriptionArn"]
        except self._client.exceptions.InvalidParameterException as error:
            raise InvalidError([Fault("/endpoint", "SNS does not take this endpoint.")]) from error
        return arn, self.is_confirmed(arn)

    def is_confirmed(self, arn: str) -> bool:
        try:
            attributes = self._client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        except self._client.exceptions.NotFoundException:
            return False  # nobody confirmed it in time, or its owner ended it
        return attributes.get("PendingConfirmation", "false") == "false"

    def unsubscribe(self, arn: str) -> None:
        try:
            self._client.unsubscribe(SubscriptionArn=arn)
        except self._client.exceptions.NotFoundException:
            return  # ended before, or by its owner
