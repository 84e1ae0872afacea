"""Requests that carry an Idempotency-Key."""

import json
from secrets import token_hex
from typing import Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.facts import Instant
from chalicelib.domain.idempotency import Answered, Pinned
from chalicelib.domain.ids import RecordId, TenantId

KEPT_SECONDS: Final = 24 * 3600
IN_PROGRESS_SECONDS: Final = 60
"""A request that has not answered by then has died: the API gateway gives up after 29 seconds."""


class DynamoIdempotencyStore:
    """`IdempotencyStore` on DynamoDB."""

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
            return Answered(held["client"], _answer(held), held.get("asked"))
        return None

    def finish(self, tenant: TenantId, key: str, client: RecordId, answer: Any, now: Instant) -> None:
        self._table.put(
            keys.idempotency(tenant, key),
            {"client": client, "answer": json.dumps(answer, default=float), "expires": now + KEPT_SECONDS},
        )

    def pin(self, tenant: TenantId, key: str, client: RecordId, asked: str, now: Instant) -> Pinned:
        own = token_hex(8)
        request = {"client": client, "asked": asked, "at": now}
        try:
            self._table.put(
                keys.idempotency(tenant, key),
                {**request, "own": own, "expires": now + KEPT_SECONDS},
                condition="attribute_not_exists(pk) OR expires <= :now",
                now=now,
            )
        except ConditionFailedError as error:
            held = error.item or {}
            if held.get("own") != own:  # else our own write, whose acknowledgement was lost
                return Pinned(held["client"], held.get("asked"), held.get("at", now), _answer(held))
        return Pinned(client, asked, now, first=True)

    def answer(self, tenant: TenantId, key: str, pinned: Pinned, answer: Any, now: Instant) -> None:
        request = {"client": pinned.client_id, "asked": pinned.asked, "at": pinned.at}
        kept = {"answer": json.dumps(answer, default=float), "expires": now + KEPT_SECONDS}
        self._table.put(keys.idempotency(tenant, key), {**request, **kept})

    def abandon(self, tenant: TenantId, key: str) -> None:
        self._table.delete(keys.idempotency(tenant, key))


def _answer(held: Item) -> Any:
    return json.loads(held["answer"]) if "answer" in held else None
