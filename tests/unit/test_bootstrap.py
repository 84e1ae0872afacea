"""The composition root on fakes."""

from functools import cached_property
from typing import Final

import pytest

from chalicelib.bootstrap import Application, build
from chalicelib.domain.facts import Instant
from tests.faults.world import CONFIG, Stores

ACCESS: Final = {"tokens", "cursors"}
"""What is no service: who calls, and where a list goes on."""

PUBLIC: Final = sorted(
    name for name, made in vars(Application).items() if isinstance(made, cached_property) and not name.startswith("_")
)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in ACCESS])
def test_an_application_shows_services_alone(name: str) -> None:
    service = getattr(build(CONFIG, adapters=Stores(), clock=lambda: Instant(0)), name)
    assert type(service).__module__.startswith(
        ("chalicelib.services.", "chalicelib.imports.", "chalicelib.connections.")
    )


def test_a_service_is_made_once() -> None:
    application = build(CONFIG, adapters=Stores(), clock=lambda: Instant(0))
    assert application.cards is application.cards
    assert application.recalculation._cards is application.cards


def test_records_are_received_by_the_clock_that_is_handed_in() -> None:
    assert build(CONFIG, adapters=Stores(), clock=lambda: Instant(7))._precise_clock() == 7
    assert build(CONFIG, adapters=Stores())._precise_clock() > 1_000_000_000


def test_another_application_has_services_of_its_own() -> None:
    stores = Stores()
    one, other = (build(CONFIG, adapters=stores, clock=lambda: Instant(0)) for _ in range(2))
    assert one.cards is not other.cards
