"""Merging fact records into their clients' blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.blocks import MOST_SHARDS, BlockId, Stored
from chalicelib.domain.facts import Instant, Timestamp
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.records import FACT_TYPES, StoredRecord, deleted_row, newer, row_of, shard_of, values_of
from chalicelib.domain.roster import page_of
from chalicelib.domain.run import ARRIVALS
from chalicelib.domain.settings import RECORD_SOURCES
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.ticket_copies import ticket_key
from chalicelib.domain.ticket_directory import Arrival, Deletion
from chalicelib.domain.times import quarter_of
from chalicelib.services.errors import TooBusyError, UnreadableClientError, left_out
from chalicelib.services.refresh_requests import RefreshRequest, strongest
from chalicelib.services.sent_records import UNREADABLE, Rejection, SentRecord, changed_at, rejection

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Block, Seat
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.directory import TicketDirectory
    from chalicelib.services.ports.process import Together
    from chalicelib.services.ports.tenants import TenantStore

ATTEMPTS: Final = 10

SPLITS: Final = 16
"""At most so many per round of a request."""

NO_ROOM: Final = "This client has too many records of this time: there is no room for more."

_IS_STORED: Final = frozenset({Stored.STORED, Stored.GROWN})

TRIGGERS: Final[dict[str, Trigger]] = {
    "qbr": "qbr_logged",
    "touchpoint": "touchpoint_logged",
    "reconciliation": "reconciliation_completed",
}
"""What a stored record of a type sets off; a QBR only once it is completed."""

Place = tuple[int, str]
"""A seat and a quarter."""

ANYWHERE: Final[Place] = (-1, "")
"""The place of a deletion by id."""

Moving = Mapping[TicketKey, AbstractSet[Place]]
"""The places of tickets that are on the move."""

Grouped = dict[BlockId, list[SentRecord]]


class MergedBlock(NamedTuple):
    """A block with what was sent to it (`altered`: otherwise than it was), the records that change something, and those
    of them that are tickets on the move."""

    block: Block
    altered: bool
    changed: list[SentRecord]
    arrived: list[SentRecord]


Merged = dict[BlockId, MergedBlock]


class FactIntake:
    """Takes in the fact records of one request."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        directory: TicketDirectory,
        refresh: RefreshRequest,
        together: Together,
    ) -> None:
        self._tenants, self._roster, self._directory = tenants, roster, directory
        self._refresh, self._together = refresh, together

    def take(
        self,
        tenant: Tenant,
        records: Sequence[SentRecord],
        seats: dict[str, Seat],
        received: Timestamp,
        *,
        backfill: bool,
    ) -> tuple[int, list[Rejection]]:
        """Merges records of known clients, one version of each; returns how many changed something, and the refused.

        A block that another request changes in between is read and merged again. Raises TooBusyError when that does
        not end; what was stored by then stays, and sending the same again is safe.
        """
        moving = self._moving(tenant.id, records)
        here, by_id = self._located(tenant.id, records, seats, moving)
        waiting, accepted = group(here, seats), len(by_id)
        rejected: list[Rejection] = []
        announced: set[int] = set()
        for _ in range(ATTEMPTS):
            merged = self._merge(tenant, waiting, seats, moving, received)
            unreadable = waiting.keys() - merged.keys()
            rejected += [
                rejection(record, "/client_id", UNREADABLE) for found in unreadable for record in waiting[found]
            ]
            changes = {block_id: found for block_id, found in merged.items() if found.changed}
            self._see_sources(tenant, changes)
            self._announce(tenant.id, changes, by_id, seats, received, announced, backfill=backfill)
            by_id = []
            became = self._store(tenant, merged, seats)
            stored = {block_id for block_id, outcome in became.items() if outcome in _IS_STORED}
            accepted += sum(len(merged[block_id].changed) for block_id in stored)
            without_room = self._make_room(tenant, became, seats)
            rejected += [rejection(record, "/id", NO_ROOM) for found in without_room for record in waiting[found]]
            left = [record for found in merged.keys() - stored - without_room for record in waiting[found]]
            if not left:
                return accepted, rejected
            seats |= self._roster.seats(tenant.id, {record.owner for record in left})
            waiting = group(left, seats)
        raise TooBusyError("the facts keep changing")

    def _moving(self, tenant: TenantId, records: Sequence[SentRecord]) -> Moving:
        """The tickets that are on the move, as it was before anything else was read: a copy of one may still be left
        where it was, so that nothing sent of it is mistaken for what is held."""
        moving: dict[TicketKey, set[Place]] = {}
        if any(record.type == "ticket" for record in records):
            for each in self._directory.pending(tenant, failed=left_out):
                for arrival in each.arrivals:
                    moving.setdefault(arrival.key, set()).add((arrival.seat, arrival.quarter))
                for deletion in each.deletions:
                    moving.setdefault(ticket_key(deletion.id), set()).add(ANYWHERE)
        return moving

    def _located(
        self,
        tenant: TenantId,
        records: Sequence[SentRecord],
        seats: Mapping[str, Seat],
        moving: Moving,
    ) -> tuple[list[SentRecord], list[SentRecord]]:
        """The records that have a block, and deletions of tickets that are to be looked for by their ids alone.

        Where the client of a ticket was sent as well and holds it, the deletion takes effect at once.
        """
        bare = [record for record in records if record.type == "ticket" and not record.fields]
        owners = sorted({record.owner for record in bare if record.client_id and ticket_key(record.id) not in moving})
        blocks = self._together(lambda owner: self._tickets(tenant, owner, seats[owner]), owners)
        held = {
            (owner, ticket_id): stored
            for owner, found in zip(owners, blocks, strict=True)
            for ticket_id, stored in _newest(found.values()).items()
        }
        here = [record for record in records if record.type != "ticket" or record.fields]
        by_id = []
        for record in bare:
            stored = held.get((record.client_id, record.id)) if record.client_id else None
            if stored is None:
                by_id.append(record)
            else:
                here.append(record._replace(fields=values_of(FACT_TYPES["ticket"], stored.row)))
        return here, by_id

    def _tickets(self, tenant: TenantId, owner: RecordId, seat: Seat) -> Mapping[BlockId, Block]:
        """None of a client whose tickets cannot be read: a deletion of one is kept by its id, until they can."""
        try:
            return self._roster.tickets(tenant, owner, seat)
        except UnreadableClientError:
            return {}

    def _announce(
        self,
        tenant: TenantId,
        changes: Mapping[BlockId, MergedBlock],
        by_id: Sequence[SentRecord],
        seats: Mapping[str, Seat],
        received: Timestamp,
        announced: set[int],
        *,
        backfill: bool,
    ) -> None:
        """Marks what is about to change, then notes the tickets that come, so that a crash after either is mended."""
        arrivals = [
            Arrival(ticket_key(each.id), seats[each.owner].number, str(block_id.quarter), each.updated_at is not None)
            for block_id, found in changes.items()
            for each in found.arrived
            if each.place not in announced
        ]
        announced |= {record.place for found in changes.values() for record in found.arrived}
        deletions = [Deletion(each.id, changed_at(each, None, received), each.updated_at is not None) for each in by_id]
        marks = _marks(changes, backfill)
        page = min(marks, default=0)
        if arrivals or deletions:
            marks.setdefault(page, {})[ARRIVALS] = None
        self._refresh.add(marks)
        if arrivals or deletions:
            self._directory.announce(tenant, page, received, arrivals, deletions)

    def _merge(
        self, tenant: Tenant, waiting: Grouped, seats: Mapping[str, Seat], moving: Moving, received: Timestamp
    ) -> Merged:
        """Merges what was sent into its blocks; a block that cannot be read is left out."""
        blocks = self._roster.blocks(tenant.id, waiting, left_out)
        places = {block_id: (seats[block_id.client].number, str(block_id.quarter)) for block_id in waiting}
        return {
            block_id: merge(blocks[block_id], places[block_id], sent, moving, received)
            for block_id, sent in waiting.items()
            if block_id in blocks
        }

    def _see_sources(self, tenant: Tenant, changes: Mapping[BlockId, MergedBlock]) -> None:
        """Stored before the records: a crash in between then only delays the record."""
        types = {record.type for found in changes.values() for record in found.changed}
        unseen = {source for name in types for source in RECORD_SOURCES.get(name, ())} - tenant.sources_seen
        if unseen:
            self._tenants.see_sources(tenant.id, unseen)

    def _store(self, tenant: Tenant, merged: Merged, seats: Mapping[str, Seat]) -> dict[BlockId, Stored]:
        """Puts the blocks that changed, side by side: none waits for another, and each is complete."""

        def put(block_id: BlockId) -> Stored:
            block, altered = merged[block_id][:2]
            if block.shards > seats[block_id.client].shards_of(block_id.quarter):
                return Stored.CHANGED  # split since the seat was read
            return self._roster.put_block(tenant.id, block_id, block) if altered else Stored.STORED

        return dict(zip(merged, self._together(put, merged), strict=True))

    def _make_room(self, tenant: Tenant, became: Mapping[BlockId, Stored], seats: dict[str, Seat]) -> set[BlockId]:
        """One shard more for each block that has grown, as many as it takes for one that is full; answers for which
        that cannot help.

        A crash before it leaves blocks that are larger than they should be: the next that is stored splits them.
        """
        splits, hopeless = 0, set()
        for block_id, outcome in became.items():
            if outcome not in {Stored.GROWN, Stored.FULL}:
                continue
            client, _, quarter, shard = block_id
            shards = seats[client].shards_of(quarter)
            goal = shards + 1 if outcome is Stored.GROWN else shards_that_split(shard, shards)
            if goal > MOST_SHARDS:
                hopeless |= {block_id} if outcome is Stored.FULL else set()
                continue
            while splits < SPLITS and seats[client].shards_of(quarter) < goal:
                splits += 1
                self._roster.split(tenant.id, client, seats[client], quarter)
                seats |= self._roster.seats(tenant.id, [client])
        return hopeless


def shards_that_split(shard: int, shards: int) -> int:
    """How many shards a set has once this one of it has been split."""
    whole = 1
    while whole <= shard or whole + shard < shards:
        whole *= 2
    return whole + shard + 1


def group(records: Sequence[SentRecord], seats: Mapping[str, Seat]) -> Grouped:
    """Records by the block that they belong in."""
    grouped: Grouped = {}
    for record in records:
        grouped.setdefault(block_of(record, seats[record.owner]), []).append(record)
    return grouped


def block_of(record: SentRecord, seat: Seat) -> BlockId:
    """The block of a record: a ticket's by the quarter of its creation."""
    quarter = quarter_of(record.fields["created_at"]) if record.type == "ticket" else None
    shard = shard_of(record.type, record.id, seat.shards_of(quarter))
    return BlockId(record.owner, page_of(seat.number), quarter, shard)


def merge(block: Block, place: Place, sent: Sequence[SentRecord], moving: Moving, received: Timestamp) -> MergedBlock:
    """A block with the sent records merged in, each by the rule of `records.newer`.

    A ticket that is on its way to or from another place counts also where it says what is held here: something else may
    be held there.
    """
    held: dict[str, dict[str, StoredRecord]] = {name: dict(records) for name, records in block.records.items()}
    changed, arrived, altered = [], [], False
    for record in sent:
        fact = FACT_TYPES[record.type]
        stored = held.setdefault(record.type, {}).get(record.id)
        if record.fields:
            row = row_of(fact, {**record.fields, "id": record.id})
        else:
            row = deleted_row(fact, record.id, stored, Instant(changed_at(record, None, received)))
        version = newer(stored, row, record.updated_at, record.deleted, received)
        moves = record.type == "ticket" and (stored is None or not moving.get(ticket_key(record.id), set()) <= {place})
        if version is not None:
            held[record.type][record.id] = version
            altered = True
        elif stored is None or not moves or changed_at(record, stored.updated_at, received) < stored.updated_at:
            continue
        changed.append(record)
        arrived += [record] if moves else []
    return MergedBlock(block._replace(records=held), altered, changed, arrived)


def _newest(blocks: Iterable[Block]) -> dict[str, StoredRecord]:
    """Of each ticket of a client its newest version."""
    newest: dict[str, StoredRecord] = {}
    for block in blocks:
        for ticket_id, record in block.records.get("ticket", {}).items():
            if ticket_id not in newest or record.updated_at >= newest[ticket_id].updated_at:
                newest[ticket_id] = record
    return newest


def _marks(changes: Mapping[BlockId, MergedBlock], backfill: bool) -> dict[int, dict[str, Trigger | None]]:
    """Per page the clients whose facts change, each with the trigger of a calculation where there is one."""
    triggers: dict[tuple[int, RecordId], set[Trigger | None]] = {}
    for block_id, found in changes.items():
        held = triggers.setdefault((block_id.page, block_id.client), set())
        held |= {None if backfill else trigger_of(record) for record in found.changed}
    pages: dict[int, dict[str, Trigger | None]] = {}
    for (page, client), found_triggers in triggers.items():
        pages.setdefault(page, {})[client] = strongest(found_triggers)
    return pages


def trigger_of(record: SentRecord) -> Trigger | None:
    """The calculation that a stored record sets off: of a completed QBR, a touchpoint or a reconciliation."""
    if record.deleted or (record.type == "qbr" and record.fields["status"] != "COMPLETED"):
        return None
    return TRIGGERS.get(record.type)
