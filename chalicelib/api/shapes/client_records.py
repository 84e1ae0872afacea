"""Answers of /clients/{client_id}/records."""

from decimal import Decimal
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Day, Id, Instant, Money, Page, number, one_of
from chalicelib.domain.records import FACT_TYPES

Number = Annotated[Decimal, number()]
AmountText = Annotated[str, Field(pattern=r"^\d+\.\d{2,4}$")]


class HeldRecord(TypedDict):
    """A record as it is held, with the fields of its type; those that are absent are left out."""

    type: Annotated[str, one_of(("client", *FACT_TYPES))]
    id: Id
    client_id: NotRequired[Id]
    """Of all types but `client`."""
    updated_at: Instant
    link: str | None
    """Its address in the tenant's own system; null where its type has none."""
    account_manager_id: NotRequired[Id]
    archived: NotRequired[bool]
    balance: NotRequired[AmountText]
    billable_hours: NotRequired[Number]
    budget_hours: NotRequired[Number]
    client_since: NotRequired[Day]
    closed_at: NotRequired[Instant]
    completed_on: NotRequired[Day]
    contracted_quantity: NotRequired[Number]
    created_at: NotRequired[Instant]
    decision_maker_present: NotRequired[bool]
    due_at: NotRequired[Instant]
    due_on: NotRequired[Day]
    employees: NotRequired[int]
    end_date: NotRequired[Day]
    first_response_at: NotRequired[Instant]
    held_on: NotRequired[Day]
    industry: NotRequired[str]
    issued_on: NotRequired[Day]
    kind: NotRequired[str]
    month: NotRequired[Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]]
    monthly_recurring_revenue: NotRequired[Money]
    name: NotRequired[str]
    occurred_at: NotRequired[Instant]
    paid_on: NotRequired[Day]
    paid_total: NotRequired[AmountText]
    priority: NotRequired[Annotated[str, one_of(("P1", "P2", "P3", "P4", "P5"))]]
    recorded_on: NotRequired[Day]
    renews: NotRequired[Id]
    resolved_at: NotRequired[Instant]
    responded_at: NotRequired[Instant]
    score: NotRequired[int]
    standardization_score: NotRequired[Number]
    start_date: NotRequired[Day]
    status: NotRequired[str]
    total: NotRequired[Money]
    used_quantity: NotRequired[Number]
    with_decision_maker: NotRequired[bool]


class HeldRecordList(Page):
    """Records of a client, newest first by the time that they are of: created, issued, held and so on."""

    items: list[HeldRecord]
