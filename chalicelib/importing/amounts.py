"""Amounts as programs for people write them: marks, groups of thousands, currencies, minus signs."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

_PLACES: Final = Decimal("0.0001")

_SIGNS: Final = {
    "€": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN"),
    "US$": ("USD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "NZ$": ("NZD",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "SEK", "NOK", "ISK"),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "R": ("ZAR",),
    "R$": ("BRL",),
    "Fr.": ("CHF",),
}
"""What a sign may stand for: the tenant's own currency where it is among them, else the first."""

_BLANKS = "[ \u00a0\u2009\u202f]"
_NUMBER: Final = {
    mark: re.compile(
        rf"([0-9]+|[1-9][0-9]{{0,2}}(?:(?P<group>{re.escape(other)}|['’]|{_BLANKS})[0-9]{{3}})"
        rf"(?:(?P=group)[0-9]{{3}})*)(?:{re.escape(mark)}([0-9]*))?"
    )
    for mark, other in ((".", ","), (",", "."))
}
_MINUS = "-−‐"
_CODE = re.compile(r"[A-Z]{3}")


class Amount(NamedTuple):
    """A number, and the code or sign of a currency that stood beside it; `rounded`: it had more than four decimals."""

    number: Decimal
    currency: str | None
    rounded: bool


def read_number(cell: str, mark: str) -> Decimal:
    """A number whose decimals come after `mark`. Raises ValueError with what it should look like."""
    text, negative = _without_sign(cell.strip())
    match = _NUMBER[mark].fullmatch(text)
    if match is None:
        raise ValueError(f"is not a number with '{mark}' before the decimals")
    whole = "".join(letter for letter in match[1] if letter.isdigit())
    if len(whole) > 18:
        raise ValueError("has more digits than any amount")
    number = Decimal(f"{whole}.{match[3]}" if match[3] else whole)
    return -number if negative else number


def read_amount(cell: str, mark: str) -> Amount:
    """An amount of at most four decimals. Raises ValueError with what it should look like."""
    text, negative = _without_sign(cell.strip())
    bare, currency = _without_currency(text)
    if not negative:
        bare, negative = _without_sign(bare)
    exact = read_number(bare, mark)
    if exact < 0:
        raise ValueError("has two minus signs")
    number = exact.quantize(_PLACES, ROUND_HALF_UP) if -exact.as_tuple().exponent > 4 else exact  # type: ignore[operator]
    return Amount(-number if negative else number, currency, number != exact)


def currency_of(told: str | None, own: str) -> str | None:
    """The code of the currency that a cell tells by a code or sign; None where it is neither."""
    if told is None:
        return own
    if told in _SIGNS:
        meant = _SIGNS[told]
        return own if own in meant else meant[0]
    return told if _CODE.fullmatch(told) else None


def amount_text(number: Decimal) -> str:
    """An amount of 0 or more as the contract writes it."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text and len(text.partition(".")[2]) > 4 else text


def _without_sign(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text[:1] and text[0] in _MINUS:
        return text[1:].strip(), True
    return text, False


def _without_currency(text: str) -> tuple[str, str | None]:
    """The text without the code or sign of a currency at either end."""
    first, last = re.match(r"[^0-9(−‐-]*", text), re.search(r"[^0-9)]*\Z", text)
    for found, rest in (
        (first[0] if first else "", text[first.end() :] if first else text),
        (last[0] if last else "", text[: last.start()] if last else text),
    ):
        told = found.strip(" \u00a0\u2009\u202f")
        if told and (told in _SIGNS or _CODE.fullmatch(told)):
            return rest.strip(), told
    return text, None
