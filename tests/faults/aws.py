"""The deployed service on moto, and what AWS does around it: invoking again, redelivery, the stream, the sweep."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import botocore.endpoint
import pytest
import time_machine
from botocore.retries.quota import RetryQuota
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from chalicelib import aws
from chalicelib.adapters import threads
from chalicelib.adapters.dynamodb import table
from chalicelib.adapters.threads import in_turn
from chalicelib.api.schemas.records import read_record
from chalicelib.bootstrap import Application, application
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Subscription
from chalicelib.services import nightly as nightly_service
from chalicelib.services import sweep as sweep_service
from chalicelib.services.sent_records import SentRecord
from chalicelib.tenancy import bound_to
from chalicelib.workers.nightly_scoring import nightly_scoring
from chalicelib.workers.relay_alerts import relay_alerts
from chalicelib.workers.score_pages import score_pages
from chalicelib.workers.sweep import sweep
from tests.faults.wire import Handler, attach
from tests.faults.world import CrashError
from tests.functional.service import Clock, lambda_context, schedule_event
from tests.running import adapters

TABLE: Final = "client-health"
TENANT: Final = TenantId("initech")
"""Of the registry's shard 0."""

OUTBOX: Final = f"T#{TENANT}#OUTBOX"
REGION: Final = "eu-central-1"
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": REGION,
    "TABLE_NAME": TABLE,
    "SCORING_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/scoring",
    "TOPIC_ARN_PREFIX": f"arn:aws:sns:{REGION}:123456789012:client-health-",
    "DASHBOARD_URL": "https://client-health.example",
}

BATCH_SIZE: Final = 5
VISIBILITY_SECONDS: Final = 360
DELAY_SECONDS: Final = 30
EVENT_ATTEMPTS: Final = 3
"""How often Lambda tries an event of EventBridge."""

STREAM_ATTEMPTS: Final = 5
SWEEPS_AT_MOST: Final = 6
LONGEST_WAIT: Final = 40
MAILBOXES: Final[dict[str, RecordId | None]] = {"m1": RecordId("m1"), "m2": RecordId("m2"), "nobody": None}
"""A queue for each account manager, and the one for clients without."""

Item = dict[str, Any]
Items = dict[tuple[str, str], Item]


@cache
def platform_client(service: str) -> Any:
    """A client of AWS's own: no fault meets it."""
    import boto3

    make: Any = boto3.client  # its overloads want the service as a literal
    return make(service, region_name=REGION)


def backend(service: str) -> Any:
    """What moto holds of a service."""
    return get_backend(service)[DEFAULT_ACCOUNT_ID][REGION]


@contextmanager
def moto(handler: Handler) -> Iterator[None]:
    """moto, with the service's clients made by its own options and all their requests given to a handler.

    The registry has two shards: its other fourteen bring the same empty query, twice in each case.
    Nobody sleeps: botocore between attempts, the table between conflicts. Nor does one case use up another's quota of
    retries, which a client keeps for as long as its process lives.
    """
    made: dict[str, Any] = {}
    make = aws.aws_client

    def wired(service: str) -> Any:
        if service not in made:
            made[service] = make(service)
            attach(made[service], handler)
        return made[service]

    awake = SimpleNamespace(sleep=lambda seconds: None)
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr(aws, "aws_client", wired)
        patch.setattr(threads, "Threads", lambda count: in_turn)  # one call is the next one's cause
        patch.setattr(botocore.endpoint, "time", awake)
        patch.setattr(table, "time", awake)
        for service in (nightly_service, sweep_service):
            patch.setattr(service, "TENANT_SHARDS", 2)
        patch.setattr(RetryQuota, "acquire", lambda self, amount: True)
        platform_client.cache_clear()
        logging.disable(logging.CRITICAL)  # every fault would be told with its whole stack
        yield
        logging.disable(logging.NOTSET)
        application.cache_clear()


@contextmanager
def stopped_clock(instant: str) -> Iterator[Clock]:
    """The time of the process, which moves only when told."""
    with time_machine.travel(instant, tick=False) as traveller:
        yield Clock(traveller)


def app() -> Application:
    """The application of the process that is alive."""
    return application()


class Mail(NamedTuple):
    """What a subscriber has that drops repeats: bodies by id, and how many came in all."""

    bodies: Mapping[str, Any]
    deliveries: int


class Account:
    """An AWS account with the stack in it; faults meet the service's functions, never AWS itself."""

    def __init__(self, clock: Clock) -> None:
        mock_aws().reset()
        self.clock = clock
        self.failures: list[str] = []
        """The invocations that died or failed."""

        self.function_ended: Callable[[], None] = lambda: None
        self._dynamodb, self._sqs = platform_client("dynamodb"), platform_client("sqs")
        self._streamed: set[str] = set()
        self._sequence = count(1)
        self._create_table({})
        application.cache_clear()
        self._dead, dead_arn = self._queue("dead")
        policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5})
        self._scoring, _ = self._queue("scoring", VisibilityTimeout=str(VISIBILITY_SECONDS), RedrivePolicy=policy)
        self._mailboxes = {name: self._queue(name) for name in MAILBOXES}

    def restore(self, items: Items) -> None:
        """Another history begins: new processes, this table, no messages anywhere. Subscriptions stay."""
        self.failures, self._streamed = [], set()
        application.cache_clear()
        self._dynamodb.delete_table(TableName=TABLE)
        self._create_table(items)
        for queue in backend("sqs").queues.values():  # a purge is allowed once a minute
            queue._messages = []

    def _create_table(self, items: Items) -> None:
        self._dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        puts = [{"PutRequest": {"Item": item}} for item in items.values()]
        for start in range(0, len(puts), 25):
            self._dynamodb.batch_write_item(RequestItems={TABLE: puts[start : start + 25]})

    def _queue(self, name: str, **attributes: str) -> tuple[str, str]:
        url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    # ---- what people do ----

    def subscribe(self) -> None:
        """Gives each account manager a queue with its messages."""
        with bound_to(TENANT):
            adapters().notifier.ensure_topic(TENANT)
            for name, manager in MAILBOXES.items():
                endpoint = self._mailboxes[name][1]
                arn = adapters().notifier.subscribe(TENANT, [manager], "sqs", endpoint)
                held = Subscription(16 * "0", manager, "sqs", endpoint, arn, "confirmed")
                adapters().subscriptions.put(TENANT, held)

    def take(self, *records: dict[str, Any]) -> int:
        """Takes in records; returns how many changed something."""
        sent = [read_record(place, record) for place, record in enumerate(records)]
        with bound_to(TENANT):
            taken = app().record_intake.take(TENANT, [r for r in sent if isinstance(r, SentRecord)], backfill=False)
        assert not taken.rejected
        return taken.accepted

    # ---- what AWS does ----

    def invoke(self, function: Any, event: Any) -> Any:
        """The function's answer; None if it failed, or its process died: then the next one starts anew."""
        try:
            return function(event, lambda_context())
        except CrashError:
            self.failures.append(f"{function.func.__name__} died")
            application.cache_clear()
        except Exception as error:
            self.failures.append(f"{function.func.__name__}: {error!r}")
        finally:
            self.function_ended()
        return None

    def trigger(self, time: str) -> None:
        """EventBridge fires the night; Lambda tries it again, minutes apart."""
        self.clock.to(time)
        for attempt in range(EVENT_ATTEMPTS):
            if self.invoke(nightly_scoring, schedule_event(time)) is not None:
                return
            self.clock.advance(60 * (attempt + 1))

    def deliver(self) -> None:
        """SQS delivers what is in the scoring queue, and the stream what stands in the outbox, until nothing is left.

        What failed is visible again after the visibility timeout, and goes to the dead letters after five times.
        """
        for _ in range(LONGEST_WAIT):
            self.stream()
            found = self._sqs.receive_message(QueueUrl=self._scoring, MaxNumberOfMessages=BATCH_SIZE)
            if messages := found.get("Messages"):
                self._work(messages)
            elif self._waiting(self._scoring):
                self.clock.advance(DELAY_SECONDS)
            else:
                return
        raise AssertionError("messages are never due")

    def _work(self, messages: list[Any]) -> None:
        event = {"Records": [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]}
        answer = self.invoke(score_pages, event)
        failed = {each["messageId"] for each in event["Records"]}
        if answer is not None:
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            self.failures += [f"score_pages failed {name}" for name in list(failed)[:1]]
        for each in messages:
            if each["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._scoring, ReceiptHandle=each["ReceiptHandle"])
        if failed:
            self.clock.advance(VISIBILITY_SECONDS)

    def drop_messages(self) -> None:
        """Takes all messages out of the scoring queue, also delayed ones: a test delivers its own."""
        self.clock.advance(DELAY_SECONDS)
        while messages := self._sqs.receive_message(QueueUrl=self._scoring, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                self._sqs.delete_message(QueueUrl=self._scoring, ReceiptHandle=each["ReceiptHandle"])

    def _waiting(self, url: str) -> int:
        """How many messages are in a queue: visible, delayed and being worked on."""
        queue = backend("sqs").queues[url.rpartition("/")[2]]
        delayed, hidden = queue.approximate_number_of_messages_delayed, queue.approximate_number_of_messages_not_visible
        return int(queue.approximate_number_of_messages + delayed + hidden)

    def stream(self) -> None:
        """The table's stream: what was written to the outbox since, until the function takes it."""
        new = [item for item in self.outbox() if "outbox" in item and repr(item) not in self._streamed]
        self._streamed |= {repr(item) for item in new}
        event = {"Records": [self._stream_record(item) for item in new]}
        for _ in range(STREAM_ATTEMPTS if new else 0):
            answer = self.invoke(relay_alerts, event)
            if answer == {"batchItemFailures": []}:
                return
            if answer is not None:
                self.failures.append("relay_alerts failed")

    def relay(self) -> None:
        """The stream tells of all that stands in the outbox, whether it was told before or not."""
        event = {"Records": [self._stream_record(item) for item in self.outbox() if "outbox" in item]}
        assert relay_alerts(event, lambda_context()) == {"batchItemFailures": []}

    def _stream_record(self, item: Item) -> Item:
        changed = {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "SequenceNumber": str(next(self._sequence))}
        return {"eventName": "INSERT", "eventSource": "aws:dynamodb", "eventSourceARN": "", "dynamodb": changed}

    def sweep(self) -> None:
        """The sweep, an hour apart, until it finds nothing."""
        for _ in range(SWEEPS_AT_MOST):
            self.clock.advance(3600)
            swept = self.invoke(sweep, schedule_event("2026-11-24T00:00:00Z"))
            found = swept is None or swept["messages"] or swept["published"] or swept["unpublished"]
            if not found and not self.outbox() and not self.due():
                return
            self.deliver()
        raise AssertionError("the sweep never comes to an end")

    # ---- what is seen from outside ----

    def outbox(self) -> list[Item]:
        """The tenant's outbox as it is."""
        return [item for item in self._held() if item["pk"]["S"] == OUTBOX]

    def due(self) -> list[Item]:
        """The due marks of all tenants."""
        return [item for item in self._held() if item["pk"]["S"].startswith("DUE#") and item["sk"]["S"] != "STATE"]

    def items(self) -> Items:
        """Every byte of the table."""
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in deepcopy(self._held())}

    def _held(self) -> list[Item]:
        """The items as moto has them. Asked so often that the protocol would take a quarter of all time."""
        partitions = backend("dynamodb").tables[TABLE].items.values()
        return [item.to_json()["Attributes"] for partition in partitions for item in partition.values()]

    def mail(self) -> dict[str, Mail]:
        """Takes what came to each mailbox. A repeat says the very same."""
        return {name: self._mail(url) for name, (url, _) in self._mailboxes.items()}

    def _mail(self, url: str) -> Mail:
        bodies: dict[str, Any] = {}
        deliveries = 0
        while self._waiting(url):
            for each in self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
                body = json.loads(each["Body"])
                assert bodies.setdefault(body["alert_id"], body) == body, "a repeat that says something else"
                deliveries += 1
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return Mail(bodies, deliveries)

    def queues(self) -> tuple[int, int]:
        """How many messages are in the scoring queue, and among the dead letters."""
        return self._waiting(self._scoring), self._waiting(self._dead)
