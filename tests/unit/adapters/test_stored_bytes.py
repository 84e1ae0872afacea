"""Bytes that were stored once stay readable: no deployment may lose a tenant's history."""

from chalicelib.adapters.dynamodb.columns import unpack
from chalicelib.adapters.dynamodb.fact_codec import decode_records, encode_block
from chalicelib.adapters.dynamodb.page_codec import decode_rows, decode_snapshot
from tests.unit.adapters.golden import BLOCK, RECORDS, ROWS, ROWS_ITEM, SNAPSHOT, SNAPSHOT_ITEM


def test_a_stored_block_is_read() -> None:
    assert decode_records(BLOCK) == RECORDS


def test_records_without_newer_fields_are_stored_as_ever() -> None:
    assert unpack(encode_block(RECORDS)) == unpack(BLOCK)


def test_a_stored_snapshot_is_read() -> None:
    assert decode_snapshot(SNAPSHOT_ITEM) == SNAPSHOT


def test_stored_rows_are_read() -> None:
    assert decode_rows(ROWS_ITEM) == ROWS
