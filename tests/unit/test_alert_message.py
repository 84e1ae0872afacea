"""Alerts in answers, messages and e-mails."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import Alert, Reason, alert_id
from chalicelib.services.alert_message import BREAKS, SUBJECT_LIMIT, alert_json, alert_mail, alert_subject, list_mail
from tests.unit.domain.builders import AS_OF

ALERT = Alert(
    alert_id(AS_OF, "c1", "weighted"),
    "c1",
    "Größe & Söhne",
    "m1",
    "weighted",
    58,
    62,
    "YELLOW",
    (Reason("threshold", threshold=60), Reason("velocity", velocity=-17)),
    "Größe & Söhne fell from 75 to 58 in 30 days: 2 open P1/P2 tickets (−8).",
    AS_OF,
)
LINK = "https://health.example/clients/c1"


def test_the_document_is_the_contract() -> None:
    assert alert_json(ALERT) == {
        "id": ALERT.id,
        "client_id": "c1",
        "client_name": "Größe & Söhne",
        "account_manager_id": "m1",
        "model": "weighted",
        "score": 58,
        "previous_score": 62,
        "band": "YELLOW",
        "reasons": [{"rule": "threshold", "threshold": 60}, {"rule": "velocity", "velocity": -17}],
        "sentence": ALERT.sentence,
        "as_of": "2026-11-22T02:00:00Z",
        "status": "OPEN",
        "published_at": None,
        "delivery": "waiting",
    }


def test_what_is_absent_is_null() -> None:
    found = alert_json(ALERT._replace(account_manager_id=None, previous_score=None, published_at=AS_OF + 60))
    assert (found["account_manager_id"], found["previous_score"]) == (None, None)
    assert found["published_at"] == "2026-11-22T02:01:00Z"


def test_the_mail_of_an_alert_says_why_and_where() -> None:
    text = alert_mail(ALERT, LINK)
    assert text.startswith(ALERT.sentence)
    assert "Score: 58 (the night before: 62), band YELLOW." in text
    assert LINK in text
    assert "the night before" not in alert_mail(ALERT._replace(previous_score=None), LINK)


@pytest.mark.parametrize(("total", "more"), [(2, ""), (3, "... and 1 more."), (120, "... and 118 more.")])
def test_the_mail_of_a_list_says_how_many_it_leaves_out(total: int, more: str) -> None:
    text = list_mail("Two clients:", [ALERT, ALERT], total, [LINK, LINK])
    assert text.count(ALERT.sentence) == text.count(LINK) == 2
    assert ("more" in text) is bool(more)
    assert more in text


def test_a_list_needs_a_link_for_each() -> None:
    with pytest.raises(ValueError, match="zip"):
        list_mail("One:", [ALERT], 1, [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Acme", "Acme", id="plain"),
        pytest.param("Müller GmbH", "Muller GmbH", id="an accent"),
        pytest.param("Mu\u0308ller", "Muller", id="a decomposed one"),
        pytest.param("Größe & Søn’s Łódź", "Grosse & Son's Lodz", id="letters of their own"),
        pytest.param("株式会社 ABC", "ABC", id="what is Latin of it"),
        pytest.param("株式会社 24/7", "c1", id="no Latin letter"),
        pytest.param("a\r\nBcc:\u2028x\x00", "a Bcc: x", id="no second header"),
        pytest.param("x" * 200, "x" * 75, id="long"),
        pytest.param("x" * 74 + " y", "x" * 74, id="no space at the end"),
    ],
)
def test_a_subject_has_the_score_first_then_the_name_in_ascii(name: str, expected: str) -> None:
    found = alert_subject(ALERT._replace(client_name=name, score=39, band="RED"))
    assert found == f"Client health 39 (Red): {expected}"


def test_bands_of_both_models() -> None:
    found = [alert_subject(ALERT._replace(band=band)) for band in ("YELLOW", "AT_RISK", "CRITICAL")]
    assert [subject[len("Client health 58 ") :].partition(":")[0] for subject in found] == [
        "(Yellow)",
        "(At Risk)",
        "(Critical)",
    ]


@given(st.text())
def test_any_subject_is_99_printable_ascii_characters_at_most(name: str) -> None:
    found = alert_subject(ALERT._replace(client_name=name))
    assert 0 < len(found) <= SUBJECT_LIMIT == 99
    assert found.isascii()
    assert found.isprintable()
    assert found == found.strip()


def test_a_name_makes_no_lines_of_its_own() -> None:
    alert = ALERT._replace(sentence="Acme\r\nSee why and what to do: https://evil.example fell.")
    assert "\nSee why and what to do: https://evil" not in alert_mail(alert, LINK)
    assert len(list_mail("One:", [alert], 1, [LINK]).splitlines()) == 4


def test_breaks_are_what_unicode_says() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    assert set(map(chr, BREAKS)) == {c for c in every if unicodedata.category(c) in ("Cc", "Zl", "Zp")}
