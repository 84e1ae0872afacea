"""Answers about account managers."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.analytics import ClientName
from chalicelib.api.shapes.common import Average, Count, CountedPage, Id, Money
from chalicelib.api.shapes.subscriptions import State
from chalicelib.domain.settings import Model


class AccountManager(TypedDict):
    """Who gets the alerts of some clients."""

    id: Id
    name: str
    email: str
    clients: Count
    """Scored clients assigned to them."""
    reached: bool
    """They have a confirmed subscription; else the fallback addresses are told."""


class FallbackAddress(TypedDict):
    """An e-mail address that is told what reaches no account manager."""

    email: str
    state: State
    """As of a subscription: only a confirmed one is told."""


class AccountManagerList(CountedPage):
    """All account managers, by name."""

    items: list[AccountManager]
    fallback: list[FallbackAddress]
    """The tenant's fallback addresses, as SNS last said."""
    unreached_clients: Count
    """Scored clients whose alerts reach nobody now: neither an account manager nor a fallback address."""


class Assignment(TypedDict):
    """What became of clients that were given to an account manager."""

    assigned: Count
    unknown: list[Id]
    """Ids that no client has: nothing came of these."""


class Workload(TypedDict):
    """What an account manager has to do."""

    account_manager_id: Id | None
    """Null: clients without one."""
    name: str | None
    """Null for clients without an account manager, and for one that there is no record of."""
    clients: Count
    """Scored ones."""
    bands: dict[str, Count]
    """Clients by band of the primary model; those that nobody is in are left out."""
    average_score: Average | None
    monthly_recurring_revenue: list[Money]
    open_alerts: Count
    open_tasks: Count
    """Given to them, or of their clients and given to nobody."""
    overdue_tasks: Count
    """Those of them that were due before today; of tasks that an older build opened no date is known."""


class TeamWorkload(TypedDict):
    """Workloads by account manager, last that of clients without one."""

    model: Model
    items: list[Workload]


class RecordFlaw(TypedDict):
    """Something that client records lack."""

    code: str
    """As in a card's `data_quality`."""
    count: Annotated[int, Field(ge=1)]
    clients: Annotated[list[ClientName], Field(min_length=1, max_length=50)]
    """Up to 50 of them, by name."""


class DataQuality(TypedDict):
    """What the records of scored clients lack, the most frequent first."""

    items: list[RecordFlaw]
