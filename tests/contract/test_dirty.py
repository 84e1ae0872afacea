"""The contract of `ports.DirtyStore`."""

from itertools import permutations

import pytest

from chalicelib.domain.history import CALCULATION_TRIGGERS, Trigger
from chalicelib.domain.tenant import Claim
from chalicelib.services.ports import WHOLE_PAGE, DirtyStore
from tests.contract.examples import ACME, NEIGHBOURS, NOW, OTHER


def test_a_clean_page_has_nothing_to_claim(dirty: DirtyStore) -> None:
    assert dirty.claim(ACME, 0, NOW) is None
    assert dirty.marked_since(ACME, [0, 1]) == {}
    assert dirty.marked_since(ACME, []) == {}


def test_a_claim_takes_what_was_marked(dirty: DirtyStore) -> None:
    dirty.mark(ACME, 0, {"c1": None, "c2": "qbr_logged"}, NOW)
    dirty.mark(ACME, 0, {"c3": None}, NOW + 1)
    assert dirty.claim(ACME, 0, NOW + 30) == Claim(NOW + 30, {"c1": None, "c2": "qbr_logged", "c3": None})


def test_the_first_mark_says_since_when(dirty: DirtyStore) -> None:
    assert dirty.mark(ACME, 0, {"c1": None}, NOW) == NOW
    assert dirty.mark(ACME, 0, {"c2": None}, NOW + 5) == NOW
    assert dirty.mark(ACME, 0, WHOLE_PAGE, NOW + 6) == NOW
    assert dirty.mark(ACME, 1, {"c3": None}, NOW + 7) == NOW + 7
    assert dirty.marked_since(ACME, [0, 1, 2]) == {0: NOW, 1: NOW + 7}


def test_marks_that_a_refresh_took_on_are_lost(dirty: DirtyStore) -> None:
    mine: dict[str, Trigger | None] = {"c1": None, "c2": "qbr_logged"}
    dirty.mark(ACME, 0, mine, NOW)
    dirty.mark(ACME, 1, {"c9": None}, NOW)
    assert dirty.lost(ACME, {0: mine, 1: {"c9": None}}) == set()
    assert dirty.lost(ACME, {}) == set()
    assert dirty.lost(OTHER, {0: mine}) == {0}
    dirty.claim(ACME, 0, NOW + 1)
    assert dirty.lost(ACME, {0: mine, 1: {"c9": None}}) == {0}
    dirty.mark(ACME, 0, {"c1": None, "c2": None}, NOW + 2)
    assert dirty.lost(ACME, {0: mine}) == {0}, "another's mark without the trigger"
    dirty.mark(ACME, 0, mine, NOW + 3)
    assert dirty.lost(ACME, {0: mine}) == set()


def test_marking_again_changes_nothing(dirty: DirtyStore) -> None:
    for later in range(3):
        assert dirty.mark(ACME, 0, {"c1": "touchpoint_logged"}, NOW + later) == NOW
    assert dirty.claim(ACME, 0, NOW + 30) == Claim(NOW + 30, {"c1": "touchpoint_logged"})


def test_a_released_claim_is_gone(dirty: DirtyStore) -> None:
    dirty.mark(ACME, 0, {"c1": None}, NOW)
    claim = dirty.claim(ACME, 0, NOW + 30)
    assert claim is not None
    for _ in range(2):
        dirty.release(ACME, 0, claim)
        assert dirty.claim(ACME, 0, NOW + 31) is None
        assert dirty.marked_since(ACME, [0]) == {}
    assert dirty.mark(ACME, 0, {"c1": None}, NOW + 40) == NOW + 40


def test_a_claim_is_found_again_after_a_crash(dirty: DirtyStore) -> None:
    """With the same `as_of`: what is then computed again is the same."""
    dirty.mark(ACME, 0, {"c1": "qbr_logged"}, NOW)
    dirty.mark(ACME, 0, WHOLE_PAGE, NOW)
    claim = dirty.claim(ACME, 0, NOW + 30)
    for later in (31, 100, 5_000):
        assert dirty.claim(ACME, 0, NOW + later) == claim == Claim(NOW + 30, {"c1": "qbr_logged"}, True)
    assert dirty.marked_since(ACME, [0]) == {0: NOW + 30}


def test_marks_that_arrive_during_a_claim_stay(dirty: DirtyStore) -> None:
    dirty.mark(ACME, 0, {"c1": None}, NOW)
    claim = dirty.claim(ACME, 0, NOW + 30)
    assert claim is not None
    assert dirty.mark(ACME, 0, {"c1": "qbr_logged", "c2": None}, NOW + 31) == NOW + 31
    assert dirty.marked_since(ACME, [0]) == {0: NOW + 30}
    assert dirty.claim(ACME, 0, NOW + 32) == claim
    dirty.release(ACME, 0, claim)
    assert dirty.marked_since(ACME, [0]) == {0: NOW + 31}
    assert dirty.claim(ACME, 0, NOW + 60) == Claim(NOW + 60, {"c1": "qbr_logged", "c2": None})


def test_a_late_release_leaves_another_claim_alone(dirty: DirtyStore) -> None:
    dirty.mark(ACME, 0, {"c1": None}, NOW)
    slow = dirty.claim(ACME, 0, NOW + 30)
    assert slow is not None
    dirty.release(ACME, 0, slow)
    dirty.mark(ACME, 0, {"c2": None}, NOW + 40)
    held = dirty.claim(ACME, 0, NOW + 70)
    dirty.release(ACME, 0, slow)
    assert dirty.claim(ACME, 0, NOW + 80) == held == Claim(NOW + 70, {"c2": None})


def test_releasing_a_clean_page_is_harmless(dirty: DirtyStore) -> None:
    dirty.release(ACME, 0, Claim(NOW, {}))
    assert dirty.claim(ACME, 0, NOW) is None
    assert dirty.marked_since(ACME, [0]) == {}


@pytest.mark.parametrize("order", list(permutations([*CALCULATION_TRIGGERS, None])))
def test_of_several_triggers_the_first_in_precedence_counts(
    dirty: DirtyStore, order: tuple[Trigger | None, ...]
) -> None:
    for trigger in order:
        dirty.mark(ACME, 0, {"c1": trigger}, NOW)
    for trigger in order[1:]:
        dirty.mark(ACME, 0, {"c2": trigger}, NOW)
    claim = dirty.claim(ACME, 0, NOW)
    assert claim is not None
    left = [trigger for trigger in CALCULATION_TRIGGERS if trigger != order[0]]
    assert claim.clients == {"c1": CALCULATION_TRIGGERS[0], "c2": left[0]}


def test_a_whole_page_keeps_the_triggers_of_its_clients(dirty: DirtyStore) -> None:
    dirty.mark(ACME, 0, WHOLE_PAGE, NOW)
    assert dirty.claim(ACME, 0, NOW + 1) == Claim(NOW + 1, {}, True)
    dirty.mark(ACME, 1, WHOLE_PAGE, NOW)
    dirty.mark(ACME, 1, {"c1": "reconciliation_completed"}, NOW)
    assert dirty.claim(ACME, 1, NOW + 1) == Claim(NOW + 1, {"c1": "reconciliation_completed"}, True)


def test_any_id_can_be_marked(dirty: DirtyStore) -> None:
    marks: dict[str, Trigger | None] = {
        client: CALCULATION_TRIGGERS[place % 3] if place % 2 else None for place, client in enumerate(NEIGHBOURS)
    }
    dirty.mark(ACME, 0, marks, NOW)
    assert dirty.claim(ACME, 0, NOW) == Claim(NOW, marks)


def test_pages_and_tenants_do_not_mix(dirty: DirtyStore) -> None:
    dirty.mark(ACME, 1, {"c1": None}, NOW)
    dirty.mark(OTHER, 1, {"c2": None}, NOW + 1)
    assert dirty.claim(ACME, 10, NOW) is None
    assert dirty.claim(OTHER, 1, NOW + 2) == Claim(NOW + 2, {"c2": None})
    assert dirty.marked_since(ACME, [0, 1, 10]) == {1: NOW}
