"""Answers of several routes: the domain's values as the contract's JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, cast

from chalicelib.domain import weighted
from chalicelib.domain.activities import Author
from chalicelib.domain.data_quality import NAMED_FLAWS
from chalicelib.domain.deduction import FACTORS, STATUS_LABELS
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX
from chalicelib.domain.facts import Client, Money
from chalicelib.domain.fleet import band_for
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS
from chalicelib.domain.records import amount_json
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.sentences import FACTOR_LABELS, SIGNAL_LABELS, factor_sentences, factor_values, signal_sentences
from chalicelib.domain.settings import FIRM_COVERAGE, SIGNAL_SOURCE, SIGNALS, Model, ScoringSettings, weight_number
from chalicelib.domain.times import format_day, format_instant
from chalicelib.domain.velocity import Velocity, direction, projection
from chalicelib.domain.weighted import Points, WeightedResult
from chalicelib.tenancy import scope

if TYPE_CHECKING:
    from chalicelib.api.shapes import activities as activity_shapes
    from chalicelib.api.shapes import clients as shapes
    from chalicelib.api.shapes import common as common_shapes
    from chalicelib.domain.history import HistoryEntry
    from chalicelib.domain.peers import Peers
    from chalicelib.domain.trend import MonthChange
    from chalicelib.services.cards import Card


def author_json(author: Author) -> "activity_shapes.ActivityAuthor":
    """Who did something, by the name of that time."""
    return {"subject": author.subject, "name": author.name}


def client_json(client: Client) -> "shapes.Client":
    """A client's record."""
    since, money = client.client_since, client.monthly_recurring_revenue
    return {
        "client_id": client.id,
        "name": client.name,
        "status": client.effective_status,
        "archived": client.archived,
        "industry": client.industry,
        "account_manager_id": client.account_manager_id,
        "client_since": None if since is None else format_day(since),
        "monthly_recurring_revenue": None if money is None else money_json(money),
        "at_risk_since": None if client.at_risk_since is None else format_instant(client.at_risk_since),
    }


def score_json(model: Model, row: CurrentRow | None) -> "shapes.CurrentScore":
    """The score of a model in a current row, as client records and lists carry it."""
    if row is None or row.evaluation is None:
        return {"model": model, "score": None, "band": None, "provisional": False, "computed_at": None}
    score = row.score(model)
    firm = model == "deduction" or score is None or row.evaluation.coverage >= FIRM_COVERAGE
    return {
        "model": model,
        "score": score,
        "band": band_for(model, score, row.stamp),
        "provisional": not firm,
        "computed_at": format_instant(row.as_of),
    }


def card_json(card: "Card") -> "shapes.HealthCard":
    """The live card."""
    scored = card.row.evaluation is not None
    return {
        "client": client_json(card.facts.client),
        "computed_at": format_instant(card.moment.as_of),
        "primary_model": card.tenant.primary_model,
        "settings_version": card.tenant.settings.version,
        "models": {"deduction": _deduction_json(card), "weighted": _weighted_json(card)} if scored else None,
        "risk_indicators": list(card.indicators),
        "data_quality": [
            {"code": flaw.code, "record_type": flaw.record_type, "record_id": flaw.record_id, "message": flaw.message}
            for flaw in card.flaws[:NAMED_FLAWS]
        ],
        "data_quality_total": len(card.flaws),
        "trend": [_trend_point(entry) for entry in card.trend],
    }


def _deduction_json(card: "Card") -> "shapes.DeductionResult":
    evaluation = card.row.evaluation
    if evaluation is None:
        raise ValueError("an unscored client has no result")
    result = evaluation.deduction()
    activity, standing = evaluation.activities[DEFAULT_PERIOD_INDEX], evaluation.standing
    sentences = factor_sentences(activity, standing, PERIODS[DEFAULT_PERIOD], card.row.stamp.sources)
    factors = zip(FACTORS, factor_values(activity, standing), result.points, sentences, strict=True)
    return {
        "score": result.score,
        "status": result.status,
        "label": STATUS_LABELS[result.status],
        "factors": [
            {"id": factor, "label": FACTOR_LABELS[factor], "value": value, "points": points, "sentence": sentence}
            for factor, value, points, sentence in factors
        ],
        **_history_fields(result.score, card.row.deduction_velocity, card.peers["deduction"]),
    }


def _weighted_json(card: "Card") -> "shapes.WeightedResult":
    scoring, combined = card.tenant.settings.scoring, card.combined
    points = [reading.points for reading in card.readings]
    result = weighted_result_json(points, combined, scoring, card.row.stamp.sources)
    sentences = signal_sentences(card.readings)
    return {
        **result,
        "signals": [
            {**signal, "value": reading.value, "sentence": sentence}
            for signal, reading, sentence in zip(result["signals"], card.readings, sentences, strict=True)
        ],
        **_history_fields(combined.score, card.row.weighted_velocity, card.peers["weighted"]),
    }


def weighted_result_json(
    points: Points, result: WeightedResult, scoring: ScoringSettings, connected: Sequence[str]
) -> "shapes.PreviewedScore":
    """A result of the weighted model, its signals by their points."""
    band = weighted.band_of(result.score, scoring)
    exact = None if result.exact is None else weighted.exact_hundredths(result.exact)
    contributions = weighted.contributions(points, result, scoring)
    return {
        "score": result.score,
        "exact_score": hundredths_text(exact),
        "band": band,
        "label": weighted.BAND_LABELS[band],
        "advice": weighted.BAND_ADVICE[band],
        "coverage": weight_number(result.coverage),
        "provisional": result.provisional,
        "signals": [
            {
                "id": signal,
                "label": SIGNAL_LABELS[signal],
                "points": points[place],
                "weight": weight_number(scoring.weights[place]),
                "contribution": hundredths_text(contributions[place]),
                "missing": missing_reason(points[place], SIGNAL_SOURCE[place], connected),
            }
            for place, signal in enumerate(SIGNALS)
        ],
    }


def missing_reason(
    points: int | None, source: str, connected: Sequence[str]
) -> Literal["no_data", "not_connected"] | None:
    """Why a signal does not count: its source is not connected, or it has no data."""
    if source not in connected:
        return "not_connected"
    return "no_data" if points is None else None


def hundredths_text(value: int | None) -> str | None:
    """A number of hundredths as a two-decimal string."""
    return None if value is None else f"{value // 100}.{value % 100:02d}"


def _history_fields(score: int | None, velocity: Velocity, peers: "Peers") -> "shapes.Movement":
    return {
        "velocity": velocity.points,
        "velocity_restated": velocity.restated,
        "velocity_reason": velocity.reason,
        "projected_score": projection(score, velocity),
        "peers": peers_json(peers),
    }


FEWEST_PEERS: Final = 3
"""An average of fewer tells who knows one of the scores the other one."""


def for_caller(card: "shapes.HealthCard") -> "shapes.HealthCard":
    """A card as the caller may see it: an average that tells a single other client's score is for who has all."""
    if scope() is None or card["models"] is None:
        return card
    deduction, weighted_result = card["models"]["deduction"], card["models"]["weighted"]
    return {
        **card,
        "models": {
            "deduction": {**deduction, "peers": _of_many(deduction["peers"])},
            "weighted": {**weighted_result, "peers": _of_many(weighted_result["peers"])},
        },
    }


def _of_many(found: "shapes.Peers") -> "shapes.Peers":
    industry, everybody = found["industry"], found["all"]
    return {
        "industry": None if industry is None or industry["n"] < FEWEST_PEERS else industry,
        "all": None if everybody is None or everybody["n"] < FEWEST_PEERS else everybody,
        "percentile": None if found["n"] < FEWEST_PEERS else found["percentile"],
        "n": found["n"],
    }


def peers_json(peers: "Peers") -> "shapes.Peers":
    return {
        "industry": {"average": peers.industry_average, "n": peers.industry_n},
        "all": {"average": peers.all_average, "n": peers.n},
        "percentile": peers.percentile,
        "n": peers.n,
    }


def _trend_point(entry: "HistoryEntry") -> "shapes.CardTrendPoint":
    return {
        "date": format_day(entry.date),
        "deduction": entry.scores.deduction,
        "weighted": entry.scores.weighted,
        "settings_version": entry.stamp.settings_version,
    }


def history_json(entry: "HistoryEntry") -> "shapes.HistoryItem":
    """A snapshot or a calculation in a client's history."""
    scores, stamp = entry.scores, entry.stamp
    return {
        "date": format_day(entry.date),
        "as_of": format_instant(entry.as_of),
        "trigger": entry.trigger,
        "settings_version": stamp.settings_version,
        "deduction": {
            "score": scores.deduction,
            "status": band_for("deduction", scores.deduction, stamp),
            "points": cast("shapes.FactorPoints", dict(zip(FACTORS, scores.factor_points, strict=True))),
        },
        "weighted": {
            "score": scores.weighted,
            "band": band_for("weighted", scores.weighted, stamp),
            "coverage": weight_number(scores.coverage),
            "provisional": scores.weighted is not None and scores.coverage < FIRM_COVERAGE,
            "points": cast("shapes.SignalPoints", dict(zip(SIGNALS, scores.signal_points, strict=True))),
        },
    }


def money_json(money: Money) -> "common_shapes.Money":
    return {"currency": money.currency, "amount": amount_json(money.amount)}


def money_list(sums: Sequence[tuple[str, int]]) -> "list[common_shapes.Money]":
    """Sums per currency."""
    return [{"currency": currency, "amount": amount_json(amount)} for currency, amount in sums]


def trend_direction(velocity: Velocity) -> "shapes.ScoreTrend | None":
    """The Score Trend column; None without a velocity."""
    moves = direction(velocity.points)
    if velocity.points is None or moves is None:
        return None
    return {"direction": moves, "points": velocity.points}


def change_json(change: "MonthChange") -> "common_shapes.ScoreChange":
    """Month over month."""
    return {
        "points": change.points,
        "baseline_date": None if change.baseline_date is None else format_day(change.baseline_date),
        "settings_changed": change.settings_changed,
    }
