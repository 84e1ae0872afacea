"""Ids of other systems: what is taken as it is, what is rewritten, and that no two fall together."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import RecordId
from chalicelib.domain.source_ids import LONGEST, hash_id, plain_id, record_id

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
SOURCES = st.sampled_from(["", "freshdesk", "x"])


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("INC0004884", "servicenow", "servicenow.INC0004884"),
        ("  17 ", "desk", "desk.17"),
        ("a.b_c-D", "", "a.b_c-D"),
    ],
)
def test_what_the_contract_takes_stays(text: str, source: str, expected: str) -> None:
    assert record_id(text, source) == expected


def test_the_form_of_letters_alone_is_no_change() -> None:
    assert record_id("é") == record_id("e\u0301")


@pytest.mark.parametrize(
    ("text", "start"),
    [("T 12/7", "T-12-7-"), ("-.x", "x-"), ("#12", "12-"), ("x" * 70, "x" * 53 + "-"), ("Nr. 5 é", "Nr.-5---")],
)
def test_what_it_refuses_is_rewritten(text: str, start: str) -> None:
    found = record_id(text)
    assert found.startswith(start)
    assert len(found) == len(start) + 10


def test_of_a_long_one_the_middle_is_left_out() -> None:
    found = record_id("begin" + "x" * 100 + "end")
    assert found.startswith("begin")
    assert found[:-11].endswith("end")
    assert len(found) == LONGEST


def test_where_nothing_is_left_the_hash_stands_alone() -> None:
    assert len(record_id("顧客")) == 10


@given(TEXTS, SOURCES)
def test_every_text_has_an_id_that_the_contract_takes(text: str, source: str) -> None:
    found = record_id(text, source)
    assert RecordId(found) == found
    assert record_id(f" {normalize('NFD', text)} ", source) == found


@given(TEXTS, TEXTS, SOURCES)
def test_two_ids_do_not_fall_together(one: str, other: str, source: str) -> None:
    same = plain_id(one, source) == plain_id(other, source)
    assert (record_id(one, source) == record_id(other, source)) is same


@given(st.lists(TEXTS, min_size=1, max_size=3), SOURCES)
def test_ids_of_rows_without_one(cells: list[str], source: str) -> None:
    assert RecordId(hash_id(cells, source)) == hash_id([f" {cell}" for cell in cells], source)
    assert hash_id([*cells, "x"], source) != hash_id(cells, source)
