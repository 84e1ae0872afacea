"""The contract of `ports.JournalStore`."""

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.activities import Activity, Author, JournalEntry
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId
from chalicelib.services.ports.journal import JournalStore
from tests.contract.examples import ACME, C1, C10, NEIGHBOURS, NOW, OTHER, TODAY

ADA = Author("sub-ada", "Ada Lovelace")


def entry(number: int = 1, at: int = NOW, **fields: Any) -> JournalEntry:
    activity = Activity("CALL", Instant(at), None, True, None, "Größe & \u4e16")
    return JournalEntry(**{"id": RecordId(f"ui-{number:016x}"), "at": at, "activity": activity, "by": ADA,
                           "logged_at": NOW + 1, "change": "7.0", **fields})  # fmt: skip


def held(journals: JournalStore, client: RecordId = C1, page: int = 0, **span: Any) -> list[JournalEntry]:
    return list(journals.newest(ACME, page, client, span.get("before"), span.get("chunk", 100)))


@pytest.mark.parametrize(
    "stored",
    [
        entry(),
        entry(change=None, activity=Activity("NOTE", NOW)),
        entry(activity=Activity("QBR", None, TODAY, False, "SCHEDULED", "x" * 2_000)),
        entry(withdrawn_at=NOW + 9, withdrawn_by=Author("api-key:X", "A key")),
        entry(logged_at=NOW + Decimal("0.123456")),
        entry(at=-3_600),
    ],
)
def test_what_is_stored_is_read(journals: JournalStore, stored: JournalEntry) -> None:
    journals.put(ACME, 0, C1, stored)
    assert held(journals) == [stored]


def test_an_entry_that_stands_stays(journals: JournalStore) -> None:
    journals.put(ACME, 0, C1, entry())
    journals.put(ACME, 0, C1, entry(change="9.0"))
    assert [each.change for each in held(journals)] == ["7.0"]


def test_entries_come_newest_first_from_a_place_on(journals: JournalStore) -> None:
    entries = [entry(number, NOW - number // 2) for number in range(9)]
    for each in entries:
        journals.put(ACME, 0, C1, each)
    ordered = sorted(entries, key=lambda each: (each.at, each.id), reverse=True)
    assert held(journals, chunk=2) == ordered
    for place, each in enumerate(ordered):
        assert held(journals, before=(each.at, each.id), chunk=3) == ordered[place + 1 :]
    assert held(journals, before=(NOW - 1, RecordId("zz"))) == [each for each in ordered if each.at < NOW]


def test_journals_are_each_clients_own(journals: JournalStore) -> None:
    for number, client in enumerate(NEIGHBOURS):
        journals.put(ACME, 0, client, entry(number))
    journals.put(OTHER, 0, C1, entry(77))
    journals.put(ACME, 1, C1, entry(78))
    for number, client in enumerate(NEIGHBOURS):
        assert held(journals, client) == [entry(number)]


def test_an_entry_is_replaced_where_nothing_else_changed_it(journals: JournalStore) -> None:
    first = entry()
    journals.put(ACME, 0, C1, first)
    gone = first._replace(withdrawn_at=NOW + 5, withdrawn_by=ADA)
    assert journals.replace(ACME, 0, C1, first, gone)
    assert held(journals) == [gone]
    assert not journals.replace(ACME, 0, C1, first, first._replace(change="1.0"))
    assert journals.replace(ACME, 0, C1, first, gone), "it is what stands there"
    assert held(journals) == [gone]


def test_an_entry_moves_to_another_time(journals: JournalStore) -> None:
    first, other = entry(1), entry(2)
    for each in (first, other):
        journals.put(ACME, 0, C1, each)
    moved = first._replace(at=NOW - 50)
    assert journals.replace(ACME, 0, C1, first, moved)
    assert held(journals) == [other, moved]
    assert not journals.replace(ACME, 0, C1, first, first._replace(at=NOW - 60))
    assert held(journals) == [other, moved]


def test_of_nobody_nothing_is_replaced(journals: JournalStore) -> None:
    assert not journals.replace(ACME, 0, C10, entry(), entry(change="1.0"))
    assert held(journals, C10) == []
