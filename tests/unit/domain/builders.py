"""Small facts at one fixed moment: what the tables of the domain tests are written in."""

from collections.abc import Iterable
from typing import Any, Final

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Contract, Day, Facts, Instant, Invoice, Ticket, Tickets
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.moment import PERIODS, Moment
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import REMEMBERED_SOURCES
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import parse_day, parse_instant
from chalicelib.domain.velocity import Velocity

UTC: Final = ZoneInfo("UTC")
NEW_YORK: Final = ZoneInfo("America/New_York")
ROME: Final = ZoneInfo("Europe/Rome")

AS_OF: Final = parse_instant("2026-11-22T02:00:00Z")
"""A Sunday."""
TODAY: Final = parse_day("2026-11-22")
HOUR: Final = 3_600
DAY: Final = 86_400

NOW: Final = Moment.at(AS_OF, UTC)

OFFICE: Final = BusinessHours(True, (((480, 1020),),) * 5 + ((), ()))
"""Monday to Friday, 08:00 to 17:00."""

IDLE: Final = Activity(0, 0, 0, 0)
QUIET: Final = Standing(0, 0, 0, 0, 0, False)

STAMP: Final = Stamp(1, 70, 40, REMEMBERED_SOURCES)


def client(client_id: str = "c1", **fields: Any) -> Client:
    return Client(client_id, **{"name": "Acme", "status": "ACTIVE", **fields})


def ticket(created: int, **fields: Any) -> Ticket:
    return Ticket(**{"id": "T1", "priority": 3, "created": created, **fields})


def facts(tickets: Iterable[Ticket] = (), *, client_since: int | None = None, **kinds: Any) -> Facts:
    return Facts(client(client_since=client_since), Tickets.of(tickets), **kinds)


def contract(start: int = TODAY - 100, **fields: Any) -> Contract:
    return Contract(**{"id": "K1", "status": "ACTIVE", "start": start, **fields})


def invoice(**fields: Any) -> Invoice:
    return Invoice(
        **{
            "id": "I1",
            "status": "PAID",
            "issued": TODAY - 10,
            "due": TODAY - 5,
            "currency": "EUR",
            "amount": 10_000,
            **fields,
        }
    )


def scores(deduction: int = 100, weighted: int | None = 100, **fields: Any) -> Scores:
    return Scores(
        **{
            "deduction": deduction,
            "weighted": weighted,
            "coverage": 10_000,
            "factor_points": (deduction - 100, 0, 0, 0, 0, 0),
            "signal_points": (weighted,) * 9,
            **fields,
        }
    )


def snapshot(date: int, held: dict[int, Scores], stamp: Stamp = STAMP) -> Snapshot:
    return Snapshot(Day(date), AS_OF - (TODAY - date) * DAY, stamp, held)


def row(
    who: Client | None = None,
    standing: Standing = QUIET,
    activity: Activity = IDLE,
    *,
    period: int = 1,
    weighted: int | None = 70,
    velocities: tuple[int | None, int | None] = (None, None),
    as_of: int = AS_OF,
) -> CurrentRow:
    """A scored row, `activity` being that of one period."""
    activities = tuple(activity if index == period else IDLE for index in range(len(PERIODS)))
    evaluation = Evaluation(standing, activities, (weighted,) * 9, weighted, 10_000)
    return CurrentRow(
        who or client(), Instant(as_of), STAMP, evaluation, Velocity(velocities[0]), Velocity(velocities[1])
    )
