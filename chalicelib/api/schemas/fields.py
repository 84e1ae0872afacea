"""Field types of the contract: what JSON holds on the left, the domain's value on the right."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from chalicelib.domain.facts import MONEY_SCALE, OPEN_ENDED, Money
from chalicelib.domain.ids import RECORD_ID_PATTERN, RecordId
from chalicelib.domain.times import parse_day, parse_instant, parse_month

AMOUNT_PATTERN: Final = r"^[0-9]{1,12}(\.[0-9]{1,4})?$"
CURRENCY_PATTERN: Final = r"^[A-Z]{3}$"
EMAIL_PATTERN: Final = r"^[^@\s]{1,64}@[^@\s]{1,189}\.[^@\s.]{2,63}$"


def _parsed(parse: Callable[[str], int]) -> BeforeValidator:
    def read(value: Any) -> int:
        if not isinstance(value, str):
            raise ValueError("Send text.")  # noqa: TRY004  pydantic makes faults of ValueErrors only
        return parse(value)

    return BeforeValidator(read)


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


def _whole_if_possible(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


_INSTANT_SCHEMA: Final = {"type": "string", "format": "date-time"}
_DAY_SCHEMA: Final = {"type": "string", "format": "date"}

Instant = Annotated[int, _parsed(parse_instant), WithJsonSchema(_INSTANT_SCHEMA)]
Day = Annotated[int, _parsed(parse_day), WithJsonSchema(_DAY_SCHEMA)]
EndDay = Annotated[int, _parsed(_end_day), WithJsonSchema(_DAY_SCHEMA)]
Month = Annotated[
    int, _parsed(parse_month), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$"})
]
Priority = Annotated[int, _parsed(_priority), WithJsonSchema({"enum": ["P1", "P2", "P3", "P4", "P5"]})]

Id = Annotated[str, Field(pattern=RECORD_ID_PATTERN), AfterValidator(RecordId)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

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


def money(currency: str, amount: str) -> Money:
    """Money of checked texts."""
    return Money(currency, int(Decimal(amount) * MONEY_SCALE))
