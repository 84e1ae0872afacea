"""How a client's facts are stored: its seat, and blocks of records."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from chalicelib.domain.facts import Client, Facts, Timestamp
from chalicelib.domain.ids import RecordId
from chalicelib.domain.records import Records, StoredRecord
from chalicelib.domain.roster import page_of


class Seat(NamedTuple):
    """Where a client's items are, and into how many shards its quarters of tickets and its other facts are split.

    A quarter is named as in `times.quarter_of`, the other facts by OTHER_FACTS.
    """

    number: int
    shards: Mapping[str, int] = {}

    def shards_of(self, quarter: str | None) -> int:
        """The shards of a quarter, or (None) of the other facts."""
        return self.shards.get(quarter or OTHER_FACTS, 1)


OTHER_FACTS: Final = "other"

MOST_SHARDS: Final = 4_096
"""Of one set: some 14 million tickets of one client and quarter."""


class StoredClient(NamedTuple):
    """A client's record with the instant of its last change and the version of the stored item."""

    client: Client
    updated_at: Timestamp
    version: int


class BlockId(NamedTuple):
    """A block of a client's facts: a shard of its tickets created in a quarter, or (None) of all the rest."""

    client: RecordId
    page: int
    quarter: str | None
    shard: int = 0


def other_blocks(client: RecordId, seat: Seat) -> list[BlockId]:
    """All blocks of a client's facts that are no tickets."""
    page = page_of(seat.number)
    return [BlockId(client, page, None, shard) for shard in range(seat.shards_of(None))]


class Block(NamedTuple):
    """Records by type and id, the version of the stored item (0: there is none yet), and how many shards its set had
    when this one was last split."""

    records: Mapping[str, Mapping[str, StoredRecord]]
    version: int
    shards: int = 1


class Stored(Enum):
    """What became of a block that was put."""

    STORED = "stored"
    GROWN = "stored, and so large that its set is to be split"
    FULL = "not stored: too large, split its set and merge again"
    CHANGED = "not stored: another came first, merge again"


class ClientTickets(NamedTuple):
    """A client of a page with its blocks of tickets."""

    seat: int
    client: RecordId
    blocks: Mapping[BlockId, Block]


class ClientRecords(NamedTuple):
    """Everything of one client: as the scoring models take it, and record by record, deleted ones too."""

    facts: Facts
    records: Records
