"""Operations of /clients."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.openapi import problems
from chalicelib.api.openapi.answers.clients import AccountList, Explanation, HealthCard, History, ScoredClient
from chalicelib.api.openapi.examples import clients as examples
from chalicelib.api.openapi.parameters import (
    DAY,
    ID,
    IDEMPOTENCY_KEY,
    LIST,
    MODEL,
    NAME_CONTAINS,
    TEXT,
    choice,
    ordering,
    several,
    several_choices,
)
from chalicelib.api.openapi.parts import Answer, Body, Operation, Operations, Parameter
from chalicelib.api.queries import MAX_TEXT
from chalicelib.api.schemas.clients import ClientReplacement
from chalicelib.domain.deduction import STATUSES
from chalicelib.domain.portfolio import INSUFFICIENT
from chalicelib.domain.weighted import BANDS

_COLUMNS: Final = (
    "name",
    "industry",
    "account_manager_id",
    "status",
    "score",
    "band",
    "monthly_recurring_revenue",
    "open_alerts",
    "score_trend",
)

_UNKNOWN: Final = (problems.UNKNOWN_TENANT, problems.UNKNOWN_CLIENT)

OPERATIONS: Final[Operations] = {
    ("GET", "/clients"): Operation(
        "list_clients",
        "Clients",
        answers=(Answer(HTTPStatus.OK, "The list.", AccountList, {"first_page": examples.ACCOUNTS}),),
        problems=(
            problems.UNKNOWN_PARAMETER,
            problems.BAD_PARAMETER,
            problems.BAD_CURSOR,
            problems.UNKNOWN_TENANT,
        ),
        parameters=(
            MODEL,
            several_choices(
                "band",
                (*STATUSES, *BANDS, INSUFFICIENT),
                "Only clients in this band of the selected model: `HEALTHY`, `AT_RISK`, `CRITICAL` of `deduction`, "
                "`GREEN`, `YELLOW`, `RED` of `weighted`, `INSUFFICIENT_DATA` of either. A band of the other model is "
                "a 400.",
                "RED",
            ),
            several(
                "industry",
                {**TEXT, "maxLength": MAX_TEXT},
                "Only clients of this industry, in any case.",
                "Healthcare",
            ),
            several("account_manager_id", ID, "Only clients of this account manager.", "am-7"),
            NAME_CONTAINS,
            several_choices(
                "status",
                ("ACTIVE", "AT_RISK", "INACTIVE", "CHURNED"),
                "Only clients of this lifecycle status, unscored ones too.",
                "CHURNED",
            ),
            choice("archived", ("true", "false"), "Only archived clients or only others, unscored ones too.", "true"),
            choice("columns", ("score_trend",), "Adds a column that is not there by default.", "score_trend"),
            *ordering(_COLUMNS, "name"),
            *LIST,
        ),
        details="Without `status` and `archived` only scored clients are listed. `band` sorts the worst first, "
        "`monthly_recurring_revenue` by amounts in the tenant's currency.",
    ),
    ("GET", "/clients/{client_id}"): Operation(
        "get_client",
        "Clients",
        answers=(Answer(HTTPStatus.OK, "The record.", ScoredClient, {"scored": examples.SCORED_CLIENT}),),
        problems=(problems.NO_PARAMETERS, *_UNKNOWN),
        details="The score is the one in the current row: of the last night, or of the last refresh after a change.",
    ),
    ("PUT", "/clients/{client_id}"): Operation(
        "replace_client",
        "Clients",
        answers=(Answer(HTTPStatus.OK, "The record as stored.", ScoredClient, {"replaced": examples.REPLACED}),),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            *_UNKNOWN,
            problems.invalid(("/status", "This field is required."), ("/nickname", "This field is unknown.")),
            problems.BUSY,
        ),
        body=Body(
            ClientReplacement,
            {
                "edit": examples.REPLACEMENT,
                "clear_the_at_risk_flag": {**examples.REPLACEMENT, "at_risk_since": None},
            },
        ),
        details="The record is replaced whole: a field that is left out is cleared, but for `at_risk_since`, which "
        "stays unless it is sent as null. New clients come in through `POST /v1/records`. The client's rows are "
        "refreshed within a minute; the answer has the score as it was.",
    ),
    ("GET", "/clients/{client_id}/health"): Operation(
        "get_health_card",
        "Clients",
        answers=(
            Answer(
                HTTPStatus.OK,
                "The card.",
                HealthCard,
                {"scored": examples.card(), "not_scored": examples.UNSCORED_CARD},
            ),
        ),
        problems=(problems.NO_PARAMETERS, *_UNKNOWN),
        details="Nothing is stored. Peers are those of the last nightly run.",
    ),
    ("GET", "/clients/{client_id}/history"): Operation(
        "list_history",
        "Clients",
        answers=(Answer(HTTPStatus.OK, "A page of the history.", History, {"a_day": examples.history()}),),
        problems=(
            problems.UNKNOWN_PARAMETER,
            problems.BAD_PARAMETER,
            problems.BAD_DATES,
            problems.BAD_CURSOR,
            *_UNKNOWN,
        ),
        parameters=(
            Parameter("from", "query", DAY, "The first date; by default 730 days before the last.", "2026-10-01"),
            Parameter("to", "query", DAY, "The last date; by default today, in the tenant's zone.", "2026-11-22"),
            *LIST,
        ),
        details="Results are kept for 730 days.",
    ),
    ("GET", "/clients/{client_id}/explanation"): Operation(
        "explain_change",
        "Clients",
        answers=(
            Answer(
                HTTPStatus.OK,
                "The change and its parts.",
                Explanation,
                {"decline": examples.EXPLANATION, "without_a_score": examples.WITHOUT_SCORE},
            ),
        ),
        problems=(
            problems.UNKNOWN_PARAMETER,
            problems.BAD_PARAMETER,
            problems.BAD_DATES,
            *_UNKNOWN,
            problems.NO_SCORE,
        ),
        parameters=(
            Parameter("from", "query", DAY, "The earlier date; by default 30 days ago.", "2026-10-22"),
            Parameter(
                "to",
                "query",
                {"anyOf": [DAY, {"const": "now"}], "default": "now"},
                "The later date; `now` computes the result from the facts.",
                "2026-11-22",
            ),
            MODEL,
        ),
        details="A date stands for the newest result on or before it, at most 7 days old. Kinds of parts: `signal` and "
        "`factor` are facts that changed; `settings` is what an edit of the settings made of the old facts; "
        "`coverage` is signals that count anew or no longer; `limit` is what goes beyond 0 or 100; `rounding` is what "
        "rounding took.",
    ),
    ("POST", "/clients/{client_id}/recalculate"): Operation(
        "recalculate_client",
        "Clients",
        answers=(Answer(HTTPStatus.OK, "The card as computed and stored.", HealthCard, {"scored": examples.card()}),),
        problems=(
            problems.NO_PARAMETERS,
            problems.BAD_KEY,
            *_UNKNOWN,
            problems.NOT_SCORED,
            problems.KEY_OF_OTHER_CLIENT,
            problems.IN_PROGRESS,
            problems.BUSY,
        ),
        parameters=(IDEMPOTENCY_KEY,),
        details="The calculation appears in the history with trigger `manual`. The request has no body.",
    ),
}
