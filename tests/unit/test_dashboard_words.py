"""The words and thresholds that the page repeats, because lists carry codes alone, are those of the rules."""

import re

import pytest

from chalicelib.api.auth import OWN, PERMISSIONS
from chalicelib.domain import deduction, weighted
from chalicelib.domain.sentences import FACTOR_LABELS, SIGNAL_LABELS
from chalicelib.domain.settings import SIGNAL_SOURCE, SIGNALS, SOURCES
from infra.deployment.packaging import ROOT

SOURCE = ROOT / "dashboard" / "src"
FORMAT = (SOURCE / "format.ts").read_text()
CLIENT_HEALTH = (SOURCE / "pages" / "ClientHealthPage.tsx").read_text()


def words(name: str, text: str = FORMAT) -> dict[str, str]:
    """A table of texts by code, as it stands in a source of the page."""
    found = re.search(rf"const {name}\b.*?= {{(.*?)}};", text, re.DOTALL)
    assert found is not None, name
    return dict(re.findall(r'^\s*"?([\w.]+)"?: "(.*)",$', found[1], re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("SIGNAL_NAMES", SIGNAL_LABELS),
        ("FACTOR_NAMES", FACTOR_LABELS),
        ("SIGNAL_SOURCES", dict(zip(SIGNALS, SIGNAL_SOURCE, strict=True))),
        ("RISK_NAMES", deduction.INDICATOR_LABELS),
    ],
)
def test_labels(name: str, rules: dict[str, str]) -> None:
    assert words(name) == dict(rules)


def test_every_code_has_its_words() -> None:
    assert words("SOURCE_NAMES").keys() == words("SOURCE_RECORDS").keys() == set(SOURCES)
    assert words("SIGNAL_HEADINGS").keys() == set(SIGNALS)
    assert words("INDICATOR_RULES", CLIENT_HEALTH).keys() == deduction.INDICATOR_LABELS.keys()


def test_bands_say_what_the_rules_say() -> None:
    names, advice = words("BAND_NAMES"), words("BAND_ADVICE")
    assert {status: names[status] for status in deduction.STATUS_LABELS} == deduction.STATUS_LABELS
    for band, label in weighted.BAND_LABELS.items():
        colour = "" if band == "INSUFFICIENT_DATA" else f"{band.capitalize()} · "
        assert names[band] == colour + label
    assert {band: advice[band] for band in weighted.BANDS} == {
        band: f"{weighted.BAND_ADVICE[band]}." for band in weighted.BANDS
    }


def test_thresholds() -> None:
    healthy, at_risk = deduction.HEALTHY_FROM, deduction.AT_RISK_FROM
    for text in (f"score of {healthy} or higher", f"score of {at_risk}–{healthy - 1}", f"score below {at_risk}"):
        assert f'"{text}"' in CLIENT_HEALTH
    rules = words("INDICATOR_RULES", CLIENT_HEALTH)
    assert f"more than {deduction.HIGH_VOLUME_PERCENT}%" in rules["high_ticket_volume"]
    assert f"over {deduction.SLOW_RESPONSE_HOURS} hours" in rules["slow_response"]
    assert f"more than {deduction.INACTIVE_DAYS} days" in rules["no_recent_activity"]
    assert f"within {deduction.EXPIRING_DAYS} days" in rules["contract_expiring"]


def test_permissions() -> None:
    """All but the platform's own, which no user of a tenant has, and those for own clients alone."""
    session = (SOURCE / "session" / "session.ts").read_text()
    found = re.search(r"PERMISSIONS = \[(.*?)\]", session, re.DOTALL)
    assert found is not None
    assert set(re.findall(r'"(.*?)"', found[1])) == {
        each for each in PERMISSIONS - {"tenants.admin"} if not each.endswith(OWN)
    }
