"""What a connection's items may grow to, filled: neither passes what DynamoDB holds."""

from dataclasses import replace
from typing import Final

import pytest

from chalicelib.adapters.dynamodb.connections import _own, _text, _work_text
from chalicelib.connections.deletions import MOST_KEPT
from chalicelib.connections.mapping import LONGEST_ENTRY, MOST_ENTRIES
from chalicelib.connections.source import LONGEST_PICKED, MOST_PICKED
from chalicelib.connections.step import LONGEST_DELAY, TRIES, backoff
from chalicelib.domain.connections import (
    MOST_GAPS,
    MOST_SKIPPED,
    Connection,
    Failure,
    LastTest,
    Picked,
    Progress,
    QuietHours,
    Seen,
    Skipped,
    Sweep,
    Work,
    silent_since,
)
from chalicelib.domain.facts import Instant

ITEM_BYTES: Final = 400 * 1024
LISTS: Final = ("priorities", "statuses", "types", "clients")
WIDE: Final = "\U0001f600"
DAY: Final = 86_400
NOW: Final = Instant(1_795_348_800)


def test_the_item_of_a_connection() -> None:
    mapping = {name: {f"{n:0{LONGEST_ENTRY}}": "resolved" for n in range(MOST_ENTRIES)} for name in LISTS}
    settings = {f"{n:064}": 500 * WIDE for n in range(10)}
    connection = Connection("s" * 20, "connectwise", 200 * WIDE, settings=settings, secrets=settings, mapping=mapping)
    streams = {f"stream-{n}": Progress(NOW, NOW, 500 * WIDE, 20_000) for n in range(4)}
    missing = tuple((f"{n:064}", f"{n:064}") for n in range(MOST_KEPT))
    work = Work(
        streams=streams,
        gaps=(NOW,) * MOST_GAPS,
        failure=Failure("unreachable", 200 * WIDE, NOW, 20),
        test=LastTest(NOW, True, 200 * WIDE, dict.fromkeys(streams, 10**9)),
        sweep=Sweep("tickets", ("c" * 64, "r" * 64), 10**9, missing, 10**9),
        refused=dict.fromkeys(streams, 10**9),
    )
    assert len(_own(connection).encode()) + len(_work_text(work).encode()) < ITEM_BYTES


def test_the_item_of_what_it_saw() -> None:
    picked = tuple(Picked("i" * LONGEST_ENTRY, LONGEST_PICKED * WIDE, "resolved") for _ in range(MOST_PICKED))
    skipped = tuple(Skipped("agreements", 64 * WIDE, 200 * "r", NOW) for _ in range(MOST_SKIPPED))
    seen = Seen(dict.fromkeys(LISTS, picked), skipped)
    assert len(_text(seen._asdict()).encode()) < ITEM_BYTES


def test_delays_grow_to_what_a_message_can_wait() -> None:
    delays = [backoff("cw", tries) for tries in range(1, TRIES + 1)]
    assert delays[0] <= 17
    assert delays == sorted(delays) or delays[-1] == LONGEST_DELAY
    assert all(0 < delay <= LONGEST_DELAY for delay in delays)
    assert len({backoff(f"c{n}", 5) for n in range(50)}) > 20, "they do not all come at once"


@pytest.mark.parametrize(
    ("start", "end", "minute", "left"),
    [
        (540, 600, 539, 0),
        (540, 600, 540, 60),
        (540, 600, 599, 1),
        (540, 600, 600, 0),
        (1320, 360, 1380, 420),
        (1320, 360, 0, 360),
        (1320, 360, 720, 0),
        (60, 60, 60, 0),
    ],
)
def test_quiet_hours(start: int, end: int, minute: int, left: int) -> None:
    assert QuietHours(start, end).remaining(minute) == left


def test_a_source_is_silent_after_three_times_its_usual_gap_and_three_days_at_least() -> None:
    often = Work(rows_at=NOW, gaps=(900, 1800, 900))
    assert silent_since(often, NOW + 3 * DAY) is None
    assert silent_since(often, NOW + 3 * DAY + 1) == NOW
    rarely = replace(often, gaps=(2 * DAY, 4 * DAY))
    assert silent_since(rarely, NOW + 9 * DAY) is None
    assert silent_since(rarely, NOW + 9 * DAY + 1) == NOW
    assert silent_since(replace(often, gaps=()), NOW + 99 * DAY) is None
    assert silent_since(replace(often, rows_at=None), NOW + 99 * DAY) is None
