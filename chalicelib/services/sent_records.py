"""Records as a request brings them, and what becomes of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from chalicelib.domain.errors import Fault
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import RecordId

NAMED_BY_ID: Final = frozenset({"client", "account_manager", "ticket"})
"""The types whose id names a record within its tenant."""

UNREADABLE: Final = "What is stored of this client cannot be read; an operator has to mend it."
"""Why a record is refused where what is stored beside it is damaged; the others of its request are taken."""


class SentRecord(NamedTuple):
    """A record of valid form: its place in the request, and its fields as the domain's values.

    A client's `client_id` is its id; an account manager has none, and carries its id there too. A deletion may have no
    fields, for its identity is enough: a ticket's is its id, so that it may have no `client_id` (None) either.
    """

    place: int
    type: str
    id: RecordId
    client_id: RecordId | None
    updated_at: Timestamp | None
    deleted: bool
    fields: Mapping[str, Any]

    @property
    def owner(self) -> RecordId:
        """The client whose record it is. Raises ValueError where that was not sent."""
        if self.client_id is None:
            raise ValueError("whose record this is was not sent")
        return self.client_id


class Rejection(NamedTuple):
    """A record that was refused, by its place in the request."""

    place: int
    id: str | None
    faults: tuple[Fault, ...]


class Outcome(NamedTuple):
    """What became of a request's records: how many changed something, how many nothing, and which were refused."""

    accepted: int
    unchanged: int
    rejected: tuple[Rejection, ...]


def rejection(record: SentRecord, pointer: str, message: str) -> Rejection:
    """The refusal of a record for one fault."""
    return Rejection(record.place, record.id, (Fault(pointer, message),))


def newest_of_each(records: Iterable[SentRecord], received: Timestamp) -> list[SentRecord]:
    """Of several versions of one record the one that stands: the newest, of equal times the last."""
    newest: dict[tuple[str, ...], tuple[Timestamp, SentRecord]] = {}
    for record in records:
        identity = identity_of(record)
        best, _ = newest.get(identity, (record.updated_at or received, record))
        time = max(received, best) if record.updated_at is None else record.updated_at
        if time >= best:
            newest[identity] = time, record
    return [record for _, record in newest.values()]


def identity_of(record: SentRecord) -> tuple[str, ...]:
    """What names a record within its tenant: a fact belongs to its client, a ticket is itself wherever it lies."""
    if record.type in NAMED_BY_ID:
        return record.type, record.id
    return record.type, record.owner, record.id


def changed_at(record: SentRecord, held: Timestamp | None, received: Timestamp) -> Timestamp:
    """When a record was changed: without a time of its own at its receipt, and never before what is held."""
    if record.updated_at is not None:
        return record.updated_at
    return received if held is None else max(received, held)
