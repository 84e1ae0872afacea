"""GET /clients/{id}/explanation: from which result to which, and that its parts always sum to the change."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from chalicelib import bootstrap
from chalicelib.domain.ids import TenantId
from chalicelib.domain.sentences import FACTOR_LABELS, SIGNAL_LABELS
from chalicelib.domain.times import EPOCH_DAY, format_day
from chalicelib.tenancy import bound_to
from tests.functional.examples import client, fact, ticket
from tests.functional.service import Answer, Service
from tests.functional.support import STACK, change, counting, night, reads, settings, weights
from tests.reference import explanation as reference
from tests.running import adapters

PARTS: Final = ("signal", "factor", "settings", "coverage", "limit", "rounding")


def explain(service: Service, client_id: str = "c1", **parameters: str) -> Answer:
    """`since` stands for `from`, a word of the language."""
    query = {{"since": "from"}.get(name, name): value for name, value in parameters.items()}
    return service.http("GET", f"/v1/clients/{client_id}/explanation?{urlencode(query)}")


def explained(service: Service, client_id: str = "c1", **parameters: str) -> dict[str, Any]:
    """An explanation that was found, and whose parts sum to its change."""
    answer = explain(service, client_id, **parameters)
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    assert list(body) == ["model", "from", "to", "change", "parts"]
    assert sum(Decimal(part["change"]) for part in body["parts"]) == (body["change"] or 0)
    for part in body["parts"]:
        assert list(part) == ["id", "kind", "change", "from_points", "to_points", "sentence"]
        assert part["kind"] in PARTS
        assert Decimal(part["change"]) != 0
        assert f"{Decimal(part['change']):.1f}" == part["change"]
        assert part["sentence"].endswith(".")
        assert len(part["sentence"]) > 20
    return body


def shown(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(part["id"], part["change"]) for part in body["parts"]]


def assess(service: Service, points: float, on: str, client_id: str = "c1") -> None:
    """From a date on the client has these points of stack standardization."""
    service.take(fact("assessment", client_id=client_id, completed_on=on, standardization_score=points))


@pytest.fixture(autouse=True)
def _early(service: Service) -> None:
    """All that happens here happens after this: the clock is never set back."""
    service.clock.to("2026-10-01T00:00:00Z")


@pytest.fixture
def stacked(service: Service) -> Service:
    """A client whose score is its points of stack standardization: 80, from 2026-11-10 on 71, from 11-20 on 64."""
    service.take(client())
    change(service, **STACK, primary_model="weighted")
    for points, on in ((80, "2026-10-01"), (71, "2026-11-10"), (64, "2026-11-20")):
        assess(service, points, on)
    return service


# ---- which results -------------------------------------------------------------------------------------


def test_from_30_days_ago_until_now(stacked: Service) -> None:
    night(stacked, "2026-10-21")
    night(stacked, "2026-10-23")
    stacked.clock.to("2026-11-22T12:34:56Z")

    found = explained(stacked)
    assert found == {
        "model": "weighted",
        "from": {"date": "2026-10-23", "score": 80},
        "to": {"as_of": "2026-11-22T12:34:56Z", "score": 64},
        "change": -16,
        "parts": [
            {
                "id": "stack_standardization",
                "kind": "signal",
                "change": "-16.0",
                "from_points": 80,
                "to_points": 64,
                "sentence": found["parts"][0]["sentence"],
            }
        ],
    }
    assert explained(stacked, since="2026-10-23", to="now", model="weighted") == found


def test_the_fact_of_now_is_in_the_sentence(stacked: Service) -> None:
    night(stacked, "2026-10-23")
    stacked.clock.to("2026-11-22T12:00:00Z")
    sentence = explained(stacked)["parts"][0]["sentence"]
    assert "64" in sentence
    assert "2 days" in sentence
    assert sentence.endswith("Stack standardization went from 80 to 64 points.")


def test_between_two_dates(stacked: Service) -> None:
    for on in ("2026-11-09", "2026-11-10", "2026-11-19", "2026-11-20"):
        night(stacked, on)
    stacked.clock.to("2026-11-22T12:00:00Z")

    found = explained(stacked, since="2026-11-09", to="2026-11-19")
    assert (found["from"], found["change"]) == ({"date": "2026-11-09", "score": 80}, -9)
    assert found["to"] == {"as_of": "2026-11-19T02:00:00Z", "score": 71}
    assert found["parts"][0]["sentence"] == "Stack standardization went from 80 to 71 points."
    same = explained(stacked, since="2026-11-20", to="2026-11-20")
    assert (same["change"], same["parts"]) == (0, [])


def test_a_result_stands_for_seven_days(stacked: Service, subtests: pytest.Subtests) -> None:
    night(stacked, "2026-11-05")
    night(stacked, "2026-11-20")
    stacked.clock.to("2026-11-22T12:00:00Z")
    for days, status in ((0, 200), (1, 200), (7, 200), (8, 404), (9, 404)):
        with subtests.test(days=days):
            day = (date(2026, 11, 5) + timedelta(days)).isoformat()
            answer = explain(stacked, since=day)
            assert answer.status == explain(stacked, since="2026-11-05", to=day).status == status
            if status == 200:
                assert answer.body["from"]["date"] == "2026-11-05"
            else:
                assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_result_after_the_date_does_not_stand_for_it(stacked: Service) -> None:
    night(stacked, "2026-11-20")
    stacked.clock.to("2026-11-22T12:00:00Z")
    assert explain(stacked, since="2026-11-19").status == 404
    assert explain(stacked, since="2026-11-20", to="2026-11-28").status == 404
    assert explain(stacked, since="2026-11-20", to="2026-11-27").status == 200
    assert explain(stacked).status == 404  # nothing 30 days ago


def test_the_last_result_of_a_date_counts(stacked: Service) -> None:
    """A calculation after the night is the newer result of its date, a later night that of a later date."""
    night(stacked, "2026-11-19")
    stacked.clock.to("2026-11-19T09:00:00Z")
    assess(stacked, 77, "2026-11-19")
    stacked.http("POST", "/v1/clients/c1/recalculate")
    stacked.clock.to("2026-11-19T15:00:00Z")
    assess(stacked, 78, "2026-11-19")
    stacked.http("POST", "/v1/clients/c1/recalculate")
    night(stacked, "2026-11-20")

    assert explained(stacked, since="2026-11-19")["from"]["score"] in {77, 78}
    assert explained(stacked, since="2026-11-19", to="2026-11-19")["to"]["as_of"] == "2026-11-19T15:00:00Z"
    assert explained(stacked, since="2026-11-20", to="2026-11-20")["to"]["as_of"] == "2026-11-20T02:00:00Z"


def test_dates_are_local(service: Service) -> None:
    """In Auckland a calculation at 12:00 UTC is one of the next day."""
    service.tenant("kiwi", "Pacific/Auckland", "NZD")
    service.take(client(), fact("assessment"), tenant="kiwi")
    service.clock.to("2026-11-18T12:00:00Z")
    service.http("POST", "/v1/clients/c1/recalculate", tenant="kiwi")
    service.clock.to("2026-11-20T12:00:00Z")

    path = "/v1/clients/c1/explanation?from="
    assert service.http("GET", f"{path}2026-11-18", tenant="kiwi").status == 404
    found = service.http("GET", f"{path}2026-11-19", tenant="kiwi")
    assert (found.status, found.body["from"]["date"]) == (200, "2026-11-19")


def test_what_has_expired_explains_nothing(stacked: Service) -> None:
    night(stacked, "2026-11-20")
    stacked.clock.to("2028-11-19T02:00:00Z")  # 730 days later, to the second
    assert explain(stacked, since="2026-11-20").status == 404
    stacked.clock.to("2028-11-19T01:59:59Z")
    assert explain(stacked, since="2026-11-20").status == 200


def test_who_is_unknown_or_not_scored(stacked: Service) -> None:
    night(stacked, "2026-11-20")
    stacked.clock.to("2026-11-22T12:00:00Z")
    assert explain(stacked, "nobody").status == 404
    assert explain(stacked, "no%20id").status == 404
    stacked.take(client(status="CHURNED"))
    assert explain(stacked, since="2026-11-20").status == 404
    assert explain(stacked, since="2026-11-20", to="2026-11-20").status == 200  # its history stays


# ---- models --------------------------------------------------------------------------------------------


def test_the_model_is_the_primary_one_unless_named(stacked: Service) -> None:
    night(stacked, "2026-11-19")
    stacked.clock.to("2026-11-22T12:00:00Z")
    assert explained(stacked, since="2026-11-19")["model"] == "weighted"
    assert explained(stacked, since="2026-11-19", model="deduction")["from"]["score"] == 100
    change(stacked, primary_model="deduction")
    assert explained(stacked, since="2026-11-19")["model"] == "deduction"


def test_a_deduction_with_its_limit(service: Service) -> None:
    service.take(client(), fact("contract"))
    night(service, "2026-11-19")
    service.clock.to("2026-11-22T12:00:00Z")
    service.take(*(ticket(created_at=f"2026-11-20T0{n}:00:00Z", due_at="2026-11-21T00:00:00Z") for n in range(3)))

    found = explained(service, since="2026-11-19", model="deduction")
    # 105 cut to 100; then 100 − 5 (up) − 15 (overdue) − 5 (3 open) + 5 = 80
    assert (found["from"]["score"], found["to"]["score"], found["change"]) == (100, 80, -20)
    assert shown(found) == [
        ("ticket_volume", "-5.0"),
        ("overdue_tickets", "-15.0"),
        ("open_tickets", "-5.0"),
        ("limit", "5.0"),
    ]
    assert [part["kind"] for part in found["parts"]] == ["factor"] * 3 + ["limit"]
    assert found["parts"][1]["sentence"].startswith("3 open tickets past the due date: ")
    assert found["parts"][1]["sentence"].endswith(f"{FACTOR_LABELS['overdue_tickets']} went from 0 to -15 points.")


def test_without_a_score_on_a_side_there_is_no_change(service: Service) -> None:
    service.take(client())
    night(service, "2026-11-19")
    change(service, **STACK)
    service.clock.to("2026-11-22T12:00:00Z")
    assess(service, 50, "2026-11-20")

    found = explained(service, since="2026-11-19", model="weighted")
    assert (found["from"]["score"], found["to"]["score"], found["change"], found["parts"]) == (None, 50, None, [])


# ---- settings and sources ------------------------------------------------------------------------------


def test_new_settings_in_between(service: Service) -> None:
    service.take(client())
    assess(service, 80, "2026-10-01")
    service.take(fact("qbr", held_on="2026-07-01"))  # 40 points on both dates
    change(service, weights=weights(stack_standardization=75, days_since_qbr=25))
    night(service, "2026-11-19")
    assert change(service, weights=weights(stack_standardization=50.5, days_since_qbr=49.5)) == 3
    service.clock.to("2026-11-22T12:00:00Z")
    assess(service, 90, "2026-11-20")

    # 70; restated 80·0.505 + 40·0.495 = 60.2, −9.8; +10 × 50.5 % = 5.05; 65.25, shown 65
    found = explained(service, since="2026-11-19", model="weighted")
    assert (found["from"]["score"], found["to"]["score"], found["change"]) == (70, 65, -5)
    assert shown(found) == [("settings", "-9.8"), ("stack_standardization", "5.1"), ("rounding", "-0.3")]
    sentence = found["parts"][0]["sentence"]
    assert SIGNAL_LABELS["stack_standardization"] in sentence
    assert SIGNAL_LABELS["days_since_qbr"] in sentence
    assert (found["parts"][0]["from_points"], found["parts"][0]["to_points"]) == (None, None)


def test_settings_that_changed_twice_and_back(stacked: Service) -> None:
    """Each side has the settings that were in force then, not those of now."""
    night(stacked, "2026-11-08")
    change(stacked, weights=weights(stack_standardization=60, days_since_qbr=40))
    night(stacked, "2026-11-09")
    change(stacked, **STACK)
    night(stacked, "2026-11-10")
    stacked.clock.to("2026-11-22T12:00:00Z")

    assert shown(explained(stacked, since="2026-11-08", to="2026-11-10")) == [("stack_standardization", "-9.0")]
    # Between two past nights under settings of which neither is in force (no QBR ever: 10 points, not connected).
    assert shown(explained(stacked, since="2026-11-08", to="2026-11-09")) == []


def test_a_newly_connected_source(service: Service) -> None:
    service.take(client())
    assess(service, 80, "2026-10-01")
    change(service, weights=weights(stack_standardization=50, payment_health=50))
    night(service, "2026-11-19")
    service.clock.to("2026-11-22T12:00:00Z")
    service.take(fact("invoice", status="SENT", issued_on="2026-09-01", due_on="2026-10-20"))  # 45 points

    found = explained(service, since="2026-11-19", model="weighted")
    assert (found["from"]["score"], found["to"]["score"], found["change"]) == (80, 63, -17)
    assert shown(found) == [("coverage", "-17.5"), ("rounding", "0.5")]
    assert found["parts"][0]["sentence"] == f"Signals now counted: {SIGNAL_LABELS['payment_health']}."


def test_a_random_history_equals_the_reference(service: Service) -> None:
    """Nights under five versions of the settings, every pair of them, and now: summed, and as the reference has it."""
    random = Random(17)
    service.clock.to("2026-11-01T00:00:00Z")
    service.take(client())
    versions: dict[int, dict[str, Any]] = {1: settings(service)}
    kinds = ["qbr", "touchpoint", "assessment", "invoice", "reconciliation", "survey", "headcount"]
    dates = [date(2026, 11, 1) + timedelta(day) for day in range(0, 14, 2)]
    for number, on in enumerate(dates):
        service.clock.to(f"{on}T00:30:00Z")
        if number % 2:
            cuts = sorted(random.sample(range(1, 10_000), 8))
            shares = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
            drawn = {name: share / 100 for name, share in zip(SIGNAL_LABELS, shares, strict=True)}
            policy = random.choice(["redistribute", "neutral_50"])
            version = change(service, weights=drawn, missing_signals=policy)
            versions[version] = settings(service)
        when = f"{on - timedelta(random.randrange(1, 90))}T10:00:00Z"
        kind = kinds[number % len(kinds)]
        moved: dict[str, dict[str, Any]] = {
            "qbr": {"held_on": when[:10]},
            "touchpoint": {"occurred_at": when},
            "assessment": {"completed_on": when[:10], "standardization_score": random.randrange(101)},
            "invoice": {"status": "SENT", "issued_on": "2026-01-01", "due_on": when[:10]},
            "reconciliation": {"completed_on": when[:10], "used_quantity": random.randrange(40, 160)},
        }
        service.take(fact(kind, **moved.get(kind, {})))
        if random.random() < 0.5:
            service.take(ticket(f"T{number}", created_at=when, priority="P1"))
        night(service, on.isoformat())
    service.clock.to("2026-11-20T12:00:00Z")

    entries = service.http("GET", "/v1/clients/c1/history?limit=50").body["items"]
    assert [entry["date"] for entry in reversed(entries)] == [on.isoformat() for on in dates]
    stamps = sources_of(service)
    kinds_seen, changes = set(), set()
    for old in entries:
        for new in entries:
            if old["date"] > new["date"]:
                continue
            for model in ("deduction", "weighted"):
                found = explained(service, since=old["date"], to=new["date"], model=model)
                sides = [{**entry[model], "sources": stamps[entry["date"]]} for entry in (old, new)]
                in_force = [versions[entry["settings_version"]] for entry in (old, new)]
                expected = reference.explain(model, *sides, *in_force)
                assert found["change"] == expected["change"]
                assert [{**part, "sentence": None} for part in found["parts"]] == [
                    {"sentence": None, **part} for part in expected["parts"]
                ]
                kinds_seen |= {part["kind"] for part in found["parts"]}
                changes.add(found["change"])
    assert kinds_seen >= {"signal", "factor", "settings", "coverage", "rounding"}
    assert len(changes) > 9


def sources_of(service: Service) -> dict[str, tuple[str, ...]]:
    """The sources that counted in each night."""
    scores, now = adapters().scores, bootstrap.now()
    with bound_to(TenantId("acme")):
        snapshots = scores.snapshots(TenantId("acme"), 0, EPOCH_DAY, EPOCH_DAY + 30_000, now)
    return {format_day(snapshot.date): snapshot.stamp.sources for snapshot in snapshots}


# ---- requests and cost ---------------------------------------------------------------------------------


WRONG: Final = [
    "from=yesterday",
    "from=",
    "to=",
    "to=NOW",
    "from=2026-11-31",
    "to=2026-1-1",
    "from=2026-11-20T00:00:00Z",
    "from=1969-12-31",
    "model=both",
    "model=",
    "limit=5",
    "from=2026-11-20&to=2026-11-19",
]


def test_wrong_parameters(stacked: Service, subtests: pytest.Subtests) -> None:
    for query in WRONG:
        with subtests.test(query):
            answer = stacked.http("GET", f"/v1/clients/c1/explanation?{query}")
            assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_at_most_six_calls_and_nothing_stored(stacked: Service) -> None:
    for on in ("2026-10-22", "2026-10-23", "2026-11-08", "2026-11-19"):
        night(stacked, on)
    change(stacked, alert_threshold=50)
    change(stacked, alert_threshold=60)
    stacked.clock.to("2026-11-22T12:00:00Z")
    before = stacked.stored()
    for parameters in ({}, {"to": "now"}, {"since": "2026-11-08"}, {"since": "2026-10-23", "to": "2026-11-19"}):
        for model in ("deduction", "weighted"):
            with counting() as cost:
                explained(stacked, model=model, **parameters)
            assert cost.call_count <= 6, reads(cost)
    assert stacked.stored() == before


def test_at_most_six_calls_however_many_calculations_there_are(stacked: Service) -> None:
    """Those of the days around the dates are in the way of a query by UTC time."""
    night(stacked, "2026-11-18")
    stacked.clock.to("2026-11-19T08:00:00Z")
    for _ in range(12):
        stacked.clock.advance(600)
        assert stacked.http("POST", "/v1/clients/c1/recalculate").status == 200
    stacked.clock.to("2026-11-22T12:00:00Z")
    parameters: dict[str, str]
    for parameters in ({"since": "2026-11-18"}, {"since": "2026-11-18", "to": "2026-11-18"}, {"since": "2026-11-19"}):
        with counting() as cost:
            found = explained(stacked, **parameters)
        assert found["from"]["date"] == parameters["since"]
        assert cost.call_count <= 6, reads(cost)


def test_it_needs_reports_read(stacked: Service) -> None:
    night(stacked, "2026-11-20")
    path = "/v1/clients/c1/explanation?from=2026-11-20"
    assert stacked.http("GET", path, permissions=["reports.read"]).status == 200
    assert stacked.http("GET", path, permissions=["clients.read"]).status == 403
