"""Redrive: dead letters go back into the scoring queue."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infra.operations.alone import Alone
from infra.operations.errors import OperationError
from infra.operations.site import Site

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Tell = Callable[[str], object]

POLL_SECONDS: Final = 2.0
HIDDEN_SECONDS: Final = 60
_LOOKED_AT: Final = 100
_NO_TASKS: Final = frozenset({"InvalidAction", "UnknownOperation", "UnknownOperationException"})
"""What an emulator answers that does not know move tasks; AWS knows them everywhere."""


def redrive(site: Site, tell: Tell, *, dry_run: bool) -> int:
    """Move all dead letters back into the scoring queue and tell how far it is; returns how many there were.

    Scoring again what was scored changes nothing, and a message that fails again comes back here: repeat it at will.
    """
    sqs, dead = site.queues, site.outputs["DlqUrl"]
    waiting = _count(sqs, dead)
    tell(f"{waiting} dead letters")
    if waiting and dry_run:
        for line in _contents(sqs, dead):
            tell(line)
    if not waiting or dry_run:
        return waiting
    try:
        _by_task(sqs, dead, waiting, tell)
    except ClientError as error:
        if error.response["Error"]["Code"].rpartition(".")[2] not in _NO_TASKS:
            raise
        _by_hand(sqs, dead, site.outputs["QueueUrl"], tell)
    tell(f"{_count(sqs, dead)} dead letters left")
    return waiting


def _count(sqs: "SQSClient", url: str) -> int:
    """All messages, also those that somebody is looking at right now."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts: Any = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)


def _contents(sqs: "SQSClient", url: str) -> list[str]:
    """What the first hundred are about. Who looks at a dead letter hides it; afterwards it is shown again."""
    seen: dict[str, str] = {}
    while len(seen) < _LOOKED_AT:
        messages = _received(sqs, url)
        if not messages:
            break
        seen |= {message["ReceiptHandle"]: _about(message["Body"]) for message in messages}
    for handle in seen:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return [f"{times} × {about}" for about, times in Counter(seen.values()).most_common()]


def _received(sqs: "SQSClient", url: str) -> list[Any]:
    return list(
        sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageSystemAttributeNames=["MessageGroupId"],
        ).get("Messages", [])
    )


def _about(body: str) -> str:
    try:
        document = json.loads(body)
        names = ("tenant_id", "reason", "run_date", "schema_version")
        return ", ".join(f"{name} {document[name]}" for name in names if document.get(name) is not None)
    except (ValueError, AttributeError, RecursionError):
        return "not a message of this service"


def _by_task(sqs: "SQSClient", dead: str, waiting: int, tell: Tell) -> None:
    """SQS moves them itself. A task that is under way already is watched to its end instead."""
    attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    arn = attributes["QueueArn"]
    if not any(task.get("Status") == "RUNNING" for task in _tasks(sqs, arn)):
        sqs.start_message_move_task(SourceArn=arn)
    while True:
        newest = (_tasks(sqs, arn) or [{}])[0]
        tell(f"{newest.get('ApproximateNumberOfMessagesMoved', 0)} of {waiting} moved")
        if newest.get("Status") != "RUNNING":
            break
        time.sleep(POLL_SECONDS)
    if newest.get("Status") != "COMPLETED":
        raise OperationError(f"the move ended {newest.get('Status')}: {newest.get('FailureReason', 'no reason given')}")


def _tasks(sqs: "SQSClient", arn: str) -> list[Any]:
    """The queue's move tasks, the newest first."""
    return list(sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"])


def _by_hand(sqs: "SQSClient", dead: str, queue: str, tell: Tell) -> None:
    """One by one: sent before it is deleted, so that a crash in between doubles a message and loses none."""

    def move(message: Any) -> None:
        group = message.get("Attributes", {}).get("MessageGroupId")
        kept: Any = {"MessageGroupId": group} if group else {}
        sqs.send_message(QueueUrl=queue, MessageBody=message["Body"], **kept)
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])

    def move_all(messages: list[Any]) -> int:
        held = {message["MessageId"]: message for message in messages}
        return len(alone.each(held, lambda name: move(held[name])))

    alone, moved = Alone(tell), 0
    while messages := _received(sqs, dead):
        moved += move_all(messages)
        tell(f"{moved} moved")
    alone.end()
