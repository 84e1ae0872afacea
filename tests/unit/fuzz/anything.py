"""What nobody should send: any JSON, any text (lone surrogates too), and good input with a fault in it."""

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

TEXT: Final = st.text(st.characters(exclude_categories=()), max_size=30)
"""Text as JSON may hold it, half of a surrogate pair included."""

NUMBERS: Final = st.integers() | st.floats() | st.sampled_from([-1, 0, 1, 2**31, 2**63, 10**30, 1e308, 5e-324])

TELLING: Final = (
    *("", "0", "null", "acme", "c1", "T1", "P1", "ACTIVE", "EUR", "nightly", "refresh", "weighted", "OPEN"),
    *("2026-11-22", "2026-11-22T02:00:00Z", "2026-10", "9999-12-31", "0000-00-00", "1e999999999", "NaN", "-0"),
    *("T#acme#OUTBOX", "T##OUTBOX", "#OUTBOX", "T#acme#P#0001", "../..", "%00", "\x00", "a" * 300),
)
"""Texts that mean something to some parser."""

SCALARS: Final = st.none() | st.booleans() | NUMBERS | TEXT | st.sampled_from(TELLING)
JSON: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.sampled_from(TELLING), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def spoiled(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> Any:
    """A good document with one value anywhere in it replaced by any other, or left out."""
    document = draw(good)
    return _spoil(draw, document)


def _spoil(draw: st.DrawFn, document: Any) -> Any:
    if draw(st.integers(0, 3)) == 0 or not isinstance(document, list | dict) or not document:
        return draw(JSON)
    if isinstance(document, list):
        place = draw(st.integers(0, len(document) - 1))
        rest = document[place + 1 :]
        return document[:place] + ([] if draw(st.booleans()) else [_spoil(draw, document[place])]) + rest
    name = draw(st.sampled_from(sorted(document)))
    others = {key: value for key, value in document.items() if key != name}
    return others if draw(st.booleans()) else {**others, name: _spoil(draw, document[name])}


@st.composite
def damaged(draw: st.DrawFn, good: st.SearchStrategy[bytes]) -> bytes:
    """Good bytes with some flipped, cut or added."""
    data = bytearray(draw(good))
    for place in draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=3)):
        data[place] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(data)))
    return bytes(data[:cut]) + draw(st.binary(max_size=4))


def one_of(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of some values, mostly; else anything."""
    return st.sampled_from(list(values)) | JSON
