"""Records push three clients of two account managers down; after the night each gets exactly its messages, once."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.e2e.conftest import LocalStack

WAIT_SECONDS: Final = 90
QUIET_SECONDS: Final = 5
"""How long a queue is watched for a message too many."""

MANAGERS: Final = {"m1": ("a1", "a2"), "m2": ("b1",)}
SAID: Final = (
    "scores 50, below the alert threshold of 60: 7 open tickets past the due date (costs 35 of 100 points); "
    "7 open tickets (costs 10 of 100 points); "
    "7 tickets in the last 30 days, against 0 in the 30 days before (costs 5 of 100 points)."
)
FALLING: Final = sorted(client for clients in MANAGERS.values() for client in clients)


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class Mailbox:
    """A queue that subscribes to an account manager's messages."""

    def __init__(self, stack: LocalStack, name: str) -> None:
        self._sqs = stack.aws("sqs")
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": "*",
                }
            ],
        }
        attributes = {"Policy": json.dumps(policy)}
        self._url: str = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn: str = found["Attributes"]["QueueArn"]

    def receive(self) -> list[Any]:
        """Messages as they are: the raw body read as JSON, and the attributes."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        )
        taken = []
        for each in answer.get("Messages", []):
            attributes = {name: value["StringValue"] for name, value in each.get("MessageAttributes", {}).items()}
            taken.append((json.loads(each["Body"]), attributes))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return taken


def records(night: datetime) -> list[dict[str, Any]]:
    """Four clients, of which three got seven tickets since the night before that are overdue by this one: 50 points."""
    found: list[dict[str, Any]] = [
        {"type": "account_manager", "id": manager, "name": manager.upper(), "email": f"{manager}@example.com"}
        for manager in MANAGERS
    ]
    owners = {client: manager for manager, clients in MANAGERS.items() for client in clients} | {"b2": "m2"}
    for client, manager in owners.items():
        named = {"name": f"Client {client}", "status": "ACTIVE", "account_manager_id": manager}
        found.append({"type": "client", "id": client, **named})
    times = {"created_at": text(night - timedelta(hours=12)), "due_at": text(night - timedelta(hours=1))}
    found += [
        {"type": "ticket", "id": f"{client}-{number}", "client_id": client, "priority": "P3", **times}
        for client in FALLING
        for number in range(7)
    ]
    return found


def test_three_falls_are_told_to_two_account_managers(stack: LocalStack, new_tenant: Callable[..., str]) -> None:
    tenant = new_tenant()
    token = stack.token(tenant)
    now = datetime.now(UTC)
    night = now.replace(hour=2, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    sent = stack.call("POST", "/v1/records", token, {"records": records(night), "backfill": True})
    assert (sent.status, sent.json["rejected"]) == (200, [])
    mailboxes = {manager: Mailbox(stack, f"{tenant}-{manager}") for manager in MANAGERS}
    for manager, mailbox in mailboxes.items():
        body = {"protocol": "sqs", "endpoint": mailbox.arn}
        created = stack.call("POST", f"/v1/account-managers/{manager}/subscriptions", token, body)
        assert created.status == 201, created
        assert created.json["confirmed"] is True

    # The night before alerts nobody: it is more than a day old. This one does, also when it is fired twice.
    for date in (night - timedelta(days=1), night, night):
        stack.cli("score", "--tenant", tenant, "--date", f"{date:%Y-%m-%d}")

    received = collect(mailboxes)
    alerts = {alert["client_id"]: alert for alert in stack.call("GET", "/v1/alerts", token).json["items"]}
    assert sorted(alerts) == FALLING
    for manager, clients in MANAGERS.items():
        assert sorted(body["alerts"][0]["client_id"] for body, _ in received[manager]) == sorted(clients)
        for body, attributes in received[manager]:
            alert = alerts[body["alerts"][0]["client_id"]]
            assert attributes == {
                "kind": "alert",
                "rule": "threshold",
                "band": "AT_RISK",
                "account_manager_id": manager,
            }
            assert body == {
                "schema_version": 1,
                "kind": "alert",
                "alert_id": alert["id"],
                "tenant_id": tenant,
                "account_manager_id": manager,
                "alerts": [{**alert, "published_at": None}],
            }
            assert alert == {
                "id": alert["id"],
                "client_id": alert["client_id"],
                "client_name": f"Client {alert['client_id']}",
                "account_manager_id": manager,
                "model": "deduction",
                "score": 50,
                "previous_score": 100,
                "band": "AT_RISK",
                "reasons": [{"rule": "threshold", "threshold": 60}],
                "sentence": f"Client {alert['client_id']} {SAID}",
                "as_of": text(night),
                "status": "OPEN",
                "published_at": alert["published_at"],
                "delivery": "sent",
            }
            assert alert["id"].startswith(f"{night:%Y%m%dT%H%M%SZ}-")
            assert alert["published_at"] is not None


def collect(mailboxes: dict[str, Mailbox]) -> dict[str, list[Any]]:
    """What comes until each has its messages and nothing more came for some seconds."""
    received: dict[str, list[Any]] = {manager: [] for manager in mailboxes}
    deadline, quiet_since = time.monotonic() + WAIT_SECONDS, time.monotonic()
    while time.monotonic() < deadline:
        for manager, mailbox in mailboxes.items():
            if taken := mailbox.receive():
                received[manager] += taken
                quiet_since = time.monotonic()
        complete = all(len(received[manager]) >= len(clients) for manager, clients in MANAGERS.items())
        if complete and time.monotonic() - quiet_since > QUIET_SECONDS:
            break
    return received


def test_a_webhook_waits_for_its_owner_and_can_be_removed(stack: LocalStack, new_tenant: Callable[..., str]) -> None:
    """One that is pending has a name at SNS, so it is asked about, and ended before anybody confirms it."""
    tenant = new_tenant()
    token = stack.token(tenant)
    manager = {"type": "account_manager", "id": "m1", "name": "M1", "email": "m1@example.com"}
    assert stack.call("POST", "/v1/records", token, {"records": [manager]}).status == 200
    path = "/v1/account-managers/m1/subscriptions"
    hook = {"protocol": "https", "endpoint": "https://127.0.0.1:9/health"}
    created = stack.call("POST", path, token, hook)
    assert (created.status, created.json["state"]) == (201, "pending")
    assert stack.call("GET", path, token).json["items"] == [created.json]
    assert stack.call("DELETE", f"{path}/{created.json['id']}", token).status == 204
    assert stack.call("GET", path, token).json["items"] == []
    held = stack.aws("sns").list_subscriptions()["Subscriptions"]
    assert [each["Endpoint"] for each in held if each["Endpoint"] == hook["endpoint"]] == []
