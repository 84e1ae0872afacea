"""The fields of each record type as columns: what a map may fill, and the columns of our own format."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chalicelib.domain.facts import LIFECYCLE_STATUSES


class Kind(Enum):
    """How the cells of a field become a JSON value."""

    TEXT = "text"
    CODE = "one of a few words"
    BOOLEAN = "true or false"
    WHOLE = "whole number"
    DECIMAL = "decimal number"
    MONEY = "money"
    AMOUNT = "amount of the money before it"
    INSTANT = "instant"
    DAY = "day"
    MONTH = "month"
    ID = "id of a record of the same source"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record type. `codes` are the words that a CODE may be."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How one record type looks as a table. `client_column` says whose row it is in our own format.

    The first field of a time is the one that records of the type go by.
    """

    type: str
    id_column: str
    client_column: str
    fields: tuple[Field, ...]

    @property
    def file_name(self) -> str:
        return f"{self.type}s.csv"

    @property
    def is_fact(self) -> bool:
        """Whether its records belong to a client, rather than being one or an account manager."""
        return self.client_column != self.id_column

    @property
    def time(self) -> Field | None:
        """The field by which records of the type are stored."""
        return next((field for field in self.fields if field.kind in _TIMES), None)

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def columns(self) -> dict[str, Field]:
        """Every column of our own format, in order, with the field it belongs to; two columns for money."""
        columns = {self.id_column: Field("id")}
        for field in self.fields:
            if field.kind is Kind.MONEY:
                columns[f"{field.name}_amount"] = field
                columns[f"{field.name}_currency"] = field
            else:
                columns[field.name] = field
        return columns

    def targets(self) -> dict[str, Field]:
        """What a map's `columns` may name: our own columns, and what help desks say about tickets besides."""
        own = {"id": Field("id"), **{name: field for name, field in self.columns().items() if name != self.id_column}}
        own.pop("client_id", None)
        own.pop("deleted", None)
        if self.type == "ticket":
            own["state"] = TICKET_STATE
            own["first_response_minutes"] = FIRST_RESPONSE
        return own


_TIMES: Final = frozenset({Kind.INSTANT, Kind.DAY, Kind.MONTH})

TICKET_STATE: Final = Field("state", Kind.CODE, required=False, codes=("open", "resolved", "closed"))
"""What a help desk calls a ticket's status: it says which of its times count."""


FIRST_RESPONSE: Final = Field("first_response_minutes", Kind.DECIMAL, required=False)
"""Where a help desk tells no instant of its first answer, but the minutes that it took."""


def _optional(name: str, kind: Kind = Kind.TEXT, *codes: str) -> Field:
    return Field(name, kind, required=False, codes=codes)


def _code(name: str, *codes: str) -> Field:
    return Field(name, Kind.CODE, codes=codes)


def _root(record_type: str, *fields: Field) -> Layout:
    id_column = f"{record_type}_id"
    return Layout(record_type, id_column, id_column, (*fields, _optional("updated_at", Kind.INSTANT)))


def _fact(record_type: str, *fields: Field) -> Layout:
    common = (_optional("updated_at", Kind.INSTANT), _optional("deleted", Kind.BOOLEAN))
    return Layout(record_type, f"{record_type}_id", "client_id", (Field("client_id"), *fields, *common))


# In the order of import: the service refuses a record whose client it does not know yet.
LAYOUTS: Final[tuple[Layout, ...]] = (
    _root("account_manager", Field("name"), Field("email")),
    _root(
        "client",
        Field("name"),
        _code("status", *LIFECYCLE_STATUSES),
        _optional("archived", Kind.BOOLEAN),
        _optional("industry"),
        _optional("account_manager_id", Kind.ID),
        _optional("client_since", Kind.DAY),
        _optional("monthly_recurring_revenue", Kind.MONEY),
    ),
    _fact(
        "ticket",
        _code("priority", "P1", "P2", "P3", "P4", "P5"),
        Field("created_at", Kind.INSTANT),
        _optional("first_response_at", Kind.INSTANT),
        _optional("resolved_at", Kind.INSTANT),
        _optional("closed_at", Kind.INSTANT),
        _optional("due_at", Kind.INSTANT),
    ),
    _fact(
        "contract",
        _code("status", "ACTIVE", "EXPIRED", "CANCELLED", "DRAFT"),
        Field("start_date", Kind.DAY),
        _optional("end_date", Kind.DAY),
        _optional("renews", Kind.ID),
    ),
    _fact(
        "invoice",
        _code("status", "DRAFT", "SENT", "PARTIAL", "PAID", "VOID", "DISPUTED"),
        Field("issued_on", Kind.DAY),
        Field("due_on", Kind.DAY),
        Field("total", Kind.MONEY),
        _optional("paid_on", Kind.DAY),
        _optional("paid_total", Kind.AMOUNT),
        _optional("balance", Kind.AMOUNT),
    ),
    _fact(
        "survey",
        _code("kind", "CSAT", "NPS"),
        Field("score", Kind.WHOLE),
        Field("responded_at", Kind.INSTANT),
    ),
    _fact(
        "billable_month",
        Field("month", Kind.MONTH),
        Field("billable_hours", Kind.DECIMAL),
        _optional("budget_hours", Kind.DECIMAL),
    ),
    _fact(
        "qbr",
        Field("held_on", Kind.DAY),
        _code("status", "SCHEDULED", "COMPLETED", "CANCELLED"),
        _optional("decision_maker_present", Kind.BOOLEAN),
    ),
    _fact(
        "touchpoint",
        Field("occurred_at", Kind.INSTANT),
        _code("kind", "CALL", "MEETING", "VISIT", "EMAIL"),
        Field("with_decision_maker", Kind.BOOLEAN),
    ),
    _fact("assessment", Field("completed_on", Kind.DAY), Field("standardization_score", Kind.DECIMAL)),
    _fact(
        "reconciliation",
        Field("completed_on", Kind.DAY),
        Field("contracted_quantity", Kind.DECIMAL),
        Field("used_quantity", Kind.DECIMAL),
    ),
    _fact("headcount", Field("recorded_on", Kind.DAY), Field("employees", Kind.WHOLE)),
)
LAYOUT_OF: Final[Mapping[str, Layout]] = {layout.type: layout for layout in LAYOUTS}
