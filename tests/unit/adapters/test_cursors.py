"""Cursors: whose key is taken, across a rotation as it goes."""

from typing import Final

import pytest

from chalicelib.adapters.cursors import LOOK_AGAIN_SECONDS, CursorSigner
from chalicelib.services.errors import BadCursorError

SCOPE: Final = "acme GET /clients"


class Store:
    """The keys in force, and how often they were read."""

    def __init__(self, *keys: str) -> None:
        self.keys, self.reads = list(keys), 0
        self.now = 1000.0

    def __call__(self) -> list[str]:
        self.reads += 1
        return self.keys

    def process(self) -> CursorSigner:
        return CursorSigner(self, lambda: self.now)


def test_the_first_key_signs_and_each_is_taken() -> None:
    before = Store("old").process().sign(SCOPE, [1])
    during = Store("new", "old").process()
    assert during.read(SCOPE, before) == [1]
    assert Store("new").process().read(SCOPE, during.sign(SCOPE, [2])) == [2]
    with pytest.raises(BadCursorError):
        Store("old").process().read(SCOPE, during.sign(SCOPE, [2]))


def test_a_process_that_outlives_a_rotation_reads_cursors_of_both_sides() -> None:
    store = Store("old")
    warm = store.process()
    open_cursor = warm.sign(SCOPE, ["page 2"])
    store.keys = ["new", "old"]
    store.now += LOOK_AGAIN_SECONDS
    cold = store.process()
    assert cold.read(SCOPE, open_cursor) == ["page 2"]
    assert warm.read(SCOPE, cold.sign(SCOPE, ["page 3"])) == ["page 3"]
    assert warm.read(SCOPE, open_cursor) == ["page 2"]
    assert Store("new").process().read(SCOPE, warm.sign(SCOPE, ["page 4"])) == ["page 4"]


def test_a_key_that_was_dropped_is_refused() -> None:
    store = Store("new", "old")
    signed = Store("old").process().sign(SCOPE, [1])
    process = store.process()
    assert process.read(SCOPE, signed) == [1]
    store.keys = ["new"]
    with pytest.raises(BadCursorError):
        store.process().read(SCOPE, signed)


def test_forged_cursors_make_a_process_look_once_a_minute_and_good_ones_never() -> None:
    store = Store("key")
    process = store.process()
    good = process.sign(SCOPE, [1])
    for _ in range(5):
        with pytest.raises(BadCursorError):
            process.read(SCOPE, "forged")
    assert store.reads == 1
    store.now += LOOK_AGAIN_SECONDS
    for _ in range(5):
        with pytest.raises(BadCursorError):
            process.read(SCOPE, "forged")
        assert process.read(SCOPE, good) == [1]
    assert store.reads == 2
