"""Answers of /clients/{client_id}/plan."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Count, Day, Id, Instant, Score, one_of
from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.plan.levers import Kind
from chalicelib.domain.plan.path import Reason
from chalicelib.domain.settings import SIGNALS, SOURCES, Model

Tenths = Annotated[str, Field(pattern=r"^-?\d+\.\d$")]


class PathAction(TypedDict):
    """One thing to do."""

    kind: Kind
    count: Annotated[int, Field(ge=1)]
    """How many pieces: tickets, invoices."""
    refs: Annotated[list[Id], Field(max_length=50)]
    """The records that are to be closed or collected, in this order; at most 50 are named."""
    gain: Tenths
    """What it adds to the exact score after the actions before it, one decimal, as text."""
    sentence: str


class PathHolds(TypedDict):
    """When a reached score is lost if nothing else happens."""

    date: Day
    """The first local day at whose start the facts alone score below the target."""
    falls: list[str]
    """The signals or factors that fall."""


class NotInHand(TypedDict):
    """What no action of today changes."""

    id: Annotated[str, one_of((*SIGNALS, *FACTORS, *SOURCES))]
    """The signal or factor; with `insufficient_data` a source that would give a score."""
    sentence: str
    changes_on: Day | None
    """From when it may change without anybody's doing, where that is known."""


class Path(TypedDict):
    """The path to a target, or why there is none. Gains and `rounding` sum to `score_after` less `score`, exactly."""

    model: Model
    as_of: Instant
    score: Score | None
    """The score now."""
    target: Score
    reachable: bool
    reason: Reason | None
    """Why it is not reachable."""
    score_after: Score | None
    """The score once the actions are done; null without a path."""
    best_score: Score | None
    """The most that actions reach today."""
    effort: Count | None
    """Per piece: call 1, close 2, collect 2, true_up 3, qbr 4, contract 5; null without a path."""
    actions: list[PathAction]
    """In this order; empty where the target is reached already."""
    rounding: Tenths | None
    """What rounding adds to the gains; null without a path."""
    holds_until: PathHolds | None
    """Null: for longer than 120 days, or no path."""
    not_in_hand: list[NotInHand]
