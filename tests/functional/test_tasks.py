"""Tasks in the hands of people: given to somebody, dated, noted, done and opened again; and who did what, by name."""

from typing import Any, Final

import pytest

from tests.functional.examples import account_manager, client
from tests.functional.service import ALL, Answer, Record, Service
from tests.functional.support import STACK, change, counting, faults, night, pages, put, reads, settings, standardized

ADA: Final = {"subject": "u-1", "name": "Ada Lovelace"}
SOMEONE: Final = {"subject": "someone", "name": "someone"}


def as_ada(service: Service, method: str, path: str, body: Any = None) -> Answer:
    token = service.token("acme", ALL, sub="u-1", name="Ada Lovelace")
    return service.raw(method, path, body, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})


@pytest.fixture
def team(service: Service) -> Service:
    """Two account managers with a client each, and a client of nobody; each client has an open task."""
    service.take(account_manager("m1"), account_manager("m2", name="Grace Hopper"))
    service.take(client("c1", account_manager_id="m1"), client("c2", account_manager_id="m2"), client("c3"))
    for name in ("c1", "c2", "c3"):
        assert service.http("POST", f"/v1/clients/{name}/tasks", {"title": f"Call {name}"}).status == 201
    service.drain()
    return service


def tasks(service: Service, query: str = "") -> dict[str, Any]:
    """Tasks by their clients."""
    found = [task for page in pages(service, f"/v1/tasks{query}") for task in page]
    return {task["client_id"]: task for task in found}


def test_a_task_is_given_to_somebody_and_back(team: Service) -> None:
    task = tasks(team)["c1"]
    path = f"/v1/tasks/{task['id']}"
    assert (task["account_manager_id"], task["assigned"]) == ("m1", False)

    given = as_ada(team, "PATCH", path, {"account_manager_id": "m2"}).body

    changed = {"at": "2026-11-22T12:00:30Z", "by": ADA}
    assert given == {
        **task,
        "account_manager_id": "m2",
        "assigned": True,
        "changed": {**changed, "at": given["changed"]["at"]},
    }
    assert tasks(team)["c1"] == given
    back = team.http("PATCH", path, {"account_manager_id": None}).body
    assert (back["account_manager_id"], back["assigned"], back["changed"]["by"]) == ("m1", False, SOMEONE)
    assert team.http("PATCH", path, {"account_manager_id": None}).body == back, "a repeat changes nothing"


def test_a_given_task_is_listed_with_whom_it_was_given_to(team: Service) -> None:
    team.http("PATCH", f"/v1/tasks/{tasks(team)['c1']['id']}", {"account_manager_id": "m2"})
    for status in ("", "&status=OPEN"):
        assert set(tasks(team, f"?account_manager_id=m2{status}")) == {"c1", "c2"}
        assert set(tasks(team, f"?account_manager_id=m1{status}")) == set()
        assert set(tasks(team, f"?account_manager_id=none{status}")) == {"c3"}
    team.take(client("c2", account_manager_id="m1"))
    team.drain()
    assert set(tasks(team, "?account_manager_id=m2")) == {"c1"}, "others go with their client"
    assert set(tasks(team, "?account_manager_id=m1")) == {"c2"}


def test_a_task_gets_a_date_a_note_and_another_title(team: Service) -> None:
    task = tasks(team)["c1"]
    path = f"/v1/tasks/{task['id']}"
    wanted = {"due_on": "2026-12-01", "note": "Ask for the new contact.", "title": "Call the owner"}
    found = team.http("PATCH", path, wanted).body
    assert {**found, **wanted} == found
    assert team.http("PATCH", path, {"due_on": None, "note": None}).body["due_on"] is None
    held = tasks(team)["c1"]
    assert (held["due_on"], held["note"], held["title"], held["status"]) == (None, None, "Call the owner", "OPEN")
    done = team.http("PATCH", path, {"status": "DONE", "note": "They will think about it."}).body
    assert (done["status"], done["note"]) == ("DONE", "They will think about it.")
    assert team.http("PATCH", path, {"status": "OPEN"}).body["status"] == "OPEN"


def test_a_task_is_made_for_somebody(team: Service) -> None:
    team.take(client("c4", account_manager_id="m1"))
    sent = {"title": "Call", "account_manager_id": "m2", "note": "Since m1 is away."}
    task = as_ada(team, "POST", "/v1/clients/c4/tasks", sent).body
    assert (task["account_manager_id"], task["assigned"], task["note"]) == ("m2", True, "Since m1 is away.")
    assert (task["created_by"], task["changed"]) == (ADA, None)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, [""]),
        ({"status": "LATER"}, ["/status"]),
        ({"title": " "}, ["/title"]),
        ({"note": "x" * 2_001}, ["/note"]),
        ({"due_on": "tomorrow"}, ["/due_on"]),
        ({"account_manager_id": "nobody"}, ["/account_manager_id"]),
        ({"account_manager_id": "me"}, ["/account_manager_id"]),
        ({"steps": []}, ["/steps"]),
    ],
)
def test_what_is_no_change_is_refused(team: Service, body: Record, pointers: list[str]) -> None:
    held = tasks(team)["c1"]
    assert faults(team.http("PATCH", f"/v1/tasks/{held['id']}", body)) == pointers
    assert tasks(team)["c1"] == held


def test_own_clients_tasks_are_given_to_oneself_alone(team: Service) -> None:
    path = f"/v1/tasks/{tasks(team)['c1']['id']}"
    own = {"permissions": ("reports.read.own", "alerts.write.own"), "manager": "m1"}

    def patch(body: Record) -> Answer:
        return team.http("PATCH", path, body, **own)  # type: ignore[arg-type]

    foreign, unknown = patch({"account_manager_id": "m2"}), patch({"account_manager_id": "m9"})
    assert faults(foreign) == faults(unknown) == ["/account_manager_id"]
    assert foreign.body["errors"][0]["message"] == "There is no account manager m2."
    assert patch({"account_manager_id": "m1"}).body["assigned"] is True
    team.http("PATCH", path, {"account_manager_id": "m2"})
    assert patch({"note": "Still my client."}).status == 200
    listed = team.http("GET", "/v1/tasks", **own).body["items"]  # type: ignore[arg-type]
    assert [task["client_id"] for task in listed] == ["c1"]


# ---- of one client -------------------------------------------------------------------------------------


def test_alerts_and_tasks_of_a_client(service: Service) -> None:
    version = change(service, **STACK, primary_model="weighted")
    put(service, "workflows", {**settings(service, "workflows"), "at_risk_alert": {"enabled": True}}, version)
    service.take(*standardized("c1", 20), *standardized("c10", 30))
    night(service, "2026-11-23")
    service.publish()
    service.drain()
    for path in ("/v1/alerts", "/v1/tasks"):
        for query in ("", "&status=OPEN"):
            for name in ("c1", "c10"):
                found = service.http("GET", f"{path}?client_id={name}{query}").body["items"]
                assert [each["client_id"] for each in found] == [name], (path, query)
        unknown = service.http("GET", f"{path}?client_id=c9")
        assert (unknown.status, unknown.body["detail"]) == (404, "There is no client c9.")
    alert = service.http("GET", "/v1/alerts?client_id=c1").body["items"][0]
    resolved = as_ada(service, "PATCH", f"/v1/alerts/{alert['id']}", {"status": "RESOLVED"}).body
    assert resolved["answered"] == {"status": "RESOLVED", "at": "2026-11-23T02:00:30Z", "by": ADA}
    assert service.http("GET", "/v1/alerts?client_id=c1&status=OPEN").body["items"] == []
    assert service.http("GET", "/v1/alerts?client_id=c1&status=RESOLVED").body["items"] == [resolved]
    assert service.http("GET", "/v1/alerts?client_id=c10&status=RESOLVED").body["items"] == []


def test_what_a_client_has_open_costs_four_reads_at_most(team: Service) -> None:
    for path in ("/v1/alerts?client_id=c1&status=OPEN&status=ACKNOWLEDGED", "/v1/tasks?client_id=c1&status=OPEN"):
        with counting() as cost:
            assert team.http("GET", path).status == 200
        assert sum(reads(cost).values()) <= 4


# ---- names ---------------------------------------------------------------------------------------------


def test_versions_say_who_changed_the_settings_by_name(service: Service) -> None:
    held = settings(service)
    token = service.token("acme", ALL, sub="u-1", name="Ada Lovelace")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "If-Match": '"1"'}
    assert service.raw("PUT", "/v1/settings/health-score", {**held, "alert_threshold": 50}, headers).status == 200
    newest, first = service.http("GET", "/v1/settings/versions").body["items"]
    assert (newest["changed_by"], newest["changed_by_name"]) == ("u-1", "Ada Lovelace")
    assert first["changed_by_name"] is None
    assert service.http("GET", "/v1/settings/versions/2").body["changed_by_name"] == "Ada Lovelace"
