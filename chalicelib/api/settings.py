"""Settings → Health Score, Business hours, Workflows: three resources that share one version and one ETag."""

import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Blueprint, Response

from chalicelib.api.documents import weighted_result_document
from chalicelib.api.endpoint import Request, endpoint, json_response
from chalicelib.api.errors import RequestError
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.portfolio import BAND_NAMES, INSUFFICIENT
from chalicelib.domain.preview import LISTED, SAMPLE_POINTS, SAMPLE_SOURCES, Move, Pair, PortfolioPreview
from chalicelib.domain.settings import SOURCES, ScoringSettings, Settings
from chalicelib.domain.settings_document import hours_document, scoring_document, settings_document
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.domain.times import format_instant
from chalicelib.domain.weighted import Points
from chalicelib.observability import logger

blueprint = Blueprint(__name__)

_ETAG: Final = re.compile(r'"([1-9][0-9]{0,5})"\Z')
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS: Final = re.compile(_TAG)
_TAG_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t]*(?:{_TAG})?)*[ \t]*\Z")
"""RFC 9110, 13.1.1 and 8.8.3; elements of a list may be empty."""

Document = dict[str, Any]


def _scoring(tenant: Tenant) -> Document:
    return {
        **scoring_document(tenant.settings.scoring),
        "resolved_primary_model": tenant.primary_model,
        "connected_sources": [source for source in SOURCES if source in tenant.connected],
    }


def _hours(tenant: Tenant) -> Document:
    return hours_document(tenant.settings.business_hours)


def _workflows(tenant: Tenant) -> Document:
    return {"at_risk_alert": {"enabled": tenant.settings.at_risk_workflow}}


def _resource(tenant: Tenant, document: Callable[[Tenant], Document]) -> Response:
    version = tenant.settings.version
    return json_response({"version": version, **document(tenant)}, ETag=f'"{version}"')


def _put(request: Request, body: Any, change: Callable[[Settings], Settings]) -> Tenant:
    caller = request.caller
    return application().settings_editor.replace(caller.tenant, if_match(request), change, body.note, caller.subject)


def if_match(request: Request) -> frozenset[int] | None:
    """The versions that the caller would replace, None for any (`*`), compared strongly: a weak tag is none of ours.

    Raises RequestError: 428 without If-Match, 412 where it names no version that there could be.
    """
    sent = request.headers.get("if-match")
    if sent is None:
        raise RequestError(
            HTTPStatus.PRECONDITION_REQUIRED, "Send the ETag that you read in If-Match, so that no edit is lost."
        )
    if sent.strip() == "*":
        return None
    versions = frozenset(int(match[1]) for tag in _TAGS.findall(sent) if (match := _ETAG.match(tag)))
    if not versions or not _TAG_LIST.match(sent):
        raise RequestError(HTTPStatus.PRECONDITION_FAILED, 'If-Match is the ETag that you read, such as "12".')
    return versions


@endpoint(blueprint, "GET", "/settings/health-score", permission="settings.read")
def scoring_settings(request: Request) -> Response:
    """The scoring settings."""
    Query(request.query, ())
    return _resource(application().tenants.get(request.tenant), _scoring)


@endpoint(blueprint, "PUT", "/settings/health-score", permission="settings.write")
def replace_scoring_settings(request: Request) -> Response:
    """Replaces the scoring settings; they apply to future calculations."""
    from chalicelib.api.schemas.settings import ScoringSettingsBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    body = read_body(ScoringSettingsBody, request.body())
    tenant = _put(request, body, lambda held: replace(held, scoring=body.settings()))
    _keep_fallback(tenant)
    return _resource(tenant, _scoring)


def _keep_fallback(tenant: Tenant) -> None:
    """Subscribes the fallback addresses, also when nothing changed: a repeat mends what is left undone.

    The settings are stored by then, so SNS's failure is no error of the request: the night tries again, and the
    account managers' page shows which addresses are not confirmed.
    """
    try:
        application().subscriptions.keep_fallback(tenant.id, tenant.settings.scoring.fallback_emails, renew=True)
    except Exception:
        logger.exception("fallback addresses are not subscribed yet", extra={"tenant_id": tenant.id})


@endpoint(blueprint, "GET", "/settings/business-hours", permission="settings.read")
def hours_settings(request: Request) -> Response:
    """The business hours, in the tenant's zone."""
    Query(request.query, ())
    return _resource(application().tenants.get(request.tenant), _hours)


@endpoint(blueprint, "PUT", "/settings/business-hours", permission="settings.write")
def replace_hours_settings(request: Request) -> Response:
    """Replaces the business hours."""
    from chalicelib.api.schemas.settings import BusinessHoursBody
    from chalicelib.api.schemas.validation import read_body
    from chalicelib.domain.settings_document import business_hours

    Query(request.query, ())
    body = read_body(BusinessHoursBody, request.body())
    hours = business_hours(body.model_dump())
    return _resource(_put(request, body, lambda held: replace(held, business_hours=hours)), _hours)


@endpoint(blueprint, "GET", "/settings/workflows", permission="settings.read")
def workflow_settings(request: Request) -> Response:
    """The workflows."""
    Query(request.query, ())
    return _resource(application().tenants.get(request.tenant), _workflows)


@endpoint(blueprint, "PUT", "/settings/workflows", permission="settings.write")
def replace_workflow_settings(request: Request) -> Response:
    """Replaces the workflows."""
    from chalicelib.api.schemas.settings import WorkflowsBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    body = read_body(WorkflowsBody, request.body())
    enabled = body.at_risk_alert.enabled
    return _resource(_put(request, body, lambda held: replace(held, at_risk_workflow=enabled)), _workflows)


@endpoint(blueprint, "GET", "/settings/versions", permission="settings.read")
def versions(request: Request) -> Document:
    """All versions of the settings, newest first."""
    query = Query(request.query, ("limit", "cursor"))
    limit, cursor, app = query.limit(), query.cursor(), application()
    scope = query.scope(request.tenant, "settings/versions")
    newest = 999_999 if cursor is None else app.cursors.read(scope, cursor)[0]
    found = app.tenants.settings_changes(request.tenant, newest, limit + 1)
    if not found:
        raise NotFoundError(f"There is no tenant {request.tenant}.")
    more = found[limit:]
    return {
        "items": list(map(_change, found[:limit])),
        "next_cursor": app.cursors.sign(scope, [more[0].version]) if more else None,
    }


@endpoint(blueprint, "GET", "/settings/versions/{version}", permission="settings.read")
def version(request: Request, version: str) -> Document:
    """One version, whole."""
    Query(request.query, ())
    if not re.fullmatch(r"[1-9][0-9]{0,5}", version):
        raise NotFoundError(f"There is no version {version} of the settings.")
    change, settings = application().tenants.settings_change(request.tenant, int(version))
    return {**_change(change), **settings_document(settings)}


def _change(change: SettingsChange) -> Document:
    return {
        "version": change.version,
        "changed_at": format_instant(change.changed_at),
        "changed_by": change.changed_by,
        "note": change.note,
        "changes": list(change.changes),
    }


@endpoint(blueprint, "POST", "/settings/health-score/preview", permission="settings.read")
def preview(request: Request) -> Document:
    """What other settings would make of the scores: of the sample account, of one client, of the portfolio."""
    from chalicelib.api.schemas.settings import PreviewBody
    from chalicelib.api.schemas.validation import read_body
    from chalicelib.domain.ids import RecordId

    Query(request.query, ())
    body = read_body(PreviewBody, request.body())
    settings, previews = body.settings.settings(), application().previews
    if body.scope is not None:
        return _portfolio_preview(previews.portfolio(request.tenant, settings))
    if body.client_id is not None:
        tenant, pair, points = previews.client(request.tenant, RecordId(body.client_id), settings)
        return _pair(tenant, pair, points, settings, tenant.sources_seen)
    tenant, pair = previews.sample(request.tenant, settings)
    return _pair(tenant, pair, SAMPLE_POINTS, settings, SAMPLE_SOURCES)


def _pair(tenant: Tenant, pair: Pair, points: Points, after: ScoringSettings, seen: Any) -> Document:
    before = tenant.settings.scoring
    return {
        "before": weighted_result_document(points, pair.before, before, before.connected(seen)),
        "after": weighted_result_document(points, pair.after, after, after.connected(seen)),
    }


def _portfolio_preview(found: PortfolioPreview) -> Document:
    bands = (*BAND_NAMES["weighted"], INSUFFICIENT)
    return {
        "bands": {
            "before": {band: found.bands_before[band] for band in bands},
            "after": {band: found.bands_after[band] for band in bands},
        },
        "average": {"before": found.average_before, "after": found.average_after},
        "crossing": list(map(_move, found.crossing[:LISTED])),
        "crossing_total": len(found.crossing),
        "biggest_movers": list(map(_move, found.movers[:LISTED])),
        "biggest_movers_total": len(found.movers),
        "alerts": {"count": len(found.alerting), "clients": list(map(_move, found.alerting[:LISTED]))},
    }


def _move(move: Move) -> Document:
    return {
        "client_id": move.client_id,
        "name": move.name,
        "from_band": move.from_band,
        "to_band": move.to_band,
        "from": move.from_score,
        "to": move.to_score,
    }
