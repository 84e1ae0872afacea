"""When an account manager is told: one state per client and rule, on the tenant's primary model (scoring.md, Alerts).

A rule is armed or fired. It fires on the way down, at most once per cooldown; it arms again only once the score has
recovered beyond a margin. What only a change of settings brought about is noted, not alerted.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from chalicelib.domain.activities import Author
from chalicelib.domain.deduction import FACTORS, TICKET_FACTORS, status_of
from chalicelib.domain.facts import Instant
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.rounding import clamp
from chalicelib.domain.settings import FIRM_COVERAGE, Model, ScoringSettings
from chalicelib.domain.text import name_key
from chalicelib.domain.times import format_instant_compact
from chalicelib.domain.velocity import deduction_velocity, weighted_velocity
from chalicelib.domain.weighted import band_of, combine

Rule = Literal["threshold", "velocity"]
Delivery = Literal["waiting", "sent", "nobody"]
"""Whether an alert was told: not yet, to those whom it is for, or to nobody, since nobody could be reached."""

RULES: Final[tuple[Rule, ...]] = ("threshold", "velocity")

WORST_BANDS: Final = frozenset({"RED", "CRITICAL"})

EVALUATED_WITHIN_SECONDS: Final = SECONDS_PER_DAY
"""An evaluation older than this is a backfill, a replay or a late redrive: it never alerts."""


RELEASE_WAIT_SECONDS: Final = 30 * 60
"""A run's alerts wait for its completion, but no longer than this after its first."""


class RuleState(NamedTuple):
    """One rule of one client: fired or armed, when it last fired, whether the worst band is known since it fired."""

    fired: bool = False
    last_fired: Instant | None = None
    worst: bool = False


ARMED: Final = RuleState()


class OpenAlert(NamedTuple):
    """An alert of a client that is not resolved, with the rules it names that have not re-armed since."""

    as_of: Instant
    model: Model
    pending: tuple[Rule, ...]
    acknowledged: bool = False


class AlertState(NamedTuple):
    """A client's alert state; `model` and `stamp` are those of its last evaluation with a firm score."""

    evaluated_as_of: Instant | None = None
    threshold: RuleState = ARMED
    velocity: RuleState = ARMED
    model: Model | None = None
    stamp: Stamp | None = None
    open_alerts: tuple[OpenAlert, ...] = ()

    @property
    def open_count(self) -> int:
        """Alerts that nobody has acknowledged or resolved."""
        return sum(not alert.acknowledged for alert in self.open_alerts)


NEVER_EVALUATED: Final = AlertState()


class Observation(NamedTuple):
    """A client's result as the rules see it, under one version of the settings."""

    model: Model
    settings: ScoringSettings
    score: int | None
    provisional: bool
    velocity: int | None
    band: str

    def holds(self, rule: Rule) -> bool:
        """Whether a rule's condition holds; never for a missing or provisional score, or a missing velocity."""
        if self.score is None or self.provisional:
            return False
        if rule == "threshold":
            return self.score < self.settings.alert_threshold
        return self.velocity is not None and self.velocity <= -self.settings.velocity_alert_points

    def rearms(self, rule: Rule) -> bool:
        """Whether a fired rule arms again: the score is beyond the margin, the velocity above half of what fires."""
        if self.score is None or self.provisional:
            return False
        if rule == "threshold":
            return self.score >= min(100, self.settings.alert_threshold + self.settings.rearm_margin)
        return self.velocity is not None and 2 * self.velocity > -self.settings.velocity_alert_points

    def is_worst(self, rule: Rule) -> bool:
        """Whether the threshold rule holds in the worst band, which is told once more."""
        return rule == "threshold" and self.holds(rule) and self.band in WORST_BANDS


class Reason(NamedTuple):
    """A rule that an alert names, with the number that it went by."""

    rule: Rule
    threshold: int | None = None
    velocity: int | None = None


class AlertDecision(NamedTuple):
    """What an evaluation decides: the new state, the reasons of a new alert or of a notice, the alerts that resolve."""

    state: AlertState
    reasons: tuple[Reason, ...] = ()
    noticed: tuple[Reason, ...] = ()
    resolved: tuple[OpenAlert, ...] = ()


def observe(
    model: Model,
    scores: Scores,
    sources: Sequence[str],
    baseline: tuple[Scores, Stamp] | None,
    settings: ScoringSettings,
) -> Observation:
    """What the rules see of a client's points under some settings."""
    if model == "deduction":
        before = None if baseline is None else baseline[0]
        velocity = deduction_velocity(scores.deduction, before)
        return Observation(
            model=model,
            settings=settings,
            score=scores.deduction,
            provisional=False,
            velocity=velocity.points,
            band=status_of(scores.deduction),
        )
    result = combine(scores.signal_points, sources, settings)
    velocity = weighted_velocity(result.score, scores.signal_points, sources, baseline, settings)
    provisional = result.coverage < FIRM_COVERAGE
    return Observation(
        model=model,
        settings=settings,
        score=result.score,
        provisional=provisional,
        velocity=velocity.points,
        band=band_of(result.score, settings),
    )


def without_tickets(scores: Scores) -> Scores:
    """Scores as they were before the first ticket was stored: to alerts it is a newly connected source."""
    points = tuple(
        0 if factor in TICKET_FACTORS else p for factor, p in zip(FACTORS, scores.factor_points, strict=True)
    )
    return scores._replace(deduction=clamp(100 + sum(points)), factor_points=points)


def may_alert(state: AlertState, as_of: Instant, now: Instant) -> bool:
    """Whether an evaluation counts: after the client's last one, and at most 24 hours old."""
    later = state.evaluated_as_of is None or as_of > state.evaluated_as_of
    return later and now - as_of <= EVALUATED_WITHIN_SECONDS


def evaluate_rules(
    state: AlertState, observation: Observation, before: Observation | None, as_of: Instant, stamp: Stamp
) -> AlertDecision:
    """The decision on a client's result.

    `before` is the same result under the settings of the client's last evaluation; None where they have not changed.
    """
    if observation.score is None or observation.provisional:
        return AlertDecision(state._replace(evaluated_as_of=as_of))
    steps = {
        "threshold": _step("threshold", state.threshold, observation, before, as_of),
        "velocity": _step("velocity", state.velocity, observation, before, as_of),
    }
    fired = tuple(_reason(rule, observation) for rule in RULES if steps[rule].outcome == "alert")
    armed = {rule for rule in RULES if not steps[rule].state.fired}
    still_open, resolved = _without(state.open_alerts, armed)
    if fired:
        still_open = (*still_open, OpenAlert(as_of, observation.model, tuple(reason.rule for reason in fired)))
    return AlertDecision(
        AlertState(
            evaluated_as_of=as_of,
            threshold=steps["threshold"].state,
            velocity=steps["velocity"].state,
            model=observation.model,
            stamp=stamp,
            open_alerts=still_open,
        ),
        fired,
        tuple(_reason(rule, observation) for rule in RULES if steps[rule].outcome == "notice"),
        resolved,
    )


class _Step(NamedTuple):
    state: RuleState
    outcome: Literal["alert", "notice"] | None = None


def _step(rule: Rule, state: RuleState, observation: Observation, before: Observation | None, as_of: Instant) -> _Step:
    """One rule's next state."""
    if state.fired and observation.rearms(rule):
        state = RuleState(last_fired=state.last_fired)
    worst = observation.is_worst(rule)
    due = observation.holds(rule) if not state.fired else worst and not state.worst
    if not due:
        return _Step(state)
    fired = RuleState(True, state.last_fired, worst)
    if before is not None and not (before.is_worst(rule) if state.fired else before.holds(rule)):
        return _Step(fired, "notice")
    cooldown = observation.settings.alert_cooldown_days * SECONDS_PER_DAY
    if state.last_fired is not None and as_of - state.last_fired < cooldown:
        return _Step(state)  # it fires at the cooldown's end if it still holds then
    return _Step(fired._replace(last_fired=as_of), "alert")


def _reason(rule: Rule, observation: Observation) -> Reason:
    if rule == "threshold":
        return Reason(rule, threshold=observation.settings.alert_threshold)
    return Reason(rule, velocity=observation.velocity)


def _without(alerts: Sequence[OpenAlert], armed: set[Rule]) -> tuple[tuple[OpenAlert, ...], tuple[OpenAlert, ...]]:
    """Open alerts less the rules that are armed again: those still open, and those of which no rule is left."""
    left = [a._replace(pending=tuple(rule for rule in a.pending if rule not in armed)) for a in alerts]
    return tuple(a for a in left if a.pending), tuple(a for a in left if not a.pending)


def leave(state: AlertState) -> AlertDecision:
    """The decision on a client that leaves scoring: its alerts resolve, its rules re-arm; a cooldown goes on."""
    armed = state._replace(
        threshold=RuleState(last_fired=state.threshold.last_fired),
        velocity=RuleState(last_fired=state.velocity.last_fired),
        open_alerts=(),
    )
    return AlertDecision(armed, resolved=state.open_alerts)


def answer(state: AlertState, as_of: Instant, model: Model, status: str) -> AlertState:
    """The state after a person acknowledges (`ACKNOWLEDGED`), reopens (`OPEN`) or resolves (`RESOLVED`) an alert."""
    kept = []
    for alert in state.open_alerts:
        if (alert.as_of, alert.model) != (as_of, model):
            kept.append(alert)
        elif status != "RESOLVED":
            kept.append(alert._replace(acknowledged=status == "ACKNOWLEDGED"))
    return state._replace(open_alerts=tuple(kept))


class AlertAnswer(NamedTuple):
    """The last thing that a person did about an alert: the status that they gave it, when, and who they are."""

    status: str
    at: Instant
    by: Author


class Alert(NamedTuple):
    """An alert as it is stored, listed and published.

    `account_manager_id` is the client's until the alert is told, from then on who was told (None: the fallback
    addresses, or nobody).
    """

    id: str
    client_id: str
    client_name: str
    account_manager_id: str | None
    model: Model
    score: int
    previous_score: int | None
    band: str
    reasons: tuple[Reason, ...]
    sentence: str
    as_of: Instant
    status: str = "OPEN"
    published_at: Instant | None = None
    delivery: Delivery = "waiting"
    answered: AlertAnswer | None = None


ALERT_STATUSES: Final = ("OPEN", "ACKNOWLEDGED", "RESOLVED")


def alert_id(as_of: Instant, client_id: str, model: Model) -> str:
    """The id of an alert: the same for every repeat of the evaluation that raised it, and in order of time."""
    digest = hashlib.sha256(f"{client_id}\n{model}".encode()).hexdigest()[:16]
    return f"{format_instant_compact(as_of)}-{digest}"


def digest_id(run_date: str, account_manager_id: str | None, place: int = 0) -> str:
    """The id of a digest that a run has for an account manager (None: for the fallback addresses).

    `place` counts those of one run and manager from 0.
    """
    further = f"\n{place}" if place else ""
    return hashlib.sha256(f"{run_date}\n{account_manager_id or ''}{further}".encode()).hexdigest()[:32]


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts by score, then name."""
    return sorted(alerts, key=lambda alert: (alert.score, name_key(alert.client_name), alert.client_id))
