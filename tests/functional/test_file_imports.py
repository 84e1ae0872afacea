"""Imports of files: from an upload to records, over the API and the worker."""

import io
import json
import zipfile
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamodb.imports import KEPT_SECONDS
from chalicelib.api.schemas.imports import MOST_BYTES
from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.importing import run as import_run
from chalicelib.imports import work as import_work
from chalicelib.services import imports as import_service
from chalicelib.workers.import_files import import_files
from tests.functional.conftest import peek
from tests.functional.examples import client
from tests.functional.importing import (
    FRESHDESK,
    ask,
    create,
    details,
    dumps,
    faults,
    imported,
    previewed,
    stored_file,
    tickets,
    upload,
    work,
)
from tests.functional.service import Service, lambda_context

INVOICES: Final = """*InvoiceNo,*Customer,*InvoiceDate,*DueDate,*ItemAmount,Currency
7,Mill 0,11/20/2026,12/20/2026,100.00,EUR
7,,,,50.50,
8,Mill 1,11/21/2026,12/21/2026,9.99,EUR
"""
OWN: Final = {
    "type": "ticket",
    "source": "desk",
    "columns": {"id": "Nr", "created_at": "Opened", "priority": "Urgency"},
    "values": {"priority": {"hot": "P1", "*": "P4"}},
    "client": {"from": "Customer", "by": "name", "create": True},
}


def zipped(**members: str) -> bytes:
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in members.items():
                packed.writestr(f"{name}.csv", text)
        return stream.getvalue()


def state(service: Service, import_id: str) -> str:
    found: str = details(service, import_id)["state"]
    return found


# --- the usual way ---


def test_exports_of_two_tools_become_scored_clients(service: Service) -> None:
    """An empty tenant, a help desk's tickets and an accounting package's invoices; the first night comes along."""
    assert service.http("GET", "/v1/imports").body == {"items": [], "offers_first_night": True}
    made = create(service, {"tickets.csv": tickets(30), "invoices.csv": INVOICES})
    assert state(service, made) == "WAITING"
    read = previewed(service, made)
    assert (read["state"], read["blocked"], read["rows"], read["rejected"]) == ("READY", False, 33, 0)
    preview = read["preview"]
    assert preview["checked"]
    by_name = {each["name"]: each for each in preview["files"]}
    assert by_name["tickets.csv"]["map"]["name"] == "freshdesk"
    assert by_name["invoices.csv"]["map"]["name"] == "quickbooks-invoices"
    assert (by_name["tickets.csv"]["rows"], by_name["tickets.csv"]["taken"]) == (30, 30)
    assert len(by_name["tickets.csv"]["sample"]) == 20
    assert by_name["tickets.csv"]["sample"][0]["record"]["id"] == "freshdesk.1"
    assert by_name["invoices.csv"]["sample"][0]["record"]["total"] == {"currency": "EUR", "amount": "150.50"}
    assert [each["name"] for each in preview["new_clients"]] == ["Mill 0", "Mill 1", "Mill 2"]
    assert service.http("GET", "/v1/clients").body["items"] == []

    done = imported(service, made, first_night=True)
    counts = {name: done[name] for name in ("state", "accepted", "rejected", "new_clients", "handled")}
    assert counts == {"state": "DONE", "accepted": 32, "rejected": 0, "new_clients": 3, "handled": 33}
    service.drain()
    listed = service.http("GET", "/v1/clients").body["items"]
    assert [each["name"] for each in listed] == ["Mill 0", "Mill 1", "Mill 2"]
    assert all(each["score"] is not None for each in listed)
    assert service.http("GET", "/v1/analytics/portfolio").body["computed_at"] == "2026-11-22T02:00:00Z"
    assert not service.http("GET", "/v1/imports").body["offers_first_night"]
    ids = service.http("GET", "/v1/records/ids?type=invoice").body["items"]
    assert [each["id"] for each in ids] == ["quickbooks.7", "quickbooks.8"]
    # The next night is a night of its own.
    service.night("2026-11-23")
    assert service.http("GET", "/v1/analytics/portfolio").body["computed_at"] == "2026-11-23T02:00:00Z"


def test_importing_the_same_again_changes_nothing(service: Service) -> None:
    for accepted, unchanged in ((10, 0), (0, 10)):
        made = create(service, {"tickets.csv": tickets(10)}, exported_at="2026-11-21T08:00:00Z")
        previewed(service, made)
        done = imported(service, made)
        assert (done["accepted"], done["unchanged"]) == (accepted, unchanged)
    assert len(service.http("GET", "/v1/imports").body["items"]) == 2


def test_a_zip_is_its_members(service: Service) -> None:
    made = create(service, {"export.zip": zipped(tickets=tickets(3), more=tickets(3, first=10))})
    read = previewed(service, made)
    assert [each["name"] for each in read["preview"]["files"]] == ["tickets.csv", "more.csv"]
    assert imported(service, made)["accepted"] == 6


def test_rows_that_are_rejected_come_back_as_a_file_that_goes_in_once_mended(service: Service) -> None:
    bad = tickets(4).replace(",Medium,", ",Odd,")
    made = create(service, {"tickets.csv": bad})
    read = previewed(service, made)
    assert read["rejected"] == 1
    (place,) = read["preview"]["faults"][0]["places"]
    assert place["line"] > 1
    done = imported(service, made)
    assert (done["accepted"], done["rejected"]) == (3, 1)
    ((name, url),) = [(each["file"], each["url"]) for each in done["faulty_rows"]]
    assert name == "tickets.csv"
    assert "faulty-tickets.csv" in url
    text = stored_file(made, "faulty-0.csv")
    assert text.splitlines()[0].endswith(",import_reason")
    mended = text.replace(",Odd,", ",Medium,")
    again = create(service, {"tickets-faulty.csv": mended})
    previewed(service, again)
    assert imported(service, again)["accepted"] == 1


# --- maps ---


def test_a_file_that_no_map_is_for_has_a_first_one_suggested(service: Service) -> None:
    text = "Nr,Opened,Urgency,Customer\n1,2026-11-20 08:00,hot,Mill\n2,2026-11-20 09:00,cold,Mill\n"
    made = create(service, {"desk.csv": text})
    read = previewed(service, made)
    assert read["blocked"]
    (file,) = read["preview"]["files"]
    assert file["map"] is None
    assert file["suggestion"]["document"]["type"] == "ticket"
    assert {each["name"]: each["values"] for each in file["columns"]}["Urgency"] == ["hot", "cold"]
    assert ask(service, made, "start").status == 409

    saved = service.http("PUT", "/v1/import-maps/our-desk", OWN)
    assert saved.status == 200, saved
    read = previewed(service, made, **{"desk.csv": "our-desk"})
    assert (read["blocked"], read["rejected"]) == (False, 0)
    assert imported(service, made)["accepted"] == 2
    # From then on such a file is known.
    assert previewed(service, create(service, {"other.csv": text}))["preview"]["files"][0]["map"]["name"] == "our-desk"


def test_an_own_map_may_come_with_the_file(service: Service) -> None:
    text = "Nr,Opened,Urgency,Customer\n1,03/04/2026 08:00,hot,Mill\n"
    made = create(service, {"desk.csv": text}, map=OWN)
    (fault,) = faults(previewed(service, made))
    assert "3 April" in fault or "04-03" in fault or "2026-04-03" in fault, fault
    told = {**OWN, "date_formats": ["%d/%m/%Y %H:%M"]}
    read = previewed(service, made, **{"desk.csv": told})
    assert read["preview"]["files"][0]["sample"][0]["record"]["created_at"] == "2026-04-03T06:00:00Z"


def test_an_alias_keeps_a_known_client_from_being_created(service: Service) -> None:
    service.take(client("acme-mill", name="The Mill Ltd"))
    service.http("PUT", "/v1/clients/acme-mill/aliases", {"aliases": [{"source": "freshdesk", "value": "Mill 0"}]})
    made = create(service, {"tickets.csv": tickets(3, clients=1)})
    assert previewed(service, made)["preview"]["new_clients"] == []
    imported(service, made)
    assert {each["client_id"] for each in service.http("GET", "/v1/records/ids").body["items"]} == {"acme-mill"}


def test_maps_are_kept_read_replaced_and_taken_away(service: Service) -> None:
    listed = service.http("GET", "/v1/import-maps").body["items"]
    assert {each["name"] for each in listed} >= {"freshdesk", "quickbooks-invoices"}
    assert all(each["ready_made"] for each in listed)
    path = "/v1/import-maps/our-desk"
    made = service.http("PUT", path, OWN)
    assert (made.status, made.headers["ETag"]) == (200, '"1"')
    assert service.http("PUT", path, OWN).status == 428
    assert service.http("PUT", path, OWN, headers={"If-Match": '"1"'}).headers["ETag"] == '"2"'
    assert service.http("PUT", path, OWN, headers={"If-Match": '"1"'}).status == 412
    read = service.http("GET", path)
    assert (read.body["document"], read.body["ready_made"]) == (OWN, False)
    assert service.http("DELETE", path).status == 428
    assert service.http("DELETE", path, headers={"If-Match": '"1"'}).status == 412
    assert service.http("DELETE", path, headers={"If-Match": '"2"'}).status == 204
    assert service.http("GET", path).status == service.http("GET", "/v1/import-maps/a%20b").status == 404
    # One of a ready-made one's name stands before it.
    ready = service.http("GET", "/v1/import-maps/freshdesk")
    assert ready.headers["ETag"] == '"0"'
    own = service.http("PUT", "/v1/import-maps/freshdesk", OWN, headers={"If-Match": ready.headers["ETag"]})
    assert (own.status, own.body["version"]) == (200, 1)
    names = [each["name"] for each in service.http("GET", "/v1/import-maps").body["items"]]
    assert names.count("freshdesk") == 1


def test_all_faults_of_a_map_are_named(service: Service) -> None:
    wrong = {**OWN, "columns": {"id": "Nr", "colour": "Red"}, "decimal": ";"}
    answer = service.http("PUT", "/v1/import-maps/wrong", wrong)
    assert answer.status == 422
    assert {"/columns/colour", "/decimal"} <= {each["pointer"] for each in answer.body["errors"]}
    answer = service.http("POST", "/v1/imports", {"files": [{"name": "a.csv", "size": 1, "map": wrong}]})
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"].startswith("/maps/a.csv/")


def test_so_many_maps_are_kept_and_no_more(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_service, "MOST_MAPS", 2)
    answers = [service.http("PUT", f"/v1/import-maps/m{number}", OWN).status for number in range(3)]
    assert answers == [200, 200, 409]


# --- what is sent ---


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ({"name": "a.pdf", "size": 1}, "CSV"),
        ({"name": "../a.csv", "size": 1}, "without folders"),
        ({"name": ".csv", "size": 1}, "without folders"),
        ({"name": "a.csv", "size": 0}, "200 MB"),
        ({"name": "a.csv", "size": MOST_BYTES + 1}, "200 MB"),
        ({"name": "a.csv", "size": 1, "map": "no name"}, "name of a map"),
        ({"name": "a.csv", "size": 1, "map": 7}, "name of a map"),
        ({"name": "a.csv", "size": 1, "exported_at": "yesterday"}, ""),
    ],
)
def test_files_that_cannot_be_imported_are_refused_before_they_are_sent(
    service: Service, file: dict[str, Any], told: str
) -> None:
    answer = service.http("POST", "/v1/imports", {"files": [file]})
    assert answer.status == 422
    assert told in dumps(answer.body["errors"])


def test_files_are_told_apart_and_counted(service: Service) -> None:
    twice = [{"name": name, "size": 1} for name in ("a.csv", "A.CSV")]
    assert service.http("POST", "/v1/imports", {"files": twice}).status == 422
    many = [{"name": f"{number}.csv", "size": 1} for number in range(21)]
    assert service.http("POST", "/v1/imports", {"files": many}).status == 422


def test_so_many_imports_are_kept_and_no_more(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_service, "MOST_IMPORTS", 2)
    made = [create(service, {"a.csv": "x"}) for _ in range(2)]
    body = {"files": [{"name": "a.csv", "size": 1}]}
    assert service.http("POST", "/v1/imports", body).status == 409
    assert service.http("DELETE", f"/v1/imports/{made[0]}").status == 204
    assert service.http("POST", "/v1/imports", body).status == 201


# --- bad files ---


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("a.csv", "", "is empty, or no table"),
        ("a.csv", "<html><body>Sign in</body></html>", "no map knows its columns"),
        ("a.csv", b"\x00\x01\x02" * 100, ""),
        ("a.csv", FRESHDESK + "\n1," + "x" * 1_100_000 + ",Open\n", "1,000,000 characters"),
        ("a.zip", b"PK no zip", "is no ZIP that can be read"),
        ("a.xlsx", b"PK no sheet", "is no spreadsheet that can be read"),
        ("a.zip", zipped(), "holds no"),
    ],
)
def test_a_file_that_is_none_is_told_and_blocks(service: Service, name: str, body: bytes | str, told: str) -> None:
    made = create(service, {name: body or " "})
    read = previewed(service, made)
    assert (read["state"], read["blocked"]) == ("READY", True)
    assert told in " ".join(faults(read)), faults(read)
    assert ask(service, made, "start").status == 409
    assert service.http("GET", "/v1/clients").body["items"] == []


def test_a_bomb_is_refused_by_what_it_says_of_itself(service: Service) -> None:
    """Ten gigabytes of zeros in ten megabytes; a ZIP that lies about it is read no further than it may."""
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            info = zipfile.ZipInfo("tickets.csv")
            info.compress_type = zipfile.ZIP_DEFLATED
            with packed.open(info, "w", force_zip64=True) as member:
                for _ in range(1_010):
                    member.write(bytes(1_000_000))
        bomb = stream.getvalue()
    assert len(bomb) < 2_000_000
    read = previewed(service, create(service, {"bomb.zip": bomb}))
    assert read["blocked"]
    assert "1 GB" in " ".join(faults(read)) or "unpack" in " ".join(faults(read)), faults(read)


def test_two_files_of_one_table_are_refused(service: Service) -> None:
    read = previewed(service, create(service, {"a.csv": tickets(2), "b.csv": tickets(2)}))
    assert read["blocked"]
    assert "the same bytes" in " ".join(faults(read))


def test_a_map_for_another_file_says_what_is_missing(service: Service) -> None:
    read = previewed(service, create(service, {"a.csv": tickets(2)}, map="quickbooks-invoices"))
    assert read["blocked"]
    assert "*InvoiceNo" in " ".join(faults(read))
    read = previewed(service, create(service, {"a.csv": tickets(2)}, map="nobodys"))
    assert "there is no map nobodys" in " ".join(faults(read))


def test_a_file_that_was_not_uploaded_is_told(service: Service) -> None:
    made = service.http("POST", "/v1/imports", {"files": [{"name": "a.csv", "size": 3}]}).body["id"]
    read = previewed(service, made)
    assert (read["state"], read["preview"]) == ("FAILED", None)
    assert "was not uploaded" in read["message"]
    upload(service, made, 0, tickets(1).encode())
    assert previewed(service, made)["state"] == "READY"


def test_the_preview_is_small_whatever_the_file_holds(service: Service) -> None:
    names = ",".join(f"column {number}" + "x" * 300 for number in range(300))
    rows = "\n".join(",".join(f"{number}" * 100 for number in range(300)) for _ in range(50))
    made = create(service, {f"{number}.csv": f"{names}\n{rows}\n{number}" for number in range(20)})
    previewed(service, made)
    assert len(stored_file(made, "preview.json")) < 2_000_000


# --- steering ---


def test_an_import_is_steered_through_its_states(service: Service) -> None:
    made = create(service, {"tickets.csv": tickets(3)})
    for what in ("start", "pause"):
        assert ask(service, made, what).status == 409
    previewed(service, made)
    assert ask(service, made, "pause").status == 409
    assert ask(service, made, "start").body["state"] == "IMPORTING"
    assert ask(service, made, "preview").status == 409
    assert ask(service, made, "pause").body["state"] == "PAUSED"
    work()
    assert state(service, made) == "PAUSED"
    assert imported(service, made)["state"] == "DONE"
    for what in ("start", "pause", "preview"):
        assert ask(service, made, what).status == 409
    assert service.http("DELETE", f"/v1/imports/{made}").status == 204
    assert service.http("GET", f"/v1/imports/{made}").status == 404
    assert len(service.http("GET", "/v1/records/ids").body["items"]) == 3


def test_messages_may_come_twice_late_or_never(service: Service) -> None:
    made = create(service, {"tickets.csv": tickets(3)})
    assert ask(service, made, "preview").status == ask(service, made, "preview").status == 202
    assert work() == 2
    assert ask(service, made, "start").status == ask(service, made, "start").status == 202
    assert work() == 2
    assert details(service, made)["accepted"] == 3
    lost = create(service, {"tickets.csv": tickets(3, first=50)})
    previewed(service, lost)
    ask(service, lost, "start")
    sqs = peek("sqs")
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName="imports")["QueueUrl"])
    service.clock.advance(3600)
    assert details(service, lost)["stalled"]
    assert imported(service, lost)["state"] == "DONE"


def test_a_pause_and_a_slice_that_ends_go_on_where_they_were(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a slice has time for, every record goes in once, in as many slices as it takes."""
    monkeypatch.setattr(import_run, "MAX_BATCH_RECORDS", 2)
    monkeypatch.setattr(import_work, "TOLD_EVERY_SECONDS", 0.0)
    made = create(service, {"tickets.csv": tickets(30)})
    previewed(service, made)
    budgets = iter(range(12, 400, 12))

    def interrupted(tenant: TenantId, import_id: str, go_on: Any, failed: Any) -> None:
        left = iter([True] * next(budgets))
        original(tenant, import_id, lambda: next(left, False), failed)

    original = application().import_work.work
    monkeypatch.setattr(application().import_work, "work", interrupted)
    ask(service, made, "start")
    slices = work()
    found = details(service, made)
    assert (found["state"], found["accepted"], found["rejected"]) == ("DONE", 30, 0)
    assert slices > 1
    assert len(service.http("GET", "/v1/records/ids").body["items"]) == 30


def test_what_was_not_foreseen_leaves_an_import_to_its_owner(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(service, {"tickets.csv": tickets(3)})
    previewed(service, made)

    def broken(*_: Any) -> Any:
        raise RuntimeError("nobody foresaw this")

    with monkeypatch.context() as patch:
        patch.setattr(import_run.ImportRun, "run", broken)
        found = imported(service, made)
    assert found["state"] == "PAUSED"
    assert "RuntimeError" not in found["message"]
    assert found["message"].startswith("Something went wrong")
    assert imported(service, made)["state"] == "DONE"


def test_a_first_night_is_fired_once_and_only_where_none_has_been(service: Service) -> None:
    service.night("2026-11-21")
    service.clock.to("2026-11-22T12:00:00Z")
    made = create(service, {"tickets.csv": tickets(3)})
    assert not previewed(service, made)["offers_first_night"]
    assert ask(service, made, "start", {"first_night": True}).status == 409


def test_imports_go_away_after_a_week(service: Service) -> None:
    made = create(service, {"tickets.csv": tickets(3)})
    item = service.stored()["T#acme", f"IMPORT#{made}"]
    assert int(item["expires"]["N"]) == KEPT_SECONDS + 1_795_348_800


def test_a_poison_message_fails_alone(service: Service) -> None:
    bodies = [
        "poison",
        json.dumps({"schema_version": 2}),
        json.dumps({"schema_version": 1, "tenant_id": "A", "import_id": "x"}),
    ]
    for body in bodies:
        record = {"messageId": "m1", "body": body, "eventSource": "aws:sqs"}
        answer = import_files({"Records": [record]}, lambda_context())
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
