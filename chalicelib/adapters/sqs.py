"""The scoring queue on SQS. Every message carries its tenant as group: a fair queue lets no tenant hold up others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.overload import ask
from chalicelib.domain.messages import ScoringMessage, message_body
from chalicelib.services.errors import NotSentError, TryAgainError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH_LIMIT: Final = 10
ROUNDS: Final = 4


class SqsScoringQueue:
    """`ScoringQueue` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def send(self, messages: Sequence[ScoringMessage]) -> None:
        """Sends all messages, entries that fail again. Raises NotSentError when some keep failing, TryAgainError when
        all do."""
        waiting = [_entry(index, message) for index, message in enumerate(messages)]
        for _ in range(ROUNDS):
            failed: list[Any] = []
            for start in range(0, len(waiting), BATCH_LIMIT):
                batch = waiting[start : start + BATCH_LIMIT]
                answer = ask(self._client.send_message_batch, QueueUrl=self._queue_url, Entries=batch)
                refused = {entry["Id"] for entry in answer.get("Failed", [])}
                failed += [entry for entry in batch if entry["Id"] in refused]
            if not failed:
                return
            waiting = failed
        if len(waiting) < len(messages):
            raise NotSentError(frozenset(entry["MessageGroupId"] for entry in waiting))
        raise TryAgainError(f"{len(waiting)} messages could not be sent")


def _entry(index: int, message: ScoringMessage) -> Any:
    return {
        "Id": str(index),
        "MessageBody": message_body(message),
        "MessageGroupId": message.tenant,
        "DelaySeconds": message.delay,
    }
