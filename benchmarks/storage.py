"""What a night of workload B1 weighs: bytes per ticket and fact, per current row and snapshot entry; and the limits of
other ways to store its results."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from benchmarks.stack import Stack
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.fact_codec import decode_records, encode_block
from chalicelib.adapters.dynamodb.page_codec import encode_rows, encode_snapshot
from chalicelib.domain.history import Snapshot
from chalicelib.domain.records import Records
from chalicelib.domain.roster import CurrentRow
from infra.meter import WRITE_BLOCK, Cost, write_units

ITEMS_PER_BATCH_WRITE: Final = 25
KEY_AND_VERSION_BYTES: Final = 60
"""What an item per client carries besides its scores: keys, version, expiry."""


class FactSizes(NamedTuple):
    """Bytes of a ticket (its share of its blocks) and of a fact of each type (what it adds to its client's block)."""

    ticket: float
    facts: dict[str, float]


def fact_sizes(stack: Stack, page: int = 0) -> FactSizes:
    """Of a page's clients, from the stored blocks, keys left out."""
    tickets = ticket_bytes = 0
    counts: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for item in stack.page_items(page):
        if keys.is_ticket_block(item["sk"]):
            tickets += len(decode_records(item["d"])["ticket"])
            ticket_bytes += len(item["d"])
        elif keys.is_facts_block(item["sk"]):
            records = decode_records(item["d"])
            for name, held in records.items():
                counts[name] += len(held)
                added[name] += len(item["d"]) - len(encode_block(_without(records, name)))
    return FactSizes(ticket_bytes / tickets, {name: added[name] / counts[name] for name in sorted(counts)})


def _without(records: Records, name: str) -> Records:
    return {other: held for other, held in records.items() if other != name}


class PageSizes(NamedTuple):
    """Bytes of the items of a full page, the largest first, and per entry."""

    current: list[int]
    snapshot: list[int]
    per_row: float
    per_entry: float


def page_sizes(night: Cost, clients: int) -> PageSizes:
    current, snapshot = (sorted(night.sizes(kind, "PutItem"), reverse=True) for kind in ("NOW", "SNAP"))
    return PageSizes(current, snapshot, sum(current) / clients, sum(snapshot) / clients)


class OtherWays(NamedTuple):
    """Write units of the same results: all in one item of any size (the byte floor), and an item per client, each with
    the same codec."""

    floor: int
    item_per_client: int
    item_per_client_calls: int


def other_ways(rows: Mapping[int, CurrentRow], snapshot: Snapshot) -> OtherWays:
    floor = len(encode_rows(rows)) + len(encode_snapshot(snapshot))
    single = sum(
        write_units(KEY_AND_VERSION_BYTES + len(data))
        for seat, row in rows.items()
        for data in (
            encode_rows({seat: row}),
            encode_snapshot(Snapshot(snapshot.date, snapshot.as_of, snapshot.stamp, {seat: snapshot.scores[seat]})),
        )
    )
    return OtherWays(-(-floor // WRITE_BLOCK), single, -(-2 * len(rows) // ITEMS_PER_BATCH_WRITE))
