"""What is known of a client: the values both scoring models are computed from.

Instants are whole seconds since 1970-01-01T00:00Z, days are proleptic ordinals (`date.toordinal`), money is counted
in ten-thousandths of the currency's unit: integers, so that every threshold is compared exactly (scoring.md,
Numbers). Deleted records never get here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args, overload

if TYPE_CHECKING:

    class Instant(int):
        """A second of time. An instant less another is a number of seconds."""

        def __add__(self, seconds: int) -> "Instant":
            """So much later."""

        @overload
        def __sub__(self, other: "Instant") -> int: ...  # type: ignore[overload-overlap]
        @overload
        def __sub__(self, other: int) -> "Instant": ...
        def __sub__(self, other: int) -> "int | Instant":
            """The seconds since another instant, or so much earlier."""

    class Day(int):
        """A calendar day. A day less another is a number of days."""

        def __add__(self, days: int) -> "Day":
            """So many days later."""

        @overload
        def __sub__(self, other: "Day") -> int: ...  # type: ignore[overload-overlap]
        @overload
        def __sub__(self, other: int) -> "Day": ...
        def __sub__(self, other: int) -> "int | Day":
            """The days since another day, or so many days earlier."""

else:
    Instant = Day = int  # plain integers while serving: mypy alone keeps seconds, instants and days apart

Number = int | Decimal

Timestamp = int | Decimal
"""When a record was changed, to the microsecond: an instant, or a decimal where it has a fraction of a second."""

NEVER: Final = Instant(1 << 62)
"""Stands for an instant that is absent: it never comes, so `NEVER < as_of` is false for every `as_of`."""

OPEN_ENDED: Final = Day(3_652_059)
"""9999-12-31: as a contract's end it means that the contract has none."""

MONEY_SCALE: Final = 10_000

LifecycleStatus = Literal["ACTIVE", "AT_RISK", "INACTIVE", "CHURNED"]
LIFECYCLE_STATUSES: Final[tuple[LifecycleStatus, ...]] = get_args(LifecycleStatus)
SCORED_STATUSES: Final = frozenset({"ACTIVE", "AT_RISK"})


class Money(NamedTuple):
    """An amount of one currency, in ten-thousandths of its unit."""

    currency: str
    amount: int


class Client(NamedTuple):
    """A client as its record says, and when the at-risk workflow flagged it (an instant, or None)."""

    id: str
    name: str
    status: str
    archived: bool = False
    industry: str | None = None
    account_manager_id: str | None = None
    client_since: Day | None = None
    monthly_recurring_revenue: Money | None = None
    at_risk_since: Instant | None = None

    def is_scored(self, today: Day) -> bool:
        """Whether the client is scored and counted on a local day (scoring.md, Who is scored)."""
        return (
            self.status in SCORED_STATUSES
            and not self.archived
            and (self.client_since is None or self.client_since <= today)
        )

    @property
    def effective_status(self) -> str:
        """`AT_RISK` while the workflow's flag is set on a client whose record says `ACTIVE`."""
        return "AT_RISK" if self.status == "ACTIVE" and self.at_risk_since is not None else self.status


class Ticket(NamedTuple):
    """One ticket; priority 1 (most urgent) to 5, absent instants are NEVER."""

    id: str
    priority: int
    created: Instant
    first_response: Instant = NEVER
    resolved: Instant = NEVER
    closed: Instant = NEVER
    due: Instant = NEVER


@dataclass(frozen=True, slots=True)
class Tickets:
    """A client's tickets as columns, by (created, id).

    Columns, because a night reads hundreds of tickets per client and needs a few of each: a window is two bisections
    of `created`, a sum is one pass over a slice.
    """

    id: Sequence[str] = ()
    priority: Sequence[int] = ()
    created: Sequence[Instant] = ()
    first_response: Sequence[Instant] = ()
    resolved: Sequence[Instant] = ()
    closed: Sequence[Instant] = ()
    due: Sequence[Instant] = ()

    @classmethod
    def of(cls, tickets: Iterable[Ticket]) -> "Tickets":
        """Tickets in any order, as columns."""
        rows = sorted(tickets, key=lambda ticket: (ticket.created, ticket.id))
        return cls(*zip(*rows, strict=True)) if rows else cls()

    def rows(self) -> list[Ticket]:
        return list(
            map(
                Ticket,
                self.id,
                self.priority,
                self.created,
                self.first_response,
                self.resolved,
                self.closed,
                self.due,
            )
        )


class Contract(NamedTuple):
    """A contract; `renews` is the id of the one that it follows."""

    id: str
    status: str
    start: Day
    end: Day = OPEN_ENDED
    renews: str | None = None


class Invoice(NamedTuple):
    """An invoice; of its `amount`, what was paid and what is still owed, where the sender says so."""

    id: str
    status: str
    issued: Day
    due: Day
    currency: str
    amount: int
    paid: Day | None = None
    paid_total: int | None = None
    balance: int | None = None


class Survey(NamedTuple):
    """A response: CSAT 1–5 or NPS 0–10."""

    id: str
    kind: str
    score: int
    responded: Instant


class BillableMonth(NamedTuple):
    """`month` counts months: year × 12 + (month of the year − 1)."""

    id: str
    month: int
    hours: Number
    budget: Number | None = None


class Qbr(NamedTuple):
    id: str
    held: Day
    status: str
    decision_maker: bool = False


class Touchpoint(NamedTuple):
    id: str
    occurred: Instant
    kind: str
    decision_maker: bool


class Assessment(NamedTuple):
    id: str
    completed: Day
    score: Number


class Reconciliation(NamedTuple):
    id: str
    completed: Day
    contracted: Number
    used: Number


class Headcount(NamedTuple):
    id: str
    recorded: Day
    employees: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of one client."""

    client: Client
    tickets: Tickets = Tickets()
    contracts: Sequence[Contract] = ()
    invoices: Sequence[Invoice] = ()
    surveys: Sequence[Survey] = ()
    billable_months: Sequence[BillableMonth] = ()
    qbrs: Sequence[Qbr] = ()
    touchpoints: Sequence[Touchpoint] = ()
    assessments: Sequence[Assessment] = ()
    reconciliations: Sequence[Reconciliation] = ()
    headcounts: Sequence[Headcount] = ()
