"""The contract of `ports.IdempotencyStore`."""

from typing import Any

import pytest

from chalicelib.domain.idempotency import Answered, Pinned
from chalicelib.services.ports.journal import IdempotencyStore
from tests.contract.examples import ACME, C1, C10, DAY, NOW, OTHER

KEY = "5f1c#/~ 0".replace(" ", "!")


def test_a_first_request_begins(requests: IdempotencyStore) -> None:
    assert requests.begin(ACME, KEY, C1, NOW) is None


def test_a_repeated_request_is_in_progress(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    assert requests.begin(ACME, KEY, C1, NOW) == Answered("c1", None)
    assert requests.begin(ACME, KEY, C10, NOW + 59) == Answered("c1", None)


def test_a_request_that_died_may_begin_again(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    assert requests.begin(ACME, KEY, C10, NOW + 60) is None
    assert requests.begin(ACME, KEY, C1, NOW + 61) == Answered("c10", None)


@pytest.mark.parametrize("answer", [{"score": 70, "trend": [1, None, 2.5], "name": "Größe"}, [], {}, "done", 0])
def test_an_answered_request_answers_the_same(requests: IdempotencyStore, answer: Any) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    requests.finish(ACME, KEY, C1, answer, NOW + 2)
    for client, later in ((C1, 3), (C10, 100), (C1, DAY + 1)):
        assert requests.begin(ACME, KEY, client, NOW + later) == Answered("c1", answer)


def test_an_answer_is_kept_for_a_day(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    requests.finish(ACME, KEY, C1, {"score": 70}, NOW)
    assert requests.begin(ACME, KEY, C1, NOW + DAY - 1) is not None
    assert requests.begin(ACME, KEY, C10, NOW + DAY) is None
    assert requests.begin(ACME, KEY, C1, NOW + DAY + 1) == Answered("c10", None)


def test_answering_twice_changes_nothing(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    for _ in range(2):
        requests.finish(ACME, KEY, C1, {"score": 70}, NOW)
    assert requests.begin(ACME, KEY, C1, NOW + 1) == Answered("c1", {"score": 70})


def test_an_abandoned_request_may_be_tried_again(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    for _ in range(2):
        requests.abandon(ACME, KEY)
    assert requests.begin(ACME, KEY, C1, NOW + 1) is None


def test_keys_are_the_tenants_own(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    assert requests.begin(OTHER, KEY, C1, NOW) is None
    assert requests.begin(ACME, f"{KEY}0", C1, NOW) is None
    requests.abandon(OTHER, KEY)
    assert requests.begin(ACME, KEY, C1, NOW) == Answered("c1", None)


# ---- pinned requests -------------------------------------------------------------------------------------


def test_a_pinned_request_goes_on_from_its_first_moment(requests: IdempotencyStore) -> None:
    assert requests.pin(ACME, KEY, C1, "ada", NOW) == Pinned("c1", "ada", NOW, first=True)
    for client, asked, later in ((C1, "ada", 1), (C10, "bob", 61), (C1, "ada", DAY - 1)):
        assert requests.pin(ACME, KEY, client, asked, NOW + later) == Pinned("c1", "ada", NOW)


def test_a_pinned_requests_answer_is_kept_for_a_day(requests: IdempotencyStore) -> None:
    pinned = requests.pin(ACME, KEY, C1, "ada", NOW)
    for _ in range(2):
        requests.answer(ACME, KEY, pinned, {"id": "ui-1"}, NOW + 2)
    assert requests.pin(ACME, KEY, C1, "ada", NOW + DAY + 1) == Pinned("c1", "ada", NOW, {"id": "ui-1"})
    later = NOW + DAY + 2
    assert requests.pin(ACME, KEY, C10, "bob", later) == Pinned("c10", "bob", later, first=True)


def test_an_abandoned_pin_is_pinned_anew(requests: IdempotencyStore) -> None:
    requests.pin(ACME, KEY, C1, "ada", NOW)
    requests.abandon(ACME, KEY)
    assert requests.pin(ACME, KEY, C10, "bob", NOW + 5) == Pinned("c10", "bob", NOW + 5, first=True)


def test_a_recalculation_and_an_activity_tell_each_other_apart(requests: IdempotencyStore) -> None:
    requests.begin(ACME, KEY, C1, NOW)
    assert requests.pin(ACME, KEY, C1, "ada", NOW + 1).asked is None
    requests.finish(ACME, KEY, C1, {"score": 70}, NOW + 2)
    assert requests.pin(ACME, KEY, C1, "ada", NOW + 3)[:2] == ("c1", None)
    pinned = requests.pin(ACME, f"{KEY}0", C1, "ada", NOW)
    assert requests.begin(ACME, f"{KEY}0", C1, NOW + 1) == Answered("c1", None, "ada")
    requests.answer(ACME, f"{KEY}0", pinned, [1], NOW + 2)
    assert requests.begin(ACME, f"{KEY}0", C1, NOW + 3) == Answered("c1", [1], "ada")
