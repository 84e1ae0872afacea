"""Nights, redeliveries, changes of settings, recalculations and crashes, against a model of a few lines.

The model is told what was committed: of which client, for which instant, with which score. It says what that must have
brought; the alerts that are stored and the messages that a subscriber keeps are compared with it.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import Alert, Reason, alert_id
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.facts import Instant
from chalicelib.domain.outbox import AlertWrites, Outbox
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.settings import ScoringSettings
from chalicelib.domain.times import day_of_instant
from chalicelib.services.relay import DIGEST_MEMBERS
from tests.faults.world import ACME, DAY, HOUR, NIGHT, CrashError, CrashPoint, World

ADA: Final = Author("u-1", "Ada Lovelace")
CLIENTS: Final = ("c1", "c2", "c3", "far")
POINTS: Final = (20, 38, 39, 40, 50, 58, 59, 60, 61, 64, 65, 80, 95)


@dataclass
class Rule:
    """One rule of one client in the model."""

    fired: bool = False
    told_red: bool = False
    last: int | None = None


@dataclass
class Known:
    """What the model knows of a client."""

    threshold: Rule = field(default_factory=Rule)
    velocity: Rule = field(default_factory=Rule)
    evaluated: int | None = None
    settings: ScoringSettings | None = None


def decision(
    known: Known, score: int, velocity: int | None, now: ScoringSettings, as_of: int
) -> tuple[set[str], set[str]]:
    """What an evaluation must bring: the rules that alert, the rules that are only noticed."""
    before = known.settings if known.settings not in (None, now) else now
    assert before is not None
    alerts, notices = set(), set()

    def low(by: ScoringSettings) -> bool:
        return score < by.alert_threshold

    def red(by: ScoringSettings) -> bool:
        return low(by) and score < by.yellow_threshold

    def falls(by: ScoringSettings) -> bool:
        return velocity is not None and velocity <= -by.velocity_alert_points

    if known.threshold.fired and score >= min(100, now.alert_threshold + now.rearm_margin):
        known.threshold = Rule(last=known.threshold.last)
    if known.velocity.fired and velocity is not None and velocity > -now.velocity_alert_points / 2:
        known.velocity = Rule(last=known.velocity.last)
    for name, state, condition in (
        ("threshold", known.threshold, red if known.threshold.fired else low),
        ("velocity", known.velocity, falls),
    ):
        if not condition(now) or (state.fired and (name == "velocity" or state.told_red)):
            continue
        if not condition(before):
            notices.add(name)
        elif state.last is None or as_of - state.last >= now.alert_cooldown_days * DAY:
            alerts.add(name)
            state.last = as_of
        else:
            continue
        state.fired = True
        state.told_red = name == "threshold" and red(now)
    known.evaluated, known.settings = as_of, now
    return alerts, notices


class Model:
    """What must have been told."""

    def __init__(self, world: World) -> None:
        self.world, self.clients = world, {client: Known() for client in CLIENTS}
        self.alerts: dict[str, set[str]] = {}
        self.notices: set[tuple[str, int]] = set()
        self._scores: dict[tuple[str, int], tuple[int, ScoringSettings]] = {}

    def read(self) -> None:
        """Takes in what was committed since."""
        commits, self.world.stores.scores.commits = self.world.stores.scores.commits, []
        for now, before, after in commits:
            for seat, row in after.rows.items():
                old = before.rows.get(seat)
                evaluated = row.alerts.evaluated_as_of
                if evaluated is None or (old is not None and old.alerts.evaluated_as_of == evaluated):
                    continue
                assert now - evaluated <= DAY, "never late"
                self._evaluate(seat, row.client.id, evaluated)

    def _evaluate(self, seat: int, client: str, as_of: int) -> None:
        known = self.clients[client]
        assert known.evaluated is None or as_of > known.evaluated, "never back in time"
        score, velocity, by = self._found(seat, client, as_of)
        alerts, notices = decision(known, score, velocity, by, as_of)
        if alerts:
            self.alerts[alert_id(Instant(as_of), client, "weighted")] = alerts
        if notices:
            self.notices.add((client, as_of))

    def _found(self, seat: int, client: str, as_of: int) -> tuple[int, int | None, ScoringSettings]:
        """The score that was kept for an instant, its velocity, and the settings that it was computed under."""
        stores = self.world.stores
        snapshots = {
            kept.value.date: kept.value
            for place, kept in vars(stores.scores)["_snapshots"].items()
            if seat in kept.value.scores and place[1] == seat // 64
        }
        kept: Any = next((s for s in snapshots.values() if s.as_of == as_of), None)
        scores: Any = None if kept is None else kept.scores[seat]
        if kept is None:
            kept = vars(stores.scores)["_calculations"][ACME, seat // 64, client, as_of].value
            scores = kept.scores
        earlier = [snapshots[kept.date - age] for age in range(30, 38) if kept.date - age in snapshots]
        velocity = scores.weighted - earlier[0].scores[seat].weighted if earlier else None
        return scores.weighted, velocity, stores.tenants.settings_version(ACME, kept.stamp.settings_version).scoring

    def check_stored(self) -> None:
        """One alert per transition, no more and no fewer, each with the rules that fired."""
        stored = {alert.id: {reason.rule for reason in alert.reasons} for alert in self.world.alerts}
        assert stored == self.alerts

    def check_told(self, *, complete: bool) -> None:
        """One message per alert for a subscriber that drops repeated ids; all of them once everything came again."""
        told = self.world.told()
        assert len(told) == len(set(told))
        assert set(told) == set(self.alerts) if complete else set(told) <= set(self.alerts)
        noticed = [
            (alert["client_id"], alert["as_of"])
            for body in self.world.messages().values()
            if body["kind"] == "settings_notice"
            for alert in body["alerts"]
        ]
        assert len(noticed) == len(set(noticed))
        assert len(noticed) == len(self.notices) if complete else len(noticed) <= len(self.notices)
        if complete:
            assert all(alert.published_at for alert in self.world.alerts)
            outbox = self.world.stores.alerts.outbox(ACME)
            assert (outbox.entries, outbox.released) == ([], {})
            # What tells a repeat of a notice goes away with the next release; none is to come here.
            assert all(digest.published for digest in outbox.digests)


crashes = st.none() | st.builds(CrashPoint, st.integers(0, 60), st.booleans())


class AlertMachine(RuleBasedStateMachine):
    """Anything that can happen to a tenant of four clients on two pages of different messages."""

    @initialize(points=st.tuples(*[st.sampled_from(POINTS)] * len(CLIENTS)), workflow=st.booleans())
    def found(self, points: tuple[int, ...], workflow: bool) -> None:
        self.world = World().found(alert_cooldown_days=3)
        self.world.settings(workflow=workflow)
        for client, score in zip(CLIENTS, points, strict=True):
            if client == "far":
                self.world.leave_seats(512 - 3)
            self.world.client(client, score)
        self.world.deliver()
        self.model = Model(self.world)
        self.last_night = NIGHT - DAY
        self.clean = True

    def until(self, crash: CrashPoint | None, *steps: Any) -> None:
        """Takes steps until the crash."""
        self.world.calls.plan(crash)
        try:
            for step in steps:
                step()
        except CrashError:
            self.clean = False
        self.world.calls.plan(None)
        self.model.read()

    @rule(days=st.sampled_from((1, 1, 1, 2, 3, 7, 30)), crash=crashes, reverse=st.booleans(), relayed=st.booleans())
    def night(self, days: int, crash: CrashPoint | None, reverse: bool, relayed: bool) -> None:
        self.last_night += days * DAY
        world, as_of = self.world, self.last_night
        world.now = max(world.now, as_of)
        steps = [lambda: world.fire(as_of), lambda: world.deliver(reverse=reverse)]
        self.until(crash, *steps, *([world.relay] if relayed else []))

    @rule(crash=crashes)
    def the_same_night_again(self, crash: CrashPoint | None) -> None:
        if self.last_night >= NIGHT:
            self.until(crash, lambda: self.world.fire(self.last_night), self.world.deliver, self.world.relay)

    @rule(client=st.sampled_from(CLIENTS), points=st.sampled_from(POINTS), logged=st.booleans(), crash=crashes)
    def records_move_a_score(self, client: str, points: int, logged: bool, crash: CrashPoint | None) -> None:
        self.until(crash, lambda: self.world.move(client, points, logged=logged), self.world.deliver)

    @rule(client=st.sampled_from(CLIENTS), crash=crashes)
    def recalculation(self, client: str, crash: CrashPoint | None) -> None:
        self.until(crash, lambda: self.world.recalculate(client))

    @rule(
        threshold=st.sampled_from((40, 60, 62, 96)),
        points=st.sampled_from((10, 15)),
        yellow=st.sampled_from((39, 40, 60)),
        margin=st.sampled_from((0, 5)),
    )
    def new_settings(self, threshold: int, points: int, yellow: int, margin: int) -> None:
        self.world.settings(
            alert_threshold=threshold, velocity_alert_points=points, yellow_threshold=yellow, rearm_margin=margin
        )
        self.until(None, self.world.deliver)

    @precondition(lambda self: self.world.alerts)
    @rule(place=st.integers(0, 99), status=st.sampled_from(("OPEN", "ACKNOWLEDGED", "RESOLVED")), crash=crashes)
    def a_person_answers(self, place: int, status: str, crash: CrashPoint | None) -> None:
        chosen: Alert = self.world.alerts[place % len(self.world.alerts)]
        try:
            self.until(crash, lambda: self.world.app.alert_actions.set_alert_status(ACME, chosen.id, status, ADA))
        except ConflictError:
            assert chosen.status == "RESOLVED"
            self.until(None)

    @rule(crash=crashes)
    def the_stream(self, crash: CrashPoint | None) -> None:
        self.until(crash, self.world.relay)

    @rule(minutes=st.sampled_from((2, 31, 61)), crash=crashes)
    def the_sweep(self, minutes: int, crash: CrashPoint | None) -> None:
        self.world.now += 60 * minutes
        self.until(crash, self.world.sweep, self.world.deliver)

    @rule()
    def everything_comes_again(self) -> None:
        """None is lost: the last night was evaluated for everybody, and all of it was told."""
        world = self.world
        world.calls.plan(None)
        world.recover()
        self.model.read()
        self.model.check_stored()
        self.model.check_told(complete=True)
        run = world.stores.runs.recent(ACME, day_of_instant(self.last_night), day_of_instant(self.last_night))
        if run and world.now - self.last_night <= DAY:
            assert run[0].complete
            assert all((known.evaluated or 0) >= self.last_night for known in self.model.clients.values())

    @invariant()
    def stored_and_told_agree_with_the_model(self) -> None:
        if hasattr(self, "model"):
            self.model.check_stored()
            self.model.check_told(complete=False)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.everything_comes_again()


AlertMachine.TestCase.settings = settings(
    deadline=None,
    max_examples=60 * int(os.environ.get("SOAK", "1")),
    stateful_step_count=25,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestAlerts = AlertMachine.TestCase


# ---- stories -------------------------------------------------------------------------------------------


def test_thirty_nights_of_flapping_and_of_staying_below() -> None:
    world = World().found()
    for client, points in (("flaps", 58), ("stays", 55), ("worse", 45), ("fine", 60)):
        world.client(client, points)
    for number in range(30):
        world.night(NIGHT + number * DAY)
        world.move("flaps", 58 if number % 2 else 61)
    found = [(alert.client_id, alert.as_of) for alert in world.alerts]
    assert sorted(found) == [("flaps", NIGHT), ("stays", NIGHT), ("worse", NIGHT)]
    assert world.told() == [alert.id for alert in sorted(world.alerts)]


@pytest.mark.parametrize("manager", ["m1", None])
@pytest.mark.parametrize(("alerts", "kinds"), [(20, ["alert"] * 20), (21, ["digest"]), (130, ["digest"])])
def test_more_than_twenty_are_one_digest(alerts: int, kinds: list[str], manager: str | None) -> None:
    world = World().found()
    for number in range(alerts):
        world.client(f"c{number:03d}", 59 - number % 50, manager)
    world.client("other", 50, "m2")
    world.night(NIGHT)
    mine = [body for body in world.messages().values() if body["account_manager_id"] == manager]
    assert [body["kind"] for body in mine] == kinds
    if alerts > 20:
        listed = [(alert["score"], alert["client_name"]) for alert in mine[0]["alerts"]]
        assert listed == sorted(listed)
        assert len(listed) == min(alerts, 100)
    assert len(world.messages()) == len(kinds) + 1
    assert world.stores.alerts.outbox(ACME) == Outbox([], [], {})


def test_more_than_one_digest_holds_are_several_and_each_is_told_once() -> None:
    """A digest holds 10,000 alerts; what is over is one more, or where that is not worth it goes alone."""
    for over, kinds in ((21, {"digest": 2}), (20, {"digest": 1, "alert": 20})):
        world = World().found()
        raised = [alert_of(f"c{number:05d}", number % 60) for number in range(DIGEST_MEMBERS + over)]
        for version, start in enumerate(range(0, len(raised), 30), 1):
            writes = AlertWrites(tuple(raised[start : start + 30]), (), (), day_of_instant(NIGHT), NIGHT)
            assert world.stores.scores.put_current(ACME, 0, CurrentPage({}, version), writes) is None
        world.now = NIGHT + HOUR
        relayed = world.app.relay.publish(ACME)
        assert (relayed.published, relayed.left, relayed.errors) == (len(raised), 0, ())
        told = world.messages().values()
        assert Counter(body["kind"] for body in told) == kinds
        assert sum(len(body["alerts"]) + body.get("more", 0) for body in told) == len(raised)
        assert all(alert.delivery == "sent" for alert in world.alerts)
        assert world.stores.alerts.outbox(ACME).entries == []


def alert_of(client: str, score: int) -> Alert:
    reasons = (Reason("threshold", threshold=60),)
    name, as_of = alert_id(NIGHT, client, "weighted"), NIGHT
    return Alert(name, client, client, "m1", "weighted", score, None, "RED", reasons, "The score fell.", as_of)


def test_a_mass_recovery_fits_into_transactions() -> None:
    """Sixty clients of one page resolve three alerts each."""
    world = World().found()
    clients = [f"c{number:02d}" for number in range(60)]
    for client in clients:
        world.client(client, 59)
    for night, points in ((0, 59), (8, 30), (30, 30), (31, 95)):
        if points != 59:
            for client in clients:
                world.move(client, points)
        world.now = max(world.now, NIGHT + night * DAY - HOUR)
        world.night(NIGHT + night * DAY)
        if night == 30:
            assert len(world.alerts) == 180
    assert {alert.status for alert in world.alerts} == {"RESOLVED"}
    assert {body["kind"] for body in world.messages().values()} == {"digest"}
    assert len(world.told()) == 180
    assert world.stores.alerts.outbox(ACME) == Outbox([], [], {})


@pytest.mark.parametrize("late", [0, 1])
def test_a_night_that_comes_a_day_late_alerts_nobody(late: int) -> None:
    world = World().found()
    world.client("c1", 50)
    world.deliver()
    world.now = NIGHT + DAY + late
    world.night(NIGHT)
    assert len(world.alerts) == 1 - late


def test_an_answer_never_undoes_what_resolved_meanwhile() -> None:
    """The alert resolves between the person's reading it and the answer."""
    world = World().found()
    world.client("c1", 50)
    world.night(NIGHT)
    (alert,) = world.alerts
    world.move("c1", 90)
    world.deliver()
    seats = world.app.alert_actions._roster.seats

    def meanwhile(*arguments: Any) -> Any:
        world.app.alert_actions._roster = world.stores.roster
        world.night(NIGHT + DAY)
        return seats(*arguments)

    world.app.alert_actions._roster = type("Roster", (), {"seats": staticmethod(meanwhile)})()
    with pytest.raises(ConflictError):
        world.app.alert_actions.set_alert_status(ACME, alert.id, "ACKNOWLEDGED", ADA)
    assert [held.status for held in world.alerts] == ["RESOLVED"]
