"""The live card, the history and the recalculation of one client."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.tenancy import bound_to
from tests.functional.examples import FACT_TYPES, OPTIONAL, ago, client, days_ago, fact, ticket
from tests.functional.service import NOW, Answer, Record, Service
from tests.functional.support import counting, night
from tests.reference.inputs import SIGNAL_SOURCE, default_settings, no_business_hours
from tests.reference.scoring import resolved_sources, score_client
from tests.running import adapters

CARD = {
    "client",
    "computed_at",
    "primary_model",
    "settings_version",
    "models",
    "risk_indicators",
    "data_quality",
    "data_quality_total",
    "trend",
}
HISTORY = {"velocity", "velocity_restated", "velocity_reason", "projected_score", "peers"}
NO_PEERS = {"industry": {"average": None, "n": 0}}


def card(service: Service, client_id: str = "c1", tenant: str = "acme") -> Answer:
    return service.http("GET", f"/v1/clients/{client_id}/health", tenant=tenant)


def history(service: Service, query: str = "", client_id: str = "c1", tenant: str = "acme") -> Answer:
    return service.http("GET", f"/v1/clients/{client_id}/history{query}", tenant=tenant)


def recalculate(service: Service, key: str | None = None, client_id: str = "c1", tenant: str = "acme") -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    return service.http("POST", f"/v1/clients/{client_id}/recalculate", tenant=tenant, headers=headers)


def rich_records() -> list[Record]:
    """A client with every kind of fact, so that nothing on its card is missing."""
    return [
        client(**{**OPTIONAL["client"], "industry": " Health "}),
        *(fact(kind, f"{kind}-0", **OPTIONAL[kind]) for kind in FACT_TYPES),
        ticket("open", priority="P1", created_at=ago(days=9), due_at=ago(days=2)),
        ticket("odd", created_at=ago(days=4), first_response_at=ago(days=5), closed_at=ago(days=6)),
        *(fact("survey", f"csat-{score}", score=score) for score in (3, 5)),
        *(fact("survey", f"nps-{score}", kind="NPS", score=score) for score in (5, 9, 10)),
        fact("headcount", "earlier", recorded_on=days_ago(400), employees=40),
    ]


# ---- the card ------------------------------------------------------------------------------------------------------


def test_the_card_is_that_of_the_reference(service: Service) -> None:
    records = rich_records()
    service.take(*records)
    found = card(service).body
    assert found.keys() == CARD
    settings = default_settings()
    expected = score_client(
        records,
        "c1",
        settings,
        no_business_hours(),
        "Europe/Rome",
        datetime.fromisoformat(NOW),
        resolved_sources(records, settings),
    )
    deduction, weighted = found["models"]["deduction"], found["models"]["weighted"]
    assert deduction.keys() == {"score", "status", "label", "factors", *HISTORY}
    assert (deduction["score"], deduction["status"]) == (
        expected["deduction"]["score"],
        expected["deduction"]["status"],
    )
    assert {each["id"]: each["points"] for each in deduction["factors"]} == expected["deduction"]["points"]
    named = {"score", "exact_score", "band", "label", "advice", "coverage", "provisional", "signals"}
    assert weighted.keys() == named | HISTORY
    for name in ("score", "band", "provisional", "coverage"):
        assert weighted[name] == expected["weighted"][name]
    assert Decimal(weighted["exact_score"]) == expected["weighted"]["exact_score"]
    signals = weighted["signals"]
    assert [each["id"] for each in signals] == list(SIGNAL_SOURCE)
    assert sum(Decimal(each["contribution"]) for each in signals) == Decimal(weighted["exact_score"])
    assert [each["points"] for each in signals] == [each["points"] for each in expected["weighted"]["signals"]]
    assert {each["missing"] for each in signals} == {None}
    assert all(each["sentence"].endswith(".") for each in (*signals, *deduction["factors"]))
    assert found["risk_indicators"] == expected["risk_indicators"]
    flaws = sorted((each["code"], each["record_type"], each["record_id"]) for each in found["data_quality"])
    unheard = ("unknown_account_manager", "client", "c1")  # no fact: the reference knows nothing of it
    assert flaws == sorted([unheard, *(tuple(each.values()) for each in expected["data_quality"])])
    assert found["data_quality_total"] == len(flaws)
    assert found["client"]["industry"] == "Health"
    assert (found["computed_at"], found["settings_version"]) == (NOW, 1)


def test_the_card_is_computed_now(service: Service) -> None:
    service.take(client())
    assert card(service).body["models"]["deduction"]["score"] == 100
    service.take(ticket(due_at=ago(seconds=-60)))
    assert card(service).body["models"]["deduction"]["score"] == 95
    service.clock.advance(61)
    assert card(service).body["models"]["deduction"]["score"] == 90, "without any refresh"


@pytest.mark.parametrize(
    "fields", [{"status": "CHURNED"}, {"status": "INACTIVE"}, {"archived": True}, {"client_since": days_ago(-1)}]
)
def test_the_card_of_an_unscored_client(service: Service, fields: Record) -> None:
    service.take(client(**fields), ticket("odd", first_response_at=ago(days=9)))
    found = card(service).body
    assert found.keys() == CARD
    assert (found["models"], found["risk_indicators"], found["trend"]) == (None, [], [])
    assert "answered_before_creation" in {each["code"] for each in found["data_quality"]}
    assert recalculate(service).status == 409
    assert history(service).body["items"] == []


def test_at_most_fifty_flaws_are_named_and_all_are_counted(service: Service) -> None:
    answered = {"created_at": ago(days=3), "first_response_at": ago(days=3, seconds=61)}
    service.take(client(), *(ticket(f"T{number}", **answered) for number in range(60)))
    found = card(service).body

    assert (len(found["data_quality"]), found["data_quality_total"]) == (50, 64)


def test_without_a_summary_a_client_is_its_own_peer(service: Service) -> None:
    service.take(client(industry="Legal"))
    found = card(service).body["models"]["deduction"]["peers"]
    own = {"average": 100.0, "n": 1}
    assert found == {"industry": own, "all": own, "percentile": None, "n": 1}


def test_peers_come_from_the_last_summary_with_the_own_score_of_now(service: Service) -> None:
    service.take(
        *(client(f"c{place}", industry=" legal " if place < 2 else None) for place in range(4)),
        *(ticket(client_id="c3", due_at=ago(days=1)) for _ in range(2)),
    )
    service.night("2026-11-23")
    found = card(service, "c0").body["models"]["deduction"]["peers"]
    assert found == {
        "industry": {"average": 100.0, "n": 2},
        "all": {"average": 96.3, "n": 4},
        "percentile": 33,
        "n": 4,
    }
    service.take(*(ticket(client_id="c0", due_at=ago(days=1)) for _ in range(3)))
    found = card(service, "c0").body["models"]["deduction"]["peers"]
    assert (found["percentile"], found["industry"]["average"]) == (0, 87.5)
    assert card(service, "c3").body["models"]["deduction"]["peers"]["industry"] == {"average": None, "n": 0}


def test_a_summary_of_long_ago_has_the_client_once(service: Service) -> None:
    service.take(*(client(f"c{place}", industry="Legal") for place in range(3)))
    service.night("2026-03-01")
    found = card(service, "c0").body["models"]["deduction"]["peers"]
    assert (found["n"], found["industry"]["n"], found["percentile"]) == (3, 3, 0)


def test_the_trend_has_the_last_of_each_local_date(service: Service) -> None:
    service.take(client())
    service.night("2026-11-20")
    service.night("2026-11-22")
    service.clock.to("2026-11-22T22:30:00Z")
    service.take(ticket(due_at=ago(days=1)))
    assert recalculate(service).status == 200
    service.clock.to("2026-11-22T23:30:00Z")  # the 23rd in Rome
    assert recalculate(service).status == 200
    trend = card(service).body["trend"]
    assert [each["date"] for each in trend] == ["2026-11-20", "2026-11-22", "2026-11-23"], "gaps stay gaps"
    assert [each["deduction"] for each in trend] == [100, 90, 90]
    assert trend[0].keys() == {"date", "deduction", "weighted", "settings_version"}
    service.clock.to("2027-02-17T23:30:00Z")  # the 18th in Rome: the 20th of November is 90 days back
    assert [each["date"] for each in card(service).body["trend"]] == ["2026-11-22", "2026-11-23"]


@pytest.mark.parametrize(("days", "known"), [(29, False), (30, True), (37, True), (38, False)])
def test_velocity_has_a_baseline_of_30_to_37_days(service: Service, days: int, known: bool) -> None:
    service.take(client(), fact("contract", start_date=days_ago(900)))
    service.night((date.fromisoformat("2026-11-22") - timedelta(days=days)).isoformat())
    service.clock.to(NOW)
    service.take(*(ticket(due_at=ago(days=1)) for _ in range(3)))
    found = card(service).body["models"]["deduction"]
    expected: dict[str, Any] = {"velocity": None, "velocity_reason": "insufficient_history", "projected_score": None}
    if known:
        expected = {"velocity": -20, "velocity_reason": None, "projected_score": 60}
    assert found["score"] == 80
    assert {name: found[name] for name in expected} == expected
    assert found["velocity_restated"] is False


def test_a_new_source_is_no_decline(service: Service) -> None:
    """Weights of 60 are common to both sides; an invoice connects accounting, which restates the velocity."""
    past = ago(days=200)
    sent = [fact(kind) for kind in ("touchpoint", "assessment", "qbr")]
    service.take(client(), ticket(created_at=past, closed_at=past), fact("survey", responded_at=ago(days=80)), *sent)
    service.night("2026-10-23")
    service.clock.to(NOW)
    service.take(fact("invoice", status="SENT", due_on=days_ago(95)))
    found = card(service).body["models"]["weighted"]
    assert found["velocity_reason"] in (None, "insufficient_data")
    if found["velocity"] is not None:
        assert found["velocity_restated"] is True


# ---- the history ---------------------------------------------------------------------------------------------------


def live_through(service: Service, nights: int) -> None:
    """A client through some nights, the last of them today's, with a recalculation since."""
    service.take(client(), ticket(created_at=ago(days=10), due_at=ago(days=9)))
    for days in reversed(range(nights)):
        service.night((date.fromisoformat("2026-11-22") - timedelta(days=days)).isoformat())
    service.clock.to("2026-11-22T12:01:00Z")
    assert recalculate(service).status == 200


def test_the_history_of_a_month(service: Service) -> None:
    live_through(service, 31)
    items = history(service, "?limit=200").body["items"]
    assert len(items) == 32
    assert [each["as_of"] for each in items] == sorted((each["as_of"] for each in items), reverse=True)
    assert [each["trigger"] for each in items] == ["manual"] + 31 * ["nightly"]
    assert [each["date"] for each in items[:3]] == ["2026-11-22", "2026-11-22", "2026-11-21"]
    newest = items[0]
    assert newest.keys() == {"date", "as_of", "trigger", "settings_version", "deduction", "weighted"}
    assert newest["deduction"].keys() == {"score", "status", "points"}
    assert newest["weighted"].keys() == {"score", "band", "coverage", "provisional", "points"}
    assert list(newest["weighted"]["points"]) == list(SIGNAL_SOURCE)
    assert newest["deduction"]["score"] == 100 + sum(newest["deduction"]["points"].values())
    assert service.http("GET", "/v1/clients/c1").body["computed_at"] == newest["as_of"]
    velocity = card(service).body["models"]["deduction"]
    assert velocity["velocity"] == newest["deduction"]["score"] - items[-1]["deduction"]["score"] == -10


def test_the_history_in_pages_and_spans(service: Service) -> None:
    live_through(service, 9)
    everything = history(service, "?limit=200").body["items"]
    found, query = [], "?limit=4"
    while True:
        answer = history(service, query)
        found += answer.body["items"]
        if answer.body["next_cursor"] is None:
            break
        assert len(answer.body["items"]) == 4
        query = f"?limit=4&cursor={answer.body['next_cursor']}"
    assert found == everything
    assert history(service).body["items"] == everything, "50 by default"
    span = history(service, "?from=2026-11-16&to=2026-11-18").body["items"]
    assert [each["date"] for each in span] == ["2026-11-18", "2026-11-17", "2026-11-16"]
    assert len(history(service, "?from=2026-11-22").body["items"]) == 2
    assert [each["date"] for each in history(service, "?to=2026-11-14").body["items"]] == ["2026-11-14"]
    assert history(service, "?from=2027-01-01&to=2027-02-01").body == {"items": [], "next_cursor": None}
    cursor = history(service, "?limit=1&from=2026-11-01").body["next_cursor"]
    assert history(service, f"?limit=1&from=2026-11-01&cursor={cursor}").status == 200
    assert history(service, f"?limit=1&from=2026-11-02&cursor={cursor}").status == 400
    service.take(client("c2"))
    assert history(service, f"?limit=1&from=2026-11-01&cursor={cursor}", "c2").status == 400


def test_a_late_page_of_the_history_costs_no_more_than_the_first(service: Service) -> None:
    service.take(client())
    night(service, "2026-11-23")
    acme, scores, now = TenantId("acme"), adapters().scores, bootstrap.now()
    with bound_to(acme):
        (first,) = scores.snapshots(acme, 0, Day(700_000), Day(800_000), now)
        for days in range(1, 150):
            earlier = replace(first, date=first.date - days, as_of=first.as_of - days * 86_400)
            scores.put_snapshot(acme, 0, earlier, now)
    cursor, found = "", []
    while True:
        with counting() as cost:
            page = history(service, f"?from=2026-01-01&limit=20{cursor}").body
        assert cost.call_count <= 6
        found += [item["date"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [(date(2026, 11, 23) - timedelta(days)).isoformat() for days in range(150)]


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-11-02&to=2026-11-01",
        "from=yesterday",
        "to=2101-01-01",
        "to=2026-02-30",
        "limit=0",
        "cursor=x",
        "since=1",
    ],
)
def test_a_bad_query_of_the_history(service: Service, query: str) -> None:
    service.take(client())
    answer = history(service, f"?{query}")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_history_expires(service: Service) -> None:
    service.take(client())
    service.night("2026-11-22")
    service.clock.to("2028-11-21T01:59:59Z")  # 730 days after the night
    assert len(history(service, "?from=2026-11-22").body["items"]) == 1
    service.clock.advance(1)
    assert history(service, "?from=2026-11-22").body["items"] == []


# ---- the recalculation ---------------------------------------------------------------------------------------------


def test_a_recalculation_answers_the_card_and_stores_it(service: Service) -> None:
    service.take(client(), ticket(due_at=ago(days=1)))
    answer = recalculate(service)
    assert answer.status == 200
    shown = card(service).body
    assert {**answer.body, "trend": []} == {**shown, "trend": []}
    assert [each["date"] for each in shown["trend"]] == ["2026-11-22"]
    (entry,) = history(service).body["items"]
    assert (entry["trigger"], entry["as_of"]) == ("manual", NOW)
    assert entry["deduction"]["score"] == answer.body["models"]["deduction"]["score"]
    (row,) = service.http("GET", "/v1/analytics/clients").body["clients"]
    assert row["score"] == entry["deduction"]["score"]


def test_the_same_key_gets_the_same_answer(service: Service) -> None:
    service.take(client("c1"), client("c2", industry="Legal"), *(fact(kind, client_id="c2") for kind in FACT_TYPES))
    service.night("2026-11-23")  # with a summary the card has averages
    first = recalculate(service, "key-1", "c2")
    assert first.status == 200
    service.clock.advance(60)
    service.take(ticket(client_id="c2", due_at=ago(days=1)))
    again = recalculate(service, "key-1", "c2")
    assert (again.status, again.body) == (200, first.body)
    assert [each["trigger"] for each in history(service, client_id="c2").body["items"]].count("manual") == 1
    assert recalculate(service, "key-2", "c2").body != first.body
    service.clock.advance(24 * 3600)
    assert recalculate(service, "key-1", "c2").body["computed_at"] > first.body["computed_at"]


def test_a_key_is_of_one_client_and_tenant(service: Service) -> None:
    service.tenant("other")
    service.take(client("c1"), client("c2"))
    service.take(client("c1"), tenant="other")
    assert recalculate(service, "key").status == 200
    answer = recalculate(service, "key", "c2")
    assert (answer.status, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert history(service, client_id="c2").body["items"] == []
    assert recalculate(service, "key", "c1", "other").status == 200


def test_a_key_in_progress_is_a_conflict(service: Service) -> None:
    service.take(client())
    with bound_to(TenantId("acme")):
        adapters().idempotency.begin(TenantId("acme"), "key", RecordId("c1"), bootstrap.now())
    assert recalculate(service, "key").status == 409
    service.clock.advance(60)
    assert recalculate(service, "key").status == 200, "whoever held it has died"


def test_a_key_that_failed_may_be_used_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.take(client(status="CHURNED"))
    assert recalculate(service, "key").status == 409
    assert recalculate(service, "key", "nobody").status == 404
    service.clock.advance(1)
    service.take(client())
    with monkeypatch.context() as patch:
        patch.setattr(adapters().scores, "put_calculation", _fail)
        answer = recalculate(service, "key")
    assert answer.status == 500
    assert "internal" not in repr(answer.body)
    assert recalculate(service, "key").status == 200


def _fail(*_: Any) -> None:
    raise RuntimeError("an internal matter")


@pytest.mark.parametrize("key", ["", 129 * "x", "a b", "k\u00e9y"])
def test_a_key_that_is_none(service: Service, key: str) -> None:
    service.take(client())
    assert recalculate(service, key).status == 400


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "health"), ("GET", "history"), ("POST", "recalculate"), ("GET", "explanation")]
)
def test_unknown_clients_and_those_of_others_look_the_same(service: Service, method: str, path: str) -> None:
    service.tenant("other")
    service.take(client("theirs"), tenant="other")
    service.drain()
    answers = set()
    for client_id in ("nobody", "theirs"):
        answer = service.http(method, f"/v1/clients/{client_id}/{path}")
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
        answers.add(repr(answer).replace(client_id, "…"))
    assert len(answers) == 1
    assert service.http(method, f"/v1/clients/c%231/{path}").status == 404
