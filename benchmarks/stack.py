"""The service on an emulated AWS in this process, with a meter on its calls and the clock in our hands."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol
from unittest.mock import patch

import boto3
from moto import mock_aws

from benchmarks.emulator import ACCOUNT, REGION, EmulatorPeek, quick_tables
from benchmarks.recording import Recorder
from benchmarks.workload import NIGHT, ZONE
from chalicelib import bootstrap
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.table import Item, Table, encode
from chalicelib.adapters.threads import in_turn
from chalicelib.aws import AwsAdapters
from chalicelib.config import Config
from chalicelib.domain.facts import Instant
from chalicelib.domain.history import Snapshot
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import SECONDS_PER_DAY, local_day
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import format_instant
from chalicelib.services.settling import REQUEST_SECONDS
from chalicelib.tenancy import bound_to
from infra.meter import Meter
from infra.table import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

TABLE: Final = "benchmark"
QUEUE: Final = "scoring"
TENANT: Final = TenantId("bench")
WORKER_BATCH: Final = 5
"""Messages per invocation, as `score_pages` asks for."""

ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "TABLE_NAME": TABLE,
    "SCORING_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QUEUE}",
    "SIGNING_KEY_PARAMETER": "/benchmark/signing-key",
    "TOPIC_ARN_PREFIX": f"arn:aws:sns:{REGION}:{ACCOUNT}:benchmark-",
    "OIDC_ISSUER": "https://issuer.example",
    "OIDC_AUDIENCE": "benchmark",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


class Watcher(Protocol):
    """Hooks into the events of a session, whose clients inherit them."""

    def watch(self, events: Any) -> None: ...


class Stack:
    """One deployment: table, queue, the application, and what watches it."""

    def __init__(self, dynamodb: "DynamoDBClient", sqs: "SQSClient") -> None:
        """The clients given are for what is not the service's doing: nobody watches them."""
        self.dynamodb, self._sqs = dynamodb, sqs
        self.new_table(TABLE)
        self._queue_url = os.environ["SCORING_QUEUE_URL"] = self.new_queue(QUEUE)
        self.peek = EmulatorPeek(dynamodb)
        self.meter, self.recorder = Meter(self.peek), Recorder()
        self._table = Table(dynamodb, TABLE)
        self.now = NIGHT
        config = Config()
        self.adapters = AwsAdapters(config)
        self.adapters.together = in_turn  # the meter counts one call at a time
        self.app = bootstrap.build(config, adapters=self.adapters, clock=lambda: Instant(self.now))

    def new_table(self, name: str) -> str:
        """An empty table with the service's key schema."""
        return create_table(self.dynamodb, name)

    def new_queue(self, name: str) -> str:
        return self._sqs.create_queue(QueueName=name)["QueueUrl"]

    def results(self, as_of: int = NIGHT) -> tuple[dict[int, CurrentRow], Snapshot]:
        """All current rows by seat, and the snapshots of a night as a single one."""
        with bound_to(TENANT):
            pages = range(self.adapters.tenants.get(TENANT).pages)
            current, snapshots = self.adapters.scores.with_snapshots(
                TENANT, pages, local_day(Instant(as_of), ZoneInfo(ZONE)), Instant(self.now)
            )
        rows = {seat: row for page in pages for seat, row in current[page].rows.items()}
        scores = {seat: held for page in pages for seat, held in snapshots[page].scores.items()}
        return rows, replace(snapshots[0], scores=scores)

    def page_items(self, page: int) -> list[Item]:
        """The stored items of a page's clients."""
        return list(self._table.query(keys.page_items(TENANT, page)))

    def deliveries(self) -> Iterator[list[str]]:
        """The messages of the queue as Lambda's poller brings them; its calls are not the service's."""
        while True:
            answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=WORKER_BATCH)
            messages = answer.get("Messages", [])
            if not messages:
                return
            yield [message["Body"] for message in messages]
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])

    def forget_refreshes(self) -> None:
        """Takes away messages and marks, as if all refreshes had been done."""
        self._sqs.delete_queue(QueueUrl=self._queue_url)
        self.new_queue(QUEUE)
        with bound_to(TENANT):
            pages = self.adapters.tenants.get(TENANT).pages
        for page in range(pages):
            self.dynamodb.delete_item(TableName=TABLE, Key=encode(keys.refresh_marks(TENANT, page)._asdict()))

    def settle(self) -> None:
        """Settles all tickets that came, half a minute later: as the refreshes would."""
        before, self.now = self.now, self.now + REQUEST_SECONDS
        with bound_to(TENANT):
            for page in range(max(1, self.adapters.tenants.get(TENANT).pages)):
                self.app.settling.settle(TENANT, page)
        self.now = before

    def trigger(self, as_of: int = NIGHT) -> None:
        """The nightly function, by its own handler."""
        from chalicelib.workers.nightly_scoring import nightly_scoring

        self.now = as_of
        nightly_scoring({**SCHEDULE_EVENT, "time": format_instant(Instant(as_of))}, None)

    def night(self, as_of: int = NIGHT) -> None:
        """A whole night: the trigger, then the worker on all that it sent."""
        self.trigger(as_of)
        for bodies in self.deliveries():
            work(bodies)

    def earlier_nights(self) -> None:
        """The night 30 days back, whose snapshot is the baseline, and last night, whose rows are the current ones."""
        self.night(NIGHT - 30 * SECONDS_PER_DAY)
        self.night(NIGHT - SECONDS_PER_DAY)

    def alerts(self) -> dict[str, RecordId]:
        """The clients of all alerts ever stored, by alert."""
        return {
            alert.id: RecordId(alert.client_id) for alert in DynamoAlertStore(self._table).newest(TENANT, None, 100)
        }


SCHEDULE_EVENT: Final = {
    "version": "0",
    "id": "benchmark",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": ACCOUNT,
    "region": REGION,
    "resources": [],
    "detail": {},
}


def work(bodies: Sequence[str]) -> None:
    """One invocation of the worker, by its own handler; all messages must succeed."""
    from chalicelib.workers.score_pages import score_pages

    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    answer = score_pages({"Records": records}, None)
    assert answer == {"batchItemFailures": []}, answer


def get(
    path: str, permission: str, query: dict[str, str] | None = None, parameters: dict[str, str] | None = None
) -> Any:
    """A GET request by the API's own handler, as API Gateway hands it over behind the authorizer."""
    from app import app

    authorizer = {"tenant_id": TENANT, "subject": "benchmark", "permissions": permission}
    answer = app(
        {
            "httpMethod": "GET",
            "headers": {},
            "multiValueHeaders": {},
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
            "pathParameters": parameters or {},
            "stageVariables": None,
            "body": None,
            "isBase64Encoded": False,
            "requestContext": {
                "httpMethod": "GET",
                "resourcePath": path,
                "requestId": "benchmark",
                "authorizer": authorizer,
            },
        },
        None,
    )
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


@contextmanager
def started(*watchers: "Watcher") -> Iterator[Stack]:
    """A fresh stack with nothing in it but the tenant; `watchers` see the service's requests too."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT))
        stack.enter_context(mock_aws())
        stack.enter_context(quick_tables())
        unwatched = boto3.session.Session(region_name=REGION)
        dynamodb, sqs = unwatched.client("dynamodb"), unwatched.client("sqs")
        unwatched.client("ssm").put_parameter(
            Name=ENVIRONMENT["SIGNING_KEY_PARAMETER"], Value="benchmark", Type="SecureString"
        )
        stack.enter_context(_own_session())
        running = Stack(dynamodb, sqs)
        stack.enter_context(patch.object(bootstrap, "build", lambda: running.app))
        bootstrap.application.cache_clear()
        stack.callback(bootstrap.application.cache_clear)
        all_watchers: tuple[Watcher, ...] = (running.meter, running.recorder, *watchers)
        for watcher in all_watchers:
            watcher.watch(boto3._get_default_session().events)
        with bound_to(TENANT):
            running.adapters.tenants.create(Tenant(TENANT, "Benchmark", ZONE, "EUR"), Instant(running.now), "benchmark")
            running.adapters.directory.unregistered(TENANT, 0)  # a tenant of this build: nothing is to be taken in
        yield running


@contextmanager
def _own_session() -> Iterator[None]:
    """A default session of our own, so that nobody else's clients are watched."""
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session(region_name=REGION)
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before
