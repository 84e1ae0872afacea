"""What one change of a client's facts does to its score, at one moment and under one version of the settings."""

from collections.abc import Collection
from typing import NamedTuple

from chalicelib.domain import weighted
from chalicelib.domain.deduction import open_ticket_rows
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, evaluate
from chalicelib.domain.explanation import Explanation, WeightedSide, explain_deduction, explain_weighted
from chalicelib.domain.facts import Facts
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS, Moment
from chalicelib.domain.roster import scores_of
from chalicelib.domain.sentences import factor_sentences, signal_sentences
from chalicelib.domain.settings import Model, ScoringSettings


class Effect(NamedTuple):
    """A model's score just before and just after, and why it moved."""

    model: Model
    before: int | None
    after: int | None
    explanation: Explanation

    @property
    def change(self) -> str | None:
        """The points that it moved, as the journal keeps them."""
        return None if self.explanation.change is None else f"{self.explanation.change}.0"


class Side(NamedTuple):
    """Facts, and the sources that are seen with them."""

    facts: Facts
    seen: Collection[str]


def effect_of(before: Side, after: Side, scoring: ScoringSettings, moment: Moment) -> Effect | None:
    """The effect on the model that is the primary one afterwards; None for a client that is not scored."""
    old, new = (evaluate(each.facts, scoring.connected(each.seen), scoring, moment) for each in (before, after))
    if old is None or new is None:
        return None
    connected = scoring.connected(after.seen)
    model = scoring.resolved_primary_model(connected)
    was, now = scores_of(old), scores_of(new)
    if model == "deduction":
        activity = new.activities[DEFAULT_PERIOD_INDEX]
        sentences = factor_sentences(activity, new.standing, PERIODS[DEFAULT_PERIOD], connected)
        return Effect(model, was.deduction, now.deduction, explain_deduction(was, now, sentences))
    open_rows = open_ticket_rows(after.facts.tickets, moment.as_of, scoring.ticket_open_until)
    explanation = explain_weighted(
        WeightedSide(was, scoring.connected(before.seen), scoring),
        WeightedSide(now, connected, scoring),
        signal_sentences(weighted.readings(after.facts, open_rows, moment)),
    )
    return Effect(model, was.weighted, now.weighted, explanation)
