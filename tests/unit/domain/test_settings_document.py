"""Settings as documents: lossless both ways, and what differs between two of them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.settings import SIGNALS, SOURCES, ScoringSettings, Settings
from chalicelib.domain.settings_document import (
    business_hours,
    changes,
    hours_document,
    scoring_document,
    settings_document,
    settings_of,
    weight_hundredths,
    weight_json,
)
from chalicelib.domain.times import EPOCH_DAY, parse_day

minutes = st.integers(0, 1440)
schedules = st.tuples(*[st.lists(st.tuples(minutes, minutes), max_size=3).map(tuple)] * 7)
scorings = st.builds(
    ScoringSettings,
    primary_model=st.sampled_from(["auto", "deduction", "weighted"]),
    ticket_open_until=st.sampled_from(["closed", "resolved"]),
    weights=st.tuples(*[st.integers(0, 10_000)] * 9),
    green_threshold=st.integers(1, 100),
    yellow_threshold=st.integers(1, 100),
    alert_threshold=st.integers(0, 100),
    velocity_alert_points=st.integers(1, 100),
    rearm_margin=st.integers(0, 50),
    alert_cooldown_days=st.integers(0, 90),
    missing_signals=st.sampled_from(["redistribute", "neutral_50"]),
    sources=st.none() | st.lists(st.sampled_from(SOURCES), unique=True).map(tuple),
    fallback_emails=st.lists(st.emails(), max_size=2).map(tuple),
)
holidays = st.frozensets(st.integers(EPOCH_DAY, EPOCH_DAY + 40_000), max_size=3)
all_settings = st.builds(
    Settings,
    st.just(7),
    scorings,
    st.builds(BusinessHours, st.booleans(), schedules, holidays),
    st.booleans(),
    st.dictionaries(st.sampled_from(["ticket", "client"]), st.just("https://psa.example/{id}")),
)


@given(all_settings)
def test_a_document_holds_all_settings(settings: Settings) -> None:
    document = json.loads(json.dumps(settings_document(settings)))

    assert settings_of(7, document) == settings
    assert settings_document(settings_of(7, document)) == document
    assert list(changes(document, document)) == []


def test_the_default_settings() -> None:
    assert Settings().version == 1
    assert settings_document(Settings()) == {
        "health_score": {
            "primary_model": "auto",
            "ticket_open_until": "closed",
            "weights": dict(zip(SIGNALS, (20, 15, 15, 10, 10, 10, 10, 5, 5), strict=True)),
            "green_threshold": 70,
            "yellow_threshold": 40,
            "alert_threshold": 60,
            "velocity_alert_points": 10,
            "rearm_margin": 5,
            "alert_cooldown_days": 7,
            "missing_signals": "redistribute",
            "sources": "auto",
            "fallback_emails": [],
        },
        "business_hours": {
            "enabled": False,
            "weekly": {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
            "holidays": [],
        },
        "workflows": {"at_risk_alert": {"enabled": False}},
        "links": {},
    }


def test_settings_of_an_older_build_have_no_links() -> None:
    document = settings_document(Settings())
    del document["links"]
    assert settings_of(1, document) == Settings()


def test_a_changed_link_is_one_change() -> None:
    before, after = (
        settings_document(Settings(links=links))
        for links in ({"ticket": "https://a.example/{id}"}, {"invoice": "https://b.example/"})
    )
    assert list(changes(before, after)) == [
        {"pointer": "/links/invoice", "from": None, "to": "https://b.example/"},
        {"pointer": "/links/ticket", "from": "https://a.example/{id}", "to": None},
    ]


def test_all_weights_have_two_exact_decimals() -> None:
    for hundredths in range(10_001):
        weight = weight_json(hundredths)

        assert weight_hundredths(weight) == weight_hundredths(Decimal(str(weight))) == hundredths
        assert Decimal(str(weight)) == Decimal(hundredths) / 100


@pytest.mark.parametrize(("hundredths", "text"), [(1250, "12.5"), (2000, "20"), (1, "0.01"), (0, "0"), (1255, "12.55")])
def test_weights_are_plain_json_numbers(hundredths: int, text: str) -> None:
    assert json.dumps(weight_json(hundredths)) == text


def test_business_hours_are_clock_times() -> None:
    hours = BusinessHours(
        True,
        (((480, 1020),), (), (), (), ((1320, 360), (0, 1)), (), ((0, 1440),)),
        frozenset({parse_day("2026-12-25"), parse_day("2026-01-01")}),
    )

    document = hours_document(hours)

    assert document["weekly"]["mon"] == [["08:00", "17:00"]]
    assert document["weekly"]["fri"] == [["22:00", "06:00"], ["00:00", "00:01"]]
    assert document["weekly"]["sun"] == [["00:00", "24:00"]]
    assert document["holidays"] == ["2026-01-01", "2026-12-25"]
    assert business_hours(document) == hours


def test_a_weekday_may_be_left_out() -> None:
    hours = business_hours({"enabled": True, "weekly": {"wed": [["09:30", "12:00"]]}, "holidays": []})

    assert hours.weekly == ((), (), ((570, 720),), (), (), (), ())


def test_changes_name_each_value() -> None:
    before = scoring_document(ScoringSettings())
    after = scoring_document(
        ScoringSettings(
            green_threshold=75, weights=(1900, 1600, 1500, 1000, 1000, 1000, 1000, 500, 500), sources=("psa",)
        )
    )

    assert list(changes(before, after)) == [
        {"pointer": "/green_threshold", "from": 70, "to": 75},
        {"pointer": "/sources", "from": "auto", "to": ["psa"]},
        {"pointer": "/weights/csat_nps_trend", "from": 15, "to": 16},
        {"pointer": "/weights/open_p1_p2_tickets", "from": 20, "to": 19},
    ]


def test_changes_of_values_that_come_and_go() -> None:
    before = {"a": {"x": 1}, "b": [1], "c": {"y": 2}}
    after = {"a": {"x": 1, "z": 3}, "b": [1, 2], "c": 4}

    assert list(changes(before, after, "/s")) == [
        {"pointer": "/s/a/z", "from": None, "to": 3},
        {"pointer": "/s/b", "from": [1], "to": [1, 2]},
        {"pointer": "/s/c", "from": {"y": 2}, "to": 4},
    ]
