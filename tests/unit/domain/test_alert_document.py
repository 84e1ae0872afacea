"""Alerts in answers, messages and e-mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alert_document import SUBJECT_LIMIT, alert_document, alert_mail, list_mail, subject
from chalicelib.domain.alerts import Alert, Reason, alert_id
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
    assert alert_document(ALERT) == {
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
    }


def test_what_is_absent_is_null() -> None:
    found = alert_document(ALERT._replace(account_manager_id=None, previous_score=None, published_at=AS_OF + 60))
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
    ("text", "expected"),
    [
        pytest.param("Acme is at 58", "Acme is at 58", id="plain"),
        pytest.param("Größe", "Gr??e", id="not ASCII"),
        pytest.param("a\r\nBcc: x", "a  Bcc: x", id="no second header"),
        pytest.param("  padded  ", "padded", id="padded"),
        pytest.param("x" * 100, "x" * 100, id="100 characters"),
        pytest.param("x" * 101, "x" * 100, id="101 characters"),
        pytest.param("x" * 99 + " y", "x" * 99, id="no space at the end"),
    ],
)
def test_subjects(text: str, expected: str) -> None:
    assert subject(text) == expected


@given(st.text())
def test_any_subject_is_100_printable_ascii_characters_at_most(text: str) -> None:
    found = subject(f"Client health: {text} is at 58")
    assert 0 < len(found) <= SUBJECT_LIMIT == 100
    assert found.isascii()
    assert found.isprintable()
    assert found == found.strip()
