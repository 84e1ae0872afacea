"""What is kept of every evaluation: scores, with the settings and sources that they were computed under."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.settings import Model

RETENTION_DAYS: Final = 730

Trigger = Literal["nightly", "manual", "qbr_logged", "touchpoint_logged", "reconciliation_completed"]

CALCULATION_TRIGGERS: Final[tuple[Trigger, ...]] = (
    "qbr_logged",
    "touchpoint_logged",
    "reconciliation_completed",
)
"""Triggers that records set off, in their order of precedence."""


class Scores(NamedTuple):
    """One client's scores of one evaluation, as every history entry keeps them."""

    deduction: int
    weighted: int | None
    coverage: int
    factor_points: tuple[int, ...]
    signal_points: tuple[int | None, ...]

    def of(self, model: Model) -> int | None:
        return self.deduction if model == "deduction" else self.weighted


class Stamp(NamedTuple):
    """Under what a result was computed: the settings version with its thresholds, and the sources that counted."""

    settings_version: int
    green_threshold: int
    yellow_threshold: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The scores of a roster page's clients on a local date, by seat; the first write of a date stays."""

    date: Day
    as_of: Instant
    stamp: Stamp
    scores: Mapping[int, Scores]


class HistoryEntry(NamedTuple):
    """A snapshot's or a calculation's scores of one client."""

    date: Day
    as_of: Instant
    trigger: Trigger
    stamp: Stamp
    scores: Scores
