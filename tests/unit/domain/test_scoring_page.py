"""docs/scoring.md says what the code does: its tables against the code's numbers, its examples computed."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Final

from chalicelib.domain import data_quality, deduction, moment, settings, weighted
from chalicelib.domain.client_health import INDICATOR_CLIENTS
from chalicelib.domain.deduction import FACTORS, INDICATOR_LABELS, STATUS_LABELS, Tiers
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Contract,
    Facts,
    Headcount,
    Instant,
    Qbr,
    Survey,
    Ticket,
    Touchpoint,
)
from chalicelib.domain.fleet import FASTEST_DECLINING
from chalicelib.domain.history import RETENTION_DAYS
from chalicelib.domain.plan.levers import EFFORT
from chalicelib.domain.plan.path import HOLDS_DAYS
from chalicelib.domain.sentences import factor_sentences, signal_sentences
from chalicelib.domain.settings import (
    REMEMBERED_SOURCES,
    SIGNAL_SOURCE,
    SIGNALS,
    SOURCES,
    TICKETS,
    ScoringSettings,
)
from chalicelib.domain.trend import TREND_DAYS
from chalicelib.domain.velocity import BASELINE_NEWEST_DAYS, BASELINE_OLDEST_DAYS
from chalicelib.domain.weighted import SURVEY_SCALES, band_of, combine, contributions, exact_hundredths
from tests.unit.domain.builders import AS_OF, DAY, HOUR, NOW, TODAY, facts, invoice

PAGE: Final = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8")
TEXT: Final = " ".join(PAGE.split())
DEFAULT: Final = ScoringSettings()


def section(heading: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    match = re.search(rf"(?m)^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert match is not None, heading
    return match[1]


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading by their first cell, without its backticks."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")][2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in rows}


def signed(number: int) -> str:
    return f"−{-number}" if number < 0 else f"+{number}" if number else "0"


def minus(number: int) -> str:
    return str(number).replace("-", "−")


def over(tiers: Tiers, unit: str = "") -> str:
    return "; ".join(f"over {bound}{unit} −{points}" for bound, points in tiers)


def up_to(tiers: Tiers, beyond: int, unit: str = "") -> str:
    return "; ".join([*(f"up to {bound}{unit} {points}" for bound, points in tiers), f"more {beyond}"])


# ---- tables --------------------------------------------------------------------------------------------


def test_the_factors() -> None:
    (_, up), (some, more), (many, most) = deduction.VOLUME_TIERS
    expected = {
        "ticket_volume": f"up −{up}; more than {some} % up −{more}; more than {many} % up −{most}; "
        f"from none to some −{deduction.FROM_NOTHING_POINTS}",
        "first_response": f"{over(deduction.RESPONSE_TIERS, ' h')}; none answered 0",
        "overdue_tickets": f"−{deduction.OVERDUE_POINTS} for each",
        "open_tickets": over(deduction.OPEN_TIERS),
        "inactivity": f"{over(deduction.INACTIVITY_TIERS, ' days')}; unknown 0",
        "active_contract": f"at least one +{deduction.CONTRACT_BONUS}",
    }

    assert {name: cells[-1] for name, cells in table("Factors").items()} == expected
    assert tuple(expected) == FACTORS


def test_status_and_windows() -> None:
    statuses = (
        f"from {deduction.HEALTHY_FROM} `HEALTHY` ({STATUS_LABELS['HEALTHY']}), from {deduction.AT_RISK_FROM} "
        f"`AT_RISK` ({STATUS_LABELS['AT_RISK']}), below `CRITICAL` ({STATUS_LABELS['CRITICAL']})"
    )
    names = ", ".join(f"`{name}`" for name in moment.PERIODS)

    assert statuses in TEXT
    assert f"A window has 7, 30 (the default), 90 or 365 days ({names})" in TEXT
    assert list(moment.PERIODS.values()) == [7, 30, 90, 365]
    assert moment.PERIODS[moment.DEFAULT_PERIOD] == 30


def test_the_indicators() -> None:
    found = table("Risk indicators")
    said = {
        "high_ticket_volume": f"tickets are more than {deduction.HIGH_VOLUME_PERCENT} % up",
        "slow_response": f"the first response takes more than {deduction.SLOW_RESPONSE_HOURS} h",
        "no_recent_activity": f"the days of `inactivity` are more than {deduction.INACTIVE_DAYS}",
        "contract_expiring": f"an active contract ends within {deduction.EXPIRING_DAYS} days and nothing follows it",
    }

    assert {code: label for code, (label, _) in found.items()} == INDICATOR_LABELS
    assert {code: found[code][1] for code in said} == said
    assert INDICATOR_CLIENTS == FASTEST_DECLINING == 5, "the page says five"


def test_the_path() -> None:
    assert {kind: int(effort) for kind, (effort, *_) in table("Levers").items()} == EFFORT
    assert f"at most {HOLDS_DAYS} days ahead" in TEXT


def test_the_signals() -> None:
    none, one, two, more = weighted.URGENT_POINTS
    from_points = "; ".join(f"from {bound} % {points}" for bound, points in weighted.GROWTH_FROM)
    above = "; ".join(f"above {minus(bound)} % {points}" for bound, points in weighted.GROWTH_ABOVE)
    (under_use, full), (bound, some) = weighted.UTILIZATION_TIERS
    (_, paid), *late = weighted.PAYMENT_TIERS
    over_contract = up_to(weighted.OVER_CONTRACT_TIERS, weighted.OVER_CONTRACT_BEYOND, " %")
    under_contract = up_to(weighted.UNDER_CONTRACT_TIERS, weighted.UNDER_CONTRACT_BEYOND, " %")
    expected = {
        "open_p1_p2_tickets": f"none {none}; 1 {one}; 2 {two}; 3 or more {more}; then −{weighted.OLD_TICKET_POINTS}, "
        f"once, if any is older than {weighted.OLD_TICKET_DAYS} days ({24 * weighted.OLD_TICKET_DAYS} h)",
        "csat_nps_trend": "0–100",
        "billable_utilization": f"up to {under_use} % {full}, under-use too; up to {bound} % {some}; "
        f"more {weighted.UTILIZATION_BEYOND}",
        "days_since_qbr": f"{up_to(weighted.QBR_TIERS, weighted.QBR_BEYOND)}; unknown {weighted.QBR_BEYOND}",
        "days_since_decision_maker_contact": f"{up_to(weighted.CONTACT_TIERS, weighted.CONTACT_BEYOND)}; "
        f"unknown {weighted.CONTACT_BEYOND}",
        "stack_standardization": f"that score, rounded; older than {weighted.ASSESSMENT_DAYS} days: no data",
        "payment_health": f"none {paid}; {up_to(tuple(late), weighted.PAYMENT_BEYOND)}",
        "contract_utilization_variance": f"over: {over_contract}; under: {under_contract}",
        "employee_growth": f"at most {weighted.SAME_STAFF} person {weighted.SAME_STAFF_POINTS}; "
        f"{from_points}; {above}; else {weighted.GROWTH_BELOW}",
    }
    found = table("Signals")

    assert {name: cells[-1] for name, cells in found.items()} == expected
    assert tuple(found) == SIGNALS
    assert [100 * int(cells[0]) for cells in found.values()] == list(DEFAULT.weights)
    assert tuple(cells[1] for cells in found.values()) == SIGNAL_SOURCE
    assert f"unless it is older than {weighted.HEADCOUNT_DAYS} days" in TEXT


def test_the_surveys() -> None:
    found = table("Surveys")
    for kind, scale in SURVEY_SCALES.items():
        level = "; ".join(f"from {minus(bound)} {points}" for bound, points in scale.tiers)
        assert found[kind][1] == f"{level}; else {weighted.SURVEY_LOWEST}"
        assert found[kind][2] == (
            f"{scale.better} up +{weighted.TREND_BETTER}; {scale.worse} down −{weighted.TREND_WORSE}; "
            f"{scale.much_worse} down −{weighted.TREND_MUCH_WORSE}"
        )
    first, second, third = weighted.SURVEY_WINDOWS
    assert f"the last {first}, {second} or {third} days count" in TEXT
    assert f"the first of these windows that holds at least {weighted.SURVEY_MINIMUM}." in TEXT


def test_settings_and_coverage() -> None:
    found = table("Settings")
    names = [name for name in found if name != "weights"]

    assert {name: int(found[name][0]) for name in names} == {name: getattr(DEFAULT, name) for name in names}
    assert f"Below {settings.MINIMUM_COVERAGE // 100} (`redistribute`), or at 0 (`neutral_50`)" in TEXT
    assert f"coverage below {settings.FIRM_COVERAGE // 100} is **provisional**" in TEXT
    assert f"weights of the connected sources reach {settings.FIRM_COVERAGE // 100}" in TEXT
    bands = {band: (label, advice) for band, (_, label, advice) in table("Combination").items()}
    assert bands == {band: (label, weighted.BAND_ADVICE[band]) for band, label in weighted.BAND_LABELS.items()}


def test_history_and_data_quality() -> None:
    assert f"dated {BASELINE_NEWEST_DAYS} to {BASELINE_OLDEST_DAYS} days ago" in TEXT
    assert f"Both expire {RETENTION_DAYS} days after `as_of`" in TEXT
    assert f"The trend of {TREND_DAYS} days" in TEXT
    assert f"Up to {data_quality.CLOCK_DIFFERENCE_SECONDS} seconds it is taken for a difference of clocks" in TEXT
    assert f"names the first {data_quality.NAMED_FLAWS} flaws" in TEXT


# ---- examples ------------------------------------------------------------------------------------------


def test_the_example_of_client_health() -> None:
    newest = AS_OF - 26 * HOUR

    def made(number: int, created: Instant, **times: Instant) -> Ticket:
        return Ticket(f"T{number}", 3, created, **times)

    answered = {"first_response": newest + 8 * HOUR + 10, "closed": AS_OF - 1}
    current = [made(number, newest, **answered) for number in range(9)]
    current += [made(number, newest, due=AS_OF - 1) for number in range(9, 11)]
    current += [made(number, newest, due=AS_OF) for number in range(11, 16)]
    before = [made(number, AS_OF - 40 * DAY, closed=AS_OF - 39 * DAY) for number in range(16, 26)]
    known = facts([*current, *before], contracts=[Contract("K1", "ACTIVE", TODAY - 100)])
    evaluation = evaluate(known, REMEMBERED_SOURCES, DEFAULT, NOW)
    assert evaluation is not None
    result = evaluation.deduction()
    activity = evaluation.activities[list(moment.PERIODS).index(moment.DEFAULT_PERIOD)]
    sentences = factor_sentences(activity, evaluation.standing, 30, REMEMBERED_SOURCES)

    assert table("Example: Client Health") == {
        name: [sentence, signed(points)]
        for name, sentence, points in zip(FACTORS, sentences, result.points, strict=True)
    }
    assert f"A client with a score of {result.score}, {STATUS_LABELS[result.status]}, in the window of 30 days" in TEXT


def test_the_example_of_the_health_score() -> None:
    read = weighted.readings(_example(), [0, 1], NOW)
    points = [reading.points for reading in read]
    connected = [source for source in (*SOURCES, TICKETS) if source != "reconciliation"]
    result = combine(points, connected, DEFAULT)
    assert result.score is not None
    assert result.exact is not None
    parts = contributions(points, result, DEFAULT)

    assert table("Example: Health Score") == {
        name: [
            sentence,
            "none" if point is None else str(point),
            str(weight // 100),
            f"{(part or 0) // 100}.{(part or 0) % 100:02d}",
        ]
        for name, sentence, point, weight, part in zip(
            SIGNALS, signal_sentences(read), points, DEFAULT.weights, parts, strict=True
        )
    }
    label = weighted.BAND_LABELS[band_of(result.score, DEFAULT)]
    exact = exact_hundredths(result.exact) / 100
    opening = f"A client with a score of {result.score}, exactly {exact}, {label}, with a coverage of"
    assert f"{opening} {result.coverage // 100}:" in TEXT
    whole = sum(
        point * weight // 100 for point, weight in zip(points, DEFAULT.weights, strict=True) if point is not None
    )
    assert f"The points weigh {whole:,} in all, over {result.coverage // 100}: {exact:.1f}." in TEXT


def _example() -> Facts:
    happy = [Survey(f"S{number}", "CSAT", 5 if number else 1, AS_OF - DAY) for number in range(7)]
    earlier = [Survey(f"E{number}", "CSAT", 5, AS_OF - 100 * DAY) for number in range(3)]
    return facts(
        [Ticket("T1", 1, AS_OF - 9 * DAY), Ticket("T2", 2, AS_OF - DAY)],
        surveys=[*happy, *earlier],
        billable_months=[BillableMonth("B1", NOW.month - 1, 45, 40)],
        qbrs=[Qbr("Q1", TODAY - 131, "COMPLETED")],
        touchpoints=[Touchpoint("X1", AS_OF - 45 * DAY, "CALL", decision_maker=True)],
        assessments=[Assessment("A1", TODAY - 9, Decimal("74.5"))],
        invoices=[invoice(status="SENT", due=TODAY - 10)],
        headcounts=[Headcount("H1", TODAY - 365, 40), Headcount("H2", TODAY, 42)],
    )
