"""Stored settings: lossless both ways, under names that do not follow the API's."""

import json

from hypothesis import given

from chalicelib.adapters.dynamodb.settings_codec import decode_settings, encode_settings
from chalicelib.domain.settings import Settings
from tests.unit.domain.strategies import all_settings


@given(all_settings())
def test_settings_come_back(settings: Settings) -> None:
    text = encode_settings(settings)

    assert decode_settings(7, text) == settings
    assert encode_settings(decode_settings(7, text)) == text


def test_the_stored_form_is_fixed() -> None:
    """Every table of every build holds this text: whoever changes it changes what is stored."""
    assert encode_settings(Settings()) == (
        '{"business_hours":{"enabled":false,"holidays":[],'
        '"weekly":{"fri":[],"mon":[],"sat":[],"sun":[],"thu":[],"tue":[],"wed":[]}},'
        '"health_score":{"alert_cooldown_days":7,"alert_threshold":60,"fallback_emails":[],"green_threshold":70,'
        '"missing_signals":"redistribute","primary_model":"auto","rearm_margin":5,"sources":"auto",'
        '"ticket_open_until":"closed","velocity_alert_points":10,"weights":{"billable_utilization":15,'
        '"contract_utilization_variance":5,"csat_nps_trend":15,"days_since_decision_maker_contact":10,'
        '"days_since_qbr":10,"employee_growth":5,"open_p1_p2_tickets":20,"payment_health":10,'
        '"stack_standardization":10},"yellow_threshold":40},'
        '"links":{},"workflows":{"at_risk_alert":{"enabled":false}}}'
    )


def test_settings_of_an_older_build_have_no_links() -> None:
    stored = json.loads(encode_settings(Settings()))
    del stored["links"]
    assert decode_settings(1, json.dumps(stored)) == Settings()


def test_a_weekday_may_be_missing() -> None:
    stored = json.loads(encode_settings(Settings()))
    del stored["business_hours"]["weekly"]["wed"]
    assert decode_settings(1, json.dumps(stored)) == Settings()
