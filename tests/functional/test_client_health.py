"""GET /v1/analytics/clients: the whole page against the reference, sorting, filters, cursors, months."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.functional.examples import ago, client, days_ago, fact, fleet_records, ticket
from tests.functional.service import Answer, Service
from tests.reference.inputs import default_settings, no_business_hours
from tests.reference.portfolio import fleet, sort_table

PERIOD_DAYS = {"7d": 7, "30d": 30, "90d": 90, "12m": 365}
COLUMNS = (
    "name",
    "status",
    "score",
    "tickets",
    "tickets_change",
    "open_tickets",
    "overdue_tickets",
    "average_first_response_hours",
    "revenue",
    "days_since_last_activity",
)
NIGHT = "2026-11-23"


def page(service: Service, tenant: str = "acme", **parameters: Any) -> Answer:
    query = f"?{urlencode(parameters)}" if parameters else ""
    return service.http("GET", f"/v1/analytics/clients{query}", tenant=tenant)


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [row["client_id"] for row in answer.body["clients"]]


def pages(service: Service, limit: int, **parameters: Any) -> list[list[str]]:
    """All pages of a list, by following the cursors."""
    found, cursor = [], None
    while True:
        answer = page(service, limit=limit, **parameters, **({"cursor": cursor} if cursor else {}))
        found.append(ids(answer))
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return found


def exactly(value: Any) -> Any:
    """An answer with its fractions as the decimals they are written as, and revenue by currency."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, list):
        return [exactly(each) for each in value]
    if isinstance(value, dict):
        return {
            name: {each["currency"]: Decimal(each["amount"]) for each in inner} if name == "revenue" else exactly(inner)
            for name, inner in value.items()
        }
    return value


@pytest.fixture
def scored(service: Service) -> Service:
    """The small fleet after its first night."""
    service.take(*fleet_records())
    service.night(NIGHT)
    return service


def expected_page(period_days: int = 30) -> Mapping[str, Any]:
    as_of = datetime.fromisoformat(f"{NIGHT}T02:00:00Z")
    return fleet(fleet_records(), default_settings(), no_business_hours(), "Europe/Rome", as_of, period_days)


def test_the_whole_page_in_every_period(scored: Service, subtests: pytest.Subtests) -> None:
    for period, days in PERIOD_DAYS.items():
        with subtests.test(period=period):
            found = exactly(page(scored, period=period).body)
            own = {"model": "deduction", "period": period, "computed_at": f"{NIGHT}T02:00:00Z", "next_cursor": None}
            expected = expected_page(days)
            assert found == {**expected, **own, "total": len(expected["clients"])}


def test_the_default_is_thirty_days_lowest_score_first(scored: Service) -> None:
    assert page(scored).body == page(scored, period="30d", sort="score", order="asc", limit=50).body
    rows = [(row["score"], row["name"].casefold(), row["client_id"]) for row in page(scored).body["clients"]]
    assert rows == sorted(rows)


def test_every_column_sorts_both_ways(scored: Service, subtests: pytest.Subtests) -> None:
    rows: Sequence[Any] = expected_page()["clients"]
    by_change = [{**row, "tickets_change": row["tickets_change"]["percent"]} for row in rows]
    for column in COLUMNS:
        for order in ("asc", "desc"):
            with subtests.test(column=column, order=order):
                expected = [row["client_id"] for row in sort_table(by_change, column, order)]
                assert ids(page(scored, sort=column, order=order)) == expected
                in_pages = pages(scored, 4, sort=column, order=order)
                assert [each for part in in_pages for each in part] == expected
                assert set(map(len, in_pages[:-1])) == {4}


def test_filters_choose_rows_only(scored: Service) -> None:
    everything = page(scored).body
    for status in ("HEALTHY", "AT_RISK", "CRITICAL"):
        found = page(scored, status=status).body
        assert found["clients"] == [row for row in everything["clients"] if row["status"] == status]
        rows = {"clients": [], "total": len(found["clients"])}
        assert {**found} | {"clients": []} == {**everything, **rows}
    assert {row["name"] for row in page(scored, q="ETA").body["clients"]} == {"Beta", "beta", "zeta", "Eta", "Theta"}
    assert {row["name"] for row in page(scored, q="ämter &").body["clients"]} == {"Ämter & Söhne"}
    assert ids(page(scored, q="nobody")) == []
    assert ids(page(scored, q="  ")) == ids(page(scored))
    both = page(scored, q="eta", status="HEALTHY").body["clients"]
    assert both == [row for row in page(scored, q="eta").body["clients"] if row["status"] == "HEALTHY"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("period=31d", "period"),
        ("period=", "period"),
        ("status=healthy", "status"),
        ("status=", "status"),
        ("sort=revenues", "sort"),
        ("order=up", "order"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=%C2%B2", "limit"),
        ("q=" + 201 * "x", "q"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("page=2", "page"),
        ("tenant_id=other", "tenant_id"),
    ],
)
def test_a_bad_query_is_told(service: Service, query: str, name: str) -> None:
    answer = service.http("GET", f"/v1/analytics/clients?{query}")
    assert answer.status == answer.body["status"] == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert name in answer.body["detail"]


@pytest.mark.parametrize("limit", [1, 200])
def test_limits_that_are_fine(service: Service, limit: int) -> None:
    assert page(service, limit=limit).status == 200


def test_an_empty_tenant(service: Service) -> None:
    answer = page(service)
    assert answer.status == 200
    assert answer.body == {
        "model": "deduction",
        "period": "30d",
        "computed_at": None,
        "summary": {"total": 0, "healthy": 0, "at_risk": 0, "critical": 0},
        "average_score": None,
        "average_score_change": {"points": 0.0, "baseline_date": None, "settings_changed": False},
        "distribution": [{"status": each, "count": 0, "share": 0.0} for each in ("HEALTHY", "AT_RISK", "CRITICAL")],
        "risk_indicators": [],
        "clients": [],
        "total": 0,
        "next_cursor": None,
    }


def test_a_client_shows_once_it_was_refreshed(service: Service) -> None:
    service.take(client())
    assert ids(page(service)) == []
    service.drain()
    assert ids(page(service)) == ["c1"]
    assert page(service).body["computed_at"] == "2026-11-22T12:00:30Z"


def test_a_client_that_leaves_is_no_longer_listed(service: Service) -> None:
    service.take(client("c1"), client("c2"))
    service.drain()
    service.take(client("c1", archived=True))
    service.drain()
    assert ids(page(service)) == ["c2"]
    assert page(service).body["summary"]["total"] == 1


def test_revenue_is_told_per_currency_and_sorts_by_that_of_the_tenant(service: Service) -> None:
    def paid(client_id: str, currency: str, amount: str) -> dict[str, Any]:
        return fact("invoice", client_id=client_id, total={"currency": currency, "amount": amount})

    service.take(
        *(client(each) for each in ("c1", "c2", "c3")),
        *(paid("c1", "EUR", "100.10"), paid("c1", "EUR", "0.0001"), paid("c1", "USD", "5000")),
        *(paid("c2", "EUR", "200.5"), paid("c3", "USD", "9999.99")),
    )
    service.drain()
    found = {row["client_id"]: row["revenue"] for row in page(service).body["clients"]}
    assert found == {
        "c1": [{"currency": "EUR", "amount": "100.1001"}, {"currency": "USD", "amount": "5000.00"}],
        "c2": [{"currency": "EUR", "amount": "200.50"}],
        "c3": [{"currency": "USD", "amount": "9999.99"}],
    }
    assert ids(page(service, sort="revenue")) == ["c1", "c2", "c3"]
    assert ids(page(service, sort="revenue", order="desc")) == ["c2", "c1", "c3"]
    service.tenant("dollars", currency="USD")
    service.take(client("c1"), client("c2"), paid("c1", "EUR", "1"), paid("c2", "USD", "1"), tenant="dollars")
    service.drain()
    assert ids(page(service, "dollars", sort="revenue", order="desc")) == ["c2", "c1"]


def test_names_that_look_the_same_are_found_alike(service: Service) -> None:
    composed, decomposed = client("c1", name="B\u00e4ckerei S\u00fcd"), client("c2", name="Ba\u0308ckerei Nord")
    service.take({**composed, "industry": "Sant\u00e9"}, {**decomposed, "industry": "Sante\u0301"})
    service.drain()
    paths = ("/v1/clients?industry=Sant%C3%A9", "/v1/clients?industry=SANTE%CC%81", "/v1/clients?q=backerei")
    found = [service.http("GET", path).body["items"] for path in paths]

    assert [[row["client_id"] for row in items] for items in found] == [["c2", "c1"]] * 3
    assert ids(page(service, q="B\u00e4ckerei")) == ["c2", "c1"]
    assert service.http("GET", "/v1/clients/c2").body["name"] == "B\u00e4ckerei Nord"
    same = {**decomposed, "name": "B\u00e4ckerei Nord", "industry": "Sant\u00e9"}
    assert service.records(same).body["unchanged"] == 1


def test_revenue_is_what_was_paid(service: Service) -> None:
    total = {"currency": "EUR", "amount": "1000.00"}
    service.take(client(), fact("invoice", status="PARTIAL", total=total, paid_total="250.00"))
    service.drain()
    (row,) = page(service).body["clients"]

    assert row["revenue"] == [{"currency": "EUR", "amount": "250.00"}]


@pytest.mark.parametrize(
    ("renewal", "codes"),
    [
        ({}, []),
        ({"start_date": days_ago(-20)}, ["contract_expiring"]),
        ({"renews": "K1", "start_date": days_ago(0)}, []),
    ],
    ids=["starts the day after", "starts later", "names it"],
)
def test_a_renewed_contract_does_not_expire(service: Service, renewal: dict[str, str], codes: list[str]) -> None:
    ends = fact("contract", "K1", end_date=days_ago(-18))
    service.take(client(), ends, fact("contract", "K2", **{"start_date": days_ago(-19), **renewal}))
    service.drain()

    assert [each["code"] for each in page(service).body["risk_indicators"]] == codes


def test_qbrs_that_nobody_holds_are_a_risk(service: Service) -> None:
    service.take(client(), *(fact("qbr", held_on=days_ago(age), status="CANCELLED") for age in (10, 100)))
    service.drain()
    (found,) = page(service).body["risk_indicators"]

    assert (found["code"], found["label"], found["count"]) == ("qbrs_cancelled", "QBRs Not Held", 1)
    assert service.http("GET", "/v1/clients/c1/health").body["risk_indicators"] == ["qbrs_cancelled"]


def test_risk_indicators_name_five_clients_and_count_all(service: Service) -> None:
    names = ["g", "F", "e", "D", "c", "B", "a"]
    clients = [client(f"c{place}", name=name) for place, name in enumerate(names)]
    overdue = [ticket(client_id=f"c{place}", due_at=ago(days=1)) for place in range(7)]
    worst = [ticket(client_id="c3", due_at=ago(days=1)) for _ in range(3)]
    ends = fact("contract", client_id="c0", end_date=days_ago(-30))
    service.take(*clients, *overdue, *worst, ends)
    service.drain()
    indicators = {each["code"]: each for each in page(service).body["risk_indicators"]}
    assert indicators.keys() == {"overdue_tickets", "contract_expiring"}
    found = indicators["overdue_tickets"]
    assert (found["label"], found["count"]) == ("Overdue Tickets", 7)
    assert [each["name"] for each in found["clients"]] == ["D", "a", "B", "c", "e"]
    assert indicators["contract_expiring"]["clients"] == [{"client_id": "c0", "name": "g"}]


# ---- cursors -------------------------------------------------------------------------------------------------------


@pytest.fixture
def listed(service: Service) -> Service:
    """Seven clients of the same score."""
    service.take(*(client(f"c{place}") for place in range(7)))
    service.drain()
    return service


def test_a_cursor_goes_on_where_its_page_ended(listed: Service) -> None:
    assert pages(listed, 3) == [["c0", "c1", "c2"], ["c3", "c4", "c5"], ["c6"]]
    assert pages(listed, 7) == [[f"c{place}" for place in range(7)]]


def test_rows_that_come_and_go_between_pages_shift_no_other(listed: Service) -> None:
    cursor = page(listed, limit=3).body["next_cursor"]
    listed.take(client("c1", archived=True), client("b9", name="Client b9"), client("c35", name="Client c3"))
    listed.drain()
    assert ids(page(listed, limit=9, cursor=cursor)) == ["c3", "c35", "c4", "c5", "c6"]


def test_a_cursor_allows_another_limit(listed: Service) -> None:
    cursor = page(listed, limit=2).body["next_cursor"]
    assert len(ids(page(listed, limit=4, cursor=cursor))) == 4


def test_a_cursor_is_bound_to_tenant_route_and_filters(listed: Service) -> None:
    listed.tenant("other")
    listed.take(*(client(f"c{place}") for place in range(7)), tenant="other")
    listed.drain()
    cursor = page(listed, limit=3).body["next_cursor"]
    assert page(listed, limit=3, cursor=cursor).status == 200
    assert page(listed, "other", limit=3, cursor=cursor).status == 400
    for changed in ({"status": "HEALTHY"}, {"q": "client"}, {"sort": "name"}, {"order": "desc"}, {"period": "7d"}):
        assert page(listed, limit=3, cursor=cursor, **changed).status == 400
    assert listed.http("GET", f"/v1/clients/c1/history?cursor={cursor}").status == 400


def test_a_cursor_expires(listed: Service) -> None:
    cursor = page(listed, limit=3).body["next_cursor"]
    listed.clock.advance(15 * 60)
    assert page(listed, limit=3, cursor=cursor).status == 200
    listed.clock.advance(1)
    answer = page(listed, limit=3, cursor=cursor)
    assert answer.status == 400
    assert "expired" in answer.body["detail"]


def test_a_cursor_cannot_be_made(listed: Service) -> None:
    cursor = page(listed, limit=3).body["next_cursor"]
    for place in range(0, len(cursor), 7):
        other = "A" if cursor[place] != "A" else "B"
        assert page(listed, limit=3, cursor=cursor[:place] + other + cursor[place + 1 :]).status == 400
    for made in (cursor[:-1], cursor + "A", cursor.split(".")[0], f"..{cursor}"):
        assert page(listed, limit=3, cursor=made).status == 400


# ---- month over month ----------------------------------------------------------------------------------------------


def test_month_over_month(service: Service) -> None:
    """Five points less for each of two clients, then the baseline dates run out."""
    service.take(client("c1"), client("c2"), *(fact("contract", client_id=each) for each in ("c1", "c2")))
    service.night("2026-10-20")
    service.night("2026-10-23")
    service.clock.to("2026-11-22T12:00:00Z")
    service.take(*(ticket(client_id=each, created_at=ago(hours=1)) for each in ("c1", "c2")))
    service.drain()
    change = page(service).body["average_score_change"]
    assert change == {"points": 0.0, "baseline_date": "2026-10-23", "settings_changed": False}
    service.take(*(ticket(client_id=each, created_at=ago(hours=2), due_at=ago(hours=1)) for each in ("c1", "c2")))
    service.take(*(ticket(client_id="c1", created_at=ago(hours=2), due_at=ago(hours=1)) for _ in range(2)))
    service.drain()
    for period in PERIOD_DAYS:
        change = page(service, period=period).body["average_score_change"]
        assert change == {"points": -12.5, "baseline_date": "2026-10-23", "settings_changed": False}
    service.clock.to("2026-11-26T23:30:00Z")  # the 27th in Rome: 38 and 35 days later
    assert page(service).body["average_score_change"]["baseline_date"] == "2026-10-23"
    service.clock.to("2026-11-29T22:59:59Z")
    assert page(service).body["average_score_change"]["baseline_date"] == "2026-10-23"
    service.clock.to("2026-11-29T23:00:00Z")
    assert page(service).body["average_score_change"] == {
        "points": 0.0,
        "baseline_date": None,
        "settings_changed": False,
    }


def test_two_tenants_have_pages_of_their_own(service: Service) -> None:
    service.tenant("acme-2")
    service.take(client("c1"))
    service.take(client("c2"), tenant="acme-2")
    service.night(NIGHT)
    assert (ids(page(service)), ids(page(service, "acme-2"))) == (["c1"], ["c2"])
    assert page(service, "unknown").status == 404
