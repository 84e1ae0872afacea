"""A roster page's items: current rows and snapshots, column by column.

Statuses, bands and deduction scores follow from what is stored, so they are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import starmap
from math import gcd
from operator import index
from typing import Any, Final

from chalicelib.adapters.dynamodb.columns import (
    decode_ids,
    decode_steps,
    decode_values,
    encode_ids,
    encode_steps,
    encode_values,
    pack,
    refusing_damage,
    unpack,
)
from chalicelib.adapters.dynamodb.sources import known_sources, stored_sources
from chalicelib.domain.alerts import ARMED, AlertState, OpenAlert, RuleState
from chalicelib.domain.deduction import FACTORS, Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Instant, Money
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.rounding import clamp
from chalicelib.domain.settings import SIGNALS
from chalicelib.domain.velocity import Velocity

_STANDING: Final = 6
_WEIGHTED: Final = 2 + len(SIGNALS)
_EXPIRING, _CANCELLED = 1, 2
"""The warnings of a standing. Rows of the first builds have the first one alone, as a boolean, which reads alike."""


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """A snapshot's bytes; equal snapshots give equal bytes."""
    seats = sorted(snapshot.scores)
    rows = [
        (s.weighted, s.coverage, *s.factor_points, *s.signal_points) for s in map(snapshot.scores.__getitem__, seats)
    ]
    header = [snapshot.date, snapshot.as_of, encode_stamp(snapshot.stamp)]
    return pack([*header, encode_steps(seats), *map(encode_values, _transposed(rows))])


@refusing_damage
def decode_snapshot(data: bytes) -> Snapshot:
    day, as_of, stamp, seats, *columns = unpack(data)
    rows = zip(*map(decode_values, columns), strict=True)
    scores = dict(zip(decode_steps(seats), starmap(_scores, rows), strict=True))
    return Snapshot(day, as_of, decode_stamp(stamp), scores)


def _scores(weighted: int | None, coverage: int, *points: Any) -> Scores:
    factors = points[: len(FACTORS)]
    return Scores(
        deduction=clamp(100 + sum(factors)),
        weighted=weighted,
        coverage=coverage,
        factor_points=factors,
        signal_points=points[len(FACTORS) :],
    )


def encode_scores(scores: Scores) -> list[Any]:
    """One client's scores, for a calculation."""
    return [scores.weighted, scores.coverage, *scores.factor_points, *scores.signal_points]


@refusing_damage
def decode_scores(document: Sequence[Any]) -> Scores:
    return _scores(*document)


def encode_stamp(stamp: Stamp) -> list[Any]:
    return [stamp.settings_version, stamp.green_threshold, stamp.yellow_threshold, stored_sources(stamp.sources)]


@refusing_damage
def decode_stamp(document: Sequence[Any]) -> Stamp:
    version, green, yellow, sources = document
    return Stamp(version, green, yellow, known_sources(sources))


def encode_rows(rows: Mapping[int, CurrentRow]) -> bytes:
    """The current rows of a page by seat; equal rows give equal bytes."""
    seats = sorted(rows)
    held = [rows[seat] for seat in seats]
    states = [row.alerts for row in held]
    stamps = list(dict.fromkeys([*(row.stamp for row in held), *(s.stamp for s in states if s.stamp is not None)]))
    scored = [row for row in held if row.evaluation is not None]
    return pack(
        [
            encode_steps(seats),
            *_client_columns([row.client for row in held]),
            encode_steps([row.as_of for row in held]),
            list(map(encode_stamp, stamps)),
            encode_values([stamps.index(row.stamp) for row in held]),
            encode_values([row.evaluation is not None for row in held]),
            _evaluation_columns([row.evaluation for row in scored if row.evaluation is not None]),
            [
                *map(encode_values, _transposed([row.deduction_velocity for row in scored])),
                *map(encode_values, _transposed([row.weighted_velocity for row in scored])),
            ],
            _alert_columns(held, stamps),
        ]
    )


@refusing_damage
def decode_rows(data: bytes) -> dict[int, CurrentRow]:
    seats, *client_columns, as_of, stamps, stamp_of, scored, evaluations, velocities, alerts = unpack(data)
    known_stamps = list(map(decode_stamp, stamps))
    has_evaluation = decode_values(scored)
    evaluated = iter(_evaluations(evaluations, sum(has_evaluation)))
    velocity = iter(_velocities(velocities))
    rows: dict[int, CurrentRow] = {}
    for seat, client, instant, stamp, is_scored in zip(
        decode_steps(seats),
        _clients(client_columns),
        decode_steps(as_of),
        decode_values(stamp_of),
        has_evaluation,
        strict=True,
    ):
        found = (next(evaluated), *next(velocity)) if is_scored else (None, Velocity(None), Velocity(None))
        rows[seat] = CurrentRow(client, Instant(instant), known_stamps[stamp], *found)
    states = _alert_states(alerts, [row.as_of for row in rows.values()], known_stamps)
    return {seat: row._replace(alerts=state) for (seat, row), state in zip(rows.items(), states, strict=True)}


def _alert_columns(rows: Sequence[CurrentRow], stamps: Sequence[Stamp]) -> list[Any]:
    """Alert states: when and under what each was evaluated, and only where rules ever fired, their states."""
    states = [row.alerts for row in rows]
    ages = [None if row.alerts.evaluated_as_of is None else row.as_of - row.alerts.evaluated_as_of for row in rows]
    return [
        encode_values(ages),
        encode_values([state.model for state in states]),
        encode_values([None if state.stamp is None else stamps.index(state.stamp) for state in states]),
        [_encode_rules(state) for state in states],
    ]


def _encode_rules(state: AlertState) -> list[Any] | None:
    if (state.threshold, state.velocity, state.open_alerts) == (ARMED, ARMED, ()):
        return None
    return [list(state.threshold), list(state.velocity), [list(alert) for alert in state.open_alerts]]


def _alert_states(columns: Sequence[Any], as_of: Sequence[int], stamps: Sequence[Stamp]) -> Iterable[AlertState]:
    ages, models, places, rules = columns
    for instant, age, model, place, rule in zip(
        as_of, decode_values(ages), decode_values(models), decode_values(places), rules, strict=True
    ):
        threshold, velocity, open_alerts = rule or (ARMED, ARMED, ())
        yield AlertState(
            evaluated_as_of=None if age is None else instant - age,
            threshold=RuleState(*threshold),
            velocity=RuleState(*velocity),
            model=model,
            stamp=None if place is None else stamps[place],
            open_alerts=tuple(OpenAlert(at, of, tuple(pending), seen) for at, of, pending, seen in open_alerts),
        )


def _client_columns(clients: Sequence[Client]) -> list[Any]:
    revenue = [client.monthly_recurring_revenue for client in clients]
    columns = _transposed(clients)
    return [
        encode_ids(columns[0]),
        *map(encode_values, columns[1:7]),
        encode_values([money.currency if money else None for money in revenue]),
        _encode_amounts([money.amount if money else None for money in revenue]),
        encode_values(columns[8]),
    ]


def _clients(columns: Sequence[Any]) -> Iterable[Client]:
    ids, names, statuses, archived, industries, managers, since, currencies, amounts, at_risk = columns
    return (
        Client._make((*fields, Money(currency, amount or 0) if currency is not None else None, flagged))
        for *fields, currency, amount, flagged in zip(
            decode_ids(ids),
            *map(decode_values, (names, statuses, archived, industries, managers, since, currencies)),
            _decode_amounts(amounts),
            decode_values(at_risk),
            strict=True,
        )
    )


def _encode_amounts(amounts: Sequence[int | None]) -> list[Any]:
    """Amounts by their greatest common divisor: whole euros need no cents."""
    unit = gcd(*(amount for amount in amounts if amount)) or 1
    return [unit, encode_values([None if amount is None else amount // unit for amount in amounts])]


def _decode_amounts(column: Sequence[Any]) -> list[int | None]:
    unit, values = column
    return [None if value is None else index(value) * index(unit) for value in decode_values(values)]


def _evaluation_columns(evaluations: Sequence[Evaluation]) -> list[Any]:
    standings = [_encode_standing(evaluation.standing) for evaluation in evaluations]
    weighted = [(e.weighted_score, e.coverage, *e.signal_points) for e in evaluations]
    columns = [*map(encode_values, _transposed(standings)), *map(encode_values, _transposed(weighted))]
    for period in range(len(PERIODS)):
        activities = [evaluation.activities[period] for evaluation in evaluations]
        columns += map(encode_values, _transposed([activity[:4] for activity in activities]))
        columns.append(_revenue_columns([dict(activity.revenue) for activity in activities]))
    return columns


def _encode_standing(standing: Standing) -> tuple[Any, ...]:
    """A standing whose inactivity, where it is just the last activity, is left out; its two warnings are one number."""
    known = standing.last_activity_days is not None
    warnings = standing.contract_expiring * _EXPIRING + standing.qbrs_cancelled * _CANCELLED
    return (*standing[:3], None if known else standing.inactivity_days, standing.active_contracts, warnings)


def _revenue_columns(revenue: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    currencies = sorted({currency for held in revenue for currency in held})
    return {currency: _encode_amounts([held.get(currency) for held in revenue]) for currency in currencies}


def _evaluations(columns: Sequence[Any], count: int) -> Iterable[Evaluation]:
    if not count:
        return ()
    standings = zip(*map(decode_values, columns[:_STANDING]), strict=True)
    weighted = zip(*map(decode_values, columns[_STANDING : _STANDING + _WEIGHTED]), strict=True)
    rest, periods = columns[_STANDING + _WEIGHTED :], []
    for start in range(0, len(rest), 5):
        figures = zip(*map(decode_values, rest[start : start + 4]), strict=True)
        revenue = _revenue(rest[start + 4], count)
        periods.append([Activity._make((*four, sums)) for four, sums in zip(figures, revenue, strict=True)])
    activities = zip(*periods, strict=True)
    return (
        Evaluation(
            standing=_standing(standing),
            activities=by_period,
            signal_points=tuple(points),
            weighted_score=score,
            coverage=coverage,
        )
        for standing, by_period, (score, coverage, *points) in zip(standings, activities, weighted, strict=True)
    )


def _standing(document: Sequence[Any]) -> Standing:
    open_tickets, overdue, last_activity, inactivity, contracts, warnings = document
    return Standing(
        open_tickets=open_tickets,
        overdue_tickets=overdue,
        last_activity_days=last_activity,
        inactivity_days=inactivity if last_activity is None else last_activity,
        active_contracts=contracts,
        contract_expiring=bool(warnings & _EXPIRING),
        qbrs_cancelled=bool(warnings & _CANCELLED),
    )


def _revenue(columns: Mapping[str, Any], count: int) -> list[tuple[tuple[str, int], ...]]:
    amounts = {currency: _decode_amounts(column) for currency, column in columns.items()}
    return [
        tuple((currency, amount) for currency, held in amounts.items() if (amount := held[row]) is not None)
        for row in range(count)
    ]


def _velocities(columns: Sequence[Any]) -> Iterable[tuple[Velocity, Velocity]]:
    half = len(Velocity._fields)
    decoded = list(map(decode_values, columns))
    deduction = starmap(Velocity, zip(*decoded[:half], strict=True))
    return zip(deduction, starmap(Velocity, zip(*decoded[half:], strict=True)), strict=True)


def _transposed(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as columns. No rows give no columns: their width is unknown."""
    return list(zip(*rows, strict=True))
