"""What may be logged of a client, as which record it is stored, and what that does to the score."""

from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest

from chalicelib.domain.activities import (
    KINDS,
    QBR_STATUSES,
    Activity,
    JournalEntry,
    activity_id,
    activity_of,
    around,
    faults_of,
    fields_of,
    settled,
)
from chalicelib.domain.effect import Side, effect_of
from chalicelib.domain.facts import (
    Assessment,
    Contract,
    Facts,
    Headcount,
    Instant,
    Invoice,
    Qbr,
    Reconciliation,
    Touchpoint,
)
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import Moment
from chalicelib.domain.records import FACT_TYPES, StoredRecord, row_of
from chalicelib.domain.settings import SOURCES, ScoringSettings
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import parse_day, parse_instant
from tests.unit.domain.builders import AS_OF, DAY, NEW_YORK, NOW, TODAY, UTC, client, facts

ACME: Final = TenantId("acme")
C1: Final = RecordId("c1")
ONE: Final = RecordId("ui-0123456789abcdef")


def call(offset: int) -> Activity:
    return Activity("CALL", AS_OF + offset)


def qbr(days: int, status: str = "COMPLETED") -> Activity:
    return Activity("QBR", None, TODAY + days, False, status)


@pytest.mark.parametrize(
    ("activity", "said"),
    [
        (call(0), None),
        (call(60), None),
        (call(61), "/occurred_at: This is in the future."),
        (call(-400 * DAY), None),
        (call(-400 * DAY - 1), "/occurred_at: This is more than 400 days ago."),
        (Activity("NOTE", AS_OF + 61), "/occurred_at: This is in the future."),
        (qbr(0), None),
        (qbr(1), "/held_on: This is in the future."),
        (qbr(-400), None),
        (qbr(-401), "/held_on: This is more than 400 days ago."),
        (qbr(0, "SCHEDULED"), None),
        (qbr(300, "SCHEDULED"), None),
        (qbr(-1, "SCHEDULED"), "/held_on: This is in the past: a QBR is planned for today or later."),
        (qbr(40, "CANCELLED"), None),
        (qbr(-40, "CANCELLED"), None),
    ],
)
def test_when_an_activity_may_have_been(activity: Activity, said: str | None) -> None:
    found = [f"{fault.pointer}: {fault.message}" for fault in faults_of(activity, NOW)]
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize(("offset", "stored"), [(-2, -2), (-1, -1), (0, -1), (59, -1)])
def test_what_happens_now_is_stored_so_that_it_counts(offset: int, stored: int) -> None:
    assert settled(call(offset), AS_OF).occurred == AS_OF + stored
    assert settled(qbr(0), AS_OF) == qbr(0)


def test_an_auckland_manager_of_a_new_york_tenant_logs_todays_qbr() -> None:
    """It is tomorrow already where the manager sits; the tenant's day counts."""
    moment = Moment.at(parse_instant("2026-11-22T23:30:00Z"), NEW_YORK)
    held = Activity("QBR", None, parse_day("2026-11-22"), True, "COMPLETED")
    assert faults_of(held, moment) == []
    assert faults_of(held._replace(held=parse_day("2026-11-23")), moment) != []
    assert held.at(NEW_YORK) == parse_instant("2026-11-22T05:00:00Z")
    assert held.at(ZoneInfo("Pacific/Auckland")) == parse_instant("2026-11-21T11:00:00Z")


def test_ids_follow_from_who_asks_for_what() -> None:
    own = activity_id(ACME, "ada", C1, "key")
    assert own == activity_id(ACME, "ada", C1, "key")
    assert own.startswith("ui-")
    assert len(own) == 19
    others = {
        activity_id(TenantId("other"), "ada", C1, "key"),
        activity_id(ACME, "bob", C1, "key"),
        activity_id(ACME, "ada", RecordId("c10"), "key"),
        activity_id(ACME, "ada", C1, "key2"),
        activity_id(ACME, "ada", C1, "key", Instant(5)),
        activity_id(ACME, 'ada","c1', RecordId("key"), "x"),
    }
    assert len({own, *others}) == 7


@pytest.mark.parametrize("kind", KINDS[:5])
def test_a_record_and_an_activity_are_the_same(kind: str) -> None:
    activity = qbr(-3) if kind == "QBR" else Activity(kind, AS_OF - 5, None, True)
    assert activity.type is not None
    row = row_of(FACT_TYPES[activity.type], {"id": ONE, **fields_of(activity)})
    assert activity_of(row) == activity
    _, after = around(facts(), ONE, activity)
    assert [*after.touchpoints, *after.qbrs] == [row]


def test_around_an_activity_that_is_stored_already() -> None:
    others = [Touchpoint("T1", AS_OF - DAY, "CALL", True)]
    stored = Touchpoint(ONE, AS_OF - 1, "CALL", False)
    for held in (others, [*others, stored]):
        before, after = around(facts(touchpoints=held), ONE, Activity("CALL", AS_OF - 1))
        assert (list(before.touchpoints), list(after.touchpoints)) == (others, [*others, stored])


def test_an_entry_says_what_its_record_says() -> None:
    entry = JournalEntry(ONE, qbr(0).at(UTC), qbr(0, "SCHEDULED")._replace(text="Agenda"), None, AS_OF)
    held = StoredRecord(Qbr(ONE, TODAY, "COMPLETED", True), AS_OF + 9)
    assert entry.with_record(held, UTC).activity == Activity("QBR", None, TODAY, True, "COMPLETED", "Agenda")
    assert entry.with_record(held._replace(deleted=True), UTC).withdrawn_at == AS_OF + 9
    elsewhere = StoredRecord(Qbr(ONE, TODAY + 3, "COMPLETED", True), AS_OF + 9)
    assert entry.with_record(elsewhere, UTC).at == activity_of(elsewhere.row).at(UTC)
    assert entry.with_record(elsewhere._replace(deleted=True), UTC) == entry._replace(withdrawn_at=elsewhere.updated_at)
    assert entry.with_record(None, UTC) == entry


# ---- effect ----------------------------------------------------------------------------------------------


def everything(**kinds: Any) -> Facts:
    """A client with data in all sources, without touchpoints and QBRs."""
    return facts(
        client_since=TODAY - 900,
        contracts=[Contract("K", "ACTIVE", TODAY - 300)],
        invoices=[Invoice("I", "PAID", TODAY - 40, TODAY - 20, "EUR", 1, TODAY - 21)],
        assessments=[Assessment("A", TODAY - 9, 60)],
        reconciliations=[Reconciliation("R", TODAY - 9, 10, 10)],
        headcounts=[Headcount("H", TODAY - 400, 40), Headcount("H2", TODAY - 3, 41)],
        **kinds,
    )


def effect(held: Facts, activity: Activity, seen: Any = SOURCES, **settings: Any) -> Any:
    before, after = around(held, ONE, activity)
    scoring = ScoringSettings(**settings)
    new = {"touchpoints", "qbr"} if seen is SOURCES else {"touchpoints" if activity.type == "touchpoint" else "qbr"}
    return effect_of(Side(before, seen), Side(after, {*seen, *new}), scoring, NOW)


def test_a_call_with_a_decision_maker_moves_the_score() -> None:
    contact = Activity("CALL", AS_OF - 1, None, True)
    found = effect(everything(), contact)
    assert found.model == "weighted"
    assert found.after - found.before == found.explanation.change > 0
    (first, *rest) = found.explanation.contributions
    assert (first.id, first.from_points, first.to_points) == ("days_since_decision_maker_contact", 15, 100)
    assert {each.id for each in rest} <= {"rounding"}
    assert found.change == f"{found.explanation.change}.0"


@pytest.mark.parametrize(
    "activity",
    [Activity("CALL", AS_OF - 1), qbr(0, "SCHEDULED"), qbr(-3, "CANCELLED"), qbr(0, "CANCELLED")._replace(
        decision_maker=True)],
)  # fmt: skip
def test_what_is_no_contact_moves_nothing(activity: Activity) -> None:
    found = effect(everything(), activity)
    assert (found.after, found.change, found.explanation.contributions) == (found.before, "0.0", ())


def test_the_first_of_a_source_counts_at_once() -> None:
    held = everything()
    seen = tuple(source for source in SOURCES if source != "touchpoints")
    found = effect(held, Activity("VISIT", AS_OF - 1, None, True), seen)
    assert [each.kind for each in found.explanation.contributions if each.kind != "rounding"] == ["coverage"]
    assert sum(each.change for each in found.explanation.contributions) == found.explanation.change


def test_the_deduction_model_knows_no_contacts() -> None:
    found = effect(everything(), qbr(0), primary_model="deduction")
    assert (found.model, found.change) == ("deduction", "0.0")


def test_without_a_score_on_one_side_there_is_no_change() -> None:
    found = effect(facts(), Activity("CALL", AS_OF - 1, None, True), (), primary_model="weighted")
    assert (found.before, found.change, found.explanation.contributions) == (None, None, ())


def test_an_unscored_client_has_no_effect() -> None:
    gone = replace(everything(), client=client(status="CHURNED"))
    assert effect(gone, Activity("CALL", AS_OF - 1, None, True)) is None


def test_parts_sum_to_the_change() -> None:
    random = Random(5)
    for _ in range(50):
        held = everything(
            qbrs=[Qbr("Q", TODAY - random.randint(0, 200), random.choice(QBR_STATUSES), True)],
            touchpoints=[Touchpoint("T", AS_OF - random.randint(0, 200) * DAY, "CALL", random.random() < 0.5)],
        )
        kind = random.choice(KINDS[:5])
        activity = qbr(-random.randint(0, 200)) if kind == "QBR" else Activity(
            kind, AS_OF - random.randint(1, 90 * DAY), None, random.random() < 0.5
        )  # fmt: skip
        found = effect(held, activity)
        assert sum(each.change for each in found.explanation.contributions) == found.after - found.before
