"""Values as other systems write them: instants, calendar dates, numbers, ids. Absent and null are the same."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from chalicelib.domain.currencies import CURRENCIES
from chalicelib.domain.facts import MONEY_SCALE, Day, Instant, Money, Timestamp
from chalicelib.domain.times import day_of_instant, parse_day, parse_timestamp

EMPTY_YEARS: Final = ("0001-", "1899-", "1900-", "1753-")
"""What dates begin with that stand for none."""

_NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\Z", re.ASCII)
_MILLISECONDS = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/\Z", re.ASCII)


class BadValueError(Exception):
    """A value that is not of its documented form; `str()` names the field."""


def at(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as `company.id`; None where anything of it is missing."""
    found: Any = row
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def text(row: Mapping[str, Any], path: str) -> str | None:
    """A text, or a whole number as one; None where it is empty."""
    value = at(row, path)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | str):
        return str(value).strip() or None
    raise BadValueError(path)


def flag(row: Mapping[str, Any], path: str) -> bool:
    return at(row, path) is True


def timestamp(row: Mapping[str, Any], path: str) -> Timestamp | None:
    """An instant to the microsecond. A naive one is UTC; dates of 1900 and before stand for none."""
    written = text(row, path)
    if written is None or written.startswith(EMPTY_YEARS):
        return None
    plain = written.replace(" ", "")
    try:
        return parse_timestamp(f"{plain}Z" if _NAIVE.match(plain) else plain)
    except ValueError:
        raise BadValueError(path) from None


def instant(row: Mapping[str, Any], path: str) -> Instant | None:
    """An instant, cut to the second."""
    found = timestamp(row, path)
    return None if found is None else Instant(found)


def day(row: Mapping[str, Any], path: str) -> Day | None:
    """A calendar date; one that is written as an instant is cut, not converted."""
    written = text(row, path)
    if written is None or written.startswith(EMPTY_YEARS):
        return None
    try:
        return parse_day(written[:10])
    except ValueError:
        raise BadValueError(path) from None


def millisecond_instant(row: Mapping[str, Any], path: str) -> Timestamp | None:
    """An instant of the form `/Date(1539993600000+0000)/`; the offset is how it was shown, not part of it."""
    written = text(row, path)
    if written is None:
        return None
    match = _MILLISECONDS.match(written)
    if match is None:
        raise BadValueError(path)
    seconds, rest = divmod(int(match[1]), 1000)
    _check(path, 0 <= seconds < 4_133_980_800)  # 1970 to 2100
    return seconds + Decimal(rest).scaleb(-3) if rest else seconds


def millisecond_day(row: Mapping[str, Any], path: str) -> Day | None:
    """The UTC date of such an instant, which is what it means."""
    found = millisecond_instant(row, path)
    return None if found is None else day_of_instant(Instant(found))


def amount(row: Mapping[str, Any], path: str) -> int | None:
    """Money in ten-thousandths, half of one away from zero."""
    value = at(row, path)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise BadValueError(path)
    number = Decimal(value)
    _check(path, abs(number) < 10**12)
    return int((number * MONEY_SCALE).quantize(Decimal(1), ROUND_HALF_UP))


def money(row: Mapping[str, Any], path: str, currency: str | None) -> Money | None:
    """An amount of a known currency, 0 or more."""
    found = amount(row, path)
    if found is None:
        return None
    if currency is None or currency not in CURRENCIES or found < 0:
        raise BadValueError(path)
    return Money(currency, found)


def needed(value: Any, path: str) -> Any:
    """A value that no row of its kind goes without."""
    _check(path, value is not None)
    return value


def _check(path: str, holds: bool) -> None:
    if not holds:
        raise BadValueError(path)
