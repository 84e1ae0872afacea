"""Files of tests, made of text, and what an import makes of one."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.importing.clients import Known, Resolution, resolve
from chalicelib.importing.faults import Fault
from chalicelib.importing.files import FileImport, SourceFile
from chalicelib.importing.maps import ImportMap, read_map
from chalicelib.importing.rows import BadRow, Mapped, Record, Skipped

ROME = ZoneInfo("Europe/Rome")
EXPORTED = "2026-11-20T08:00:00Z"

TICKETS: Mapping[str, Any] = {
    "type": "ticket",
    "source": "desk",
    "columns": {
        "id": "Number",
        "priority": "Priority",
        "state": "Status",
        "created_at": "Opened",
        "resolved_at": "Solved",
        "closed_at": "Closed",
        "due_at": "Due",
    },
    "constants": {"priority": "P3"},
    "client": {"from": "Company", "by": "name", "create": True},
    "values": {"priority": {"High": "P2"}, "state": {"Done": "closed", "Fixed": "resolved", "*": "open"}},
}
INVOICES: Mapping[str, Any] = {
    "type": "invoice",
    "source": "books",
    "columns": {
        "id": "No",
        "issued_on": "Date",
        "due_on": "Due",
        "total_amount": "Total",
        "total_currency": "Currency",
        "balance": "Balance",
    },
    "constants": {"status": "SENT"},
    "client": {"from": "Customer", "by": "name", "create": True},
}


def source(content: str | bytes, name: str = "export.csv", chunk: int = 7) -> SourceFile:
    """A file that comes in small chunks, so that any character may be cut in two."""
    raw = content if isinstance(content, bytes) else content.encode()

    def open_file() -> Iterable[bytes]:
        return (raw[at : at + chunk] for at in range(0, len(raw), chunk))

    return SourceFile(name, open_file, EXPORTED)


class Imported(NamedTuple):
    """What became of a file."""

    file: FileImport
    clients: Resolution
    records: list[Record]
    bad: list[tuple[int, str | None, str]]
    skipped: list[str]

    @property
    def faults(self) -> list[Fault]:
        return self.file.faults


def imported(
    content: str | bytes,
    document: Mapping[str, Any] | ImportMap = TICKETS,
    *,
    known: Iterable[tuple[str, str]] = (),
    aliases: Mapping[tuple[str, str], str] | None = None,
    name: str = "export.csv",
    **changes: Any,
) -> Imported:
    """What an import by a map, with some of its parts otherwise, makes of a file."""
    own = document if isinstance(document, ImportMap) else read_map({**document, **changes})
    file = FileImport(source(content, name), own, ROME, "EUR")
    file.scan()
    clients = resolve(file.wanted(), [Known(*each) for each in known], aliases or {})
    records: list[Record] = []
    bad: list[tuple[int, str | None, str]] = []
    skipped: list[str] = []
    for outcome, _ in file.outcomes(clients.ids):
        match outcome:
            case Mapped():
                records.append(outcome.record)
            case BadRow():
                bad += [(outcome.line, fault.column, fault.reason) for fault in outcome.faults]
            case Skipped():
                skipped.append(outcome.why)
    return Imported(file, clients, records, bad, skipped)
