"""The contracts of `ports.SubscriptionStore` and of `ports.Notifier`."""

import json
from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.subscriptions import DynamoSubscriptionStore
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.sns import SnsNotifier
from chalicelib.domain.ids import RecordId
from chalicelib.domain.subscriptions import Notification, Standing, Subscription
from chalicelib.services.ports.notifications import Notifier, SubscriptionStore
from tests.aws_rules.layer import enforced
from tests.contract.conftest import REGION
from tests.contract.examples import ACME, NEIGHBOURS, NOW, OTHER
from tests.fakes.notifier import FakeNotifier

M1, M10 = RecordId("m1"), RecordId("m10")


def subscription(manager: RecordId | None = M1, number: int = 1, **fields: Any) -> Subscription:
    made = Subscription(f"{number:016x}", manager, "email", f"{number}@acme.example", f"arn:{number}")
    return made._replace(**fields)


def test_subscriptions_are_read_back_whole(subscriptions: SubscriptionStore) -> None:
    held = [subscription(None), *(subscription(number=number, asked_at=NOW) for number in range(3)), subscription(M10)]
    for each in held:
        subscriptions.put(ACME, each)
    assert subscriptions.all(ACME) == held
    assert subscriptions.all(OTHER) == []


def test_what_is_wanted_later_stands(subscriptions: SubscriptionStore) -> None:
    for state in ("pending", "removed", "pending"):
        subscriptions.put(ACME, subscription(state=state))
    assert subscriptions.all(ACME) == [subscription()]


def test_what_sns_says_stands_unless_something_else_is_wanted(subscriptions: SubscriptionStore) -> None:
    asked = subscription(arn="", asked_at=NOW)
    subscriptions.put(ACME, asked)
    known = asked._replace(arn="arn:1", state="confirmed")
    subscriptions.replace(ACME, asked, known)
    assert subscriptions.all(ACME) == [known]
    subscriptions.put(ACME, removed := known._replace(state="removed"))
    subscriptions.replace(ACME, known, known._replace(state="ended"))
    assert subscriptions.all(ACME) == [removed]
    subscriptions.put(ACME, again := asked._replace(asked_at=NOW + 1))
    subscriptions.delete(ACME, removed)
    assert subscriptions.all(ACME) == [again]
    subscriptions.delete(ACME, again)
    subscriptions.replace(ACME, again, known)
    assert subscriptions.all(ACME) == []


def test_a_deleted_one_is_gone_and_no_other(subscriptions: SubscriptionStore) -> None:
    owners = [None, *NEIGHBOURS]
    for owner in owners:
        subscriptions.put(ACME, subscription(owner))
    for _ in range(2):
        subscriptions.delete(ACME, subscription(None))
    assert [each.manager for each in subscriptions.all(ACME)] == sorted(NEIGHBOURS)


def test_items_of_before_there_were_states(table: Table) -> None:
    """They are read as what they said, and become like all others when they are next looked at."""
    store = DynamoSubscriptionStore(table)
    for number, confirmed in enumerate((True, False)):
        item = {"protocol": "email", "endpoint": f"{number}@acme.example", "arn": "arn", "confirmed": confirmed}
        table.put(keys.subscription(ACME, M1, f"{number:016x}"), item)
    first, second = store.all(ACME)
    assert [(each.state, each.arn, each.asked_at) for each in (first, second)] == [
        ("confirmed", "arn", 0),
        ("pending", "arn", 0),
    ]
    store.replace(ACME, second, second._replace(state="confirmed"))
    store.delete(ACME, first)
    assert store.all(ACME) == [second._replace(state="confirmed")]


class Topics:
    """A notifier, and what its queues got."""

    def __init__(self, kind: str) -> None:
        self._sqs: Any = None
        self.notifier: Notifier = FakeNotifier()
        if kind == "sns":
            self._sqs = boto3.client("sqs", region_name=REGION)
            prefix = f"arn:aws:sns:{REGION}:123456789012:health-"
            self.notifier = SnsNotifier(boto3.client("sns", region_name=REGION), prefix)
        for tenant in (ACME, OTHER):
            self.notifier.ensure_topic(tenant)

    def endpoint(self, name: str) -> str:
        if self._sqs is not None:
            self._sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{REGION}:123456789012:{name}"

    def texts(self, name: str) -> list[str]:
        return [json.loads(body)["text"] for body in self._bodies(name)]

    def _bodies(self, name: str) -> list[str]:
        if self._sqs is None:
            return [got.body for got in cast(FakeNotifier, self.notifier).inboxes.get(self.endpoint(name), [])]
        url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [each["Body"] for each in answer.get("Messages", [])]


@pytest.fixture(params=["fake", "sns"])
def topics(request: pytest.FixtureRequest) -> Iterator[Topics]:
    with mock_aws(), enforced():
        yield Topics(request.param)


def notification(text: str, manager: str | None) -> Notification:
    attributes = {"kind": "alert"} if manager is None else {"kind": "alert", "account_manager_id": manager}
    return Notification(json.dumps({"text": text}, ensure_ascii=False), "mail", "Subject", attributes)


def test_messages_reach_their_account_managers(topics: Topics) -> None:
    owners: dict[str, set[RecordId | None]] = {"one": {M1}, "both": {M1, M10}, "nobody": {None}, "all": {None, M1}}
    for name, managers in owners.items():
        for _ in range(2):
            arn = topics.notifier.subscribe(ACME, managers, "sqs", topics.endpoint(name))
            assert topics.notifier.standing(arn) == Standing(True, frozenset(managers))
    topics.notifier.subscribe(OTHER, [M1], "sqs", topics.endpoint("other"))
    topics.notifier.publish(OTHER, notification("other", "m1"))
    for manager in (M1, M10, None, "m2"):
        topics.notifier.publish(ACME, notification(f"für {manager}", manager))
    assert {name: sorted(topics.texts(name)) for name in owners} == {
        "one": ["für m1"],
        "both": ["für m1", "für m10"],
        "nobody": ["für None"],
        "all": ["für None", "für m1"],
    }
    assert topics.texts("other") == ["other"]


@pytest.mark.parametrize("topics", ["sns"], indirect=True)
def test_what_sns_gives_up_on_has_a_queue(topics: Topics) -> None:
    """Also for a subscription of a build that named none, once it is looked at; it takes no call where it is there."""
    sns, queue = boto3.client("sns", region_name=REGION), topics.endpoint("undelivered")
    now = SnsNotifier(sns, f"arn:aws:sns:{REGION}:123456789012:health-", queue)
    calls: list[str] = []
    sns.meta.events.register("before-call.sns", lambda model, **_: calls.append(model.name))

    def redrive(arn: str) -> str | None:
        return (
            boto3.client("sns", region_name=REGION)
            .get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            .get("RedrivePolicy")
        )

    wanted = json.dumps({"deadLetterTargetArn": queue})
    made = now.subscribe(ACME, [M1], "sqs", topics.endpoint("new"))
    assert (redrive(made), calls) == (wanted, ["Subscribe"])
    before = topics.notifier.subscribe(ACME, [M1], "sqs", topics.endpoint("old"))
    assert redrive(before) is None
    calls.clear()
    for _ in range(2):
        assert now.standing(before) == Standing(True, frozenset({M1}))
    assert calls == ["GetSubscriptionAttributes", "SetSubscriptionAttributes", "GetSubscriptionAttributes"]
    assert redrive(before) == wanted
    again = topics.notifier.subscribe(ACME, [M1], "sqs", topics.endpoint("lost"))
    assert now.subscribe(ACME, [M1], "sqs", topics.endpoint("lost")) == again, "a crash left no name of it"
    assert redrive(again) == wanted


def test_who_shares_an_endpoint_changes(topics: Topics) -> None:
    endpoint = topics.endpoint("one")
    arn = topics.notifier.subscribe(ACME, [M1], "sqs", endpoint)
    assert topics.notifier.subscribe(ACME, [M1, M10], "sqs", endpoint) == arn
    assert topics.notifier.standing(arn) == Standing(True, frozenset({M1, M10}))
    topics.notifier.set_managers(arn, [M10])
    topics.notifier.publish(ACME, notification("one", "m1"))
    topics.notifier.publish(ACME, notification("ten", "m10"))
    assert topics.texts("one") == ["ten"]


def test_a_subscription_that_ended(topics: Topics) -> None:
    arn = topics.notifier.subscribe(ACME, [M1], "sqs", topics.endpoint("one"))
    for _ in range(2):
        assert topics.notifier.unsubscribe(arn)
        topics.notifier.set_managers(arn, [M10])
        assert topics.notifier.standing(arn) is None


def test_a_topic_is_created_once(topics: Topics) -> None:
    assert topics.notifier.ensure_topic(ACME) == topics.notifier.ensure_topic(ACME)
    assert topics.notifier.ensure_topic(ACME) != topics.notifier.ensure_topic(OTHER)
