"""What SNS answers, as the service's own errors; and topics that nobody asks SNS for."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.adapters.sns import SnsNotifier, topic_name
from chalicelib.domain.errors import ConflictError, Fault, InvalidError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Notification
from chalicelib.services.errors import OverloadedError

ACME = TenantId("acme")
PREFIX = "arn:aws-cn:sns:cn-north-1:123456789012:health-"
TOPIC = topic_name(PREFIX, ACME)


@pytest.fixture
def rehearsed() -> Iterator[tuple[SnsNotifier, Stubber]]:
    client = boto3.client("sns", region_name="cn-north-1", aws_access_key_id="x", aws_secret_access_key="y")
    with Stubber(client) as stub:
        yield SnsNotifier(client, PREFIX), stub
        stub.assert_no_pending_responses()


def subscribe(notifier: SnsNotifier) -> str:
    return notifier.subscribe(ACME, [RecordId("am-7")], "sqs", "arn:aws:sqs:x:1:y")


def test_an_endpoint_that_sns_refuses_is_a_fault_of_the_request(rehearsed: tuple[SnsNotifier, Stubber]) -> None:
    notifier, stub = rehearsed
    stub.add_client_error("subscribe", "InvalidParameter", "Invalid parameter: SQS endpoint ARN", 400)
    with pytest.raises(InvalidError) as refused:
        subscribe(notifier)
    assert refused.value.faults == (Fault("/endpoint", "SNS does not take this endpoint."),)


@pytest.mark.parametrize("code", ["FilterPolicyLimitExceeded", "SubscriptionLimitExceeded"])
def test_a_full_topic_is_a_conflict(rehearsed: tuple[SnsNotifier, Stubber], code: str) -> None:
    notifier, stub = rehearsed
    stub.add_client_error("subscribe", code, "full", 403)
    with pytest.raises(ConflictError, match="takes no more subscriptions"):
        subscribe(notifier)


def test_a_throttled_call_may_be_tried_again(rehearsed: tuple[SnsNotifier, Stubber]) -> None:
    notifier, stub = rehearsed
    stub.add_client_error("subscribe", "Throttled", "Rate exceeded", 429)
    with pytest.raises(OverloadedError):
        subscribe(notifier)


def test_publishing_asks_for_no_topic(rehearsed: tuple[SnsNotifier, Stubber]) -> None:
    notifier, stub = rehearsed
    sent: dict[str, Any] = {"Subject": "s", "MessageStructure": "json", "MessageAttributes": {}}
    stub.add_response(
        "publish", {"MessageId": "1"}, {**sent, "TopicArn": TOPIC, "Message": '{"default": "b", "email": "m"}'}
    )
    notifier.publish(ACME, Notification("b", "m", "s", {}))


def test_only_a_new_tenant_makes_a_topic(rehearsed: tuple[SnsNotifier, Stubber]) -> None:
    notifier, stub = rehearsed
    stub.add_response("create_topic", {"TopicArn": TOPIC}, {"Name": TOPIC.rpartition(":")[2]})
    assert notifier.ensure_topic(ACME) == TOPIC
