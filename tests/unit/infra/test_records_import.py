"""The import against a fake service: batches, faults by file and line, and what happens when it fails."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra import records_import
from infra.records_csv import Fault, ImportFolderError, Record, write_folder
from infra.records_import import (
    Answer,
    FieldError,
    ImportReport,
    NoAnswerError,
    import_folder,
    record_json,
    validate_record,
)

URL = "http://service.test/"


class FakeService:
    """Takes records like the service; `plan` says what happens first, one entry per request."""

    def __init__(self, *plan: Answer | NoAnswerError) -> None:
        self.plan = list(plan)
        self.bodies: list[bytes] = []
        self.tokens: list[str] = []
        self.records: list[Record] = []
        self.refuse: Callable[[Record], list[FieldError]] = lambda _: []
        self.waits: list[float] = []
        self.issued = 0

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert url == "http://service.test/v1/records"
        assert headers["Content-Type"] == "application/json"
        self.bodies.append(body)
        self.tokens.append(headers["Authorization"])
        if self.plan:
            planned = self.plan.pop(0)
            if isinstance(planned, NoAnswerError):
                raise planned
            return planned
        sent = json.loads(body)
        assert sent["backfill"] is True
        self.records += sent["records"]
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

    def token(self) -> str:
        self.issued += 1
        return f"token-{self.issued}"


class Import:
    """Runs imports against a fake service and keeps what the user saw."""

    def __init__(self) -> None:
        self._screen = io.StringIO()

    def __call__(self, directory: Path, service: FakeService, **options: Any) -> ImportReport:
        return import_folder(
            directory,
            URL,
            service.token,
            **{"dry_run": False, **options},
            console=Console(file=self._screen, width=200),
            transport=service,
            sleep=service.waits.append,
        )

    @property
    def screen(self) -> str:
        return self._screen.getvalue()


@pytest.fixture
def run() -> Import:
    return Import()


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
            **extra,
        }


def client(client_id: str = "c1", **extra: Any) -> Record:
    return {"type": "client", "id": client_id, "name": "One", "status": "ACTIVE", **extra}


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
        assert report.by_type["ticket"].taken == 2
        assert "3 accepted, 0 unchanged, 0 rejected." in run.screen

    def test_batches_hold_500_records(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(1100)])
        service = FakeService()
        assert run(tmp_path, service).requests == 3
        assert [len(json.loads(body)["records"]) for body in service.bodies] == [500, 500, 101]

    def test_batches_stay_under_a_megabyte(self, tmp_path: Path, run: Import) -> None:
        # Counted in bytes, not in characters.
        write_folder(tmp_path, [client(f"c{number}", name="é" * 30_000) for number in range(40)])
        service = FakeService()
        assert run(tmp_path, service).accepted == 40
        assert len(service.bodies) == 3
        assert max(len(body) for body in service.bodies) <= records_import.MAX_BATCH_BYTES

    def test_a_row_too_long_for_any_request_is_rejected_here(self, tmp_path: Path, run: Import) -> None:
        long = "€" * 120_000
        write_folder(tmp_path, [client("c1", name=long, industry=long, account_manager_id=long), client("c2")])
        service = FakeService()
        report = run(tmp_path, service)
        assert [record["id"] for record in service.records] == ["c2"]
        assert [fault.line for fault in report.rejected] == [2]
        assert report.rejected[0].reason.startswith("the row is too long")

    def test_a_refused_folder_sends_nothing(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, tickets(600))
        (tmp_path / "clients.csv").write_text("client_id,name,status,colour\nc1,One,ACTIVE,red\n")
        service = FakeService()
        with pytest.raises(ImportFolderError):
            run(tmp_path, service)
        assert (service.bodies, service.issued) == ([], 0)

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
        assert [str(fault) for fault in report.rejected] == [
            "clients.csv:2: client_id: taken",
            "tickets.csv:3: created_at: year 0 [2J",
            "invoices.csv:2: total_amount: negative",
            "invoices.csv:2: total_amount: odd",
            "invoices.csv:2: bad",
        ]
        assert (report.accepted, report.rejected_rows, report.exit_code) == (2, 3, 1)
        assert (report.by_type["ticket"].taken, report.by_type["ticket"].rejected) == (2, 1)
        assert "tickets.csv:3: created_at: year 0 [2J\n" in run.screen

    def test_bad_rows_do_not_stop_the_good_ones(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client()])
        (tmp_path / "headcounts.csv").write_text(
            "headcount_id,client_id,recorded_on,employees\nh1,c1,2026-01-01,many\nh2,c1,2026-01-02,3\n"
        )
        service = FakeService()
        report = run(tmp_path, service)
        assert [record["id"] for record in service.records] == ["c1", "h2"]
        assert report.rejected == [Fault("headcounts.csv", 2, "employees", "'many' is not a whole number")]

    def test_only_the_first_few_hundred_are_printed(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(700)])
        service = FakeService()
        service.refuse = lambda record: [FieldError("", "unknown client")] if record["type"] == "ticket" else []
        report = run(tmp_path, service)
        assert (len(report.rejected), report.rejected_rows) == (300, 700)
        assert run.screen.count("unknown client") == 300
        assert "… and 400 more rejected rows" in run.screen

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
        assert len(service.bodies) == records_import.MAX_ATTEMPTS
        assert sum(service.waits) < 40
        assert max(service.waits) <= records_import.LONGEST_WAIT_SECONDS
        assert report.stopped == ("No answer from http://service.test/v1/records: connection refused. (tried 7 times)")
        assert (report.exit_code, report.unsent) == (1, 601)
        assert "601 rows were not sent. Importing the folder again is safe." in run.screen

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
            (answer(403, message="Forbidden"), "needs the permission records.write. It says: Forbidden"),
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

    def test_a_url_without_a_scheme(self, tmp_path: Path) -> None:
        write_folder(tmp_path, [client()])
        service = FakeService()
        console = Console(file=io.StringIO())
        report = import_folder(
            tmp_path, "localhost:8000", service.token, dry_run=False, console=console, transport=service
        )
        assert report.stopped is not None
        assert report.stopped.endswith("is not a URL: it starts with http:// or https://.")
        assert (service.bodies, service.issued) == ([], 0)

    def test_what_went_in_before_is_counted(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(600)])
        service = FakeService()

        def once(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
            return answer(403) if service.bodies else service(url, headers, body)

        report = import_folder(
            tmp_path,
            URL,
            service.token,
            dry_run=False,
            console=Console(file=io.StringIO()),
            transport=once,
        )
        assert (report.accepted, report.unsent, report.exit_code) == (500, 101, 1)


class TestDryRun:
    def test_nothing_is_sent_and_everything_is_checked(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client(), *tickets(600), *tickets(1, client="c9")])
        service = FakeService()
        validate = only("c1-3", FieldError("/priority", "not one of P1–P5"))
        report = run(tmp_path, service, dry_run=True, validate=validate)
        assert (service.bodies, service.issued) == ([], 0)
        assert [str(fault) for fault in report.rejected] == ["tickets.csv:5: priority: not one of P1–P5"]
        assert (report.accepted, report.by_type["ticket"].taken, report.exit_code) == (0, 600, 1)
        assert "Dry run: 601 records in 2 requests would be sent; nothing was." in run.screen
        assert "1 clients are not in clients.csv and must exist already: c9" in run.screen

    @pytest.mark.parametrize("number", ["44.1", "38.7", "82.3", "0.1", "99.999999", "5", "5.0"])
    def test_decimals_are_taken_as_the_service_takes_them(self, number: str) -> None:
        identity = {"id": "r1", "client_id": "c1"}
        month = {"type": "billable_month", **identity, "month": "2026-10", "billable_hours": Decimal(number)}
        done = {"completed_on": "2026-10-01", "standardization_score": Decimal(number)}
        assert validate_record(month) == []
        assert validate_record({"type": "assessment", **identity, **done}) == []

    @pytest.mark.parametrize(
        ("fields", "faults"),
        [
            ({"priority": "P1", "created_at": "2026-10-01T09:00:00Z"}, []),
            (
                {"priority": "P9"},
                [("/priority", "Send one of P1, P2, P3, P4, P5."), ("/created_at", "This field is required.")],
            ),
            ({"deleted": True}, []),
        ],
    )
    def test_faults_are_those_of_the_service(self, fields: dict[str, Any], faults: list[tuple[str, str]]) -> None:
        found = validate_record({"type": "ticket", "id": "t1", "client_id": "c1", **fields})
        assert [(fault.pointer, fault.message) for fault in found] == faults

    def test_a_folder_of_decimals_passes(self, tmp_path: Path, run: Import) -> None:
        month = {"type": "billable_month", "id": "b1", "client_id": "c1", "month": "2026-10"}
        write_folder(tmp_path, [client(), {**month, "billable_hours": Decimal("44.1")}])
        report = run(tmp_path, FakeService(), dry_run=True)
        assert (report.exit_code, report.rejected) == (0, [])

    def test_a_clean_folder(self, tmp_path: Path, run: Import) -> None:
        write_folder(tmp_path, [client()])
        report = run(tmp_path, FakeService(), dry_run=True, validate=lambda _: [])
        assert (report.exit_code, report.rejected, report.stopped) == (0, [], None)
