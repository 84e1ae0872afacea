"""Columns as compressed JSON: lossless, equal for equal values, and never silent about bytes they cannot read."""

import zlib
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.columns import (
    CODEC_VERSION,
    CodecError,
    decode_ids,
    decode_number,
    decode_steps,
    decode_values,
    encode_ids,
    encode_number,
    encode_steps,
    encode_values,
    pack,
    unpack,
)
from tests.unit.domain.strategies import ids, numbered_ids, numbers

scalars = st.none() | st.booleans() | st.integers() | st.text()
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
columns = (
    st.lists(st.none() | st.integers(), max_size=90)
    | st.lists(st.none() | st.text(), max_size=90)
    | st.lists(st.booleans(), max_size=90)
    | st.lists(st.sampled_from([None, 0, 1, 7]), max_size=90)
)


def stored(column: Any) -> Any:
    """A column as it comes back from an item."""
    return unpack(pack(column))


@given(documents)
def test_documents_are_packed_without_loss(document: Any) -> None:
    assert unpack(pack(document)) == document
    assert pack(document) == pack(unpack(pack(document)))


@given(columns)
@example(["a", "b"])
@example([])
@example([None])
@example([None, None])
@example(list(range(36)) * 2)
@example(list(range(37)) * 2)
def test_values(values: list[Any]) -> None:
    assert decode_values(stored(encode_values(values))) == values


@pytest.mark.parametrize(
    ("values", "column"),
    [
        pytest.param([7, 7, 7], [[7], 3], id="one value"),
        pytest.param([7], [[7], 1], id="one value once"),
        pytest.param([7, None, 7, 7], [[7, None], "0100"], id="few distinct values"),
        pytest.param([7, 8, 9, 7], [7, 8, 9, 7], id="too many distinct values"),
        pytest.param(list(range(36)) * 2, [list(range(36)), "0123456789abcdefghijklmnopqrstuvwxyz" * 2], id="36"),
        pytest.param(list(range(37)) * 2, list(range(37)) * 2, id="more than there are letters"),
    ],
)
def test_values_take_the_form_that_costs_least(values: list[Any], column: Any) -> None:
    assert encode_values(values) == column


@given(st.lists(st.integers(), max_size=60))
def test_steps(values: list[int]) -> None:
    assert decode_steps(stored(encode_steps(values))) == values


def test_steps_are_differences() -> None:
    assert encode_steps([100, 107, 105]) == [100, 7, -2]


@given(st.lists(ids, max_size=8) | st.lists(numbered_ids, max_size=8))
@example(["T1", "T01"])
@example(["T01", "T1"])
@example(["T9", "T10"])
@example(["T09", "T10", "T100"])
@example(["T1", "U1"])
@example(["1", "01", "001"])
@example(["0", "00"])
@example(["T0001234", "T0001234"])
@example(["a" * 64])
@example(["9" * 64, "9" * 63])
@example(["T" + "0" * 30 + "1"])
@example(["T1234567890123456", "T1234567890123457"])
@example(["a", "T1"])
def test_ids_of_any_valid_form(held: list[str]) -> None:
    assert decode_ids(stored(encode_ids(held))) == held


@pytest.mark.parametrize(
    ("held", "column"),
    [
        pytest.param(["T0001234", "T0001236"], ["T", 7, [1234, 2]], id="one sequence"),
        pytest.param(["T9", "T10"], ["T", 1, [9, 1]], id="one sequence without leading zeros"),
        pytest.param(["T1", "T01"], [["T1", "T01"]], id="equal numbers"),
        pytest.param(["T1", "U1"], [["T1", "U1"]], id="two prefixes"),
        pytest.param(["T1", "x"], [["T1", "x"]], id="no number"),
        pytest.param([], [[]], id="none"),
    ],
)
def test_ids_of_one_sequence_are_steps(held: list[str], column: Any) -> None:
    assert encode_ids(held) == column


@given(st.none() | numbers)
@example(Decimal("0.000001"))
@example(Decimal("1E+3"))
@example(Decimal("-0"))
def test_numbers(number: int | Decimal | None) -> None:
    assert decode_number(stored(encode_number(number))) == number


@pytest.mark.parametrize(
    ("number", "held"), [(None, None), (8, 8), (Decimal("8.0"), 8), (Decimal("1E+3"), 1000), (Decimal("8.250"), "8.25")]
)
def test_equal_numbers_are_held_the_same(number: Any, held: Any) -> None:
    found = encode_number(number)

    assert found == held
    assert type(found) is type(held)


# ---- bytes that cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0, CODEC_VERSION + 1, 255])
def test_refuses_an_unknown_version(version: int) -> None:
    with pytest.raises(CodecError, match=f"codec version {version} is unknown; this code reads {CODEC_VERSION}"):
        unpack(bytes((version,)) + pack([1, 2])[1:])


def test_refuses_nothing_at_all() -> None:
    with pytest.raises(CodecError, match="codec version none"):
        unpack(b"")


@given(documents, st.data())
def test_refuses_bytes_that_were_cut_off(document: Any, data: st.DataObject) -> None:
    packed = pack(document)

    with pytest.raises(CodecError):
        unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])


@given(st.binary(max_size=60))
def test_garbage_raises_nothing_but_codec_errors(garbage: bytes) -> None:
    with suppress(CodecError):
        unpack(pack("")[:1] + garbage)


@given(documents, st.data())
def test_a_flipped_bit_raises_nothing_but_codec_errors(document: Any, data: st.DataObject) -> None:
    packed = bytearray(pack(document))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with suppress(CodecError):
        unpack(bytes(packed))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[1]]"])
def test_refuses_what_is_no_json(text: bytes) -> None:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)

    with pytest.raises(CodecError, match="damaged"):
        unpack(bytes((CODEC_VERSION,)) + compressor.compress(text) + compressor.flush())
