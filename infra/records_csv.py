"""Import folders: a folder with one CSV file per record type, read and written.

The format is the CSV paragraph of the contracts (api.md, Records): `tickets.csv` holds tickets, its columns
are the fields of the record, the id column is `ticket_id`, money takes two columns (`total_amount`,
`total_currency`) and an empty cell is an absent field. Only what CSV cannot say is converted here (booleans,
numbers, money); dates, ranges and codes are the service's business, so that their rules stand in one place.

    ImportFolderError    the folder cannot be imported as it is; raised before any row is handed out
"""

import csv
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

Record: TypeAlias = dict[str, Any]
"""One record as in the contracts: `type`, `id` and the fields; numbers are `int` or `Decimal`."""

_BOM = b"\xef\xbb\xbf"
_WHOLE = re.compile(r"(-?[0-9]{1,18})(\.0+)?")
_SEPARATOR_LINE = re.compile(r"sep=", re.IGNORECASE)
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


class Kind(Enum):
    """How the cells of a field become a JSON value."""

    TEXT = "text"
    BOOLEAN = "boolean"
    WHOLE = "whole number"
    DECIMAL = "decimal number"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record type."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """How one record type looks as a CSV file. `client_column` says whose row it is."""

    type: str
    id_column: str
    client_column: str
    fields: tuple[Field, ...]

    @property
    def file_name(self) -> str:
        return f"{self.type}s.csv"

    @property
    def is_fact(self) -> bool:
        """Whether its records belong to a client, rather than being one or an account manager."""
        return self.client_column != self.id_column

    def columns(self) -> dict[str, Field]:
        """Every column it may have, in order, with the field it belongs to; two columns for money."""
        columns = {self.id_column: Field("id")}
        for field in self.fields:
            if field.kind is Kind.MONEY:
                columns[f"{field.name}_amount"] = field
                columns[f"{field.name}_currency"] = field
            else:
                columns[field.name] = field
        return columns


def _optional(name: str, kind: Kind = Kind.TEXT) -> Field:
    return Field(name, kind, required=False)


def _root(record_type: str, *fields: Field) -> Layout:
    id_column = f"{record_type}_id"
    return Layout(record_type, id_column, id_column, (*fields, _optional("updated_at")))


def _fact(record_type: str, *fields: Field) -> Layout:
    common = (_optional("updated_at"), _optional("deleted", Kind.BOOLEAN))
    return Layout(record_type, f"{record_type}_id", "client_id", (Field("client_id"), *fields, *common))


# In the order of import: the service refuses a record whose client it does not know yet.
LAYOUTS: tuple[Layout, ...] = (
    _root("account_manager", Field("name"), Field("email")),
    _root(
        "client",
        Field("name"),
        Field("status"),
        _optional("archived", Kind.BOOLEAN),
        _optional("industry"),
        _optional("account_manager_id"),
        _optional("client_since"),
        _optional("monthly_recurring_revenue", Kind.MONEY),
    ),
    _fact(
        "ticket",
        Field("priority"),
        Field("created_at"),
        _optional("first_response_at"),
        _optional("resolved_at"),
        _optional("closed_at"),
        _optional("due_at"),
    ),
    _fact("contract", Field("status"), Field("start_date"), _optional("end_date"), _optional("renews")),
    _fact(
        "invoice",
        Field("status"),
        Field("issued_on"),
        Field("due_on"),
        Field("total", Kind.MONEY),
        _optional("paid_on"),
        _optional("paid_total"),
        _optional("balance"),
    ),
    _fact("survey", Field("kind"), Field("score", Kind.WHOLE), Field("responded_at")),
    _fact(
        "billable_month",
        Field("month"),
        Field("billable_hours", Kind.DECIMAL),
        _optional("budget_hours", Kind.DECIMAL),
    ),
    _fact("qbr", Field("held_on"), Field("status"), _optional("decision_maker_present", Kind.BOOLEAN)),
    _fact("touchpoint", Field("occurred_at"), Field("kind"), Field("with_decision_maker", Kind.BOOLEAN)),
    _fact("assessment", Field("completed_on"), Field("standardization_score", Kind.DECIMAL)),
    _fact(
        "reconciliation",
        Field("completed_on"),
        Field("contracted_quantity", Kind.DECIMAL),
        Field("used_quantity", Kind.DECIMAL),
    ),
    _fact("headcount", Field("recorded_on"), Field("employees", Kind.WHOLE)),
)
LAYOUT_OF: Mapping[str, Layout] = {layout.type: layout for layout in LAYOUTS}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file, a row or a cell; `line` is where the row starts, from 1."""

    file: str
    line: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.reason}" if self.column is None else f"{place}: {self.column}: {self.reason}"


class ImportFolderError(Exception):
    """The folder cannot be imported as it is: a missing or unknown file, a bad header, text that is not
    UTF-8.

    `faults` lists everything that was found, not only the first.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read, as a record."""

    file: str
    line: int
    record: Record


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read, with all its faults."""

    type: str
    faults: tuple[Fault, ...]


class _Lines(Iterator[str]):
    """The physical lines of a file as text, with the byte offset at which the next one starts.

    csv.reader takes as many lines as a row needs and not one more, so the position before a row is known
    exactly, and the row can be found again by it.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.offset = stream.tell()
        self.number = 0

    def __next__(self) -> str:
        raw = self._stream.readline()
        if not raw:
            raise StopIteration
        start = self.offset
        self.offset += len(raw)
        self.number += 1
        return (raw.removeprefix(_BOM) if start == 0 else raw).decode("utf-8")


def _rows_reader(lines: Iterator[str]) -> "Iterator[list[str]]":
    return csv.reader(lines, strict=True)


def _boolean(cell: str) -> bool:
    # Spreadsheets write TRUE and FALSE.
    match cell.lower():
        case "true":
            return True
        case "false":
            return False
    raise ValueError(f"{_shown(cell)} is not true or false")


def _whole(cell: str) -> int:
    found = _WHOLE.fullmatch(cell)  # spreadsheets write 5.0
    if found is None:
        raise ValueError(f"{_shown(cell)} is not a whole number")
    return int(found[1])


def _decimal(cell: str) -> Decimal:
    if _DECIMAL.fullmatch(cell) is None:
        raise ValueError(f"{_shown(cell)} is not a number (digits, with a point before the decimals)")
    return Decimal(cell)


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else f"{cell[:57]}...")


_CONVERT: Mapping[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.BOOLEAN: _boolean,
    Kind.WHOLE: _whole,
    Kind.DECIMAL: _decimal,
}


class _Source:
    """One file of the folder whose header is in order, with the place of every row by client."""

    def __init__(self, layout: Layout, path: Path, header: list[str]) -> None:
        self.layout = layout
        self.name = path.name
        self.path = path
        self.count = 0
        self._width = len(header)
        self._client_at = header.index(layout.client_column)
        # Two numbers per row (byte offset, line): a million rows cost 16 MB here, not their text.
        self.places: dict[str, array[int]] = {}

        columns = layout.columns()
        place = {column: at for at, column in enumerate(header)}
        identity = (layout.id_column,) if layout.type == "ticket" else (layout.id_column, layout.client_column)
        self._identity = [(at, column) for column, at in place.items() if column in identity]
        self._required: list[tuple[int, str]] = []
        self._cells: list[tuple[int, str, str, Callable[[str], Any]]] = []
        self._money: list[tuple[int, int, str]] = []
        for column, at in place.items():
            field = columns[column]
            if field.required:
                self._required.append((at, column))
            if field.kind is not Kind.MONEY:
                self._cells.append((at, column, field.name, _CONVERT[field.kind]))
            elif column == f"{field.name}_amount":
                self._money.append((at, place[f"{field.name}_currency"], field.name))

    def add_place(self, cells: list[str], offset: int, line: int) -> None:
        client = cells[self._client_at] if len(cells) > self._client_at else ""
        self.places.setdefault(client, array("Q")).extend((offset, line))
        self.count += 1

    def rows_of(self, client: str, stream: BinaryIO) -> Iterator[Row | BadRow]:
        """The client's rows in the order of the file; a second row with the same id is bad."""
        places = self.places.get(client, ())
        first_lines: dict[str, int] = {}
        for at in range(0, len(places), 2):
            line = places[at + 1]
            stream.seek(places[at])
            row = self._row(line, _Lines(stream))
            if isinstance(row, Row):
                first = first_lines.setdefault(row.record["id"], line)
                if first != line:
                    # Which of the two would win depends on where a batch happens to end: neither may be
                    # guessed.
                    row = self._bad(line, [(self.layout.id_column, f"the same record as in line {first}")])
            yield row

    def _row(self, line: int, lines: Iterator[str]) -> Row | BadRow:
        try:
            cells = next(_rows_reader(lines))
        except csv.Error as error:
            return self._bad(line, [(None, f"not a CSV row: {error}")])
        if len(cells) > self._width and not any(cells[self._width :]):
            del cells[self._width :]  # columns without a name, as spreadsheets leave them behind
        if len(cells) != self._width:
            return self._bad(line, [(None, f"has {len(cells)} cells where the header has {self._width}")])

        record: Record = {"type": self.layout.type}
        faults: list[tuple[str | None, str]] = []
        for at, column, field, convert in self._cells:
            if cell := cells[at]:
                try:
                    record[field] = convert(cell)
                except ValueError as error:
                    faults.append((column, str(error)))
        for amount_at, currency_at, field in self._money:
            amount, currency = cells[amount_at], cells[currency_at]
            if amount and currency:
                record[field] = {"currency": currency, "amount": amount}
            elif amount:
                faults.append((f"{field}_currency", "is empty although there is an amount"))
            elif currency:
                faults.append((f"{field}_amount", "is empty although there is a currency"))
        # To delete a record its identity is enough.
        required = self._identity if record.get("deleted") else self._required
        named = {column for column, _ in faults}
        faults += [(column, "is required") for at, column in required if not cells[at] and column not in named]
        return self._bad(line, faults) if faults else Row(self.name, line, record)

    def _bad(self, line: int, faults: list[tuple[str | None, str]]) -> BadRow:
        return BadRow(self.layout.type, tuple(Fault(self.name, line, column, why) for column, why in faults))


class ImportFolder:
    """A folder whose files are all readable as CSV in the right columns; made by `read_folder`."""

    def __init__(self, sources: Sequence[_Source]) -> None:
        self._sources = tuple(sources)

    @property
    def counts(self) -> dict[str, int]:
        """Rows per record type, bad ones included, in the order of import."""
        return {source.layout.type: source.count for source in self._sources}

    def unlisted_clients(self) -> list[str]:
        """Clients that have facts here but no row in `clients.csv`: the service must know them already."""
        listed = {client for source in self._sources if source.layout.type == "client" for client in source.places}
        return [client for client in self._fact_clients() if client and client not in listed]

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row: account managers, clients, then the facts client by client.

        Facts are ordered by client over all files, so that the service, which stores a client's facts
        together, merges them a few times and not once per file. Files are read again as the iteration goes
        on.
        """
        with ExitStack() as stack:
            streams = {source.name: stack.enter_context(source.path.open("rb")) for source in self._sources}
            for source in self._sources:
                if not source.layout.is_fact:
                    for key in source.places:
                        yield from source.rows_of(key, streams[source.name])
            facts = [source for source in self._sources if source.layout.is_fact]
            for client in self._fact_clients():
                for source in facts:
                    yield from source.rows_of(client, streams[source.name])

    def _fact_clients(self) -> list[str]:
        return sorted({client for source in self._sources if source.layout.is_fact for client in source.places})


def folder_bytes(directory: Path) -> int:
    """The size of the CSV files in the folder; 0 if there is no such folder."""
    return sum(path.stat().st_size for path in directory.glob("*.csv") if path.is_file())


def read_folder(directory: Path, *, advance: Callable[[int], object] | None = None) -> ImportFolder:
    """Check a folder and index its rows, without holding them in memory.

    Parameters
    ----------
    directory
        Folder with files named after the plural of a record type; files that do not end in `.csv` are
        ignored.
    advance
        Told the number of bytes read since the last call, for a progress bar over `folder_bytes`.

    Raises
    ------
    ImportFolderError
        No such folder, nothing in it to import, an unknown CSV file, an unknown, repeated or missing column,
        text that is not UTF-8, or quotes that leave it open where rows begin and end.
    """
    if not directory.is_dir():
        raise ImportFolderError([Fault(str(directory), None, None, "is not a folder")])
    known = {layout.file_name for layout in LAYOUTS}
    faults = [
        Fault(path.name, None, None, f"is not a file of an import; those are {', '.join(sorted(known))}")
        for path in sorted(directory.iterdir())
        if path.suffix.lower() == ".csv" and path.name not in known
    ]
    sources = []
    for layout in LAYOUTS:
        path = directory / layout.file_name
        if not path.exists():
            continue
        try:
            sources.append(_index(layout, path, advance or (lambda _: None)))
        except ImportFolderError as error:
            faults += error.faults
    if not faults and not sources:
        faults.append(Fault(str(directory), None, None, "holds no CSV file to import"))
    if faults:
        raise ImportFolderError(faults)
    return ImportFolder(sources)


def _index(layout: Layout, path: Path, advance: Callable[[int], object]) -> _Source:
    try:
        with path.open("rb") as stream:
            return _index_stream(layout, path, stream, advance)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise ImportFolderError([Fault(path.name, None, None, reason)]) from error


def _index_stream(layout: Layout, path: Path, stream: BinaryIO, advance: Callable[[int], object]) -> _Source:
    lines = _Lines(stream)
    reader = _rows_reader(lines)
    line = 1
    told = 0
    try:
        header = next(reader, [])
        if header == ["sep=", ""]:  # a spreadsheet's own line: it says what is so
            header = next(reader, [])
        while header and not header[-1]:
            header.pop()
        if header_faults := _header_faults(layout, path.name, lines.number, header):
            raise ImportFolderError(header_faults)
        source = _Source(layout, path, header)
        while True:
            offset, line = lines.offset, lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                # A fault inside one line is that row's alone. After several, where the next row starts is a
                # guess.
                if lines.number > line:
                    reason = f"not CSV from here on ({error}): is a quote left open?"
                    raise ImportFolderError([Fault(path.name, line, None, reason)]) from error
                source.add_place([], offset, line)
            else:
                if any(cells):
                    source.add_place(cells, offset, line)
            if offset - told > 1_000_000:
                advance(offset - told)
                told = offset
    except UnicodeDecodeError as error:
        # The line counts only once it is decoded; `number` has moved on to the line that failed.
        reason = f"not UTF-8 (byte 0x{error.object[error.start]:02x}); save the file as UTF-8"
        raise ImportFolderError([Fault(path.name, lines.number, None, reason)]) from error
    except csv.Error as error:
        raise ImportFolderError([Fault(path.name, 1, None, f"the header is not CSV: {error}")]) from error
    advance(lines.offset - told)
    return source


def _header_faults(layout: Layout, name: str, line: int, header: list[str]) -> list[Fault]:
    columns = layout.columns()
    if not header:
        return [Fault(name, 1, None, f"has no header; its columns are {', '.join(columns)}")]
    if _SEPARATOR_LINE.match(header[0]):
        return [Fault(name, line, None, "says that cells are not separated by commas; save it with commas")]
    if len(header) == 1:
        for separator, called in _OTHER_SEPARATORS.items():
            if separator in header[0]:
                return [Fault(name, line, None, f"cells are separated by {called}; separate them by commas")]
    faults = [
        Fault(
            name, line, None, f"column {place} is without a name; give it one of {', '.join(columns)}, or take it out"
        )
        for place, column in enumerate(header, 1)
        if not column
    ]
    unknown = [column for column in dict.fromkeys(header) if column and column not in columns]
    faults += [Fault(name, line, column, f"unknown column; known are {', '.join(columns)}") for column in unknown]
    faults += [
        Fault(name, line, column, "the column is there twice")
        for column in dict.fromkeys(header)
        if column and header.count(column) > 1
    ]
    for column, field in columns.items():
        if column in header:
            continue
        halves = [c for c, f in columns.items() if f is field and c in header]
        if field.required:
            faults.append(Fault(name, line, column, "the column is missing"))
        elif halves:
            faults.append(Fault(name, line, column, f"the column is missing beside {halves[0]}"))
    return faults


def write_folder(directory: Path, records: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Write records as an import folder, one file per type among them, in the order given.

    Optional columns that no record uses are left out. An empty text cannot be told from an absent one. The
    folder is made if need be; files of the same names are replaced.

    Returns
    -------
    dict[str, int]
        Rows written per record type.

    Raises
    ------
    KeyError
        A record has no `type` or one that is not known.
    ValueError
        A record has a field that its type has not.
    """
    by_type: dict[str, list[dict[str, str]]] = {}
    for record in records:
        layout = LAYOUT_OF[record["type"]]
        by_type.setdefault(layout.type, []).append(_cells(layout, record))
    directory.mkdir(parents=True, exist_ok=True)
    for layout in LAYOUTS:
        rows = by_type.get(layout.type)
        if rows is None:
            continue
        used = {column for row in rows for column in row}
        columns = [column for column, field in layout.columns().items() if field.required or column in used]
        with (directory / layout.file_name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return {record_type: len(rows) for record_type, rows in by_type.items()}


def _cells(layout: Layout, record: Mapping[str, Any]) -> dict[str, str]:
    kinds = {field.name: field.kind for field in layout.fields}
    cells: dict[str, str] = {}
    for name, value in record.items():
        if name == "type" or value is None:
            continue
        if name == "id":
            cells[layout.id_column] = value
        elif name not in kinds:
            raise ValueError(f"a {layout.type} has no field {name!r}")
        elif kinds[name] is Kind.MONEY:
            cells[f"{name}_amount"] = value["amount"]
            cells[f"{name}_currency"] = value["currency"]
        elif kinds[name] is Kind.BOOLEAN:
            cells[name] = "true" if value else "false"
        else:
            cells[name] = str(value)
    return cells
