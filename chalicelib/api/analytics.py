"""Analytics → Client Health."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.paging import page_of_rows
from chalicelib.api.parameters import CURSOR, LIMIT, MANAGER, NAME_CONTAINS, choice, choices, ordering
from chalicelib.api.responses import change_json, money_list
from chalicelib.bootstrap import application
from chalicelib.domain.deduction import INDICATOR_LABELS, STATUSES
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS
from chalicelib.domain.rounding import decimal_places, mean
from chalicelib.domain.text import name_key, search_key
from chalicelib.domain.times import format_instant

if TYPE_CHECKING:
    from chalicelib.api.shapes import analytics as shapes
    from chalicelib.domain.client_health import ClientHealthRow
    from chalicelib.services.analytics import ClientHealth

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Analytics")

Value = Callable[["ClientHealthRow"], Any]

_SEVERITY: Final = {status: place for place, status in enumerate(reversed(STATUSES))}


def _scaled(value: Decimal | None, places: int) -> int | None:
    """A decimal as an integer, for a cursor."""
    return None if value is None else int(value.scaleb(places))


def _columns(currency: str) -> dict[str, Value]:
    """What each column of the table sorts by; revenue by that of the tenant's currency."""
    return {
        "name": lambda row: name_key(row.row.client.name),
        "status": lambda row: _SEVERITY[row.status],
        "score": lambda row: row.score,
        "tickets": lambda row: row.activity.tickets,
        "tickets_change": lambda row: _scaled(row.activity.percent_change, 1),
        "open_tickets": lambda row: row.standing.open_tickets,
        "overdue_tickets": lambda row: row.standing.overdue_tickets,
        "average_first_response_hours": lambda row: _scaled(row.activity.response_hours, 2),
        "revenue": lambda row: dict(row.activity.revenue).get(currency),
        "days_since_last_activity": lambda row: row.standing.last_activity_days,
    }


PERIOD: Final = choice(
    "period",
    tuple(PERIODS),
    DEFAULT_PERIOD,
    "The window of tickets, first responses and revenue; all else is as of now.",
    "90d",
)
STATUS: Final = choices("status", STATUSES, "Only rows of this status.", "CRITICAL")
INDICATOR: Final = choices(
    "indicator", tuple(INDICATOR_LABELS), "Only rows that show this risk indicator.", "contract_expiring"
)
SORT, ORDER = ordering(tuple(_columns("")), "score")


@endpoint(
    "GET",
    "/analytics/clients",
    permission="reports.read",
    query=(PERIOD, STATUS, INDICATOR, NAME_CONTAINS, MANAGER, SORT, ORDER, LIMIT, CURSOR),
    scoped=True,
)
def get_client_health(request: Request) -> "shapes.ClientHealthPage":
    """The Client Health page: summary, distribution, risk indicators and the table, lowest score first.

    Scores are those of model `deduction` for the selected period. `status`, `indicator` and `q` filter the rows only:
    the summary covers all clients, or those of the account managers that are asked for. Rows of equal value follow
    by name, then id. `revenue` sorts by the amount in the tenant's currency.
    """
    query = request.query
    period, statuses, text = query[PERIOD], query[STATUS], search_key(query[NAME_CONTAINS])
    indicators = query[INDICATOR]
    sort, descending = query[SORT], query[ORDER] == "desc"
    limit, cursor = query[LIMIT], query[CURSOR]
    scope = query.scope(request.tenant, "analytics/clients")
    place = None if cursor is None else application().cursors.read(scope, cursor)
    health = application().client_health.client_health(request.tenant, period, query[MANAGER])
    matching = [
        row
        for row in health.rows
        if (statuses is None or row.status in statuses)
        and (indicators is None or not indicators.isdisjoint(row.indicators))
        and text in search_key(row.row.client.name)
    ]
    rows, following = page_of_rows(
        matching,
        _columns(health.tenant.currency)[sort],
        lambda row: (name_key(row.row.client.name), row.row.client.id),
        descending=descending,
        limit=limit,
        place=place,
    )
    return {
        **_fleet(health),
        "clients": list(map(_row, rows)),
        "total": len(matching),
        "next_cursor": None if following is None else application().cursors.sign(scope, following),
    }


def _fleet(health: "ClientHealth") -> "shapes.FleetHealth":
    counts = {status: sum(row.status == status for row in health.rows) for status in STATUSES}
    total = len(health.rows)
    healthy, at_risk, critical = counts.values()
    return {
        "model": "deduction",
        "period": health.period,
        "computed_at": None if health.computed_at is None else format_instant(health.computed_at),
        "summary": {"total": total, "healthy": healthy, "at_risk": at_risk, "critical": critical},
        "average_score": mean(total, sum(row.score for row in health.rows)),
        "average_score_change": change_json(health.change),
        "distribution": [
            {"status": status, "count": count, "share": decimal_places(count, total, 3) if total else Decimal(0)}
            for status, count in counts.items()
        ],
        "risk_indicators": [
            {
                "code": indicator.code,
                "label": indicator.label,
                "count": indicator.affected,
                "clients": [{"client_id": client.id, "name": client.name} for client in indicator.clients],
            }
            for indicator in health.indicators
        ],
    }


def _row(row: "ClientHealthRow") -> "shapes.ClientHealthRow":
    activity, standing = row.activity, row.standing
    return {
        "client_id": row.row.client.id,
        "name": row.row.client.name,
        "status": row.status,
        "score": row.score,
        "tickets": activity.tickets,
        "tickets_change": {"direction": activity.direction, "percent": activity.percent_change},
        "open_tickets": standing.open_tickets,
        "overdue_tickets": standing.overdue_tickets,
        "average_first_response_hours": activity.response_hours,
        "revenue": money_list(activity.revenue),
        "days_since_last_activity": standing.last_activity_days,
    }
