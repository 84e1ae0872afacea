"""What rows of each system say in our terms: the traps of their documents, one by one."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas.records import read_record
from chalicelib.connections.mapping import Mapped, mapped, priority_of
from chalicelib.connections.records import NewClient, SourceRecord
from chalicelib.connections.source import Skip
from chalicelib.connections.sources import connectwise, smileback, xero
from chalicelib.domain.facts import NEVER, Money
from chalicelib.domain.records import FACT_TYPES, StoredRecord, fact_json, row_of
from chalicelib.domain.times import parse_day, parse_instant, parse_timestamp
from chalicelib.services.sent_records import SentRecord
from tests.unit.connections import rows

MAPPING: Final = Mapped(
    priorities={"4": 3, "12": 5},
    statuses={"500": "closed", "600": "resolved"},
    skipped_types=frozenset({"99"}),
    skipped_clients=frozenset({"2", "cafe"}),
    first_response="note",
)

Meaning = Callable[[Any, Mapped], SourceRecord | NewClient | Skip]
MEANINGS: Final[dict[str, tuple[Meaning, Callable[..., dict[str, Any]]]]] = {
    "smileback": (smileback.review, rows.review),
    "xero contact": (xero.contact, rows.xero_contact),
    "xero invoice": (xero.invoice, rows.xero_invoice),
    "company": (connectwise.company, rows.cw_company),
    "ticket": (connectwise.ticket, rows.cw_ticket),
    "agreement": (connectwise.agreement, rows.cw_agreement),
    "invoice": (connectwise.invoice, rows.cw_invoice),
}


def told(kind: str, **changed: Any) -> Any:
    meaning, row = MEANINGS[kind]
    return meaning(row(**changed), MAPPING)


def reason(kind: str, **changed: Any) -> str:
    found = told(kind, **changed)
    assert isinstance(found, Skip), found
    return found.reason


ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NASTY: Final = st.sampled_from(
    ["1900-01-01T00:00:00", "/Date(0)/", "2026-02-30T00:00:00Z", "", " ", -1, 10**20, Decimal("1E400"), {}, [], True]
)


@pytest.mark.parametrize("kind", MEANINGS)
@given(data=st.data())
def test_any_row_has_a_meaning_that_post_records_would_take(kind: str, data: st.DataObject) -> None:
    """Whatever a system sends is a record, exactly as it would come through POST /records, or has a reason."""
    meaning, row = MEANINGS[kind]
    names = sorted(row())
    changed = data.draw(st.dictionaries(st.sampled_from(names), ANYTHING | NASTY, max_size=4))
    absent = data.draw(st.sets(st.sampled_from(names), max_size=3))
    sent = {name: value for name, value in row(**changed).items() if name not in absent}
    found = meaning(sent, MAPPING)
    if isinstance(found, Skip):
        assert found.reason
    elif isinstance(found, NewClient):
        assert len(found.name) <= 200
        assert found.id
    else:
        _as_by_the_api(found)


def _as_by_the_api(found: SourceRecord) -> None:
    """The record's canonical JSON, read by the schemas, says the very same."""
    if found.deleted:
        return
    fact = FACT_TYPES[found.type]
    row = row_of(fact, {**found.fields, "id": "x"})
    document = fact_json(fact, "c", StoredRecord(row, found.updated_at or 0))
    read = read_record(0, document)
    assert isinstance(read, SentRecord), read
    assert row_of(fact, {**read.fields, "id": "x"}) == row
    assert read.updated_at == (found.updated_at or 0)


@pytest.mark.parametrize("kind", MEANINGS)
def test_the_usual_row_has_a_record(kind: str) -> None:
    assert not isinstance(told(kind), Skip)


class TestSmileBack:
    @pytest.mark.parametrize(("rating", "score"), [(1, 5), (0, 3), (-1, 1)])
    def test_ratings(self, rating: int, score: int) -> None:
        found = told("smileback", rating=rating)
        assert found.fields == {"kind": "CSAT", "score": score, "responded_at": parse_instant("2026-11-02T10:00:00Z")}
        assert (found.id, found.client) == ("9001", "250")
        assert found.updated_at == parse_timestamp("2026-11-02T10:05:00.123456Z")

    def test_what_is_no_answer(self) -> None:
        assert reason("smileback", rating=None) == "it is not rated"
        assert reason("smileback", rating=2) == reason("smileback", rating=True) == "its rating is none of 1, 0 and -1"
        assert reason("smileback", company=None) == "it has no company"
        assert reason("smileback", company={"id": "2"}) == "its client is left out"
        assert reason("smileback", rated_on=None) == "its rated_on is missing or cannot be read"

    def test_a_deleted_one_is_taken_away_whatever_it_was_rated(self) -> None:
        found = told("smileback", status="deleted", rating=None)
        assert (found.deleted, found.type, found.client, found.fields) == (True, "survey", "250", {})


class TestXero:
    def test_a_contact(self) -> None:
        assert told("xero contact") == NewClient("bd2270c3-8706-4c11-9cfb-000b551c3f51", "Northwind Dental Ltd")
        assert told("xero contact", ContactStatus="ARCHIVED").archived

    def test_contacts_that_are_no_clients(self) -> None:
        assert reason("xero contact", IsSupplier=True, IsCustomer=False) == "it is a supplier"
        assert reason("xero contact", MergedToContactID="other") == "it was merged into another contact"
        assert reason("xero contact", ContactStatus="GDPRREQUEST") == "its data was asked to be erased"
        assert reason("xero contact", ContactID="cafe") == "it is left out"
        assert reason("xero contact", Name=" ") == "its Name is missing or cannot be read"

    def test_an_invoice(self) -> None:
        found = told("xero invoice")
        assert found.updated_at == 1793707200 + Decimal("0.123")
        assert found.fields == {
            "status": "PARTIAL",
            "issued_on": parse_day("2026-11-02"),
            "due_on": parse_day("2026-11-16"),
            "total": Money("NZD", 11_500_000),
            "paid_total": 5_750_000,
            "balance": 5_750_000,
        }

    @pytest.mark.parametrize(
        ("status", "ours"),
        [("DRAFT", "DRAFT"), ("SUBMITTED", "DRAFT"), ("PAID", "PAID"), ("VOIDED", "VOID"), ("DELETED", "VOID")],
    )
    def test_statuses(self, status: str, ours: str) -> None:
        assert told("xero invoice", Status=status).fields["status"] == ours

    def test_authorised_is_sent_until_something_is_paid(self) -> None:
        assert told("xero invoice", AmountPaid=0).fields["status"] == "SENT"

    def test_paid_on(self) -> None:
        paid = {"FullyPaidOnDate": "/Date(1794268800000+0000)/"}
        assert told("xero invoice", Status="PAID", **paid).fields["paid_on"] == parse_day("2026-11-10")
        assert "paid_on" not in told("xero invoice", **paid).fields

    def test_what_is_left_out(self) -> None:
        assert reason("xero invoice", Type="ACCPAY") == "it is a bill, not a sales invoice"
        assert reason("xero invoice", Contact={"ContactID": "cafe"}) == "its client is left out"
        assert reason("xero invoice", Status="NEW") == "its Status is none that Xero's documents name"
        assert reason("xero invoice", Date=None) == "its Date is missing or cannot be read"
        assert reason("xero invoice", Total=-5) == "its Total is missing or cannot be read"


class TestConnectWise:
    def test_a_company(self) -> None:
        assert told("company") == NewClient(
            "250", "Northwind Dental", industry="Healthcare", since=parse_day("2002-08-20")
        )
        assert told("company", deletedFlag=True).archived
        assert reason("company", id=2) == "it is left out"

    def test_a_ticket(self) -> None:
        found = told("ticket")
        assert (found.id, found.client, found.updated_at) == ("48133", "250", parse_instant("2026-11-02T09:31:00Z"))
        assert found.fields == {
            "priority": 3,
            "created_at": parse_instant("2026-11-02T09:00:00Z"),
            "first_response_at": parse_instant("2026-11-02T09:30:00Z"),
        }

    def test_tickets_that_are_left_out_take_away_what_is_held_of_them(self) -> None:
        for changed in (
            {"company": None},
            {"company": {"id": 2}},
            {"type": {"id": 99}},
            {"mergedParentTicket": {"id": 1}},
        ):
            found = told("ticket", **changed)
            assert isinstance(found, Skip)
            assert found.gone

    def test_an_unmapped_priority_is_told_and_takes_nothing_away(self) -> None:
        found = told("ticket", priority={"id": 5, "name": "Priority 1"})
        assert found == Skip("48133", "its priority is not mapped")
        assert reason("ticket", recordType="ProjectTicket") == "it is a project's ticket"

    def test_closed_by_the_flag_or_by_the_mapping(self) -> None:
        times = {"dateResolved": "2026-11-03T08:00:00Z", "closedDate": "2026-11-04T08:00:00Z"}
        closed = told("ticket", closedFlag=True, **times).fields
        assert (closed["resolved_at"], closed["closed_at"]) == tuple(map(parse_instant, times.values()))
        by_status = told("ticket", status={"id": 500}).fields
        assert by_status["closed_at"] == parse_instant("2026-11-02T09:31:00Z")
        resolved = told("ticket", status={"id": 600}, **times).fields
        assert resolved["resolved_at"] == parse_instant(times["dateResolved"])
        assert "closed_at" not in resolved

    def test_a_reopened_ticket_is_open_whatever_its_times_say(self) -> None:
        found = told("ticket", dateResolved="2026-11-03T08:00:00Z", closedDate="2026-11-04T08:00:00Z").fields
        assert "resolved_at" not in found
        assert "closed_at" not in found

    def test_a_due_date_lasts_until_its_end(self) -> None:
        assert told("ticket", requiredDate="2026-11-05T00:00:00Z").fields["due_at"] == parse_instant(
            "2026-11-05T23:59:59Z"
        )
        assert told("ticket", requiredDate="2026-11-05T15:00:00Z").fields["due_at"] == parse_instant(
            "2026-11-05T15:00:00Z"
        )

    def test_a_response_some_seconds_before_the_creation_came_with_it(self) -> None:
        found = told("ticket", dateResponded="2026-11-02T08:59:54Z").fields
        assert found["first_response_at"] == found["created_at"]

    def test_notes_tell_the_first_answer_where_they_were_read(self) -> None:
        notes = [
            {"member": {"id": 1}, "internalAnalysisFlag": True, "_info": {"dateEntered": "2026-11-02T09:05:00Z"}},
            {"contact": {"id": 7}, "detailDescriptionFlag": True, "dateCreated": "2026-11-02T09:00:00Z"},
            {"member": {"id": 1}, "detailDescriptionFlag": True, "dateCreated": "2026-11-02T11:00:00Z"},
            {"member": {"id": 1}, "externalFlag": True, "_info": {"dateEntered": "2026-11-02T10:00:00Z"}},
        ]
        row = rows.cw_ticket(**{connectwise.NOTES: notes})
        by_note, by_status = (
            connectwise.ticket(row, MAPPING._replace(first_response=definition)) for definition in ("note", "status")
        )
        assert isinstance(by_note, SourceRecord)
        assert isinstance(by_status, SourceRecord)
        assert by_note.fields["first_response_at"] == parse_instant("2026-11-02T10:00:00Z")
        assert by_status.fields["first_response_at"] == parse_instant("2026-11-02T09:30:00Z")
        nobody = connectwise.ticket(rows.cw_ticket(**{connectwise.NOTES: notes[:2]}), MAPPING)
        assert isinstance(nobody, SourceRecord)
        assert nobody.fields.get("first_response_at", NEVER) == NEVER

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            ({}, "ACTIVE"),
            ({"agreementStatus": "Expired"}, "EXPIRED"),
            ({"agreementStatus": "Inactive"}, "EXPIRED"),
            ({"agreementStatus": "Inactive", "startDate": "2027-01-01T00:00:00Z"}, "DRAFT"),
            ({"cancelledFlag": True}, "CANCELLED"),
        ],
    )
    def test_agreements(self, changed: dict[str, Any], status: str) -> None:
        assert told("agreement", **changed).fields["status"] == status

    def test_an_agreement_without_an_end(self) -> None:
        assert told("agreement").fields["end_date"] == parse_day("2026-12-31")
        assert "end_date" not in told("agreement", noEndingDateFlag=True).fields

    @pytest.mark.parametrize(("balance", "status"), [(0, "PAID"), (Decimal("0.5"), "PARTIAL"), (None, "SENT")])
    def test_invoices(self, balance: Any, status: str) -> None:
        assert told("invoice").fields["status"] == "SENT"
        assert told("invoice", balance=balance).fields["status"] == status

    def test_credit_memos_are_no_invoices(self) -> None:
        assert reason("invoice", type="CreditMemo") == "it is a credit memo or a down payment"


def test_a_mapping_of_a_document() -> None:
    document = {
        "priorities": {"4": "P3"},
        "statuses": {"500": "closed"},
        "types": {"99": "skip", "1": "keep"},
        "clients": {"2": "skip"},
    }
    assert mapped(document, "note") == Mapped({"4": 3}, {"500": "closed"}, frozenset({"99"}), frozenset({"2"}), "note")
    assert mapped({}, "") == Mapped()


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Priority 1 - Emergency Response", "P1"),
        ("Priority 3 - Normal Response", "P3"),
        ("Priority 5 - Planning", "P5"),
        ("Kritisch", "P1"),
        ("Do not respond", None),
    ],
)
def test_priorities_are_suggested_by_their_names(name: str, level: str | None) -> None:
    assert priority_of(name) == level
