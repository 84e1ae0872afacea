"""Requests that carry an Idempotency-Key."""

import json
from secrets import token_hex
from typing import Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Table
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.ports import Answered

KEPT_SECONDS: Final = 24 * 3600
IN_PROGRESS_SECONDS: Final = 60
"""A request that has not answered by then has died: the API gateway gives up after 29 seconds."""


class DynamoIdempotencyStore:
    """`ports.IdempotencyStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, tenant: TenantId, key: str, client: RecordId, now: Instant) -> Answered | None:
        own = token_hex(8)
        try:
            self._table.put(
                keys.idempotency(tenant, key),
                {"client": client, "own": own, "expires": now + IN_PROGRESS_SECONDS},
                condition="attribute_not_exists(pk) OR expires <= :now",
                now=now,
            )
        except ConditionFailedError as error:
            held = error.item or {}
            if held.get("own") == own:
                return None  # our own write, whose acknowledgement was lost
            return Answered(held["client"], json.loads(held["answer"]) if "answer" in held else None)
        return None

    def finish(self, tenant: TenantId, key: str, client: RecordId, answer: Any, now: Instant) -> None:
        self._table.put(
            keys.idempotency(tenant, key),
            {"client": client, "answer": json.dumps(answer, default=float), "expires": now + KEPT_SECONDS},
        )

    def abandon(self, tenant: TenantId, key: str) -> None:
        self._table.delete(keys.idempotency(tenant, key))
