"""Field types of the contract: what JSON holds on the left, the domain's value on the right."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints, WithJsonSchema

from chalicelib.domain import facts
from chalicelib.domain.currencies import CURRENCIES
from chalicelib.domain.facts import MONEY_SCALE, OPEN_ENDED, Money
from chalicelib.domain.ids import (
    NO_MANAGER_ID,
    NO_MANAGER_IDS,
    RECORD_ID_PATTERN,
    SOURCE_PATTERN,
    RecordId,
    compiled,
)
from chalicelib.domain.text import stored_text
from chalicelib.domain.times import parse_day, parse_instant, parse_month, parse_timestamp

AMOUNT_PATTERN: Final = r"^[0-9]{1,12}(\.[0-9]{1,4})?$"
_IN_ADDRESS: Final = (
    r'[^@\s<>()\[\],;:"\\\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]'
)
EMAIL_PATTERN: Final = f"^{_IN_ADDRESS}{{1,64}}@{_IN_ADDRESS}{{1,189}}\\.{_IN_ADDRESS.replace('@', '@.')}{{2,63}}$"
"""One address, without a name beside it and without what no reader sees."""

LONGEST_WHOLE: Final = 18
"""Digits of the longest whole number that any field takes."""

_AMOUNT = re.compile(AMOUNT_PATTERN.replace("$", r"\Z"))
_SOURCE = compiled(SOURCE_PATTERN)
_EMAIL = re.compile(EMAIL_PATTERN.replace("$", r"\Z"))


def _of_text(parse: Callable[[str], int | Decimal]) -> Callable[[Any], int | Decimal]:
    def read(value: Any) -> int | Decimal:
        if not isinstance(value, str):
            raise ValueError("Send text.")  # noqa: TRY004  pydantic makes faults of ValueErrors only
        return parse(value)

    return read


def _parsed(parse: Callable[[str], int]) -> BeforeValidator:
    return BeforeValidator(_of_text(parse))


def _end_day(text: str) -> int:
    return OPEN_ENDED if text == "9999-12-31" else parse_day(text)


def _priority(text: str) -> int:
    if text not in {"P1", "P2", "P3", "P4", "P5"}:
        raise ValueError("Send one of P1, P2, P3, P4, P5.")
    return int(text[1])


def number(value: Any) -> Decimal:
    """A JSON number, exactly: the body is parsed to integers and decimals, only NaN and infinities are floats."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("Send a number.")  # noqa: TRY004  as above
    return Decimal(value)


def whole(value: Any) -> int:
    """A whole JSON number, also one that is written with decimals: `5.0`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal | float) and (number := Decimal(value)).is_finite() and number == number.to_integral():
        if number.adjusted() < LONGEST_WHOLE:
            return int(number)
        raise ValueError(f"Send a number of at most {LONGEST_WHOLE} digits.")
    raise ValueError("Send a whole number.")


def email(text: str) -> str:
    """One e-mail address. Raises ValueError with what to send."""
    if not _EMAIL.match(text):
        raise ValueError("Send one e-mail address such as ada@example.com.")
    return text


def _manager_id(text: RecordId) -> RecordId:
    if text in NO_MANAGER_IDS:
        raise ValueError(NO_MANAGER_ID)
    return text


def source(text: str) -> str:
    """The short name of another system. Raises ValueError with what to send."""
    if not _SOURCE.match(text):
        raise ValueError("Send 1 to 20 letters, digits, hyphens and underscores, a letter or digit first.")
    return text


def _amount(text: str) -> str:
    if not _AMOUNT.match(text):
        raise ValueError('Send an amount of 0 or more as text, with at most 4 decimals, such as "1200.50".')
    return text


def _currency(text: str) -> str:
    if text not in CURRENCIES:
        raise ValueError("Send the ISO 4217 code of a currency, such as EUR.")
    return text


def _whole_if_possible(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


_INSTANT_SCHEMA: Final = {"type": "string", "format": "date-time"}
_DAY_SCHEMA: Final = {"type": "string", "format": "date"}

Instant = Annotated[facts.Instant, _parsed(parse_instant), WithJsonSchema(_INSTANT_SCHEMA)]
Timestamp = Annotated[int | Decimal, PlainValidator(_of_text(parse_timestamp)), WithJsonSchema(_INSTANT_SCHEMA)]
Day = Annotated[facts.Day, _parsed(parse_day), WithJsonSchema(_DAY_SCHEMA)]
EndDay = Annotated[facts.Day, _parsed(_end_day), WithJsonSchema(_DAY_SCHEMA)]
Month = Annotated[
    int, _parsed(parse_month), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$"})
]
Priority = Annotated[int, _parsed(_priority), WithJsonSchema({"enum": ["P1", "P2", "P3", "P4", "P5"]})]

Id = Annotated[str, AfterValidator(RecordId), WithJsonSchema({"type": "string", "pattern": RECORD_ID_PATTERN})]
ManagerId = Annotated[Id, AfterValidator(_manager_id)]
Email = Annotated[str, AfterValidator(email), WithJsonSchema({"type": "string", "pattern": EMAIL_PATTERN})]
AmountText = Annotated[str, AfterValidator(_amount), WithJsonSchema({"type": "string", "pattern": AMOUNT_PATTERN})]
Currency = Annotated[str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
Whole = Annotated[int, BeforeValidator(whole)]
Composed: Final = AfterValidator(stored_text)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Composed]

Quantity = Annotated[
    Decimal,
    BeforeValidator(number),
    Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False),
    AfterValidator(_whole_if_possible),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
Percentage = Annotated[
    Decimal,
    BeforeValidator(number),
    Field(ge=0, le=100, max_digits=9, decimal_places=6, allow_inf_nan=False),
    AfterValidator(_whole_if_possible),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]


def _scaled(amount: str) -> int:
    """An amount in ten-thousandths."""
    return int(Decimal(amount) * MONEY_SCALE)


PartOfTotal = Annotated[AmountText, AfterValidator(_scaled)]


def money(currency: str, amount: str) -> Money:
    """Money of checked texts."""
    return Money(currency, _scaled(amount))
