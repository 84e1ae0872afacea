"""Dates and times as programs for people write them, by explicit forms, never by a guess.

Without formats of its own a map reads ISO 8601, numbers in either order with the year last, and months by their
English names, each with an optional time. Which of two numbers is the day is never a question of one cell: the whole
file proves it, or the map says it (`DayOrder`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Enum
from typing import Final, NamedTuple

from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR


class Order(Enum):
    """Which of two numbers before or after a year is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"

    @property
    def other(self) -> "Order":
        return Order.MONTH_FIRST if self is Order.DAY_FIRST else Order.DAY_FIRST

    def formats(self, between: str) -> list[str]:
        """The usual forms of this order, as directives of strptime."""
        pair = between.join(("%d", "%m") if self is Order.DAY_FIRST else ("%m", "%d"))
        days = [f"{pair}{between}%Y", f"{pair}{between}%y"]
        clocks = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
        return [*days, *(f"{day} {clock}" for day in days for clock in clocks)]


ISO_FORMATS: Final = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")

Orders = Mapping[str, Order]
"""What the numbers of a file mean, by what stands between them."""

_MONTH_NAMES: Final = (
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may",),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sep", "sept"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
_MONTHS: Final = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_LONG_MONTHS: Final = tuple(names[0].capitalize() for names in _MONTH_NAMES)

_ZONE: Final = r"(?: ?(?P<zone>[+-][0-9]{2}(?::?[0-9]{2})?|[A-Za-z]{1,5}))?"
_CLOCK: Final = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,12}))?)?"
    rf"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?{_ZONE}"
)
_TIME: Final = rf"(?:(?:[Tt]|,? +){_CLOCK})?"
_MONTH_NAME: Final = r"(?P<name>[A-Za-z]{3,9})\.?"
_BUILT_IN: Final = tuple(
    re.compile(form + _TIME, re.ASCII)
    for form in (
        r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})",
        r"(?P<first>[0-9]{1,2})(?P<between>[-/.])(?P<then>[0-9]{1,2})(?P=between)(?P<year>[0-9]{4}|[0-9]{2})",
        rf"(?P<day>[0-9]{{1,2}})(?P<mark>[-/ ]){_MONTH_NAME}(?P=mark)(?P<year>[0-9]{{4}}|[0-9]{{2}})",
        rf"{_MONTH_NAME} (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}})",
    )
)
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?(Z|z)?", re.ASCII
)
"""What most programs write, read without looking further."""

_DIRECTIVES: Final = {
    "Y": r"(?P<year>[0-9]{4})",
    "y": r"(?P<year>[0-9]{2})",
    "m": r"(?P<month>[0-9]{1,2})",
    "d": r"(?P<day>[0-9]{1,2})",
    "b": _MONTH_NAME,
    "B": _MONTH_NAME,
    "H": r"(?P<hour>[0-9]{1,2})",
    "I": r"(?P<hour>[0-9]{1,2})",
    "M": r"(?P<minute>[0-9]{2})",
    "S": r"(?P<second>[0-9]{2})",
    "f": r"(?P<fraction>[0-9]{1,12})",
    "p": r"(?P<half>[AaPp])\.?[Mm]\.?",
    "z": r"(?P<zone>[+-][0-9]{2}(?::?[0-9]{2})?|[A-Za-z]{1,5})",
    "%": "%",
}
NOTHING: Final = "nothing"
"""What stands between two numbers that follow each other."""

_DIRECTIVE = re.compile(r"%(.?)")
_NUMBERS = re.compile(r"%([dm])([-/. ]?)%([dm])(?![dm])")


class Written(NamedTuple):
    """A date as it stands in a cell: of `between` "", `first` is the day; otherwise that is for its order to say."""

    year: int
    first: int
    then: int
    between: str
    hour: int | None = None
    minute: int = 0
    second: int = 0
    micros: int = 0
    offset: timezone | None = None

    @property
    def order(self) -> Order | None:
        """The order that its numbers prove by themselves."""
        if not self.between:
            return None
        if 12 < self.first <= 31 and 1 <= self.then <= 12:
            return Order.DAY_FIRST
        return Order.MONTH_FIRST if 12 < self.then <= 31 and 1 <= self.first <= 12 else None

    @property
    def is_ambiguous(self) -> bool:
        return bool(self.between) and 1 <= self.first <= 12 and 1 <= self.then <= 12 and self.first != self.then

    def local(self, orders: Orders) -> datetime:
        """The date, with midnight where no time stands. Raises ValueError."""
        day, month = self.first, self.then
        if self.between and orders.get(self.between) is Order.MONTH_FIRST:
            day, month = month, day
        try:
            return datetime(self.year, month, day, self.hour or 0, self.minute, min(self.second, 59), self.micros)  # noqa: DTZ001
        except ValueError:
            raise ValueError("This date does not exist.") from None


class Format(NamedTuple):
    """A form of dates that a map allows; `order`: what it says of two numbers."""

    pattern: re.Pattern[str]
    between: str
    order: Order | None


def read_format(text: str) -> Format:
    """A format in the directives of strptime. Raises ValueError for what is none."""
    pattern, at = "", 0
    for match in _DIRECTIVE.finditer(text):
        if match[1] not in _DIRECTIVES:
            raise ValueError(f"%{match[1]} is no directive here; those are %{', %'.join(_DIRECTIVES)}")
        pattern += re.escape(text[at : match.start()]) + _DIRECTIVES[match[1]]
        at = match.end()
    pattern += re.escape(text[at:])
    used = {match[1] for match in _DIRECTIVE.finditer(text)}
    if not ({"Y", "y"} & used and {"m", "b", "B"} & used and "d" in used):
        raise ValueError("a date has a year, a month and a day: such as %d/%m/%Y %H:%M")
    if used & {"H", "I"}:
        if "S" in used and "f" not in used:
            pattern = pattern.replace(_DIRECTIVES["S"], _DIRECTIVES["S"] + r"(?:[.,](?P<fraction>[0-9]{1,12}))?")
        if "z" not in used:
            pattern += _ZONE
    pair = _NUMBERS.search(text)
    order = None
    if pair and pair[1] != pair[3] and not re.match(r"%[Yy]", text):
        order = Order.DAY_FIRST if pair[1] == "d" else Order.MONTH_FIRST
    try:
        return Format(re.compile(pattern, re.ASCII), (pair[2] or NOTHING) if pair and order else "", order)
    except re.error as error:
        raise ValueError("a directive stands twice") from error


class DateReader:
    """Reads dates by the formats of a map; without any, by the built-in forms."""

    def __init__(self, formats: Iterable[str] = ()) -> None:
        self._formats = tuple(map(read_format, formats))
        stated: dict[str, set[Order]] = {}
        for each in self._formats:
            if each.order is not None:
                stated.setdefault(each.between, set()).add(each.order)
        self.stated: Orders = {between: orders.pop() for between, orders in stated.items() if len(orders) == 1}
        """What the map says of numbers; nothing of what it allows both ways."""

    def written(self, cell: str) -> Written:
        """What stands in a cell. Raises ValueError with what is wrong with it."""
        if not self._formats:
            if (iso := _ISO.fullmatch(cell)) is not None:
                year, month, day, hour, minute, second, zulu = iso.groups()
                offset = UTC if zulu else None
                return Written(
                    year=int(year),
                    first=int(day),
                    then=int(month),
                    between="",
                    hour=int(hour),
                    minute=int(minute),
                    second=int(second or 0),
                    micros=0,
                    offset=offset,
                )
            for pattern in _BUILT_IN:
                if (match := pattern.fullmatch(cell)) is not None:
                    return _written(match, None)
            raise ValueError("is not a date of a known form: name its form in date_formats")
        for form in self._formats:
            if (match := form.pattern.fullmatch(cell)) is not None:
                return _written(match, form)
        raise ValueError("is of none of the map's date_formats")


def _written(match: re.Match[str], form: Format | None) -> Written:
    told = match.groupdict()
    year = int(told["year"])
    if len(told["year"]) == 2:
        year += 1900 if year >= 70 else 2000
    between = ""
    if told.get("first"):
        first, then, between = int(told["first"]), int(told["then"]), told["between"]
    else:
        name = told.get("name")
        first, then = int(told["day"]), _MONTHS.get(name.lower(), 0) if name else int(told["month"])
        if name and not then:
            raise ValueError("has a month that is not an English name")
        if form is not None and form.order is not None:
            between = form.between
            if form.order is Order.MONTH_FIRST:
                first, then = then, first
    if told.get("hour") is None:
        return Written(year, first, then, between)
    hour, half = int(told["hour"]), told.get("half")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("has an hour that goes with neither AM nor PM")
        hour = hour % 12 + (12 if half in "pP" else 0)
    minute, second = int(told["minute"]), int(told.get("second") or 0)
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError("This time does not exist.")
    micros = int((told.get("fraction") or "0")[:6].ljust(6, "0"))
    return Written(
        year=year,
        first=first,
        then=then,
        between=between,
        hour=hour,
        minute=minute,
        second=second,
        micros=micros,
        offset=_offset(told.get("zone")),
    )


def _offset(told: str | None) -> timezone | None:
    if told is None:
        return None
    if told[0] in "+-":
        digits = told[1:].replace(":", "").ljust(4, "0")
        hours, minutes = int(digits[:2]), int(digits[2:])
        if hours > 23 or minutes > 59:
            raise ValueError("has an offset that does not exist")
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(offset if told[0] == "+" else -offset)
    if told.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    raise ValueError(f"has the abbreviation {told[:5]}, which several zones share: send an offset, UTC, GMT or Z")


# --- the order of day and month ---


class Seen(NamedTuple):
    """Where a date stands that proves an order, or leaves it open."""

    line: int
    column: str
    value: str
    written: Written


@dataclass(slots=True)
class DayOrder:
    """What the dates of one file prove about day and month, by what stands between the numbers."""

    proofs: dict[tuple[str, Order], Seen] = field(default_factory=dict)
    open: dict[str, Seen] = field(default_factory=dict)

    def see(self, written: Written, line: int, column: str, value: str) -> None:
        order = written.order
        if order is not None:
            self.proofs.setdefault((written.between, order), Seen(line, column, value, written))
        elif written.is_ambiguous:
            self.open.setdefault(written.between, Seen(line, column, value, written))

    def decide(self, stated: Orders) -> tuple[dict[str, Order], list[tuple[Seen, str]]]:
        """The order per mark between the numbers, and why the file cannot be imported.

        The map is asked only where the data prove nothing; data that contradict it, or themselves, are a fault.
        """
        orders, wrong = dict(stated), []
        first = {order: seen for (_, order), seen in reversed(self.proofs.items())}
        if len(first) == 2:
            day, month = first[Order.DAY_FIRST], first[Order.MONTH_FIRST]
            reason = (
                f"the file has both orders: {day.value!r} (line {day.line}) has the day first, {month.value!r} "
                f"(line {month.line}) the month"
            )
            return orders, [(max(day, month), reason)]
        for (between, order), seen in self.proofs.items():
            if stated.get(between, order) is not order:
                wrong.append((seen, f"{seen.value!r} has the {order.value}, the map's date_formats say otherwise"))
            orders[between] = order
        for between, seen in self.open.items():
            if between not in orders:
                wrong.append((seen, question(seen.value, seen.written)))
        return orders, wrong


def question(value: str, written: Written) -> str:
    """The two readings of a date, and what to do about them."""
    day, month = (
        f"{local.day} {_LONG_MONTHS[local.month - 1]} {local.year}"
        for local in (written.local({written.between: order}) for order in Order)
    )
    mark = "" if written.between == NOTHING else written.between
    forms = [f"%{first}{mark}%{then}{mark}%Y" for first, then in ("dm", "md")]
    return (
        f"{value!r} is {day} or {month}, and no date in the file tells: set date_formats in the map to "
        f'"{forms[0]} …" or "{forms[1]} …"'
    )


# --- moments ---


class Moment(NamedTuple):
    """An instant in UTC; `twice`, `never`: what the clocks of its zone did to the local time; `day_only`: no time."""

    at: datetime
    twice: bool = False
    never: bool = False
    day_only: bool = False


def moment(written: Written, orders: Orders, zone: tzinfo) -> Moment:
    """A local time in a zone as an instant: one that happens twice is the first, one that does not exist takes the
    offset before. Raises ValueError."""
    local = written.local(orders)
    _check_year(local.year)
    if written.offset is not None:
        return Moment(local.replace(tzinfo=written.offset).astimezone(UTC))
    here = local.replace(tzinfo=zone)
    at = here.astimezone(UTC)
    day_only = written.hour is None
    if here.utcoffset() == here.replace(fold=1).utcoffset():
        return Moment(at, day_only=day_only)
    never = at.astimezone(zone).replace(tzinfo=None) != local
    return Moment(at, not never, never, day_only)


def day(written: Written, orders: Orders) -> date:
    """The date that stands in a cell; a time beside it does not move it. Raises ValueError."""
    found = written.local(orders).date()
    if found != date(9999, 12, 31):
        _check_year(found.year)
    return found


def instant_text(at: datetime) -> str:
    """An instant as the contract writes it."""
    text = at.replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"Years outside {FIRST_YEAR}–{LAST_YEAR} are refused.")
