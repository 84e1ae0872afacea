"""The import against a fake service: batches, faults by file and line, and what happens when it fails."""

import io
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console

from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.importing import run as import_run
from chalicelib.importing.assignment import assigned
from chalicelib.importing.clients import told_apart
from chalicelib.importing.maps import ClientRule, read_toml
from chalicelib.importing.rows import Record
from chalicelib.importing.run import ImportReport, ImportRun
from chalicelib.importing.target import FieldError, record_json
from chalicelib.imports import sources
from chalicelib.imports.sources import ImportSourceError, given
from infra.imports import service as import_service
from infra.imports.command import Options, import_path
from infra.imports.faulty_rows import FaultyRows
from infra.imports.maps import MapShelf
from infra.imports.service import Answer, NoAnswerError, Service
from infra.local.cli import main
from infra.record_folder import write_folder

URL = "http://service.test/"
CHANGED = 1_760_000_000
EXPORTED = "2025-10-09T08:53:20Z"


class FakeService:
    """Takes records like the service; `plan` says what happens first, one entry per request."""

    def __init__(self, *plan: Answer | NoAnswerError) -> None:
        self.plan = list(plan)
        self.bodies: list[bytes] = []
        self.tokens: list[str] = []
        self.records: list[Record] = []
        self.dry: list[Record] = []
        self.new_clients: list[list[str]] = []
        self.refuse: Callable[[Record], list[FieldError]] = lambda _: []
        self.waits: list[float] = []
        self.issued = 0
        self.clients: dict[str, str] = {}
        self.unlisted: dict[str, str] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with self.lock:
                return self._answer(method, urlsplit(url), headers, body)
        finally:
            with self.lock:
                self.at_once -= 1

    def _answer(self, method: str, url: Any, headers: Mapping[str, str], body: bytes | None) -> Answer:
        assert url.netloc == "service.test"
        if url.path != "/v1/records":
            return self._names(method, url, body)
        assert headers["Content-Type"] == "application/json"
        assert body is not None
        self.bodies.append(body)
        self.tokens.append(headers["Authorization"])
        if self.plan:
            planned = self.plan.pop(0)
            if isinstance(planned, NoAnswerError):
                raise planned
            return planned
        sent = json.loads(body)
        assert sent["backfill"] is True
        if sent.get("dry_run"):
            self.dry += sent["records"]
            self.new_clients.append(sent.get("new_clients", []))
        else:
            self.records += sent["records"]
            self.clients |= {record["id"]: record["name"] for record in sent["records"] if record["type"] == "client"}
        rejected = [
            {
                "index": index,
                "id": record["id"],
                "errors": [{"pointer": error.pointer, "message": error.message} for error in errors],
            }
            for index, record in enumerate(sent["records"])
            if (errors := self.refuse(record))
        ]
        accepted = len(sent["records"]) - len(rejected)
        status = 200 if not rejected else 207 if accepted else 422
        return answer(status, accepted=accepted, unchanged=0, rejected=rejected)

    def _names(self, method: str, url: Any, body: bytes | None) -> Answer:
        query = parse_qs(url.query)
        if url.path == "/v1/clients":
            held = sorted(self.clients.items()) if query["archived"] == ["false"] else []
            start = int(query.get("cursor", ["0"])[0])
            items = [{"client_id": client, "name": name} for client, name in held[start : start + 200]]
            return answer(200, items=items, next_cursor=str(start + 200) if len(held) > start + 200 else None)
        if url.path == "/v1/aliases":
            (source,) = query["source"]
            found = [
                {"client_id": client, "source": source, "value": value}
                for (of, value), client in self.aliases.items()
                if of == source
            ]
            return answer(200, items=found, next_cursor=None)
        client = url.path.split("/")[3]
        if client not in self.clients | self.unlisted:
            return answer(404, detail=f"There is no client {client}.")
        if not url.path.endswith("/aliases"):
            return answer(200, client_id=client, name=(self.clients | self.unlisted)[client])
        if method == "PUT":
            assert body is not None
            told = {(each["source"], each["value"]) for each in json.loads(body)["aliases"]}
            for place in told:
                if self.aliases.get(place, client) != client:
                    return answer(409, detail="The alias is another client's.")
            self.aliases |= dict.fromkeys(told, client)
        mine = [{"source": of, "value": value} for (of, value), held in self.aliases.items() if held == client]
        return answer(200, aliases=mine)

    def token(self) -> str:
        self.issued += 1
        return f"token-{self.issued}"


class Import:
    """Runs imports against a fake service and keeps what the user saw."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._screen = io.StringIO()

    def __call__(self, path: Path, service: FakeService, url: str = URL, **options: Any) -> ImportReport:
        for each in path.iterdir() if path.is_dir() else [path]:
            os.utime(each, (CHANGED, CHANGED))
        chosen = {"time_zone": "Europe/Rome", "currency": "EUR", "faulty": self.faulty, **options}
        return import_path(
            Options(path, self.state, **chosen),
            url,
            service.token,
            Console(file=self._screen, width=200),
            transport=service,
            sleep=service.waits.append,
        )

    @property
    def state(self) -> Path:
        return self._folder / "state"

    @property
    def faulty(self) -> Path:
        return self._folder / "faulty"

    @property
    def screen(self) -> str:
        return self._screen.getvalue()


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Import:
    return Import(tmp_path_factory.mktemp("beside"))


def told(report: ImportReport) -> list[str]:
    return [str(group) for group in report.faults]


def answer(status: int, headers: Mapping[str, str] | None = None, **body: Any) -> Answer:
    return Answer(status, headers or {}, json.dumps(body).encode())


def tickets(count: int, client: str = "c1", **extra: Any) -> Iterator[Record]:
    for number in range(count):
        yield {
            "type": "ticket",
            "id": f"{client}-{number}",
            "client_id": client,
            "priority": "P3",
            "created_at": "2026-01-02T03:04:05Z",
            "updated_at": "2026-01-02T03:04:05Z",
            **extra,
        }


def client(client_id: str = "c1", **extra: Any) -> Record:
    return {
        "type": "client",
        "id": client_id,
        "name": "One",
        "status": "ACTIVE",
        "updated_at": "2026-01-02T03:04:05Z",
        **extra,
    }


def only(record_id: str, *errors: FieldError) -> Callable[[Record], list[FieldError]]:
    return lambda record: list(errors) if record["id"] == record_id else []


class TestSending:
    def test_everything_goes_in_as_a_backfill(self, tmp_path: Path, run: Import) -> None:
        revenue = {"currency": "EUR", "amount": "10.50"}
        sent = [client(monthly_recurring_revenue=revenue), *tickets(2)]
        write_folder(tmp_path, sent)
        service = FakeService()
        report = run(tmp_path, service)
        assert service.records == sent
        assert (report.accepted, report.unchanged, report.rejected_rows, report.exit_code) == (3, 0, 0, 0)
        assert report.files["tickets.csv"].taken == 2
        assert "3 accepted, 0 unchanged, 0 rejected." in run.screen

    def test_batches_hold_500_records(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(1100)])
        service = FakeService()
        assert run(tmp_path, service).requests == 3
        # Several go at once, so they arrive in any order.
        assert sorted(len(json.loads(body)["records"]) for body in service.bodies) == [101, 500, 500]

    def test_batches_stay_under_a_megabyte(self, tmp_path: Path, run: Import) -> None:
        # Counted in bytes, not in characters.
        write_folder(tmp_path, [client(f"c{number}", name="é" * 30_000) for number in range(40)])
        service = FakeService()
        assert run(tmp_path, service).accepted == 40
        assert len(service.bodies) == 3
        assert max(len(body) for body in service.bodies) <= import_run.MAX_BATCH_BYTES

    def test_a_row_too_long_for_any_request_is_rejected_here(self, tmp_path: Path, run: Import) -> None:
        long = "€" * 120_000
        write_folder(tmp_path, [client("c1", name=long, industry=long, account_manager_id=long), client("c2")])
        service = FakeService()
        report = run(tmp_path, service)
        assert [record["id"] for record in service.records] == ["c2"]
        assert told(report)[0].startswith("clients.csv:2: the row is too long")

    def test_a_refused_folder_sends_nothing(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, tickets(600))
        (tmp_path / "clients.csv").write_text("client_id,name,status,colour\nc1,One,ACTIVE,red\n")
        service = FakeService()
        report = run(tmp_path, service)
        assert (report.refused, report.exit_code, service.records) == (True, 1, [])
        assert len(service.dry) == 600
        assert "Nothing was imported, because of what is wrong with whole files." in run.screen

    def test_numbers_arrive_digit_for_digit(self) -> None:
        record: Record = {"type": "x", "a": Decimal("0.1000000000000000000001"), "b": Decimal("1E+3"), "c": True}
        text = record_json(record)
        assert text == '{"type":"x","a":0.1000000000000000000001,"b":1E+3,"c":true}'
        assert json.loads(text, parse_float=Decimal) == record


class TestRejects:
    def test_are_told_by_file_line_and_column(self, tmp_path: Path, run: Import) -> None:
        invoice: Record = {
            "type": "invoice",
            "id": "i1",
            "client_id": "c1",
            "status": "PAID",
            "issued_on": "2026-01-01",
            "due_on": "2026-01-31",
            "total": {"currency": "EUR", "amount": "-1"},
        }
        write_folder(tmp_path, [client(), *tickets(3), invoice])
        errors = {
            "c1-1": [FieldError("/created_at", "year 0\x1b[2J")],
            "i1": [FieldError("/total/amount", "negative"), FieldError("/total", "odd"), FieldError("", "bad")],
            "c1": [FieldError("/id", "taken")],
        }
        service = FakeService()
        service.refuse = lambda record: errors.get(record["id"], [])
        report = run(tmp_path, service)
        assert told(report) == [
            "clients.csv:2: client_id: taken ('c1')",
            "invoices.csv:2: total_amount: negative ('-1')",
            "invoices.csv:2: total_amount: odd ('-1')",
            "invoices.csv:2: bad",
            "tickets.csv:3: created_at: year 0 [2J ('2026-01-02T03:04:05Z')",
        ]
        assert (report.accepted, report.rejected_rows, report.exit_code) == (2, 3, 1)
        assert (report.files["tickets.csv"].taken, report.files["tickets.csv"].rejected) == (2, 1)
        assert "tickets.csv:3: created_at: year 0 [2J ('2026-01-02T03:04:05Z')\n" in run.screen

    def test_bad_rows_do_not_stop_the_good_ones(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client()])
        (tmp_path / "headcounts.csv").write_text(
            "headcount_id,client_id,recorded_on,employees\nh1,c1,2026-01-01,many\nh2,c1,2026-01-02,3\n"
        )
        service = FakeService()
        report = run(tmp_path, service)
        assert [record["id"] for record in service.records] == ["c1", "h2"]
        assert told(report) == ["headcounts.csv:2: employees: is not a whole number ('many')"]

    def test_equal_ones_are_told_once_with_their_number_and_first_places(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(700)])
        service = FakeService()
        service.refuse = lambda record: [FieldError("", "unknown client")] if record["type"] == "ticket" else []
        report = run(tmp_path, service)
        assert report.rejected_rows == 700
        assert told(report) == ["tickets.csv: unknown client – 700 rows: lines 2, 3, 4, …"]

    def test_a_batch_refused_whole_is_an_answer_like_others(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client()])
        service = FakeService()
        service.refuse = only("c1", FieldError("/name", "too long"))
        report = run(tmp_path, service)
        assert (report.stopped, report.rejected_rows) == (None, 1)


class TestRetries:
    @pytest.mark.parametrize(
        "failure",
        [NoAnswerError("refused"), answer(429), answer(500), answer(502), answer(503), answer(504)],
        ids=lambda failure: str(failure.status) if isinstance(failure, Answer) else "no answer",
    )
    def test_the_same_request_is_sent_again(self, tmp_path: Path, run: Import, failure: Answer | NoAnswerError) -> None:
        write_folder(tmp_path, [client()])
        service = FakeService(failure, failure)
        report = run(tmp_path, service)
        assert (report.accepted, report.exit_code, report.requests) == (1, 0, 1)
        assert len(set(service.bodies)) == 1
        first, second = service.waits
        assert 0.25 <= first <= 0.5
        assert 0.5 <= second <= 1.0

    def test_waiting_is_bounded(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(600)])
        service = FakeService(*[NoAnswerError("connection refused")] * 100)
        report = run(tmp_path, service)
        assert len(service.bodies) == import_service.MAX_ATTEMPTS
        assert sum(service.waits) < 40
        assert max(service.waits) <= import_service.LONGEST_WAIT_SECONDS
        assert report.stopped == ("No answer from http://service.test/v1/records: connection refused. (tried 7 times)")
        assert (report.exit_code, report.unsent) == (1, 601)
        assert "601 rows were not sent. Import the same again: it goes on from here." in run.screen

    @pytest.mark.parametrize(
        ("value", "least", "most"),
        [
            ("7", 7, 7),
            ("in a minute", 40, 60),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 0.25, 0.5),
            ("soon", 0.25, 0.5),
            ("-5", 0.25, 0.5),
        ],
        ids=["seconds", "date", "past date", "nonsense", "negative"],
    )
    def test_retry_after_is_honoured(self, tmp_path: Path, run: Import, value: str, least: float, most: float) -> None:
        write_folder(tmp_path, [client()])
        if value == "in a minute":
            value = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
        service = FakeService(answer(429, {"retry-after": value}))
        assert run(tmp_path, service).accepted == 1
        (wait,) = service.waits
        assert least <= wait <= most

    def test_a_service_that_wants_to_be_left_alone_for_long_is(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client()])
        service = FakeService(answer(503, {"retry-after": "3600"}))
        report = run(tmp_path, service)
        assert service.waits == []
        assert report.stopped is not None
        assert report.stopped.endswith("It asks to come back in 3600 s.")

    def test_an_expired_token_is_replaced_once_per_request(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(600)])
        service = FakeService(answer(401))
        assert run(tmp_path, service).accepted == 601
        assert service.tokens == ["Bearer token-1", "Bearer token-2", "Bearer token-2"]


class TestStops:
    @pytest.mark.parametrize(
        ("refusal", "said"),
        [
            (answer(401), "The token was refused, also after a new one was fetched"),
            (
                answer(403, message="Forbidden"),
                "needs the permissions records.write and clients.read. It says: Forbidden",
            ),
            (answer(404), "is the URL right (without /v1)"),
            (answer(413), "too large"),
            (answer(302, {"location": "https://login.test/"}), "redirects to https://login.test/"),
            (Answer(200, {}, b"<html>"), "not that of this service"),
            (answer(200, accepted=1, unchanged=0, rejected=[{"index": 9, "errors": []}]), "not that of this"),
            (
                answer(
                    400,
                    title="Bad Request",
                    detail="Broken JSON.",
                    request_id="r-1",
                    errors=[{"pointer": "/records", "message": "missing"}],
                ),
                "answered 400. It says: Broken JSON. /records: missing. (request r-1)",
            ),
            (answer(422, title="Unprocessable"), "It says: Unprocessable"),
        ],
        ids=["401", "403", "404", "413", "redirect", "foreign", "bad index", "problem", "422 problem"],
    )
    def test_what_trying_again_cannot_mend(self, tmp_path: Path, run: Import, refusal: Answer, said: str) -> None:
        write_folder(tmp_path, [client()])
        service = FakeService(refusal, refusal)
        report = run(tmp_path, service)
        assert report.stopped is not None
        assert said in report.stopped
        assert said in run.screen
        assert (report.exit_code, report.unsent, service.waits) == (1, 1, [])

    def test_a_url_without_a_scheme(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client()])
        service = FakeService()
        report = run(tmp_path, service, "localhost:8000")
        assert report.stopped is not None
        assert report.stopped.endswith("is not a URL: it starts with http:// or https://.")
        assert (service.bodies, service.issued) == ([], 0)


class TestDryRun:
    def test_nothing_is_stored_and_the_service_says_what_it_would_do(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(600), *tickets(1, client="c9")])
        service = FakeService()
        service.refuse = only("c1-3", FieldError("/priority", "not one of P1–P5"))
        report = run(tmp_path, service, dry_run=True)
        assert (service.records, len(service.dry)) == ([], 602)
        assert told(report) == ["tickets.csv:5: priority: not one of P1–P5 ('P3')"]
        assert (report.accepted, report.files["tickets.csv"].taken, report.exit_code) == (601, 600, 1)
        assert "Dry run, nothing was stored: 601 accepted, 0 unchanged, 1 rejected." in run.screen

    def test_clients_that_come_along_are_taken_as_known(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(2), *tickets(1, client="c9")])
        service = FakeService()
        run(tmp_path, service, dry_run=True)
        assert service.new_clients == [["c1"]]


HEADER = "Ticket ID,Subject,Status,Priority,Created time,Resolved time,Closed time,Company Name\n"


def freshdesk(*lines: str) -> str:
    return HEADER + "".join(f"{line}\n" for line in lines)


class TestExports:
    """Files of other tools."""

    LINES = (
        "1,A,Open,High,2026-02-03 10:00:00,,,Hill Bakery",
        "2,B,Closed,Low,2026-02-01 10:00:00,2026-02-02 10:00:00,,hill  bakery",
        "3,C,Open,High,2026-02-03 10:00:00,,,",
        "4,D,Open,High,2026-02-03 10:00:00,,,Mill",
    )

    def test_come_in_under_their_clients(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk(*self.LINES))
        service = FakeService()
        service.clients["c7"] = "MILL"
        report = run(path, service)
        assert (report.exit_code, report.accepted) == (0, 3)
        assert service.records[0] == {
            "type": "client",
            "id": "hill-bakery",
            "name": "Hill Bakery",
            "status": "ACTIVE",
            "client_since": "2026-02-01",
        }
        assert [(record["id"], record["client_id"], record["updated_at"]) for record in service.records[1:]] == [
            ("freshdesk.4", "c7", EXPORTED),
            ("freshdesk.2", "hill-bakery", EXPORTED),
            ("freshdesk.1", "hill-bakery", EXPORTED),
        ]
        assert service.aliases == {("freshdesk", "Hill Bakery"): "hill-bakery", ("freshdesk", "Mill"): "c7"}
        assert "export.csv: left out: rows without a client: 1" in run.screen
        assert "1 clients were created: Hill Bakery (hill-bakery)" in run.screen
        assert "ticket_open_until to resolved" in run.screen

    def test_clients_that_come_along_are_found_by_their_names(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client("c1", name="Mill Ltd")])
        (tmp_path / "export.csv").write_text(freshdesk("4,D,Open,High,2026-02-03 10:00:00,,,mill  ltd"))
        service = FakeService()
        report = run(tmp_path, service)
        assert (report.created, [record.get("client_id") for record in service.records]) == ([], [None, "c1"])
        assert service.aliases == {("freshdesk", "mill ltd"): "c1"}

    def test_clients_that_no_list_has_yet_are_neither_renamed_nor_doubled(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk("1,A,Open,High,2026-02-03 10:00,,,Mill", "2,A,Open,High,2026-02-03 10:00,,,Hill!"))
        service = FakeService()
        service.unlisted = {"mill": "MILL", "hill": "Hill & Sons"}
        report = run(path, service)
        assert [created.id for created in report.created] == [told_apart("hill", "hill!")]
        assert {record["client_id"] for record in service.records if "client_id" in record} == {
            *("mill", told_apart("hill", "hill!")),
        }

    def test_a_second_import_finds_whom_the_first_created_whatever_they_are_called_since(
        self, tmp_path: Path, run: Import
    ) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk(*self.LINES))
        service = FakeService()
        run(path, service)
        service.clients["hill-bakery"] = "Renamed Ltd"
        report = run(path, service)
        assert report.created == []
        assert len(service.clients) == 2

    def test_a_dry_run_says_whom_it_would_create(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk(*self.LINES))
        service = FakeService()
        report = run(path, service, dry_run=True)
        assert (service.records, service.aliases) == ([], {})
        assert service.new_clients == [["hill-bakery", "mill"]]
        assert [created.id for created in report.created] == ["hill-bakery", "mill"]
        assert "2 clients would be created" in run.screen

    def test_faulty_rows_come_in_again_once_they_are_mended(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(
            freshdesk(
                "1,A,Open,Odd,03/02/2026 10:00,,,Mill", "2,B,Open,Low,13/02/2026 10:00,,,Mill", "3,C,Open,Odd,x,,,"
            )
        )
        service = FakeService()
        report = run(path, service)
        (fault,) = told(report)
        assert fault.startswith(
            "export.csv:2: Priority: 'Odd' is not in the map's values.priority: add it there as one"
        )
        (faulty,) = run.faulty.glob("*.csv")
        lines = faulty.read_text().splitlines()
        assert len(lines) == 2
        assert lines[1].startswith("1,A,Open,Odd,03/02/2026 10:00,,,Mill,")
        assert "Priority: 'Odd' is not in" in lines[1]
        faulty.write_text(faulty.read_text().replace("Open,Odd,", "Open,High,"))
        again = run(faulty.parent, service, faulty=tmp_path / "again")
        assert (again.exit_code, again.accepted) == (0, 1)
        # As the whole file had it, although these rows alone would not tell.
        assert service.records[-1]["created_at"] == "2026-02-03T09:00:00Z"
        assert service.records[-1]["updated_at"] == EXPORTED

    def test_no_fault_hides_another(self, tmp_path: Path, run: Import) -> None:
        (tmp_path / "a.csv").write_bytes(freshdesk("1,M\u00fcller,Open,Odd,2026-02-03 10:00,,,Mill").encode("latin-1"))
        (tmp_path / "b.csv").write_text("x,y\n1,2\n")
        (tmp_path / "clients.csv").write_text("client_id,name\n")
        write_folder(tmp_path / "more", [])
        service = FakeService()
        service.clients["m"] = "Mill"
        report = run(tmp_path, service)
        found = " ".join(told(report))
        for each in (
            "a.csv",
            "not UTF-8 (byte 0xfc)",
            "'Odd' is not in",
            "b.csv",
            "no map knows",
            "status: the column is",
        ):
            assert each in found
        assert (report.refused, service.records) == (True, [])

    def test_a_date_that_may_be_read_both_ways_stops_it(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk("1,A,Open,High,03/04/2026 10:00,,,Mill"))
        service = FakeService()
        assert run(path, service).refused
        assert "'03/04/2026 10:00' is 3 April 2026 or 4 March 2026" in run.screen

    def test_a_map_by_name_or_file_and_kept(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk("1,A,Open,High,03/04/2026 10:00,,,Mill"))
        own = tmp_path / "own.toml"
        ready = (Path(sources.__file__).parents[2] / "chalicelib/importing/ready/freshdesk.toml").read_text()
        own.write_text('date_formats = ["%d/%m/%Y %H:%M"]\n' + ready)
        service = FakeService()
        assert run(path, service, maps=[str(own)], save_map="ours").exit_code == 0
        assert service.records[-1]["created_at"] == "2026-04-03T08:00:00Z"
        assert run(path, service, maps=["ours"]).exit_code == 0
        with pytest.raises(ImportSourceError, match="those are ours, autotask"):
            run(path, service, maps=["none"])

    def test_a_map_for_another_file(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk("1,A,Open,High,2026-02-03 10:00,,,Mill"))
        service = FakeService()
        report = run(path, service, maps=["xero-invoices"])
        assert (report.refused, service.records) == (True, [])
        assert any("is for another file (this one lacks ContactName and" in fault for fault in told(report))
        assert any("this looks like freshdesk" in fault for fault in told(report))

    def test_two_files_of_one_table(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(2)])
        (tmp_path / "tickets (1).csv").write_text((tmp_path / "tickets.csv").read_text() + "t9,c1,P1,x,x\n")
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text(freshdesk("1,A,Open,High,2026-02-03 10:00,,,Mill"))
        service = FakeService()
        report = run(tmp_path, service)
        assert [fault for fault in told(report) if "leave one of them out" in fault] == [
            "b.csv: is the same bytes as a.csv is: leave one of them out",
            "tickets.csv: is the table tickets.csv as tickets (1).csv is: leave one of them out",
        ]
        assert service.records == []


class TestManyRows:
    def test_four_requests_at_once_at_most(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(5_000)])
        service = FakeService()
        assert run(tmp_path, service).accepted == 5_001
        assert 1 <= service.most_at_once <= 4

    def test_progress_adds_up_to_the_rows(self, tmp_path: Path) -> None:
        write_folder(tmp_path, [client(), *tickets(2_600)])
        with (tmp_path / "tickets.csv").open("a") as stream:
            stream.write("bad\n")
        (tmp_path / "export.csv").write_text(freshdesk(*TestExports.LINES))
        fake, read, sent = FakeService(), list[int](), list[int]()
        with given(tmp_path, datetime(2026, 11, 24, tzinfo=UTC)) as files:
            found, _ = assigned(files.files, {}, (), MapShelf(tmp_path / "none").all())
            service = Service(URL, fake.token, fake, fake.waits.append, lambda _: None)
            one = ImportRun(
                found,
                service,
                dry_run=False,
                zone=ZoneInfo("Europe/Rome"),
                currency="EUR",
                faulty=FaultyRows(tmp_path / "faulty"),
            )
            one.scan(read.append)
            one.run(sent.append)
        assert sum(read) == sum(sent) == one.rows == 2_606
        assert len(read) > 2

    def test_rows_of_a_client_come_together(self, tmp_path: Path, run: Import) -> None:
        mixed = [record for pair in zip(tickets(300, "a"), tickets(300, "b"), strict=True) for record in pair]
        write_folder(tmp_path, mixed)
        service = FakeService()
        run(tmp_path, service)
        first = json.loads(min(service.bodies, key=lambda body: json.loads(body)["records"][0]["client_id"]))
        assert [record["client_id"] for record in first["records"]] == ["a"] * 300 + ["b"] * 200

    def test_an_interrupted_import_goes_on(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(1_999)])
        service = FakeService(*[answer(200, accepted=500, unchanged=0, rejected=[])] * 2, answer(403))
        report = run(tmp_path, service)
        assert report.stopped is not None
        assert list((run.state / "imports").glob("*.json"))
        service.plan.clear()
        service.records.clear()
        report = run(tmp_path, service)
        assert (report.stopped, report.accepted) == (None, 2_000)
        assert report.resumed in {500, 1_000, 1_500}
        assert len(service.records) == 2_000 - report.resumed
        assert list((run.state / "imports").glob("*")) == []

    def test_refused_rows_are_told_again_when_it_goes_on(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(999)])
        service = FakeService()
        service.refuse = only("c1-3", FieldError("/priority", "no"))
        good = service.__call__
        count = 0

        def once(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
            nonlocal count
            count += 1
            return answer(403) if count == 2 else good(method, url, headers, body)

        service.__class__ = type("Once", (FakeService,), {"__call__": lambda _, *told: once(*told)})
        assert run(tmp_path, service).stopped is not None
        report = run(tmp_path, service)
        assert (report.stopped, report.rejected_rows) == (None, 1)
        assert len((run.faulty / "tickets.csv").read_text().splitlines()) == 2


class TestSources:
    def pack(self, path: Path, **files: bytes) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                packed.writestr(name.replace("__", "."), content)
        return path

    def refusal(self, path: Path, run: Import) -> str:
        service = FakeService()
        with pytest.raises(ImportSourceError) as caught:
            run(path, service)
        assert service.bodies == []
        return str(caught.value)

    def test_a_zip_of_tables(self, tmp_path: Path, run: Import) -> None:
        content = freshdesk("1,A,Open,High,2026-02-03 10:00,,,Mill").encode()
        path = self.pack(tmp_path / "all.zip", export__csv=content, readme__md=b"x")
        service = FakeService()
        report = run(path, service)
        assert (report.exit_code, report.accepted) == (0, 1)
        assert "all.zip/readme.md is passed over" in run.screen

    def test_a_bomb_is_refused_before_it_is_unpacked(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for number in range(11):
                with packed.open(f"{number}.csv", "w", force_zip64=True) as stream:
                    for _ in range(100):
                        stream.write(bytes(1_000_000))
        assert path.stat().st_size < 3_000_000
        assert "unpacks to more than 1 GB" in self.refusal(path, run)

    def test_members_that_are_not_tables_of_their_own(self, tmp_path: Path, run: Import) -> None:
        path = self.pack(tmp_path / "a.zip", inner__zip=b"PK", **{"../out__csv": b"a,b\n", "/abs__csv": b"a\n"})
        said = self.refusal(path, run)
        assert said.count("leads out of the ZIP") == 2
        assert "is packed itself" in said

    def test_an_encrypted_member(self, tmp_path: Path, run: Import) -> None:
        path = self.pack(tmp_path / "a.zip", one__csv=b"a,b\n")
        raw = bytearray(path.read_bytes())
        raw[raw.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(raw)
        assert "is encrypted" in self.refusal(path, run)

    def test_too_many_files(self, tmp_path: Path, run: Import) -> None:
        for count in (101, 1_200):
            path = self.pack(tmp_path / "a.zip", **{f"{number}__csv": b"a\n" for number in range(count)})
            assert "holds more than 100 files" in self.refusal(path, run)

    def test_what_is_no_zip(self, tmp_path: Path, run: Import) -> None:
        (tmp_path / "a.zip").write_bytes(b"<html>")
        assert "is no ZIP that can be read" in self.refusal(tmp_path / "a.zip", run)

    def test_a_line_of_50_megabytes(self, tmp_path: Path, run: Import) -> None:
        path = tmp_path / "export.csv"
        with path.open("wb") as stream:
            stream.write(HEADER.encode())
            for _ in range(50):
                stream.write(b"x" * 1_000_000)
        service = FakeService()
        report = run(path, service)
        assert (report.refused, service.bodies) == (True, [])
        assert "the line has more than 1,000,000 characters" in run.screen

    def test_another_kind_of_file(self, tmp_path: Path, run: Import) -> None:
        (tmp_path / "a.pdf").write_bytes(b"%PDF")
        assert "save it as CSV" in self.refusal(tmp_path / "a.pdf", run)

    def test_a_spreadsheet_with_formulas(self, tmp_path: Path, run: Import) -> None:
        """Formulas count by what they last gave; dates and whole numbers are written as such."""
        path = tmp_path / "export.xlsx"
        workbook(path)
        service = FakeService()
        report = run(path, service)
        assert told(report) == ["export.xlsx:3: Priority: is required"]
        (record,) = [record for record in service.records if record["type"] == "ticket"]
        assert (record["id"], record["priority"], record["created_at"]) == ("freshdesk.7", "P2", "2026-02-03T09:00:00Z")

    def test_a_spreadsheet_of_too_many_rows(self, tmp_path: Path, run: Import, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "export.xlsx"
        workbook(path)
        monkeypatch.setattr(sources, "MOST_SHEET_ROWS", 1)
        assert "has more than 1 rows: save it as CSV" in self.refusal(path, run)
        monkeypatch.setattr(sources, "MOST_SPREADSHEET", 100)
        assert "has more than 50 MB" in self.refusal(path, run)

    def test_what_is_no_spreadsheet(self, tmp_path: Path, run: Import) -> None:
        (tmp_path / "a.xlsx").write_bytes(b"<html>")
        assert "is no spreadsheet that can be read" in self.refusal(tmp_path / "a.xlsx", run)


class TestSuggestions:
    def suggest(self, path: Path, capsys: pytest.CaptureFixture[str]) -> str:
        assert main(["import", "--suggest-map", str(path), "--state-dir", str(path.parent / "state")]) == 0
        return capsys.readouterr().out

    def test_a_map_to_edit_is_printed(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "helpdesk.csv"
        path.write_text(
            "Case Number,Customer,Priority,Status,Created\n1,A,High,Open,2026-01-02\n2,B,High,Fixed,2026-01-03\n"
        )
        text = self.suggest(path, capsys)
        assert "# priority: 'High' 2×\n" in text
        found = read_toml(text)
        assert (found.source, found.client) == ("helpdesk", ClientRule(("Customer",), "name", create=True))
        assert found.values["priority"] == {"High": "P2"}

    def test_of_a_file_that_is_known_its_map(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "export.csv"
        path.write_text(freshdesk("1,A,Open,High,03/04/2026 10:00,,,Mill"))
        text = self.suggest(path, capsys)
        assert "# export.csv is known: Freshdesk tickets." in text
        assert "'03/04/2026 10:00' is 3 April 2026 or 4 March 2026" in text
        assert read_toml(text).source == "freshdesk"
        path.write_text("client_id,name,status\n")
        assert "Our own format needs no map." in self.suggest(path, capsys)


def workbook(path: Path) -> None:
    """A workbook of one sheet: a number as an id, a formula with its value, one without, a date."""
    header = HEADER.strip().split(",")
    cells = [[f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in header]]
    for number, formula in ((7, '<c t="str"><f>UPPER("high")</f><v>High</v></c>'), (8, "<c><f>1/0</f></c>")):
        text = '<c t="inlineStr"><is><t>{}</t></is></c>'.format
        row = [f"<c><v>{number}</v></c>", text("A"), text("Open"), formula, '<c s="1"><v>46056.416666666664</v></c>']
        cells.append([*row, "<c/>", "<c/>", text("Mill")])
    rows = "".join(f"<row>{''.join(row)}</row>" for row in cells)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{kind}.worksheet+xml"/><Override PartName="/xl/styles.xml" '
        f'ContentType="{kind}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{office}/styles" '
        'Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
