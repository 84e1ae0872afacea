"""GET /clients and the account managers: filters, sorting, columns, cursors and who is shown."""

from collections.abc import Callable, Sequence
from itertools import product
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest

from chalicelib.domain.alerts import AlertState, OpenAlert
from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Instant, Money
from chalicelib.domain.history import Stamp
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import SOURCES
from chalicelib.domain.velocity import Velocity
from tests.functional.examples import account_manager, ago, client, fact, ticket
from tests.functional.service import Answer, Service
from tests.functional.support import (
    STACK,
    change,
    counting,
    faults,
    ids,
    night,
    pages,
    reads,
    seat_rows,
    standardized,
)

PATH: Final = "/v1/clients"
SORTS: Final = (
    "name",
    "industry",
    "account_manager_id",
    "status",
    "score",
    "band",
    "monthly_recurring_revenue",
    "open_alerts",
    "score_trend",
)
MODELS: Final = ("deduction", "weighted")
AS_OF: Final = Instant(1_795_000_000)


def accounts(service: Service, tenant: str = "acme", **parameters: Any) -> Answer:
    query = f"?{urlencode(parameters)}" if parameters else ""
    return service.http("GET", f"{PATH}{query}", tenant=tenant)


def rows_of(service: Service, **parameters: Any) -> list[dict[str, Any]]:
    """All rows of a list, page after page."""
    path = f"{PATH}?{urlencode(parameters)}" if parameters else PATH
    return [row for page in pages(service, path) for row in page]


def random_row(random: Random, number: int) -> CurrentRow:
    """A client with a bit of everything; every fifth one is not scored."""
    scored = number % 5 > 0
    status = random.choice(["ACTIVE", "ACTIVE", "AT_RISK"] if scored else ["ACTIVE", "INACTIVE", "CHURNED"])
    money = Money(random.choice(["EUR", "EUR", "USD"]), random.randrange(5) * 1_234_500)
    who = Client(
        f"c{number:02d}",
        random.choice(["alpha", "Beta", "ALPHA", "Ämter", "beta", f"Zeta {number}", "100% Corp & Co"]),
        status,
        not scored and status == "ACTIVE",
        random.choice([None, "Law", "law ", "Dental"]),
        random.choice([None, "m1", "m2"]),
        None,
        random.choice([None, money, money]),
        AS_OF if random.random() < 0.2 else None,
    )
    stamp = Stamp(random.randrange(1, 4), random.choice([70, 90]), 40, SOURCES)
    if not scored:
        return CurrentRow(who, AS_OF, stamp, None, Velocity(None), Velocity(None))
    standing = Standing(0, random.randrange(0, 20), 0, 0, 0, False)
    weighted = random.choice([None, 100, *range(0, 100, 9)])
    coverage = 2_000 if weighted is None else random.choice([4_000, 6_999, 7_000, 10_000])
    idle = (Activity(0, 0, 0, 0),) * len(PERIODS)
    evaluation = Evaluation(standing, idle, (weighted,) * 9, weighted, coverage)
    velocities = [Velocity(random.choice([None, -20, -5, 0, 0, 5])) for _ in MODELS]
    opened = tuple(
        OpenAlert(AS_OF - n, "deduction", ("threshold",), random.random() < 0.5)
        for n in range(random.choice([0, 0, 1, 3]))
    )
    return CurrentRow(who, AS_OF, stamp, evaluation, velocities[0], velocities[1], AlertState(open_alerts=opened))


@pytest.fixture
def fleet(service: Service) -> list[CurrentRow]:
    """70 clients on two pages of the roster."""
    random = Random(11)
    rows = [random_row(random, number) for number in range(70)]
    seat_rows(service, rows)
    return rows


# --- what is expected, written anew ---


def expected_row(row: CurrentRow, model: str) -> dict[str, Any]:
    """A row of the list, with its trend."""
    who, found = row.client, row.evaluation
    money = who.monthly_recurring_revenue
    score, band, provisional, trend = None, None, False, None
    if found is not None:
        if model == "deduction":
            score = max(0, 100 - 5 * found.standing.overdue_tickets)
            band = "HEALTHY" if score >= 70 else "AT_RISK" if score >= 40 else "CRITICAL"
        else:
            score = found.weighted_score
            band, provisional = "INSUFFICIENT_DATA", score is not None and found.coverage < 7_000
            if score is not None:
                band = "GREEN" if score >= row.stamp.green_threshold else "YELLOW" if score >= 40 else "RED"
        points = (row.deduction_velocity if model == "deduction" else row.weighted_velocity).points
        if points is not None:
            trend = {"direction": "up" if points > 0 else "down" if points < 0 else "flat", "points": points}
    return {
        "client_id": who.id,
        "name": who.name,
        "industry": who.industry,
        "account_manager_id": who.account_manager_id,
        "status": "AT_RISK" if who.at_risk_since and who.status == "ACTIVE" else who.status,
        "score": score,
        "band": band,
        "provisional": provisional,
        "monthly_recurring_revenue": None
        if money is None
        else {"currency": money.currency, "amount": f"{money.amount / 10_000:.2f}"},
        "open_alerts": sum(not alert.acknowledged for alert in row.alerts.open_alerts),
        "score_trend": trend,
    }


WORST_FIRST: Final = ("CRITICAL", "AT_RISK", "HEALTHY", "RED", "YELLOW", "GREEN")


def sort_value(row: dict[str, Any], sort: str) -> Any:
    """What a row is sorted by; None sorts last in both orders."""
    held = row[sort]
    if held is None:
        return None
    match sort:
        case "name":
            return held.casefold()
        case "industry":
            return held.strip().casefold()
        case "band":
            return None if held == "INSUFFICIENT_DATA" else WORST_FIRST.index(held)
        case "monthly_recurring_revenue":
            return float(held["amount"]) if held["currency"] == "EUR" else None
        case "score_trend":
            return held["points"]
    return held


def in_order(rows: Sequence[dict[str, Any]], sort: str = "name", order: str = "asc") -> list[str]:
    by_name = sorted(rows, key=lambda row: (row["name"].casefold(), row["client_id"]))
    known = [row for row in by_name if sort_value(row, sort) is not None]
    known.sort(key=lambda row: sort_value(row, sort), reverse=order == "desc")
    return ids(known + [row for row in by_name if sort_value(row, sort) is None])


# ---- rows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_rows_of_a_model(service: Service, fleet: list[CurrentRow], model: str) -> None:
    found = rows_of(service, model=model, columns="score_trend", archived="false", limit=200)
    found += rows_of(service, model=model, columns="score_trend", archived="true", limit=200)
    expected = {row.client.id: expected_row(row, model) for row in fleet}

    assert len(found) == 70
    assert {row["client_id"]: row for row in found} == expected
    for row in rows_of(service, model=model):
        assert row == {name: value for name, value in expected[row["client_id"]].items() if name != "score_trend"}


def test_the_model_is_the_primary_one_unless_named(service: Service) -> None:
    service.take(*standardized("c1", 30))
    change(service, **STACK, primary_model="weighted")
    service.drain()
    assert [row["band"] for row in rows_of(service)] == ["RED"]
    assert [row["band"] for row in rows_of(service, model="deduction")] == ["HEALTHY"]
    change(service, primary_model="auto")
    assert [row["band"] for row in rows_of(service)] == ["RED"]  # the only source has all the weight
    change(service, primary_model="deduction")
    assert [row["band"] for row in rows_of(service)] == ["HEALTHY"]


# ---- sorting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_every_sort_in_both_orders(
    service: Service, fleet: list[CurrentRow], subtests: pytest.Subtests, model: str
) -> None:
    scored = [expected_row(row, model) for row in fleet if row.evaluation is not None]
    for sort, order in product(SORTS, ("asc", "desc")):
        with subtests.test(sort=sort, order=order):
            expected = in_order(scored, sort, order)
            assert ids(rows_of(service, model=model, sort=sort, order=order, limit=200)) == expected
            assert ids(rows_of(service, model=model, sort=sort, order=order, limit=31)) == expected


def test_by_name_unless_told_otherwise(service: Service, fleet: list[CurrentRow]) -> None:
    scored = [expected_row(row, "weighted") for row in fleet if row.evaluation is not None]
    assert ids(accounts(service).body["items"]) == in_order(scored)[:50]
    assert ids(rows_of(service)) == in_order(scored)
    assert ids(rows_of(service, order="desc")) == in_order(scored, "name", "desc")


# ---- filters -------------------------------------------------------------------------------------------

Filter = Callable[[dict[str, Any]], bool]

FILTERS: Final[list[tuple[str, str, Filter]]] = [
    *(("band", band, lambda row, band=band: row["band"] == band) for band in ("GREEN", "RED", "INSUFFICIENT_DATA")),
    ("industry", "LAW", lambda row: (row["industry"] or "").strip() in {"Law", "law"}),
    ("industry", " dental", lambda row: row["industry"] == "Dental"),
    ("industry", "de", lambda row: False),
    ("account_manager_id", "m2", lambda row: row["account_manager_id"] == "m2"),
    ("account_manager_id", "m9", lambda row: False),
    ("q", "ALPH", lambda row: row["name"].casefold() == "alpha"),
    ("q", "ämt", lambda row: row["name"] == "Ämter"),
    ("q", "% corp &", lambda row: row["name"] == "100% Corp & Co"),
    ("q", "nobody", lambda row: False),
    ("status", "ACTIVE", lambda row: row["status"] == "ACTIVE"),
    ("status", "AT_RISK", lambda row: row["status"] == "AT_RISK"),
    ("status", "CHURNED", lambda row: row["status"] == "CHURNED"),
    ("archived", "true", lambda row: row["archived"]),
    ("archived", "false", lambda row: not row["archived"]),
]


def test_every_filter_alone_and_with_every_other(
    service: Service, fleet: list[CurrentRow], subtests: pytest.Subtests
) -> None:
    everybody = [
        {**expected_row(row, "weighted"), "archived": row.client.archived, "scored": row.evaluation is not None}
        for row in fleet
    ]
    single = [{name: (value, holds)} for name, value, holds in FILTERS]
    paired = [one | other for one, other in product(single, single) if one.keys().isdisjoint(other)]
    for chosen in [*single, *paired[::3]]:
        parameters = {name: value for name, (value, _) in chosen.items()}
        with subtests.test(**parameters):
            shows_unscored = parameters.keys() & {"status", "archived"}
            expected = [
                row
                for row in everybody
                if all(holds(row) for _, holds in chosen.values()) and (row["scored"] or shows_unscored)
            ]
            found = rows_of(service, model="weighted", sort="score", limit=200, **parameters)
            assert ids(found) == in_order(expected, "score")


def test_empty_filters_filter_nothing(service: Service, fleet: list[CurrentRow]) -> None:
    for parameters in ({"q": ""}, {"q": "  "}, {"industry": ""}):
        assert len(rows_of(service, **parameters)) == 56


def test_bands_are_those_of_the_model(service: Service, fleet: list[CurrentRow]) -> None:
    assert accounts(service, model="deduction", band="CRITICAL").status == 200
    assert accounts(service, model="deduction", band="INSUFFICIENT_DATA").body["items"] == []
    assert accounts(service, model="deduction", band="RED").status == 400
    assert accounts(service, model="weighted", band="HEALTHY").status == 400


WRONG: Final = [
    "model=auto",
    "model=",
    "band=green",
    "sort=id",
    "sort=",
    "order=up",
    "columns=score",
    "columns=",
    "status=OPEN",
    "archived=1",
    "archived=",
    "account_manager_id=",
    "account_manager_id=a%20b",
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=%D9%A1",
    "limit=-1",
    "limit=",
    "cursor=",
    "cursor=x",
    "period=30d",
    "Q=a",
    f"q={'x' * 201}",
    f"industry={'x' * 201}",
]


def test_wrong_parameters(service: Service, subtests: pytest.Subtests) -> None:
    for query in WRONG:
        with subtests.test(query):
            answer = service.http("GET", f"{PATH}?{query}")
            assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
            assert answer.body["detail"]


def test_unscored_clients_are_shown_when_asked_for(service: Service) -> None:
    service.take(
        client("a"),
        client("b", status="INACTIVE"),
        client("c", archived=True),
        client("d", client_since="2027-01-01"),
        client("e", status="CHURNED"),
    )
    assert rows_of(service, archived="false") == []  # nobody was evaluated yet
    service.drain()

    assert ids(rows_of(service)) == ["a"]
    assert ids(rows_of(service, status="ACTIVE")) == ["a", "c", "d"]
    assert ids(rows_of(service, archived="true")) == ["c"]
    assert ids(rows_of(service, archived="false")) == ["a", "b", "d", "e"]
    unscored = rows_of(service, status="CHURNED", columns="score_trend")[0]
    nothing = ("score", "band", "score_trend", "monthly_recurring_revenue", "industry", "account_manager_id")
    assert [unscored[name] for name in nothing] == [None] * 6
    assert (unscored["provisional"], unscored["open_alerts"]) == (False, 0)


def test_the_score_trend_of_real_nights(service: Service) -> None:
    service.clock.to("2026-10-20T00:00:00Z")
    service.take(*standardized("down", 90, 60), *standardized("up", 30, 60), *standardized("flat", 50, 60))
    change(service, **STACK, primary_model="weighted")
    night(service, "2026-10-24")
    service.clock.to("2026-11-22T12:00:00Z")
    service.take(fact("assessment", client_id="down", completed_on="2026-11-20", standardization_score=60))
    service.take(fact("assessment", client_id="up", completed_on="2026-11-20", standardization_score=31))
    service.take(*standardized("new", 50))
    night(service, "2026-11-23")

    assert {row["client_id"]: row["score_trend"] for row in rows_of(service, columns="score_trend")} == {
        "down": {"direction": "down", "points": -30},
        "up": {"direction": "up", "points": 1},
        "flat": {"direction": "flat", "points": 0},
        "new": None,
    }
    assert ids(rows_of(service, sort="score_trend")) == ["down", "flat", "up", "new"]


# ---- cursors and cost ----------------------------------------------------------------------------------


def test_a_cursor_is_bound_to_its_list(service: Service, fleet: list[CurrentRow]) -> None:
    cursor = accounts(service, limit=5, sort="score", q="a").body["next_cursor"]
    assert accounts(service, limit=9, sort="score", q="a", cursor=cursor).status == 200
    others: list[dict[str, Any]] = [
        {},
        {"sort": "score"},
        {"sort": "band", "q": "a"},
        {"sort": "score", "q": "b"},
        {"sort": "score", "q": "a", "order": "desc"},
        {"sort": "score", "q": "a", "model": "deduction"},
        {"sort": "score", "q": "a", "columns": "score_trend"},
    ]
    for parameters in others:
        assert accounts(service, cursor=cursor, **parameters).status == 400
    assert service.http("GET", f"/v1/analytics/clients?sort=score&q=a&cursor={cursor}").status == 400
    assert accounts(service, sort="score", q="a", cursor=f"{cursor}x").status == 400
    service.clock.advance(15 * 60 - 1)
    assert accounts(service, sort="score", q="a", cursor=cursor).status == 200
    service.clock.advance(3)
    assert accounts(service, sort="score", q="a", cursor=cursor).status == 400


def test_a_cursor_does_not_outlive_a_change_of_the_primary_model(service: Service, fleet: list[CurrentRow]) -> None:
    cursor = accounts(service, limit=5).body["next_cursor"]
    change(service, primary_model="deduction")
    assert accounts(service, cursor=cursor).status == 400


def test_rows_that_move_between_two_pages(service: Service) -> None:
    """What keeps its sort key is neither skipped nor repeated, whatever comes and goes around it."""
    service.take(*(client(f"c{n}", name=f"Name {n}") for n in range(8)))
    service.drain()
    first = accounts(service, limit=3).body
    service.clock.advance(60)
    service.take(
        client("c0", name="Name 9"), client("c2", name="Name 2", status="CHURNED"), client("x", name="Name 1b")
    )
    service.drain()

    second = accounts(service, limit=3, cursor=first["next_cursor"]).body
    third = accounts(service, limit=3, cursor=second["next_cursor"]).body
    assert [ids(page["items"]) for page in (first, second, third)] == [
        ["c0", "c1", "c2"],
        ["c3", "c4", "c5"],
        ["c6", "c7", "c0"],
    ]
    assert third["next_cursor"] is None


def test_what_the_list_costs(service: Service, fleet: list[CurrentRow]) -> None:
    with counting() as cost:
        accounts(service, sort="score_trend", columns="score_trend", q="a", limit=200)
    assert reads(cost) == {"GetItem": 1, "BatchGetItem": 1}
    assert cost.call_count == 2
    assert cost.read <= 1 + 2 * 1  # settings, and two pages of rows


def test_a_thousand_clients_cost_two_calls_and_few_units(service: Service) -> None:
    random = Random(3)
    seat_rows(service, [random_row(random, number % 100) for number in range(1000)])
    with counting() as cost:
        assert len(accounts(service, sort="monthly_recurring_revenue", limit=200).body["items"]) == 200
    assert cost.call_count == 2
    assert cost.read <= 20


def test_it_needs_clients_read(service: Service) -> None:
    assert service.http("GET", PATH, permissions=["clients.read"]).status == 200
    assert service.http("GET", PATH, permissions=["reports.read", "records.write"]).status == 403


# ---- account managers ----------------------------------------------------------------------------------

MANAGERS: Final = "/v1/account-managers"


def put_manager(service: Service, manager_id: str, name: str, email: str = "a@example.com") -> Answer:
    return service.http("PUT", f"{MANAGERS}/{manager_id}", {"name": name, "email": email})


def test_account_managers_with_their_clients(service: Service) -> None:
    service.take(
        account_manager("m1", name="zoe"),
        account_manager("m2", name="Ada"),
        account_manager("m3", name="ada"),
        client("c1", account_manager_id="m1"),
        client("c2", account_manager_id="m1"),
        client("c3", account_manager_id="m1", status="CHURNED"),
        client("c4", account_manager_id="m1", archived=True),
        client("c5", account_manager_id="m2"),
        client("c6"),
    )
    service.drain()
    assert service.http("GET", MANAGERS).body == {
        "items": [
            {"id": "m2", "name": "Ada", "email": "ada@example.com", "clients": 1, "reached": False},
            {"id": "m3", "name": "ada", "email": "ada@example.com", "clients": 0, "reached": False},
            {"id": "m1", "name": "zoe", "email": "ada@example.com", "clients": 2, "reached": False},
        ],
        "fallback": [],
        "unreached_clients": 4,
        "total": 3,
        "next_cursor": None,
    }


def test_putting_an_account_manager(service: Service) -> None:
    service.take(client("c1", account_manager_id="m1"))
    service.drain()
    answer = put_manager(service, "m1", " Ada ", "ada@example.com")
    assert (answer.status, answer.body) == (
        200,
        {"id": "m1", "name": "Ada", "email": "ada@example.com", "clients": 1, "reached": False},
    )
    answer = put_manager(service, "m1", "Ada King", "king@example.com")
    assert (answer.status, answer.body["name"]) == (200, "Ada King")
    assert service.http("GET", MANAGERS).body["items"] == [answer.body]


def test_a_put_replaces_what_came_from_the_future_and_gives_way_to_what_is_newer(service: Service) -> None:
    service.take(account_manager("m1", name="Ahead", updated_at=ago(seconds=-200)))
    assert put_manager(service, "m1", "By hand").body["name"] == "By hand"
    assert ids(service.http("GET", MANAGERS).body["items"], "name") == ["By hand"]
    service.take(account_manager("m1", name="Old", updated_at=ago(seconds=-199)))
    assert ids(service.http("GET", MANAGERS).body["items"], "name") == ["By hand"]
    service.take(account_manager("m1", name="Newer", updated_at=ago(seconds=-201)))
    assert ids(service.http("GET", MANAGERS).body["items"], "name") == ["Newer"]


def test_account_managers_in_pages(service: Service) -> None:
    service.take(*(account_manager(f"m{n}", name=f"Name {n % 3}") for n in range(7)))
    found = [ids(page, "id") for page in pages(service, f"{MANAGERS}?limit=3")]
    assert found == [["m0", "m3", "m6"], ["m1", "m4", "m2"], ["m5"]]
    cursor = service.http("GET", f"{MANAGERS}?limit=3").body["next_cursor"]
    assert service.http("GET", f"{PATH}?limit=3&cursor={cursor}").status == 400
    assert service.http("GET", f"{MANAGERS}?q=a").status == 400


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name", "/email"]),
        ({"name": " ", "email": "a@example.com"}, ["/name"]),
        ({"name": "x" * 201, "email": "a@example.com"}, ["/name"]),
        ({"name": "Ada", "email": "a@b"}, ["/email"]),
        ({"name": "Ada", "email": "a@example.com", "id": "m2"}, ["/id"]),
        ({"name": 1, "email": None}, ["/name", "/email"]),
    ],
)
def test_what_is_no_account_manager(service: Service, body: dict[str, Any], pointers: list[str]) -> None:
    assert faults(service.http("PUT", f"{MANAGERS}/m1", body)) == pointers
    assert service.http("GET", MANAGERS).body["items"] == []


def test_ids_of_account_managers(service: Service) -> None:
    for wrong in ("-m", "m m", "m#1", "x" * 65, "ü"):
        assert put_manager(service, quote(wrong), "Ada").status == 404
    assert put_manager(service, "A.b_c-9", "Ada").status == 200


def test_permissions_of_account_managers(service: Service) -> None:
    body = {"name": "Ada", "email": "a@example.com"}
    assert service.http("GET", MANAGERS, permissions=["clients.read"]).status == 200
    assert service.http("GET", MANAGERS, permissions=["records.write"]).status == 403
    assert service.http("PUT", f"{MANAGERS}/m1", body, permissions=["records.write"]).status == 200
    assert service.http("PUT", f"{MANAGERS}/m1", body, permissions=["clients.read"]).status == 403


def test_what_account_managers_cost(service: Service) -> None:
    service.take(account_manager(), client(account_manager_id="m1"), ticket())
    service.drain()
    with counting() as cost:
        service.http("GET", MANAGERS)
    assert reads(cost) == {"GetItem": 1, "BatchGetItem": 1, "Query": 2}
