"""The contracts of `ports.imports`."""

from dataclasses import replace

import pytest

from chalicelib.domain.imports import IMPORTING, Import, ImportFile, SavedMap
from chalicelib.services.ports.imports import ImportMapStore, ImportStore
from tests.contract.examples import ACME, NOW, OTHER

MAP = {"type": "ticket", "columns": {"id": "Nr"}, "values": {"priority": {"höher": "P1"}}}
DESK = SavedMap("our-desk", MAP, 1, NOW)
MADE = Import(
    "0123456789abcdef", NOW, "ada@example.com", (ImportFile("a.csv", 7, "2026-11-21T08:00:00Z"),), {"a.csv": MAP}
)


def test_there_are_no_maps_at_first(import_maps: ImportMapStore) -> None:
    assert import_maps.get(ACME, "our-desk") is None
    assert import_maps.list(ACME) == []
    assert import_maps.delete(ACME, "our-desk", 1)


def test_maps_are_read_back_by_name(import_maps: ImportMapStore) -> None:
    other = DESK._replace(name="books")
    assert import_maps.put(ACME, DESK)
    assert import_maps.put(ACME, other)
    assert import_maps.get(ACME, "our-desk") == DESK
    assert import_maps.list(ACME) == [other, DESK]
    assert import_maps.list(OTHER) == []


@pytest.mark.parametrize("version", [1, 3])
def test_a_map_goes_from_version_to_version(import_maps: ImportMapStore, version: int) -> None:
    import_maps.put(ACME, DESK)
    assert not import_maps.put(ACME, DESK._replace(version=version, changed_at=NOW + 1))
    second = DESK._replace(version=2, changed_at=NOW + 1)
    for _ in range(2):
        assert import_maps.put(ACME, second)
    assert import_maps.get(ACME, "our-desk") == second


def test_a_map_is_taken_away_by_its_version(import_maps: ImportMapStore) -> None:
    import_maps.put(ACME, DESK)
    assert not import_maps.delete(ACME, "our-desk", 2)
    for _ in range(2):
        assert import_maps.delete(ACME, "our-desk", 1)
    assert import_maps.list(ACME) == []


def test_an_import_is_read_back_whole(import_store: ImportStore) -> None:
    assert import_store.get(ACME, MADE.id) is None
    whole = replace(MADE, state=IMPORTING, refused=(3, 4), faulty=("a.csv",), first_night=True, rows=9)
    for _ in range(2):
        assert import_store.put(ACME, whole)
    assert import_store.get(ACME, MADE.id) == replace(whole, version=1)
    assert import_store.list(ACME) == [replace(whole, version=1)]
    assert import_store.list(OTHER) == []
    assert import_store.get(ACME, "no id") is None


def test_of_two_writers_of_an_import_one_wins(import_store: ImportStore) -> None:
    import_store.put(ACME, MADE)
    assert import_store.put(ACME, replace(MADE, version=1, rows=1))
    assert not import_store.put(ACME, replace(MADE, version=1, rows=2))
    assert not import_store.put(ACME, replace(MADE, rows=3))


def test_an_import_that_is_gone_does_not_come_back(import_store: ImportStore) -> None:
    import_store.put(ACME, MADE)
    for _ in range(2):
        import_store.delete(ACME, MADE.id)
    assert not import_store.put(ACME, replace(MADE, version=1))
    assert import_store.list(ACME) == []
