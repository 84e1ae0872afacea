"""The alert state machine: both sides of every boundary of every rule (scoring.md, Alerts)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import (
    ARMED,
    NEVER_EVALUATED,
    Alert,
    AlertDecision,
    AlertState,
    Observation,
    OpenAlert,
    Reason,
    Rule,
    RuleState,
    alert_id,
    answer,
    digest_id,
    evaluate_rules,
    leave,
    may_alert,
    observe,
    worst_first,
)
from chalicelib.domain.deduction import status_of
from chalicelib.domain.facts import Instant
from chalicelib.domain.history import Stamp
from chalicelib.domain.settings import SOURCES, Model, ScoringSettings
from chalicelib.domain.weighted import band_of
from tests.unit.domain.builders import AS_OF, DAY, HOUR, STAMP, scores

DEFAULT = ScoringSettings()
"""Threshold 60, margin 5, velocity 10 points, cooldown 7 days, yellow from 40."""

THRESHOLD, VELOCITY = Reason("threshold", threshold=60), Reason("velocity", velocity=-10)


def observation(
    score: int | None = 80,
    velocity: int | None = 0,
    *,
    provisional: bool = False,
    model: Model = "weighted",
    settings: ScoringSettings = DEFAULT,
) -> Observation:
    band = band_of(score, settings) if model == "weighted" or score is None else status_of(score)
    return Observation(model, settings, score, provisional, velocity, band)


def decide(
    state: AlertState, result: Observation, as_of: int = AS_OF, before: Observation | None = None, stamp: Stamp = STAMP
) -> AlertDecision:
    return evaluate_rules(state, result, before, Instant(as_of), stamp)


def rules(decision: AlertDecision) -> list[str]:
    return [reason.rule for reason in decision.reasons]


def fired(rule: Rule = "threshold", days_ago: int = 30, *, worst: bool = False, **fields: Any) -> AlertState:
    """The state of a client whose rule fired some days before AS_OF and did not re-arm."""
    then = AS_OF - days_ago * DAY
    held: dict[str, Any] = {rule: RuleState(True, then, worst)}
    told = (OpenAlert(then, "weighted", (rule,)),)
    whole: dict[str, Any] = {"evaluated_as_of": then, "model": "weighted", "stamp": STAMP, "open_alerts": told}
    return AlertState(**{**whole, **held, **fields})


def rearmed(rule: Rule = "threshold", seconds_ago: int = 30 * DAY) -> AlertState:
    """The state of a client whose rule fired some time before AS_OF and re-armed since."""
    held: dict[str, Any] = {rule: RuleState(False, AS_OF - seconds_ago)}
    return AlertState(AS_OF - HOUR, model="weighted", stamp=STAMP, **held)


# ---- threshold -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "score", "alerts"),
    [
        pytest.param(60, 60, False, id="at the threshold"),
        pytest.param(60, 59, True, id="below it"),
        pytest.param(60, 61, False, id="above it"),
        pytest.param(100, 99, True, id="99 of a threshold of 100"),
        pytest.param(100, 100, False, id="100 of a threshold of 100"),
        pytest.param(0, 0, False, id="nothing is below 0"),
        pytest.param(1, 0, True, id="0 is a score"),
    ],
)
def test_the_threshold_fires_below_it(threshold: int, score: int, alerts: bool) -> None:
    result = observation(score, settings=ScoringSettings(alert_threshold=threshold))

    for state in (NEVER_EVALUATED, rearmed(), AlertState(AS_OF - DAY, model="weighted", stamp=STAMP)):
        decision = decide(state, result)

        assert decision.reasons == ((Reason("threshold", threshold=threshold),) if alerts else ())
        assert decision.state.threshold.fired is alerts
        assert decision.state.threshold.last_fired == (AS_OF if alerts else state.threshold.last_fired)


def test_a_first_score_below_fires_too() -> None:
    decision = decide(NEVER_EVALUATED, observation(59, None))

    assert decision.reasons == (THRESHOLD,)
    assert decision.state == AlertState(
        AS_OF, RuleState(True, AS_OF), ARMED, "weighted", STAMP, (OpenAlert(AS_OF, "weighted", ("threshold",)),)
    )


@pytest.mark.parametrize(
    ("threshold", "margin", "score", "arms"),
    [
        pytest.param(60, 5, 64, False, id="one short of the margin"),
        pytest.param(60, 5, 65, True, id="at the margin"),
        pytest.param(60, 0, 59, False, id="no margin, below"),
        pytest.param(60, 0, 60, True, id="no margin, at the threshold"),
        pytest.param(98, 5, 99, False, id="one short of the cap"),
        pytest.param(98, 5, 100, True, id="at the cap of 100"),
        pytest.param(95, 5, 99, False, id="one short of exactly 100"),
        pytest.param(95, 5, 100, True, id="exactly 100"),
        pytest.param(100, 50, 99, False, id="the highest threshold, below"),
        pytest.param(100, 50, 100, True, id="the highest threshold, at it"),
    ],
)
def test_the_threshold_rearms_at_its_margin(threshold: int, margin: int, score: int, arms: bool) -> None:
    settings = ScoringSettings(alert_threshold=threshold, rearm_margin=margin)

    decision = decide(fired(worst=True), observation(score, settings=settings))

    assert decision.reasons == ()
    assert decision.state.threshold == RuleState(not arms, AS_OF - 30 * DAY, not arms)
    assert [alert.pending for alert in decision.resolved] == ([()] if arms else [])
    assert len(decision.state.open_alerts) == (0 if arms else 1)


def test_below_and_staying_below_is_one_alert() -> None:
    state, told = NEVER_EVALUATED, 0
    for night in range(60):
        decision = decide(state, observation(59 - night % 15), AS_OF + night * DAY)
        state, told = decision.state, told + len(decision.reasons)
    assert told == 1
    assert state.open_alerts == (OpenAlert(AS_OF, "weighted", ("threshold",)),)


def test_flapping_within_the_margin_is_one_alert() -> None:
    state, told = NEVER_EVALUATED, 0
    for night in range(30):
        decision = decide(state, observation(58 if night % 2 == 0 else 61), AS_OF + night * DAY)
        state, told = decision.state, told + len(decision.reasons)
    assert told == 1


# ---- velocity ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "velocity", "alerts"),
    [
        pytest.param(10, -9, False, id="one short"),
        pytest.param(10, -10, True, id="exactly the points"),
        pytest.param(10, -11, True, id="more"),
        pytest.param(10, 10, False, id="upwards"),
        pytest.param(1, 0, False, id="flat"),
        pytest.param(1, -1, True, id="the smallest fall"),
        pytest.param(100, -99, False, id="nearly everything"),
        pytest.param(100, -100, True, id="everything"),
        pytest.param(10, None, False, id="none"),
    ],
)
def test_the_velocity_fires_whatever_the_band(points: int, velocity: int | None, alerts: bool) -> None:
    settings = ScoringSettings(velocity_alert_points=points, alert_threshold=0)
    for score in (0, 40, 70, 100):
        for state in (NEVER_EVALUATED, rearmed("velocity")):
            decision = decide(state, observation(score, velocity, settings=settings))

            assert decision.reasons == ((Reason("velocity", velocity=velocity),) if alerts else ())
            assert decision.state.velocity.fired is alerts


@pytest.mark.parametrize(
    ("points", "velocity", "arms"),
    [
        pytest.param(10, -6, False, id="even, below half"),
        pytest.param(10, -5, False, id="even, exactly half"),
        pytest.param(10, -4, True, id="even, above half"),
        pytest.param(9, -5, False, id="odd, below 4.5"),
        pytest.param(9, -4, True, id="odd, above 4.5"),
        pytest.param(1, -1, False, id="1 point, still falling"),
        pytest.param(1, 0, True, id="1 point, flat"),
        pytest.param(2, -1, False, id="2 points, exactly half"),
        pytest.param(2, 0, True, id="2 points, flat"),
        pytest.param(10, None, False, id="none"),
        pytest.param(10, 30, True, id="upwards"),
    ],
)
def test_the_velocity_rearms_above_half_its_points(points: int, velocity: int | None, arms: bool) -> None:
    decision = decide(
        fired("velocity"), observation(80, velocity, settings=ScoringSettings(velocity_alert_points=points))
    )

    assert decision.reasons == ()
    assert decision.state.velocity == RuleState(not arms, AS_OF - 30 * DAY)
    assert len(decision.resolved) == arms


def test_both_rules_are_one_alert() -> None:
    decision = decide(NEVER_EVALUATED, observation(59, -10))

    assert decision.reasons == (THRESHOLD, VELOCITY)
    assert decision.state.open_alerts == (OpenAlert(AS_OF, "weighted", ("threshold", "velocity")),)


def test_a_rule_that_has_fired_is_not_named_again_by_the_other() -> None:
    assert decide(fired("threshold"), observation(59, -10)).reasons == (VELOCITY,)
    assert decide(fired("velocity"), observation(59, -10)).reasons == (THRESHOLD,)


# ---- cooldown ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["threshold", "velocity"])
@pytest.mark.parametrize(
    ("days", "seconds", "alerts"),
    [
        pytest.param(7, 7 * DAY - 1, False, id="a second short"),
        pytest.param(7, 7 * DAY, True, id="exactly"),
        pytest.param(7, 7 * DAY + 1, True, id="a second over"),
        pytest.param(0, 1, True, id="no cooldown"),
        pytest.param(90, 90 * DAY - 1, False, id="a second short of the longest"),
        pytest.param(90, 90 * DAY, True, id="the longest"),
    ],
)
def test_a_rule_fires_once_per_cooldown(rule: Rule, days: int, seconds: int, alerts: bool) -> None:
    settings = ScoringSettings(alert_cooldown_days=days)
    falling = observation(59, 0, settings=settings) if rule == "threshold" else observation(80, -10, settings=settings)

    decision = decide(rearmed(rule, seconds), falling)

    assert rules(decision) == ([rule] if alerts else [])
    assert getattr(decision.state, rule) == (RuleState(True, AS_OF) if alerts else RuleState(False, AS_OF - seconds))


@pytest.mark.parametrize("rule", ["threshold", "velocity"])
def test_what_still_holds_at_the_end_of_the_cooldown_fires_then(rule: Rule) -> None:
    # GIVEN a rule that fired, re-armed the next day, and holds again from the day after on
    falling = observation(59, 0) if rule == "threshold" else observation(80, -10)
    state = decide(NEVER_EVALUATED, falling).state
    state = decide(state, observation(80, 0), AS_OF + DAY).state

    told = {}
    for night in range(2, 20):
        decision = decide(state, falling, AS_OF + night * DAY)
        state, told[night] = decision.state, rules(decision)

    assert {night: named for night, named in told.items() if named} == {7: [rule]}


def test_what_no_longer_holds_at_the_end_of_the_cooldown_does_not_fire() -> None:
    decision = decide(rearmed("threshold", 6 * DAY), observation(59))
    decision = decide(decision.state, observation(60), AS_OF + DAY)
    assert decision.reasons == ()
    assert not decision.state.threshold.fired


def test_each_rule_has_its_own_cooldown() -> None:
    decision = decide(rearmed("threshold", DAY), observation(59, -10))
    assert decision.reasons == (VELOCITY,)
    decision = decide(rearmed("velocity", DAY), observation(59, -10))
    assert decision.reasons == (THRESHOLD,)


# ---- the worst band ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["weighted", "deduction"])
def test_a_fired_threshold_fires_once_more_in_the_worst_band(model: Model) -> None:
    state = decide(NEVER_EVALUATED, observation(59, model=model)).state
    told = []
    for night, score in enumerate((40, 39, 39, 10, 45, 64, 38), 10):
        decision = decide(state, observation(score, model=model), AS_OF + night * DAY)
        state = decision.state
        told.append(rules(decision))
    assert told == [[], ["threshold"], [], [], [], [], []]
    assert [alert.as_of for alert in state.open_alerts] == [AS_OF, AS_OF + 11 * DAY]


def test_a_threshold_that_fired_in_the_worst_band_does_not_fire_again_there() -> None:
    state = decide(NEVER_EVALUATED, observation(39)).state
    assert state.threshold == RuleState(True, AS_OF, worst=True)
    for night, score in enumerate((39, 55, 20), 10):
        decision = decide(state, observation(score), AS_OF + night * DAY)
        state = decision.state
        assert decision.reasons == ()


@pytest.mark.parametrize(("seconds", "alerts"), [(7 * DAY - 1, False), (7 * DAY, True)])
def test_the_cooldown_applies_to_the_worst_band(seconds: int, alerts: bool) -> None:
    state = decide(NEVER_EVALUATED, observation(59)).state

    decision = decide(state, observation(39), AS_OF + seconds)

    assert rules(decision) == (["threshold"] if alerts else [])
    if not alerts:  # it is told at the cooldown's end if the band is still the worst then
        assert rules(decide(decision.state, observation(39), AS_OF + 7 * DAY)) == ["threshold"]
        assert rules(decide(decision.state, observation(40), AS_OF + 7 * DAY)) == []


def test_the_worst_band_above_the_threshold_is_no_threshold_alert() -> None:
    settings = ScoringSettings(alert_threshold=20)
    assert decide(NEVER_EVALUATED, observation(30, settings=settings)).reasons == ()
    assert decide(fired(), observation(24, settings=settings)).reasons == ()
    assert decide(fired(), observation(19, settings=settings)).reasons == (Reason("threshold", threshold=20),)


def test_the_worst_band_is_told_anew_after_rearming() -> None:
    state = decide(NEVER_EVALUATED, observation(39)).state
    state = decide(state, observation(65), AS_OF + 8 * DAY).state
    assert state.threshold == RuleState(False, AS_OF)
    state = decide(state, observation(59), AS_OF + 9 * DAY).state
    assert rules(decide(state, observation(39), AS_OF + 16 * DAY)) == ["threshold"]


# ---- null, provisional, late ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(observation(None, None), id="no score"),
        pytest.param(observation(20, -50, provisional=True), id="provisional, below"),
        pytest.param(observation(100, 50, provisional=True), id="provisional, above"),
    ],
)
def test_a_score_that_is_not_firm_leaves_the_state(result: Observation) -> None:
    for state in (NEVER_EVALUATED, fired(), fired("velocity"), rearmed()):
        assert decide(state, result) == AlertDecision(state._replace(evaluated_as_of=AS_OF))


def test_no_velocity_leaves_its_rule_alone() -> None:
    decision = decide(fired("velocity"), observation(59, None))

    assert decision.state.velocity == fired("velocity").velocity
    assert decision.reasons == (THRESHOLD,)
    assert decision.state.evaluated_as_of == AS_OF


@pytest.mark.parametrize(
    ("evaluated", "as_of", "age", "counts"),
    [
        pytest.param(None, AS_OF, 0, True, id="the first"),
        pytest.param(None, AS_OF, DAY, True, id="24 hours old"),
        pytest.param(None, AS_OF, DAY + 1, False, id="a second older"),
        pytest.param(None, AS_OF, 365 * DAY, False, id="a backfill"),
        pytest.param(AS_OF - 1, AS_OF, 0, True, id="a second later"),
        pytest.param(AS_OF, AS_OF, 0, False, id="a replay"),
        pytest.param(AS_OF + 1, AS_OF, 60, False, id="overtaken"),
        pytest.param(AS_OF - DAY, AS_OF, DAY + 1, False, id="a late redrive"),
    ],
)
def test_which_evaluations_count(evaluated: Instant | None, as_of: Instant, age: int, counts: bool) -> None:
    assert may_alert(AlertState(evaluated), as_of, as_of + age) is counts


# ---- changes of settings -------------------------------------------------------------------------------

GOOD_STACK = (*(100,) * 5, 20, *(100,) * 3)
"""Perfect but for stack standardization, which weighs 10."""

ONLY_STACK = ScoringSettings(weights=(0, 0, 0, 0, 0, 10_000, 0, 0, 0))


def observed(settings: ScoringSettings = DEFAULT, *, model: Model = "weighted", **fields: Any) -> Observation:
    """The same points under some settings."""
    held = scores(fields.pop("deduction", 80), signal_points=fields.pop("points", GOOD_STACK))
    return observe(model, held, fields.pop("sources", SOURCES), fields.pop("baseline", None), settings)


HIGH_BAND = ScoringSettings(alert_threshold=100, green_threshold=99, yellow_threshold=95)
THREE_BAD = (30, 100, 100, 100, 100, 100, 100, 100, 0)
"""Bad in tickets (20) and head count (5)."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(observed(), observed(ONLY_STACK), id="weights"),
        pytest.param(observed(), observed(ScoringSettings(alert_threshold=93)), id="alert threshold"),
        pytest.param(
            observed(points=THREE_BAD, sources=SOURCES[1:], model="deduction"),
            observed(points=THREE_BAD, settings=ScoringSettings(alert_threshold=85)),
            id="primary model",
        ),
        pytest.param(
            observed(ScoringSettings(alert_threshold=95), points=THREE_BAD, sources=SOURCES[1:]),
            observed(ScoringSettings(alert_threshold=95), points=THREE_BAD),
            id="a source newly connected makes it firm",
        ),
        pytest.param(
            observed(ScoringSettings(alert_threshold=80), points=(*(100,) * 7, 0, 0), sources=SOURCES[:-2]),
            observed(ScoringSettings(alert_threshold=91), points=(*(100,) * 7, 0, 0)),
            id="a source newly connected",
        ),
    ],
)
def test_what_only_new_settings_bring_about_is_a_notice(before: Observation, after: Observation) -> None:
    assert after.holds("threshold")
    assert not before.holds("threshold")
    for last_fired in (None, AS_OF - DAY, AS_OF - 90 * DAY):
        state = AlertState(AS_OF - DAY, RuleState(False, last_fired), model="weighted", stamp=STAMP)
        newer = Stamp(2, 70, 40, SOURCES)

        decision = decide(state, after, before=before, stamp=newer)

        assert decision.reasons == ()
        assert [reason.rule for reason in decision.noticed] == ["threshold"]
        assert decision.state.threshold == RuleState(True, last_fired, after.is_worst("threshold"))
        assert decision.state.open_alerts == ()
        assert (decision.state.evaluated_as_of, decision.state.stamp) == (AS_OF, newer)


def test_new_velocity_points_are_a_notice() -> None:
    decision = decide(
        AlertState(AS_OF - DAY, model="weighted", stamp=STAMP),
        observation(80, -8, settings=ScoringSettings(velocity_alert_points=8)),
        before=observation(80, -8),
    )
    assert (decision.reasons, decision.noticed) == ((), (Reason("velocity", velocity=-8),))
    assert decision.state.velocity == RuleState(True, None)


def test_a_new_band_alone_is_a_notice_of_the_worst() -> None:
    stricter = ScoringSettings(yellow_threshold=50)

    decision = decide(fired(), observation(45, settings=stricter), before=observation(45))

    assert (decision.reasons, decision.noticed) == ((), (THRESHOLD,))
    assert decision.state.threshold == RuleState(True, AS_OF - 30 * DAY, worst=True)
    assert decision.state.open_alerts == fired().open_alerts
    assert decide(decision.state, observation(45, settings=stricter), AS_OF + DAY).noticed == ()


def test_what_held_before_new_settings_too_is_an_alert() -> None:
    state = AlertState(AS_OF - DAY, model="weighted", stamp=STAMP)

    decision = decide(state, observation(55, settings=ScoringSettings(alert_threshold=58)), before=observation(55))

    assert decision.reasons == (Reason("threshold", threshold=58),)
    assert decision.noticed == ()


def test_each_rule_is_told_apart_after_new_settings() -> None:
    state = AlertState(AS_OF - DAY, model="weighted", stamp=STAMP)

    decision = decide(
        state, observation(65, -12, settings=ScoringSettings(alert_threshold=70)), before=observation(65, -12)
    )

    assert rules(decision) == ["velocity"]
    assert [reason.rule for reason in decision.noticed] == ["threshold"]


def test_a_noticed_rule_alerts_only_after_it_rearmed() -> None:
    stricter = ScoringSettings(alert_threshold=70)
    state = AlertState(AS_OF - DAY, model="weighted", stamp=STAMP)
    state = decide(state, observation(65, settings=stricter), before=observation(65)).state
    told = []
    for night, score in enumerate((65, 60, 74, 75, 69), 1):
        decision = decide(state, observation(score, settings=stricter), AS_OF + night * DAY)
        state = decision.state
        told.append(rules(decision))
    assert told == [[], [], [], [], ["threshold"]]


def test_settings_that_make_a_rule_rearm_resolve_its_alert() -> None:
    decision = decide(fired(), observation(50, settings=ScoringSettings(alert_threshold=45)), before=observation(50))
    assert not decision.state.threshold.fired
    assert len(decision.resolved) == 1


def test_observed_is_provisional_below_70_of_coverage() -> None:
    almost = ScoringSettings(weights=(6_999, 3_001, *(0,) * 7))
    enough = ScoringSettings(weights=(7_000, 3_000, *(0,) * 7))
    points = (50, *(None,) * 8)
    assert observed(almost, points=points).provisional
    assert not observed(almost, points=points).holds("threshold")
    assert not observed(enough, points=points).provisional
    assert observed(enough, points=points).holds("threshold")


def test_observed_of_the_deduction_model() -> None:
    before = scores(70), STAMP
    found = observe("deduction", scores(39), (), before, DEFAULT)
    assert found == Observation("deduction", DEFAULT, 39, False, -31, "CRITICAL")
    assert observe("deduction", scores(39), (), None, DEFAULT).velocity is None


# ---- resolving -----------------------------------------------------------------------------------------


def test_an_alert_resolves_when_every_rule_it_names_has_rearmed_since() -> None:
    state = decide(NEVER_EVALUATED, observation(59, -10)).state

    decision = decide(state, observation(65, -10), AS_OF + DAY)
    assert decision.resolved == ()
    assert decision.state.open_alerts == (OpenAlert(AS_OF, "weighted", ("velocity",)),)

    # the threshold rule fires anew; the velocity rule re-arms: the first alert has had both
    decision = decide(decision.state, observation(59, -4), AS_OF + 8 * DAY)
    assert rules(decision) == ["threshold"]
    assert [alert.as_of for alert in decision.resolved] == [AS_OF]
    assert decision.state.open_alerts == (OpenAlert(AS_OF + 8 * DAY, "weighted", ("threshold",)),)


def test_both_alerts_of_a_threshold_resolve_together() -> None:
    state = decide(NEVER_EVALUATED, observation(59)).state
    state = decide(state, observation(39), AS_OF + 8 * DAY).state

    decision = decide(state, observation(65), AS_OF + 9 * DAY)

    assert [alert.as_of for alert in decision.resolved] == [AS_OF, AS_OF + 8 * DAY]
    assert decision.state.open_alerts == ()


def test_a_client_that_leaves_scoring() -> None:
    state = decide(NEVER_EVALUATED, observation(39, -10)).state

    decision = leave(state)

    assert decision.resolved == state.open_alerts
    assert decision.state == AlertState(AS_OF, RuleState(False, AS_OF), RuleState(False, AS_OF), "weighted", STAMP)
    assert (decision.reasons, decision.noticed) == ((), ())
    # it comes back: its rules fire again, after the cooldown
    assert rules(decide(decision.state, observation(39, -10), AS_OF + DAY)) == []
    assert rules(decide(decision.state, observation(39, -10), AS_OF + 7 * DAY)) == ["threshold", "velocity"]
    assert leave(NEVER_EVALUATED) == AlertDecision(NEVER_EVALUATED)


@pytest.mark.parametrize(
    ("status", "left", "count"),
    [("ACKNOWLEDGED", [True, False], 1), ("OPEN", [False, False], 2), ("RESOLVED", [False], 1)],
)
def test_an_answer(status: str, left: list[bool], count: int) -> None:
    state = decide(NEVER_EVALUATED, observation(59)).state
    state = decide(state, observation(39), AS_OF + 8 * DAY).state

    answered = answer(state, AS_OF, "weighted", status)

    assert [alert.acknowledged for alert in answered.open_alerts] == left
    assert answered.open_count == count
    assert answered._replace(open_alerts=()) == state._replace(open_alerts=())
    assert answer(state, AS_OF, "deduction", status) == state


def test_an_alert_resolved_by_hand_leaves_its_rule_fired() -> None:
    state = decide(NEVER_EVALUATED, observation(59)).state
    state = answer(state, AS_OF, "weighted", "RESOLVED")
    assert decide(state, observation(59), AS_OF + 30 * DAY).reasons == ()
    assert decide(state, observation(65), AS_OF + 30 * DAY).resolved == ()


# ---- ids -----------------------------------------------------------------------------------------------


def test_alert_ids() -> None:
    found = alert_id(AS_OF, "c1", "weighted")

    assert found == alert_id(AS_OF, "c1", "weighted")
    stamp, _, digest = found.partition("-")
    assert stamp == "20261122T020000Z"
    assert len(digest) == 16
    assert set(digest) <= set("0123456789abcdef")
    others = {
        alert_id(AS_OF + 1, "c1", "weighted"),
        alert_id(AS_OF, "c1", "deduction"),
        alert_id(AS_OF, "c10", "weighted"),
    }
    assert len(others | {found}) == 4
    assert alert_id(AS_OF - 1, "c1", "weighted") < found < alert_id(AS_OF + 1, "c1", "weighted")


def test_digest_ids() -> None:
    ids = {digest_id(date, manager) for date in ("2026-11-22", "2026-11-23") for manager in (None, "m1", "m2")}
    assert len(ids) == 6
    assert digest_id("2026-11-22", "m1") in ids


def test_worst_first() -> None:
    def named(score: int, name: str, client_id: str) -> Alert:
        return Alert(client_id, client_id, name, None, "weighted", score, None, "RED", (THRESHOLD,), "…", AS_OF)

    alerts = [named(39, "b", "c2"), named(39, "B", "c1"), named(39, "a", "c9"), named(12, "z", "c3")]
    assert [alert.client_id for alert in worst_first(alerts)] == ["c3", "c9", "c1", "c2"]


# ---- properties ----------------------------------------------------------------------------------------

nights = st.lists(st.tuples(st.integers(0, 100), st.none() | st.integers(-30, 30)), min_size=1, max_size=60)


@given(nights)
def test_a_rule_alerts_once_between_two_rearmings_and_once_per_cooldown(history: list[tuple[int, int | None]]) -> None:
    state = NEVER_EVALUATED
    last: dict[str, int] = {}
    since_rearmed: dict[str, int] = {"threshold": 0, "velocity": 0}
    for night, (score, velocity) in enumerate(history):
        result = observation(score, velocity)
        for rule in ("threshold", "velocity"):
            if result.rearms(rule):
                since_rearmed[rule] = 0
        decision = decide(state, result, AS_OF + night * DAY)
        state = decision.state
        for reason in decision.reasons:
            assert result.holds(reason.rule)
            assert night - last.get(reason.rule, -7) >= 7
            last[reason.rule] = night
            since_rearmed[reason.rule] += 1
            assert since_rearmed[reason.rule] <= (2 if reason.rule == "threshold" else 1)
        for rule in ("threshold", "velocity"):
            named = [alert for alert in state.open_alerts if rule in alert.pending]
            assert len(named) == since_rearmed[rule]
            assert getattr(state, rule).fired is bool(since_rearmed[rule])
