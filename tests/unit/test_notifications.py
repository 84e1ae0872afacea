"""What is published fits into what SNS takes, counted in bytes as SNS counts."""

import json

import pytest

from chalicelib.domain.alerts import Alert, Reason
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import TenantId
from chalicelib.domain.outbox import Digest
from chalicelib.services.notifications import LISTED, MESSAGE_BYTES, Notifications
from tests.unit.domain.builders import AS_OF

ACME = TenantId("acme")
NOTIFICATIONS = Notifications("https://health.example/")


def digest(name: str, listed: int = LISTED, total: int = 120) -> Digest:
    sentence = f"{name} scores 39, below the alert threshold of 60: {name}."
    alerts = tuple(
        Alert(str(n), "c1", name, "m1", "weighted", 39, None, "RED", (Reason("threshold", 60),), sentence, AS_OF)
        for n in range(listed)
    )
    return Digest(32 * "d", Day(20_000), "m1", alerts, tuple(map(str, range(total))))


@pytest.mark.parametrize("name", ["Acme", "株" * 200, '"' * 200, "😀" * 200])
@pytest.mark.parametrize("kind", ["digest", "settings_notice"])
def test_a_list_of_any_names_fits(kind: str, name: str) -> None:
    write = NOTIFICATIONS.of_digest if kind == "digest" else NOTIFICATIONS.of_settings_notice
    found = write(ACME, digest(name))
    body = json.loads(found.body)
    listed = len(body["alerts"])
    assert len(found.message.encode()) <= MESSAGE_BYTES
    assert (body["kind"], body["more"]) == (kind, 120 - listed)
    assert f"... and {120 - listed} more." in found.mail
    assert listed == LISTED or len(found.message.encode()) > MESSAGE_BYTES * 0.95


def test_a_list_that_is_whole_has_no_more() -> None:
    found = NOTIFICATIONS.of_digest(ACME, digest("Acme", listed=30, total=30))
    assert len(json.loads(found.body)["alerts"]) == 30
    assert "more" not in json.loads(found.body)
    assert "more." not in found.mail
