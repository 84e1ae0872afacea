"""The contract of `ports.RefreshMarkStore`."""

from itertools import permutations

import pytest

from chalicelib.domain.history import CALCULATION_TRIGGERS, Trigger
from chalicelib.domain.run import WHOLE_PAGE, RefreshClaim
from chalicelib.services.ports.refresh import RefreshMarkStore
from tests.contract.examples import ACME, NEIGHBOURS, NOW, OTHER


def test_a_clean_page_has_nothing_to_claim(refresh_marks: RefreshMarkStore) -> None:
    assert refresh_marks.claim(ACME, 0, NOW) is None
    assert refresh_marks.marked_since(ACME, [0, 1]) == {}
    assert refresh_marks.marked_since(ACME, []) == {}


def test_a_claim_takes_what_was_marked(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.mark(ACME, 0, {"c1": None, "c2": "qbr_logged"}, NOW)
    refresh_marks.mark(ACME, 0, {"c3": None}, NOW + 1)
    assert refresh_marks.claim(ACME, 0, NOW + 30) == RefreshClaim(
        NOW + 30, {"c1": None, "c2": "qbr_logged", "c3": None}
    )


def test_the_first_mark_says_since_when(refresh_marks: RefreshMarkStore) -> None:
    assert refresh_marks.mark(ACME, 0, {"c1": None}, NOW) == NOW
    assert refresh_marks.mark(ACME, 0, {"c2": None}, NOW + 5) == NOW
    assert refresh_marks.mark(ACME, 0, WHOLE_PAGE, NOW + 6) == NOW
    assert refresh_marks.mark(ACME, 1, {"c3": None}, NOW + 7) == NOW + 7
    assert refresh_marks.marked_since(ACME, [0, 1, 2]) == {0: NOW, 1: NOW + 7}


def test_marks_that_a_refresh_took_on_are_lost(refresh_marks: RefreshMarkStore) -> None:
    mine: dict[str, Trigger | None] = {"c1": None, "c2": "qbr_logged"}
    refresh_marks.mark(ACME, 0, mine, NOW)
    refresh_marks.mark(ACME, 1, {"c9": None}, NOW)
    assert refresh_marks.lost(ACME, {0: mine, 1: {"c9": None}}) == set()
    assert refresh_marks.lost(ACME, {}) == set()
    assert refresh_marks.lost(OTHER, {0: mine}) == {0}
    refresh_marks.claim(ACME, 0, NOW + 1)
    assert refresh_marks.lost(ACME, {0: mine, 1: {"c9": None}}) == {0}
    refresh_marks.mark(ACME, 0, {"c1": None, "c2": None}, NOW + 2)
    assert refresh_marks.lost(ACME, {0: mine}) == {0}, "another's mark without the trigger"
    refresh_marks.mark(ACME, 0, mine, NOW + 3)
    assert refresh_marks.lost(ACME, {0: mine}) == set()


def test_marking_again_changes_nothing(refresh_marks: RefreshMarkStore) -> None:
    for later in range(3):
        assert refresh_marks.mark(ACME, 0, {"c1": "touchpoint_logged"}, NOW + later) == NOW
    assert refresh_marks.claim(ACME, 0, NOW + 30) == RefreshClaim(NOW + 30, {"c1": "touchpoint_logged"})


def test_a_released_claim_is_gone(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.mark(ACME, 0, {"c1": None}, NOW)
    claim = refresh_marks.claim(ACME, 0, NOW + 30)
    assert claim is not None
    for _ in range(2):
        refresh_marks.release(ACME, 0, claim)
        assert refresh_marks.claim(ACME, 0, NOW + 31) is None
        assert refresh_marks.marked_since(ACME, [0]) == {}
    assert refresh_marks.mark(ACME, 0, {"c1": None}, NOW + 40) == NOW + 40


def test_a_claim_is_found_again_after_a_crash(refresh_marks: RefreshMarkStore) -> None:
    """With the same `as_of`: what is then computed again is the same."""
    refresh_marks.mark(ACME, 0, {"c1": "qbr_logged"}, NOW)
    refresh_marks.mark(ACME, 0, WHOLE_PAGE, NOW)
    claim = refresh_marks.claim(ACME, 0, NOW + 30)
    for later in (31, 100, 5_000):
        assert refresh_marks.claim(ACME, 0, NOW + later) == claim == RefreshClaim(NOW + 30, {"c1": "qbr_logged"}, True)
    assert refresh_marks.marked_since(ACME, [0]) == {0: NOW + 30}


def test_marks_that_arrive_during_a_claim_stay(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.mark(ACME, 0, {"c1": None}, NOW)
    claim = refresh_marks.claim(ACME, 0, NOW + 30)
    assert claim is not None
    assert refresh_marks.mark(ACME, 0, {"c1": "qbr_logged", "c2": None}, NOW + 31) == NOW + 31
    assert refresh_marks.marked_since(ACME, [0]) == {0: NOW + 30}
    assert refresh_marks.claim(ACME, 0, NOW + 32) == claim
    refresh_marks.release(ACME, 0, claim)
    assert refresh_marks.marked_since(ACME, [0]) == {0: NOW + 31}
    assert refresh_marks.claim(ACME, 0, NOW + 60) == RefreshClaim(NOW + 60, {"c1": "qbr_logged", "c2": None})


def test_a_late_release_leaves_another_claim_alone(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.mark(ACME, 0, {"c1": None}, NOW)
    slow = refresh_marks.claim(ACME, 0, NOW + 30)
    assert slow is not None
    refresh_marks.release(ACME, 0, slow)
    refresh_marks.mark(ACME, 0, {"c2": None}, NOW + 40)
    held = refresh_marks.claim(ACME, 0, NOW + 70)
    refresh_marks.release(ACME, 0, slow)
    assert refresh_marks.claim(ACME, 0, NOW + 80) == held == RefreshClaim(NOW + 70, {"c2": None})


def test_releasing_a_clean_page_is_harmless(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.release(ACME, 0, RefreshClaim(NOW, {}))
    assert refresh_marks.claim(ACME, 0, NOW) is None
    assert refresh_marks.marked_since(ACME, [0]) == {}


@pytest.mark.parametrize("order", list(permutations([*CALCULATION_TRIGGERS, None])))
def test_of_several_triggers_the_first_in_precedence_counts(
    refresh_marks: RefreshMarkStore, order: tuple[Trigger | None, ...]
) -> None:
    for trigger in order:
        refresh_marks.mark(ACME, 0, {"c1": trigger}, NOW)
    for trigger in order[1:]:
        refresh_marks.mark(ACME, 0, {"c2": trigger}, NOW)
    claim = refresh_marks.claim(ACME, 0, NOW)
    assert claim is not None
    left = [trigger for trigger in CALCULATION_TRIGGERS if trigger != order[0]]
    assert claim.clients == {"c1": CALCULATION_TRIGGERS[0], "c2": left[0]}


def test_a_whole_page_keeps_the_triggers_of_its_clients(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.mark(ACME, 0, WHOLE_PAGE, NOW)
    assert refresh_marks.claim(ACME, 0, NOW + 1) == RefreshClaim(NOW + 1, {}, True)
    refresh_marks.mark(ACME, 1, WHOLE_PAGE, NOW)
    refresh_marks.mark(ACME, 1, {"c1": "reconciliation_completed"}, NOW)
    assert refresh_marks.claim(ACME, 1, NOW + 1) == RefreshClaim(NOW + 1, {"c1": "reconciliation_completed"}, True)


def test_any_id_can_be_marked(refresh_marks: RefreshMarkStore) -> None:
    marks: dict[str, Trigger | None] = {
        client: CALCULATION_TRIGGERS[place % 3] if place % 2 else None for place, client in enumerate(NEIGHBOURS)
    }
    refresh_marks.mark(ACME, 0, marks, NOW)
    assert refresh_marks.claim(ACME, 0, NOW) == RefreshClaim(NOW, marks)


def test_pages_and_tenants_do_not_mix(refresh_marks: RefreshMarkStore) -> None:
    refresh_marks.mark(ACME, 1, {"c1": None}, NOW)
    refresh_marks.mark(OTHER, 1, {"c2": None}, NOW + 1)
    assert refresh_marks.claim(ACME, 10, NOW) is None
    assert refresh_marks.claim(OTHER, 1, NOW + 2) == RefreshClaim(NOW + 2, {"c2": None})
    assert refresh_marks.marked_since(ACME, [0, 1, 10]) == {1: NOW}
