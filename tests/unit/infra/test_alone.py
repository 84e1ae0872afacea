"""Commands that go over many: one that fails keeps no other waiting, and is told."""

import pytest

from infra.operations.alone import Alone
from infra.operations.errors import OperationError


def half(number: str) -> float:
    return 1 / int(number)


def test_the_others_are_done_and_the_failures_are_told_by_kind() -> None:
    told: list[str] = []
    alone = Alone(told.append)
    assert alone.each(["1", "0", "x", "2"], half) == [1.0, 0.5]
    assert told == ["0: ZeroDivisionError; the others go on", "x: ValueError; the others go on"]
    with pytest.raises(OperationError, match=r"2 failed, all others are done: 0, x"):
        alone.end()


def test_without_a_failure_nothing_is_told() -> None:
    told: list[str] = []
    alone = Alone(told.append)
    assert alone.each(["4"], half) == [0.25]
    alone.end()
    assert told == []


def test_the_only_failure_is_its_own() -> None:
    def refuse(unit: str) -> None:
        raise OperationError(f"there is no tenant {unit}")

    alone = Alone(lambda said: None)
    alone.each(["nobody"], refuse)
    with pytest.raises(OperationError, match="there is no tenant nobody"):
        alone.end()
    alone = Alone(lambda said: None)
    alone.each(["0"], half)
    with pytest.raises(OperationError, match="0 failed"):
        alone.end()
