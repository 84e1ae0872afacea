"""Settings → Health Score, Business hours, Workflows, Links: four resources that share one version and one ETag."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.parameters import CURSOR, LIMIT, if_match
from chalicelib.api.responses import weighted_result_json
from chalicelib.bootstrap import application
from chalicelib.domain.fleet import BAND_NAMES, INSUFFICIENT
from chalicelib.domain.ids import RecordId
from chalicelib.domain.preview import LISTED, SAMPLE_POINTS, SAMPLE_SOURCES, Move, Pair, PortfolioPreview
from chalicelib.domain.settings import SOURCES, ScoringSettings, Settings
from chalicelib.domain.settings_resources import hours_json, scoring_json, settings_json
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.domain.times import format_instant
from chalicelib.domain.weighted import Points
from chalicelib.observability import log_failure

if TYPE_CHECKING:
    from chalicelib.api.schemas.settings import (
        BusinessHoursBody,
        LinksBody,
        PreviewBody,
        ScoringSettingsBody,
        WorkflowsBody,
    )
    from chalicelib.api.shapes import settings as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Settings", scoped=True)

IF_MATCH: Final = if_match(
    "The `ETag` of the settings that you read, so that no edit made since is lost; a list of them, or `*` for whatever "
    "is there (RFC 9110). Tags are compared strongly: a weak one (`W/`) matches nothing."
)


def _scoring(tenant: Tenant) -> "shapes.ScoringSettings":
    return {
        "version": tenant.settings.version,
        **cast("shapes.StoredScoringSettings", scoring_json(tenant.settings.scoring)),
        "resolved_primary_model": tenant.primary_model,
        "connected_sources": [source for source in SOURCES if source in tenant.connected],
    }


def _hours(tenant: Tenant) -> "shapes.BusinessHours":
    hours = hours_json(tenant.settings.business_hours)
    return {"version": tenant.settings.version, **cast("shapes.StoredBusinessHours", hours)}


def _workflows(tenant: Tenant) -> "shapes.Workflows":
    return {"version": tenant.settings.version, "at_risk_alert": {"enabled": tenant.settings.at_risk_workflow}}


def _links(tenant: Tenant) -> "shapes.Links":
    links = cast("shapes.StoredLinks", dict(tenant.settings.links))
    return {"version": tenant.settings.version, **links}


_replaces: Final = partial(endpoint, "PUT", permission="settings.write", headers=(IF_MATCH,), etag=True)
"""Declares a route that replaces one of the settings resources, which share one version."""


def _put(request: Request, note: str | None, change: Callable[[Settings], Settings]) -> Tenant:
    caller = request.caller
    return application().settings_editor.replace(caller.tenant, request.header(IF_MATCH), change, note, caller.author)


@endpoint("GET", "/settings/health-score", permission="settings.read", etag=True)
def get_scoring_settings(request: Request) -> "shapes.ScoringSettings":
    """The scoring settings."""
    return _scoring(application().settings.current(request.tenant))


@_replaces("/settings/health-score", body="settings.ScoringSettingsBody")
def replace_scoring_settings(request: Request, body: "ScoringSettingsBody") -> "shapes.ScoringSettings":
    """Replaces the scoring settings; they apply to future calculations."""
    caller = request.caller
    tenant = application().scoring_settings.replace(
        caller.tenant,
        request.header(IF_MATCH),
        body.settings(),
        body.note,
        caller.author,
        lambda error: log_failure("fallback addresses are not subscribed yet", error, tenant_id=caller.tenant),
    )
    return _scoring(tenant)


@endpoint("GET", "/settings/business-hours", permission="settings.read", etag=True)
def get_business_hours(request: Request) -> "shapes.BusinessHours":
    """The business hours, in the tenant's zone."""
    return _hours(application().settings.current(request.tenant))


@_replaces("/settings/business-hours", body="settings.BusinessHoursBody")
def replace_business_hours(request: Request, body: "BusinessHoursBody") -> "shapes.BusinessHours":
    """Replaces the business hours.

    Intervals are `[from, to]` in the tenant's zone; one that ends before it starts crosses midnight, and `24:00` is
    the end of a day.
    """
    hours = body.hours()
    return _hours(_put(request, body.note, lambda held: replace(held, business_hours=hours)))


@endpoint("GET", "/settings/workflows", permission="settings.read", etag=True)
def get_workflows(request: Request) -> "shapes.Workflows":
    """The workflows."""
    return _workflows(application().settings.current(request.tenant))


@_replaces("/settings/workflows", body="settings.WorkflowsBody")
def replace_workflows(request: Request, body: "WorkflowsBody") -> "shapes.Workflows":
    """Replaces the workflows."""
    enabled = body.at_risk_alert.enabled
    return _workflows(_put(request, body.note, lambda held: replace(held, at_risk_workflow=enabled)))


@endpoint("GET", "/settings/links", permission="settings.read", etag=True)
def get_links(request: Request) -> "shapes.Links":
    """The addresses of the tenant's own systems, by type of record.

    `GET /v1/clients/{client_id}/records` answers them with the ids put in, percent-encoded.
    """
    return _links(application().settings.current(request.tenant))


@_replaces("/settings/links", body="settings.LinksBody")
def replace_links(request: Request, body: "LinksBody") -> "shapes.Links":
    """Replaces the addresses of the tenant's own systems."""
    links = body.links()
    return _links(_put(request, body.note, lambda held: replace(held, links=links)))


@endpoint("GET", "/settings/versions", permission="settings.read", query=(LIMIT, CURSOR))
def list_settings_versions(request: Request) -> "shapes.SettingsVersionList":
    """All versions of the settings, newest first."""
    limit, cursor, app = request.query[LIMIT], request.query[CURSOR], application()
    scope = request.query.scope(request.tenant, "settings/versions")
    newest = None if cursor is None else app.cursors.read(scope, cursor)[0]
    found = app.settings.changes(request.tenant, newest, limit + 1)
    more = found[limit:]
    return {
        "items": list(map(_change, found[:limit])),
        "next_cursor": app.cursors.sign(scope, [more[0].version]) if more else None,
    }


@endpoint("GET", "/settings/versions/{version}", permission="settings.read")
def get_settings_version(request: Request, version: int) -> "shapes.SettingsVersion":
    """One version, whole."""
    change, settings = application().settings.change(request.tenant, version)
    return {**_change(change), **cast("shapes.StoredSettings", settings_json(settings))}


def _change(change: SettingsChange) -> "shapes.SettingsVersionEntry":
    return {
        "version": change.version,
        "changed_at": format_instant(change.changed_at),
        "changed_by": change.changed_by,
        "changed_by_name": change.changed_by_name,
        "note": change.note,
        "changes": cast("Any", list(change.changes)),
    }


@endpoint("POST", "/settings/health-score/preview", permission="settings.read", body="settings.PreviewBody")
def preview_scoring_settings(request: Request, body: "PreviewBody") -> "shapes.Preview":
    """What other settings would make of the scores: of the sample account, of one client, of the portfolio.

    Stores nothing. With `client_id` it previews that client, with `scope: portfolio` all scored clients, else a sample
    account: 1 open P1/P2 ticket 2 days old, CSAT/NPS 85 points, hours 12 % over budget, QBR 100 days ago,
    decision-maker 45 days ago, stack 75, oldest overdue invoice 10 days, variance 5 %, headcount flat. Scores are those
    of model `weighted`. What `GET /v1/settings/health-score` answers can be sent as `settings`, edited.
    """
    settings, previews = body.settings.settings(), application().previews
    if body.scope is not None:
        return _portfolio_preview(previews.portfolio(request.tenant, settings))
    if body.client_id is not None:
        tenant, pair, points = previews.client(request.tenant, RecordId(body.client_id), settings)
        return _pair(tenant, pair, points, settings, tenant.sources_seen)
    tenant, pair = previews.sample(request.tenant, settings)
    return _pair(tenant, pair, SAMPLE_POINTS, settings, SAMPLE_SOURCES)


def _pair(tenant: Tenant, pair: Pair, points: Points, after: ScoringSettings, seen: Any) -> "shapes.ScorePreview":
    before = tenant.settings.scoring
    return {
        "before": weighted_result_json(points, pair.before, before, before.connected(seen)),
        "after": weighted_result_json(points, pair.after, after, after.connected(seen)),
    }


def _portfolio_preview(found: PortfolioPreview) -> "shapes.PortfolioPreview":
    return {
        "bands": {"before": _band_counts(found.bands_before), "after": _band_counts(found.bands_after)},
        "average": {"before": found.average_before, "after": found.average_after},
        "crossing": list(map(_move, found.crossing[:LISTED])),
        "crossing_total": len(found.crossing),
        "biggest_movers": list(map(_move, found.movers[:LISTED])),
        "biggest_movers_total": len(found.movers),
        "alerts": {"count": len(found.alerting), "clients": list(map(_move, found.alerting[:LISTED]))},
    }


def _band_counts(counts: Mapping[str, int]) -> "shapes.PreviewBandCounts":
    return cast("shapes.PreviewBandCounts", {band: counts[band] for band in (*BAND_NAMES["weighted"], INSUFFICIENT)})


def _move(move: Move) -> "shapes.PreviewMove":
    return {
        "client_id": move.client_id,
        "name": move.name,
        "from_band": move.from_band,
        "to_band": move.to_band,
        "from": move.from_score,
        "to": move.to_score,
    }
