"""How bodies are read: their encoding, their numbers, deletions by identity alone."""

import json
from typing import Any

import pytest

from tests.functional.examples import FACT_TYPES, client, fact, record
from tests.functional.service import Service
from tests.functional.test_records import counts, pointers, stored_version

NAMED = {"records": [client(name="Bäckerei Vogt")]}


def posted(service: Service, body: bytes, content_type: str = "application/json") -> Any:
    return service.http("POST", "/v1/records", body, headers={"Content-Type": content_type})


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-32"])
def test_a_body_that_is_not_utf_8_is_refused_and_stores_nothing(service: Service, encoding: str) -> None:
    before = service.stored()
    answer = posted(service, json.dumps(NAMED, ensure_ascii=False).encode(encoding))
    assert answer.status == 400
    assert "UTF-8" in answer.body["detail"]
    assert service.stored() == before


def test_letters_that_the_gateway_lost_are_refused(service: Service) -> None:
    damaged = json.dumps(NAMED, ensure_ascii=False).encode("latin-1").decode("utf-8", "replace")
    answer = posted(service, damaged.encode())
    assert answer.status == 400
    assert "UTF-8" in answer.body["detail"]


def test_half_a_surrogate_pair_in_raw_bytes_is_not_utf_8(service: Service) -> None:
    answer = posted(service, json.dumps(NAMED, ensure_ascii=False).encode().replace("ä".encode(), b"\xed\xa0\x80"))
    assert answer.status == 400
    assert "UTF-8" in answer.body["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_a_body_in_utf_8_is_taken(service: Service, content_type: str, mark: bytes) -> None:
    answer = posted(service, mark + json.dumps(NAMED, ensure_ascii=False).encode(), content_type)
    assert counts(answer) == (200, 1, 0, 0)
    assert service.http("GET", "/v1/clients/c1").body["name"] == "Bäckerei Vogt"


def test_a_lone_surrogate_is_the_fault_of_its_record_alone(service: Service) -> None:
    answer = service.records(client("c1", name="half \ud800"), client("c2"), {**client("c3"), "\udc00": 1})
    assert counts(answer) == (207, 1, 0, 2)
    assert pointers(answer) == [(0, ["/name"]), (2, [""])]
    assert "lone surrogate" in answer.body["rejected"][0]["errors"][0]["message"]


def test_a_whole_pair_of_surrogates_is_a_character(service: Service) -> None:
    assert posted(service, json.dumps({"records": [client(name="🦊")]}).encode()).status == 200
    assert service.http("GET", "/v1/clients/c1").body["name"] == "🦊"


@pytest.mark.parametrize(
    ("kind", "field"), [("survey", "score"), ("headcount", "employees")], ids=["a rating", "employees"]
)
def test_a_whole_number_may_be_written_with_decimals(service: Service, kind: str, field: str) -> None:
    service.take(client())
    whole, same, split = (json.dumps({"records": [{**fact(kind, "R1"), field: n}]}).encode() for n in (5, 5.0, 5.5))
    assert b"5.0" in same
    assert counts(posted(service, whole)) == (200, 1, 0, 0)
    assert counts(posted(service, same)) == (200, 0, 1, 0)
    refused = posted(service, split)
    assert (refused.status, pointers(refused)) == (422, [(0, [f"/{field}"])])
    assert refused.body["rejected"][0]["errors"][0]["message"] == "Send a whole number."


def test_settings_take_whole_numbers_with_decimals(service: Service) -> None:
    held = service.http("GET", "/v1/settings/health-score")
    etag = {"If-Match": held.headers["ETag"]}
    body = {**held.body, "alert_threshold": 55.0}
    answer = service.http("PUT", "/v1/settings/health-score", body, headers=etag)
    assert answer.status == 200
    assert (answer.body["alert_threshold"], type(answer.body["alert_threshold"])) == (55, int)


# ---- deletions -----------------------------------------------------------------------------------------------------

OTHERS = [kind for kind in FACT_TYPES if kind != "ticket"]


def identity(kind: str) -> dict[str, Any]:
    sent = record(kind)
    return {name: sent[name] for name in ("type", "id", "client_id")}


@pytest.mark.parametrize("kind", OTHERS)
def test_the_identity_is_enough_to_delete(service: Service, kind: str) -> None:
    service.take(client(), record(kind))
    assert stored_version(service, kind)
    service.clock.advance(1)
    assert counts(service.records({**identity(kind), "deleted": True})) == (200, 1, 0, 0)
    assert not stored_version(service, kind)
    assert counts(service.records({**identity(kind), "deleted": True})) == (200, 0, 1, 0)


@pytest.mark.parametrize("kind", OTHERS)
def test_a_deletion_by_identity_that_comes_first_holds(service: Service, kind: str) -> None:
    service.take(client())
    assert counts(service.records({**identity(kind), "deleted": True})) == (200, 1, 0, 0)
    service.clock.advance(60)
    assert counts(service.records({**record(kind), "updated_at": "2026-11-22T11:59:00Z"})) == (200, 0, 1, 0)
    assert not stored_version(service, kind)
    assert counts(service.records({**record(kind), "updated_at": "2026-11-22T12:00:30Z"})) == (200, 1, 0, 0)
    assert stored_version(service, kind)
