"""One row as one record: the cells of a table read by a map."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from chalicelib.domain.source_ids import hash_id, plain_id, record_id
from chalicelib.domain.text import folded
from chalicelib.importing.amounts import Amount, amount_text, currency_of, read_amount, read_number
from chalicelib.importing.clients import NoClient, mention_key
from chalicelib.importing.dates import DateReader, Orders, Written, day, instant_text, moment
from chalicelib.importing.fields import FIRST_RESPONSE, TICKET_STATE, Field, Kind
from chalicelib.importing.maps import OTHER, ImportMap
from chalicelib.importing.tables import Row

Record: TypeAlias = dict[str, Any]
"""One record as in the contracts: `type`, `id` and the fields; numbers are `int` or `Decimal`."""

REASON_COLUMN: Final = "import_reason"
"""The column of a file of faulty rows that says what is wrong; passed over when it comes in again."""

_WHOLE = re.compile(r"(-?[0-9]{1,18})(\.0+)?")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
"""How spreadsheets are kept from reading a text as a number."""
MOST_MINUTES: Final = 10 * 366 * 24 * 60
"""Until a ticket's first answer: ten years."""

_WORDS: Final = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


class CellFault(NamedTuple):
    """What is wrong with a row, or with its cell in a column."""

    column: str | None
    reason: str
    value: str | None = None


class Mapped(NamedTuple):
    """A row as a record, and what records are sent in the order of: its client, its time."""

    line: int
    record: Record

    @property
    def order(self) -> tuple[str, str]:
        record = self.record
        return record.get("client_id", ""), record.get("created_at", "")


class BadRow(NamedTuple):
    """A row that is no record, with all its faults."""

    line: int
    faults: tuple[CellFault, ...]


class Skipped(NamedTuple):
    """A row that is left out on purpose, and why."""

    line: int
    why: str


Outcome: TypeAlias = Mapped | BadRow | Skipped

NO_CLIENT: Final = "rows without a client"
CREDIT_NOTE: Final = "credit notes"


@dataclass(frozen=True, slots=True)
class Context:
    """What a map leaves to the tenant and the file."""

    zone: tzinfo | None = None
    currency: str | None = None
    exported_at: str | None = None
    orders: Orders = field(default_factory=dict)
    clients: Mapping[tuple[str, str, str], str | NoClient] = field(default_factory=dict)
    updated_by: tuple[str, ...] = ()
    """The column of versions, where those are instants."""


class _FaultError(Exception):
    """A cell that cannot be read."""

    def __init__(self, column: str | None, reason: str, value: str | None = None) -> None:
        super().__init__(reason)
        self.fault = CellFault(column, reason, value)


class Columns:
    """Where the columns of a map stand in a header."""

    def __init__(self, import_map: ImportMap, header: Sequence[str]) -> None:
        self.header = list(header)
        self._exact = import_map.ours
        self._at: dict[str, int] = {}
        for place, name in enumerate(header):
            self._at.setdefault(self._key(name), place)
        self.of: dict[str, list[tuple[int, str]]] = {
            target: found for target, names in import_map.columns.items() if (found := self.places(names))
        }

    def _key(self, name: str) -> str:
        return name if self._exact else folded(name)

    def place(self, name: str) -> int | None:
        return self._at.get(self._key(name))

    def places(self, names: Iterable[str]) -> list[tuple[int, str]]:
        """Those of the columns that are there, with their names."""
        return [(place, self.header[place]) for name in names if (place := self.place(name)) is not None]

    def count(self, name: str) -> int:
        key = self._key(name)
        return sum(self._key(each) == key for each in self.header)


class RowReader:
    """Reads rows of one file by its map. `notes` counts what was done to cells that is worth telling."""

    def __init__(self, import_map: ImportMap, columns: Columns, context: Context) -> None:
        self._map, self._columns, self._context = import_map, columns, context
        self.notes: Counter[str] = Counter()
        self._layout = import_map.layout
        self._width = len(columns.header)
        self._dates = DateReader(import_map.date_formats)
        self._zone = context.zone
        client = import_map.client
        self._client = [] if client is None else columns.places(client.columns)
        self._client_by = "" if client is None else client.by
        self._hash_of = columns.places(import_map.hash_of)
        self._skip = [
            (place, name, {folded(word) for word in words})
            for column, words in import_map.skip.items()
            for place, name in columns.places([column])
        ]
        self._values = {
            target: {folded(word) if word != OTHER else OTHER: ours for word, ours in words.items()}
            for target, words in import_map.values.items()
        }
        self.read: Callable[..., Outcome] = self._read_ours if import_map.ours else self._read_theirs
        converters: dict[Kind, Callable[[Field, str, str], Any]] = {
            Kind.TEXT: self._text,
            Kind.CODE: self._code,
            Kind.BOOLEAN: self._boolean,
            Kind.WHOLE: self._whole,
            Kind.DECIMAL: self._decimal,
            Kind.AMOUNT: self._amount,
            Kind.INSTANT: self._instant,
            Kind.DAY: self._day,
            Kind.MONTH: self._month,
            Kind.ID: self._id_of_another,
        }
        extra = (TICKET_STATE, FIRST_RESPONSE) if self._layout.type == "ticket" else ()
        self._fields = [
            (each, columns.of.get(each.name, []), converters[each.kind])
            for each in (*self._layout.fields, *extra)
            if each.kind is not Kind.MONEY and each.name not in {"client_id", "deleted", "updated_at"}
        ]
        self._money = [each for each in self._layout.fields if each.kind is Kind.MONEY]
        self._updated = columns.of.get("updated_at", []) or columns.places(context.updated_by)
        self._instants: dict[str, datetime] = {}
        self._days_only: set[str] = set()
        if import_map.ours:
            self._compile_ours()

    # --- cells ---

    def cell(self, cells: Sequence[str], places: Iterable[tuple[int, str]]) -> tuple[str, str]:
        """The first cell that says something, trimmed, with its column; else an empty one, of the first column."""
        first = ""
        for place, name in places:
            first = first or name
            if place < len(cells) and (text := cells[place].strip()):
                if text[0] == "=" and (match := _FORMULA.fullmatch(text)) is not None:
                    text = match[1].strip()
                if text not in self._map.nulls:
                    return text, name
        return "", first

    def client_value(self, cells: Sequence[str]) -> str:
        """What the row calls its client; empty where it names none."""
        return self.cell(cells, self._client)[0]

    def skips(self, cells: Sequence[str]) -> str | None:
        """Why the map leaves a row out; None where it does not."""
        for place, name, words in self._skip:
            if place < len(cells) and folded(cells[place]) in words:
                return f"rows whose {name} is {cells[place].strip() or 'empty'}"
        return None

    # --- rows of other systems ---

    def _read_theirs(self, row: Row, amounts: Sequence[str] | None = None) -> Outcome:
        """A row as a record; `amounts`: the cells to add up where it stands for several lines."""
        line, cells = row
        if len(cells) > self._width and any(cells[self._width :]):
            if not self._map.ignore_other_columns:
                return BadRow(line, (CellFault(None, _width(len(cells), self._width)),))
            self.notes["rows wider than the header: the cells beyond it are passed over"] += 1
        if (why := self.skips(cells)) is not None:
            return Skipped(line, why)
        record: Record = {"type": self._layout.type}
        faults: list[CellFault] = []
        self._instants, self._days_only = {}, set()
        if self._client:
            found = self._find_client(cells)
            if found is None:
                return Skipped(line, NO_CLIENT)
            if isinstance(found, CellFault):
                faults.append(found)
            else:
                record["client_id"] = found
        steps: list[tuple[Callable[..., None], tuple[Any, ...]]] = [(self._set_id, (record, cells))]
        steps += [(self._set, (record, each, cells, places, convert)) for each, places, convert in self._fields]
        steps.append((self._set_updated, (record, cells)))
        for step, arguments in steps:
            try:
                step(*arguments)
            except _FaultError as error:
                faults.append(error.fault)
        try:
            for each in self._money:
                if self._set_money(record, each, cells, amounts):
                    return Skipped(line, CREDIT_NOTE)
            if not faults:
                self._finish(record)
        except _FaultError as error:
            faults.append(error.fault)
        return BadRow(line, tuple(faults)) if faults else Mapped(line, record)

    def _find_client(self, cells: Sequence[str]) -> str | CellFault | None:
        value, column = self.cell(cells, self._client)
        if not value:
            return None
        found = self._context.clients.get((self._map.source, self._client_by, mention_key(self._client_by, value)))
        if isinstance(found, NoClient):
            return CellFault(column, found.reason, value)
        return value if found is None else found

    def _set_id(self, record: Record, cells: Sequence[str]) -> None:
        places = self._columns.of.get("id", [])
        if places:
            text, column = self.cell(cells, places)
            if text:
                record["id"] = record_id(text, self._map.source)
                if record["id"] != plain_id(text, self._map.source):
                    self.notes["ids rewritten, because ours have no such characters or lengths"] += 1
                return
            raise _FaultError(column, "is required")
        if self._hash_of:
            told = [self.cell(cells, [place])[0] for place in self._hash_of]
            if not any(told):
                raise _FaultError(self._hash_of[0][1], "is empty, and so is all else that the id is made of")
            record["id"] = hash_id(told, self._map.source)
        else:  # a client that is found or created by its name
            record["id"] = record.pop("client_id", "")

    def _set(
        self,
        record: Record,
        each: Field,
        cells: Sequence[str],
        places: list[tuple[int, str]],
        convert: Callable[[Field, str, str], Any],
    ) -> None:
        text, column = self.cell(cells, places)
        words = self._values.get(each.name)
        if not text:
            if words is not None and "" in words:
                record[each.name] = words[""]
            elif each.name in self._map.constants:
                record[each.name] = self._map.constants[each.name]
                if places:
                    self.notes[f"{each.name}: {record[each.name]} was taken for rows without one"] += 1
            elif each.required:
                raise _FaultError(column or each.name, "is required")
            return
        if words is not None and (meant := words.get(folded(text))) is not None:
            record[each.name] = meant
            return
        record[each.name] = convert(each, text, column)

    def _text(self, _each: Field, text: str, _column: str) -> str:
        return text

    def _code(self, each: Field, text: str, column: str) -> Any:
        plain = text.lower() if each.codes[0].islower() else text.upper()
        if plain in each.codes:
            return plain
        other = self._values.get(each.name, {}).get(OTHER)
        if other is None:
            reason = (
                f"{text[:60]!r} is not in the map's values.{each.name}: add it there as one of {', '.join(each.codes)}"
            )
            raise _FaultError(column, reason)
        return other

    def _boolean(self, _each: Field, text: str, column: str) -> bool:
        found = _WORDS.get(text.casefold())
        if found is None:
            raise _FaultError(column, "is not true or false", text)
        return found

    def _whole(self, _each: Field, text: str, column: str) -> int:
        match = _WHOLE.fullmatch(text)
        if match is None:
            raise _FaultError(column, "is not a whole number", text)
        return int(match[1])

    def _decimal(self, _each: Field, text: str, column: str) -> Decimal:
        try:
            return read_number(text, self._map.decimal)
        except ValueError as error:
            raise _FaultError(column, str(error), text) from None

    def _amount(self, _each: Field, text: str, column: str) -> str:
        return amount_text(self._read_amount(text, column).number)

    def _read_amount(self, text: str, column: str) -> Amount:
        try:
            found = read_amount(text, self._map.decimal)
        except ValueError as error:
            raise _FaultError(column, str(error), text) from None
        if found.rounded:
            self.notes["amounts rounded to four decimals"] += 1
        return found

    def _written(self, text: str, column: str) -> Written:
        try:
            return self._dates.written(text)
        except ValueError as error:
            raise _FaultError(column, str(error), text) from None

    def _instant(self, each: Field, text: str, column: str) -> str:
        written = self._written(text, column)
        if self._zone is None and written.offset is None:
            raise _FaultError(column, "is a local time, but of which zone? Set time_zone in the map", text)
        try:
            found = moment(written, self._context.orders, self._zone or UTC)
        except (ValueError, OverflowError) as error:
            raise _FaultError(column, str(error), text) from None
        if found.twice:
            self.notes["local times that happened twice: the first was taken"] += 1
        if found.never:
            self.notes["local times that did not exist: the offset before was taken"] += 1
        if found.day_only:
            self.notes["dates without a time: midnight was taken"] += 1
            self._days_only.add(each.name)
        self._instants[each.name] = found.at
        return instant_text(found.at)

    def _day(self, _each: Field, text: str, column: str) -> str:
        try:
            return day(self._written(text, column), self._context.orders).isoformat()
        except ValueError as error:
            raise _FaultError(column, str(error), text) from None

    def _month(self, each: Field, text: str, column: str) -> str:
        return text if _MONTH.fullmatch(text) else self._day(each, text, column)[:7]

    def _id_of_another(self, _each: Field, text: str, _column: str) -> str:
        return record_id(text, self._map.source)

    def _set_money(self, record: Record, each: Field, cells: Sequence[str], amounts: Sequence[str] | None) -> bool:
        """Whether it is a credit note."""
        places = self._columns.of.get(f"{each.name}_amount", [])
        own, column = self.cell(cells, places)
        if amounts is not None and self._map.sum_lines is not None:
            column = self._map.sum_lines.amount
            found = [text for text in (self.cell([amount], [(0, column)])[0] for amount in amounts) if text]
        else:
            found = [own] if own else []
        if not found:
            if each.required:
                raise _FaultError(column or each.name, "is required")
            return False
        read = [self._read_amount(text, column) for text in found]
        total = sum((amount.number for amount in read), Decimal(0))
        told = {amount.currency for amount in read if amount.currency} or {
            self.cell(cells, self._columns.of.get(f"{each.name}_currency", []))[0]
            or str(self._map.constants.get(f"{each.name}_currency", ""))
            or self._context.currency
            or ""
        }
        if len(told) > 1:
            raise _FaultError(column, "has lines of several currencies")
        sign = next(iter(told))
        currency = currency_of(sign, self._context.currency or sign) if sign else None
        if currency is None:
            raise _FaultError(column, "is in no currency: set constants.total_currency in the map", sign or None)
        if total < 0:
            if self._layout.type == "invoice":
                return True
            raise _FaultError(column, "is negative", found[0])
        record[each.name] = {"currency": currency, "amount": amount_text(total)}
        return False

    def _set_updated(self, record: Record, cells: Sequence[str]) -> None:
        text, column = self.cell(cells, self._updated)
        if text:
            record["updated_at"] = self._instant(_UPDATED, text, column)
        elif self._context.exported_at is not None:
            record["updated_at"] = self._context.exported_at

    def _finish(self, record: Record) -> None:
        """What fields say of each other."""
        if self._layout.type == "ticket":
            self._finish_ticket(record)
        elif self._layout.type == "invoice" and record.get("status") == "SENT" and "balance" in record:
            balance, total = Decimal(record["balance"]), Decimal(record["total"]["amount"])
            if 0 == balance < total:
                record["status"] = "PAID"
            elif 0 < balance < total:
                record["status"] = "PARTIAL"

    def _answered(self, created: datetime, minutes: str) -> datetime:
        if not 0 <= Decimal(minutes) <= MOST_MINUTES:
            column = next((name for _, name in self._columns.of.get("first_response_minutes", [])), "minutes")
            raise _FaultError(column, "is no time that an answer takes, in minutes")
        return created + timedelta(minutes=float(minutes))

    def _finish_ticket(self, record: Record) -> None:
        state, minutes = record.pop("state", None), record.pop("first_response_minutes", None)
        created = self._instants.get("created_at")
        if minutes is not None and created is not None and "first_response_at" not in record:
            self._instants["first_response_at"] = self._answered(created, minutes)
            record["first_response_at"] = instant_text(self._instants["first_response_at"].replace(microsecond=0))
        for name in self._days_only - {"created_at", "updated_at"}:
            if created is not None and self._instants[name] < created:
                record[name] = record["created_at"]
        if state in {"open", "resolved"}:
            record.pop("closed_at", None)
        if state == "open":
            record.pop("resolved_at", None)
        ended = {"resolved": "resolved_at", "closed": "closed_at"}.get(state or "")
        if ended is not None and ended not in record:
            column = next((name for _, name in self._columns.of.get("state", [])), "state")
            known = record.get("resolved_at") or self._own_update(record)
            if known is None:
                reason = f"is {state}, but no column says when: {ended}, resolved_at or updated_at"
                raise _FaultError(column, reason)
            self.notes[f"{ended} taken from the time of resolution or of the last change"] += 1
            record[ended] = known

    def _own_update(self, record: Record) -> str | None:
        """When the row itself was last changed."""
        return record["updated_at"] if "updated_at" in self._instants else None

    # --- rows of our own format ---

    def _compile_ours(self) -> None:
        layout = self._layout
        fields = layout.columns()
        place = {column: at for at, column in enumerate(self._columns.header) if column in fields}
        identity = (layout.id_column,) if layout.type == "ticket" else (layout.id_column, layout.client_column)
        self._identity = [(at, column) for column, at in place.items() if column in identity]
        self._required: list[tuple[int, str]] = []
        self._cells: list[tuple[int, str, str, Callable[[str], Any]]] = []
        self._pairs: list[tuple[int, int, str]] = []
        for column, at in place.items():
            each = fields[column]
            if each.required:
                self._required.append((at, column))
            if each.kind is not Kind.MONEY:
                self._cells.append((at, column, each.name, _OURS.get(each.kind, str)))
            elif column == f"{each.name}_amount":
                self._pairs.append((at, place[f"{each.name}_currency"], each.name))

    def _read_ours(self, row: Row, _amounts: Sequence[str] | None = None) -> Outcome:
        line, cells = row
        width = self._width
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]  # columns without a name, as spreadsheets leave them behind
        if len(cells) != width:
            return BadRow(line, (CellFault(None, _width(len(cells), width)),))
        record: Record = {"type": self._layout.type}
        faults: list[CellFault] = []
        for at, column, name, convert in self._cells:
            if cell := cells[at]:
                try:
                    record[name] = convert(cell)
                except ValueError as error:
                    faults.append(CellFault(column, str(error), cell))
        for amount_at, currency_at, name in self._pairs:
            amount, currency = cells[amount_at], cells[currency_at]
            if amount and currency:
                record[name] = {"currency": currency, "amount": amount}
            elif amount:
                faults.append(CellFault(f"{name}_currency", "is empty although there is an amount"))
            elif currency:
                faults.append(CellFault(f"{name}_amount", "is empty although there is a currency"))
        # To delete a record its identity is enough.
        required = self._identity if record.get("deleted") else self._required
        for at, column in required:
            if not cells[at] and all(fault.column != column for fault in faults):
                faults.append(CellFault(column, "is required"))
        if faults:
            return BadRow(line, tuple(faults))
        if "updated_at" not in record and self._context.exported_at is not None:
            record["updated_at"] = self._context.exported_at
        return Mapped(line, record)


def _our_boolean(cell: str) -> bool:
    # Spreadsheets write TRUE and FALSE.
    match cell.lower():
        case "true":
            return True
        case "false":
            return False
    raise ValueError("is not true or false")


def _our_whole(cell: str) -> int:
    found = _WHOLE.fullmatch(cell)  # spreadsheets write 5.0
    if found is None:
        raise ValueError("is not a whole number")
    return int(found[1])


def _our_decimal(cell: str) -> Decimal:
    if _DECIMAL.fullmatch(cell) is None:
        raise ValueError("is not a number (digits, with a point before the decimals)")
    return Decimal(cell)


_OURS: Final[dict[Kind, Callable[[str], Any]]] = {
    Kind.BOOLEAN: _our_boolean,
    Kind.WHOLE: _our_whole,
    Kind.DECIMAL: _our_decimal,
}
_UPDATED: Final = Field("updated_at", Kind.INSTANT, required=False)


def _width(found: int, wanted: int) -> str:
    return f"has {found} cells where the header has {wanted}"
