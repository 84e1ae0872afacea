"""Operations of /settings, but for the keys."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.openapi import problems
from chalicelib.api.openapi.answers.settings import (
    BusinessHours,
    Preview,
    ScoringSettings,
    SettingsVersion,
    SettingsVersionList,
    Workflows,
)
from chalicelib.api.openapi.examples import settings as examples
from chalicelib.api.openapi.parameters import ETAG_HEADER, IF_MATCH, LIST
from chalicelib.api.openapi.parts import Answer, Body, Operation, Operations, Problem
from chalicelib.api.schemas.settings import BusinessHoursBody, PreviewBody, ScoringSettingsBody, WorkflowsBody

_READ: Final = (problems.NO_PARAMETERS, problems.UNKNOWN_TENANT)

_REPLACING: Final = (
    "The resource is replaced whole. Scoring settings, business hours and workflows share one version and one `ETag`: "
    "an edit of any of them makes the ETags read before stale. `version` in the body is ignored, `note` goes into the "
    "list of versions. An edit applies to future calculations only and starts a refresh of the current rows; one that "
    "changes nothing makes no version."
)


def _replace(*faults: tuple[str, str]) -> tuple[Problem, ...]:
    """How replacing settings fails."""
    return (
        problems.NO_PARAMETERS,
        *problems.BODY,
        problems.UNKNOWN_TENANT,
        problems.STALE,
        problems.NO_ETAG,
        problems.invalid(*faults),
        problems.NO_IF_MATCH,
        problems.BUSY,
    )


OPERATIONS: Final[Operations] = {
    ("GET", "/settings/health-score"): Operation(
        "get_scoring_settings",
        "Settings",
        answers=(
            Answer(HTTPStatus.OK, "The settings.", ScoringSettings, {"settings": examples.SCORING}, (ETAG_HEADER,)),
        ),
        problems=_READ,
    ),
    ("PUT", "/settings/health-score"): Operation(
        "replace_scoring_settings",
        "Settings",
        answers=(
            Answer(
                HTTPStatus.OK,
                "The settings now in force.",
                ScoringSettings,
                {"edited": examples.SCORING_EDITED},
                (ETAG_HEADER,),
            ),
        ),
        problems=_replace(
            ("/weights", "The weights sum to 95, not to 100."),
            ("/yellow_threshold", "yellow_threshold is below green_threshold."),
        ),
        parameters=(IF_MATCH,),
        body=Body(ScoringSettingsBody, {"edit": examples.SCORING_EDIT}),
        details=_REPLACING,
    ),
    ("GET", "/settings/business-hours"): Operation(
        "get_business_hours",
        "Settings",
        answers=(
            Answer(HTTPStatus.OK, "The business hours.", BusinessHours, {"week": examples.HOURS}, (ETAG_HEADER,)),
        ),
        problems=_READ,
    ),
    ("PUT", "/settings/business-hours"): Operation(
        "replace_business_hours",
        "Settings",
        answers=(
            Answer(
                HTTPStatus.OK,
                "The business hours now in force.",
                BusinessHours,
                {"week": examples.HOURS},
                (ETAG_HEADER,),
            ),
        ),
        problems=_replace(("/weekly", "mon, interval 2: The interval overlaps the one before it.")),
        parameters=(IF_MATCH,),
        body=Body(BusinessHoursBody, {"week": {**examples.HOURS_EDIT, "note": "Winter hours."}}),
        details="Intervals are `[from, to]` in the tenant's zone; one that ends before it starts crosses midnight, and "
        f"`24:00` is the end of a day. {_REPLACING}",
    ),
    ("GET", "/settings/workflows"): Operation(
        "get_workflows",
        "Settings",
        answers=(Answer(HTTPStatus.OK, "The workflows.", Workflows, {"on": examples.WORKFLOWS}, (ETAG_HEADER,)),),
        problems=_READ,
    ),
    ("PUT", "/settings/workflows"): Operation(
        "replace_workflows",
        "Settings",
        answers=(
            Answer(HTTPStatus.OK, "The workflows now in force.", Workflows, {"on": examples.WORKFLOWS}, (ETAG_HEADER,)),
        ),
        problems=_replace(("/at_risk_alert/enabled", "Send true or false.")),
        parameters=(IF_MATCH,),
        body=Body(WorkflowsBody, {"switch_on": examples.WORKFLOWS_EDIT}),
        details=_REPLACING,
    ),
    ("GET", "/settings/versions"): Operation(
        "list_settings_versions",
        "Settings",
        answers=(Answer(HTTPStatus.OK, "A page of versions.", SettingsVersionList, {"newest": examples.VERSIONS}),),
        problems=(
            problems.UNKNOWN_PARAMETER,
            problems.BAD_PARAMETER,
            problems.BAD_CURSOR,
            problems.UNKNOWN_TENANT,
        ),
        parameters=LIST,
    ),
    ("GET", "/settings/versions/{version}"): Operation(
        "get_settings_version",
        "Settings",
        answers=(Answer(HTTPStatus.OK, "The version.", SettingsVersion, {"version": examples.VERSION}),),
        problems=(problems.NO_PARAMETERS, problems.UNKNOWN_VERSION),
    ),
    ("POST", "/settings/health-score/preview"): Operation(
        "preview_scoring_settings",
        "Settings",
        answers=(
            Answer(
                HTTPStatus.OK,
                "The scores under the settings in force and under those sent.",
                Preview,
                {
                    "sample_account": examples.sample_preview(),
                    "one_client": examples.client_preview(),
                    "portfolio": examples.PREVIEWED_PORTFOLIO,
                },
            ),
        ),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.UNKNOWN_TENANT,
            problems.UNKNOWN_CLIENT,
            problems.NO_RESULT,
            problems.invalid(("/settings/weights", "The weights sum to 95, not to 100.")),
        ),
        body=Body(
            PreviewBody,
            {
                "sample_account": examples.PREVIEW_SAMPLE,
                "one_client": examples.PREVIEW_CLIENT,
                "portfolio": examples.PREVIEW_PORTFOLIO,
            },
        ),
        details="Stores nothing. With `client_id` it previews that client, with `scope: portfolio` all scored clients, "
        "else a sample account: 1 open P1/P2 ticket 2 days old, CSAT/NPS 85 points, hours 12 % over budget, QBR 100 "
        "days ago, decision-maker 45 days ago, stack 75, oldest overdue invoice 10 days, variance 5 %, headcount "
        "flat. Scores are those of model `weighted`. What `GET /v1/settings/health-score` answers can be sent as "
        "`settings`, edited.",
    ),
}
