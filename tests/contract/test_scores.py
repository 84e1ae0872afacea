"""The contract of `ports.ScoreStore`."""

from dataclasses import replace

import pytest

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import HistoryEntry, Snapshot, Stamp, Trigger
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentPage
from chalicelib.services.ports.scores import ScoreStore
from tests.contract.examples import (
    ACME,
    C1,
    C10,
    DAY,
    NEIGHBOURS,
    NOW,
    OTHER,
    RETENTION,
    STAMP,
    TODAY,
    row,
    scores_at,
    snapshot,
)

NOTHING = CurrentPage({}, 0)
PAGES = (0, 7, 9_999, 12_345)


def entry(as_of: int = NOW, trigger: Trigger = "manual", date: int = TODAY) -> HistoryEntry:
    return HistoryEntry(Day(date), Instant(as_of), trigger, STAMP, scores_at(70))


def page(version: int, *clients: str) -> CurrentPage:
    return CurrentPage({seat: row(client, seat) for seat, client in enumerate(clients)}, version)


# -------------------------------------------------------------------------------------------------------- current rows


def test_pages_without_rows_are_empty(scores: ScoreStore) -> None:
    assert scores.current_pages(ACME, PAGES) == dict.fromkeys(PAGES, NOTHING)
    assert scores.current_pages(ACME, []) == {}
    assert scores.with_snapshots(ACME, PAGES, TODAY, NOW) == (dict.fromkeys(PAGES, NOTHING), {})


def test_rows_are_read_back_whole(scores: ScoreStore) -> None:
    rows = {
        0: row("c1"),
        5: row("Größe", 5, NOW - DAY),
        6: row("c3", 6, status="CHURNED"),
        63: row("c4", 63)._replace(stamp=Stamp(9, 80, 20, ())),
    }
    assert scores.put_current(ACME, 2, CurrentPage(rows, 1)) is None
    assert scores.current_pages(ACME, [2]) == {2: CurrentPage(rows, 1)}


def test_rows_of_nobody_scored_are_read_back(scores: ScoreStore) -> None:
    rows = {3: row("c1", 3, status="INACTIVE"), 4: row("c2", 4, status="CHURNED")}
    assert scores.put_current(ACME, 0, CurrentPage(rows, 1)) is None
    assert scores.current_pages(ACME, [0]) == {0: CurrentPage(rows, 1)}


def test_rows_go_from_version_to_version(scores: ScoreStore) -> None:
    for version in (1, 2, 3):
        assert scores.put_current(ACME, 0, page(version, *("c1", "c2", "c3")[:version])) is None
    assert scores.current_pages(ACME, [0]) == {0: page(3, "c1", "c2", "c3")}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_putting_the_same_rows_again_is_the_lost_acknowledgement(scores: ScoreStore, version: int) -> None:
    for before in range(1, version + 1):
        assert scores.put_current(ACME, 0, page(before, f"c{before}")) is None
    assert scores.put_current(ACME, 0, page(version, f"c{version}")) is None
    assert scores.current_pages(ACME, [0]) == {0: page(version, f"c{version}")}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_of_two_writers_of_rows_the_second_learns_what_stands(scores: ScoreStore, version: int) -> None:
    for before in range(1, version):
        scores.put_current(ACME, 0, page(before, "c1"))
    first, late = page(version, "c1", "c2"), page(version, "c1", "c3")
    assert scores.put_current(ACME, 0, first) is None
    assert scores.put_current(ACME, 0, late) == first
    assert scores.current_pages(ACME, [0]) == {0: first}


def test_rows_that_others_have_left_behind_are_refused(scores: ScoreStore) -> None:
    for version in (1, 2, 3):
        scores.put_current(ACME, 0, page(version, f"c{version}"))
    assert scores.put_current(ACME, 0, page(2, "c2")) == page(3, "c3")
    assert scores.put_current(ACME, 0, page(9, "c9")) == page(3, "c3")
    assert scores.current_pages(ACME, [0]) == {0: page(3, "c3")}


def test_a_later_version_of_nothing_is_refused(scores: ScoreStore) -> None:
    assert scores.put_current(ACME, 0, page(2, "c1")) == NOTHING
    assert scores.current_pages(ACME, [0]) == {0: NOTHING}


def test_rows_belong_to_one_page_of_one_tenant(scores: ScoreStore) -> None:
    for number in PAGES:
        scores.put_current(ACME, number, page(1, f"c{number}"))
    assert scores.current_pages(ACME, PAGES) == {number: page(1, f"c{number}") for number in PAGES}
    assert scores.current_pages(OTHER, PAGES) == dict.fromkeys(PAGES, NOTHING)


def test_more_than_a_hundred_items_are_read_at_once(scores: ScoreStore) -> None:
    pages = range(55)
    for number in pages:
        scores.put_current(ACME, number, CurrentPage({number: row("c1", 0, status="CHURNED")}, 1))
        scores.put_snapshot(ACME, number, snapshot(scores={number: scores_at(50)}), NOW)
    current, snapshots = scores.with_snapshots(ACME, pages, TODAY, NOW)
    assert {number: list(held.rows) for number, held in current.items()} == {number: [number] for number in pages}
    assert {number: list(held.scores) for number, held in snapshots.items()} == {number: [number] for number in pages}


# ----------------------------------------------------------------------------------------------------------- snapshots


@pytest.mark.parametrize(
    "stored",
    [
        snapshot(),
        snapshot(scores={}),
        snapshot(scores={5: scores_at(100, None)._replace(signal_points=(None,) * 9, coverage=0)}),
        snapshot(scores={seat: scores_at(seat, 100 - seat) for seat in range(64)}),
        replace(snapshot(), stamp=Stamp(1, 70, 40, ())),
    ],
)
def test_a_snapshot_is_read_back_whole(scores: ScoreStore, stored: Snapshot) -> None:
    assert scores.put_snapshot(ACME, 0, stored, NOW) == stored
    assert scores.snapshots(ACME, 0, TODAY, TODAY, NOW) == [stored]
    assert scores.with_snapshots(ACME, [0, 1], TODAY, NOW)[1] == {0: stored}
    assert scores.with_snapshots(ACME, [0, 1], TODAY, NOW, consistent=True)[1] == {0: stored}


def test_pages_with_a_snapshot_are_told(scores: ScoreStore) -> None:
    for page, day in ((0, TODAY), (2, TODAY), (1, TODAY - 1)):
        scores.put_snapshot(ACME, page, snapshot(day), NOW)
    assert scores.pages_with_snapshot(ACME, range(4), TODAY) == {0, 2}
    assert scores.pages_with_snapshot(ACME, [], TODAY) == set()
    assert scores.pages_with_snapshot(OTHER, range(4), TODAY) == set()


def test_the_first_snapshot_of_a_date_stays(scores: ScoreStore) -> None:
    first = snapshot()
    later = snapshot(as_of=NOW + 60, scores={0: scores_at(10)})
    assert scores.put_snapshot(ACME, 0, first, NOW) == first
    assert scores.put_snapshot(ACME, 0, later, NOW + 60) == first
    assert scores.put_snapshot(ACME, 0, first, NOW + 120) == first
    assert scores.snapshots(ACME, 0, TODAY, TODAY, NOW) == [first]


def test_snapshots_come_by_date_and_only_of_the_span(scores: ScoreStore) -> None:
    days = [TODAY - 1, TODAY - 31, TODAY, TODAY - 400, TODAY - 30]
    for day in days:
        scores.put_snapshot(ACME, 0, snapshot(day), NOW)
    scores.put_snapshot(ACME, 1, snapshot(TODAY - 2), NOW)
    scores.put_snapshot(OTHER, 0, snapshot(TODAY - 3), NOW)
    found = scores.snapshots(ACME, 0, TODAY - 31, TODAY - 1, NOW)
    assert [held.date for held in found] == [TODAY - 31, TODAY - 30, TODAY - 1]
    assert scores.snapshots(ACME, 0, TODAY - 29, TODAY - 2, NOW) == []
    newest = scores.newest_snapshots(ACME, 0, TODAY - 400, TODAY, 2, NOW)
    assert [held.date for held in newest] == sorted(days, reverse=True)


def test_snapshots_of_single_dates_are_read_at_once(scores: ScoreStore) -> None:
    for back in (0, 1, 7, 8):
        scores.put_snapshot(ACME, 0, snapshot(TODAY - back), NOW)
    scores.put_snapshot(ACME, 1, snapshot(TODAY - 3), NOW)
    found = scores.snapshots_of(ACME, 0, [TODAY - 9, TODAY - 8, TODAY - 3, TODAY - 1], NOW)
    assert sorted(held.date for held in found) == [TODAY - 8, TODAY - 1]
    assert scores.snapshots_of(ACME, 0, [], NOW) == []
    assert scores.snapshots_of(ACME, 0, [TODAY], NOW + RETENTION - 1) == [snapshot()]
    assert scores.snapshots_of(ACME, 0, [TODAY], NOW + RETENTION) == []


def test_a_snapshot_expires_730_days_after_it_was_written(scores: ScoreStore) -> None:
    long_ago = snapshot(TODAY - 800, NOW - 800 * DAY)
    scores.put_snapshot(ACME, 0, long_ago, NOW)
    span = (TODAY - 900, TODAY)
    for read_at, found in ((NOW, [long_ago]), (NOW + RETENTION - 1, [long_ago]), (NOW + RETENTION, [])):
        assert scores.snapshots(ACME, 0, *span, read_at) == found
        assert list(scores.newest_snapshots(ACME, 0, *span, 5, read_at)) == found


def test_an_expired_snapshot_is_none_until_it_is_deleted(scores: ScoreStore) -> None:
    scores.put_snapshot(ACME, 0, snapshot(), NOW)
    late = NOW + 730 * 86_400
    assert scores.with_snapshots(ACME, [0], TODAY, late - 1)[1] == {0: snapshot()}
    assert scores.with_snapshots(ACME, [0], TODAY, late)[1] == {}
    another = snapshot(scores={1: scores_at(20)})
    assert scores.put_snapshot(ACME, 0, another, late - 1) == snapshot()
    assert scores.put_snapshot(ACME, 0, another, late) == another
    assert scores.snapshots(ACME, 0, TODAY, TODAY, late) == [another]


def test_a_snapshot_of_the_future_expires_730_days_after_its_time(scores: ScoreStore) -> None:
    ahead = snapshot(TODAY + 10, NOW + 10 * DAY)
    scores.put_snapshot(ACME, 0, ahead, NOW)
    span = (TODAY, TODAY + 20)
    assert scores.snapshots(ACME, 0, *span, NOW + 10 * DAY + RETENTION - 1) == [ahead]
    assert scores.snapshots(ACME, 0, *span, NOW + 10 * DAY + RETENTION) == []


# -------------------------------------------------------------------------------------------------------- calculations


def all_of(scores: ScoreStore, client: RecordId, tenant: TenantId = ACME, page: int = 0) -> list[HistoryEntry]:
    return scores.calculations(tenant, page, client, Instant(0), NOW + 100 * DAY, NOW)


def test_calculations_come_in_order_of_time(scores: ScoreStore) -> None:
    entries = [entry(NOW + 5), entry(NOW, "qbr_logged"), entry(NOW - DAY), entry(NOW + DAY, "touchpoint_logged")]
    for held in entries:
        scores.put_calculation(ACME, 0, C1, held, NOW)
    assert all_of(scores, C1) == sorted(entries, key=lambda held: held.as_of)


def test_the_span_of_calculations_includes_both_ends(scores: ScoreStore) -> None:
    for second in range(5):
        scores.put_calculation(ACME, 0, C1, entry(NOW + second), NOW)
    found = scores.calculations(ACME, 0, C1, NOW + 1, NOW + 3, NOW)
    assert [held.as_of for held in found] == [NOW + 1, NOW + 2, NOW + 3]


def test_a_repeated_calculation_is_one(scores: ScoreStore) -> None:
    for written in (NOW, NOW + 5):
        scores.put_calculation(ACME, 0, C1, entry(), written)
    assert all_of(scores, C1) == [entry()]


def test_a_client_owns_exactly_its_calculations(scores: ScoreStore) -> None:
    for second, client in enumerate(NEIGHBOURS):
        scores.put_calculation(ACME, 0, client, entry(NOW + second), NOW)
    for second, client in enumerate(NEIGHBOURS):
        assert all_of(scores, client) == [entry(NOW + second)]
        newest = scores.newest_calculations(ACME, 0, client, TODAY - 9, TODAY + 9, 5, NOW)
        assert list(newest) == [entry(NOW + second)]
    assert all_of(scores, NEIGHBOURS[0], OTHER) == []
    assert all_of(scores, NEIGHBOURS[0], page=1) == []


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_the_newest_calculations_come_first_by_local_date(scores: ScoreStore, chunk: int) -> None:
    """A local date may be the day before or after the UTC one."""
    midnight = NOW - NOW % DAY
    entries = [
        entry(midnight - DAY + 1, date=TODAY - 2),  # far west
        entry(midnight - 1, date=TODAY),  # far east
        entry(midnight + 5, date=TODAY),
        entry(midnight + DAY - 1, date=TODAY + 1),
        entry(midnight + DAY + 7, date=TODAY + 1),
        entry(midnight + 2 * DAY, date=TODAY + 1),
    ]
    for held in entries:
        scores.put_calculation(ACME, 0, C1, held, NOW)
    scores.put_calculation(ACME, 0, C10, entry(midnight), NOW)

    def newest(first: int, last: int) -> list[HistoryEntry]:
        return list(scores.newest_calculations(ACME, 0, C1, Day(first), Day(last), chunk, NOW))

    assert newest(TODAY - 9, TODAY + 9) == entries[::-1]
    assert newest(TODAY, TODAY) == entries[2:0:-1]
    assert newest(TODAY + 1, TODAY + 1) == entries[:2:-1]
    assert newest(TODAY - 2, TODAY - 1) == entries[:1]


def test_a_calculation_expires_730_days_after_it_was_written(scores: ScoreStore) -> None:
    scores.put_calculation(ACME, 0, C1, entry(NOW - 9 * DAY), NOW)
    for read_at, count in ((NOW + RETENTION - 1, 1), (NOW + RETENTION, 0)):
        assert len(scores.calculations(ACME, 0, C1, Instant(0), NOW, read_at)) == count
        assert len(list(scores.newest_calculations(ACME, 0, C1, TODAY - 99, TODAY, 5, read_at))) == count
