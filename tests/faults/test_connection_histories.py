"""Any history of a source, its faults and our crashes ends with what the source's end state says."""

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.outbound import Answer, UnreachableError
from tests.faults.connected import CLIENTS, Connected
from tests.faults.world import CrashPoint
from tests.unit.connections import rows

BUSY: Final = Answer(429, {"retry-after": "30"}, {"error": "slow down"})
FAULTS: Final[tuple[Answer | Exception, ...]] = (
    BUSY,
    Answer(500, {}, None),
    Answer(503, {}, None),
    Answer(200, {}, None),  # a page for people
    UnreachableError("The connection could not be made, or broke off."),
)
COMPANIES: Final = (*CLIENTS, "2", "999")
"""Two that are known, one that is left out, one that nobody knows."""


def review(number: int, company: str, variant: int) -> tuple[str, dict[str, Any]]:
    return "reviews", rows.review(id=number, company={"id": str(250 + number % 2)}, rating=(1, 0, -1)[variant % 3])


def invoice(number: int, company: str, variant: int) -> tuple[str, dict[str, Any]]:
    contact, paid = str(250 + number % 2), (0, 500, 1150)[variant % 3]
    status = "PAID" if paid == 1150 else "AUTHORISED"
    changed = {"InvoiceID": f"i-{number}", "Contact": {"ContactID": contact}, "Status": status}
    return "invoices", rows.xero_invoice(**changed, AmountPaid=paid, AmountDue=1150 - paid, Total=1150)


def ticket(number: int, company: str, variant: int) -> tuple[str, dict[str, Any]]:
    """Open, closed, of another type, merged, at another priority: under any company."""
    states: list[dict[str, Any]] = [
        {},
        {"closedFlag": True, "closedDate": "2026-11-20T10:00:00Z", "dateResolved": "2026-11-20T09:00:00Z"},
        {"type": {"id": 99}},
        {"mergedParentTicket": {"id": 1}},
        {"priority": {"id": 12}},
        {"dateResolved": "2026-11-20T09:00:00Z"},
    ]
    entered = f"2026-{7 + number % 5:02d}-02T09:00:00Z"
    row = rows.cw_ticket(id=number + 1, company={"id": int(company)}, dateResponded=None, **states[variant % 6])
    return "tickets", {**row, "_info": {"dateEntered": entered}}


MAKERS: Final = {"smileback": review, "xero": invoice, "connectwise": ticket}
DELETES: Final = {"smileback": "reviews", "xero": "invoices", "connectwise": "tickets"}
NAMES: Final[dict[str, Any]] = {"invoices": "i-{}".format, "reviews": str, "tickets": lambda number: str(number + 1)}
WEEK: Final = 8 * 86_400

CHANGE: Final = st.tuples(
    st.just("put"), st.integers(0, 5), st.sampled_from(COMPANIES), st.integers(0, 5), st.integers(0, 2_000)
)
DELETE: Final = st.tuples(st.just("delete"), st.integers(0, 5))
SYNC: Final = st.tuples(
    st.just("sync"),
    st.integers(0, 60),  # the crash's call
    st.booleans(),
    st.dictionaries(st.integers(0, 12), st.sampled_from(FAULTS), max_size=3),
)


def play(connected: Connected, history: list[Any]) -> None:
    """Lives through a history."""
    for event in history:
        match event:
            case "put", number, company, variant, later:
                connected.world.now += later
                connected.stub.put(*MAKERS[connected.kind](number, company, variant))
            case "delete", number:
                connected.world.now += 1
                stream = DELETES[connected.kind]
                connected.stub.delete(stream, NAMES[stream](number))
            case "sync", call, happens, faults:
                connected.send.faults = {connected.send.calls + place: fault for place, fault in faults.items()}
                connected.world.calls.plan(CrashPoint(call, happens))
                connected.sync()
                connected.world.calls.plan(None)
                connected.send.faults = {}


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(CHANGE | CHANGE | DELETE | SYNC, max_size=25))
def test_any_history_ends_with_what_the_source_says(kind: str, history: list[Any]) -> None:
    connected = Connected(kind)
    play(connected, history)
    connected.sync()
    connected.settle()
    connected.world.now += WEEK  # what is deleted without a word is found by then
    connected.sync()
    connected.settle()
    assert connected.records() == connected.meant()
    assert connected.work.failure is None
    assert connected.work.stream is None


@pytest.mark.parametrize("kind", MAKERS)
def test_a_crash_at_every_call(kind: str, record_property: Any) -> None:
    """A first sync, changes, and a second one: each call of a port may be the last, having happened or not."""
    prepared = Connected(kind)
    for number in range(4):
        prepared.stub.put(*MAKERS[kind](number, COMPANIES[number % 4], number))

    def live(crash: CrashPoint | None) -> Connected:
        connected = prepared.copy()
        connected.world.calls.plan(crash)
        connected.sync()
        connected.world.now += 3_600
        connected.stub.put(*MAKERS[kind](0, "251", 1))
        connected.stub.put(*MAKERS[kind](9, "250", 0))
        connected.sync()
        connected.stub.delete(DELETES[kind], NAMES[DELETES[kind]](9))
        connected.world.now += WEEK
        connected.sync()
        calls = connected.world.calls.count
        connected.settle()
        connected.world.calls.count = calls
        return connected

    clean = live(None)
    expected = clean.records()
    assert expected == clean.meant()
    assert len(expected) >= 2
    for call in range(clean.world.calls.count):
        for happens in (False, True):
            connected = live(CrashPoint(call, happens))
            assert connected.records() == expected, f"after a crash at call {call} ({happens=})"
    record_property("cases", 2 * clean.world.calls.count)
    assert clean.world.calls.count > 15
