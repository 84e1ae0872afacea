"""Where tickets are: what a request brought, and the pieces of the directory of ids."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import RecordId, TicketKey


class Arrival(NamedTuple):
    """A ticket that came to a block which did not hold it, or is on the move: where it was stored, and whether its
    version had a time of its own."""

    key: TicketKey
    seat: int
    quarter: str
    timed: bool


class Deletion(NamedTuple):
    """The deletion of a ticket by its id, wherever it is; `timed` as for an arrival."""

    id: RecordId
    updated_at: Timestamp
    timed: bool


class Arrivals(NamedTuple):
    """What one request brought for the directory of ids, named by the item that holds it."""

    name: str
    received: Timestamp
    arrivals: tuple[Arrival, ...]
    deletions: tuple[Deletion, ...]


class Gone(NamedTuple):
    """A deletion by id of a ticket that is nowhere: it stands against older versions that come later."""

    updated_at: Timestamp
    received: Timestamp


class Leaf(NamedTuple):
    """A piece of the directory: the seats that keys lead to, from the text of one key until that of another.

    An entry says where to look: there may be nothing, or another ticket of the same hash.
    """

    first: str
    until: str | None
    version: int
    entries: Mapping[TicketKey, AbstractSet[int]]
    gone: Mapping[RecordId, Gone]
