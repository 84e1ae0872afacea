"""Which map a file is for, by its header; and a first map for a file that none is for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, Final, NamedTuple

from chalicelib.domain.text import folded
from chalicelib.importing.dates import DateReader
from chalicelib.importing.fields import LAYOUT_OF, Kind
from chalicelib.importing.files import SourceFile, missing
from chalicelib.importing.maps import NULLS, OWN_MAPS, ImportMap
from chalicelib.importing.rows import REASON_COLUMN, Columns
from chalicelib.importing.tables import Row, TableReader

SHOWN_VALUES: Final = 30
_LOOKED_AT: Final = 20_000
"""Rows that a suggestion counts the words of."""


class Header(NamedTuple):
    """The first row of a file, read without a map."""

    name: str
    columns: list[str]


def header_of(file: SourceFile) -> Header:
    columns = TableReader(file.open).header
    return Header(file.name, [name for name in columns if name != REASON_COLUMN])


def fits(import_map: ImportMap, header: Header) -> bool:
    """Whether a map is for a file: by its name and header, or else because all that it needs is there."""
    if import_map.ours:
        return _has_our_columns(import_map, header)
    name = header.name.rsplit("/", 1)[-1].lower()
    if import_map.file is not None and not fnmatchcase(name, import_map.file.lower()):
        return False
    columns = Columns(import_map, header.columns)
    if import_map.header:
        return all(columns.place(column) is not None for column in import_map.header)
    return not missing(import_map, columns)


def _has_our_columns(import_map: ImportMap, header: Header) -> bool:
    known = import_map.layout.columns()
    names = [name for name in header.columns if name]
    return (
        bool(names)
        and names[0] in known
        and set(names) <= known.keys()
        and all(name in names for name in (import_map.layout.id_column, import_map.layout.client_column))
    )


def recognised(header: Header, maps: Iterable[ImportMap]) -> list[ImportMap]:
    """The maps that are for a file, those first that know most of its columns; ours before all where its columns are
    ours, after all where only its name is: tools call their files `invoices.csv`, too."""
    ours = [each for each in OWN_MAPS if _has_our_columns(each, header)]
    if ours:
        return ours[:1]
    found = [each for each in maps if fits(each, header)]
    if not found:
        return [each for each in OWN_MAPS if header.name.rsplit("/", 1)[-1] == each.layout.file_name]
    return sorted(found, key=lambda each: (-_known(each, header), len(missing(each, Columns(each, header.columns)))))


def _known(import_map: ImportMap, header: Header) -> int:
    return len(Columns(import_map, header.columns).of) + len(import_map.header)


# --- a first map for a file ---

_SYNONYMS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "ticket": {
        "id": (
            "ticket id",
            "ticket number",
            "ticket #",
            "number",
            "issue id",
            "issue key",
            "case number",
            "id",
            "ticket",
        ),
        "priority": ("priority", "urgency", "severity"),
        "state": ("status", "state", "ticket status"),
        "created_at": (
            "created at",
            "created time",
            "created",
            "create date",
            "opened at",
            "date entered",
            "date opened",
        ),
        "first_response_at": (
            "first response",
            "first response at",
            "initial response time",
            "responded",
            "response date",
        ),
        "resolved_at": ("resolved at", "resolved time", "resolved", "date resolved", "solved at"),
        "closed_at": ("closed at", "closed time", "closed", "date closed", "completed", "complete date"),
        "due_at": ("due", "due date", "due by", "due at", "due by time"),
        "updated_at": ("updated at", "updated", "last update", "last update time", "last modified", "sys_updated_on"),
    },
    "invoice": {
        "id": (
            "invoice no",
            "invoice number",
            "*invoiceno",
            "*invoicenumber",
            "invoice id",
            "number",
            "num",
            "invoice",
        ),
        "status": ("status", "invoice status"),
        "issued_on": ("invoice date", "*invoicedate", "date", "issued", "issue date"),
        "due_on": ("due date", "*duedate", "due"),
        "total_amount": ("total", "amount", "invoice total", "total amount"),
        "total_currency": ("currency", "currency code"),
        "balance": ("balance", "amount due", "open balance", "invoiceamountdue"),
        "paid_total": ("amount paid", "paid", "invoiceamountpaid"),
        "paid_on": ("paid on", "paid date", "payment date"),
        "updated_at": ("updated at", "updated", "last modified"),
    },
    "survey": {
        "id": ("review id", "survey id", "response id", "id"),
        "kind": ("kind", "survey type", "type"),
        "score": ("score", "rating"),
        "responded_at": ("rated on", "responded at", "response date", "date", "submitted at", "created"),
        "updated_at": ("updated at", "last modified"),
    },
}
_CLIENTS: Final = (
    *("company name", "company", "client", "client name", "organization", "organisation", "account", "account name"),
    *("customer", "*customer", "customer name", "contactname", "*contactname", "organizations"),
    "custom field (organizations)",
)
_CODES: Final = {
    "priority": (
        ("P1", ("p1", "urgent", "critical", "emergency", "highest", "1 - critical", "priority 1", "1")),
        ("P2", ("p2", "high", "2 - high", "priority 2", "2")),
        ("P3", ("p3", "medium", "normal", "3 - moderate", "moderate", "priority 3", "3")),
        ("P4", ("p4", "low", "4 - low", "priority 4", "4", "minor")),
        ("P5", ("p5", "lowest", "planning", "5 - planning", "priority 5", "5", "trivial")),
    ),
    "state": (
        ("closed", ("closed", "complete", "completed", "done", "cancelled", "canceled")),
        ("resolved", ("resolved", "solved")),
        ("open", ("open", "new", "pending", "in progress", "on hold", "hold", "waiting on customer", "reopened")),
    ),
    "status": (
        ("PAID", ("paid", "closed")),
        ("SENT", ("sent", "authorised", "awaiting payment", "open", "overdue", "unpaid")),
        ("DRAFT", ("draft", "submitted", "awaiting approval")),
        ("VOID", ("void", "voided", "deleted")),
    ),
}


class Suggestion(NamedTuple):
    """A map to edit as its document, what to know of it, and the words of the file's value lists, counted."""

    document: dict[str, Any]
    remarks: list[str]
    words: dict[str, list[tuple[str, int]]]


def suggest(file: SourceFile, maps: Sequence[ImportMap] = ()) -> Suggestion | ImportMap:
    """The map that knows the file, or a first one by the names of its columns. Raises ValueError without a header."""
    header = header_of(file)
    if not header.columns:
        raise ValueError(f"{file.name} has no header")
    if found := recognised(header, maps):
        return found[0]
    names = {folded(name): name for name in reversed(header.columns)}
    record_type, columns = max(
        ((name, _guessed(names, synonyms)) for name, synonyms in _SYNONYMS.items()), key=lambda each: len(each[1])
    )
    client = next((names[name] for name in _CLIENTS if name in names), None)
    document: dict[str, Any] = {
        "type": record_type,
        "source": _source_of(file.name),
        "match": {"header": [*columns.values(), *([client] if client else [])][:10] or header.columns[:3]},
        "columns": columns,
    }
    remarks = [f"Columns of the file: {', '.join(header.columns)}"]
    document["client"] = {"from": client or "", "by": "name", "create": True}
    if client is None:
        remarks.append(
            "No column of the file names the client: add one in the tool that exported it, then name it here."
        )
    wanted = {name for name, each in LAYOUT_OF[record_type].targets().items() if each.required} - columns.keys()
    remarks += [f"Not found: {name}. Name its column, or a constant." for name in sorted(wanted - {"total_currency"})]
    words = _words(file, columns, record_type)
    document["values"] = {
        target: {word: _code(target, word) for word, _ in counted} for target, counted in words.items()
    }
    remarks += _date_remarks(file, columns, record_type)
    return Suggestion({name: value for name, value in document.items() if value}, remarks, words)


def _guessed(names: dict[str, str], synonyms: dict[str, tuple[str, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for target, words in synonyms.items():
        column = next((names[word] for word in words if word in names), None)
        if column is not None and column not in found.values():
            found[target] = column
    return found


def _source_of(name: str) -> str:
    word = "".join(
        letter if letter.isalnum() and letter.isascii() else "-" for letter in name.rsplit("/", 1)[-1].lower()
    )
    return word.split("-")[0][:20] or "tool"


def _words(file: SourceFile, columns: dict[str, str], record_type: str) -> dict[str, list[tuple[str, int]]]:
    """The words of the columns that become codes, the most frequent first."""
    targets = LAYOUT_OF[record_type].targets()
    table = TableReader(file.open)
    places = {
        target: table.header.index(column)
        for target, column in columns.items()
        if targets[target].kind is Kind.CODE and column in table.header
    }
    counted: dict[str, Counter[str]] = {target: Counter() for target in places}
    for number, row in enumerate(table.rows()):
        if number == _LOOKED_AT:
            break
        if isinstance(row, Row):
            for target, place in places.items():
                word = row.cells[place].strip() if place < len(row.cells) else ""
                if word not in NULLS and (word in counted[target] or len(counted[target]) < 500):
                    counted[target][word[:200]] += 1
    return {target: words.most_common(SHOWN_VALUES) for target, words in counted.items() if words}


def _code(target: str, word: str) -> str:
    for code, words in _CODES.get(target, ()):
        if folded(word) in words:
            return code
    return {"priority": "P3", "state": "open", "status": "SENT", "kind": "CSAT"}.get(target, "?")


def _date_remarks(file: SourceFile, columns: dict[str, str], record_type: str) -> list[str]:
    """What to say of dates of no known form."""
    dates, remarks = DateReader(), []
    targets = LAYOUT_OF[record_type].targets()
    table = TableReader(file.open)
    rows = [row for row in islice(table.rows(), 200) if isinstance(row, Row)]
    for target, column in columns.items():
        if targets[target].kind not in {Kind.INSTANT, Kind.DAY} or column not in table.header:
            continue
        place = table.header.index(column)
        for row in rows:
            cell = row.cells[place].strip() if place < len(row.cells) else ""
            if cell in NULLS:
                continue
            try:
                dates.written(cell)
            except ValueError as error:
                remarks.append(f'{column}: {cell[:40]!r} {error}, such as date_formats = ["%d.%m.%Y %H:%M"]')
            break
    return remarks
