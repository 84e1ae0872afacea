"""Evaluating the alert rules of a page's clients, and writing the alerts that come of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final, NamedTuple

from chalicelib.domain import weighted
from chalicelib.domain.alert_sentences import Then, alert_sentence
from chalicelib.domain.alerts import (
    Alert,
    AlertDecision,
    AlertState,
    Observation,
    Reason,
    alert_id,
    evaluate_rules,
    may_alert,
    observe,
    without_tickets,
)
from chalicelib.domain.deduction import open_ticket_rows
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, Evaluation
from chalicelib.domain.facts import Day, Facts, Instant
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS, Moment
from chalicelib.domain.outbox import AlertWrites, SettingsNotice
from chalicelib.domain.roster import stamp_of
from chalicelib.domain.sentences import factor_sentences, signal_sentences
from chalicelib.domain.settings import TICKETS, Model, ScoringSettings, Settings
from chalicelib.domain.velocity import baseline, baseline_snapshot
from chalicelib.services.current_rows import AlertChange
from chalicelib.services.errors import SharedError

Earlier = Callable[[], Iterator[Snapshot]]

SNAPSHOTS_AT_A_TIME: Final = 4
"""That are read of the earlier ones: the newest has most clients already."""


class ScoredClient(NamedTuple):
    """A scored client: its facts, its evaluation, and the scores that stand for it."""

    facts: Facts
    evaluation: Evaluation
    scores: Scores


class AlertEvaluation:
    """Evaluates the alert rules of the clients of one page at one moment."""

    def __init__(
        self,
        moment: Moment,
        settings: Settings,
        connected: Sequence[str],
        clients: Mapping[int, ScoredClient],
        baselines: Sequence[Snapshot],
        earlier: Earlier,
        version: Callable[[int], Settings],
        now: Instant,
        run_date: Day | None = None,
    ) -> None:
        """`earlier` reads the page's snapshots before the moment, newest first; `version` other settings versions.

        Both are read only when a client needs them. `run_date` is that of a nightly run, None for a calculation.
        """
        self._moment, self._settings, self._connected = moment, settings, tuple(connected)
        self._clients, self._baselines, self._version = clients, baselines, version
        self._earlier, self._read = earlier, list[Snapshot]()
        self._now, self._run_date = now, run_date
        self._stamp = stamp_of(settings, connected)
        self._model: Model = settings.scoring.resolved_primary_model(connected)

    def evaluate(self, seat: int, state: AlertState) -> AlertChange | None:
        """The next state of a client's alerts, as `EvaluateAlerts` promises it."""
        scored = self._clients.get(seat)
        if scored is None or not may_alert(state, self._moment.as_of, self._now):
            return None
        scores, before = scored.scores, baseline(seat, self._baselines, self._moment.today)
        observation = observe(self._model, scores, self._connected, before, self._settings.scoring)
        old = self._under_old_settings(state, scores, before)
        decision = evaluate_rules(state, observation, old, self._moment.as_of, self._stamp)
        return AlertChange(decision.state, self._writes(seat, scored, observation, decision))

    def _under_old_settings(
        self, state: AlertState, scores: Scores, before: tuple[Scores, Stamp] | None
    ) -> Observation | None:
        """The same points under what was in force at the client's last evaluation; None where nothing changed."""
        if state.stamp is None or state.model is None:
            return None
        if (state.stamp, state.model) == (self._stamp, self._model):
            return None
        settings: ScoringSettings = self._settings.scoring
        if state.stamp.settings_version != self._stamp.settings_version:
            with _shared():
                settings = self._version(state.stamp.settings_version).scoring
        if TICKETS in self._connected and TICKETS not in state.stamp.sources:
            scores = without_tickets(scores)
        return observe(state.model, scores, state.stamp.sources, before, settings)

    def _writes(
        self, seat: int, scored: ScoredClient, observation: Observation, decision: AlertDecision
    ) -> AlertWrites:
        client = scored.facts.client
        resolved = tuple(alert_id(alert.as_of, client.id, alert.model) for alert in decision.resolved)
        alerts = (self._alert(seat, scored, observation, decision.reasons),) if decision.reasons else ()
        notices: tuple[SettingsNotice, ...] = ()
        if decision.noticed:
            alert = self._alert(seat, scored, observation, decision.noticed)
            notices = (SettingsNotice(alert, self._stamp.settings_version),)
        return AlertWrites(alerts=alerts, notices=notices, resolved=resolved, run_date=self._run_date, now=self._now)

    def _alert(self, seat: int, scored: ScoredClient, observation: Observation, reasons: tuple[Reason, ...]) -> Alert:
        client, scores = scored.facts.client, scored.scores
        if observation.score is None:
            raise ValueError("there is no alert without a score")
        before = baseline_snapshot(seat, self._baselines, self._moment.today)
        then = None if before is None else Then(before.date, before.scores[seat], before.stamp)
        sentence = alert_sentence(
            client.name, observation, reasons, scores, self._connected, then, self._facts_said(scored)
        )
        return Alert(
            id=alert_id(self._moment.as_of, client.id, observation.model),
            client_id=client.id,
            client_name=client.name,
            account_manager_id=client.account_manager_id,
            model=observation.model,
            score=observation.score,
            previous_score=self._previous_score(seat, observation.model),
            band=observation.band,
            reasons=reasons,
            sentence=sentence,
            as_of=self._moment.as_of,
        )

    def _facts_said(self, scored: ScoredClient) -> Sequence[str]:
        facts, evaluation = scored.facts, scored.evaluation
        if self._model == "deduction":
            activity = evaluation.activities[DEFAULT_PERIOD_INDEX]
            return factor_sentences(activity, evaluation.standing, PERIODS[DEFAULT_PERIOD], self._connected)
        open_until = self._settings.scoring.ticket_open_until
        open_rows = open_ticket_rows(facts.tickets, self._moment.as_of, open_until)
        return signal_sentences(weighted.readings(facts, open_rows, self._moment))

    def _previous_score(self, seat: int, model: Model) -> int | None:
        """The score of the newest earlier snapshot that has the client."""
        for snapshot in self._earlier_snapshots():
            if seat in snapshot.scores:
                return snapshot.scores[seat].of(model)
        return None

    def _earlier_snapshots(self) -> Iterator[Snapshot]:
        """Earlier snapshots, newest first, each read once for all clients."""
        yield from self._read
        while (snapshot := self._next()) is not None:
            self._read.append(snapshot)
            yield snapshot

    def _next(self) -> Snapshot | None:
        with _shared():
            return next(self._unread, None)

    @cached_property
    def _unread(self) -> Iterator[Snapshot]:
        return iter(self._earlier())


@contextmanager
def _shared() -> Iterator[None]:
    """What is read within is not the client's own."""
    try:
        yield
    except Exception as error:
        raise SharedError(error) from error
