"""Records as a request brings them, and what becomes of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from chalicelib.domain.errors import Fault
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId


class SentRecord(NamedTuple):
    """A record of valid form: its place in the request, and its fields as the domain's values.

    A client's `client_id` is its id; an account manager has none, and carries its id there too. A deletion may have no
    fields, for its identity is enough: a ticket's is its id, so that it may have no `client_id` (None) either.
    """

    place: int
    type: str
    id: RecordId
    client_id: RecordId | None
    updated_at: Instant | None
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


def first_of_each(records: Iterable[SentRecord], rejected: list[Rejection]) -> Iterator[SentRecord]:
    """The first record of each identity (type, client, id); the others are rejected."""
    seen = set()
    for record in records:
        identity = record.type, record.client_id, record.id
        if identity in seen:
            rejected.append(rejection(record, "/id", "This request holds another record with the same identity."))
        else:
            seen.add(identity)
            yield record
