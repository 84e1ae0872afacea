"""Which clients hold which tickets, packed: keys in order as steps, seats as columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chalicelib.adapters.dynamodb.columns import (
    decode_ids,
    decode_number,
    decode_steps,
    decode_values,
    encode_ids,
    encode_number,
    encode_steps,
    encode_values,
    pack,
    refusing_damage,
    unpack,
)
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import RecordId, TicketKey
from chalicelib.domain.ticket_directory import Arrival, Arrivals, Deletion, Gone

NOWHERE: Final = -1
"""The seat of a key that leads to none, where that has to be said."""


def encode_leaf(entries: Mapping[TicketKey, Iterable[int]], gone: Mapping[RecordId, Gone]) -> bytes:
    """Seats by key, and the tickets that were deleted by id and are nowhere; keys are all ids or all hashes."""
    pairs = sorted((key, seat) for key, seats in entries.items() for seat in seats)
    deleted = [[name, *map(encode_number, gone[name])] for name in sorted(gone)]
    return pack([_encode_keys([key for key, _ in pairs]), encode_values([seat for _, seat in pairs]), deleted])


@refusing_damage
def decode_leaf(data: bytes) -> tuple[dict[TicketKey, set[int]], dict[RecordId, Gone]]:
    keys, seats, deleted = unpack(data)
    entries: dict[TicketKey, set[int]] = {}
    for key, seat in zip(_decode_keys(keys), decode_values(seats), strict=True):
        entries.setdefault(key, set()).add(seat)
    gone = {RecordId(name): Gone(_time(updated_at), _time(received)) for name, updated_at, received in deleted}
    return entries, gone


def encode_recent(entries: Mapping[TicketKey, Iterable[int]], gone: Mapping[RecordId, Gone]) -> bytes:
    """As a leaf, with the keys that lead to no seat."""
    return encode_leaf({key: set(seats) or {NOWHERE} for key, seats in entries.items()}, gone)


def decode_recent(data: bytes) -> tuple[dict[TicketKey, set[int]], dict[RecordId, Gone]]:
    entries, gone = decode_leaf(data)
    return {key: seats - {NOWHERE} for key, seats in entries.items()}, gone


def encode_arrivals(arrivals: Sequence[Arrival], deletions: Sequence[Deletion]) -> bytes:
    """What one request brought, without its time of receipt."""
    columns = []
    for hashed in (False, True):
        held = sorted(each for each in arrivals if isinstance(each.key, int) is hashed)
        columns.append(
            [
                _encode_keys([each.key for each in held]),
                encode_values([each.seat for each in held]),
                encode_values([each.quarter for each in held]),
                encode_values([int(each.timed) for each in held]),
            ]
        )
    deleted = [[each.id, encode_number(each.updated_at), int(each.timed)] for each in deletions]
    return pack([*columns, deleted])


@refusing_damage
def decode_arrivals(name: str, data: bytes, received: Timestamp) -> Arrivals:
    *columns, deleted = unpack(data)
    arrivals = [
        Arrival(key, seat, quarter, bool(timed))
        for keys, seats, quarters, times in columns
        for key, seat, quarter, timed in zip(
            _decode_keys(keys), decode_values(seats), decode_values(quarters), decode_values(times), strict=True
        )
    ]
    deletions = [Deletion(RecordId(name), _time(updated_at), bool(timed)) for name, updated_at, timed in deleted]
    return Arrivals(name, received, tuple(arrivals), tuple(deletions))


def _encode_keys(keys: Sequence[TicketKey]) -> Any:
    hashes = [key for key in keys if isinstance(key, int)]
    return ["#", encode_steps(hashes)] if hashes else encode_ids([str(key) for key in keys])


def _decode_keys(column: Any) -> list[TicketKey]:
    if len(column) == 2 and column[0] == "#":
        return list(decode_steps(column[1]))
    return list(decode_ids(column))


def _time(value: int | str) -> Timestamp:
    found = decode_number(value)
    if found is None:
        raise ValueError("a time is missing")
    return found
