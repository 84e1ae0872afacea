"""The contract of `ports.AsideStore`."""

import pytest

from chalicelib.domain.run import FailedClient
from chalicelib.services.ports.refresh import AsideStore
from tests.contract.examples import ACME, C1, C10, NOW, OTHER, TODAY

FIRST = FailedClient(C1, NOW, "CodecError", TODAY)


def test_a_client_is_noted_until_it_is_forgotten(aside: AsideStore) -> None:
    second = FailedClient(C10, NOW - 5, "TypeError", None)
    for failed in (FIRST, second, FIRST):
        aside.put(ACME, failed)
    assert aside.list(ACME) == [FIRST, second]
    assert aside.list(OTHER) == []
    for _ in range(2):
        aside.remove(ACME, C1)
    assert aside.list(ACME) == [second]


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_failure_stands(aside: AsideStore, order: int) -> None:
    later = FailedClient(C1, NOW + 5, "TypeError", None)
    for failed in (FIRST, later)[::order]:
        aside.put(ACME, failed)
    assert aside.list(ACME) == [later]
