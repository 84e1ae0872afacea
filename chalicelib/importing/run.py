"""An import: files become records by their maps and go into the service in batches, as a backfill.

A batch is idempotent (the same record twice changes nothing), so whatever goes wrong on the way is simply sent
again. A file that is refused as a whole keeps everything out: the others are then only checked, by the very requests
that would import them, so that one round tells all that is wrong.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NamedTuple

from chalicelib.domain.text import folded
from chalicelib.domain.time_zones import stored_zone
from chalicelib.importing.clients import Alias, Known, NewClient, Resolution, resolve
from chalicelib.importing.faults import Fault, FaultGroups
from chalicelib.importing.fields import LAYOUTS, Kind
from chalicelib.importing.files import FileImport, SourceFile
from chalicelib.importing.maps import ImportMap
from chalicelib.importing.rows import BadRow, Mapped, Record, Skipped
from chalicelib.importing.target import (
    AT_ONCE,
    Batches,
    BatchResult,
    FaultySink,
    FieldError,
    StoppedError,
    Target,
    printable,
    record_json,
)

MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 900_000
"""Well under the service's 1 MB, whatever it counts on top of the body."""
WINDOW_ROWS = 30_000
WINDOW_BYTES = 16_000_000
"""Rows that are sent client by client: the service stores a client's records together, and merges them fewer times."""

_ENVELOPE_BYTES = len('{"records":[],"backfill":true,"dry_run":true,"new_clients":[]}')
_CLIENT_BYTES = 67
_POINTED = re.compile(r"/([^/]+)")


@dataclass(slots=True)
class FileCounts:
    """Rows of one file: `rows` read, of which `taken` by the service (dry run: would be), `rejected`, and `left_out`
    on purpose. Several rows may be one record."""

    rows: int = 0
    taken: int = 0
    rejected: int = 0
    left_out: int = 0


@dataclass(slots=True)
class ImportReport:
    """How an import went.

    `accepted` and `unchanged` are the service's own counts. `refused`: files are, so that nothing was imported.
    `stopped` says why the import ended early, None if it did not; `unsent` counts the rows that were left then.
    `created`: clients that the files name and the service did not know.
    """

    dry_run: bool
    refused: bool = False
    accepted: int = 0
    unchanged: int = 0
    requests: int = 0
    resumed: int = 0
    faults: FaultGroups = field(default_factory=FaultGroups)
    files: dict[str, FileCounts] = field(default_factory=dict)
    created: list[NewClient] = field(default_factory=list)
    notes: dict[str, Counter[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    stopped: str | None = None

    @property
    def rejected_rows(self) -> int:
        return sum(counts.rejected for counts in self.files.values())

    @property
    def unsent(self) -> int:
        return sum(each.rows - each.taken - each.rejected - each.left_out for each in self.files.values())

    @property
    def exit_code(self) -> int:
        """0: every row went in (dry run: would be), or was left out on purpose. 1: a row or a file was rejected, or
        the import stopped."""
        return 1 if self.rejected_rows or self.refused or self.stopped else 0


class _Item(NamedTuple):
    """A record on its way: its file, line and JSON, what it is ordered by, and the cells that it was made of."""

    file: FileImport
    line: int
    record_type: str
    client: str
    order: tuple[str, str]
    body: bytes
    rows: Sequence[Sequence[str]]


Advance = Callable[[int], object]


class ImportRun:
    """One import. `scan` reads the files through, `run` sends what they hold."""

    def __init__(
        self,
        files: Sequence[tuple[SourceFile, ImportMap]],
        service: Target,
        *,
        dry_run: bool,
        zone: tzinfo | None,
        currency: str | None,
        faulty: FaultySink,
        faults: Sequence[Fault] = (),
        journal: Callable[[list[object]], Batches] = lambda _: Batches(),
    ) -> None:
        order = {layout.type: place for place, layout in enumerate(LAYOUTS)}
        self.files = [FileImport(file, each, _zone(each, zone), currency) for file, each in files]
        self.files.sort(key=lambda each: order[each.map.layout.type])
        self._service, self._dry_run, self._journal_of = service, dry_run, journal
        self.report = ImportReport(dry_run, refused=bool(faults))
        self.report.faults.add(faults)
        self._faulty = faulty
        self.resolution = Resolution()
        self._is_resolved = False
        self.ended: StoppedError | None = None
        """What ended the run early."""
        self._come_along: AbstractSet[str] = frozenset()

    def scan(self, advance: Advance) -> None:
        """The first pass over all files: what is wrong with them as a whole, and how many rows they have."""
        for file in self.files:
            file.scan(advance)
            self.report.files[file.name] = FileCounts(file.rows)
        self._refuse_twins()
        for file in self.files:
            self.report.faults.add(file.faults)
        self.report.refused = self.report.refused or any(file.faults for file in self.files)

    def _refuse_twins(self) -> None:
        """Two files of one table: which of their rows count may not be guessed."""
        seen: dict[object, str] = {}
        for file in self.files:
            for key in (file.map.layout.type if file.map.ours else None, (file.checksum, file.rows, file.map.name)):
                if key is None:
                    continue
                first = seen.setdefault(key, file.name)
                if first != file.name:
                    what = f"the table {file.map.layout.file_name}" if isinstance(key, str) else "the same bytes"
                    reason = f"is {what} as {first} is: leave one of them out"
                    file.faults.append(Fault(file.name, None, None, reason))
                    break

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    def run(self, advance: Advance) -> ImportReport:
        """Send everything, or (with refused files, or dry) have everything checked."""
        report = self.report
        try:
            self.resolve()
            if not self._dry:
                self._create_clients()
                self._keep_aliases(come_along=False)
            self._send(advance)
            if not self._dry:
                self._keep_aliases(come_along=True)
        except StoppedError as error:
            self.ended, report.stopped = error, str(error)
        finally:
            self._faulty.close()
        report.remarks += [
            f"{file.name} tells apart when tickets are resolved and when they are closed: if that is days later, set "
            "ticket_open_until to resolved in the scoring settings."
            for file in self.files
            if not file.map.ours and file.tells("resolved_at", "closed_at")
        ]
        report.notes = {file.name: file.notes for file in self.files if file.notes}
        return report

    @property
    def _dry(self) -> bool:
        return self._dry_run or self.report.refused

    # --- clients ---

    def resolve(self) -> None:
        """After `scan`: finds out which clients the files mean; once is enough. Raises StoppedError."""
        if self._is_resolved:
            return
        wanted = [each for file in self.files for each in file.wanted()]
        sources = sorted({each.source for each in wanted if each.source})
        aliases = {
            (alias.source, folded(alias.value)): client
            for source in sources
            for client, alias in self._service.aliases(source)
        }
        known: dict[str, str] = {}
        if any(each.by == "name" for each in wanted):
            known = {client.id: client.name for client in self._service.clients()}
            here = self._named_here()
            self._come_along = here.keys() - known.keys()
            known |= here
        self.resolution = resolve(wanted, map(Known._make, known.items()), aliases)
        while unlisted := self._unlisted():
            known |= unlisted
            self.resolution = resolve(wanted, map(Known._make, known.items()), aliases)
        self.report.created = self.resolution.created
        self._is_resolved = True

    def _unlisted(self) -> dict[str, str]:
        """Clients that are there although no list has them yet, under ids that are about to be given away."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = threads.map(self._service.client, [client.id for client in self.resolution.created])
            return {client.id: client.name for client in found if client is not None}

    def _named_here(self) -> dict[str, str]:
        """The names of clients that come along by their ids: they go in before those who are found by them."""
        return {
            outcome.record["id"]: outcome.record["name"]
            for file in self.files
            if file.map.ours and file.map.layout.type == "client" and not file.faults
            for outcome, _ in file.outcomes({})
            if isinstance(outcome, Mapped)
        }

    def _create_clients(self) -> None:
        created = self.resolution.created
        for start in range(0, len(created), MAX_BATCH_RECORDS):
            some = created[start : start + MAX_BATCH_RECORDS]
            result = self._service.send([record_json(_client(each)).encode() for each in some], dry_run=False)
            for index, errors in result.rejected.items():
                told = "; ".join(f"{error.pointer.strip('/')}: {error.message}" for error in errors)
                self.report.remarks.append(f"The client {some[index].name!r} was not created: {printable(told)}")

    def _keep_aliases(self, *, come_along: bool) -> None:
        """Those of clients that come along in a file wait until these are there."""
        aliases: dict[str, list[Alias]] = {}
        for client, alias in self.resolution.aliases:
            if (client in self._come_along) is come_along:
                aliases.setdefault(client, []).append(alias)
        for client, told_aliases in aliases.items():
            reason = self._service.add_aliases(client, told_aliases)
            if reason is not None:
                self.report.remarks.append(f"The aliases of {client} were not kept: {printable(reason)}")

    # --- records ---

    def _send(self, advance: Advance) -> None:
        journal = self._journal_of(self._identity()) if not self._dry else Batches()
        self.report.accepted, self.report.unchanged = journal.accepted, journal.unchanged
        new_clients = {client.id for client in self.resolution.created}
        under_way: deque[tuple[int, list[_Item], Future[BatchResult]]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            try:
                for number, batch in enumerate(self._batches(advance)):
                    if journal.is_done(number):
                        self.report.resumed += len(batch)
                        self._took(batch, BatchResult(0, 0, {}), advance)
                        continue
                    new_clients |= {item.client for item in batch if self._dry and item.record_type == "client"}
                    new = sorted({item.client for item in batch} & new_clients) if self._dry else []
                    bodies = [item.body for item in batch]
                    sending = threads.submit(self._service.send, bodies, dry_run=self._dry, new_clients=new)
                    under_way.append((number, batch, sending))
                    # What others lean on is there before they come.
                    most = (
                        0 if any(item.record_type in {"client", "account_manager"} for item in batch) else AT_ONCE - 1
                    )
                    while len(under_way) > most:
                        self._finish(under_way.popleft(), journal, advance)
            finally:
                stopped: StoppedError | None = None
                while under_way:  # what is under way still counts
                    try:
                        self._finish(under_way.popleft(), journal, advance)
                    except StoppedError as error:
                        stopped = stopped or error
                if stopped is not None:
                    raise stopped
        if not self._dry:
            journal.close()

    def _identity(self) -> list[object]:
        return [(file.name, file.rows, file.checksum, repr(file.map), file.file.exported_at) for file in self.files]

    def _finish(self, sent: tuple[int, list[_Item], Future[BatchResult]], journal: Batches, advance: Advance) -> None:
        number, batch, sending = sent
        result = sending.result()
        self.report.requests += 1
        self.report.accepted += result.accepted
        self.report.unchanged += result.unchanged
        if not self._dry:  # before anybody is told, who may end the run
            journal.note(number, result.accepted, result.unchanged, refused=bool(result.rejected))
        self._took(batch, result, advance)

    def _took(self, batch: Sequence[_Item], result: BatchResult, advance: Advance) -> None:
        for index, item in enumerate(batch):
            counts = self.report.files[item.file.name]
            if errors := result.rejected.get(index):
                faults = [_fault(item, error) for error in errors]
                self._reject(item.file, item.rows, faults)
            else:
                counts.taken += len(item.rows)
        advance(sum(len(item.rows) for item in batch))

    def _reject(self, file: FileImport, rows: Sequence[Sequence[str]], faults: Sequence[Fault]) -> None:
        self.report.files[file.name].rejected += len(rows)
        self.report.faults.add(faults)
        told = (f"{fault.column}: {fault.reason}" if fault.column else fault.reason for fault in faults)
        if not file.faults:  # otherwise the file comes in again whole
            self._faulty.add(file, rows, "; ".join(told))

    def _batches(self, advance: Advance) -> Iterator[list[_Item]]:
        """Full batches of the readable rows; the others are rejected in passing."""
        batch: list[_Item] = []
        size = _ENVELOPE_BYTES
        for item in self._ordered(advance):
            cost = len(item.body) + 1 + _CLIENT_BYTES
            if len(batch) == MAX_BATCH_RECORDS or size + cost > MAX_BATCH_BYTES:
                yield batch
                batch, size = [], _ENVELOPE_BYTES
            batch.append(item)
            size += cost
        if batch:
            yield batch

    def _ordered(self, advance: Advance) -> Iterator[_Item]:
        """Account managers, clients, then facts: of these as many as fit a window are ordered by client and time."""
        for file in self.files:
            if not file.map.layout.is_fact:
                yield from self._items(file, advance)
        window: list[_Item] = []
        held = 0
        for file in self.files:
            if not file.map.layout.is_fact:
                continue
            for item in self._items(file, advance):
                window.append(item)
                held += len(item.body) + sum(len(cell) for cells in item.rows for cell in cells)
                if len(window) == WINDOW_ROWS or held > WINDOW_BYTES:
                    yield from sorted(window, key=lambda each: each.order)
                    window, held = [], 0
        yield from sorted(window, key=lambda each: each.order)

    def _items(self, file: FileImport, advance: Advance) -> Iterator[_Item]:
        counts = self.report.files[file.name]
        if file.has_bad_header and file.map.ours:
            return
        for outcome, rows in file.outcomes(self.resolution.ids):
            match outcome:
                case Skipped():
                    counts.left_out += len(rows)
                    advance(len(rows))
                case BadRow():
                    self._reject_locally(file, outcome, rows)
                    advance(len(rows))
                case Mapped():
                    body = record_json(outcome.record).encode(errors="replace")
                    if len(body) > MAX_BATCH_BYTES - _ENVELOPE_BYTES - _CLIENT_BYTES - 1:
                        reason = f"the row is too long ({len(body)} bytes)"
                        self._reject(file, rows, [Fault(file.name, outcome.line, None, reason)])
                        advance(len(rows))
                    elif file.faults:  # its rows are looked at and go nowhere
                        advance(len(rows))
                    else:
                        record = outcome.record
                        client = record.get("client_id", "") or record["id"]
                        yield _Item(
                            file=file,
                            line=outcome.line,
                            record_type=record["type"],
                            client=client,
                            order=outcome.order,
                            body=body,
                            rows=rows,
                        )

    def _reject_locally(self, file: FileImport, outcome: BadRow, rows: Sequence[Sequence[str]]) -> None:
        faults = [Fault(file.name, outcome.line, *fault) for fault in outcome.faults]
        if file.faults:  # what a column is missing for is told once, with the header
            faults = [fault for fault in faults if fault.column is None or fault.column in file.header]
        if faults:
            self._reject(file, rows, faults)


def _zone(import_map: ImportMap, tenants: tzinfo | None) -> tzinfo | None:
    return tenants if import_map.time_zone is None else stored_zone(import_map.time_zone)


def _client(new: NewClient) -> Record:
    record: Record = {"type": "client", "id": new.id, "name": new.name, "status": "ACTIVE"}
    return record if new.since is None else {**record, "client_since": new.since.isoformat()}


def _fault(item: _Item, error: FieldError) -> Fault:
    column, place = _column(item.file, error.pointer)
    value = None
    if place is not None and item.rows and place < len(item.rows[0]):
        value = item.rows[0][place]
    return Fault(
        file=item.file.name, line=item.line, column=column, reason=printable(error.message), value=value or None
    )


def _column(file: FileImport, pointer: str) -> tuple[str | None, int | None]:
    """The column that a JSON pointer into the record means, with its place; None for the record as a whole."""
    names = _POINTED.findall(pointer)
    if not names:
        return None, None
    layout = file.map.layout
    target = names[0]
    known = layout.field(target)
    if known is not None and known.kind is Kind.MONEY:
        target = f"{target}_{names[1]}" if len(names) > 1 else f"{target}_amount"
    if file.map.ours:
        name = layout.id_column if target == "id" else printable("/".join(names)) if known is None else target
    elif target == "client_id" and file.map.client is not None:
        name = next((name for name in file.map.client.columns if name in file.header), target)
    else:
        told: Mapping[str, Sequence[str]] = file.map.columns
        name = next((name for name in told.get(target, ()) if name in file.header), printable("/".join(names)))
    return name, file.header.index(name) if name in file.header else None
