"""The contracts of `ports.SubscriptionStore` and of `ports.Notifier`."""

import json
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.sns import SnsNotifier
from chalicelib.domain.ids import RecordId
from chalicelib.services.ports import Notification, Notifier, Subscription, SubscriptionStore
from tests.contract.conftest import REGION
from tests.contract.examples import ACME, NEIGHBOURS, OTHER
from tests.fakes.notifier import FakeNotifier

M1, M10 = RecordId("m1"), RecordId("m10")


def subscription(manager: RecordId | None = M1, number: int = 1, **fields: Any) -> Subscription:
    made = Subscription(f"{number:016x}", manager, "email", f"{number}@acme.example", f"arn:{number}", False)
    return made._replace(**fields)


def test_subscriptions_are_read_back_whole(subscriptions: SubscriptionStore) -> None:
    held = [subscription(number=number) for number in range(3)]
    for each in held:
        subscriptions.put(ACME, each)
    assert subscriptions.list(ACME, M1) == held
    assert subscriptions.list(ACME, None) == subscriptions.list(ACME, M10) == subscriptions.list(OTHER, M1) == []


def test_the_later_one_stands(subscriptions: SubscriptionStore) -> None:
    for confirmed in (False, True, True):
        subscriptions.put(ACME, subscription(confirmed=confirmed))
    assert subscriptions.list(ACME, M1) == [subscription(confirmed=True)]


def test_a_deleted_one_is_gone_and_no_other(subscriptions: SubscriptionStore) -> None:
    owners = [None, *NEIGHBOURS]
    for owner in owners:
        subscriptions.put(ACME, subscription(owner))
    for _ in range(2):
        subscriptions.delete(ACME, subscription(None))
    assert [len(subscriptions.list(ACME, owner)) for owner in owners] == [0, *[1] * len(NEIGHBOURS)]


class Topics:
    """A notifier, and what its queues got."""

    def __init__(self, kind: str) -> None:
        self._sqs: Any = None
        self.notifier: Notifier = FakeNotifier()
        if kind == "sns":
            self._sqs = boto3.client("sqs", region_name=REGION)
            self.notifier = SnsNotifier(boto3.client("sns", region_name=REGION), "health-")

    def endpoint(self, name: str) -> str:
        if self._sqs is not None:
            self._sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{REGION}:123456789012:{name}"

    def bodies(self, name: str) -> list[str]:
        if self._sqs is None:
            return [got.body for got in cast(FakeNotifier, self.notifier).inboxes.get(self.endpoint(name), [])]
        url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return [each["Body"] for each in self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]


@pytest.fixture(params=["fake", "sns"])
def topics(request: pytest.FixtureRequest) -> Any:
    with mock_aws():
        yield Topics(request.param)


def notification(text: str, manager: str | None) -> Notification:
    attributes = {"kind": "alert"} if manager is None else {"kind": "alert", "account_manager_id": manager}
    return Notification(json.dumps({"text": text}, ensure_ascii=False), "mail", "Größe"[:2], attributes)


def test_messages_reach_their_account_manager(topics: Topics) -> None:
    owners: dict[str, RecordId | None] = {"one": M1, "ten": M10, "nobody": None}
    for name, manager in owners.items():
        for _ in range(2):
            arn, _ = topics.notifier.subscribe(ACME, manager, "sqs", topics.endpoint(name))
            assert topics.notifier.is_confirmed(arn)
    topics.notifier.subscribe(OTHER, M1, "sqs", topics.endpoint("other"))
    topics.notifier.publish(OTHER, notification("other", "m1"))
    for manager in owners.values():
        topics.notifier.publish(ACME, notification(f"für {manager}", manager))
    found = {name: [json.loads(body)["text"] for body in topics.bodies(name)] for name in ("one", "ten", "nobody")}
    assert found == {"one": ["für m1"], "ten": ["für m10"], "nobody": ["für None"]}
    assert [json.loads(body)["text"] for body in topics.bodies("other")] == ["other"]


def test_a_subscription_that_ended_is_not_confirmed(topics: Topics) -> None:
    arn, _ = topics.notifier.subscribe(ACME, M1, "sqs", topics.endpoint("one"))
    for _ in range(2):
        topics.notifier.unsubscribe(arn)
        assert not topics.notifier.is_confirmed(arn)


def test_a_topic_is_created_once(topics: Topics) -> None:
    assert topics.notifier.ensure_topic(ACME) == topics.notifier.ensure_topic(ACME)
    assert topics.notifier.ensure_topic(ACME) != topics.notifier.ensure_topic(OTHER)
