"""The queue of connections' steps on SQS. The group is the connection: a fair queue lets none hold up others."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.overload import ask
from chalicelib.domain.connections import SyncMessage
from chalicelib.services.errors import TryAgainError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SCHEMA_VERSION: Final = 1
BATCH_LIMIT: Final = 10


class SqsSyncQueue:
    """`ports.connections.SyncQueue` on SQS."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def send(self, messages: Sequence[SyncMessage]) -> None:
        """Raises TryAgainError when some are not taken: whoever sends them again does no harm."""
        refused = 0
        for start in range(0, len(messages), BATCH_LIMIT):
            entries = [_entry(place, each) for place, each in enumerate(messages[start : start + BATCH_LIMIT])]
            answer = ask(self._client.send_message_batch, QueueUrl=self._queue_url, Entries=entries)
            refused += len(answer.get("Failed", []))
        if refused:
            raise TryAgainError(f"{refused} messages could not be sent")


def _entry(place: int, message: SyncMessage) -> Any:
    return {
        "Id": str(place),
        "MessageBody": message_body(message),
        "MessageGroupId": f"{message.tenant}.{message.connection}",
        "DelaySeconds": message.delay,
    }


def message_body(message: SyncMessage) -> str:
    """The body that `workers.connections` reads."""
    body = {
        "schema_version": SCHEMA_VERSION,
        "tenant_id": message.tenant,
        "connection_id": message.connection,
        "reason": message.reason,
    }
    return json.dumps(body, separators=(",", ":"))
