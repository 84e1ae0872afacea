"""Sentences never contradict their points: who reads nothing else reaches the same points."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain import weighted
from chalicelib.domain.alert_sentences import Then, alert_sentence
from chalicelib.domain.alerts import Reason, observe
from chalicelib.domain.deduction import FACTORS, Activity, Standing, score
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Facts,
    Headcount,
    Qbr,
    Reconciliation,
    Survey,
    Touchpoint,
)
from chalicelib.domain.rounding import clamp, number, round_half_away
from chalicelib.domain.sentences import factor_sentences, signal_sentences
from chalicelib.domain.settings import REMEMBERED_SOURCES, SIGNALS, SOURCES, ScoringSettings
from chalicelib.domain.weighted import SURVEY_SCALES, Reading, SurveyLevel, combine
from tests.unit.domain import reader
from tests.unit.domain.builders import AS_OF, DAY, HOUR, NOW, STAMP, TODAY, facts, invoice, scores, ticket

HUGE: Final = 3 * 10**7
"""One of so many is less than four decimals of a percentage show."""

NEAR: Final = st.sampled_from([-2, -1, 0, 1, 2]) | st.integers(-1000, 1000)


# ---- numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("4", "4.00"),
        ("4.003", "4.003"),
        ("4.00004", "just over 4"),
        ("3.996", "3.996"),
        ("3.99999", "just under 4"),
        ("3.994", "3.99"),
        ("8.125", "8.13"),
        ("24.00005", "24.0001"),
    ],
)
def test_a_number_shows_its_side(value: str, shown: str) -> None:
    assert number(Fraction(value), (4, 8, 24), 2) == shown


def test_a_number_with_its_sign() -> None:
    assert number(Fraction(-2, 3), (0,), 1, signed=True) == "-0.7"
    assert number(Fraction(1, 10**6), (0,), 1, signed=True) == "just over +0"
    assert number(Fraction(-(10**6) - 1, 10**5), (-10,), 1, signed=True) == "just under -10"
    assert number(Fraction(74_499_999, 10**6), (Fraction(149, 2),), 4) == "just under 74.5"


@given(st.fractions(-60, 60), st.lists(st.integers(-60, 60), min_size=1, max_size=4), st.integers(0, 4))
def test_what_is_shown_lies_on_the_same_side(value: Fraction, bounds: list[int], places: int) -> None:
    shown = reader.value(number(value, bounds, places))

    assert [(value > bound) - (value < bound) for bound in bounds] == [
        (shown > bound) - (shown < bound) for bound in bounds
    ]
    assert abs(shown - value) <= Fraction(1, 2 * 10**places)


# ---- factors -------------------------------------------------------------------------------------------


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    """Volumes and response times at, and close to, every threshold."""
    before = draw(st.integers(0, 8) | st.integers(0, HUGE))
    percent = draw(st.sampled_from([-50, 0, 25, 50]))
    tickets = max(0, before * (100 + percent) // 100 + draw(NEAR))
    answered = draw(st.integers(0, 8) | st.integers(0, HUGE))
    seconds = max(0, answered * HOUR * draw(st.sampled_from([1, 4, 8, 24])) + draw(NEAR)) if answered else 0
    return Activity(tickets, before, answered, seconds)


days = st.integers(0, 100)
standings = st.builds(
    lambda known, inactive, counts: Standing(
        counts[0], counts[1], inactive if known else None, inactive, counts[2], False
    ),
    st.booleans(),
    days,
    st.tuples(st.integers(0, 14), st.integers(0, 3), st.integers(0, 3)),
)


@given(activities(), standings, st.booleans())
@example(Activity(1, 1, 1, 4 * HOUR + 10), Standing(0, 0, 0, 0, 0, False), True)
@example(Activity(12_501, 10_000, 0, 0), Standing(0, 0, 0, 0, 0, False), True)
def test_the_points_of_a_factor_follow_from_its_sentence(found: Activity, held: Standing, tickets: bool) -> None:
    if not tickets and held.last_activity_days is None:
        held = held._replace(inactivity_days=None)
    sentences = factor_sentences(found, held, 30, REMEMBERED_SOURCES if tickets else SOURCES)
    told = {name: reader.FACTORS[name](text) for name, text in zip(FACTORS, sentences, strict=True)}

    assert told == dict(zip(FACTORS, score(found, held).points, strict=True))


# ---- signals -------------------------------------------------------------------------------------------


@st.composite
def surveys(draw: st.DrawFn, kind: str) -> SurveyLevel:
    """Levels at, and close to, every threshold, and levels before them that make a trend."""
    scale = SURVEY_SCALES[kind]

    def opinions(responses: int, percent: Fraction) -> int:
        lowest = 0 if kind == "CSAT" else -responses
        return max(lowest, min(responses, round(percent * responses / 100) + draw(NEAR)))

    responses = draw(st.integers(3, 30) | st.integers(3, HUGE))
    level = draw(st.sampled_from([bound for bound, _ in scale.tiers]) | st.integers(-100, 100))
    total = opinions(responses, Fraction(level))
    before = draw(st.just(0) | st.integers(3, 30) | st.integers(3, HUGE))
    change = draw(st.sampled_from([0, scale.better, -scale.worse, -scale.much_worse]))
    total_before = opinions(before, Fraction(100 * total, responses) - change) if before else 0
    return SurveyLevel(total, responses, total_before, before, draw(st.sampled_from(weighted.SURVEY_WINDOWS)))


measured: Final[st.SearchStrategy[dict[str, SurveyLevel]]] = st.fixed_dictionaries(
    {}, optional={kind: surveys(kind) for kind in SURVEY_SCALES}
)


def decimals(most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(0, most, places=6).map(lambda d: d.normalize())


@st.composite
def known_facts(draw: st.DrawFn) -> Facts:
    """Facts whose signals lie at their thresholds, or a trifle beside them."""
    tiny = Decimal(draw(NEAR)).scaleb(-draw(st.sampled_from([0, 2, 6])))
    base = draw(st.sampled_from([Decimal(1), Decimal(3), Decimal(100), Decimal(10**6)]) | decimals(1000)) or Decimal(7)
    part = draw(st.sampled_from([Decimal(text) for text in ("0.5", "0.67", "0.9", "1", "1.1", "1.25")]))
    amount = max(Decimal(0), base * part + tiny)
    old = draw(st.sampled_from([7 * DAY, 3 * DAY, 0, 90 * DAY])) + draw(NEAR)
    urgent = [
        ticket(AS_OF - max(1, old - number * 5), id=f"T{number}", priority=1)
        for number in range(draw(st.integers(0, 4)))
    ]
    ago = st.sampled_from([0, 1, 29, 30, 31, 60, 61, 89, 90, 91, 120, 121, 180, 181])
    before = draw(st.integers(0, 60) | st.sampled_from([100, 1000, HUGE]))
    staff = max(0, round(before * draw(st.sampled_from([75, 90, 98, 100, 102, 110])) / 100) + draw(NEAR))
    stack = Decimal(draw(st.integers(0, 99))) + draw(
        st.sampled_from(["0", "0.5", "0.499999", "0.500001", "0.4"]).map(Decimal)
    )
    some = st.booleans()
    return facts(
        urgent,
        client_since=draw(st.none() | ago.map(lambda days: TODAY - days)),
        billable_months=[BillableMonth("B1", NOW.month - 1, amount, base)] if draw(some) else [],
        qbrs=[Qbr("Q1", TODAY - draw(ago), "COMPLETED", draw(some))] if draw(some) else [],
        touchpoints=[Touchpoint("X1", AS_OF - draw(ago) * DAY - 1, "CALL", True)] if draw(some) else [],
        assessments=[Assessment("A1", TODAY - 9, stack)] if draw(some) else [],
        invoices=[invoice(status="SENT", due=TODAY - draw(ago))] if draw(some) else [],
        reconciliations=[Reconciliation("R1", TODAY, base, amount)] if draw(some) else [],
        headcounts=[Headcount("H1", TODAY - 365, before), Headcount("H2", TODAY, staff)] if draw(some) else [],
    )


def readings_of(known: Facts, levels: Mapping[str, SurveyLevel]) -> tuple[Reading, ...]:
    read = list(weighted.readings(known, range(len(known.tickets.created)), NOW))
    if levels:
        read[SIGNALS.index("csat_nps_trend")] = weighted.survey_reading(levels)
    return tuple(read)


def csat(total: int, responses: int, total_before: int = 0, before: int = 0) -> dict[str, SurveyLevel]:
    return {"CSAT": SurveyLevel(total, responses, total_before, before, 90)}


@given(known_facts(), measured)
@example(facts(), csat(62, 73))
@example(facts(), csat(HUGE // 2 * 17 // 10 - 1, HUGE))
@example(facts(), csat(800_001, 10**6, 850_001, 10**6))
@example(facts(), {"NPS": SurveyLevel(499, 1000, 0, 0, 90)})
@example(facts(), {"NPS": SurveyLevel(16, 33, 1_269_998, 3_300_001, 90)})
@example(facts(billable_months=[BillableMonth("B", NOW.month - 1, Decimal("110.04"), 100)]), {})
def test_the_points_of_a_signal_follow_from_its_sentence(known: Facts, levels: dict[str, SurveyLevel]) -> None:
    read = readings_of(known, levels)
    told = {name: reader.SIGNALS[name](text) for name, text in zip(SIGNALS, signal_sentences(read), strict=True)}

    assert told == {name: reading.points for name, reading in zip(SIGNALS, read, strict=True)}


def test_the_surveys_of_facts_are_told() -> None:
    held = [Survey(f"S{n}", "CSAT", 5 if n else 1, AS_OF - DAY) for n in range(7)]
    known = facts(surveys=[*held, *(Survey(f"P{n}", "CSAT", 5, AS_OF - 100 * DAY) for n in range(3))])
    sentence = signal_sentences(readings_of(known, {}))[1]

    assert sentence == "CSAT 86% satisfied, 14 points down from 100%, over 7 responses of 90 days."
    assert reader.csat_nps_trend(sentence) == weighted.csat_nps_trend(known, NOW).points == 70


def budgeted(hours: str) -> Facts:
    return facts(billable_months=[BillableMonth("B", NOW.month - 1, Decimal(hours), 100)])


def assessed(score: str) -> Facts:
    return facts(assessments=[Assessment("A", TODAY, Decimal(score))])


def staffed(before: int, now: int) -> Facts:
    return facts(headcounts=[Headcount("H1", TODAY - 365, before), Headcount("H2", TODAY, now)])


def urgent(age: int) -> Facts:
    return facts([ticket(AS_OF - age, priority=1)])


MANY: Final = 3 * 10**6


@pytest.mark.parametrize(
    ("known", "levels", "sentence"),
    [
        (facts(), csat(62, 73), "CSAT 84.9% satisfied over 73 responses of 90 days."),
        (facts(), csat(3, 3, 3, 3), "CSAT 100% satisfied, as before, over 3 responses of 90 days."),
        (
            facts(),
            csat(MANY * 95 // 100 - 1, MANY, MANY, MANY),
            "CSAT just under 95% satisfied, just over 5 points down from 100.0000%, over 3000000 responses of 90 days.",
        ),
        (
            facts(),
            {"NPS": SurveyLevel(-1, 3, 80, 100, 180)},
            "NPS -33, 113 points down from +80, over 3 responses of 180 days.",
        ),
        (urgent(7 * DAY + 1), {}, "1 open P1/P2 ticket, open just over 7 days."),
        (urgent(DAY), {}, "1 open P1/P2 ticket, open 1 day."),
        (budgeted("110.04"), {}, "Billable hours 10.04% over the budget of 1 month."),
        (budgeted("99"), {}, "Billable hours 1.0% under the budget of 1 month."),
        (staffed(3, 2), {}, "2 employees against 3, 365 days before (one fewer)."),
        (staffed(40, 44), {}, "44 employees against 40, 365 days before (+10.0%)."),
        (assessed("74.499999"), {}, "Standardization score just under 74.5, assessed 0 days ago."),
        (assessed("74.25"), {}, "Standardization score 74.25, assessed 0 days ago."),
    ],
)
def test_sentences(known: Facts, levels: dict[str, SurveyLevel], sentence: str) -> None:
    assert sentence in signal_sentences(readings_of(known, levels))


# ---- alerts --------------------------------------------------------------------------------------------

CAUSE: Final = re.compile(r"(.*?) \((?:costs (\d+) of 100 points|−(\d+) since (\d+ [A-Z][a-z]+))\)(?:; |\.\Z)")


def said_since(days: int) -> str:
    then = date.fromordinal(TODAY - days)
    return f"{then.day} {('October', 'November')[then.month - 10]}"


@given(known_facts(), measured, st.none() | st.lists(st.integers(0, 100), min_size=9, max_size=9), st.integers(30, 37))
def test_what_an_alert_says_follows_from_its_numbers(
    known: Facts, levels: dict[str, SurveyLevel], before: list[int] | None, age: int
) -> None:
    settings = ScoringSettings()
    read = readings_of(known, levels)
    points = tuple(reading.points for reading in read)
    result = combine(points, SOURCES, settings)
    if result.score is None:
        return
    then = None
    if before is not None:
        was = combine(before, SOURCES, settings)
        then = Then(TODAY - age, scores(100, was.score, signal_points=tuple(before)), STAMP)
    now = scores(100, result.score, coverage=result.coverage, signal_points=points)
    observation = observe("weighted", now, SOURCES, None if then is None else (then.scores, then.stamp), settings)
    reasons = (Reason("threshold", threshold=60),)
    sentence = alert_sentence("Acme", observation, reasons, now, SOURCES, then, signal_sentences(read))

    movement, _, causes = sentence.partition(", below the alert threshold of 60")
    fell = then is not None and observation.velocity is not None and observation.velocity < 0
    match = re.search(r"fell from (\d+) to (\d+) since (.*)|lost (\d+) points? since (.*) and scores (\d+)", movement)
    assert (match is not None) is fell
    if match is None:
        assert movement == f"Acme scores {result.score}"
    elif match[1]:
        assert (int(match[2]) - int(match[1]), int(match[2])) == (observation.velocity, result.score)
        assert match[3] == said_since(age)
    else:
        assert (-int(match[4]), int(match[6]), match[5]) == (observation.velocity, result.score, said_since(age))

    told = CAUSE.findall(causes.removeprefix(": "))
    assert "".join(causes.split()) == "" or told or causes == "."
    assert "(−" not in CAUSE.sub("", causes), "a bare sum of points"
    for text, costs, lost, since in told:
        place = place_of(f"{text[0].upper()}{text[1:]}.", signal_sentences(read))
        shown = reader.SIGNALS[SIGNALS[place]](f"{text[0].upper()}{text[1:]}.")
        assert shown is not None
        assert (since == said_since(age)) is fell
        against = before[place] if before is not None and fell else 100
        loss = Fraction((against - shown) * settings.weights[place], result.coverage)
        assert int(costs or lost) == round_half_away(loss.numerator, loss.denominator)


def place_of(sentence: str, sentences: tuple[str, ...]) -> int:
    (place,) = [place for place, text in enumerate(sentences) if text == sentence]
    return place


@given(activities(), standings, st.none() | st.tuples(*[st.integers(-20, 0)] * 5, st.sampled_from([0, 5])))
def test_what_an_alert_of_client_health_says_follows_from_its_numbers(
    found: Activity, held: Standing, before: tuple[int, ...] | None
) -> None:
    result = score(found, held)
    now = scores(result.score, None, factor_points=result.points)
    then = None
    if before is not None:
        then = Then(TODAY - 30, scores(clamp(100 + sum(before)), None, factor_points=before), STAMP)
    observation = observe(
        "deduction", now, SOURCES, None if then is None else (then.scores, then.stamp), ScoringSettings()
    )
    sentences = factor_sentences(found, held, 30, REMEMBERED_SOURCES)
    sentence = alert_sentence("Acme", observation, (), now, SOURCES, then, sentences)

    fell = then is not None and then.scores.deduction > result.score
    assert sentence.startswith(
        f"Acme fell from {then.scores.deduction} to {result.score} since {said_since(30)}"
        if fell and then is not None
        else f"Acme scores {result.score}"
    )
    for text, costs, lost, _ in CAUSE.findall(sentence.partition(": ")[2]):
        place = place_of(f"{text[0].upper()}{text[1:]}.", sentences)
        shown = reader.FACTORS[FACTORS[place]](f"{text[0].upper()}{text[1:]}.")
        assert shown is not None
        against = before[place] if fell and before is not None else 0
        assert int(costs or lost) == against - shown
