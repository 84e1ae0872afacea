"""The walk through time equals the rules of a single date, at every date."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import (
    NEVER,
    OPEN_ENDED,
    Assessment,
    BillableMonth,
    Client,
    Contract,
    Day,
    Facts,
    Headcount,
    Instant,
    Invoice,
    Qbr,
    Reconciliation,
    Survey,
    Ticket,
    Tickets,
    Touchpoint,
)
from chalicelib.domain.moment import Moment, Night, local_day, nights
from chalicelib.domain.roster import scores_of
from chalicelib.domain.settings import DEFAULT_WEIGHTS, REMEMBERED_SOURCES, ScoringSettings
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import format_day, parse_day, parse_instant
from chalicelib.domain.walk.columns import Tally, aged, stepwise
from chalicelib.domain.walk.dates import Dates
from chalicelib.domain.walk.walk import Walk
from tests.unit.domain.builders import DAY, HOUR, OFFICE, ROME, UTC, facts

NEVER_CLOSED: Final = BusinessHours(True, (((0, 1440),),) * 7)
NIGHT_SHIFT: Final = BusinessHours(True, (((1320, 360), (600, 660)),) * 7, frozenset({parse_day("2026-03-29")}))

PLACES: Final = (
    ("UTC", "2026-11-22"),
    ("Europe/Rome", "2026-03-29"),  # clocks go forward
    ("America/New_York", "2025-11-02"),  # and back
    ("America/Havana", "2026-11-01"),  # a second midnight
    ("America/St_Johns", "2006-10-29"),  # back over midnight, to the day before
    ("Pacific/Apia", "2011-12-30"),  # a day left out
    ("Asia/Kathmandu", "2026-05-01"),
    ("Pacific/Kiritimati", "2026-05-01"),
    ("Etc/GMT+12", "2026-05-01"),
    ("America/Miquelon", "2026-03-08"),
)

DAYS: Final = (0, 1, 7, 30, 31, 60, 61, 90, 91, 120, 121, 180, 181, 365, 366, 400, 401, 730)
"""Of the windows and tiers, and one more."""
WINDOWS: Final = (0, 7, 30, 60, 90, 180, 360, 365, 730)


class Drawn:
    """Facts close to the boundaries of a few dates, from one seed: drawn one by one they would take minutes."""

    def __init__(self, seed: int, dates: Dates) -> None:
        self.random = Random(seed)
        self.dates = dates
        self.zone = dates.moments[0].zone

    def instant(self) -> int:
        choice = self.random.choice
        if self.random.random() < 0.2:
            return choice(self.dates.as_ofs) - self.random.randrange(800 * DAY)
        return choice(self.dates.as_ofs) - choice(WINDOWS) * DAY + choice((0, 0, 0, -1, 1, -3 * HOUR))

    def day(self) -> int:
        return self.recent() - self.random.choice(DAYS)

    def recent(self) -> int:
        return self.random.choice(self.dates.days) - self.random.randint(-1, 1)

    def many(self, most: int) -> range:
        return range(self.random.choice((0, 1, 2, self.random.randint(0, most))))

    def maybe(self, value: Any, otherwise: Any = None) -> Any:
        return value if self.random.random() < 0.6 else otherwise

    def number(self) -> int | Decimal:
        return self.random.choice(
            (0, 1, 100, 110, 125, Decimal("99.5"), Decimal("0.01"), 67, self.random.randint(1, 200))
        )

    def ticket(self, number: int) -> Ticket:
        choice = self.random.choice
        created = self.instant()

        def later() -> int:
            spans = (0, -5, 4 * HOUR, 8 * HOUR, 8 * HOUR + 1, 24 * HOUR + 1, 3 * DAY, 7 * DAY, 40 * DAY)
            moments: tuple[int, ...] = (created + choice(spans), created + choice(spans), self.instant(), NEVER)
            return int(choice(moments))

        return Ticket(
            f"T{number}",
            choice((1, 2, 3, 5)),
            Instant(created),
            Instant(later()),
            Instant(later()),
            Instant(later()),
            Instant(later()),
        )

    def facts(self) -> Facts:
        choice, random, many = self.random.choice, self.random, self.many
        kinds = ("CSAT", "NPS")
        return Facts(
            Client("c", "Acme", "ACTIVE", client_since=self.maybe(self.dates.days[0] - choice(DAYS))),
            Tickets.of(self.ticket(number) for number in many(25)),
            contracts=[
                Contract(
                    f"K{n}",
                    choice(("ACTIVE", "ACTIVE", "EXPIRED")),
                    Day(self.day()),
                    Day(choice((self.recent(), OPEN_ENDED))),
                )
                for n in many(2)
            ],
            invoices=[self.invoice(n) for n in many(6)],
            surveys=[
                Survey(
                    f"S{n}",
                    kind := choice(kinds),
                    random.randint(1, 5 if kind == "CSAT" else 10),
                    Instant(self.instant()),
                )
                for n in many(20)
            ],
            billable_months=[
                BillableMonth(f"B{n % 3}{n}", choice(self.dates.moments).month - n % 4, self.number(), self.number())
                for n in many(6)
            ],
            qbrs=[
                Qbr(f"Q{n}", Day(self.day()), choice(("COMPLETED", "COMPLETED", "CANCELLED")), self.maybe(True, False))
                for n in many(4)
            ],
            touchpoints=[
                Touchpoint(f"X{n}", Instant(self.instant()), "CALL", self.maybe(True, False)) for n in many(5)
            ],
            assessments=[Assessment(f"A{n}", Day(self.day()), Decimal(random.randint(0, 1000)) / 10) for n in many(3)],
            reconciliations=[Reconciliation(f"R{n}", Day(self.day()), self.number(), self.number()) for n in many(3)],
            headcounts=[Headcount(f"H{n}", Day(self.day()), random.randint(0, 60)) for n in many(5)],
        )

    def invoice(self, number: int) -> Invoice:
        choice = self.random.choice
        return Invoice(
            f"I{number}",
            choice(("SENT", "PARTIAL", "PAID", "PAID", "DRAFT", "VOID")),
            Day(self.day()),
            Day(self.day()),
            "EUR",
            choice((0, 10_000, 10_000)),
            paid=self.maybe(self.day()),
            balance=self.maybe(choice((0, 5_000))),
        )

    def settings(self) -> ScoringSettings:
        weights = list(DEFAULT_WEIGHTS)
        self.random.shuffle(weights)
        return ScoringSettings(
            ticket_open_until=self.random.choice(("closed", "resolved")),
            weights=tuple(weights),
            missing_signals=self.random.choice(("redistribute", "neutral_50")),
        )

    def sources(self) -> tuple[str, ...]:
        left_out = self.random.choice((None, *REMEMBERED_SOURCES))
        return tuple(source for source in REMEMBERED_SOURCES if source != left_out)


def passed_of(zone: ZoneInfo, middle: str, before: int = 8, after: int = 8) -> list[Night]:
    day = parse_day(middle)
    return list(nights(zone, day - before, day + after))


@given(
    st.integers(0, 2**48),
    st.sampled_from(PLACES),
    st.sampled_from([None, OFFICE, NEVER_CLOSED, NIGHT_SHIFT]),
    st.booleans(),
)
@settings(max_examples=80)
@example(0, PLACES[0], None, True)
def test_the_walk_equals_the_rules_of_each_date(
    seed: int, place: tuple[str, str], hours: BusinessHours | None, sparse: bool
) -> None:
    zone = ZoneInfo(place[0])
    passed = passed_of(zone, place[1])
    if sparse:  # a rebuild that fills gaps passes some dates only
        passed = passed[::5]
    dates = Dates.of(passed, zone, hours)
    drawn = Drawn(seed, dates)
    known, scoring, sources = drawn.facts(), drawn.settings(), drawn.sources()

    walked = Walk(dates, sources, scoring).scores(known)

    assert len(walked) == len(passed)
    for night, scores in zip(passed, walked, strict=True):
        evaluation = evaluate(known, sources, scoring, Moment.at(night.as_of, zone, hours))
        if evaluation is not None:  # who is scored on a date is not the walk's question
            assert scores == scores_of(evaluation), format_day(night.date)


def test_clients_of_one_walk_do_not_disturb_each_other() -> None:
    passed = passed_of(ROME, "2026-03-29")
    dates = Dates.of(passed, ROME)
    walk = Walk(dates, REMEMBERED_SOURCES, ScoringSettings())
    clients = [Drawn(seed, dates).facts() for seed in range(20)]
    together = [walk.scores(known) for known in clients]
    alone = [Walk(dates, REMEMBERED_SOURCES, ScoringSettings()).scores(known) for known in reversed(clients)]
    assert together == alone[::-1]
    assert len({scores.deduction for each in together for scores in each}) > 10


def test_a_client_without_facts_is_walked_too() -> None:
    dates = Dates.of(passed_of(UTC, "2026-11-22", 2, 2), UTC)
    assert {scores.deduction for scores in Walk(dates, REMEMBERED_SOURCES, ScoringSettings()).scores(facts())} == {100}


class TestNights:
    def test_each_local_date_has_the_night_of_its_0200_utc(self) -> None:
        assert list(nights(UTC, parse_day("2026-11-21"), parse_day("2026-11-22"))) == [
            (parse_day("2026-11-21"), parse_instant("2026-11-21T02:00:00Z")),
            (parse_day("2026-11-22"), parse_instant("2026-11-22T02:00:00Z")),
        ]

    def test_west_of_greenwich_it_comes_the_day_after(self) -> None:
        day = parse_day("2026-11-21")
        assert list(nights(ZoneInfo("America/New_York"), day, day)) == [(day, parse_instant("2026-11-22T02:00:00Z"))]

    def test_a_date_that_is_left_out_has_none(self) -> None:
        day = parse_day("2011-12-30")
        assert [night.date - day for night in nights(ZoneInfo("Pacific/Apia"), day - 1, day + 1)] == [-1, 1]

    @pytest.mark.parametrize("zone", ["America/Miquelon", "America/St_Johns", "Pacific/Apia", "Pacific/Kiritimati"])
    def test_dates_rise_and_each_is_the_first_of_its_night(self, zone: str) -> None:
        first, last = parse_day("1990-01-01"), parse_day("2030-12-31")
        held = list(nights(ZoneInfo(zone), first, last))
        assert all(earlier.date < later.date for earlier, later in pairwise(held))
        assert all(earlier.as_of < later.as_of for earlier, later in pairwise(held))
        assert all(local_day(night.as_of, ZoneInfo(zone)) == night.date for night in held)
        fired = {local_day(Instant(as_of), ZoneInfo(zone)) for as_of in range(held[0].as_of, held[-1].as_of + 1, DAY)}
        assert fired == {night.date for night in held}

    def test_of_two_with_one_date_the_first_counts(self) -> None:
        zone = ZoneInfo("America/Miquelon")
        held = [night.date for night in nights(zone, parse_day("1988-01-01"), parse_day("2026-12-31"))]
        every = [
            local_day(Instant(as_of), zone)
            for as_of in range(parse_instant("1988-01-02T02:00:00Z"), parse_instant("2026-12-31T02:00:00Z"), DAY)
        ]
        doubled = [later for earlier, later in pairwise(every) if earlier == later]
        assert doubled
        assert all(held.count(day) == 1 for day in doubled)


class TestColumns:
    DATES: Final = Dates.of([Night(Day(day), Instant(day * DAY)) for day in (100, 101, 105, 106)], UTC)

    def test_a_tally_counts_ranges(self) -> None:
        tally = Tally(self.DATES)
        tally.add(0, 2)
        tally.add(1, 4, 5)
        tally.add(3, 3)
        tally.add(3, 1)
        assert tally.column() == [1, 6, 5, 5]

    def test_a_stepwise_column_looks_at_its_changes_alone(self) -> None:
        looked: list[int] = []

        def value_at(place: int) -> int:
            looked.append(place)
            return 10 * place

        assert stepwise(self.DATES, [2, 2, 4, 9], value_at) == [0, 0, 20, 20]
        assert looked == [0, 2]

    @pytest.mark.parametrize(
        ("events", "expected"),
        [
            ([(0, None)], [7, 7, 7, 7]),
            ([(0, 100)], [1, 1, 2, 3]),
            ([(0, 95)], [2, 3, 3, 3]),
            ([(0, 200)], [1, 1, 1, 1]),
            ([(0, None), (0, 95), (2, 105), (4, 106)], [2, 3, 1, 1]),
        ],
    )
    def test_points_follow_the_age_of_the_newest_event(
        self, events: Sequence[tuple[int, Day | None]], expected: list[int]
    ) -> None:
        assert aged(self.DATES, events, ((0, 1), (5, 2), (6, 3)), 7) == expected

    def test_places_are_found_by_instant_and_by_day(self) -> None:
        dates = self.DATES
        assert [
            dates.after(Instant(100 * DAY - 1)),
            dates.after(Instant(100 * DAY)),
            dates.after(Instant(106 * DAY)),
        ] == [0, 1, 4]
        assert [dates.from_day(Day(99)), dates.from_day(Day(102)), dates.from_day(Day(107))] == [0, 2, 4]
        assert bisect_left(dates.days, 105) == dates.from_day(Day(105))
