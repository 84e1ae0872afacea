"""Imports of files as a page has them done: upload, preview, start, and the worker's messages."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import boto3

from chalicelib.workers.import_files import import_files
from tests.functional.conftest import BUCKET, peek
from tests.functional.service import Answer, Service, lambda_context

FRESHDESK: Final = (
    "Ticket ID,Subject,Status,Priority,Created time,Due by Time,Resolved time,Closed time,Last update time,"
    "Initial response time,Company Name"
)


def upload(service: Service, import_id: str, number: int, body: bytes, tenant: str = "acme") -> None:
    peek("s3").put_object(Bucket=BUCKET, Key=f"{tenant}/{import_id}/{number}", Body=body)


def create(service: Service, files: Mapping[str, bytes | str], tenant: str = "acme", **fields: Any) -> str:
    """An import whose files are uploaded."""
    bodies = {name: body.encode() if isinstance(body, str) else body for name, body in files.items()}
    named = [{"name": name, "size": len(body), **fields} for name, body in bodies.items()]
    made = service.http("POST", "/v1/imports", {"files": named}, tenant=tenant)
    assert made.status == 201, made
    for number, (told, body) in enumerate(zip(made.body["upload"], bodies.values(), strict=True)):
        address = urlsplit(told["url"])
        assert unquote(address.path).endswith(f"{tenant}/{made.body['id']}/{number}")
        assert "content-length" in parse_qs(address.query)["X-Amz-SignedHeaders"][0]
        upload(service, made.body["id"], number, body, tenant)
    found: str = made.body["id"]
    return found


def work(remaining: float = 900.0) -> int:
    """Delivers the messages of imports; answers how many there were."""
    sqs, count = peek("sqs"), 0
    url = sqs.get_queue_url(QueueName="imports")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"):
        for each in messages:
            record = {"messageId": each["MessageId"], "body": each["Body"], "eventSource": "aws:sqs"}
            assert import_files({"Records": [record]}, lambda_context(remaining)) == {"batchItemFailures": []}
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            count += 1
    return count


def ask(service: Service, import_id: str, what: str, body: Any = None, tenant: str = "acme") -> Answer:
    return service.http("POST", f"/v1/imports/{import_id}/{what}", {} if body is None else body, tenant=tenant)


def details(service: Service, import_id: str, tenant: str = "acme") -> dict[str, Any]:
    answer = service.http("GET", f"/v1/imports/{import_id}", tenant=tenant)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.body
    return found


def previewed(service: Service, import_id: str, **maps: Any) -> dict[str, Any]:
    """The import after its files were read."""
    assert ask(service, import_id, "preview", {"maps": maps} if maps else {}).status == 202
    work()
    return details(service, import_id)


def imported(service: Service, import_id: str, **fields: Any) -> dict[str, Any]:
    """The import after its records went in."""
    started = ask(service, import_id, "start", fields)
    assert started.status == 202, started
    work()
    return details(service, import_id)


def stored_file(import_id: str, name: str, tenant: str = "acme") -> str:
    found: bytes = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"{tenant}/{import_id}/{name}")["Body"].read()
    return found.decode()


def tickets(count: int, clients: int = 3, first: int = 1) -> str:
    """A help desk's export: a ticket per row, of some companies."""
    rows = [
        f"{number},Printer,Closed,{('Low', 'Urgent', 'Medium')[number % 3]},2026-11-{1 + number % 20:02d} 09:00:00,,"
        f"2026-11-{1 + number % 20:02d} 12:00:00,2026-11-21 08:00:00,2026-11-21 08:00:00,,Mill {number % clients}"
        for number in range(first, first + count)
    ]
    return "\n".join([FRESHDESK, *rows, ""])


def faults(document: Mapping[str, Any]) -> list[str]:
    return [f"{each['file']}: {each['column']}: {each['reason']}" for each in document["preview"]["faults"]]


def dumps(document: Any) -> str:
    return json.dumps(document, sort_keys=True)
