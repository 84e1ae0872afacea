"""One file under its map: a first pass that finds out what its rows cannot tell alone, a second that makes records.

The first pass reads every byte and keeps nothing per row: the order of day and month, the clients with the earliest
day of their rows, which keys may stand twice, and all faults of the file as a whole. The second pass gives each row's
outcome in the order of the file, the same each time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any, Final, NamedTuple
from zlib import crc32

from chalicelib.importing.clients import Mentions, NoClient, TooManyClientsError, Wanted
from chalicelib.importing.dates import ISO_FORMATS, DateReader, DayOrder, Order, Written
from chalicelib.importing.faults import Fault
from chalicelib.importing.fields import Kind
from chalicelib.importing.maps import ImportMap
from chalicelib.importing.repeats import MOST_KEYS, Newest, Repeats, TooManyKeysError
from chalicelib.importing.rows import (
    REASON_COLUMN,
    BadRow,
    CellFault,
    Columns,
    Context,
    Mapped,
    Outcome,
    RowReader,
    Skipped,
)
from chalicelib.importing.tables import OR_A_MAP, BrokenRow, Open, Row, TableReader

REPEATED: Final = "further lines of the same record"
SUPERSEDED: Final = "earlier versions of a record"
_TOLD_EVERY: Final = 1_000


class SourceFile(NamedTuple):
    """A file as it was given. `exported_at`: when it was last changed, as RFC 3339."""

    name: str
    open: Open
    exported_at: str | None = None


class Read(NamedTuple):
    """What became of a row, or of several that make one record, and their cells."""

    outcome: Outcome
    rows: Sequence[Sequence[str]]


class FileImport:
    """A file that is imported by a map. `scan` comes first, `outcomes` then as often as need be."""

    def __init__(self, file: SourceFile, import_map: ImportMap, zone: tzinfo | None, currency: str | None) -> None:
        self.file, self.map = file, import_map
        self.faults: list[Fault] = []
        """Of the file as a whole: with any, it is not imported."""
        self.has_bad_header = False
        self.rows = 0
        self.mentions = Mentions(import_map.client.by if import_map.client else "id")
        self.header: list[str] = []
        self.notes: Counter[str] = Counter()
        """What the last second pass did to cells, and how many rows it left out, by why."""
        self.checksum = 0
        """Of the file's bytes; of two that are the same a caller may take one."""
        self._zone, self._currency = zone, currency
        self._order = DayOrder()
        self._orders: Mapping[str, Order] = {}
        self._repeats = Repeats()
        self._newest: Newest | None = None

    @property
    def name(self) -> str:
        return self.file.name

    def scan(self, advance: Callable[[int], object] = lambda _: None) -> None:
        """The first pass; `advance` is told how many rows were read since it was told last."""
        table = self._table(self._checked)
        self.header = _without_reason(table.header)
        columns = Columns(self.map, self.header)
        header_faults = self._header_faults(table, columns)
        self.has_bad_header = bool(header_faults)
        look = self._look(columns) if self.header and not header_faults else None
        try:
            for row in table.rows():
                self.rows += 1
                if look is not None and isinstance(row, Row):
                    look(row)
                if self.rows % _TOLD_EVERY == 0:
                    advance(_TOLD_EVERY)
        except TooManyKeysError:
            self._fault(None, f"more than {MOST_KEYS:,} records stand more than once: import it in parts")
        except TooManyClientsError:
            self._fault(None, "names more clients than one import may: is the column of clients right?")
        advance(self.rows % _TOLD_EVERY)
        self._repeats.close()
        self.faults += header_faults
        for line, reason, value in table.faults:
            self._fault(line, reason.removesuffix(OR_A_MAP) if self.map.ours else reason, value=value)
        self._orders, undecided = self._order.decide(DateReader(self.map.date_formats).stated)
        for seen, reason in undecided:
            self._fault(seen.line, reason, column=seen.column)

    def wanted(self) -> Iterator[Wanted]:
        """The clients that the file names."""
        rule = self.map.client
        if rule is None or self.map.ours:
            return
        orders = set(self._orders.values())
        order = orders.pop() if len(orders) == 1 else Order.DAY_FIRST
        for mention in self.mentions.by_key.values():
            yield Wanted(
                source=self.map.source,
                by=rule.by,
                create=rule.create,
                value=mention.value,
                first=mention.first.get(order),
            )

    def outcomes(self, clients: Mapping[tuple[str, str, str], str | NoClient]) -> Iterator[Read]:
        """The second pass: each row's outcome, or that of all lines of a record, in the order of the file."""
        table = self._table()
        header = _without_reason(table.header)
        columns = Columns(self.map, header)
        exported_at = self.map.exported_at or self.file.exported_at
        versions = self.map.one_row_per
        updated_by = (versions.last_by,) if versions is not None and self._newest is None else ()
        context = Context(
            zone=self._zone,
            currency=self._currency,
            exported_at=exported_at,
            orders=self._orders,
            clients=clients,
            updated_by=updated_by,
        )
        reader = RowReader(self.map, columns, context)
        self.notes = reader.notes
        self._repeats.rewind()
        rows = (_narrowed(row, len(header), len(table.header)) for row in table.rows())
        read = self._summed(reader, columns, rows) if self.map.sum_lines else self._each(reader, columns, rows)
        for found in read:
            if isinstance(found.outcome, Skipped):
                self.notes[f"left out: {found.outcome.why}"] += len(found.rows)
            yield found

    def tells(self, *targets: str) -> bool:
        """Whether the file has columns for all of some fields, each of its own."""
        found = Columns(self.map, self.header).of
        first = [found[target][0] for target in targets if target in found]
        return len(set(first)) == len(targets)

    def mended(self, exported_at: str | None) -> dict[str, Any]:
        """A map for rows of this file, once they are taken out of it as UTF-8: what the whole file proved stays."""
        document = {**self.map.document, "encoding": "utf-8", "delimiter": ","}
        if exported_at is not None:
            document["exported_at"] = exported_at
        proven = [(between, order) for between, order in self._orders.items() if between in "/-."]
        if proven and not self.map.date_formats:
            forms = [form for between, order in proven[:1] for form in order.formats(between)]
            document["date_formats"] = [*ISO_FORMATS, *forms]
        return document

    def _table(self, open_file: Open | None = None) -> TableReader:
        return TableReader(open_file or self.file.open, encoding=self.map.encoding, delimiter=self.map.delimiter)

    def _checked(self) -> Iterator[bytes]:
        for chunk in self.file.open():
            self.checksum = crc32(chunk, self.checksum)
            yield chunk

    def _fault(self, line: int | None, reason: str, *, column: str | None = None, value: str | None = None) -> None:
        self.faults.append(Fault(file=self.name, line=line, column=column, reason=reason, value=value))

    # --- the first pass ---

    def _look(self, columns: Columns) -> Callable[[Row], None]:
        """What is looked at in each row."""
        if self.map.ours:
            return self._look_at_ours(columns)
        reader = RowReader(self.map, columns, Context(self._zone, self._currency))
        dates, layout = DateReader(self.map.date_formats), self.map.layout
        timed = [each.name for each in layout.fields if each.kind in {Kind.INSTANT, Kind.DAY, Kind.MONTH}]
        places = [(columns.of[name], name) for name in timed if name in columns.of]
        main = layout.time.name if layout.time is not None else ""
        wants_first = self.map.client is not None and self.map.client.create
        key_of, self._newest = self._key(columns), None
        versions = self.map.one_row_per
        version = columns.places([versions.last_by]) if versions else []
        counts: list[bool] = []
        last_group: list[str] = [""]

        def look(row: Row) -> None:
            line, cells = row
            if reader.skips(cells) is not None:
                return
            first: Written | None = None
            for where, name in places:
                text, column = reader.cell(cells, where)
                if not text or (text[4:5] == "-" and name != main):
                    continue  # ISO 8601 itself says which is the day
                try:
                    written = dates.written(text)
                except ValueError:
                    continue  # told as the row's fault
                self._order.see(written, line, column, text)
                if name == main:
                    first = written
            if self.map.client is not None and (value := reader.client_value(cells)):
                mention = self.mentions.of(value)
                if wants_first and first is not None:
                    for order in Order:
                        if (day := _day(first, order, self._zone)) is not None:
                            mention.see(order, day)
            key = key_of(cells, reader)
            if not key:
                return
            if versions is not None:
                text, _ = reader.cell(cells, version)
                if not counts:
                    counts.append(text.isdigit())
                    self._newest = Newest() if counts[0] else None
                if self._newest is not None and text.isdigit() and len(text) <= 18:
                    self._newest.add(key, int(text), line)
            elif self.map.sum_lines is None:
                self._repeats.add(key)
            elif key != last_group[0]:
                last_group[0] = key
                self._repeats.add(key)

        return look

    def _look_at_ours(self, columns: Columns) -> Callable[[Row], None]:
        layout = self.map.layout
        at = [columns.place(name) for name in dict.fromkeys((layout.client_column, layout.id_column))]
        places = [place for place in at if place is not None]
        last = max(places)

        def look(row: Row) -> None:
            cells = row.cells
            if len(cells) > last:
                self._repeats.add("\x1f".join([cells[place] for place in places]))

        return look

    def _key(self, columns: Columns) -> Callable[[Sequence[str], RowReader], str]:
        """What rows of one record have in common; empty where a row has none."""
        rule = self.map.sum_lines or self.map.one_row_per
        if rule is not None:
            own = columns.places([rule.key])
        else:
            own = columns.of.get("id") or columns.places(self.map.hash_of)
        hashed = rule is None and "id" not in columns.of

        def key(cells: Sequence[str], reader: RowReader) -> str:
            found = [reader.cell(cells, [place])[0] for place in own] if hashed else [reader.cell(cells, own)[0]]
            if rule is None and any(found):
                found.append(reader.client_value(cells))
            return "\x1f".join(found) if any(found) else ""

        return key

    # --- the second pass ---

    def _each(self, reader: RowReader, columns: Columns, rows: Iterable[Row | BrokenRow]) -> Iterator[Read]:
        key_of = self._key(columns)
        identity = ("client_id", "id") if self.map.layout.is_fact else ("id",)
        previous: Mapped | None = None
        for row in rows:
            if isinstance(row, BrokenRow):
                yield Read(BadRow(row.line, (CellFault(None, row.reason),)), ([],))
                continue
            outcome = reader.read(row)
            if isinstance(outcome, Mapped):
                if self.map.ours:
                    record = outcome.record
                    key = "\x1f".join(str(record.get(name, "")) for name in identity)
                else:
                    key = key_of(row.cells, reader)
                if self.map.one_row_per is not None:
                    if self._newest is not None and not self._newest.is_best(key, row.line):
                        outcome = Skipped(row.line, SUPERSEDED)
                elif (first := self._repeats.first_line(key, row.line)) != row.line:
                    if previous is not None and previous.record == outcome.record and not self.map.ours:
                        outcome = Skipped(row.line, REPEATED)
                    else:
                        outcome = BadRow(row.line, (self._twice(first),))
                if isinstance(outcome, Mapped):
                    previous = outcome
            yield Read(outcome, (row.cells,))

    def _twice(self, first: int) -> CellFault:
        column = self.map.layout.id_column if self.map.ours else next(iter(self.map.columns.get("id", ("id",))))
        more = "" if self.map.ours else ": leave one out, or set one_row_per in the map"
        return CellFault(column, f"the same record as in line {first}{more}")

    def _summed(self, reader: RowReader, columns: Columns, rows: Iterable[Row | BrokenRow]) -> Iterator[Read]:
        """Lines of one key as one record."""
        if self.map.sum_lines is None:
            raise ValueError("the map adds nothing up")
        amount = columns.place(self.map.sum_lines.amount)
        key_of = self._key(columns)
        group: list[Row] = []
        last = ""
        for row in rows:
            if isinstance(row, BrokenRow):
                yield Read(BadRow(row.line, (CellFault(None, row.reason),)), ([],))
                continue
            key = key_of(row.cells, reader)
            if group and key != last:
                yield self._sum(reader, columns, group, last, amount)
                group = []
            group.append(row)
            last = key
        if group:
            yield self._sum(reader, columns, group, last, amount)

    def _sum(self, reader: RowReader, columns: Columns, group: list[Row], key: str, amount: int | None) -> Read:
        rows = tuple(row.cells for row in group)
        line, first = group[0]
        first_line = self._repeats.first_line(key, line) if key else line
        if first_line != line:
            column = self.map.sum_lines.key if self.map.sum_lines else None
            reason = f"lines of {key[:40]!r} stand in line {first_line} already: sort the file by {column}"
            return Read(BadRow(line, (CellFault(column, reason),)), rows)
        mapped = {place for found in columns.of.values() for place, _ in found} - {amount}
        for later, cells in group[1:]:
            for place in mapped:
                own = reader.cell(cells, [(place, "")])[0]
                if own and own != reader.cell(first, [(place, "")])[0]:
                    name = columns.header[place]
                    fault = CellFault(name, f"differs from the record's first line ({line})", own)
                    return Read(BadRow(later, (fault,)), rows)
        amounts = [row.cells[amount] if amount is not None and amount < len(row.cells) else "" for row in group]
        return Read(reader.read(group[0], amounts), rows)

    # --- the header ---

    def _header_faults(self, table: TableReader, columns: Columns) -> list[Fault]:
        if self.map.ours:
            faults = _our_header_faults(self.map, table, columns)
        else:
            faults = _their_header_faults(self.map, table, columns)
        return [Fault(self.name, line, column, reason) for line, column, reason in faults]


def missing(import_map: ImportMap, columns: Columns) -> list[tuple[str, tuple[str, ...]]]:
    """What scoring needs and the file has no column for: the field, and the columns it would be read from."""
    fields = import_map.layout.targets()
    found: list[tuple[str, tuple[str, ...]]] = []
    rule = import_map.client
    if rule is not None and not columns.places(rule.columns):
        found.append(("client", rule.columns))
    for target, each in fields.items():
        if not each.required or target in columns.of or target in import_map.constants:
            continue
        if target == "id" and (import_map.hash_of or (import_map.layout.type == "client" and rule is not None)):
            continue
        if target.endswith("_currency") and each.kind is Kind.MONEY:
            continue
        if target.endswith("_amount") and import_map.sum_lines is not None:
            continue
        found.append((target, import_map.columns.get(target, ())))
    names = list(import_map.hash_of)
    if import_map.sum_lines is not None:
        names += [import_map.sum_lines.key, import_map.sum_lines.amount]
    if import_map.one_row_per is not None:
        names += [import_map.one_row_per.key, import_map.one_row_per.last_by]
    return found + [(name, (name,)) for name in names if columns.place(name) is None]


_HeaderFault = tuple[int | None, str | None, str]


def _their_header_faults(import_map: ImportMap, table: TableReader, columns: Columns) -> list[_HeaderFault]:
    line = table.header_line
    if not columns.header:
        return [] if table.faults else [(1, None, "is empty")]
    faults: list[_HeaderFault] = []
    for target, names in missing(import_map, columns):
        wanted = " or ".join(names) or target
        advice = import_map.advice.get(target)
        reason = (
            f"the column is missing, which tells {target}"
            if names
            else f"no column tells {target}: name one in the map"
        )
        faults.append((line, wanted if names else None, f"{reason}; {advice}" if advice else reason))
    used = [name for names in import_map.columns.values() for name in names]
    used += import_map.client.columns if import_map.client else ()
    faults += [
        (line, name, "the column is there twice: which one is meant?")
        for name in dict.fromkeys(used)
        if columns.count(name) > 1
    ]
    if not import_map.ignore_other_columns:
        known = {place for name in used if (place := columns.place(name)) is not None}
        others = [name for place, name in enumerate(columns.header) if place not in known and name]
        if others:
            faults.append((line, None, f"has columns that the map does not name: {', '.join(others)}"))
    return faults


_CALLED: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


def _our_header_faults(import_map: ImportMap, table: TableReader, columns: Columns) -> list[_HeaderFault]:
    known = import_map.layout.columns()
    header, line = columns.header, table.header_line
    if not header:
        return [] if table.faults else [(1, None, f"has no header; its columns are {', '.join(known)}")]
    if table.told not in {None, ","}:
        return [(1, None, "says that cells are not separated by commas; save it with commas")]
    if len(header) == 1:
        for separator, called in _CALLED.items():
            if separator in header[0]:
                return [(line, None, f"cells are separated by {called}; separate them by commas")]
    faults: list[_HeaderFault] = [
        (line, None, f"column {place} is without a name; give it one, or take it out")
        for place, column in enumerate(header, 1)
        if not column
    ]
    unknown = [column for column in dict.fromkeys(header) if column and column not in known]
    if unknown:
        reason = f"unknown columns: {', '.join(unknown)}; known are {', '.join(known)}"
        faults.append((line, None, reason))
    faults += [
        (line, column, "the column is there twice")
        for column in dict.fromkeys(header)
        if column and header.count(column) > 1
    ]
    for column, each in known.items():
        if column in header:
            continue
        halves = [name for name, other in known.items() if other is each and name in header]
        if each.required:
            faults.append((line, column, "the column is missing"))
        elif halves:
            faults.append((line, column, f"the column is missing beside {halves[0]}"))
    return faults


def _without_reason(header: Sequence[str]) -> list[str]:
    """A header without the column that files of faulty rows have."""
    return list(header[:-1] if header and header[-1] == REASON_COLUMN else header)


def _narrowed(row: Row | BrokenRow, width: int, with_reason: int) -> Row | BrokenRow:
    if width != with_reason and isinstance(row, Row):
        return Row(row.line, row.cells[:width])
    return row


def _day(written: Written, order: Order, zone: tzinfo | None) -> date | None:
    """The day of a date, in the zone; None for one that does not exist."""
    try:
        local = written.local({written.between: order})
        if written.offset is not None and zone is not None:
            local = local.replace(tzinfo=written.offset).astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return local.date()
