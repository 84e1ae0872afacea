"""The settings resources: lossless both ways, and what differs between two of them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.settings import SIGNALS, ScoringSettings, Settings, weight_hundredths, weight_number
from chalicelib.domain.settings_resources import (
    business_hours,
    changes,
    hours_json,
    scoring_json,
    scoring_settings,
    settings_json,
)
from chalicelib.domain.times import parse_day
from tests.unit.domain.strategies import all_settings


@given(all_settings())
def test_a_resource_holds_all_of_its_settings(settings: Settings) -> None:
    resources = json.loads(json.dumps(settings_json(settings)))

    assert scoring_settings(resources["health_score"]) == settings.scoring
    assert business_hours(resources["business_hours"]) == settings.business_hours
    assert list(changes(resources, resources)) == []


def test_the_default_settings() -> None:
    assert Settings().version == 1
    assert settings_json(Settings()) == {
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


def test_a_changed_link_is_one_change() -> None:
    before, after = (
        settings_json(Settings(links=links))
        for links in ({"ticket": "https://a.example/{id}"}, {"invoice": "https://b.example/"})
    )
    assert list(changes(before, after)) == [
        {"pointer": "/links/invoice", "from": None, "to": "https://b.example/"},
        {"pointer": "/links/ticket", "from": "https://a.example/{id}", "to": None},
    ]


def test_business_hours_are_clock_times() -> None:
    hours = BusinessHours(
        True,
        (((480, 1020),), (), (), (), ((1320, 360), (0, 1)), (), ((0, 1440),)),
        frozenset({parse_day("2026-12-25"), parse_day("2026-01-01")}),
    )

    document = hours_json(hours)

    assert document["weekly"]["mon"] == [["08:00", "17:00"]]
    assert document["weekly"]["fri"] == [["22:00", "06:00"], ["00:00", "00:01"]]
    assert document["weekly"]["sun"] == [["00:00", "24:00"]]
    assert document["holidays"] == ["2026-01-01", "2026-12-25"]
    assert business_hours(document) == hours


def test_a_weekday_may_be_left_out() -> None:
    hours = business_hours({"enabled": True, "weekly": {"wed": [["09:30", "12:00"]]}, "holidays": []})

    assert hours.weekly == ((), (), ((570, 720),), (), (), (), ())


def test_changes_name_each_value() -> None:
    before = scoring_json(ScoringSettings())
    after = scoring_json(
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


def test_all_weights_have_two_exact_decimals() -> None:
    for hundredths in range(10_001):
        weight = weight_number(hundredths)

        assert weight_hundredths(weight) == weight_hundredths(Decimal(str(weight))) == hundredths
        assert Decimal(str(weight)) == Decimal(hundredths) / 100


@pytest.mark.parametrize(("hundredths", "text"), [(1250, "12.5"), (2000, "20"), (1, "0.01"), (0, "0"), (1255, "12.55")])
def test_weights_are_plain_json_numbers(hundredths: int, text: str) -> None:
    assert json.dumps(weight_number(hundredths)) == text
