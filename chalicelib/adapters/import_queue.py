"""The queue of imports on SQS: one message for each piece of work, which sends the next."""

import json
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.overload import ask
from chalicelib.domain.ids import TenantId

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SCHEMA_VERSION: Final = 1


class SqsImportQueue:
    """`ports.imports.ImportQueue` on SQS. A message carries its tenant as group: no tenant holds up others."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def send(self, tenant: TenantId, import_id: str) -> None:
        body = {"schema_version": SCHEMA_VERSION, "tenant_id": tenant, "import_id": import_id}
        ask(
            self._client.send_message,
            QueueUrl=self._queue_url,
            MessageBody=json.dumps(body, separators=(",", ":")),
            MessageGroupId=tenant,
        )
