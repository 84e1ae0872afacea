"""Dates by explicit forms: what is read, what is refused, and the order of day and month for a whole file."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.importing.dates import DateReader, DayOrder, Order, day, instant_text, moment, read_format

ROME = ZoneInfo("Europe/Rome")
DAY_FIRST = dict.fromkeys("/-.", Order.DAY_FIRST)
MONTH_FIRST = dict.fromkeys("/-.", Order.MONTH_FIRST)


def utc(cell: str, formats: tuple[str, ...] = (), orders: dict[str, Order] = DAY_FIRST) -> str:
    reader = DateReader(formats)
    return instant_text(moment(reader.written(cell), {**orders, **reader.stated}, ROME).at)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2025-12-03 16:29:08", "2025-12-03T15:29:08Z"),
        ("2025-12-03T16:29", "2025-12-03T15:29:00Z"),
        ("2018-05-11T09:46:53.000+0300", "2018-05-11T06:46:53Z"),
        ("2018-05-11T09:46:53.1234567Z", "2018-05-11T09:46:53.123456Z"),
        ("2018-05-11 09:46:53 UTC", "2018-05-11T09:46:53Z"),
        ("2018-05-11 09:46:53 GMT", "2018-05-11T09:46:53Z"),
        ("2018-05-11 09:46:53 +03", "2018-05-11T06:46:53Z"),
        ("2018/05/11 09:46", "2018-05-11T07:46:00Z"),
        ("03/Sep/26 9:05 AM", "2026-09-03T07:05:00Z"),
        ("3 September 2026 12:00 am", "2026-09-02T22:00:00Z"),
        ("Sep 3, 2026, 12:00 p.m.", "2026-09-03T10:00:00Z"),
        ("13.1.70 01:00", "1970-01-13T00:00:00Z"),
        ("13.1.69 01:00", "2069-01-13T00:00:00Z"),
        ("31-12-2026", "2026-12-30T23:00:00Z"),
    ],
)
def test_what_programs_write_is_read(cell: str, expected: str) -> None:
    assert utc(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        *("20260728121240", "1785240760", "yesterday", "28 Juli 2026", "2026-13-01", "31/31/2026", "2026-02-30 10:00"),
        *("2026-01-01 24:00", "2026-01-01 13:00 PM", "2026-01-01 10:00 CET", "2026-01-01 10:00 +24:00", "1/2-2026"),
        *("2026-01-01T10:00:00+03:60", "1969-12-30 10:00", "2101-01-01 10:00", "\u0662026-01-01", "2026-01-01 10:00 x"),
    ],
)
def test_everything_else_is_a_fault(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        utc(cell)


def test_a_number_without_marks_is_read_by_its_format_alone() -> None:
    assert utc("20260728121240", ("%Y%m%d%H%M%S",)) == "2026-07-28T10:12:40Z"


@pytest.mark.parametrize(
    ("form", "cell", "expected"),
    [
        ("%d/%m/%Y %H:%M", "3/4/2026 10:00", "2026-04-03T08:00:00Z"),
        ("%m/%d/%Y %I:%M %p", "3/4/2026 1:00 PM", "2026-03-04T12:00:00Z"),
        ("%d%m%Y", "03042026", "2026-04-02T22:00:00Z"),
        ("%d/%m/%Y %H:%M:%S", "3/4/2026 10:00:00.250 Z", "2026-04-03T10:00:00.25Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-04-03T10:00:00-0500", "2026-04-03T15:00:00Z"),
        ("on %d %B %Y", "on 3 April 2026", "2026-04-02T22:00:00Z"),
    ],
)
def test_formats_are_those_of_strptime(form: str, cell: str, expected: str) -> None:
    assert utc(cell, (form,), {}) == expected


def test_with_formats_nothing_else_is_read() -> None:
    with pytest.raises(ValueError, match="date_formats"):
        utc("2026-04-03 10:00", ("%d/%m/%Y",))


@pytest.mark.parametrize("form", ["%d/%m", "%Q", "%d/%d/%Y %m", "", "%Y-%m", "%"])
def test_formats_that_are_none(form: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_format(form)


class TestLocalTimes:
    def read(self, cell: str) -> tuple[str, bool, bool]:
        found = moment(DateReader().written(cell), {}, ROME)
        return instant_text(found.at), found.twice, found.never

    def test_one_that_happens_twice_is_the_first(self) -> None:
        assert self.read("2026-10-25 02:30") == ("2026-10-25T00:30:00Z", True, False)

    def test_one_that_does_not_exist_takes_the_offset_before(self) -> None:
        assert self.read("2026-03-29 02:30") == ("2026-03-29T01:30:00Z", False, True)

    @given(st.integers(365 * 86_400, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)))
    def test_what_a_zone_writes_is_read_back(self, at: datetime) -> None:
        local = at.astimezone(ROME)
        found = moment(DateReader().written(f"{local:%Y-%m-%d %H:%M:%S}"), {}, ROME)
        assert found.at == at or (found.twice and at - found.at < timedelta(hours=2))
        offset = moment(DateReader().written(f"{local:%d/%b/%Y %I:%M:%S %p %z}"), {}, ROME)
        assert offset.at == at


class TestOrder:
    def decided(self, *cells: str, formats: tuple[str, ...] = ()) -> tuple[dict[str, Order], list[str]]:
        order, reader = DayOrder(), DateReader(formats)
        for line, cell in enumerate(cells, 2):
            order.see(reader.written(cell), line, "Opened", cell)
        orders, wrong = order.decide(reader.stated)
        return orders, [reason for _, reason in wrong]

    def test_a_first_number_over_12_proves_day_first(self) -> None:
        assert self.decided("03/04/2026", "13/04/2026") == ({"/": Order.DAY_FIRST}, [])

    def test_a_second_number_over_12_proves_month_first(self) -> None:
        assert self.decided("04/13/2026", "03/04/2026") == ({"/": Order.MONTH_FIRST}, [])

    def test_both_in_one_file_is_a_fault(self) -> None:
        _, (reason,) = self.decided("13/04/2026", "04/13/2026")
        assert "both orders: '13/04/2026' (line 2) has the day first, '04/13/2026' (line 3) the month" in reason

    def test_against_the_map_is_a_fault(self) -> None:
        _, (reason,) = self.decided("04/13/2026", formats=("%d/%m/%Y",))
        assert reason == "'04/13/2026' has the month first, the map's date_formats say otherwise"

    def test_neither_is_for_the_map(self) -> None:
        assert self.decided("03/04/2026", formats=("%m/%d/%Y",)) == ({"/": Order.MONTH_FIRST}, [])

    def test_neither_without_a_map_is_asked_with_both_readings(self) -> None:
        _, (reason,) = self.decided("05/05/2026", "03/04/2026")
        assert reason.startswith("'03/04/2026' is 3 April 2026 or 4 March 2026")
        formats = ("%d%m%Y", "%m%d%Y")
        _, (reason,) = self.decided("03042026", formats=formats)
        assert reason.startswith("'03042026' is 3 April 2026 or 4 March 2026")
        assert 'date_formats in the map to "%d%m%Y …"' in reason

    def test_a_map_that_allows_both_orders_states_none(self) -> None:
        formats = ("%d/%m/%Y", "%m/%d/%Y")
        assert self.decided("04/13/2026", "03/04/2026", formats=formats) == ({"/": Order.MONTH_FIRST}, [])
        assert len(self.decided("03/04/2026", formats=formats)[1]) == 1

    def test_dates_of_another_shape_need_their_own_proof(self) -> None:
        orders, (reason,) = self.decided("13/04/2026", "03.04.2026")
        assert orders == {"/": Order.DAY_FIRST}
        assert reason.startswith("'03.04.2026' is")

    def test_what_says_by_itself_which_is_the_day_proves_nothing(self) -> None:
        assert self.decided("2026-04-13", "13 Apr 2026", "05/05/2026", "31/31/2026") == ({}, [])

    @given(st.lists(st.dates(date(1971, 1, 1), date(2068, 1, 1)), min_size=1, max_size=20), st.sampled_from(Order))
    def test_no_file_is_read_in_the_wrong_order(self, days: list[date], order: Order) -> None:
        form = "%d/%m/%Y" if order is Order.DAY_FIRST else "%m/%d/%Y"
        cells = [f"{each:{form}}" for each in days]
        orders, wrong = self.decided(*cells)
        if not wrong:
            assert [day(DateReader().written(cell), orders) for cell in cells] == days


def test_a_day_is_cut_not_converted() -> None:
    assert day(DateReader().written("2026-06-03T00:00:00.000Z"), {}) == date(2026, 6, 3)
    assert day(DateReader().written("9999-12-31"), {}) == date(9999, 12, 31)
    assert day(DateReader().written("12/31/2026"), MONTH_FIRST) == date(2026, 12, 31)
