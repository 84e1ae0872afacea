"""An account manager with permissions for own clients: nobody else's client can be seen, or told to exist."""

import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest

from chalicelib.api.auth import OWN, SCOPED
from chalicelib.api.endpoint import PUBLIC, ROUTES, Route
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.tenancy import bound_to, in_scope_of
from tests.functional.examples import account_manager, ago, client, days_ago, fact, ticket
from tests.functional.service import ALL, Answer, Record, Service
from tests.functional.support import STACK, change, counting, night, put, reads, settings, standardized
from tests.functional.test_foreign_tenant import BODIES, NOBODYS, PARAMETER, Ids, told

GRACE: Final = "am-1"
OTHER: Final = "am-2"

OWN_ALONE: Final = tuple(f"{each}{OWN}" for each in sorted(SCOPED))
SCOPE: Final = (*(each for each in ALL if each not in SCOPED), *OWN_ALONE)
"""Own clients alone, and every permission besides that there is not for own clients."""

LISTS: Final = ("/v1/analytics/clients", "/v1/clients", "/v1/alerts", "/v1/tasks", "/v1/aliases")
SUMMARIES: Final = ("/v1/analytics/portfolio", "/v1/account-managers")


def own(
    service: Service, method: str, path: str, body: Any = None, *, manager: str | None = GRACE, **asked: Any
) -> Answer:
    """Calls a route as an account manager who has own clients alone."""
    return service.http(method, path, body, **{"permissions": SCOPE, "manager": manager, **asked})


@pytest.fixture
def book(service: Service) -> Service:
    """Clients of two account managers and of none, with alerts, tasks, aliases and an activity each."""
    version = change(service, **STACK, primary_model="weighted")
    workflows = {**settings(service, "workflows"), "at_risk_alert": {"enabled": True}}
    put(service, "workflows", workflows, version)
    service.take(account_manager(GRACE, name="Grace Okafor"), account_manager(OTHER, name="Henrik Lund"))
    for name, manager, points in (
        ("mine", GRACE, 20),
        ("well", GRACE, 90),
        ("theirs", OTHER, 10),
        ("nobodys", None, 30),
    ):
        service.take(*made(name, points, account_manager_id=manager))
        sent = {"aliases": [{"source": "desk", "value": f"{name} Ltd"}]}
        assert service.http("PUT", f"/v1/clients/{name}/aliases", sent).status == 200
        planned = {"kind": "QBR", "held_on": days_ago(-9), "status": "SCHEDULED", "text": f"plan of {name}"}
        path, key = f"/v1/clients/{name}/activities", {"Idempotency-Key": f"key-{name}"}
        assert service.http("POST", path, planned, headers=key).status == 201
    night(service, "2026-11-23")
    service.publish()
    service.drain()
    return service


def made(name: str, points: int, **fields: Any) -> list[Record]:
    """A client whose name and records say whose they are."""
    fields = {"name": f"Client {name}", "industry": f"Trade of {name}", **fields}
    return [*standardized(name, points, **fields), ticket(f"ticket-{name}", name)]


def ids_of(service: Service, name: str, manager: str) -> Ids:
    """The ids of everything of a client."""

    def of_client(path: str) -> Any:
        (found,) = [each for each in service.http("GET", path).body["items"] if each.get("client_id", name) == name]
        return found["id"]

    activity = of_client(f"/v1/clients/{name}/activities")
    subscription = service.http(
        "POST", f"/v1/account-managers/{manager}/subscriptions", {"protocol": "email", "endpoint": "a@example.com"}
    )
    return Ids(
        client_id=name,
        manager_id=manager,
        version="777",
        key_id=NOBODYS.key_id,
        alert_id=of_client("/v1/alerts"),
        task_id=of_client("/v1/tasks"),
        subscription_id=subscription.body["id"],
        activity_id=activity,
        connection_id="nobodys",
    )


def naming_clients() -> Iterator[Route]:
    """The routes whose path names a client, or what is a client's or an account manager's."""
    names = {"client_id", "alert_id", "task_id", "manager_id"}
    return (route for route in ROUTES if names.intersection(PARAMETER.findall(route.path)))


MAKES: Final = ("PUT", "/v1/account-managers/{manager_id}")


def call(service: Service, route: Route, ids: Ids) -> Answer:
    path = PARAMETER.sub(lambda found: getattr(ids, found[1]), route.path)
    body = None if route.method in {"GET", "DELETE"} else BODIES[route.method, route.path]
    query = "?from=2026-11-23" if path.endswith("/explanation") else ""
    headers = {"Idempotency-Key": f"key-{route.view.__name__}"} if route.headers else {}
    return own(service, route.method, path + query, body, headers=headers)


def test_somebody_elses_client_is_as_one_that_nobody_has(book: Service, subtests: pytest.Subtests) -> None:
    theirs = ids_of(book, "theirs", OTHER)
    book.drain()
    held = book.stored()
    routes = [route for route in naming_clients() if (route.method, route.path) != MAKES]
    assert len(routes) >= 18
    for route in routes:
        with subtests.test(method=route.method, path=route.path):
            unknown, foreign = call(book, route, NOBODYS), call(book, route, theirs)
            assert told(foreign, theirs) == told(unknown, NOBODYS)
            assert foreign.status == 404
    assert book.stored() == held


def test_own_clients_are_there_on_every_route(book: Service, subtests: pytest.Subtests) -> None:
    mine = ids_of(book, "mine", GRACE)
    order = {"GET": 0, "POST": 1, "PATCH": 2, "DELETE": 3, "PUT": 4}  # at last the client is given away
    for route in sorted(naming_clients(), key=lambda route: (order[route.method], -len(route.path))):
        with subtests.test(method=route.method, path=route.path):
            answer = call(book, route, mine)
            assert answer.status in ({409} if route.path.endswith("/tasks") else {200, 201, 204}), answer


def test_every_route_shows_own_clients_alone_or_is_refused(book: Service, subtests: pytest.Subtests) -> None:
    """A route that nobody thought of is refused: see `Route.scoped`."""
    for route in ROUTES:
        if route.method == "GET" and not PARAMETER.search(route.path) and route.permission != PUBLIC:
            with subtests.test(path=route.path):
                answer = own(book, "GET", route.path)
                assert answer.status == (200 if route.scoped else 403), answer
                for stranger in ("theirs", "nobodys", OTHER, "Henrik"):
                    assert stranger not in repr(answer.body), route.path


def test_what_shows_all_clients_is_refused(book: Service) -> None:
    scoring = settings(book)
    portfolio = own(book, "POST", "/v1/settings/health-score/preview", {"settings": scoring, "scope": "portfolio"})
    assert portfolio.status == 403
    assert own(book, "POST", "/v1/settings/health-score/preview", {"settings": scoring}).status == 200
    path = "/v1/settings/health-score/preview"
    answers = [own(book, "POST", path, {"settings": scoring, "client_id": each}) for each in ("mine", "theirs", "x")]
    assert [answer.status for answer in answers] == [200, 404, 404]
    assert answers[1].body["detail"].replace("theirs", "x") == answers[2].body["detail"]


def test_a_route_that_says_nothing_of_scope_is_refused(book: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.api import endpoint

    route = next(each for each in ROUTES if each.path == "/v1/alerts")
    forgotten = route._replace(scoped=False)
    monkeypatch.setattr(
        endpoint.Request, "caller", endpoint.Caller("acme", "x", frozenset(OWN_ALONE), "", RecordId(GRACE))
    )
    raw: Any = type("Raw", (), {"query_params": None, "headers": {}, "context": {}})()
    assert endpoint.answer(endpoint.Request(raw), forgotten, {}).status_code == 403
    assert endpoint.answer(endpoint.Request(raw), route, {}).status_code == 200


# ---- permissions ---------------------------------------------------------------------------------------


def test_own_permissions_need_an_account_manager(book: Service) -> None:
    for path in LISTS:
        assert own(book, "GET", path, manager=None).status == 403
    assert own(book, "POST", "/v1/clients/mine/recalculate", manager=None).status == 403
    assert own(book, "GET", "/v1/settings/health-score", manager=None).status == 403


def test_the_plain_permission_wins(book: Service) -> None:
    both: dict[str, Any] = {"permissions": (*ALL, *OWN_ALONE), "manager": GRACE}
    assert book.http("GET", "/v1/clients", **both).body["total"] == 4
    assert book.http("POST", "/v1/clients/theirs/recalculate", **both).status == 200


def test_who_reads_own_clients_alone_writes_to_no_others(book: Service) -> None:
    """Whatever the route's own permission is: a plain one to write shows no more clients than may be read."""
    theirs = ids_of(book, "theirs", OTHER)
    plain: dict[str, Any] = {
        "permissions": ("reports.read.own", "alerts.write", "scores.recalculate"),
        "manager": GRACE,
    }
    assert book.http("PATCH", f"/v1/alerts/{theirs.alert_id}", {"status": "RESOLVED"}, **plain).status == 404
    assert book.http("POST", "/v1/clients/theirs/recalculate", **plain).status == 404
    reader: dict[str, Any] = {"permissions": ("reports.read", "alerts.write.own"), "manager": GRACE}
    assert book.http("GET", "/v1/clients/theirs/health", **reader).status == 200
    assert book.http("PATCH", f"/v1/alerts/{theirs.alert_id}", {"status": "RESOLVED"}, **reader).status == 404
    assert book.http("GET", "/v1/clients", **reader).status == 403


def test_the_account_manager_comes_from_the_credential_alone(book: Service) -> None:
    for headers in (
        {"X-Account-Manager-Id": OTHER},
        {"account_manager_id": OTHER},
        {"custom:account_manager_id": OTHER},
    ):
        assert own(book, "GET", "/v1/clients", headers=headers).body["total"] == 2
    assert own(book, "GET", f"/v1/clients?account_manager_id={OTHER}").body["items"] == []
    assert own(book, "GET", "/v1/clients?account_manager_id=none").body["items"] == []
    assert own(book, "GET", f"/v1/clients?account_manager_id={GRACE}").body["total"] == 2
    assert own(book, "GET", "/v1/clients/theirs?account_manager_id=am-2").status == 400
    body = {"title": "x", "account_manager_id": OTHER}
    assert own(book, "POST", "/v1/clients/theirs/tasks", body).status in {404, 422}
    forged = book.token("acme", OWN_ALONE, account_manager_id=OTHER)
    headers = {"Authorization": f"Bearer {forged}"}
    assert book.raw("GET", "/v1/clients", None, headers).status == 403
    bad = book.token("acme", OWN_ALONE, **{"custom:account_manager_id": "am 2"})
    assert book.raw("GET", "/v1/clients", None, {"Authorization": f"Bearer {bad}"}).status == 401


def test_a_key_speaks_for_an_account_manager_for_life(book: Service) -> None:
    sent = {"name": "Grace's script", "permissions": ["clients.read.own"], "account_manager_id": GRACE}
    maker = (*ALL, *OWN_ALONE)
    key = book.http("POST", "/v1/settings/api-keys", sent, permissions=maker).body
    assert key["account_manager_id"] == GRACE
    headers = {"Authorization": f"Bearer {key['key']}"}
    assert book.raw("GET", "/v1/clients", None, headers).body["total"] == 2
    assert book.raw("GET", "/v1/clients/theirs", None, headers).status == 404
    assert book.raw("GET", "/v1/clients?account_manager_id=me", None, headers).body["total"] == 2
    listed = book.http("GET", "/v1/settings/api-keys").body["items"]
    assert [each["account_manager_id"] for each in listed] == [GRACE]

    other = {**sent, "account_manager_id": OTHER}
    refused = own(book, "POST", "/v1/settings/api-keys", other)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/account_manager_id")
    plain = own(book, "POST", "/v1/settings/api-keys", {**sent, "permissions": ["clients.read"]})
    assert (plain.status, plain.body["errors"][0]["pointer"]) == (422, "/permissions/0")
    assert own(book, "POST", "/v1/settings/api-keys", sent).status == 201
    assert (
        book.http("POST", "/v1/settings/api-keys", {**sent, "account_manager_id": "me"}, permissions=maker).status
        == 422
    )


def test_an_answer_that_is_kept_is_for_who_has_the_client_now(book: Service) -> None:
    path, key = "/v1/clients/mine/recalculate", {"Idempotency-Key": "again"}
    first = own(book, "POST", path, headers=key)
    assert first.status == 200
    assert own(book, "POST", path, headers=key).body == first.body
    assert own(book, "POST", path, headers=key, manager=OTHER).status == 404
    theirs = own(book, "POST", "/v1/clients/theirs/recalculate", headers=key)
    assert (theirs.status, theirs.body["detail"]) == (404, "There is no client theirs.")


# ---- lists and figures ---------------------------------------------------------------------------------


def test_an_average_of_few_is_not_told(book: Service) -> None:
    """Trades have one client each here; of a portfolio of four the average tells no single one's score."""
    found = own(book, "GET", "/v1/clients/mine/health").body["models"]["weighted"]["peers"]
    assert found["industry"] is None
    assert found["all"]["n"] == 4
    assert found["percentile"] is not None
    everybody = book.http("GET", "/v1/clients/mine/health").body["models"]["weighted"]["peers"]
    assert everybody["industry"]["n"] == 1

    for name in ("theirs", "nobodys"):
        book.take(client(name, name=f"Client {name}", status="CHURNED"))
    night(book, "2026-11-24")
    kept = {"Idempotency-Key": "whole"}
    recalculated = book.http("POST", "/v1/clients/mine/recalculate", headers=kept).body["models"]["weighted"]["peers"]
    assert (recalculated["all"]["n"], recalculated["percentile"]) == (2, 0)
    for answer in (
        own(book, "GET", "/v1/clients/mine/health"),
        own(book, "POST", "/v1/clients/mine/recalculate", headers=kept),
    ):
        few = answer.body["models"]["weighted"]["peers"]
        assert (few["all"], few["percentile"]) == (None, None)


def everything(service: Service, path: str, manager: str | None, joint: str = "?") -> Iterator[Any]:
    """The pages of a list, as an account manager of own clients alone sees them; or (None) as who sees all."""
    cursor: str | None = ""
    while cursor is not None:
        url = f"{path}{joint}limit=2" + (f"&cursor={cursor}" if cursor else "")
        answer = service.http("GET", url) if manager is None else own(service, "GET", url, manager=manager)
        assert answer.status == 200, answer
        yield answer.body
        cursor = answer.body["next_cursor"]


@pytest.mark.parametrize("seed", [1, 2])
def test_lists_totals_and_figures_are_those_of_own_clients(service: Service, seed: int) -> None:
    """Whoever has which client: an oracle over all rows says what each account manager's are."""
    random = Random(seed)
    version = change(service, **STACK, primary_model="weighted")
    put(service, "workflows", {**settings(service, "workflows"), "at_risk_alert": {"enabled": True}}, version)
    assigned = {f"c{number}": random.choice([GRACE, OTHER, None]) for number in range(9)}
    for name, manager in assigned.items():
        service.take(*made(name, random.randrange(101), account_manager_id=manager))
    night(service, "2026-11-23")
    service.publish()
    service.drain()
    rows = [row for page in everything(service, "/v1/clients", None) for row in page["items"]]
    health = [row for page in everything(service, "/v1/analytics/clients", None) for row in page["clients"]]
    for manager in (GRACE, OTHER):
        mine = {name for name, owner in assigned.items() if owner == manager}
        pages = list(everything(service, "/v1/clients", manager))
        assert [row for page in pages for row in page["items"]] == [row for row in rows if row["client_id"] in mine]
        assert {page["total"] for page in pages} <= {len(mine)}
        found = list(everything(service, "/v1/analytics/clients", manager))
        assert [row for page in found for row in page["clients"]] == [row for row in health if row["client_id"] in mine]
        statuses = Counter(row["status"] for row in health if row["client_id"] in mine)
        assert found[0]["summary"] == {
            "total": len(mine),
            "healthy": statuses["HEALTHY"],
            "at_risk": statuses["AT_RISK"],
            "critical": statuses["CRITICAL"],
        }
        assert {each["client_id"] for entry in found[0]["risk_indicators"] for each in entry["clients"]} <= mine
        for path in ("/v1/alerts", "/v1/tasks"):
            everybodys = [each for page in everything(service, path, None) for each in page["items"]]
            seen = [each for page in everything(service, path, manager) for each in page["items"]]
            assert seen == [each for each in everybodys if each["client_id"] in mine]
            with_filter = f"{path}?account_manager_id={manager}"
            assert [each for page in everything(service, with_filter, None, "&") for each in page["items"]] == seen
        portfolio = own(service, "GET", "/v1/analytics/portfolio", manager=manager).body
        scored = [row["score"] for row in rows if row["client_id"] in mine and row["score"] is not None]
        assert sum(band["count"] for band in portfolio["bands"]) == len(scored)
        assert {each["industry"] for each in portfolio["average_by_industry"]} == {f"Trade of {name}" for name in mine}
        if scored:
            assert abs(portfolio["average_score"] - sum(scored) / len(scored)) <= 0.0501
            (point,) = portfolio["trend"]
            assert abs(point["average_score"] - portfolio["average_score"]) <= 0.0501
        (alone,) = own(service, "GET", "/v1/account-managers", manager=manager).body["items"] or [None]
        assert alone is None  # there is no record of them
    assert own(service, "GET", "/v1/clients", manager="am-3").body["items"] == []
    assert own(service, "GET", "/v1/analytics/portfolio", manager="am-3").body["average_score"] is None


def test_an_account_manager_sees_themselves_alone(book: Service) -> None:
    listed = own(book, "GET", "/v1/account-managers").body
    assert [(each["id"], each["clients"]) for each in listed["items"]] == [(GRACE, 2)]
    assert (listed["total"], listed["fallback"], listed["unreached_clients"]) == (1, [], 2)
    assert own(book, "GET", "/v1/account-managers/me").body == listed["items"][0]
    assert book.http("GET", "/v1/account-managers/me", manager=OTHER).body["name"] == "Henrik Lund"
    assert book.http("GET", "/v1/account-managers/me").status == 422
    assert book.http("GET", f"/v1/account-managers/{OTHER}").body["name"] == "Henrik Lund"


def test_mine_and_unassigned(book: Service) -> None:
    grace: dict[str, Any] = {"permissions": ALL, "manager": GRACE}
    for path, key in (("/v1/clients", "items"), ("/v1/analytics/clients", "clients")):
        mine = book.http("GET", f"{path}?account_manager_id=me", **grace).body[key]
        assert {row["client_id"] for row in mine} == {"mine", "well"}
        nobodys = book.http("GET", f"{path}?account_manager_id=none").body[key]
        assert [row["client_id"] for row in nobodys] == ["nobodys"]
        both = book.http("GET", f"{path}?account_manager_id=none&account_manager_id={OTHER}").body[key]
        assert {row["client_id"] for row in both} == {"nobodys", "theirs"}
        refused = book.http("GET", f"{path}?account_manager_id=me")
        assert (refused.status, refused.body["title"]) == (422, "Unprocessable Content")
    whole, part = (
        book.http("GET", f"/v1/analytics/clients{query}").body["summary"]["total"]
        for query in ("", "?account_manager_id=none")
    )
    assert (whole, part) == (4, 1)


def test_reserved_ids_are_no_account_managers(service: Service) -> None:
    for name in ("me", "none"):
        record = service.records(account_manager(name))
        assert (record.status, record.body["rejected"][0]["errors"][0]["pointer"]) == (422, "/id")
        assigned = service.records(client("c1", account_manager_id=name))
        assert (assigned.status, assigned.body["rejected"][0]["errors"][0]["pointer"]) == (422, "/account_manager_id")
        body = {"name": "x", "email": "x@example.com"}
        assert service.http("PUT", f"/v1/account-managers/{name}", body).status == 422


def test_a_cursor_is_good_for_its_scope_alone(book: Service) -> None:
    cursor = own(book, "GET", "/v1/clients?limit=1").body["next_cursor"]
    assert own(book, "GET", f"/v1/clients?limit=1&cursor={cursor}").status == 200
    assert book.http("GET", f"/v1/clients?limit=1&cursor={cursor}").status == 400
    assert own(book, "GET", f"/v1/clients?limit=1&cursor={cursor}", manager=OTHER).status == 400
    grace: dict[str, Any] = {"permissions": ALL, "manager": GRACE}
    mine = book.http("GET", "/v1/clients?limit=1&account_manager_id=me", **grace).body["next_cursor"]
    path = f"/v1/clients?limit=1&account_manager_id=me&cursor={mine}"
    assert book.http("GET", path, **grace).status == 200
    assert book.http("GET", path, permissions=ALL, manager=OTHER).status == 400


# ---- reassigning ---------------------------------------------------------------------------------------


def test_reassigning_moves_all_of_a_client(book: Service) -> None:
    first = own(book, "GET", "/v1/clients?limit=1").body
    assert [row["client_id"] for row in first["items"]] == ["mine"]
    book.take(client("well", name="Client well", account_manager_id=OTHER))
    assert own(book, "GET", "/v1/clients/well").status == 404, "single clients at once"
    assert own(book, "GET", "/v1/clients/well", manager=OTHER).status == 200
    book.drain()
    assert own(book, "GET", f"/v1/clients?limit=1&cursor={first['next_cursor']}").body["items"] == []

    book.take(client("theirs", name="Client theirs", account_manager_id=GRACE))
    book.drain()
    theirs = ids_of(book, "theirs", GRACE)
    assert theirs.alert_id in [each["id"] for each in own(book, "GET", "/v1/alerts").body["items"]]
    assert own(book, "GET", "/v1/alerts", manager=OTHER).body["items"] == []
    assert theirs.task_id in [each["id"] for each in own(book, "GET", "/v1/tasks").body["items"]]
    assert own(book, "GET", "/v1/clients/theirs/history").body["items"]
    assert own(book, "PATCH", f"/v1/tasks/{theirs.task_id}", {"status": "DONE"}).status == 200
    assert own(book, "GET", "/v1/tasks?status=DONE").body["items"][0]["account_manager_id"] == OTHER, "as it was then"


def test_a_trend_is_of_the_clients_of_each_date(book: Service) -> None:
    def trend(manager: str) -> list[tuple[str, float]]:
        points = own(book, "GET", "/v1/analytics/portfolio", manager=manager).body["trend"]
        return [(point["date"], point["average_score"]) for point in points]

    before = trend(GRACE)
    assert before == [("2026-11-23", 55.0)]
    book.take(client("well", name="Client well", account_manager_id=OTHER), backfill=True)
    book.drain()
    assert trend(GRACE) == before
    night(book, "2026-11-24")
    assert trend(GRACE) == [*before, ("2026-11-24", 20.0)]
    assert trend(OTHER) == [("2026-11-23", 10.0), ("2026-11-24", 50.0)]
    assert trend("am-9") == []


def test_month_over_month_is_of_the_clients_of_each_date(book: Service) -> None:
    book.take(fact("assessment", "later", "well", completed_on="2026-12-20", standardization_score=50))
    night(book, "2026-12-24")
    book.drain()
    for path in ("/v1/analytics/portfolio", "/v1/analytics/clients"):
        mine = own(book, "GET", path).body["average_score_change"]
        same = book.http("GET", f"{path}?account_manager_id={GRACE}").body["average_score_change"]
        assert mine == same
        assert mine["baseline_date"] == "2026-11-23"
        assert own(book, "GET", path, manager="am-9").body["average_score_change"]["baseline_date"] is None
    assert own(book, "GET", "/v1/analytics/portfolio").body["average_score_change"]["points"] == -20.0


# ---- cost, and the process ------------------------------------------------------------------------------


def test_own_clients_cost_as_much_as_all(book: Service) -> None:
    for path in ("/v1/clients", "/v1/analytics/clients", "/v1/analytics/portfolio"):
        with counting() as alone:
            own(book, "GET", path)
        with counting() as everybodys:
            book.http("GET", path)
        assert sum(reads(alone).values()) <= sum(reads(everybodys).values()), path
    with counting() as alone:
        own(book, "GET", "/v1/clients/mine/health")
    with counting() as everybodys:
        book.http("GET", "/v1/clients/mine/health")
    assert sum(reads(alone).values()) == sum(reads(everybodys).values()) + 1


def test_taking_turns_in_one_process_changes_no_answer(book: Service) -> None:
    paths = (*LISTS, *SUMMARIES, "/v1/clients/mine", "/v1/clients/theirs/health")

    def answers(manager: str) -> list[str]:
        found = [own(book, "GET", path, manager=manager).body for path in paths]
        return [re.sub(r"'request_id': '[^']*'", "", repr(each)) for each in found]

    alone = {manager: answers(manager) for manager in (GRACE, OTHER)}
    assert alone[GRACE] != alone[OTHER]
    assert [answers(manager) for manager in (GRACE, OTHER, GRACE)] == [alone[GRACE], alone[OTHER], alone[GRACE]]


def test_scope_ends_with_the_request(book: Service) -> None:
    acme = TenantId("acme")
    with bound_to(acme):
        with in_scope_of(RecordId(GRACE)):
            assert len(application().portfolios.rows(acme)[1]) == 2
        assert len(application().portfolios.rows(acme)[1]) == 4
    own(book, "GET", "/v1/clients/theirs")
    assert ago(days=1)  # the request before left nothing bound
    with bound_to(acme):
        assert len(application().portfolios.rows(acme)[1]) == 4
