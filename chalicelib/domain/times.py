"""Instants and days as the contracts write them (api.md): RFC 3339 UTC with `Z`, `YYYY-MM-DD`, `YYYY-MM`."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from chalicelib.domain.facts import Day, Instant, Timestamp

FIRST_YEAR: Final = 1970
EPOCH_DAY: Final = Day(719_163)
"""1970-01-01."""
LAST_YEAR: Final = 2100

FIRST_DAY: Final = Day(1)
LAST_DAY: Final = Day(3_652_059)
LAST_INSTANT: Final = Instant(253_402_300_799)
"""All days and instants that there are to Python: year 1 to year 9999."""

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))\Z", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d\d)\Z", re.ASCII)


def parse_instant(text: str) -> Instant:
    """An RFC 3339 instant, cut to the second. Raises ValueError with what to send."""
    match = _INSTANT.match(text)
    if match is None:
        raise ValueError("Send an RFC 3339 instant such as 2026-11-22T09:30:00Z.")
    year, month, day, hour, minute, second, _, sign, offset_hours, offset_minutes = match.groups()
    try:
        # A leap second counts as the second before it.
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
        if int(second) > 60 or (sign and (int(offset_hours) > 23 or int(offset_minutes) > 59)):
            raise ValueError("out of range")
        if sign:
            offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
            local = local - offset if sign == "+" else local + offset
    except (ValueError, OverflowError):
        raise ValueError("This instant does not exist.") from None
    _check_year(local.year)
    return Instant(int(local.timestamp()))


def parse_timestamp(text: str) -> Timestamp:
    """An RFC 3339 instant, cut to the microsecond. Raises ValueError with what to send."""
    instant, match = parse_instant(text), _INSTANT.match(text)
    micros = int(((match and match[7]) or "0")[:6].ljust(6, "0"))
    return timestamp(instant, micros)


def timestamp(instant: Instant, micros: int) -> Timestamp:
    """An instant and 0 to 999,999 microseconds; without a fraction it is the instant itself."""
    return instant + Decimal(micros).scaleb(-6) if micros else instant


def parse_day(text: str) -> Day:
    """A calendar date. Raises ValueError with what to send."""
    if not _DAY.match(text):
        raise ValueError("Send a date such as 2026-11-22.")
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        raise ValueError("This date does not exist.") from None
    _check_year(parsed.year)
    return Day(parsed.toordinal())


def parse_month(text: str) -> int:
    """A month, as year × 12 + (month − 1). Raises ValueError with what to send."""
    match = _MONTH.match(text)
    if match is None or not 1 <= int(match[2]) <= 12:
        raise ValueError("Send a month such as 2026-11.")
    _check_year(int(match[1]))
    return int(match[1]) * 12 + int(match[2]) - 1


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"Years outside {FIRST_YEAR}–{LAST_YEAR} are refused.")


def format_instant(instant: Instant) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_timestamp(moment: Timestamp) -> str:
    """An instant with its fraction, if it has one."""
    whole = Instant(moment)
    fraction = f"{moment - whole:.6f}"[2:].rstrip("0")
    return format_instant(whole) if not fraction else f"{format_instant(whole)[:-1]}.{fraction}Z"


def format_instant_compact(instant: Instant) -> str:
    """An instant for keys and ids: it sorts as text."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y%m%dT%H%M%SZ")


def format_day(day: Day) -> str:
    return date.fromordinal(day).isoformat()


def format_month(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def day_of_instant(instant: Instant) -> Day:
    """The UTC day of an instant."""
    return EPOCH_DAY + instant // 86_400


def midnight(day: Day) -> Instant:
    """The beginning of a UTC day."""
    return Instant((day - EPOCH_DAY) * 86_400)


def quarter_of(instant: Instant) -> str:
    """The UTC quarter of an instant, such as `2026-Q4`."""
    moment = datetime.fromtimestamp(instant, UTC)
    return f"{moment.year}-Q{(moment.month + 2) // 3}"


def format_clock(minute: int) -> str:
    """A minute of the day as `HH:MM`; 1440 is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def parse_clock(text: str) -> int:
    """The minute of the day that a checked `HH:MM` is."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
