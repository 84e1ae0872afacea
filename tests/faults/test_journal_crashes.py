"""Activities, once for every call of a port that may be the last: one fact, one entry, one answer."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from chalicelib.domain.activities import Activity, Author, JournalEntry
from chalicelib.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import parse_day
from chalicelib.services.journal import Logged
from tests.faults.world import ACME, DAY, CrashError, CrashPoint, World

C1: Final = RecordId("c1")
ADA: Final = Author("ada", "Ada Lovelace")
BOB: Final = Author("bob", "Bob")
KEY: Final = "key-1"
TODAY: Final = parse_day("2026-11-22")


def world() -> World:
    made = World().found()
    made.settings(weights=(0, 0, 0, 2_500, 2_500, 5_000, 0, 0, 0), sources=("assessments", "touchpoints", "qbr"))
    made.client("c1", 50)
    made.client("c10", 50)
    made.deliver()
    return made


def shown(logged: Logged) -> Any:
    effect = logged.effect
    return [logged.entry.id, logged.entry.at, None if effect is None else [effect.before, effect.after, effect.change]]


def log(into: World, sent: Activity, key: str = KEY, author: Any = ADA, client: Any = C1) -> Any:
    return into.app.journal.log(ACME, client, key, author, sent, shown)


def call(into: World, **fields: Any) -> Activity:
    return Activity("CALL", into.now, None, True, None, "Spoke about renewals")._replace(**fields)


def facts(of: World, client: RecordId = C1) -> Any:
    roster = of.stores.roster
    found = roster.client_facts(ACME, client, roster.seats(ACME, [client])[client])
    return list(found.touchpoints), list(found.qbrs)


def entries(of: World, client: RecordId = C1) -> list[JournalEntry]:
    return of.app.journal.newest(ACME, client, None, 100).entries


SENT: Final[dict[str, Callable[[World], Activity]]] = {
    "call": call,
    "qbr": lambda _: Activity("QBR", None, TODAY, True, "COMPLETED", "Went well"),
    "planned": lambda _: Activity("QBR", None, TODAY + 9, False, "SCHEDULED"),
    "note": lambda of: Activity("NOTE", of.now, None, False, None, "Has moved offices"),
}


def end_state(of: World) -> Any:
    of.recover()
    found = of.end_state()
    return facts(of), entries(of), facts(of, RecordId("c10")), found["rows"].keys(), found["marks"], found["due"]


@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("later", [0, 600])
def test_the_same_key_after_any_crash(kind: str, later: int) -> None:
    prepared = world()
    sent = SENT[kind](prepared)
    clean = prepared.copy()
    clean.calls.plan(None)
    answer = log(clean, sent)
    calls, expected = clean.calls.count, end_state(clean)
    assert len(entries(clean)) == 1
    assert calls >= (5 if kind == "note" else 13)
    for number in range(calls):
        for happens in (False, True):
            found = prepared.copy()
            found.calls.plan(CrashPoint(number, happens))
            with pytest.raises(CrashError):
                log(found, sent)
            found.now += later
            again = log(found, sent)
            if number > 2 or (number == 2 and happens):  # the pin stands
                assert again == answer, (number, happens)
                assert end_state(found)[:3] == expected[:3], (number, happens)
            assert len(entries(found)) == 1
            assert sum(map(len, facts(found))) == sum(map(len, facts(clean)))
            assert log(found, sent) == again


@pytest.mark.parametrize("what", ["withdraw", "settle"])
def test_a_repeat_after_any_crash_ends_the_same(what: str) -> None:
    prepared = world()
    name = RecordId(log(prepared, SENT["planned"](prepared))[0])

    def act(on: World) -> None:
        if what == "withdraw":
            on.app.journal.withdraw(ACME, C1, name, ADA, any_time=False)
        else:
            on.app.journal.settle(ACME, C1, name, "COMPLETED", TODAY, True)

    clean = prepared.copy()
    clean.calls.plan(None)
    act(clean)
    calls, expected = clean.calls.count, end_state(clean)
    for number in range(calls):
        for happens in (False, True):
            found = prepared.copy()
            found.calls.plan(CrashPoint(number, happens))
            with pytest.raises(CrashError):
                act(found)
            act(found)
            assert end_state(found)[:3] == expected[:3], (number, happens)


# ---- keys ------------------------------------------------------------------------------------------------


def test_a_key_is_good_for_one_request() -> None:
    made = world()
    first = log(made, call(made))
    for other in ({"client": RecordId("c10")}, {"author": BOB}):
        with pytest.raises(ConflictError, match="another request"):
            log(made, call(made), **other)
    made.now += 5
    assert log(made, call(made, kind="VISIT")) == first
    assert len(entries(made)) == 1


def test_a_key_of_yesterday_whose_record_stands_is_refused() -> None:
    made = world()
    name = RecordId(log(made, call(made))[0])
    for _ in range(2):
        made.now += DAY + 1
        with pytest.raises(ConflictError, match="send another one"):
            log(made, call(made))
        made.app.journal.withdraw(ACME, C1, name, ADA, any_time=True)  # a withdrawn one is still that record
    assert len(entries(made)) == 1


def test_a_key_of_yesterdays_note_is_another_note() -> None:
    made = world()
    log(made, SENT["note"](made))
    made.now += DAY + 1
    log(made, SENT["note"](made))
    assert len({entry.id for entry in entries(made)}) == 2


def test_a_key_of_a_refused_activity_is_not_spent() -> None:
    made = world()
    with pytest.raises(InvalidError):
        log(made, call(made, occurred=made.now + 61))
    assert log(made, call(made))
    with pytest.raises(NotFoundError):
        log(made, call(made), "key-2", client=RecordId("c"))
    assert log(made, call(made), "key-2")


# ---- who may withdraw ------------------------------------------------------------------------------------


def test_the_author_withdraws_within_a_day() -> None:
    made = world()
    names = [RecordId(log(made, call(made), f"key-{number}")[0]) for number in range(3)]
    with pytest.raises(NotAllowedError):
        made.app.journal.withdraw(ACME, C1, names[0], BOB, any_time=False)
    logged_at = made.now
    made.now = logged_at + DAY
    made.app.journal.withdraw(ACME, C1, names[0], ADA, any_time=False)
    made.now += 1
    made.app.journal.withdraw(ACME, C1, names[0], ADA, any_time=False)  # again: nothing
    with pytest.raises(NotAllowedError):
        made.app.journal.withdraw(ACME, C1, names[1], ADA, any_time=False)
    made.app.journal.withdraw(ACME, C1, names[2], BOB, any_time=True)
    gone = {entry.id: (entry.withdrawn_at, entry.withdrawn_by) for entry in entries(made)}
    assert gone == {
        names[0]: (logged_at + DAY, ADA),
        names[1]: (None, None),
        names[2]: (logged_at + DAY + 1, BOB),
    }
    assert [row.id for row in facts(made)[0]] == [names[1]]
    with pytest.raises(NotFoundError):
        made.app.journal.withdraw(ACME, RecordId("c10"), names[1], ADA, any_time=True)


def test_what_a_connector_sent_is_in_the_journal() -> None:
    made = world()
    spoken = {"occurred_at": "2026-11-02T09:00:00Z", "kind": "CALL", "with_decision_maker": True}
    same_id = {"held_on": "2026-12-24", "status": "SCHEDULED"}
    made.take(
        {"type": "touchpoint", "id": "1", "client_id": "c1", **spoken},
        {"type": "qbr", "id": "1", "client_id": "c1", **same_id},
        {"type": "qbr", "id": "2", "client_id": "c1", **same_id},
    )
    log(made, call(made))
    assert [(each.id[:2], each.activity.kind, each.by is None) for each in entries(made)] == [
        ("2", "QBR", True),
        ("1", "QBR", True),
        ("ui", "CALL", False),
        ("1", "CALL", True),
    ]
    with pytest.raises(ConflictError, match="touchpoint and a QBR"):
        made.app.journal.withdraw(ACME, C1, RecordId("1"), ADA, any_time=True)
    with pytest.raises(NotAllowedError):
        made.app.journal.withdraw(ACME, C1, RecordId("2"), ADA, any_time=False)
    made.app.journal.withdraw(ACME, C1, RecordId("2"), ADA, any_time=True)
    made.app.journal.withdraw(ACME, C1, RecordId("2"), ADA, any_time=True)
    assert [each.id[:2] for each in entries(made)] == ["1", "ui", "1"]


def test_a_planned_qbr_is_settled_once_whoever_planned_it() -> None:
    made = world()
    made.take(
        {"type": "qbr", "id": "2", "client_id": "c1", "held_on": "2026-12-24", "status": "SCHEDULED"},
        {"type": "touchpoint", "id": "3", "client_id": "c1", "occurred_at": "2026-11-02T09:00:00Z", "kind": "CALL",
         "with_decision_maker": True},
    )  # fmt: skip
    journal, name = made.app.journal, RecordId(log(made, SENT["planned"](made))[0])
    with pytest.raises(InvalidError, match="in the future"):
        journal.settle(ACME, C1, name, "COMPLETED")
    held = journal.settle(ACME, C1, name, "COMPLETED", TODAY - 1)
    assert held.effect is not None
    assert held.effect.change == held.entry.change != "0.0"
    assert journal.settle(ACME, C1, name, "COMPLETED", TODAY - 1) == held
    with pytest.raises(ConflictError, match="not planned"):
        journal.settle(ACME, C1, name, "CANCELLED")
    gone = journal.settle(ACME, C1, RecordId("2"), "CANCELLED")
    assert (gone.entry.by, gone.entry.activity.status) == (None, "CANCELLED")
    with pytest.raises(ConflictError, match="no planned QBR"):
        journal.settle(ACME, C1, RecordId("3"), "COMPLETED")
    with pytest.raises(NotFoundError):
        journal.settle(ACME, C1, RecordId("4"), "COMPLETED")
    assert [(row.id[:2], row.status) for row in sorted(facts(made)[1])] == [("2", "CANCELLED"), ("ui", "COMPLETED")]
    assert [(e.id[:2], e.activity.held) for e in entries(made) if e.activity.kind == "QBR"] == [
        ("2", parse_day("2026-12-24")),
        ("ui", TODAY - 1),
    ]


def test_pages_of_a_journal_miss_nothing() -> None:
    made = world()
    for number in range(7):
        spoken = {"kind": "CALL", "with_decision_maker": False}
        sent = {
            "type": "touchpoint",
            "id": f"T{number}",
            "client_id": "c1",
            "occurred_at": f"2026-11-1{number}T09:00:00Z",
        }
        made.take(sent | spoken)
        log(made, call(made, occurred=made.now - number * DAY - 3_600), f"key-{number}")
    whole = entries(made)
    assert len(whole) == 14
    for size in (1, 3, 5, 14):
        found: list[JournalEntry] = []
        more = True
        while more:
            page, more, _ = made.app.journal.newest(ACME, C1, found[-1].place if found else None, size)
            assert len(page) == size or not more
            found += page
        assert found == whole
