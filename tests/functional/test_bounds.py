"""What a tenant may fill, filled to its bound: it is stored in items that DynamoDB takes, or refused by name."""

from datetime import date, timedelta
from random import Random
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb import roster as dynamodb_roster
from chalicelib.api.schemas.settings import MAX_EMAILS, MAX_HOLIDAYS, MAX_NOTE
from chalicelib.domain.data_quality import NAMED_FLAWS
from chalicelib.domain.ids import MOST_PAGES, TenantId
from chalicelib.domain.roster import SEATS_PER_PAGE
from chalicelib.domain.settings import MOST_VERSIONS
from chalicelib.services import fact_intake
from chalicelib.services.client_intake import NO_SEAT
from chalicelib.services.fact_intake import NO_ROOM
from chalicelib.tenancy import bound_to
from infra.meter import item_size
from tests.aws_rules.dynamodb import ITEM_BYTES
from tests.functional.examples import account_manager, ago, client, fact, ticket
from tests.functional.service import Service
from tests.functional.support import change, put, settings
from tests.running import adapters

ACME: Final = TenantId("acme")
RANDOM: Final = Random(29)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FEW_SHARDS: Final = 4


def long_text(length: int) -> str:
    """Letters of four bytes."""
    return "".join(chr(RANDOM.randrange(0x20000, 0x2A6D0)) for _ in range(length))


def sizes(service: Service, sort: str) -> list[int]:
    """Bytes of the items whose sort key begins so."""
    return [item_size(item) for (_, sk), item in service.stored().items() if sk.startswith(sort)]


def hours(first_holiday: str) -> dict[str, Any]:
    """The most that business hours can say."""
    day = date.fromisoformat(first_holiday)
    intervals = [[f"{hour:02d}:00", f"{hour:02d}:59"] for hour in range(24)]
    holidays = [(day + timedelta(days=number)).isoformat() for number in range(MAX_HOLIDAYS)]
    return {"enabled": True, "weekly": dict.fromkeys(WEEKDAYS, intervals), "holidays": holidays}


def test_a_version_of_the_settings_holds_all_that_was_and_all_that_is(service: Service) -> None:
    for version, first in ((1, "2026-01-01"), (2, "2030-01-01")):
        assert put(service, "business-hours", {**hours(first), "note": long_text(MAX_NOTE)}, version).status == 200
    emails = [f"{number:02d}{'a' * 62}@{'b' * 180}.example" for number in range(MAX_EMAILS)]
    held = settings(service)
    answer = put(service, "health-score", {**held, "fallback_emails": emails, "note": long_text(MAX_NOTE)}, 3)
    assert answer.status == 200, answer
    assert len(sizes(service, "SETTINGS")) == 5
    assert max(sizes(service, "SETTINGS")) < ITEM_BYTES // 4
    too_many = {**hours("2026-01-01"), "holidays": [*hours("2026-01-01")["holidays"], "2040-01-01"]}
    assert put(service, "business-hours", too_many, 4).status == 422


def test_versions_of_the_settings_end_with_their_keys(service: Service) -> None:
    with bound_to(ACME):
        adapters().table.update(keys.settings(ACME), "SET #version = :version", version=MOST_VERSIONS - 1)
    assert change(service, alert_threshold=55) == MOST_VERSIONS
    before = service.stored()
    answer = put(service, "health-score", {**settings(service), "alert_threshold": 56}, MOST_VERSIONS)
    assert (answer.status, service.stored()) == (409, before)
    assert service.http("GET", "/v1/settings/versions").body["items"][0]["version"] == MOST_VERSIONS


def test_an_answer_that_is_kept_names_so_many_flaws(service: Service) -> None:
    many, manager = 4 * NAMED_FLAWS, "m" * 64
    service.take(
        account_manager(manager), client(name=long_text(200), industry=long_text(200), account_manager_id=manager)
    )
    service.take(
        *(ticket(f"{number:064d}", created_at=ago(days=3), first_response_at=ago(days=9)) for number in range(many))
    )
    asked = {"Idempotency-Key": "~" * 128}
    first = service.http("POST", "/v1/clients/c1/recalculate", {}, headers=asked)
    assert first.status == 200, first
    assert service.http("POST", "/v1/clients/c1/recalculate", {}, headers=asked).body == first.body
    (size,) = sizes(service, "IDEM#")
    assert size < ITEM_BYTES // 4
    assert len(first.body["data_quality"]) == NAMED_FLAWS
    assert first.body["data_quality_total"] >= many


def test_a_client_without_a_seat_left_is_refused_with_its_records(service: Service) -> None:
    service.take(client("c1"))
    service.skip_seats(MOST_PAGES * SEATS_PER_PAGE - 2)
    before = service.stored()
    answer = service.records(client("c2"), client("c3"), ticket("T1", "c2"), backfill=True)
    assert [(each["index"], each["errors"][0]["message"]) for each in answer.body["rejected"]] == [
        (0, NO_SEAT),
        (1, NO_SEAT),
        (2, "There is no client c2."),
    ]
    assert service.stored() == before
    service.take(client("c1", name="Known"), client("c4"), ticket("T1", "c4"))
    assert len(service.facts("c4").tickets.id) == 1


@pytest.mark.parametrize("kind", ["survey", "ticket"])
def test_what_finds_no_room_is_refused_and_what_is_held_stays(
    service: Service, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The most shards of a set, and full ones: few and small here, lest the test takes 16 million records."""
    monkeypatch.setattr(dynamodb_roster, "SPLIT_ABOVE", 1_000)
    monkeypatch.setattr(dynamodb_roster, "BLOCK_LIMIT", 4_000)
    monkeypatch.setattr(fact_intake, "MOST_SHARDS", FEW_SHARDS)
    service.take(client())
    accepted: set[str] = set()
    refused: set[str] = set()
    while len(refused) < 400:
        sent = [fact(kind, f"{RANDOM.getrandbits(128):032x}") for _ in range(200)]
        answer = service.records(*sent, backfill=True)
        assert {each["errors"][0]["message"] for each in answer.body["rejected"]} <= {NO_ROOM}
        refused |= {each["id"] for each in answer.body["rejected"]}
        accepted |= {each["id"] for each in sent} - refused
        assert answer.body["accepted"] + len(answer.body["rejected"]) == len(sent)
    blocks = [size for sort in ("C#c1#TICKETS#2026-Q4", "C#c1#FACTS") for size in sizes(service, sort)]
    assert (len(blocks), max(blocks) < 4_200, len(accepted) > 200) == (FEW_SHARDS, True, True)
    held = service.facts("c1")
    assert len(held.surveys) + len(held.tickets.id) == len(accepted)
    other = ticket("T1", created_at="2025-01-01T00:00:00Z") if kind == "ticket" else ticket("T1")
    service.take(other)  # of another set
    assert len(service.facts("c1").tickets.id) == (len(accepted) if kind == "ticket" else 0) + 1
