"""The contract of `ports.ScoringQueue`: on the fake, and on SQS as its worker reads it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from botocore.stub import ANY, Stubber

from chalicelib.adapters.sqs import ROUNDS, SqsScoringQueue
from chalicelib.domain.ids import MOST_PAGES
from chalicelib.domain.messages import NightlyPages, RefreshPages, ScoringMessage, message_body, read_message
from chalicelib.services.errors import TryAgainError
from chalicelib.services.ports.refresh import ScoringQueue
from tests.contract.conftest import REGION
from tests.contract.examples import ACME, NOW, OTHER, TODAY
from tests.fakes.queue import FakeQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/scoring"


class Line(NamedTuple):
    """A queue and what has arrived in it, each message once."""

    queue: ScoringQueue
    arrived: Callable[[], list[ScoringMessage]]


@pytest.fixture
def sqs(aws: None) -> "SQSClient":
    return boto3.client("sqs", region_name=REGION)


@pytest.fixture
def queue_url(sqs: "SQSClient") -> Iterator[str]:
    url = sqs.create_queue(QueueName="scoring")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def receive(sqs: "SQSClient", url: str) -> Iterator["MessageTypeDef"]:
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages"):
        yield from messages


@pytest.fixture(params=["fake", "sqs"])
def line(request: pytest.FixtureRequest) -> Line:
    if request.param == "fake":
        fake = FakeQueue()
        return Line(fake, fake.take)
    sqs, url = request.getfixturevalue("sqs"), request.getfixturevalue("queue_url")
    return Line(SqsScoringQueue(sqs, url), lambda: [read_message(message["Body"]) for message in receive(sqs, url)])


def nightly(*pages: int) -> NightlyPages:
    return NightlyPages(ACME, TODAY, NOW, pages)


def refresh(page: int, delay: int = 0) -> RefreshPages:
    return RefreshPages(OTHER, (page,), delay)


@pytest.mark.parametrize("message", [nightly(0), nightly(*range(8)), nightly(MOST_PAGES - 1), refresh(3)])
def test_a_message_arrives_as_it_was_sent(line: Line, message: ScoringMessage) -> None:
    line.queue.send([message])
    assert line.arrived() == [message]


@pytest.mark.parametrize("count", [0, 1, 10, 11, 35])
def test_any_number_of_messages_arrives(line: Line, count: int) -> None:
    messages = [nightly(page) for page in range(count)]
    line.queue.send(messages)
    assert sorted(line.arrived()) == messages


def test_sending_again_sends_again(line: Line) -> None:
    """What it sets off is safe to repeat."""
    for _ in range(2):
        line.queue.send([nightly(1)])
    assert line.arrived() == [nightly(1)] * 2


def test_a_broken_fake_refuses_as_a_broken_queue_does() -> None:
    queue = FakeQueue()
    queue.broken = True
    queue.send([])
    with pytest.raises(TryAgainError):
        queue.send([nightly(1)])
    assert queue.sent == []


# -------------------------------------------------------------------------------------------------------- SQS's own


def test_every_tenant_is_a_group_of_its_own(sqs: "SQSClient", queue_url: str) -> None:
    SqsScoringQueue(sqs, queue_url).send([nightly(1), refresh(2)])
    groups = {read_message(m["Body"]).tenant: m["Attributes"]["MessageGroupId"] for m in receive(sqs, queue_url)}
    assert groups == {ACME: ACME, OTHER: OTHER}


@pytest.fixture
def rehearsed() -> Iterator[tuple[SqsScoringQueue, Stubber]]:
    client = boto3.client("sqs", region_name=REGION, aws_access_key_id="none", aws_secret_access_key="none")
    with Stubber(client) as stubber:
        yield SqsScoringQueue(client, URL), stubber
        stubber.assert_no_pending_responses()


def entry(number: int, message: ScoringMessage) -> dict[str, Any]:
    return {
        "Id": str(number),
        "MessageBody": message_body(message),
        "MessageGroupId": message.tenant,
        "DelaySeconds": message.delay,
    }


def answer(sent: list[int], failed: list[int]) -> dict[str, Any]:
    return {
        "Successful": [{"Id": str(number), "MessageId": "m", "MD5OfMessageBody": "x"} for number in sent],
        "Failed": [{"Id": str(number), "Code": "InternalError", "SenderFault": False} for number in failed],
    }


def test_a_refresh_is_delayed(rehearsed: tuple[SqsScoringQueue, Stubber]) -> None:
    queue, stubber = rehearsed
    message = refresh(7, delay=30)
    stubber.add_response("send_message_batch", answer([0], []), {"QueueUrl": URL, "Entries": [entry(0, message)]})
    queue.send([message])


def test_entries_that_fail_are_sent_again_and_no_others(rehearsed: tuple[SqsScoringQueue, Stubber]) -> None:
    queue, stubber = rehearsed
    messages = [nightly(page) for page in range(12)]
    entries = [entry(number, message) for number, message in enumerate(messages)]
    for sent, failed in (
        (range(10), [2, 5]),
        (range(10, 12), [11]),
        ([2, 5, 11], [5]),
        ([5], []),
    ):
        stubber.add_response(
            "send_message_batch",
            answer([number for number in sent if number not in failed], failed),
            {"QueueUrl": URL, "Entries": [entries[number] for number in sent]},
        )
    queue.send(messages)


def test_entries_that_keep_failing_are_the_callers_to_repeat(rehearsed: tuple[SqsScoringQueue, Stubber]) -> None:
    queue, stubber = rehearsed
    for _ in range(ROUNDS):
        stubber.add_response("send_message_batch", answer([], [0]), {"QueueUrl": URL, "Entries": ANY})
    with pytest.raises(TryAgainError, match="1 messages"):
        queue.send([nightly(1)])
