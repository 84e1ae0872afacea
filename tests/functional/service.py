"""The whole service in one process: Chalice's test client in front, moto for AWS, a clock that moves only when told."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import time_machine
from chalice.test import Client

from chalicelib.api.auth import OWN, PERMISSIONS, UnauthorizedError
from chalicelib.bootstrap import application
from chalicelib.domain.facts import Facts
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.tenancy import bound_to
from chalicelib.workers.nightly_scoring import nightly_scoring
from chalicelib.workers.score_pages import score_pages
from chalicelib.workers.sweep import sweep
from tests.aws_rules.cognito import id_token
from tests.fakes.access import IssuedTokens
from tests.running import adapters

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

NOW: Final = "2026-11-22T12:00:00Z"
"""A Sunday; where the clock stands when a test begins."""

ALL: Final = tuple(sorted(each for each in PERMISSIONS if not each.endswith(OWN)))
RESOURCES: Final = Path(__file__).parents[2] / "infra" / "resources.yaml"
SCOPES: Final = re.findall(r"\n  OidcScope:\n    Type: String\n    Default: (.+)\n", RESOURCES.read_text())
"""What the deployed page asks the user pool for, as `infra/deployment/page.py` tells it."""

BATCH_SIZE: Final = 5
DELAY_SECONDS: Final = 30
LONGEST_WAIT: Final = 30

Record = dict[str, Any]
_message_ids = count(1)


class Clock:
    """The time of the process, for the service, the signatures and moto alike."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def to(self, instant: str) -> None:
        self._traveller.move_to(datetime.fromisoformat(instant))

    def advance(self, seconds: float) -> None:
        self._traveller.shift(seconds)


class Answer(NamedTuple):
    """An HTTP answer, its body read as JSON."""

    status: int
    body: Any
    headers: Mapping[str, Any]


class Delivery(NamedTuple):
    """One message as the worker got it."""

    body: Any
    times: int
    failed: bool


def lambda_context(remaining: float = 60.0) -> Any:
    """A Lambda context with some seconds left."""
    return SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: int(1000 * remaining))


def schedule_event(time: str, detail: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An EventBridge event."""
    return {
        "version": "0",
        "id": "event-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": time,
        "region": "eu-central-1",
        "resources": [],
        "detail": dict(detail or {}),
    }


def sqs_event(*bodies: Any) -> dict[str, Any]:
    """An SQS batch whose records have message ids of their own; a body that is not text is sent as JSON."""
    return {
        "Records": [
            {
                "messageId": f"message-{next(_message_ids)}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "eventSource": "aws:sqs",
            }
            for body in bodies
        ]
    }


def work(event: Mapping[str, Any], remaining: float = 60.0) -> list[str]:
    """Gives a batch to the worker; returns the ids of the messages that failed."""
    answer = score_pages(event, lambda_context(remaining))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


class Service:
    """The deployed service, and what surrounds it."""

    def __init__(
        self,
        app: Any,
        clock: Clock,
        tokens: IssuedTokens,
        aws: tuple["DynamoDBClient", "SQSClient"],
        queue: tuple[str, str],
        table: str,
    ) -> None:
        self._gateway = Client(app).http
        self.clock, self._tokens = clock, tokens
        self._dynamodb, self._sqs = aws
        self.queue_url, self.dead_letter_url = queue
        self._table = table

    def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        tenant: str = "acme",
        permissions: Sequence[str] = ALL,
        headers: Mapping[str, str] | None = None,
        manager: str | None = None,
    ) -> Answer:
        """Calls a route as somebody of a tenant, who may be an account manager.

        A body of bytes is sent as it is, anything else as JSON.
        """
        claims = {} if manager is None else {"custom:account_manager_id": manager}
        token = self.token(tenant, permissions, **claims)
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self.raw(method, path, body, {**sent, **(headers or {})})

    def raw(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Calls a route with just these headers. API Gateway answers 401 when an authorizer fails with that word."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        try:
            response = self._gateway.request(method, path, headers=dict(headers), body=content)
        except UnauthorizedError:
            return Answer(401, {"message": "Unauthorized"}, {})
        return Answer(response.status_code, json.loads(response.body) if response.body else None, response.headers)

    def token(self, tenant: str, permissions: Sequence[str] = ALL, **claims: Any) -> str:
        """The ID token of a person of a tenant (empty: of the platform's own people) who signed in on the page."""
        bound = {"custom:tenant_id": tenant} if tenant else {}
        claims = {"sub": "someone", "cognito:groups": list(permissions), **bound, **claims}
        (scopes,) = SCOPES
        return self._tokens.issue(id_token(claims, scopes.split()))

    def tenant(self, tenant: str, time_zone: str = "Europe/Rome", currency: str = "EUR") -> None:
        """Creates a tenant."""
        application().registration.create(TenantId(tenant), "Acme", time_zone, currency, "someone")

    def records(self, *records: Record, backfill: bool | None = None, tenant: str = "acme") -> Answer:
        """Posts records."""
        body: dict[str, Any] = {"records": list(records)}
        if backfill is not None:
            body["backfill"] = backfill
        return self.http("POST", "/v1/records", body, tenant=tenant)

    def take(self, *records: Record, backfill: bool = True, tenant: str = "acme") -> None:
        """Posts any number of records that must all be taken."""
        for start in range(0, len(records), 500):
            answer = self.records(*records[start : start + 500], backfill=backfill, tenant=tenant)
            assert answer.status == 200, answer

    def skip_seats(self, seats: int, tenant: str = "acme") -> None:
        """Takes seats for nobody, so that few clients fill more than one roster page."""
        with bound_to(TenantId(tenant)):
            adapters().tenants.take_seats(TenantId(tenant), seats)

    def queued(self) -> tuple[int, int]:
        """How many messages wait in the queue (also delayed and undelivered ones), and in its dead-letter queue."""
        return self._waiting(self.queue_url), self._waiting(self.dead_letter_url)

    def _waiting(self, url: str) -> int:
        found: Mapping[str, str] = dict(
            self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].items()
        )
        return sum(int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "Delayed", "NotVisible"))

    def send(self, body: str) -> None:
        """Puts any message into the queue."""
        self._sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    def drain(self, remaining: float = 60.0) -> list[Delivery]:
        """Delivers what is in the queue, as Lambda does: in batches; what failed comes again, five times at most.

        The clock moves on to when delayed messages are due.
        """
        delivered: list[Delivery] = []
        waits = 0
        while waits < LONGEST_WAIT:
            messages = self._sqs.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=BATCH_SIZE, AttributeNames=["ApproximateReceiveCount"]
            ).get("Messages", [])
            if not messages:
                if not self._waiting(self.queue_url):
                    return delivered
                self.clock.advance(DELAY_SECONDS)
                waits += 1
                continue
            records = [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]
            failed = work({"Records": records}, remaining)
            for each in messages:
                again = each["MessageId"] in failed
                times = int(each["Attributes"]["ApproximateReceiveCount"])
                delivered.append(Delivery(_document(each["Body"]), times, again))
                if again:
                    self._sqs.change_message_visibility(
                        QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
                    )
                else:
                    self._sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        raise AssertionError("messages are never due: the clock was set back")

    def bodies(self) -> list[Any]:
        """Takes the messages out of the queue, undelivered."""
        self.clock.advance(DELAY_SECONDS)
        taken = []
        while messages := self._sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                taken.append(json.loads(each["Body"]))
                self._sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return taken

    def facts(self, client: str, tenant: str = "acme") -> Facts:
        """What is stored of a client and not deleted."""
        roster, owner, known = adapters().roster, TenantId(tenant), RecordId(client)
        with bound_to(owner):
            return roster.client_facts(owner, known, roster.seats(owner, [known])[client])

    def publish(self, tenant: str = "acme") -> int:
        """Publishes a tenant's outbox, as the stream would set off; returns how many entries were."""
        with bound_to(TenantId(tenant)):
            return application().relay.publish(TenantId(tenant)).published

    def trigger(self, time: str, tenants: Sequence[str] | None = None, remaining: float = 60.0) -> Any:
        """Fires the nightly function."""
        detail = {} if tenants is None else {"tenant_ids": list(tenants)}
        return nightly_scoring(schedule_event(time, detail), lambda_context(remaining))

    def night(self, date: str) -> None:
        """The night of a date: at 02:00 UTC the trigger, then every message it sets off."""
        self.drain()
        self.clock.to(f"{date}T02:00:00Z")
        self.trigger(f"{date}T02:00:00Z")
        self.drain()

    def sweep(self, remaining: float = 60.0) -> int:
        """Fires the sweep; returns how many messages it sent."""
        return int(self.swept(remaining)["messages"])

    def swept(self, remaining: float = 60.0) -> dict[str, Any]:
        """Fires the sweep; returns what it came to."""
        result: dict[str, Any] = sweep(schedule_event(NOW), lambda_context(remaining))
        return result

    def stored(self) -> dict[tuple[str, str], Any]:
        """Every byte of the table."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def _document(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
