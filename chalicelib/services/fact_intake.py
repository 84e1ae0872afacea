"""Merging fact records into their clients' blocks."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from chalicelib.domain.facts import Timestamp
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import RecordId
from chalicelib.domain.records import FACT_TYPES, StoredRecord, deleted_row, newer, row_of, ticket_part
from chalicelib.domain.roster import page_of
from chalicelib.domain.settings import RECORD_SOURCES
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.times import quarter_of
from chalicelib.services.errors import TooBusyError
from chalicelib.services.marking import PageMarks, strongest
from chalicelib.services.ports import Block, BlockFullError, BlockId, Roster, Seat, TenantStore
from chalicelib.services.sent_records import SentRecord, changed_at

ATTEMPTS: Final = 10

TRIGGERS: Final[dict[str, Trigger]] = {
    "qbr": "qbr_logged",
    "touchpoint": "touchpoint_logged",
    "reconciliation": "reconciliation_completed",
}
"""What a stored record of a type sets off; a QBR only once it is completed."""

Grouped = dict[BlockId, list[SentRecord]]


class MergedBlock(NamedTuple):
    """A block with what was sent to it, and the records that changed something."""

    block: Block
    changed: list[SentRecord]


Merged = dict[BlockId, MergedBlock]


class FactIntake:
    """Takes in the fact records of one request."""

    def __init__(self, tenants: TenantStore, roster: Roster, marks: PageMarks) -> None:
        self._tenants, self._roster, self._marks = tenants, roster, marks

    def take(
        self,
        tenant: Tenant,
        records: Sequence[SentRecord],
        seats: dict[str, Seat],
        received: Timestamp,
        *,
        backfill: bool,
    ) -> int:
        """Merges records of known clients, one version of each; answers how many changed something.

        A block that another request changes in between is read and merged again. Raises TooBusyError when that does
        not end; what was stored by then stays, and sending the same again is safe.
        """
        waiting, accepted = group(records, seats), 0
        for _ in range(ATTEMPTS):
            merged = self._merge(tenant, waiting, received)
            changes = {block_id: found for block_id, found in merged.items() if found.changed}
            self._see_sources(tenant, changes)
            self._marks.add(_marks(changes, backfill))
            stored = {block_id for block_id, found in merged.items() if self._store(tenant, block_id, found, seats)}
            for block_id in stored:
                accepted += len(merged[block_id].changed)
            left = [record for block_id in waiting.keys() - stored for record in waiting[block_id]]
            if not left:
                return accepted
            seats |= self._roster.seats(tenant.id, {record.owner for record in left})
            waiting = group(left, seats)
        raise TooBusyError("the facts keep changing")

    def _merge(self, tenant: Tenant, waiting: Grouped, received: Timestamp) -> Merged:
        blocks = self._roster.blocks(tenant.id, waiting)
        return {block_id: merge(blocks[block_id], sent, received) for block_id, sent in waiting.items()}

    def _see_sources(self, tenant: Tenant, changes: Mapping[BlockId, MergedBlock]) -> None:
        """Before the records: a source that is seen and then gets its record late harms nobody, the reverse would."""
        types = {record.type for found in changes.values() for record in found.changed}
        unseen = {source for name in types for source in RECORD_SOURCES.get(name, ())} - tenant.sources_seen
        if unseen:
            self._tenants.see_sources(tenant.id, unseen)

    def _store(self, tenant: Tenant, block_id: BlockId, merged: MergedBlock, seats: Mapping[str, Seat]) -> bool:
        """Whether the block now holds what was sent; False when it is to be read and merged again."""
        seat = seats[block_id.client]
        if block_id.quarter is not None:
            parts = seat.parts.get(block_id.quarter, 1)
            if merged.block.version and merged.block.parts != parts:
                return False  # split since the seat was read
        if not merged.changed:
            return True
        try:
            return self._roster.put_block(tenant.id, block_id, merged.block)
        except BlockFullError:
            self._roster.split(tenant.id, block_id.client, seat, str(block_id.quarter))
            return False


def group(records: Sequence[SentRecord], seats: Mapping[str, Seat]) -> Grouped:
    """Records by the block that they belong in."""
    grouped: Grouped = {}
    for record in records:
        grouped.setdefault(block_of(record, seats[record.owner]), []).append(record)
    return grouped


def block_of(record: SentRecord, seat: Seat) -> BlockId:
    """The block of a record: a ticket's by the quarter of its creation."""
    page = page_of(seat.number)
    if record.type != "ticket":
        return BlockId(record.owner, page, None)
    quarter = quarter_of(record.fields["created_at"])
    return BlockId(record.owner, page, quarter, ticket_part(record.id, seat.parts.get(quarter, 1)))


def merge(block: Block, sent: Sequence[SentRecord], received: Timestamp) -> MergedBlock:
    """A block with the sent records merged in, each by the rule of `records.newer`."""
    held: dict[str, dict[str, StoredRecord]] = {name: dict(records) for name, records in block.records.items()}
    changed = []
    for record in sent:
        fact = FACT_TYPES[record.type]
        stored = held.setdefault(record.type, {}).get(record.id)
        if record.fields:
            row = row_of(fact, {**record.fields, "id": record.id})
        else:
            row = deleted_row(fact, record.id, stored, int(changed_at(record, None, received)))
        version = newer(stored, row, record.updated_at, record.deleted, received)
        if version is not None:
            held[record.type][record.id] = version
            changed.append(record)
    return MergedBlock(block._replace(records=held), changed)


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
