"""Settings: three resources under one version, every version kept, a change for future calculations only."""

from typing import Any, Final

import pytest

from tests.functional.examples import client, days_ago, fact, ticket
from tests.functional.service import Answer, Service
from tests.functional.support import (
    READ_ONLY,
    STACK,
    change,
    counting,
    faults,
    night,
    pages,
    put,
    settings,
    standardized,
    weights,
)
from tests.running import adapters

RESOURCES: Final = ("health-score", "business-hours", "workflows")
CLOSED: Final[dict[str, list[Any]]] = {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OFFICE: Final[dict[str, Any]] = {"enabled": True, "weekly": {"mon": [["08:00", "17:00"]]}, "holidays": ["2026-12-25"]}

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "health-score": {
        "primary_model": "auto",
        "ticket_open_until": "closed",
        "weights": {
            "open_p1_p2_tickets": 20,
            "csat_nps_trend": 15,
            "billable_utilization": 15,
            "days_since_qbr": 10,
            "days_since_decision_maker_contact": 10,
            "stack_standardization": 10,
            "payment_health": 10,
            "contract_utilization_variance": 5,
            "employee_growth": 5,
        },
        "green_threshold": 70,
        "yellow_threshold": 40,
        "alert_threshold": 60,
        "velocity_alert_points": 10,
        "rearm_margin": 5,
        "alert_cooldown_days": 7,
        "missing_signals": "redistribute",
        "sources": "auto",
        "fallback_emails": [],
        "resolved_primary_model": "deduction",
        "connected_sources": [],
    },
    "business-hours": {"enabled": False, "weekly": CLOSED, "holidays": []},
    "workflows": {"at_risk_alert": {"enabled": False}},
}


# ---- one version for all three -------------------------------------------------------------------------


def test_a_new_tenant_has_the_defaults(service: Service) -> None:
    for resource, expected in DEFAULTS.items():
        answer = service.http("GET", f"/v1/settings/{resource}")
        assert (answer.status, answer.headers["ETag"], answer.body) == (200, '"1"', {"version": 1, **expected})


def test_the_three_resources_share_version_and_etag(service: Service) -> None:
    assert change(service, alert_threshold=50) == 2
    answer = put(service, "business-hours", OFFICE, 2)
    assert (answer.status, answer.headers["ETag"], answer.body["version"]) == (200, '"3"', 3)
    answer = put(service, "workflows", {"at_risk_alert": {"enabled": True}}, answer.headers["ETag"])
    assert (answer.status, answer.headers["ETag"]) == (200, '"4"')

    for resource in RESOURCES:
        answer = service.http("GET", f"/v1/settings/{resource}")
        assert (answer.headers["ETag"], answer.body["version"]) == ('"4"', 4)
    assert settings(service)["alert_threshold"] == 50
    assert settings(service, "business-hours") == {"version": 4, **OFFICE, "weekly": {**CLOSED, **OFFICE["weekly"]}}
    assert settings(service, "workflows") == {"version": 4, "at_risk_alert": {"enabled": True}}


@pytest.mark.parametrize("resource", RESOURCES)
def test_reading_takes_one_call(service: Service, resource: str) -> None:
    with counting() as cost:
        settings(service, resource)
    assert cost.call_count == 1


def test_a_resource_is_replaced_whole(service: Service) -> None:
    body = settings(service)
    del body["alert_threshold"], body["weights"]["employee_growth"]
    assert faults(put(service, "health-score", body, 1)) == ["/weights/employee_growth", "/alert_threshold"]
    assert faults(put(service, "business-hours", {"enabled": True}, 1)) == ["/weekly", "/holidays"]
    assert faults(put(service, "workflows", {"at_risk_alert": {}}, 1)) == ["/at_risk_alert/enabled"]
    assert faults(put(service, "workflows", {}, 1)) == ["/at_risk_alert"]


def test_what_is_read_only_is_ignored(service: Service) -> None:
    body = {**settings(service), **dict.fromkeys(READ_ONLY, "anything"), "rearm_margin": 6}
    answer = put(service, "health-score", body, 1)

    assert (answer.status, answer.body["version"], answer.body["rearm_margin"]) == (200, 2, 6)
    assert (answer.body["resolved_primary_model"], answer.body["connected_sources"]) == ("deduction", [])
    for resource, body in (("business-hours", OFFICE), ("workflows", {"at_risk_alert": {"enabled": True}})):
        assert put(service, resource, {**body, "version": 99}, settings(service)["version"]).status == 200


def test_the_answer_of_a_get_can_be_put_as_it_is(service: Service) -> None:
    service.take(client(), ticket())
    for resource in RESOURCES:
        held = settings(service, resource)
        answer = put(service, resource, held, held["version"])
        assert (answer.status, answer.body, answer.headers["ETag"]) == (200, held, '"1"')


def test_a_change_that_changes_nothing_stores_nothing(service: Service) -> None:
    service.take(client(), ticket())
    service.drain()
    put(service, "business-hours", OFFICE, 1)
    service.drain()
    before = service.stored()

    for resource in RESOURCES:
        answer = put(service, resource, {**settings(service, resource), "note": "nothing"}, 2)
        assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert service.stored() == before
    assert service.queued() == (0, 0)


def test_the_resolved_primary_model_follows_the_connected_sources(service: Service) -> None:
    facts = ("ticket", "qbr")
    service.take(client(), *(fact(kind) for kind in facts))
    assert settings(service)["connected_sources"] == ["psa", "qbr"]
    assert settings(service)["resolved_primary_model"] == "deduction"  # 60 of 100

    service.take(fact("assessment"))
    assert settings(service)["resolved_primary_model"] == "weighted"  # 70
    change(service, sources=["assessments", "psa"])
    found = settings(service)
    assert (found["sources"], found["connected_sources"]) == (["psa", "assessments"], ["psa", "assessments"])
    assert found["resolved_primary_model"] == "deduction"
    change(service, primary_model="weighted")
    assert settings(service)["resolved_primary_model"] == "weighted"


# ---- If-Match ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", RESOURCES)
def test_without_if_match_nothing_is_changed(service: Service, resource: str) -> None:
    answer = service.http("PUT", f"/v1/settings/{resource}", settings(service, resource))
    assert (answer.status, answer.headers["Content-Type"]) == (428, "application/problem+json")
    assert "If-Match" in answer.body["detail"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_another_version_is_refused(service: Service, subtests: pytest.Subtests, resource: str) -> None:
    body, before = settings(service, resource), service.stored()
    for sent in ('"2"', '"0"', "1", "", "garbage", 'W/"1"', '"1', '"99999999999"', '"-1"', '"01"', '"१"'):
        with subtests.test(sent):
            answer = put(service, resource, body, sent)
            assert (answer.status, answer.body["title"]) == (412, "Precondition Failed")
    assert service.stored() == before


def test_a_stale_version_names_the_newest(service: Service) -> None:
    change(service, alert_threshold=50)
    stale = put(service, "workflows", {"at_risk_alert": {"enabled": True}}, 1)
    assert stale.status == 412
    assert "version 2" in stale.body["detail"]
    assert put(service, "workflows", {"at_risk_alert": {"enabled": True}}, 2).status == 200


@pytest.mark.parametrize("resource", RESOURCES)
def test_of_two_editors_at_once_one_is_refused(
    service: Service, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read version 1, and the second one writes just before the first one does: only the store can tell."""
    bodies: dict[str, Any] = {
        "health-score": {**settings(service), "alert_threshold": 50},
        "business-hours": OFFICE,
        "workflows": {"at_risk_alert": {"enabled": True}},
    }
    answers: list[Answer] = []
    tenants = adapters().tenants
    write = tenants.put_settings

    def after_another(*arguments: Any) -> bool:
        patch.undo()
        answers.append(put(service, "health-score", {**settings(service), "alert_threshold": 55}, 1))
        return write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(tenants, "put_settings", after_another)
        answers.append(put(service, resource, bodies[resource], 1))

    assert [answer.status for answer in answers] == [200, 412]
    found = service.http("GET", "/v1/settings/versions").body["items"]
    assert [version["version"] for version in found] == [2, 1]
    assert found[0]["changes"] == [{"pointer": "/health_score/alert_threshold", "from": 60, "to": 55}]
    assert {settings(service, each)["version"] for each in RESOURCES} == {2}


# ---- what may be set -----------------------------------------------------------------------------------

THIRDS: Final = weights(open_p1_p2_tickets=33.33, csat_nps_trend=33.33, payment_health=33.34)


ALLOWED: Final[list[tuple[str, dict[str, Any]]]] = [
    ("33.33 + 33.33 + 33.34", {"weights": THIRDS}),
    ("one weight of 100", {"weights": weights(employee_growth=100)}),
    ("0.01", {"weights": weights(employee_growth=99.99, csat_nps_trend=0.01)}),
    ("nine ninths", {"weights": dict.fromkeys(weights(), 11.11) | {"payment_health": 11.12}}),
    ("100.0", {"weights": {**weights(), "payment_health": 100.0}}),
    ("lowest bands", {"yellow_threshold": 1, "green_threshold": 2}),
    ("highest bands", {"yellow_threshold": 99, "green_threshold": 100}),
    ("alert threshold 0", {"alert_threshold": 0}),
    ("alert threshold 100", {"alert_threshold": 100}),
    ("velocity 1", {"velocity_alert_points": 1}),
    ("velocity 100", {"velocity_alert_points": 100}),
    ("margin 0", {"rearm_margin": 0}),
    ("margin 50", {"rearm_margin": 50}),
    ("cooldown 0", {"alert_cooldown_days": 0}),
    ("cooldown 90", {"alert_cooldown_days": 90}),
    ("neutral", {"missing_signals": "neutral_50"}),
    ("resolved", {"ticket_open_until": "resolved"}),
    ("deduction", {"primary_model": "deduction"}),
    ("no source", {"sources": []}),
    ("five sources", {"sources": ["psa", "qbr", "touchpoints", "assessments", "accounting"]}),
    ("two addresses", {"fallback_emails": ["a@example.com", "b.c+d@sub.example.co"]}),
    ("20 addresses", {"fallback_emails": [f"a{n}@example.com" for n in range(20)]}),
]


def test_what_may_be_set_is_kept(service: Service, subtests: pytest.Subtests) -> None:
    defaults = settings(service)
    for name, fields in ALLOWED:
        version = settings(service)["version"]
        with subtests.test(name):
            answer = put(service, "health-score", {**defaults, **fields}, version)
            assert (answer.status, answer.body["version"]) == (200, version + 1)
            assert {field: answer.body[field] for field in fields} == fields
            assert settings(service) == answer.body


REFUSED: Final[list[tuple[str, dict[str, Any], list[str]]]] = [
    ("99.99", {"weights": {**THIRDS, "payment_health": 33.33}}, ["/weights"]),
    ("100.01", {"weights": {**THIRDS, "payment_health": 33.35}}, ["/weights"]),
    ("all 0", {"weights": weights()}, ["/weights"]),
    ("decimals", {"weights": {**THIRDS, "payment_health": 33.340001}}, ["/weights/payment_health"]),
    ("negative", {"weights": {**THIRDS, "payment_health": -0.01}}, ["/weights/payment_health"]),
    ("above 100", {"weights": {**THIRDS, "payment_health": 100.01}}, ["/weights/payment_health"]),
    ("text", {"weights": {**THIRDS, "payment_health": "33.34"}}, ["/weights/payment_health"]),
    ("null", {"weights": {**THIRDS, "payment_health": None}}, ["/weights/payment_health"]),
    ("true", {"weights": {**THIRDS, "payment_health": True}}, ["/weights/payment_health"]),
    ("NaN", {"weights": {**THIRDS, "payment_health": float("nan")}}, ["/weights/payment_health"]),
    ("inf", {"weights": {**THIRDS, "payment_health": float("inf")}}, ["/weights/payment_health"]),
    ("another weight", {"weights": {**THIRDS, "other": 0}}, ["/weights/other"]),
    ("a list of weights", {"weights": [33.33]}, ["/weights"]),
    ("yellow is green", {"yellow_threshold": 70}, ["/yellow_threshold"]),
    ("green is yellow", {"green_threshold": 40}, ["/yellow_threshold"]),
    ("yellow above green", {"yellow_threshold": 71}, ["/yellow_threshold"]),
    ("yellow 0", {"yellow_threshold": 0}, ["/yellow_threshold"]),
    ("green 101", {"green_threshold": 101}, ["/green_threshold"]),
    ("green 70.5", {"green_threshold": 70.5}, ["/green_threshold"]),
    ("green text", {"green_threshold": "70"}, ["/green_threshold"]),
    ("alert threshold -1", {"alert_threshold": -1}, ["/alert_threshold"]),
    ("alert threshold 101", {"alert_threshold": 101}, ["/alert_threshold"]),
    ("alert threshold false", {"alert_threshold": False}, ["/alert_threshold"]),
    ("velocity 0", {"velocity_alert_points": 0}, ["/velocity_alert_points"]),
    ("velocity 101", {"velocity_alert_points": 101}, ["/velocity_alert_points"]),
    ("margin -1", {"rearm_margin": -1}, ["/rearm_margin"]),
    ("margin 51", {"rearm_margin": 51}, ["/rearm_margin"]),
    ("cooldown -1", {"alert_cooldown_days": -1}, ["/alert_cooldown_days"]),
    ("cooldown 91", {"alert_cooldown_days": 91}, ["/alert_cooldown_days"]),
    ("another policy", {"missing_signals": "zero"}, ["/missing_signals"]),
    ("another end", {"ticket_open_until": "answered"}, ["/ticket_open_until"]),
    ("another model", {"primary_model": "both"}, ["/primary_model"]),
    ("a source alone", {"sources": "psa"}, ["/sources"]),
    ("a source twice", {"sources": ["psa", "psa"]}, ["/sources"]),
    ("unknown sources", {"sources": ["psa", "crm", "auto"]}, ["/sources/1", "/sources/2"]),
    ("null sources", {"sources": None}, ["/sources"]),
    ("not addresses", {"fallback_emails": ["a@example.com", "a", "a@b"]}, ["/fallback_emails/1", "/fallback_emails/2"]),
    ("a space", {"fallback_emails": ["a b@example.com"]}, ["/fallback_emails/0"]),
    ("a line break", {"fallback_emails": ["a@example.com\n"]}, ["/fallback_emails/0"]),
    ("21", {"fallback_emails": [f"a{n}@example.com" for n in range(21)]}, ["/fallback_emails"]),
    ("an address alone", {"fallback_emails": "a@example.com"}, ["/fallback_emails"]),
    ("a number as note", {"note": 5}, ["/note"]),
    ("a long note", {"note": "x" * 501}, ["/note"]),
    ("an unknown field", {"colour": "red"}, ["/colour"]),
]


def test_what_may_not_be_set_is_a_fault_with_its_place(service: Service, subtests: pytest.Subtests) -> None:
    defaults, before = settings(service), service.stored()
    for name, fields, pointers in REFUSED:
        with subtests.test(name):
            assert faults(put(service, "health-score", {**defaults, **fields}, 1)) == pointers
    assert service.stored() == before


def test_all_faults_at_once(service: Service) -> None:
    wrong = {"weights": weights(), "yellow_threshold": 90, "rearm_margin": 60, "sources": ["crm"], "colour": 1}
    found = faults(put(service, "health-score", {**settings(service), **wrong}, 1))
    assert found == ["/weights", "/yellow_threshold", "/rearm_margin", "/sources/0", "/colour"]


def test_what_is_no_object_is_malformed(service: Service, subtests: pytest.Subtests) -> None:
    for resource in RESOURCES:
        for body in (b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"1"):
            with subtests.test(resource, body=body):
                answer = service.http("PUT", f"/v1/settings/{resource}", body, headers={"If-Match": '"1"'})
                assert answer.status == 400


def week(**days: Any) -> dict[str, Any]:
    return {"enabled": True, "weekly": days, "holidays": []}


WEEKS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("no interval", {}),
    ("two whole days", {"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]]}),
    ("crossing midnight, touching", {"fri": [["22:00", "06:00"]], "sat": [["06:00", "08:00"]]}),
    ("into the next week, touching", {"sun": [["22:00", "06:00"]], "mon": [["06:00", "17:00"]]}),
    ("touching, in any order", {"mon": [["13:00", "17:00"], ["08:00", "13:00"]]}),
    ("until midnight, as 00:00", {"mon": [["23:59", "00:00"]]}),
    ("the ends of a day", {"wed": [["00:00", "00:01"], ["23:59", "24:00"]]}),
]


def test_weekly_hours(service: Service, subtests: pytest.Subtests) -> None:
    for name, weekly in WEEKS:
        with subtests.test(name):
            version = settings(service)["version"]
            answer = put(service, "business-hours", week(**weekly), version)
            assert (answer.status, answer.body["weekly"]) == (200, {**CLOSED, **weekly})
            assert settings(service, "business-hours") == answer.body


WRONG_WEEKS: Final[list[tuple[str, dict[str, Any], list[str]]]] = [
    ("empty", {"mon": [["08:00", "08:00"]]}, ["/weekly"]),
    ("empty at midnight", {"mon": [["00:00", "00:00"]]}, ["/weekly"]),
    ("starting at 24:00", {"mon": [["24:00", "08:00"]]}, ["/weekly"]),
    ("overlap", {"mon": [["08:00", "17:00"], ["16:59", "18:00"]]}, ["/weekly"]),
    ("twice", {"mon": [["08:00", "17:00"], ["08:00", "17:00"]]}, ["/weekly"]),
    ("within", {"mon": [["08:00", "17:00"], ["09:00", "10:00"]]}, ["/weekly"]),
    ("over midnight", {"mon": [["22:00", "06:00"]], "tue": [["05:59", "08:00"]]}, ["/weekly"]),
    ("over the week", {"sun": [["22:00", "06:00"]], "mon": [["05:59", "08:00"]]}, ["/weekly"]),
    ("one digit", {"mon": [["8:00", "17:00"]]}, ["/weekly/mon/0/0"]),
    ("after 24:00", {"mon": [["08:00", "24:01"]]}, ["/weekly/mon/0/1"]),
    ("minute 60", {"mon": [["08:60", "17:00"]]}, ["/weekly/mon/0/0"]),
    ("seconds", {"mon": [["08:00", "17:00:00"]]}, ["/weekly/mon/0/1"]),
    ("a line break", {"mon": [["08:00", "17:00\n"]]}, ["/weekly/mon/0/1"]),
    ("no end", {"mon": [["08:00"]]}, ["/weekly/mon/0"]),
    ("two ends", {"mon": [["08:00", "09:00", "10:00"]]}, ["/weekly/mon/0"]),
    ("numbers", {"mon": [[8, 17]]}, ["/weekly/mon/0/0", "/weekly/mon/0/1"]),
    ("one list too few", {"mon": ["08:00", "17:00"]}, ["/weekly/mon/0", "/weekly/mon/1"]),
    ("null", {"mon": None}, ["/weekly/mon"]),
    ("no such day", {"monday": []}, ["/weekly/monday"]),
    ("too many", {"tue": [["00:00", "00:30"]] * 25}, ["/weekly/tue"]),
]


def test_wrong_weekly_hours(service: Service, subtests: pytest.Subtests) -> None:
    for name, weekly, pointers in WRONG_WEEKS:
        with subtests.test(name):
            assert faults(put(service, "business-hours", week(**weekly), 1)) == pointers


def test_holidays_are_kept_in_order_and_once(service: Service) -> None:
    sent = ["2026-12-26", "2028-02-29", "1970-01-01", "2026-12-26", "2100-12-31"]
    answer = put(service, "business-hours", {**OFFICE, "holidays": sent}, 1)
    assert answer.body["holidays"] == ["1970-01-01", "2026-12-26", "2028-02-29", "2100-12-31"]


def test_what_is_no_holiday(service: Service, subtests: pytest.Subtests) -> None:
    for day in ("2026-02-29", "2026-13-01", "26-12-25", "2026-12-25T00:00:00Z", "", "1969-12-31", 5):
        with subtests.test(day=day):
            sent = {**OFFICE, "holidays": ["2026-12-25", day]}
            assert faults(put(service, "business-hours", sent, 1)) == ["/holidays/1"]


def test_what_is_neither_on_nor_off(service: Service) -> None:
    for enabled in (1, "true", None):
        sent = {"at_risk_alert": {"enabled": enabled}}
        assert faults(put(service, "workflows", sent, 1)) == ["/at_risk_alert/enabled"]
        assert faults(put(service, "business-hours", {**OFFICE, "enabled": enabled}, 1)) == ["/enabled"]


# ---- versions ------------------------------------------------------------------------------------------


def test_every_version_is_kept_with_who_when_why_and_what(service: Service) -> None:
    service.clock.to("2026-11-22T13:00:00Z")
    moved = {**settings(service)["weights"], "payment_health": 12.5, "days_since_qbr": 7.5}
    first = {**settings(service), "weights": moved, "fallback_emails": ["a@example.com"], "note": "Cash first"}
    assert put(service, "health-score", first, 1).status == 200
    service.clock.to("2026-11-22T14:00:00Z")
    assert put(service, "business-hours", OFFICE, 2).status == 200

    assert service.http("GET", "/v1/settings/versions").body == {
        "items": [
            {
                "version": 3,
                "changed_at": "2026-11-22T14:00:00Z",
                "changed_by": "someone",
                "changed_by_name": "someone",
                "note": None,
                "changes": [
                    {"pointer": "/business_hours/enabled", "from": False, "to": True},
                    {"pointer": "/business_hours/holidays", "from": [], "to": ["2026-12-25"]},
                    {"pointer": "/business_hours/weekly/mon", "from": [], "to": [["08:00", "17:00"]]},
                ],
            },
            {
                "version": 2,
                "changed_at": "2026-11-22T13:00:00Z",
                "changed_by": "someone",
                "changed_by_name": "someone",
                "note": "Cash first",
                "changes": [
                    {"pointer": "/health_score/fallback_emails", "from": [], "to": ["a@example.com"]},
                    {"pointer": "/health_score/weights/days_since_qbr", "from": 10, "to": 7.5},
                    {"pointer": "/health_score/weights/payment_health", "from": 10, "to": 12.5},
                ],
            },
            {
                "version": 1,
                "changed_at": "2026-11-22T12:00:00Z",
                "changed_by": "someone",
                "changed_by_name": None,
                "note": "The tenant was created.",
                "changes": [],
            },
        ],
        "next_cursor": None,
    }


def test_one_version_whole(service: Service) -> None:
    change(service, alert_threshold=50)
    put(service, "workflows", {"at_risk_alert": {"enabled": True}, "note": "on"}, 2)

    with counting() as cost:
        answer = service.http("GET", "/v1/settings/versions/2")
    assert cost.call_count == 1
    stored = {name: value for name, value in DEFAULTS["health-score"].items() if name not in READ_ONLY}
    assert answer.body == {
        "version": 2,
        "changed_at": "2026-11-22T12:00:00Z",
        "changed_by": "someone",
        "changed_by_name": "someone",
        "note": None,
        "changes": [{"pointer": "/health_score/alert_threshold", "from": 60, "to": 50}],
        "health_score": {**stored, "alert_threshold": 50},
        "business_hours": DEFAULTS["business-hours"],
        "workflows": DEFAULTS["workflows"],
        "links": {},
    }
    whole = service.http("GET", "/v1/settings/versions/3").body
    assert (whole["note"], whole["workflows"]) == ("on", {"at_risk_alert": {"enabled": True}})


def test_there_is_no_such_version(service: Service, subtests: pytest.Subtests) -> None:
    for version in ("2", "0", "-1", "01", "1.0", "x", "9999999", "1%20", "%E0%A5%A7"):
        with subtests.test(version):
            assert service.http("GET", f"/v1/settings/versions/{version}").status == 404


def test_versions_in_pages(service: Service) -> None:
    for threshold in range(50, 56):
        change(service, alert_threshold=threshold)
    found = list(pages(service, "/v1/settings/versions?limit=3"))
    assert [[item["version"] for item in page] for page in found] == [[7, 6, 5], [4, 3, 2], [1]]


def test_versions_that_come_between_two_pages_move_nothing(service: Service) -> None:
    change(service, alert_threshold=50)
    change(service, alert_threshold=51)
    first = service.http("GET", "/v1/settings/versions?limit=2").body
    change(service, alert_threshold=52)
    second = service.http("GET", f"/v1/settings/versions?limit=2&cursor={first['next_cursor']}").body

    assert [item["version"] for item in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next_cursor"] is None


# ---- what a change does --------------------------------------------------------------------------------


def test_a_change_refreshes_the_current_rows(service: Service) -> None:
    service.take(*standardized("c1", 90), *standardized("c2", 50))
    change(service, primary_model="weighted", **STACK)
    service.drain()
    assert [row["band"] for row in service.http("GET", "/v1/clients").body["items"]] == ["GREEN", "YELLOW"]

    change(service, green_threshold=95, yellow_threshold=60)
    assert service.queued() == (1, 0)
    service.drain()

    assert [row["band"] for row in service.http("GET", "/v1/clients").body["items"]] == ["YELLOW", "RED"]
    assert service.http("GET", "/v1/clients/c1").body["computed_at"] == "2026-11-22T12:00:30Z"


def test_a_refresh_after_a_change_is_no_calculation(service: Service) -> None:
    service.take(*standardized("c1", 90))
    service.drain()
    change(service, **STACK)
    service.drain()
    assert service.http("GET", "/v1/clients/c1/history").body["items"] == []


def test_a_change_applies_to_future_calculations_only(service: Service) -> None:
    service.take(*standardized("c1", 65))
    change(service, **STACK)
    night(service, "2026-11-23")
    service.clock.to("2026-11-23T09:00:00Z")
    assert service.http("POST", "/v1/clients/c1/recalculate").status == 200
    before = service.http("GET", "/v1/clients/c1/history").body["items"]
    service.clock.to("2026-11-23T10:00:00Z")

    change(service, yellow_threshold=66)
    service.drain()
    assert service.http("GET", "/v1/clients/c1/history").body["items"] == before
    assert [item["settings_version"] for item in before] == [2, 2]
    assert [item["weighted"]["band"] for item in before] == ["YELLOW", "YELLOW"]

    night(service, "2026-11-24")
    after = service.http("GET", "/v1/clients/c1/history").body["items"]
    assert after[1:] == before
    assert (after[0]["settings_version"], after[0]["weighted"]["band"]) == (3, "RED")
    assert service.http("GET", "/v1/clients/c1/health").body["settings_version"] == 3


def test_a_change_marks_every_page(service: Service) -> None:
    service.skip_seats(129)
    change(service, alert_threshold=50)
    messages = service.bodies()

    assert sorted(message["pages"] for message in messages) == [[0], [1], [2]]
    assert {message["reason"] for message in messages} == {"refresh"}


def test_business_hours_count_from_the_next_calculation_on(service: Service) -> None:
    # Friday 16:00 to Monday 11:00 in Rome: 67 hours, 4 of them open
    hours = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    answered = {"created_at": "2026-11-13T15:00:00Z", "first_response_at": "2026-11-16T10:00:00Z"}
    service.take(client(client_since=days_ago(400)), ticket(**answered))
    service.drain()
    row = service.http("GET", "/v1/analytics/clients").body["clients"][0]
    assert row["average_first_response_hours"] == 67.0

    put(service, "business-hours", week(**hours), 1)  # in the second of the refresh before
    service.drain()
    row = service.http("GET", "/v1/analytics/clients").body["clients"][0]
    assert row["average_first_response_hours"] == 4.0


# ---- permissions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", [*RESOURCES, "versions", "versions/1"])
def test_reading_needs_settings_read(service: Service, resource: str) -> None:
    path = f"/v1/settings/{resource}"
    assert service.http("GET", path, permissions=["settings.read"]).status == 200
    assert service.http("GET", path, permissions=["settings.write"]).status == 403


@pytest.mark.parametrize("resource", RESOURCES)
def test_writing_needs_settings_write(service: Service, resource: str) -> None:
    body, sent = settings(service, resource), {"If-Match": '"1"'}
    path = f"/v1/settings/{resource}"
    assert service.http("PUT", path, body, permissions=["settings.write"], headers=sent).status == 200
    assert service.http("PUT", path, body, permissions=["settings.read"], headers=sent).status == 403
