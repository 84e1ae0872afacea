"""Logging calls, visits, QBRs and notes: facts like any other, a journal, and what it did to the score at once."""

import json
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamodb.journal import DynamoJournalStore
from chalicelib.services.errors import OverloadedError
from infra.meter import item_size
from tests.functional.examples import ago, client, days_ago, fact
from tests.functional.service import Answer, Record, Service
from tests.functional.support import change, counting, faults, pages, weights

AM: Final = ("reports.read", "clients.read", "alerts.write", "activities.write")
"""What an account manager has."""

CALL: Final = {"kind": "CALL", "occurred_at": ago(hours=1), "with_decision_maker": True}


def log(
    service: Service, body: Any, key: str = "key-1", client_id: str = "c1", permissions: Any = AM, **claims: Any
) -> Answer:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    headers["Authorization"] = f"Bearer {service.token('acme', permissions, **claims)}"
    return service.raw("POST", f"/v1/clients/{client_id}/activities", body, headers)


def logged(service: Service, body: Any, key: str = "key-1", **request: Any) -> Any:
    answer = log(service, body, key, **request)
    assert answer.status == 201, answer
    return answer.body


def journal(service: Service, client_id: str = "c1") -> list[Record]:
    return [item for page in pages(service, f"/v1/clients/{client_id}/activities") for item in page]


def score(service: Service) -> Any:
    return service.http("GET", "/v1/clients/c1/health").body["models"]["weighted"]["score"]


@pytest.fixture
def scored(service: Service) -> Service:
    """A client with a Health Score, half of it of contacts and QBRs, neither of which there was."""
    half = weights(days_since_qbr=25, days_since_decision_maker_contact=25, stack_standardization=50)
    change(service, weights=half, primary_model="weighted", sources=["qbr", "touchpoints", "assessments"])
    done = fact("assessment", "A1", completed_on=days_ago(3), standardization_score=60)
    service.take(client(client_since=days_ago(900)), client("c10", client_since=days_ago(900)), done)
    service.drain()
    return service


def test_a_call_moves_the_score_at_once(scored: Service) -> None:
    before = score(scored)
    found = logged(scored, {**CALL, "text": "  Spoke about renewals \n"}, name="Grace Hopper", email="g@example.com")
    assert found["activity"] == {
        "id": found["activity"]["id"],
        "kind": "CALL",
        "occurred_at": CALL["occurred_at"],
        "held_on": None,
        "with_decision_maker": True,
        "status": None,
        "text": "Spoke about renewals",
        "by": {"subject": "someone", "name": "Grace Hopper"},
        "logged_at": "2026-11-22T12:00:30Z",
        "withdrawn_at": None,
        "change": f"{score(scored) - before}.0",
    }
    effect = found["effect"]
    assert (effect["model"], effect["from"], effect["to"]) == ("weighted", before, score(scored))
    assert effect["change"] == effect["to"] - effect["from"] > 0
    assert sum(float(part["change"]) for part in effect["parts"]) == effect["change"]
    assert effect["parts"][0]["id"] == "days_since_decision_maker_contact"
    assert journal(scored) == [found["activity"]]
    scored.drain()
    history = scored.http("GET", "/v1/clients/c1/history").body["items"]
    assert (history[0]["trigger"], history[0]["weighted"]["score"]) == ("touchpoint_logged", effect["to"])


@pytest.mark.parametrize(
    ("body", "record"),
    [
        (CALL, {"type": "touchpoint", **CALL}),
        ({**CALL, "kind": "EMAIL", "with_decision_maker": False},
         {"type": "touchpoint", **CALL, "kind": "EMAIL", "with_decision_maker": False}),
        ({"kind": "QBR", "held_on": days_ago(2), "with_decision_maker": True},
         {"type": "qbr", "held_on": days_ago(2), "status": "COMPLETED", "decision_maker_present": True}),
        ({"kind": "QBR", "held_on": days_ago(-2), "status": "SCHEDULED"},
         {"type": "qbr", "held_on": days_ago(-2), "status": "SCHEDULED"}),
        ({"kind": "QBR", "held_on": days_ago(2), "status": "CANCELLED"},
         {"type": "qbr", "held_on": days_ago(2), "status": "CANCELLED"}),
    ],
)  # fmt: skip
def test_it_is_the_same_as_sending_the_record(scored: Service, body: Record, record: Record) -> None:
    """Facts, rows and calculations: of c1 by this route, of c10 by POST /records."""
    name = logged(scored, body)["activity"]["id"]
    assert scored.records({"id": name, "client_id": "c10", **record}).status == 200
    scored.take(fact("assessment", "A1", "c10", completed_on=days_ago(3), standardization_score=60))
    scored.drain()

    def seen(client_id: str) -> Any:
        facts = scored.facts(client_id)
        card = scored.http("GET", f"/v1/clients/{client_id}/health").body
        items = scored.http("GET", f"/v1/clients/{client_id}/history").body["items"]
        (row,) = [row for row in scored.http("GET", "/v1/clients").body["items"] if row["client_id"] == client_id]
        plain = {name: value for name, value in row.items() if name not in ("client_id", "name")}
        own = (list(facts.touchpoints), list(facts.qbrs), card["models"]["weighted"]["signals"], plain)
        return own, [(entry["trigger"], entry["weighted"]["points"]) for entry in items]

    assert seen("c1") == seen("c10")


def test_the_same_key_logs_once(scored: Service) -> None:
    first = log(scored, CALL)
    scored.clock.advance(24 * 3600 - 1)
    again = log(scored, {**CALL, "kind": "VISIT"})
    assert (again.status, again.body) == (201, first.body)
    assert len(journal(scored)) == 1
    scored.clock.advance(1 + 24 * 3600)
    assert log(scored, CALL).status == 409
    assert log(scored, CALL, client_id="c10").status == 201, "yesterday's key of another client"


def test_a_key_whose_answer_never_came_takes_nothing_else(scored: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(DynamoJournalStore, "put", fails)
        assert log(scored, CALL).status == 503
    assert log(scored, {**CALL, "kind": "VISIT"}).status == 409
    assert log(scored, CALL).status == 201
    (entry,) = journal(scored)
    assert (entry["kind"], entry["by"] is not None) == ("CALL", True)


def fails(*_: Any) -> None:
    raise OverloadedError


def test_a_key_is_of_one_client_person_and_kind_of_request(scored: Service) -> None:
    logged(scored, CALL)
    assert log(scored, CALL, client_id="c10").status == 409
    assert log(scored, CALL, sub="another").status == 409
    key = {"Idempotency-Key": "key-1"}
    assert scored.http("POST", "/v1/clients/c1/recalculate", headers=key).status == 409
    assert scored.http("POST", "/v1/clients/c1/recalculate", headers={"Idempotency-Key": "key-2"}).status == 200
    assert log(scored, CALL, "key-2").status == 409
    assert scored.http("POST", "/v1/clients/c1/activities", CALL).status == 400, "without a key"
    assert log(scored, CALL, "a b").status == 400


@pytest.mark.parametrize(("ahead", "status"), [(1, 201), (60, 201), (61, 422)])
def test_now_counts_at_once_whatever_the_clock_says(scored: Service, ahead: int, status: int) -> None:
    """The clock of the browser may be ahead of ours."""
    scored.clock.to("2026-11-22T12:00:30Z")
    answer = log(scored, {**CALL, "occurred_at": _later(ahead)})
    assert answer.status == status
    if status == 422:
        assert answer.body["errors"] == [{"pointer": "/occurred_at", "message": "This is in the future."}]
    else:
        assert answer.body["activity"]["occurred_at"] == "2026-11-22T12:00:29Z"
        assert answer.body["effect"]["change"] > 0


def _later(seconds: int) -> str:
    return f"2026-11-22T12:{(30 + seconds) // 60:02d}:{(30 + seconds) % 60:02d}Z"


def test_todays_qbr_is_the_tenants_today(service: Service) -> None:
    """An account manager in Auckland logs for a tenant in New York, where it is still the day before."""
    service.tenant("york", "America/New_York")
    service.take(client(), tenant="york")
    service.clock.to("2026-11-23T02:30:00Z")
    for number, (day, status) in enumerate((("2026-11-22", 201), ("2026-11-23", 422))):
        body = {"kind": "QBR", "held_on": day}
        key = {"Idempotency-Key": f"key-{number}"}
        assert service.http("POST", "/v1/clients/c1/activities", body, tenant="york", headers=key).status == status


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/kind"]),
        ({"kind": "LUNCH"}, ["/kind"]),
        ({"kind": "CALL"}, ["/occurred_at"]),
        ({**CALL, "held_on": days_ago(1)}, ["/held_on"]),
        ({**CALL, "status": "COMPLETED"}, ["/status"]),
        ({**CALL, "text": "x" * 2_001}, ["/text"]),
        ({**CALL, "with_decision_maker": "yes", "text": 5}, ["/with_decision_maker", "/text"]),
        ({"kind": "QBR", "held_on": days_ago(1), "status": "DONE"}, ["/status"]),
        ({"kind": "QBR", "occurred_at": ago(hours=1)}, ["/held_on", "/occurred_at"]),
        ({"kind": "QBR", "held_on": days_ago(-1)}, ["/held_on"]),
        ({"kind": "QBR", "held_on": days_ago(401)}, ["/held_on"]),
        ({"kind": "NOTE", "occurred_at": ago(hours=1), "with_decision_maker": True}, ["/with_decision_maker"]),
    ],
)
def test_all_faults_are_named_and_nothing_is_stored(scored: Service, body: Any, pointers: list[str]) -> None:
    before = scored.stored()
    assert sorted(faults(log(scored, body))) == sorted(pointers)
    assert scored.stored() == before


def test_a_note_is_no_fact(scored: Service) -> None:
    before = scored.facts("c1")
    found = logged(scored, {"kind": "NOTE", "occurred_at": ago(hours=1), "text": "Moves in May"})
    assert (found["effect"], found["activity"]["change"], found["activity"]["with_decision_maker"]) == (
        None,
        None,
        None,
    )
    assert scored.facts("c1") == before
    assert scored.queued() == (0, 0)
    assert [each["text"] for each in journal(scored)] == ["Moves in May"]


def test_an_unscored_client_is_logged_without_effect(scored: Service) -> None:
    scored.take(client(status="CHURNED"))
    found = logged(scored, CALL)
    assert (found["effect"], found["activity"]["change"]) == (None, None)
    assert len(journal(scored)) == 1


def test_the_name_is_that_of_the_token_or_of_the_key(scored: Service) -> None:
    names = [
        logged(scored, CALL, f"key-{number}", **claims)["activity"]["by"]["name"]
        for number, claims in enumerate(({"name": "Grace", "email": "g@x.org"}, {"name": " ", "email": "g@x.org"}, {}))
    ]
    assert names == ["Grace", "g@x.org", "someone"]
    made = scored.http("POST", "/v1/settings/api-keys", {"name": "Dialler", "permissions": ["activities.write"]}).body
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {made['key']}", "Idempotency-Key": "k"}
    answer = scored.raw("POST", "/v1/clients/c1/activities", CALL, headers)
    assert answer.body["activity"]["by"] == {"subject": f"api-key:{made['id']}", "name": "Dialler"}


def test_names_and_texts_enter_no_log(scored: Service, capsys: pytest.CaptureFixture[str]) -> None:
    body = {**CALL, "text": "Secret words"}
    logged(scored, body, name="Grace Hopper")
    log(scored, {**body, "occurred_at": ago(hours=-9)}, "key-2", name="Grace Hopper")
    written = "".join(capsys.readouterr())
    assert "Secret" not in written
    assert "Grace" not in written


# ---- settling and withdrawing ----------------------------------------------------------------------------


def act(service: Service, method: str, name: str, body: Any = None, **claims: Any) -> Answer:
    token = service.token("acme", claims.pop("permissions", AM), **claims)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return service.raw(method, f"/v1/clients/c1/activities/{name}", body, headers)


def test_a_planned_qbr_is_held(scored: Service) -> None:
    planned = logged(scored, {"kind": "QBR", "held_on": days_ago(-3), "status": "SCHEDULED", "text": "Agenda"})
    assert planned["effect"]["change"] == 0
    name = planned["activity"]["id"]
    assert faults(act(scored, "PATCH", name, {"status": "COMPLETED"})) == ["/held_on"]
    assert faults(act(scored, "PATCH", name, {"status": "SCHEDULED", "text": "x"})) == ["/status", "/text"]
    held = {"status": "COMPLETED", "held_on": days_ago(0), "with_decision_maker": True}
    answer = act(scored, "PATCH", name, held, sub="another")
    assert answer.status == 200
    assert answer.body["effect"]["to"] == score(scored) > planned["effect"]["to"]
    (entry,) = journal(scored)
    assert entry == answer.body["activity"]
    assert (entry["held_on"], entry["status"], entry["text"]) == (days_ago(0), "COMPLETED", "Agenda")
    assert act(scored, "PATCH", name, held).body == answer.body
    assert act(scored, "PATCH", name, {"status": "CANCELLED"}).status == 409


def test_a_qbr_that_did_not_take_place_is_no_contact(scored: Service) -> None:
    body = {"kind": "QBR", "held_on": days_ago(9), "status": "CANCELLED", "with_decision_maker": True}
    assert logged(scored, body)["effect"]["change"] == 0
    assert logged(scored, {**body, "held_on": days_ago(2)}, "key-2")["effect"]["change"] == 0
    assert scored.http("GET", "/v1/clients/c1/health").body["risk_indicators"] == ["qbrs_cancelled"]


def test_a_withdrawn_activity_counts_no_more_and_stays(scored: Service) -> None:
    before = score(scored)
    name = logged(scored, {**CALL, "text": "Wrong client"})["activity"]["id"]
    assert act(scored, "DELETE", name, sub="another").status == 403
    assert act(scored, "DELETE", name, permissions=("reports.read", "records.write")).status == 403
    assert act(scored, "DELETE", name).status == act(scored, "DELETE", name).status == 204
    assert score(scored) == before
    (entry,) = journal(scored)
    assert (entry["withdrawn_at"], entry["text"]) == ("2026-11-22T12:00:30Z", "Wrong client")
    assert scored.http("GET", "/v1/clients/c1/records?type=touchpoint").body["items"] == []


def test_withdrawing_again_takes_away_what_was_sent_since(scored: Service) -> None:
    activity = logged(scored, CALL)["activity"]["id"]
    path = f"/v1/clients/c1/activities/{activity}"
    assert scored.http("DELETE", path).status == 204
    fields = {"occurred_at": CALL["occurred_at"], "kind": "CALL", "with_decision_maker": True}
    scored.clock.advance(1)
    scored.take(fact("touchpoint", activity, "c1", **fields))
    scored.clock.advance(1)
    assert scored.http("DELETE", path).status == 204
    held = scored.http("GET", "/v1/clients/c1/records?type=touchpoint").body["items"]
    assert activity not in [each["id"] for each in held]


def test_after_a_day_withdrawing_needs_records_write(scored: Service) -> None:
    name = logged(scored, CALL)["activity"]["id"]
    scored.clock.advance(24 * 3600 + 1)
    assert act(scored, "DELETE", name).status == 403
    assert act(scored, "DELETE", name, permissions=(*AM, "records.write"), sub="lead").status == 204


def test_an_account_manager_rewrites_no_ticket(scored: Service) -> None:
    answer = scored.http("POST", "/v1/records", {"records": [fact("ticket", "T1")]}, permissions=AM)
    assert answer.status == 403
    scored.take(fact("ticket", "T1"))
    for method, body in (("DELETE", None), ("PATCH", {"status": "CANCELLED"})):
        assert act(scored, method, "T1", body, permissions=(*AM, "records.write")).status == 404


def test_what_connectors_send_is_in_the_journal(scored: Service) -> None:
    sent = fact("touchpoint", "TP-1", updated_at=ago(days=4))
    scored.take(sent, fact("qbr", "Q-1", held_on=days_ago(40)))
    name = logged(scored, CALL)["activity"]["id"]
    assert [each["id"] for each in journal(scored)] == [name, "TP-1", "Q-1"]
    (entry,) = [each for each in journal(scored) if each["id"] == "TP-1"]
    nothing = dict.fromkeys(("by", "text", "change", "withdrawn_at", "status", "held_on"))
    assert entry == {**nothing, "id": "TP-1", "kind": "CALL", "occurred_at": sent["occurred_at"],
                     "with_decision_maker": True, "logged_at": sent["updated_at"]}  # fmt: skip
    assert journal(scored, "c10") == []


@pytest.mark.parametrize(
    ("body", "moved"),
    [
        (CALL, {"occurred_at": ago(days=30), "with_decision_maker": True}),
        (
            {"kind": "QBR", "held_on": days_ago(1), "status": "COMPLETED"},
            {"held_on": days_ago(30), "status": "COMPLETED", "decision_maker_present": False},
        ),
    ],
    ids=["call", "qbr"],
)
def test_an_entry_whose_record_is_moved_stands_once_at_its_new_time(
    scored: Service, body: Record, moved: Record
) -> None:
    """Among others, on whatever page it comes to lie."""
    found = logged(scored, {**body, "text": "The first"})["activity"]
    for number in range(3):
        logged(scored, {**CALL, "occurred_at": ago(days=10 * number + 5), "text": f"{number}"}, f"other-{number}")
    kind = "qbr" if found["kind"] == "QBR" else "touchpoint"
    scored.take(fact(kind, found["id"], **moved))
    scored.drain()
    entries = [item for page in pages(scored, "/v1/clients/c1/activities?limit=2") for item in page]
    assert [each["text"] for each in entries] == ["0", "1", "2", "The first"]
    times = ("occurred_at", "held_on")
    assert entries[-1] == {**found, **{name: moved.get(name) for name in times}}
    scored.take(fact(kind, found["id"], **moved, deleted=True))
    assert {each["text"]: each["withdrawn_at"] is not None for each in journal(scored)} == {
        **dict.fromkeys("012", False),
        "The first": True,
    }
    assert len(journal(scored)) == 4


def test_pages_of_a_journal(scored: Service) -> None:
    for number in range(4):
        logged(scored, {**CALL, "occurred_at": ago(days=number)}, f"key-{number}")
    scored.take(*(fact("touchpoint", f"TP-{n}", occurred_at=ago(days=n, hours=1)) for n in range(4)))
    whole = journal(scored)
    assert len(whole) == 8
    found = [item for page in pages(scored, "/v1/clients/c1/activities?limit=3") for item in page]
    assert found == whole


# ---- costs and bounds ------------------------------------------------------------------------------------


def test_what_saving_and_listing_cost(scored: Service) -> None:
    scored.take(fact("qbr"), fact("touchpoint"))  # the sources are known
    scored.drain()
    with counting() as saved:
        logged(scored, {**CALL, "text": "x" * 400})
    assert saved.call_count <= 14
    assert saved.writes_by_kind()["J"] == 1
    with counting() as noted:
        logged(scored, {"kind": "NOTE", "occurred_at": ago(hours=1), "text": "x" * 400}, "key-2")
    assert noted.call_count == 5
    for number in range(20):
        logged(scored, {**CALL, "text": "x" * 400}, f"more-{number}")
    with counting() as listed:
        assert len(scored.http("GET", "/v1/clients/c1/activities").body["items"]) == 24
    assert dict(listed.calls) == {"dynamodb.GetItem": 1, "dynamodb.BatchGetItem": 2, "dynamodb.Query": 1}
    scored.drain()
    with counting() as night:
        scored.drain()
        scored.trigger("2026-11-22T12:00:00Z", ["acme"])
        scored.drain()
    assert "J" not in night.reads_by_kind()


def test_an_entry_of_the_longest_text_is_a_small_item(scored: Service) -> None:
    logged(scored, {**CALL, "text": "\U00020000" * 2_000}, name="\U00020000" * 300, sub="x" * 128)
    (item,) = [item for (_, sk), item in scored.stored().items() if sk.startswith("J#c1#")]
    assert item_size(item) < 10_000
    (kept,) = [item for (_, sk), item in scored.stored().items() if sk.startswith("IDEM#")]
    assert item_size(kept) < 40_000
    assert json.loads(kept["answer"]["S"])["activity"]["by"]["name"] == "\U00020000" * 200
