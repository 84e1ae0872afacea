"""The health dashboard and the account list."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.api.documents import change_document, score_document, trend_direction
from chalicelib.api.endpoint import Request, endpoint
from chalicelib.api.paging import page_of_rows
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.deduction import STATUS_LABELS
from chalicelib.domain.facts import Money
from chalicelib.domain.history import mean
from chalicelib.domain.portfolio import (
    BAND_NAMES,
    INSUFFICIENT,
    DayFigures,
    Declining,
    ModelSummary,
)
from chalicelib.domain.records import money_json
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.rounding import clamp, decimal_places
from chalicelib.domain.settings import MODELS, Model
from chalicelib.domain.text import industry_key, name_key, search_key
from chalicelib.domain.times import format_day, format_instant
from chalicelib.domain.weighted import BAND_LABELS

blueprint = Blueprint(__name__)

Document = dict[str, Any]

CLIENT_STATUSES: Final = ("ACTIVE", "AT_RISK", "INACTIVE", "CHURNED")
_LABELS: Final[dict[str, str]] = dict([*STATUS_LABELS.items(), *BAND_LABELS.items()])


@endpoint(blueprint, "GET", "/analytics/portfolio", permission="reports.read")
def portfolio(request: Request) -> Document:
    """The health dashboard as of the last fleet summary."""
    query = Query(request.query, ("model",))
    found = application().portfolios.portfolio(request.tenant, query.optional_choice("model", MODELS))
    held = ModelSummary() if found.summary is None else found.summary.models[found.model]
    bands = BAND_NAMES[found.model]
    return {
        "model": found.model,
        "computed_at": None if found.summary is None else format_instant(found.summary.as_of),
        "bands": [_band(band, held) for band in bands],
        "average_score": mean(held.n, held.total),
        "average_score_change": change_document(found.change),
        "insufficient_data": held.bands.get(INSUFFICIENT, 0),
        "fastest_declining": list(map(_declining, held.declining)),
        "average_by_industry": [
            {"industry": industry.name, "clients": industry.n, "average_score": mean(industry.n, industry.total)}
            for industry in held.industries.values()
        ],
        "trend": [_trend_point(found.model, day) for day in found.trend],
        "revenue_by_band": [
            {
                "band": band,
                "currency": currency,
                "monthly_recurring_revenue": money_json(Money(currency, amount))["amount"],
            }
            for band in (*bands, INSUFFICIENT)
            for (of_band, currency), amount in held.revenue.items()
            if of_band == band
        ],
    }


def _band(band: str, held: ModelSummary) -> Document:
    count = held.bands.get(band, 0)
    share = decimal_places(count, held.n, 3) if held.n else Decimal(0)
    return {"band": band, "label": _LABELS[band], "count": count, "share": share}


def _declining(row: Declining) -> Document:
    return {**row._asdict(), "projected_score": clamp(row.score + row.velocity)}


def _trend_point(model: Model, day: DayFigures) -> Document:
    figures = day.models[model]
    return {
        "date": format_day(day.date),
        "average_score": mean(figures.n, figures.total),
        "bands": dict(zip(BAND_NAMES[model], figures.bands, strict=True)),
    }


def _columns(model: Model, currency: str) -> dict[str, Callable[[CurrentRow], Any]]:
    """What each column of the account list sorts by; revenue in the tenant's currency, bands worst first."""
    severity = {band: place for place, band in enumerate(reversed(BAND_NAMES[model]))}

    def revenue(row: CurrentRow) -> int | None:
        money = row.client.monthly_recurring_revenue
        return money.amount if money is not None and money.currency == currency else None

    return {
        "name": lambda row: name_key(row.client.name),
        "industry": lambda row: industry_key(row.client.industry),
        "account_manager_id": lambda row: row.client.account_manager_id,
        "status": lambda row: row.client.effective_status,
        "score": lambda row: row.score(model),
        "band": lambda row: severity.get(score_document(model, row)["band"]),
        "monthly_recurring_revenue": revenue,
        "open_alerts": lambda row: row.alerts.open_count,
        "score_trend": lambda row: row.velocity(model).points,
    }


@endpoint(blueprint, "GET", "/clients", permission="clients.read")
def accounts(request: Request) -> Document:
    """The account list; with `status` or `archived` it shows unscored clients too."""
    query = Query(
        request.query,
        (
            *("model", "band", "industry", "account_manager_id", "q", "status", "archived"),
            *("columns", "sort", "order", "limit", "cursor"),
        ),
    )
    tenant, rows = application().portfolios.rows(request.tenant)
    model: Model = query.optional_choice("model", MODELS) or tenant.primary_model
    columns = _columns(model, tenant.currency)
    sort = query.choice("sort", columns, "name")
    descending = query.choice("order", ("asc", "desc"), "asc") == "desc"
    with_trend = query.optional_choice("columns", ("score_trend",)) is not None
    scope = query.scope(request.tenant, "clients", model)
    cursor, cursors = query.cursor(), application()
    matching = list(_matching(rows, query, model))
    page, following = page_of_rows(
        matching,
        columns[sort],
        lambda row: (name_key(row.client.name), row.client.id),
        descending=descending,
        limit=query.limit(),
        place=None if cursor is None else cursors.cursors.read(scope, cursor),
    )
    return {
        "items": [_account(model, row, with_trend=with_trend) for row in page],
        "total": len(matching),
        "next_cursor": None if following is None else cursors.cursors.sign(scope, following),
    }


def _matching(rows: Iterable[CurrentRow], query: Query, model: Model) -> Iterable[CurrentRow]:
    """The rows that the filters let through; unscored ones only where status or archived is asked for."""
    bands = query.choices("band", (*BAND_NAMES[model], INSUFFICIENT))
    industries, text = set(map(industry_key, query.texts("industry"))), search_key(query.text("q") or "")
    managers = query.record_ids("account_manager_id")
    statuses = query.choices("status", CLIENT_STATUSES)
    archived = query.optional_choice("archived", ("true", "false"))
    for row in rows:
        client = row.client
        if row.evaluation is None and statuses is None and archived is None:
            continue
        if (
            (statuses is None or client.effective_status in statuses)
            and archived in (None, "true" if client.archived else "false")
            and (bands is None or score_document(model, row)["band"] in bands)
            and (not industries or industry_key(client.industry) in industries)
            and (managers is None or client.account_manager_id in managers)
            and text in search_key(client.name)
        ):
            yield row


def _account(model: Model, row: CurrentRow, *, with_trend: bool) -> Document:
    client, score = row.client, score_document(model, row)
    money = client.monthly_recurring_revenue
    document = {
        "client_id": client.id,
        "name": client.name,
        "industry": client.industry,
        "account_manager_id": client.account_manager_id,
        "status": client.effective_status,
        "score": score["score"],
        "band": score["band"],
        "provisional": score["provisional"],
        "monthly_recurring_revenue": None if money is None else money_json(money),
        "open_alerts": row.alerts.open_count,
    }
    if with_trend:
        document["score_trend"] = trend_direction(row.velocity(model))
    return document
