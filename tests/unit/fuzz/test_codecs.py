"""Whatever bytes stand in an item: they are read, or they are a CodecError; and they never fill the memory."""

import json
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb import alerts
from chalicelib.adapters.dynamodb.columns import CODEC_VERSION, MOST_BYTES, MOST_VALUES, CodecError, pack, unpack
from chalicelib.adapters.dynamodb.fact_codec import (
    FACTS_FIELDS,
    decode_facts,
    decode_records,
    decode_tickets,
    encode_block,
)
from chalicelib.adapters.dynamodb.page_codec import (
    _decode_amounts,
    decode_rows,
    decode_scores,
    decode_snapshot,
    decode_stamp,
    encode_rows,
    encode_snapshot,
)
from chalicelib.domain.alerts import Alert, Reason
from tests.unit.domain.strategies import blocks, pages_of_rows, snapshots
from tests.unit.fuzz.anything import JSON, SCALARS, damaged, spoiled

Decoder = Callable[[bytes], Any]


def tickets(data: bytes) -> Any:
    return decode_tickets([data])


BLOCKS: Final = blocks(sorted(FACTS_FIELDS), max_size=3).map(encode_block)
TICKETS: Final = blocks(["ticket"], max_size=3).map(encode_block)

STORED: Final[dict[str, tuple[Decoder, st.SearchStrategy[bytes]]]] = {
    "unpack": (unpack, JSON.filter(lambda document: _is_text(document)).map(pack)),
    "snapshot": (decode_snapshot, snapshots.map(encode_snapshot)),
    "rows": (decode_rows, pages_of_rows.map(encode_rows)),
    "records": (decode_records, BLOCKS),
    "facts": (decode_facts, BLOCKS),
    "tickets": (tickets, TICKETS),
}
EVERY: Final = pytest.mark.parametrize("name", STORED)

BOMB: Final = bytes((CODEC_VERSION,)) + zlib.compress(b'"' + b"0" * (64 * 1024 * 1024) + b'"', 9, -15)


def _is_text(document: Any) -> bool:
    """Whether it is JSON that has bytes: a lone surrogate has none."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeError:
        return False
    return True


def read(decode: Callable[[Any], Any], stored: Any) -> Any:
    """What is read, None for a CodecError; any other error fails the test."""
    try:
        return decode(stored)
    except CodecError:
        return None


@EVERY
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    decode, _ = STORED[name]
    read(decode, data.draw(st.binary(max_size=60) | st.binary(max_size=60).map(bytes((CODEC_VERSION,)).__add__)))


@EVERY
@given(data=st.data())
def test_damaged_bytes(name: str, data: st.DataObject) -> None:
    decode, good = STORED[name]
    read(decode, data.draw(damaged(good)))


@EVERY
@given(data=st.data())
def test_whole_bytes_of_a_spoiled_document(name: str, data: st.DataObject) -> None:
    decode, good = STORED[name]
    document = data.draw(spoiled(good.map(unpack)).filter(_is_text))
    read(decode, pack(document))


def test_a_scored_row_without_its_evaluation() -> None:
    def one(value: Any) -> list[Any]:
        return [[value], 1]

    client = [["T", 1, one(0)], one(""), one("ACTIVE"), one(False), *[one(None)] * 4, [1, one(None)], one(None)]
    velocities = [one(value) for value in (None, False, "insufficient_data", -78, False, None)]
    alerts = [one(None), one(None), one(None), [None]]
    rows = [one(0), *client, one(0), [[1, 2, 1, []]], one(0), one(True), [], velocities, alerts]
    with pytest.raises(CodecError):
        decode_rows(pack(rows))


def test_an_amount_that_is_a_text_is_not_repeated() -> None:
    """As often as its unit says it would fill the memory."""
    with pytest.raises(TypeError):
        _decode_amounts([2**40, ["a text"]])


@given(JSON)
def test_scores_and_stamps_of_a_calculation(document: Any) -> None:
    read(decode_scores, document)
    read(decode_stamp, document)


ALERTS: Final = st.builds(
    Alert,
    *(st.text(max_size=9),) * 5,
    st.integers(0, 100),
    st.none() | st.integers(0, 100),
    st.text(max_size=9),
    st.lists(st.builds(Reason, st.just("threshold"), st.integers(), st.none()), max_size=2).map(tuple),
    st.text(max_size=9),
    st.integers(0, 2**32),
    st.just("OPEN"),
    st.none(),
)


@given(ALERTS)
def test_an_alert_comes_back(alert: Alert) -> None:
    assert alerts._alert(alerts._item(alert)) == alert


@given(document=spoiled(ALERTS.map(lambda alert: json.loads(alerts._item(alert)["d"]))), other=SCALARS)
def test_a_spoiled_alert(document: Any, other: Any) -> None:
    text = json.dumps(document)
    for item in ({"d": text, "status": other}, {"d": text[:-1], "status": "OPEN"}, {"d": other, "status": "OPEN"}, {}):
        read(alerts._alert, item)
        read(alerts._entry, {**item, "sk": "x", "created_at": 0})


@given(spoiled(ALERTS.map(lambda alert: ["m1", ["a", "b"], [alerts._encode_alert(alert)]])).filter(_is_text))
def test_a_spoiled_digest(document: Any) -> None:
    read(alerts._digest, {"sk": "DIGEST#x", "run_date": 1, "published": False, "d": pack(document)})


# ---- bombs ----


@EVERY
def test_a_bomb_is_refused_before_it_fills_the_memory(name: str) -> None:
    decode, _ = STORED[name]
    assert len(BOMB) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(CodecError, match="too many"):
            decode(BOMB)
        assert tracemalloc.get_traced_memory()[1] < 3 * MOST_BYTES
    finally:
        tracemalloc.stop()


def test_a_column_that_claims_too_many_values() -> None:
    claimed = pack({"survey": [["x"], ["CSAT"], [[5], MOST_VALUES + 1], ["x"], ["x"], []]})
    with pytest.raises(CodecError, match=str(MOST_VALUES + 1)):
        decode_records(claimed)


def test_the_largest_document_can_be_read_again() -> None:
    largest = "x" * (MOST_BYTES - 2)
    assert unpack(pack(largest)) == largest
    with pytest.raises(CodecError, match="too large"):
        pack(largest + "x")


def test_what_comes_after_the_end_is_damage() -> None:
    with pytest.raises(CodecError):
        unpack(pack([1]) + b"\x00")
