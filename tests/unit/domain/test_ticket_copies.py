"""Which copy of a ticket stands, and how its id finds it."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ticket_copies import HASH_BITS, TicketCopy, key_text, standing, ticket_key
from tests.unit.domain.strategies import ids


def copy(place: str, updated_at: Any, received: Any = None, *, timed: bool = True, deleted: bool = False) -> TicketCopy:
    return TicketCopy(place, place, updated_at, deleted, received, timed)


@pytest.mark.parametrize(
    ("copies", "place", "updated_at"),
    [
        pytest.param([copy("a", 5)], "a", 5, id="the only one"),
        pytest.param([copy("a", 5), copy("b", 6)], "b", 6, id="the newest"),
        pytest.param([copy("a", 6), copy("b", 5, 9)], "a", 6, id="the newest, though received before"),
        pytest.param([copy("a", Decimal("5.000001")), copy("b", 5, 9)], "a", Decimal("5.000001"), id="a microsecond"),
        pytest.param([copy("a", 5), copy("b", 5, 9)], "b", 5, id="equal: what came"),
        pytest.param([copy("b", 5), copy("a", 5, 9)], "a", 5, id="equal: what came, whatever the client"),
        pytest.param([copy("a", 5, Decimal("9.2")), copy("b", 5, 9)], "a", 5, id="equal: received later"),
        pytest.param([copy("a", 5, 9), copy("b", 5, 9)], "b", 5, id="all equal: the greater client"),
        pytest.param([copy("a", 5), copy("b", 5)], "b", 5, id="of an older build: the greater client"),
        pytest.param([copy("a", 7), copy("b", 5, 9, timed=False)], "b", 9, id="without a time: from its receipt"),
        pytest.param([copy("a", 12), copy("b", 5, 9, timed=False)], "b", 12, id="without a time: never older"),
        pytest.param([copy("a", 7, 10), copy("b", 5, 9, timed=False)], "a", 7, id="without a time, received before"),
        pytest.param([copy("a", 7), copy("b", 5, 9, timed=False), copy("c", 6, 10)], "b", 9, id="then an older one"),
        pytest.param([copy("a", 5), copy("", 6, 9, deleted=True)], "", 6, id="deleted by id"),
        pytest.param([copy("a", 7), copy("", 6, 9, deleted=True)], "a", 7, id="deleted by id before"),
    ],
)
def test_which_copy_stands(copies: list[TicketCopy], place: str, updated_at: Any) -> None:
    for order in permutations(copies):
        stands = standing(order)
        assert (stands.place, stands.updated_at) == (place, updated_at)


def test_within_one_client_a_live_version_is_the_later_one_as_where_facts_are_read() -> None:
    live, gone = TicketCopy("Q3", "c1", 5, False), TicketCopy("Q4", "c1", 5, True)
    assert standing([live, gone]) == standing([gone, live]) == live


times = st.integers(0, 2)


@given(st.lists(st.builds(copy, st.sampled_from("abc"), times, st.none() | times), min_size=1))
def test_a_copy_that_stands_does_so_beside_any_other_alone(copies: list[TicketCopy]) -> None:
    """Two that settle at once may know of different copies: the one that stands of all is never the one that goes."""
    stands = standing(copies)
    assert all(standing([stands, other]) == standing([other, stands]) for other in copies)
    assert {standing([stands, other]).place for other in copies} == {stands.place}


@given(ids, ids)
def test_an_id_has_one_key_and_keys_sort_as_ids_do(one: str, other: str) -> None:
    keys = ticket_key(one), ticket_key(other)
    assert (one == other) <= (keys[0] == keys[1])
    if len(one) <= 20 and len(other) <= 20:
        assert (one < other) == (key_text(keys[0]) < key_text(keys[1]))
    for name, key in zip((one, other), keys, strict=True):
        assert isinstance(key, int) == (len(name) > 20)
        assert key_text(key) < "~" or (isinstance(key, int) and 0 <= key < 2**HASH_BITS)


def test_hashes_follow_all_ids_and_are_for_life() -> None:
    assert key_text("zzz") < "~" < key_text(0) < key_text(255) < key_text(2**HASH_BITS - 1)
    assert ticket_key("T0000001") == "T0000001"
    assert key_text(ticket_key("0f8fad5b-d9cb-469f-a165-70867728950e")) == "~51fb63b3"
