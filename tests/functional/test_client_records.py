"""GET /v1/clients/{id}/records, and the links that the settings give records."""

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.domain.counted import COMPONENTS
from tests.functional.examples import FACT_TYPES, OPTIONAL, ago, client, days_ago, fact, ticket
from tests.functional.service import Record, Service
from tests.functional.support import counting, faults, pages, put, settings

LINKS = {
    "client": "https://psa.example/companies/{client_id}",
    "ticket": "https://psa.example/tickets/{id}?company={client_id}#notes",
}


def records(service: Service, query: str = "", client_id: str = "c1", **request: Any) -> list[Record]:
    answer = service.http("GET", f"/v1/clients/{client_id}/records{query}", **request)
    assert answer.status == 200, answer
    found: list[Record] = answer.body["items"]
    return found


def named(found: list[Record]) -> list[tuple[str, str]]:
    return [(each["type"], each["id"]) for each in found]


@pytest.mark.parametrize("record_type", FACT_TYPES)
def test_a_record_as_it_is_held(service: Service, record_type: str) -> None:
    whole = fact(record_type, "x.1", **{k: v for k, v in OPTIONAL[record_type].items() if v != "9999-12-31"})
    service.take(client(), client("c10"), {**whole, "updated_at": ago(minutes=3)}, fact(record_type, "x.2", "c10"))
    (held,) = records(service, f"?type={record_type}")
    sent = {**whole, "updated_at": ago(minutes=3), "link": None}
    if record_type == "invoice":
        sent |= {"paid_total": "700.00", "balance": "500.00"}
    assert held == sent
    assert records(service) == [held]
    taken = service.records({name: value for name, value in held.items() if name != "link"}).body
    assert (taken["accepted"], taken["unchanged"]) == (0, 1)


def test_newest_first_by_the_time_that_a_record_is_of(service: Service) -> None:
    service.take(
        client(),
        ticket("T2", created_at=ago(days=1)),
        ticket("T1", created_at=ago(days=1)),
        fact("invoice", "I1", issued_on=days_ago(0)),
        fact("billable_month", "B1", month="2026-11"),
        fact("qbr", "Q1", held_on=days_ago(-30), status="SCHEDULED"),
        fact("contract", "K1", start_date=days_ago(400)),
    )
    assert named(records(service)) == [
        ("qbr", "Q1"),
        ("invoice", "I1"),
        ("ticket", "T1"),
        ("ticket", "T2"),
        ("billable_month", "B1"),
        ("contract", "K1"),
    ]


def test_deleted_records_are_left_out(service: Service) -> None:
    service.take(client(), ticket("T1"), fact("qbr", "Q1"))
    service.take(ticket("T1", deleted=True), fact("qbr", "Q1", deleted=True))
    assert records(service) == []


def test_what_a_signal_or_factor_counts(service: Service) -> None:
    service.take(
        client(),
        ticket("urgent", priority="P1"),
        ticket("late", priority="P4", created_at=ago(days=45), due_at=ago(days=40)),
        ticket("done", priority="P1", created_at=ago(days=50), closed_at=ago(days=49)),
        fact("invoice", "paid"),
        fact("invoice", "owed", status="SENT", due_on=days_ago(3)),
        fact("contract", "K1"),
        fact("contract", "K0", end_date=days_ago(2)),
        fact("touchpoint", "P1", with_decision_maker=True),
        fact("touchpoint", "P2", with_decision_maker=False, occurred_at=ago(hours=1)),
    )

    def counted(component: str) -> set[str]:
        return {each["id"] for each in records(service, f"?for={component}")}

    assert {component: counted(component) for component in COMPONENTS if counted(component)} == {
        "open_p1_p2_tickets": {"urgent"},
        "open_tickets": {"urgent", "late"},
        "overdue_tickets": {"late"},
        "ticket_volume": {"urgent"},
        "inactivity": {"urgent"},
        "active_contract": {"K1"},
        "payment_health": {"owed"},
        "days_since_decision_maker_contact": {"P1"},
    }
    held = settings(service)
    put(service, "health-score", {**held, "sources": ["headcount"]}, held["version"])
    assert counted("open_p1_p2_tickets") == {"urgent"}, "connected or not"
    service.take(client(status="CHURNED"))
    assert counted("open_p1_p2_tickets") == {"urgent"}, "scored or not"


def test_pages_hold_each_record_once(service: Service) -> None:
    service.take(client(), *(ticket(f"T{n}", created_at=ago(days=n % 3)) for n in range(11)), fact("qbr", "Q1"))
    whole = named(records(service))
    for size in (1, 4, 12):
        found = [each for page in pages(service, f"/v1/clients/c1/records?limit={size}") for each in page]
        assert named(found) == whole
    first = service.http("GET", "/v1/clients/c1/records?limit=4")
    service.take(ticket("A", created_at=ago()), ticket("T0", deleted=True))  # one that comes before, one that was shown
    rest = service.http("GET", f"/v1/clients/c1/records?limit=50&cursor={first.body['next_cursor']}").body["items"]
    assert named(rest) == whole[4:]
    other = f"/v1/clients/c1/records?type=ticket&cursor={first.body['next_cursor']}"
    assert service.http("GET", other).status == 400


@pytest.mark.parametrize(
    "query",
    ["type=account_manager", "type=", "for=mood", "type=ticket&for=open_tickets", "open=true", "type=qbr&type=ticket"],
)
def test_what_cannot_be_asked_for(service: Service, query: str) -> None:
    service.take(client())
    assert service.http("GET", f"/v1/clients/c1/records?{query}").status == 400


def test_it_takes_three_reads(service: Service) -> None:
    service.take(client(), ticket())
    with counting() as cost:
        records(service, "?for=open_tickets")
    assert dict(cost.calls) == {"dynamodb.GetItem": 1, "dynamodb.BatchGetItem": 1, "dynamodb.Query": 1}


# ---- links -----------------------------------------------------------------------------------------------


def test_links_share_version_and_etag_with_the_other_settings(service: Service) -> None:
    assert settings(service, "links") == {"version": 1}
    answer = put(service, "links", {**LINKS, "note": "The PSA"}, 1)
    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert answer.body == settings(service, "links") == {"version": 2, **LINKS}
    assert settings(service, "workflows")["version"] == 2
    assert put(service, "workflows", {"at_risk_alert": {"enabled": True}}, 1).status == 412
    assert put(service, "links", LINKS, 2).body["version"] == 2, "the same again makes no version"
    newest = service.http("GET", "/v1/settings/versions").body["items"][0]
    assert newest["note"] == "The PSA"
    assert newest["changes"] == [
        {"pointer": f"/links/{name}", "from": None, "to": address} for name, address in LINKS.items()
    ]
    assert service.http("GET", "/v1/settings/versions/2").body["links"] == LINKS
    replaced = put(service, "links", {"ticket": None, "invoice": "https://books.example/", "version": 9}, 2)
    assert replaced.body == {"version": 3, "invoice": "https://books.example/"}
    assert service.http("PUT", "/v1/settings/links", LINKS).status == 428


def test_records_have_the_link_of_their_type(service: Service) -> None:
    put(service, "links", LINKS, 1)
    service.take(client("c.1_-"), ticket("T-1.x", "c.1_-"), fact("qbr", "Q1", "c.1_-"))
    found = {each["type"]: each["link"] for each in records(service, client_id="c.1_-")}
    assert found == {"ticket": "https://psa.example/tickets/T-1.x?company=c.1_-#notes", "qbr": None}
    (own,) = records(service, "?type=client", "c.1_-")
    assert (own["type"], own["id"], own["link"]) == ("client", "c.1_-", "https://psa.example/companies/c.1_-")


@pytest.mark.parametrize(
    "address",
    [
        *("", "psa.example/{id}", "http://psa.example/{id}", "javascript:alert(1)", "https://", "https:///x/{id}"),
        *(
            "https://{id}.psa.example/",
            "https://{client_id}/",
            "https://psa.example:{id}/",
            "https://user@psa.example/",
        ),
        *("https://psa.example/{ticket}", "https://psa.example/{", "https://psa.example/a b", "https://psa.example/\n"),
        *("https://psa.example\\@evil.example/", 'https://psa.example/"', "https://psa.example/<x>", "//psa.example"),
        *(f"https://psa.example/{'x' * 481}", 5, ["https://psa.example/"], "https://psa.example/ü"),
    ],
)
def test_what_is_no_address(service: Service, address: Any) -> None:
    assert faults(put(service, "links", {"ticket": address}, 1)) == ["/ticket"]


@pytest.mark.parametrize(
    "address",
    [
        *("https://psa.example", "https://psa.example:8443/{id}", "https://a.b-c.example/#/t/{client_id}/{id}{id}"),
        *(f"https://psa.example/{'x' * 480}", "https://psa.example?ticket={id}&x=%20", "https://10.0.0.1/{id}"),
    ],
)
def test_what_is_an_address(service: Service, address: str) -> None:
    assert put(service, "links", {"ticket": address}, 1).status == 200


def test_only_types_of_records_have_links(service: Service) -> None:
    body = dict.fromkeys(("client", *FACT_TYPES), "https://psa.example/")
    assert put(service, "links", body, 1).status == 200
    assert faults(put(service, "links", {"colour": "https://psa.example/"}, 2)) == ["/colour"]


def test_times_come_in_order(service: Service) -> None:
    service.take(client(), *(ticket(f"T{n}", created_at=ago(hours=n * 7 % 50)) for n in range(9)))
    found = [each["created_at"] for each in records(service)]
    assert all(earlier >= later for earlier, later in pairwise(found))
