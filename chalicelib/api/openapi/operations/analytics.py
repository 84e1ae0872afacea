"""Operations of /analytics."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.openapi import problems
from chalicelib.api.openapi.answers.analytics import ClientHealthPage, Portfolio
from chalicelib.api.openapi.examples import analytics as examples
from chalicelib.api.openapi.parameters import LIST, MODEL, NAME_CONTAINS, choice, ordering, several_choices
from chalicelib.api.openapi.parts import Answer, Operation, Operations
from chalicelib.domain.deduction import STATUSES
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS

_COLUMNS: Final = (
    "name",
    "status",
    "score",
    "tickets",
    "tickets_change",
    "open_tickets",
    "overdue_tickets",
    "average_first_response_hours",
    "revenue",
    "days_since_last_activity",
)

OPERATIONS: Final[Operations] = {
    ("GET", "/analytics/clients"): Operation(
        "get_client_health",
        "Analytics",
        answers=(Answer(HTTPStatus.OK, "The page.", ClientHealthPage, {"four_clients": examples.CLIENT_HEALTH}),),
        problems=(
            problems.UNKNOWN_PARAMETER,
            problems.BAD_PARAMETER,
            problems.BAD_CURSOR,
            problems.UNKNOWN_TENANT,
        ),
        parameters=(
            choice(
                "period",
                PERIODS,
                "The window of tickets, first responses and revenue; all else is as of now.",
                "90d",
                DEFAULT_PERIOD,
            ),
            several_choices("status", STATUSES, "Only rows of this status.", "CRITICAL"),
            NAME_CONTAINS,
            *ordering(_COLUMNS, "score"),
            *LIST,
        ),
        details="Scores are those of model `deduction` for the selected period. `status` and `q` filter the rows "
        "only: the summary always tells of the whole fleet. Rows of equal value follow by name, then id. `revenue` "
        "sorts by the amount in the tenant's currency.",
    ),
    ("GET", "/analytics/portfolio"): Operation(
        "get_portfolio",
        "Analytics",
        answers=(Answer(HTTPStatus.OK, "The dashboard.", Portfolio, {"four_clients": examples.PORTFOLIO}),),
        problems=(problems.UNKNOWN_PARAMETER, problems.BAD_PARAMETER, problems.UNKNOWN_TENANT),
        parameters=(MODEL,),
        details="A summary is made when a nightly run completes; before the first one `computed_at` is null and "
        "everything is empty. For model `deduction` the bands are its statuses.",
    ),
}
