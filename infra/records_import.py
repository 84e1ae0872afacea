"""The import: an import folder sent through `POST /v1/records`, as a backfill.

The request is idempotent (the same record twice changes nothing), so whatever goes wrong on the way is simply
sent again: an answer that got lost, a throttle, a fault of the service. What stays wrong is told once, by
file and line.

    ImportFolderError     (records_csv) the folder is refused as a whole, before anything is sent
    NoAnswerError         a transport got no answer to a request; retried here, never raised to the caller
"""

import json
import random
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from infra.records_csv import (
    LAYOUT_OF,
    BadRow,
    Fault,
    ImportFolder,
    Kind,
    Record,
    Row,
    folder_bytes,
    read_folder,
)

MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 900_000
"""Well under the service's 1 MB, whatever it counts on top of the body."""
MAX_REPORTED = 300
"""Faults that are printed and kept; the rest are counted."""
MAX_ATTEMPTS = 7
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0
LONGEST_RETRY_AFTER_SECONDS = 120.0

_ENVELOPE_BYTES = len('{"records":[],"backfill":true}')


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of a record; `pointer` is a JSON pointer within it, "" for the record as a whole."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswerError(Exception):
    """No answer came: no such host, connection refused or broken, time out."""


class Transport(Protocol):
    """Sends one POST."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer, whatever its status; follow no redirect. Raises NoAnswerError."""


Validate = Callable[[Record], list[FieldError]]


@dataclass(slots=True)
class TypeCounts:
    """Rows of one type: `rows` read, of which `taken` by the service (dry run: would be), and `rejected`."""

    rows: int = 0
    taken: int = 0
    rejected: int = 0


@dataclass(slots=True)
class ImportReport:
    """How an import went.

    `accepted` and `unchanged` are the service's own counts (0 in a dry run). `rejected` holds the faults of
    the first rejected rows, at most `MAX_REPORTED`; `rejected_rows` counts all of them. `stopped` says why
    the import ended early, None if it did not; `unsent` counts the rows that were left then.
    """

    dry_run: bool
    accepted: int = 0
    unchanged: int = 0
    requests: int = 0
    rejected: list[Fault] = field(default_factory=list)
    rejected_rows: int = 0
    by_type: dict[str, TypeCounts] = field(default_factory=dict)
    stopped: str | None = None

    @property
    def unsent(self) -> int:
        return sum(counts.rows - counts.taken - counts.rejected for counts in self.by_type.values())

    @property
    def exit_code(self) -> int:
        """0: every row went in (dry run: would be sent). 1: a row was rejected, or the import stopped."""
        return 1 if self.rejected_rows or self.stopped else 0


class _StoppedError(Exception):
    """The import cannot go on; its text tells the user why and what to do."""


def import_folder(
    directory: Path,
    base_url: str,
    token: Callable[[], str],
    *,
    dry_run: bool,
    console: Console,
    transport: Transport | None = None,
    validate: Validate | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> ImportReport:
    """Import a folder, printing progress, the faults and a summary.

    Parameters
    ----------
    directory
        The import folder, see `records_csv`.
    base_url
        Where the service answers, without `/v1`: `http://127.0.0.1:8000`.
    token
        Gives the bearer token. Called once at the start, and again for a newer one when a request is answered
        401; not called in a dry run. What it raises reaches the caller.
    dry_run
        Check every row against the service's schema here and send nothing. What only the service can know
        (does the client exist?) stays unchecked.
    transport, validate, sleep
        Stand-ins for HTTP, the record schema and the clock.

    Returns
    -------
    ImportReport
        Also after the service became unreachable or refused the caller; `stopped` then says so.

    Raises
    ------
    ImportFolderError
        The folder is refused; nothing was sent.
    """
    report = ImportReport(dry_run)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        reading = progress.add_task("Reading (bytes)", total=folder_bytes(directory))
        folder = read_folder(directory, advance=lambda count: progress.advance(reading, count))
        progress.remove_task(reading)

        report.by_type = {record_type: TypeCounts(rows) for record_type, rows in folder.counts.items()}
        total = sum(folder.counts.values())
        task = progress.add_task("Checking" if dry_run else "Importing", total=total)
        run = _Run(report, console, lambda count: progress.advance(task, count))
        if dry_run:
            run.check(folder, validate or validate_record)
        else:
            sender = _Sender(base_url, token, transport or HttpTransport(), sleep, console)
            run.send(folder, sender)
    _print_summary(report, folder, console)
    return report


class _Run:
    """One pass over the rows of a folder, written down in the report."""

    def __init__(self, report: ImportReport, console: Console, advance: Callable[[int], object]) -> None:
        self._report = report
        self._console = console
        self._advance = advance

    def check(self, folder: ImportFolder, validate: Validate) -> None:
        for batch in self._batches(folder):
            self._report.requests += 1
            for row, _ in batch:
                if errors := validate(row.record):
                    self._reject(row.record["type"], _row_faults(row, errors))
                else:
                    self._report.by_type[row.record["type"]].taken += 1
            self._advance(len(batch))

    def send(self, folder: ImportFolder, sender: "_Sender") -> None:
        try:
            for batch in self._batches(folder):
                result = sender.send([text for _, text in batch])
                self._report.requests += 1
                self._report.accepted += result.accepted
                self._report.unchanged += result.unchanged
                for index, (row, _) in enumerate(batch):
                    if errors := result.rejected.get(index):
                        self._reject(row.record["type"], _row_faults(row, errors))
                    else:
                        self._report.by_type[row.record["type"]].taken += 1
                self._advance(len(batch))
        except _StoppedError as error:
            self._report.stopped = str(error)

    def _batches(self, folder: ImportFolder) -> Iterator[list[tuple[Row, bytes]]]:
        """Full batches of the readable rows with their JSON; the others are rejected in passing."""
        batch: list[tuple[Row, bytes]] = []
        size = _ENVELOPE_BYTES
        for row in folder.rows():
            if isinstance(row, BadRow):
                self._reject(row.type, row.faults)
                self._advance(1)
                continue
            text = record_json(row.record).encode()
            if len(text) + 1 > MAX_BATCH_BYTES - _ENVELOPE_BYTES:
                fault = Fault(row.file, row.line, None, f"the row is too long ({len(text)} bytes)")
                self._reject(row.record["type"], (fault,))
                self._advance(1)
                continue
            if len(batch) == MAX_BATCH_RECORDS or size + len(text) + 1 > MAX_BATCH_BYTES:
                yield batch
                batch, size = [], _ENVELOPE_BYTES
            batch.append((row, text))
            size += len(text) + 1
        if batch:
            yield batch

    def _reject(self, record_type: str, faults: tuple[Fault, ...]) -> None:
        self._report.rejected_rows += 1
        self._report.by_type[record_type].rejected += 1
        room = MAX_REPORTED - len(self._report.rejected)
        for fault in faults[:room]:
            self._report.rejected.append(fault)
            _print(self._console, str(fault))


def _row_faults(row: Row, errors: list[FieldError]) -> tuple[Fault, ...]:
    return tuple(
        Fault(row.file, row.line, _column(row.record, error.pointer), _printable(error.message)) for error in errors
    )


def _column(record: Record, pointer: str) -> str | None:
    """The column that a JSON pointer into the record means; None for the record as a whole."""
    names = pointer.strip("/").split("/")
    if names == [""]:
        return None
    layout = LAYOUT_OF[record["type"]]
    if names == ["id"]:
        return layout.id_column
    for known in layout.fields:
        if known.name == names[0] and known.kind is Kind.MONEY:
            return "_".join(names) if len(names) > 1 else f"{names[0]}_amount"
    return _printable("/".join(names))


# --- the request ---


def record_json(record: Record) -> str:
    """The record as JSON text; a Decimal becomes a JSON number digit for digit, not by way of a float."""
    return "{" + ",".join(f"{json.dumps(name)}:{_json(value)}" for name, value in record.items()) + "}"


def _json(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class _BatchResult:
    """The service's answer to a batch; `rejected` by index in it."""

    accepted: int
    unchanged: int
    rejected: Mapping[int, list[FieldError]]


class _Sender:
    """Sends batches until each is answered, within bounds."""

    def __init__(
        self,
        base_url: str,
        token: Callable[[], str],
        transport: Transport,
        sleep: Callable[[float], object],
        console: Console,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/v1/records"
        self._token = token
        self._transport = transport
        self._sleep = sleep
        self._console = console
        self._bearer: str | None = None

    def send(self, records: list[bytes]) -> _BatchResult:
        """Raises _StoppedError when the batch was not processed and sending it again would not help."""
        answer = self._post(b'{"records":[' + b",".join(records) + b'],"backfill":true}')
        if answer.status in (200, 207, 422):
            result = _batch_result(answer, len(records))
            if result is not None:
                return result
        raise _StoppedError(_explained(answer, self._url))

    def _post(self, body: bytes) -> Answer:
        """The first answer that is neither a throttle nor a fault of the service nor an expired token."""
        refreshed = False
        failures = 0
        if not self._url.startswith(("http://", "https://")):
            raise _StoppedError(f"{self._url} is not a URL: it starts with http:// or https://.")
        if self._bearer is None:
            self._bearer = self._token()
        while True:
            wait = 0.0
            headers = {"Authorization": f"Bearer {self._bearer}", "Content-Type": "application/json"}
            try:
                answer = self._transport(self._url, headers, body)
            except NoAnswerError as error:
                problem = f"No answer from {self._url}: {error}."
            else:
                if answer.status == 401 and not refreshed:
                    # Tokens live for an hour; a long import outlives them.
                    self._bearer = self._token()
                    refreshed = True
                    continue
                if answer.status != 429 and answer.status < 500:
                    return answer
                problem = _explained(answer, self._url)
                wait = _retry_after(answer, datetime.now(UTC))
            failures += 1
            if failures == MAX_ATTEMPTS:
                raise _StoppedError(f"{problem} (tried {MAX_ATTEMPTS} times)")
            if wait > LONGEST_RETRY_AFTER_SECONDS:
                raise _StoppedError(f"{problem} It asks to come back in {wait:.0f} s.")
            if failures == 2:
                _print(self._console, f"{problem} Trying again.")
            self._sleep(max(wait, _backoff(failures)))


def _backoff(failures: int) -> float:
    """Seconds to wait after so many failures: doubling, with jitter so that importers fall out of step."""
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** (failures - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311  # nosec B311


def _retry_after(answer: Answer, now: datetime) -> float:
    """The `Retry-After` of an answer in seconds (a number or an HTTP date, RFC 9110); 0 if unreadable."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _batch_result(answer: Answer, sent: int) -> _BatchResult | None:
    """The answer as a batch result; None if it is something else (a problem document, a foreign server)."""
    try:
        body = json.loads(answer.body)
        rejected = {
            int(entry["index"]): [FieldError(str(error["pointer"]), str(error["message"])) for error in entry["errors"]]
            or [FieldError("", "rejected without a reason")]
            for entry in body["rejected"]
        }
        result = _BatchResult(int(body["accepted"]), int(body["unchanged"]), rejected)
    except (ValueError, KeyError, TypeError):
        return None
    return result if all(0 <= index < sent for index in rejected) else None


_ADVICE: Mapping[int, str] = {
    401: "The token was refused, also after a new one was fetched: is it an ID token of this deployment?",
    403: "The token does not allow it: it needs the permission records.write.",
    404: "There is no such route or tenant: is the URL right (without /v1), and does the tenant exist?",
    413: "A batch was too large for the service.",
    429: "The service is throttling.",
}


def _explained(answer: Answer, url: str) -> str:
    parts = [f"{url} answered {answer.status}."]
    if advice := _ADVICE.get(answer.status):
        parts.append(advice)
    elif 300 <= answer.status < 400:
        target = _printable(answer.headers.get("location", "?"))
        parts.append(f"It redirects to {target}: give the URL that is meant.")
    elif answer.status < 300:
        parts.append("The answer is not that of this service: is the URL right?")
    if detail := _detail(answer):
        parts.append(f"It says: {detail}")
    return " ".join(parts)


def _detail(answer: Answer) -> str:
    """What a problem document (or the gateway's own `message`) says, with its request id."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    said: list[Any] = [next((body[key] for key in ("detail", "title", "message") if body.get(key)), "")]
    errors = body.get("errors")
    if isinstance(errors, list):
        said += [f"{e.get('pointer')}: {e.get('message')}." for e in errors[:5] if isinstance(e, dict)]
    if request_id := body.get("request_id"):
        said.append(f"(request {request_id})")
    return _printable(" ".join(str(part) for part in said if part))[:1000]


class HttpTransport:
    """The real transport: one kept-alive connection, through the proxy of the environment if there is one."""

    def __init__(self) -> None:
        self._pools: dict[str, urllib3.PoolManager] = {}

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            response = self._pool(url).request(
                "POST",
                url,
                body=body,
                headers=dict(headers),
                redirect=False,  # a redirect must not carry the token elsewhere
                retries=False,
                # An API gateway gives up after 29 s by itself.
                timeout=urllib3.Timeout(connect=5, read=35),
            )
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswerError(str(error)) from error
        answered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, answered, response.data)

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._pools:
            proxy = urllib.request.getproxies().get(parts.scheme)
            if proxy and not urllib.request.proxy_bypass(parts.netloc):
                self._pools[origin] = urllib3.ProxyManager(proxy)
            else:
                self._pools[origin] = urllib3.PoolManager()
        return self._pools[origin]


# --- the dry run ---


def validate_record(record: Record) -> list[FieldError]:
    """The faults of a record as the service itself would find them in the very JSON that would be sent."""
    # Imported when used: pydantic and the schemas cost time that a plain import does not need.
    from chalicelib.api.schemas.records import read_record
    from chalicelib.services.sent_records import Rejection

    found = read_record(0, json.loads(record_json(record), parse_float=Decimal))
    return [FieldError(*fault) for fault in found.faults] if isinstance(found, Rejection) else []


# --- what the user sees ---


def _printable(text: str) -> str:
    """Text from outside without control characters: it goes to a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _print_summary(report: ImportReport, folder: ImportFolder, console: Console) -> None:
    hidden = report.rejected_rows - len({(fault.file, fault.line) for fault in report.rejected})
    if hidden > 0:
        _print(console, f"… and {hidden} more rejected rows")
    table = Table()
    for heading in ("Type", "Rows", "Would be sent" if report.dry_run else "Taken", "Rejected"):
        table.add_column(heading, justify="left" if heading == "Type" else "right")
    for record_type, counts in report.by_type.items():
        table.add_row(record_type, f"{counts.rows}", f"{counts.taken}", f"{counts.rejected}")
    console.print(table)
    if report.dry_run:
        taken = sum(counts.taken for counts in report.by_type.values())
        _print(console, f"Dry run: {taken} records in {report.requests} requests would be sent; nothing was.")
        if unlisted := folder.unlisted_clients():
            some = ", ".join(_printable(client) for client in unlisted[:5])
            _print(console, f"{len(unlisted)} clients are not in clients.csv and must exist already: {some}")
    else:
        _print(
            console,
            f"{report.accepted} accepted, {report.unchanged} unchanged, {report.rejected_rows} rejected.",
        )
    if report.stopped is not None:
        _print(console, f"Stopped: {report.stopped}")
        _print(console, f"{report.unsent} rows were not sent. Importing the folder again is safe.")
