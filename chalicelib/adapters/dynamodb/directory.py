"""The directory of ticket ids: arrivals that wait to be settled, and leaves that tell where tickets are.

Both have a partition of their own, lest their writes slow down the tenant's other items. A leaf is named by the first
key that it may hold and knows where the next one begins. A leaf that is cut up is replaced together with its new ones
in one transaction, so that at every moment each key has exactly one leaf.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.columns import CodecError
from chalicelib.adapters.dynamodb.directory_codec import (
    decode_arrivals,
    decode_leaf,
    encode_arrivals,
    encode_leaf,
)
from chalicelib.adapters.dynamodb.table import (
    Action,
    ConditionFailedError,
    Item,
    Table,
    TransactionFailedError,
)
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.ticket_copies import HASHED, key_text, ticket_key
from chalicelib.domain.ticket_directory import Leaf
from chalicelib.services.errors import raised

if TYPE_CHECKING:
    from chalicelib.domain.ticket_directory import Arrival, Arrivals, Deletion, Gone
    from chalicelib.services.errors import Failed

LEAF_LIMIT: Final = 4 * 1024
"""Bytes of a leaf: one read unit, and four write units for a ticket that comes alone."""

FILLED: Final = 0.8
"""How full the leaves are that one is cut into."""

MOST_LEAVES: Final = 90
"""A transaction takes 100 items."""

ONE_BY_ONE: Final = 16
"""So many keys are looked up by a query each; more by walking over the leaves between them."""

ABSENT: Final = "attribute_not_exists(pk)"

SKIPPED: Final = 8
"""Leaves in a row without a key that is looked for, after which the walk jumps to the next one."""


class DynamoTicketDirectory:
    """`TicketDirectory` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def announce(
        self,
        tenant: TenantId,
        page: int,
        received: Timestamp,
        arrivals: Sequence[Arrival],
        deletions: Sequence[Deletion],
    ) -> None:
        item = {"d": encode_arrivals(arrivals, deletions), "at": received}
        self._table.put(keys.arrivals(tenant, page, secrets.token_hex(8)), item)

    def pending(self, tenant: TenantId, page: int | None = None, failed: Failed = raised) -> Iterator[Arrivals]:
        for item in self._table.query(keys.all_arrivals(tenant, page), consistent=True):
            try:
                arrivals = decode_arrivals(item["sk"], item["d"], item["at"])
            except (CodecError, KeyError) as error:
                failed(item["sk"], error)
            else:
                yield arrivals

    def forget(self, tenant: TenantId, settled: Iterable[Arrivals]) -> None:
        for each in settled:
            self._table.delete(keys.arrivals_named(tenant, each.name))

    def leaves(self, tenant: TenantId, wanted: Iterable[TicketKey]) -> list[Leaf]:
        texts = sorted(set(map(key_text, wanted)))
        found: list[Leaf] = []
        while texts:
            first = self._leaf_of(tenant, texts[0])
            following = self._after(tenant, first, texts[-1]) if len(texts) > ONE_BY_ONE else ()
            idle = 0
            for leaf in chain([first], following):
                covered = len(texts) if leaf.until is None else bisect_left(texts, leaf.until)
                idle = 0 if covered else idle + 1
                if covered:
                    found.append(leaf)
                    texts = texts[covered:]
                if not texts or idle == SKIPPED:
                    break
        return found

    def all_leaves(self, tenant: TenantId) -> Iterator[Leaf]:
        return map(_leaf, self._table.query(keys.leaves(tenant, ""), consistent=True))

    def put_leaf(self, tenant: TenantId, leaf: Leaf) -> bool:
        pieces = _cut(leaf)
        actions = [
            Action(keys.leaf(tenant, piece.first), _item(piece), **_unchanged(piece.version)) for piece in pieces
        ]
        try:
            if len(pieces) == 1:
                (action,) = actions
                self._table.put(action.key, _item(leaf), condition=action.condition, **action.values)
            else:
                self._table.transact(actions)
        except (ConditionFailedError, TransactionFailedError) as error:
            held = error.item if isinstance(error, ConditionFailedError) else error.items[0]
            return held is not None and {**held, **_item(pieces[0])} == held  # our own earlier write
        return True

    def unregistered(self, tenant: TenantId, pages: int) -> set[int]:
        item = self._table.get(keys.directory_state(tenant), consistent=True)
        if item is None:
            try:
                self._table.put(
                    keys.directory_state(tenant), {"unregistered": set(range(pages)) or None}, condition=ABSENT
                )
            except ConditionFailedError as error:
                item = error.item
            else:
                return set(range(pages))
        return set((item or {}).get("unregistered", ()))

    def register(self, tenant: TenantId, page: int) -> None:
        self._table.update(keys.directory_state(tenant), "DELETE unregistered :page", page={page})

    def _leaf_of(self, tenant: TenantId, text: str) -> Leaf:
        """The leaf of a key; before the first is stored there is one for all ids, and one for all hashes."""
        for item in self._table.query(keys.leaves_to(tenant, text), descending=True, chunk=1, consistent=True):
            return _leaf(item)
        hashed = text.startswith(HASHED)
        return Leaf(HASHED if hashed else "", None if hashed else HASHED, 0, {}, {})

    def _after(self, tenant: TenantId, leaf: Leaf, last: str) -> Iterator[Leaf]:
        if leaf.until is not None and leaf.until <= last:
            yield from map(_leaf, self._table.query(keys.leaves(tenant, leaf.until, last), consistent=True))


def _leaf(item: Item) -> Leaf:
    entries, gone = decode_leaf(item["d"])
    return Leaf(keys.first_of_leaf(item["sk"]), item.get("until"), item["v"], entries, gone)


def _item(leaf: Leaf) -> Item:
    until = {} if leaf.until is None else {"until": leaf.until}
    return {"d": encode_leaf(leaf.entries, leaf.gone), "v": leaf.version + 1, **until}


def _unchanged(version: int) -> dict[str, Any]:
    """The condition that nobody else has written it."""
    if version:
        return {"condition": "v = :before", "values": {"before": version}}
    return {"condition": ABSENT}


def _cut(leaf: Leaf) -> list[Leaf]:
    """The leaf itself, or where it is too large its keys over as many as it takes."""
    size = len(encode_leaf(leaf.entries, leaf.gone))
    if size <= LEAF_LIMIT:
        return [leaf]
    texts = {key_text(key): key for key in (*leaf.entries, *map(ticket_key, leaf.gone))}
    order = sorted(texts)
    count = min(MOST_LEAVES, len(order), ceil(size / (FILLED * LEAF_LIMIT)))
    firsts = [leaf.first, *(order[len(order) * piece // count] for piece in range(1, count))]
    gone: dict[TicketKey, dict[RecordId, Gone]] = {}
    for name, each in leaf.gone.items():
        gone.setdefault(ticket_key(name), {})[name] = each
    pieces = []
    for place, first in enumerate(firsts):
        until = firsts[place + 1] if place + 1 < len(firsts) else leaf.until
        own = [texts[text] for text in order if text >= first and (until is None or text < until)]
        pieces.append(
            Leaf(
                first,
                until,
                leaf.version if place == 0 else 0,
                {key: leaf.entries[key] for key in own if key in leaf.entries},
                {name: each for key in own for name, each in gone.get(key, {}).items()},
            )
        )
    return pieces
