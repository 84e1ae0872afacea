"""Records of the twelve types (api.md, Records)."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, ValidationInfo, field_validator

from chalicelib.api.errors import malformed
from chalicelib.api.schemas.fields import (
    AmountText,
    Currency,
    Day,
    Email,
    EndDay,
    Id,
    Instant,
    ManagerId,
    Month,
    Name,
    PartOfTotal,
    Percentage,
    Priority,
    Quantity,
    Timestamp,
    Whole,
    money,
)
from chalicelib.api.schemas.validation import Schema, faults
from chalicelib.domain.errors import Fault, InvalidIdError
from chalicelib.domain.facts import LifecycleStatus
from chalicelib.domain.ids import RecordId
from chalicelib.domain.records import FACT_TYPES
from chalicelib.services.sent_records import Rejection, SentRecord

MAX_RECORDS: Final = 500


class SentMoney(Schema):
    """An amount of a currency; the amount is a decimal string, never negative."""

    currency: Currency
    """ISO 4217 code."""
    amount: AmountText
    """A decimal number as text, at most four decimals."""


Amount = Annotated[SentMoney, AfterValidator(lambda sent: money(sent.currency, sent.amount))]


class InvoiceTotal(SentMoney):
    """What an invoice is about."""

    @field_validator("amount", mode="before")
    @classmethod
    def _no_credit_note(cls, amount: Any) -> Any:
        if isinstance(amount, str) and amount.startswith("-"):
            raise ValueError(
                "A credit note is not a record: lower the balance of the invoice it settles, or send that VOID."
            )
        return amount


Total = Annotated[InvoiceTotal, AfterValidator(lambda sent: money(sent.currency, sent.amount))]


class Record(Schema):
    """What all records have."""

    id: Id
    """The record's id in your system."""
    updated_at: Timestamp | None = None
    """When it last changed in your system; by default the time of receipt."""


class FactRecord(Record):
    """What all records of facts have."""

    client_id: Id
    """Id of the client this record belongs to. The client must already exist."""
    deleted: bool = False
    """Deletes the record."""


class TicketDeletion(Record):
    """Deletes a ticket: its type and id are enough. Other fields of a ticket may be there; they do not count."""

    type: Literal["ticket"]
    client_id: Id | None = None
    """Not needed: a ticket's id is one of the tenant's."""
    deleted: Literal[True]
    """Always true."""


class FactDeletion(Record):
    """Deletes a record: its identity is enough. Other fields of its type may be there; they do not count."""

    type: Literal[
        "contract",
        "invoice",
        "survey",
        "billable_month",
        "qbr",
        "touchpoint",
        "assessment",
        "reconciliation",
        "headcount",
    ]
    client_id: Id
    """Id of the client this record belongs to. The client must already exist."""
    deleted: Literal[True]
    """Always true."""


class ClientFields(Schema):
    """A client, without what identifies it."""

    name: Name
    status: LifecycleStatus
    """The lifecycle status. `ACTIVE` and `AT_RISK` clients are scored."""
    archived: bool = False
    """An archived client is not scored."""
    industry: Name | None = None
    """Clients of the same industry are compared, whatever its case."""
    account_manager_id: ManagerId | None = None
    """Who gets its alerts."""
    client_since: Day | None = None
    """A date of 1970–2100. Before it the client is not scored."""
    monthly_recurring_revenue: Amount | None = None


class ClientRecord(Record, ClientFields):
    type: Literal["client"]


class AccountManagerRecord(Record):
    type: Literal["account_manager"]
    id: ManagerId
    """`me` and `none` are no ids of account managers."""
    name: Name
    email: Email


class TicketRecord(FactRecord):
    type: Literal["ticket"]
    priority: Priority
    """`P1` is the most urgent."""
    created_at: Instant
    """Sent with another one, the ticket moves to that time."""
    first_response_at: Instant | None = None
    """When it was first answered."""
    resolved_at: Instant | None = None
    """When it was resolved; it counts as open until it is closed, unless the settings say otherwise."""
    closed_at: Instant | None = None
    """When it was closed."""
    due_at: Instant | None = None
    """An open ticket is overdue from then on."""


class ContractRecord(FactRecord):
    type: Literal["contract"]
    status: Literal["ACTIVE", "EXPIRED", "CANCELLED", "DRAFT"]
    start_date: Day
    end_date: EndDay | None = None
    """The last day; absent or `9999-12-31`: open-ended."""
    renews: Id | None = None


class InvoiceRecord(FactRecord):
    type: Literal["invoice"]
    status: Literal["DRAFT", "SENT", "PARTIAL", "PAID", "VOID", "DISPUTED"]
    """`PAID` and `PARTIAL` are revenue; `SENT` and `PARTIAL` are unpaid, and late after `due_on`."""
    issued_on: Day
    due_on: Day
    total: Total
    paid_on: Day | None = None
    """When it was paid."""
    paid_total: PartOfTotal | None = None
    balance: PartOfTotal | None = None

    @field_validator("paid_total", "balance")
    @classmethod
    def _at_most_the_total(cls, amount: int | None, info: ValidationInfo) -> int | None:
        total = info.data.get("total")
        if amount is not None and total is not None and amount > total.amount:
            raise ValueError("This is more than the total: send 0 to the total, in its currency.")
        return amount


class SurveyRecord(FactRecord):
    type: Literal["survey"]
    kind: Literal["CSAT", "NPS"]
    score: Annotated[Whole, Field(ge=0, le=10)]
    """CSAT: 1 to 5; NPS: 0 to 10."""
    responded_at: Instant

    @field_validator("score")
    @classmethod
    def _in_scale(cls, score: int, info: ValidationInfo) -> int:
        if info.data.get("kind") == "CSAT" and not 1 <= score <= 5:
            raise ValueError("A CSAT score is a whole number from 1 to 5.")
        return score


class BillableMonthRecord(FactRecord):
    type: Literal["billable_month"]
    month: Month
    """`YYYY-MM`."""
    billable_hours: Quantity
    """At most six decimals."""
    budget_hours: Quantity | None = None
    """Without a budget the month does not count."""


class QbrRecord(FactRecord):
    type: Literal["qbr"]
    held_on: Day
    status: Literal["SCHEDULED", "COMPLETED", "CANCELLED"]
    """Only a completed one counts."""
    decision_maker_present: bool = False
    """It then counts as a contact with a decision-maker too."""


class TouchpointRecord(FactRecord):
    type: Literal["touchpoint"]
    occurred_at: Instant
    kind: Literal["CALL", "MEETING", "VISIT", "EMAIL"]
    with_decision_maker: bool
    """Whether a decision-maker took part."""


class AssessmentRecord(FactRecord):
    type: Literal["assessment"]
    completed_on: Day
    standardization_score: Percentage
    """How standard the client's stack is."""


class ReconciliationRecord(FactRecord):
    type: Literal["reconciliation"]
    completed_on: Day
    contracted_quantity: Quantity
    """What the contract covers."""
    used_quantity: Quantity
    """What was found in use."""


class HeadcountRecord(FactRecord):
    type: Literal["headcount"]
    recorded_on: Day
    employees: Annotated[Whole, Field(ge=0, le=100_000_000)]
    """The client's employees on that day."""


AnyRecord = Annotated[
    ClientRecord
    | AccountManagerRecord
    | TicketRecord
    | ContractRecord
    | InvoiceRecord
    | SurveyRecord
    | BillableMonthRecord
    | QbrRecord
    | TouchpointRecord
    | AssessmentRecord
    | ReconciliationRecord
    | HeadcountRecord,
    Field(discriminator="type"),
]

Deletion = Annotated[TicketDeletion | FactDeletion, Field(discriminator="type")]

TYPES: Final = ("client", "account_manager", *FACT_TYPES)

RECORD_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(AnyRecord)
DELETION_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(Deletion)

_FIELDS: Final = {
    get_args(model.model_fields["type"].annotation)[0]: frozenset(model.model_fields)
    for model in get_args(get_args(AnyRecord)[0])
}
_IDENTITY: Final = frozenset(TicketDeletion.model_fields)


class SentRecords(NamedTuple):
    """The valid records of a body, the refused ones, whether it is a backfill, and whether it is only asked what would
    become of them, with which clients taken as known."""

    valid: list[SentRecord]
    refused: list[Rejection]
    backfill: bool
    dry_run: bool
    new_clients: list[RecordId]


class RecordsBody(Schema):
    """Records of any types, in any order: clients and account managers apply first."""

    # Records are read one by one: of this schema as a whole nothing is made while serving.
    model_config = ConfigDict(defer_build=True)

    records: Annotated[list[AnyRecord | Deletion], Field(min_length=1, max_length=MAX_RECORDS)]
    backfill: bool = False
    """Records of the past: they store no calculations."""
    dry_run: bool = False
    """Answers what would become of the records, by the same code up to its last read, and stores nothing."""
    new_clients: Annotated[list[Id], Field(max_length=MAX_RECORDS)] = Field(default_factory=list)
    """With `dry_run`: clients that are taken as known, because they are about to be created."""

    @classmethod
    def read(cls, body: Any) -> SentRecords:
        return read_records(body)


def read_records(body: Any) -> SentRecords:
    """What a body holds.

    Raises RequestError (400) for a body that is not `{"records": […], "backfill"?: bool, "dry_run"?: bool,
    "new_clients"?: [id]}` with 1 to 500 records.
    """
    if not isinstance(body, dict) or not isinstance(body.get("records"), list):
        raise malformed('The body is an object with a list of "records".')
    unknown = sorted(body.keys() - RecordsBody.model_fields.keys())
    if unknown:
        raise malformed(f"The body has the unknown field {unknown[0]!r}.")
    backfill, dry_run = body.get("backfill", False), body.get("dry_run", False)
    for name, value in (("backfill", backfill), ("dry_run", dry_run)):
        if not isinstance(value, bool):
            raise malformed(f"{name} is true or false.")
    new_clients = _new_clients(body.get("new_clients", []), dry_run=dry_run)
    records = body["records"]
    if not 1 <= len(records) <= MAX_RECORDS:
        raise malformed(f"Send 1 to {MAX_RECORDS} records at a time; these are {len(records)}.")
    valid, refused = [], []
    for place, document in enumerate(records):
        found = read_record(place, document)
        if isinstance(found, SentRecord):
            valid.append(found)
        else:
            refused.append(found)
    return SentRecords(valid=valid, refused=refused, backfill=backfill, dry_run=dry_run, new_clients=new_clients)


def _new_clients(sent: Any, *, dry_run: bool) -> list[RecordId]:
    if not isinstance(sent, list) or len(sent) > MAX_RECORDS:
        raise malformed(f"new_clients is a list of at most {MAX_RECORDS} ids of clients.")
    if sent and not dry_run:
        raise malformed("new_clients goes with dry_run: clients are created by their own records.")
    try:
        return [RecordId(each) for each in sent]
    except InvalidIdError as error:
        raise malformed(f"new_clients: {error}") from error


def read_record(place: int, document: Any) -> SentRecord | Rejection:
    """One record, or what is wrong with it."""
    try:
        fields = _fields(document)
    except ValidationError as error:
        sent_id = document.get("id") if isinstance(document, dict) else None
        found = tuple(_faults(error))
        return Rejection(place, sent_id if isinstance(sent_id, str) else None, found)
    record_type, record_id = fields.pop("type"), RecordId(fields.pop("id"))
    client_id = fields.pop("client_id", record_id)
    return SentRecord(
        place=place,
        type=record_type,
        id=record_id,
        client_id=None if client_id is None else RecordId(client_id),
        updated_at=fields.pop("updated_at"),
        deleted=fields.pop("deleted", False),
        fields=fields,
    )


def _fields(document: Any) -> dict[str, Any]:
    """A record's checked values. Of a deletion that is more than its identity they are all there, or none counts."""
    try:
        return dict(RECORD_ADAPTER.validate_python(document))
    except ValidationError:
        kind = document.get("type") if isinstance(document, dict) and document.get("deleted") is True else None
        if not isinstance(kind, str) or kind not in FACT_TYPES:
            raise
        counts = {name: value for name, value in document.items() if name in _IDENTITY or name not in _FIELDS[kind]}
        return dict(DELETION_ADAPTER.validate_python(counts))


def _faults(error: ValidationError) -> Iterable[Fault]:
    """Locations inside a union start with the tag; the fault of a tag that is wrong itself has none."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"].startswith("union_tag"):
        return [Fault("/type", f"Send one of {', '.join(TYPES)}.")]
    return faults(error, skip=1 if first["loc"] else 0)
