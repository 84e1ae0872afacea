"""The directory of ticket ids: arrivals that wait to be settled, and leaves that tell where tickets are.

What is learned of hashed ids waits until it goes into the leaves in bulk (`recent_ids`).

Both have a partition of their own, lest their writes slow down the tenant's other items. A leaf is named by the first
key that it may hold and knows where the next one begins. A leaf that is cut up is replaced together with its new ones
in one transaction, so that at every moment each key has exactly one leaf.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import chain, islice
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
from chalicelib.adapters.dynamodb.recent_ids import Known, RecentIds, combined
from chalicelib.adapters.dynamodb.table import (
    Action,
    ConditionFailedError,
    Item,
    Table,
    TransactionFailedError,
)
from chalicelib.adapters.threads import in_turn
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.ticket_copies import HASHED, key_text, ticket_key
from chalicelib.domain.ticket_directory import Leaf
from chalicelib.services.errors import DirectoryDamagedError, raised

if TYPE_CHECKING:
    from chalicelib.domain.ticket_directory import Arrival, Arrivals, Deletion, Gone
    from chalicelib.services.errors import Failed
    from chalicelib.services.ports.process import Together

LEAF_LIMIT: Final = 4 * 1024
"""Bytes of a leaf: one read unit, and four write units for a ticket that comes alone."""

FILLED: Final = 0.8
"""How full the leaves are that one is cut into."""

MOST_LEAVES: Final = 90
"""A transaction takes 100 items."""

ONE_BY_ONE: Final = 16
"""So many keys are looked up by a query each; more by walking over the leaves between them."""

LEAVES_AT_A_TIME: Final = 64
"""Written side by side where what was learned goes into them."""

ABSENT: Final = "attribute_not_exists(pk)"

SKIPPED: Final = 8
"""Leaves in a row without a key that is looked for, after which the walk jumps to the next one."""


class DynamoTicketDirectory:
    """`TicketDirectory` on DynamoDB."""

    def __init__(self, table: Table, together: Together = in_turn) -> None:
        self._table, self._together, self._recent = table, together, RecentIds(table)

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
        names = {key_text(key): key for key in wanted}
        texts = sorted(names)
        ids = texts[: bisect_left(texts, HASHED)]
        found = [_leaf(item) for item in self._stored(tenant, ids)]
        if hashes := texts[len(ids) :]:
            found.append(self._hashed(tenant, hashes, {names[text] for text in hashes}))
        return found

    def put_leaf(self, tenant: TenantId, leaf: Leaf) -> bool:
        if leaf.first == HASHED:
            return self._recent.add(tenant, leaf.version, Known(leaf.entries, leaf.gone))
        return self._put(tenant, leaf, 0)

    def merge(self, tenant: TenantId) -> None:
        """Puts into the leaves what was learned of hashed ids, but for the newest of it.

        A crash, or another who does the same, leaves some of it in both. What belongs into a leaf that cannot be read
        is learned again.
        """
        recent = self._recent.read(tenant)
        if not recent.settled:
            return
        upto = recent.settled[-1].number
        learned = combined(recent.settled).in_order()
        unmerged: set[TicketKey] = set()

        def merged(item: Item) -> bool:
            own = learned.between(keys.first_of_leaf(item["sk"]), item.get("until"))
            try:
                leaf = _leaf(item)
            except CodecError:
                unmerged.update(own.keys())
                return True
            entries, gone = Known(leaf.entries, leaf.gone).under(own)
            return item.get("merged", 0) >= upto or self._put(tenant, leaf._replace(entries=entries, gone=gone), upto)

        items = self._stored(tenant, learned.texts)
        done = all(all(self._together(merged, some)) for some in _groups(items))
        unmerged -= recent.pieces[-1].known.keys()
        if unmerged:
            done = done and self._recent.add(tenant, recent.version, learned.known.only(unmerged))
        if done:
            self._recent.drop(tenant, recent.settled)

    def forget_seat(self, tenant: TenantId, seat: int, *, dry_run: bool = False) -> int:
        """Takes a seat out of the whole directory; returns how many items that changes."""
        changed = self._recent.forget_seat(tenant, seat, dry_run=dry_run)
        for item in self._table.query(keys.leaves(tenant, ""), consistent=True):
            leaf = _leaf(item)
            if any(seat in seats for seats in leaf.entries.values()):
                kept = leaf._replace(entries={key: seats - {seat} for key, seats in leaf.entries.items()})
                changed += dry_run or self._put(tenant, kept, item.get("merged", 0))
        return changed

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
        """Nothing where all pages are to be taken in again meanwhile."""
        state = keys.directory_state(tenant)
        with suppress(ConditionFailedError):
            self._table.update(state, "DELETE unregistered :page", condition="attribute_exists(pk)", page={page})

    def _hashed(self, tenant: TenantId, texts: list[str], wanted: set[TicketKey]) -> Leaf:
        """What is known of hashed ids, as a leaf of its own whose version is that of what was learned lately."""
        recent = self._recent.read(tenant)
        if recent.damaged:
            self._table.delete(keys.directory_state(tenant))
            for number in recent.damaged:
                self._recent.forsake(tenant, number)
            raise DirectoryDamagedError("what was learned of ids cannot be read: all pages are taken in again")
        if recent.is_long:
            self.merge(tenant)
            recent = self._recent.read(tenant)
        entries: dict[TicketKey, AbstractSet[int]] = {}
        gone: dict[RecordId, Gone] = {}
        for item in self._stored(tenant, texts):
            leaf = _leaf(item)
            own = Known(leaf.entries, leaf.gone).only(wanted)
            entries |= own.entries
            gone |= own.gone
        known = Known(entries, gone).under(combined(recent.pieces).only(wanted))
        return Leaf(first=HASHED, until=None, version=recent.version, entries=known.entries, gone=known.gone)

    def _stored(self, tenant: TenantId, texts: list[str]) -> Iterator[Item]:
        """The stored leaves of keys in order, each key's among them, as they are read."""
        while texts:
            first = self._leaf_of(tenant, texts[0])
            following = self._after(tenant, first, texts[-1]) if len(texts) > ONE_BY_ONE else ()
            idle = 0
            for item in chain([first], following):
                until = item.get("until")
                covered = len(texts) if until is None else bisect_left(texts, until)
                idle = 0 if covered else idle + 1
                if covered:
                    texts = texts[covered:]
                    yield item
                if not texts or idle == SKIPPED:
                    break

    def _leaf_of(self, tenant: TenantId, text: str) -> Item:
        """The leaf of a key; before the first is stored there is one for all ids, and one for all hashes."""
        for item in self._table.query(keys.leaves_to(tenant, text), descending=True, chunk=1, consistent=True):
            return item
        hashed = text.startswith(HASHED)
        return {**keys.leaf(tenant, HASHED if hashed else "")._asdict(), "until": None if hashed else HASHED}

    def _after(self, tenant: TenantId, item: Item, last: str) -> Iterator[Item]:
        until = item.get("until")
        if until is not None and until <= last:
            yield from self._table.query(keys.leaves(tenant, until, last), consistent=True)

    def _put(self, tenant: TenantId, leaf: Leaf, merged: int) -> bool:
        leaf = leaf._replace(entries={key: seats for key, seats in leaf.entries.items() if seats})
        pieces = _cut(leaf)
        actions = [
            Action(keys.leaf(tenant, piece.first), _item(piece, merged), **_unchanged(piece.version))
            for piece in pieces
        ]
        try:
            if len(pieces) == 1:
                (action,) = actions
                self._table.put(action.key, _item(leaf, merged), condition=action.condition, **action.values)
            else:
                self._table.transact(actions)
        except (ConditionFailedError, TransactionFailedError) as error:
            held = error.item if isinstance(error, ConditionFailedError) else error.items[0]
            return held is not None and {**held, **_item(pieces[0], merged)} == held  # our own earlier write
        return True


def _leaf(item: Item) -> Leaf:
    entries, gone = decode_leaf(item["d"]) if "d" in item else ({}, {})
    return Leaf(
        first=keys.first_of_leaf(item["sk"]),
        until=item.get("until"),
        version=item.get("v", 0),
        entries=entries,
        gone=gone,
    )


def _item(leaf: Leaf, merged: int) -> Item:
    until = {} if leaf.until is None else {"until": leaf.until}
    upto = {"merged": merged} if merged else {}
    return {"d": encode_leaf(leaf.entries, leaf.gone), "v": leaf.version + 1, **until, **upto}


def _groups(items: Iterator[Item]) -> Iterator[list[Item]]:
    return iter(lambda: list(islice(items, LEAVES_AT_A_TIME)), [])


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
                first=first,
                until=until,
                version=leaf.version if place == 0 else 0,
                entries={key: leaf.entries[key] for key in own if key in leaf.entries},
                gone={name: each for key in own for name, each in gone.get(key, {}).items()},
            )
        )
    return pieces
