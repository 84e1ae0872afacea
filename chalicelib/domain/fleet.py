"""The whole fleet of a tenant: figures of a date, and the summary behind portfolio and peers."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, NamedTuple

from chalicelib.domain.deduction import (
    STATUSES,
    status_of,
)
from chalicelib.domain.facts import Client, Day, Instant
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import MODELS, Model
from chalicelib.domain.text import industry_key, name_key
from chalicelib.domain.weighted import BANDS

FASTEST_DECLINING: Final = 5

INDUSTRY_BYTES: Final = 150_000
"""What the industries of one model may take in the fleet summary: thousands of common names."""

OTHER_INDUSTRIES: Final = "Other"
"""The name of all industries together that the summary has no room for."""

BAND_NAMES: Final[dict[Model, tuple[str, ...]]] = {"deduction": STATUSES, "weighted": BANDS}
"""The bands of a model, healthiest first; for the deduction model these are its statuses."""

INSUFFICIENT: Final = "INSUFFICIENT_DATA"

MOST_MANAGERS: Final = 50
"""Of how many account managers a date keeps figures; where there are more, of none."""


def band_for(model: Model, score: int | None, stamp: Stamp) -> str:
    """The band of a stored score under the thresholds it was computed with; `INSUFFICIENT_DATA` without one."""
    if score is None:
        return INSUFFICIENT
    if model == "deduction":
        return status_of(score)
    if score >= stamp.green_threshold:
        return "GREEN"
    return "YELLOW" if score >= stamp.yellow_threshold else "RED"


class ModelFigures(NamedTuple):
    """Count and sum of a model's scores, clients per band (healthiest first), and how many have no score."""

    n: int
    total: int
    bands: tuple[int, ...]
    insufficient: int

    @property
    def clients(self) -> int:
        return self.n + self.insufficient


Figures = Mapping[Model, ModelFigures]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The fleet on a date, exactly: what averages, month over month and the trend are computed from.

    `managers` has the same of each account manager's clients of that date (None: of those without one); empty where
    there were too many, and for dates of an older build.
    """

    date: Day
    as_of: Instant
    settings_version: int
    models: Figures
    managers: Mapping[str | None, Figures] = field(default_factory=dict)

    def of(self, managers: Collection[str | None]) -> "DayFigures | None":
        """The clients that some account managers had on the date; None where nothing is known of them."""
        held = [self.managers[manager] for manager in managers if manager in self.managers]
        if not held:
            return None
        return replace(self, models={model: _sum([figures[model] for figures in held]) for model in MODELS})


_Scored = tuple[Scores, Stamp]


def _sum(figures: Sequence[ModelFigures]) -> ModelFigures:
    bands = zip(*(each.bands for each in figures), strict=True)
    return ModelFigures(
        sum(each.n for each in figures),
        sum(each.total for each in figures),
        tuple(map(sum, bands)),
        sum(each.insufficient for each in figures),
    )


def day_figures(
    date: Day,
    as_of: Instant,
    settings_version: int,
    snapshots: Sequence[Snapshot],
    manager_of: Mapping[int, str | None] = MappingProxyType({}),
) -> DayFigures:
    """Folds the snapshots of all pages of a date; `manager_of` has the account managers by seat."""
    scores = [(seat, held, snapshot.stamp) for snapshot in snapshots for seat, held in snapshot.scores.items()]
    owned: dict[str | None, list[_Scored]] = {}
    for seat, held, stamp in scores:
        if seat in manager_of:
            owned.setdefault(manager_of[seat], []).append((held, stamp))
    managers = {} if len(owned) > MOST_MANAGERS else {manager: _figures(held) for manager, held in owned.items()}
    return DayFigures(
        date, as_of, settings_version, _figures([(held, stamp) for _, held, stamp in scores]), managers=managers
    )


def _figures(scores: Sequence[_Scored]) -> Figures:
    models: dict[Model, ModelFigures] = {}
    for model in MODELS:
        bands: Counter[str] = Counter()
        count = total = 0
        for held, stamp in scores:
            score = held.of(model)
            bands[band_for(model, score, stamp)] += 1
            if score is not None:
                count, total = count + 1, total + score
        by_band = tuple(bands[band] for band in BAND_NAMES[model])
        models[model] = ModelFigures(count, total, by_band, bands[INSUFFICIENT])
    return models


class Industry(NamedTuple):
    """An industry's name as first written, and count and sum of its clients' scores."""

    name: str
    n: int
    total: int


class Declining(NamedTuple):
    client_id: str
    name: str
    score: int
    velocity: int


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One model's part of the fleet summary; revenue per (band, currency) in ten-thousandths."""

    histogram: Mapping[int, int] = field(default_factory=dict)
    bands: Mapping[str, int] = field(default_factory=dict)
    industries: Mapping[str, Industry] = field(default_factory=dict)
    declining: tuple[Declining, ...] = ()
    revenue: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return sum(self.histogram.values())

    @property
    def total(self) -> int:
        return sum(score * count for score, count in self.histogram.items())


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """The fleet as of its last complete run."""

    date: Day
    as_of: Instant
    settings_version: int
    models: Mapping[Model, ModelSummary]


class Member(NamedTuple):
    """A scored client as the fleet summary sees it: the run's score, the current row's description."""

    client: Client
    score: int | None
    band: str
    velocity: int | None


Velocities = Callable[[Model, int, CurrentRow, Snapshot], int | None]
"""The velocity of a client of a run: (model, seat, current row, the run's snapshot of the page)."""


def velocity_of_row(model: Model, seat: int, row: CurrentRow, snapshot: Snapshot) -> int | None:
    """The velocity of a row that the run itself has written."""
    del seat, snapshot
    return row.velocity(model).points


def fleet_summary(
    date: Day,
    as_of: Instant,
    settings_version: int,
    pages: Iterable[tuple[Snapshot, Mapping[int, CurrentRow]]],
    velocities: Velocities = velocity_of_row,
) -> FleetSummary:
    """Folds the pages of a run: scores from its snapshots; names, industries and revenue from the current rows."""
    members: dict[Model, list[Member]] = {model: [] for model in MODELS}
    for snapshot, rows in pages:
        for seat, scores in snapshot.scores.items():
            if seat not in rows:
                continue
            row = rows[seat]
            for model in MODELS:
                score = scores.of(model)
                members[model].append(
                    Member(
                        row.client,
                        score,
                        band_for(model, score, snapshot.stamp),
                        velocities(model, seat, row, snapshot),
                    )
                )
    return FleetSummary(date, as_of, settings_version, {model: model_summary(held) for model, held in members.items()})


def summary_of_rows(rows: Iterable[CurrentRow], model: Model) -> ModelSummary:
    """What the fleet summary says of a model, of some clients as they are now."""
    members = []
    for row in rows:
        if row.evaluation is not None:
            score = row.score(model)
            members.append(Member(row.client, score, band_for(model, score, row.stamp), row.velocity(model).points))
    return model_summary(members)


def model_summary(members: Sequence[Member]) -> ModelSummary:
    revenue: Counter[tuple[str, str]] = Counter()
    industries: dict[str, Industry] = {}
    for client, score, band, _ in members:
        if client.monthly_recurring_revenue is not None:
            revenue[band, client.monthly_recurring_revenue.currency] += client.monthly_recurring_revenue.amount
        key = industry_key(client.industry)
        if key is not None and score is not None:
            name = (client.industry or "").strip()
            held = industries.get(key, Industry(name, 0, 0))
            industries[key] = Industry(min(held.name, name), held.n + 1, held.total + score)
    return ModelSummary(
        histogram=dict(sorted(Counter(m.score for m in members if m.score is not None).items())),
        bands=dict(sorted(Counter(member.band for member in members).items())),
        industries=_largest(industries),
        declining=fastest_declining(members),
        revenue=dict(sorted(revenue.items())),
    )


def _largest(industries: Mapping[str, Industry]) -> dict[str, Industry]:
    """Industries by key: as many of the largest as the summary has room for, all others as one.

    Whoever names an industry after each client would make a summary that no item holds.
    """
    kept: dict[str, Industry] = {}
    rest, room = Industry(OTHER_INDUSTRIES, 0, 0), INDUSTRY_BYTES
    for key, held in sorted(industries.items(), key=lambda each: (-each[1].n, each[0])):
        room -= len(json.dumps([key, *held], ensure_ascii=False).encode()) + 1
        if room >= 0:
            kept[key] = held
        else:
            rest = Industry(rest.name, rest.n + held.n, rest.total + held.total)
    if rest.n:
        known = kept.get(OTHER_INDUSTRIES.casefold(), Industry(OTHER_INDUSTRIES, 0, 0))
        kept[OTHER_INDUSTRIES.casefold()] = Industry(known.name, known.n + rest.n, known.total + rest.total)
    return dict(sorted(kept.items()))


def fastest_declining(members: Iterable[Member]) -> tuple[Declining, ...]:
    """The five lowest velocities below 0; ties: lower score, then name."""
    falling = [
        Declining(member.client.id, member.client.name, member.score, member.velocity)
        for member in members
        if member.score is not None and member.velocity is not None and member.velocity < 0
    ]
    falling.sort(key=lambda d: (d.velocity, d.score, name_key(d.name), d.client_id))
    return tuple(falling[:FASTEST_DECLINING])
