"""One identity per ticket: how its copies are found, and which of them stands (api.md, Records).

A ticket that moves to another client or time leaves a copy behind, and a deletion by id names no place at all. Until
that is settled the copies meet here.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import TicketKey

LONGEST_IN_ORDER: Final = 20
HASH_BITS: Final = 32

HASHED: Final = "~"
"""What the text of a hash begins with: no id does."""


def ticket_key(ticket_id: str) -> TicketKey:
    """Ids of sequences keep their order, so that new ones lie together; long ones, such as UUIDs, have none to keep.

    Several ids may have one hash: it tells where to look, not what is there.
    """
    if len(ticket_id) <= LONGEST_IN_ORDER:
        return ticket_id
    return int.from_bytes(blake2b(ticket_id.encode(), digest_size=HASH_BITS // 8).digest(), "big")


def key_text(key: TicketKey) -> str:
    """A key as text: hashes after all ids, each kind in its order."""
    return key if isinstance(key, str) else f"{HASHED}{key:0{HASH_BITS // 4}x}"


class TicketCopy(NamedTuple):
    """A version of a ticket in some place; of a deletion by id the place is None.

    `received` is None for one that was there before anything was on the move. `timed` says whether the sender gave the
    time of its change: one without it counts from its receipt, and is never older than what was there then.
    """

    place: object
    client_id: str
    updated_at: Timestamp
    deleted: bool
    received: Timestamp | None = None
    timed: bool = True


def standing(copies: Sequence[TicketCopy]) -> TicketCopy:
    """The copy that stands, of one at least, with its time: the newest; of equal times the later received, then that
    of the greater client."""
    held, *later = sorted(copies, key=_received)
    for copy in later:
        time = copy.updated_at if copy.timed else max(copy.updated_at, held.updated_at, copy.received or 0)
        if time >= held.updated_at:
            held = copy._replace(updated_at=time)
    return held


def _received(copy: TicketCopy) -> tuple[bool, Timestamp, str, bool, str]:
    """The order of receipt. Where nothing tells it a live version is the later one, as where facts are read."""
    return copy.received is not None, copy.received or 0, copy.client_id, not copy.deleted, str(copy.place)
