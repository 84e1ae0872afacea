"""What the directory of ids learned lately of hashed ids, in few items, before its leaves do.

Hashes have no order to keep: a few hundred new ones would touch as many leaves. They are added to the newest of a row
of items instead, and go into the leaves once there are many, so that each leaf takes several at a time.

An item says of its keys all that is known: the newer of two items stands, and any item before the leaves. Only the
newest is ever added to; the others go, oldest first, when the leaves have what they say. An item is named by the
version with which it began, and versions go on from item to item: so a writer can tell what came since it read.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final, NamedTuple

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.columns import CodecError
from chalicelib.adapters.dynamodb.directory_codec import decode_recent, encode_recent
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.ticket_copies import key_text, ticket_key
from chalicelib.domain.ticket_directory import Gone

NEWEST_BYTES: Final = 4 * 1024
"""The newest item is added to until it has so many: what an addition rewrites. Workers must agree on it."""

MOST_BYTES: Final = 64 * 1024
"""Of the items that are added to no more; then they go into the leaves. Nor is more added at once."""

ATTEMPTS: Final = 10


class Known(NamedTuple):
    """What is known of some keys: the seats that each leads to (perhaps none), and those deleted by id."""

    entries: Mapping[TicketKey, AbstractSet[int]]
    gone: Mapping[RecordId, Gone]

    def keys(self) -> set[TicketKey]:
        return {*self.entries, *map(ticket_key, self.gone)}

    def only(self, wanted: AbstractSet[TicketKey]) -> "Known":
        return Known(
            {key: seats for key, seats in self.entries.items() if key in wanted},
            {name: each for name, each in self.gone.items() if ticket_key(name) in wanted},
        )

    def under(self, newer: "Known") -> "Known":
        """Both, where of each key stands what the newer says."""
        older = self.only(self.keys() - newer.keys())
        return Known({**older.entries, **newer.entries}, {**older.gone, **newer.gone})

    def parts(self) -> Iterator["Known"]:
        """As many as it takes for each to fit an item."""
        own = self.keys()
        if len(own) < 2 or len(encode_recent(self.entries, self.gone)) <= MOST_BYTES:
            yield self
            return
        half = set(sorted(own, key=key_text)[: len(own) // 2])
        yield from self.only(half).parts()
        yield from self.only(own - half).parts()

    def in_order(self) -> "InOrder":
        names = {key_text(key): key for key in self.keys()}
        gone: dict[TicketKey, dict[RecordId, Gone]] = {}
        for name, each in self.gone.items():
            gone.setdefault(ticket_key(name), {})[name] = each
        return InOrder(self, sorted(names), names, gone)


class InOrder(NamedTuple):
    """What is known of some keys, with their texts in order, and the deletions of each."""

    known: Known
    texts: list[str]
    keys: Mapping[str, TicketKey]
    gone: Mapping[TicketKey, Mapping[RecordId, Gone]]

    def between(self, first: str, until: str | None) -> Known:
        """What is known of the keys from the text of one until that of another."""
        start, end = bisect_left(self.texts, first), None if until is None else bisect_left(self.texts, until)
        own = [self.keys[text] for text in self.texts[start:end]]
        return Known(
            {key: self.known.entries[key] for key in own if key in self.known.entries},
            {name: each for key in own for name, each in self.gone.get(key, {}).items()},
        )


NOTHING: Final = Known({}, {})


class Piece(NamedTuple):
    """One of the items; one that is damaged is full, and knows nothing."""

    number: int
    version: int
    size: int
    known: Known

    @property
    def is_full(self) -> bool:
        return self.size >= NEWEST_BYTES


class Recent(NamedTuple):
    """The items of a tenant, oldest first, and the names of those that cannot be read."""

    pieces: tuple[Piece, ...]
    damaged: tuple[int, ...]

    @property
    def version(self) -> int:
        return self.pieces[-1].version if self.pieces else 0

    @property
    def settled(self) -> tuple[Piece, ...]:
        """Those that are added to no more."""
        return self.pieces[:-1]

    @property
    def is_long(self) -> bool:
        return sum(piece.size for piece in self.settled) > MOST_BYTES

    def touched(self, wanted: AbstractSet[TicketKey], since: int) -> bool:
        """Whether anybody may have written of these keys after a version."""
        if self.version == since:
            return False
        if not self.pieces or self.pieces[0].number > since + 1:
            return True  # some that came since are gone into the leaves
        return any(piece.version > since and not wanted.isdisjoint(piece.known.keys()) for piece in self.pieces)


def combined(pieces: Iterable[Piece]) -> Known:
    """What several items say, the oldest first."""
    known = NOTHING
    for piece in pieces:
        known = known.under(piece.known)
    return known


class RecentIds:
    """The items of what was learned lately."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, tenant: TenantId) -> Recent:
        """Sees every acknowledged write. Read it before the leaves: what goes from here is in one of them."""
        pieces, damaged = [], []
        for item in self._table.query(keys.recent_ids(tenant), consistent=True):
            number = keys.number_of_recent(item["sk"])
            try:
                piece = Piece(number, item["v"], len(item["d"]), Known(*decode_recent(item["d"])))
            except (CodecError, KeyError, TypeError):
                damaged.append(number)
                piece = Piece(number, _version(item, number), NEWEST_BYTES, NOTHING)
            pieces.append(piece)
        return Recent(tuple(pieces), tuple(damaged))

    def add(self, tenant: TenantId, since: int, known: Known) -> bool:
        """Adds what is known of some keys; False when somebody may have written of them since that version: then
        perhaps a part of it."""
        return all(self._add(tenant, since, part) for part in known.parts())

    def _add(self, tenant: TenantId, since: int, known: Known) -> bool:
        wanted = known.keys()
        for _ in range(ATTEMPTS):
            recent = self.read(tenant)
            if recent.touched(wanted, since):
                return False
            newest = recent.pieces[-1] if recent.pieces else None
            version = recent.version + 1
            if newest is None or newest.is_full:
                done = self._put(tenant, version, 0, version, known)
            else:
                done = self._put(tenant, newest.number, newest.version, version, newest.known.under(known))
            if done:
                return True
        return False

    def drop(self, tenant: TenantId, pieces: Sequence[Piece]) -> None:
        """Takes away what the leaves have, the oldest first: whatever is left is newer."""
        for piece in pieces:
            self._table.delete(keys.recent_id(tenant, piece.number))

    def forsake(self, tenant: TenantId, number: int) -> None:
        """Replaces an item that cannot be read by one that knows nothing, and keeps its place."""
        place = keys.recent_id(tenant, number)
        item = self._table.get(place, consistent=True)
        if item is None or "d" not in item:
            condition, values = "attribute_not_exists(d)", {}
        else:
            condition, values = "d = :before", {"before": item["d"]}
        content = {"d": encode_recent({}, {}), "v": _version(item or {}, number) + 1}
        with suppress(ConditionFailedError):  # another has done so
            self._table.put(place, content, condition=condition, **values)

    def forget_seat(self, tenant: TenantId, seat: int, *, dry_run: bool) -> int:
        """Takes a seat out of all that is known; returns how many items that changes."""
        changed = 0
        for piece in self.read(tenant).pieces:
            if not any(seat in seats for seats in piece.known.entries.values()):
                continue
            entries = {key: seats - {seat} for key, seats in piece.known.entries.items()}
            rest = Known(entries, piece.known.gone)
            changed += dry_run or self._put(tenant, piece.number, piece.version, piece.version + 1, rest)
        return changed

    def _put(self, tenant: TenantId, number: int, before: int, version: int, known: Known) -> bool:
        content = {"d": encode_recent(known.entries, known.gone), "v": version}
        place = keys.recent_id(tenant, number)
        try:
            if before:
                self._table.put(place, content, condition="v = :before", before=before)
            else:
                self._table.put(place, content, condition="attribute_not_exists(pk)")
        except ConditionFailedError as error:
            return error.item is not None and {**error.item, **content} == error.item  # our own earlier write
        return True


def _version(item: Item, number: int) -> int:
    held = item.get("v")
    return max(held, number) if isinstance(held, int) else number
