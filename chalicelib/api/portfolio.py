"""The health dashboard and the account list."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.paging import page_of_rows
from chalicelib.api.parameters import (
    CURSOR,
    LIMIT,
    MANAGER,
    MODEL,
    NAME_CONTAINS,
    Query,
    any_of,
    choices,
    optional_choice,
    ordering,
    texts,
)
from chalicelib.api.responses import change_json, money_json, score_json, trend_direction
from chalicelib.bootstrap import application
from chalicelib.domain.deduction import STATUS_LABELS, STATUSES
from chalicelib.domain.facts import LIFECYCLE_STATUSES
from chalicelib.domain.fleet import BAND_NAMES, INSUFFICIENT, DayFigures, Declining, ModelSummary, band_for
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.records import amount_json
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.rounding import clamp, decimal_places, mean
from chalicelib.domain.settings import Model
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.text import industry_key, name_key, search_key
from chalicelib.domain.times import format_day, format_instant
from chalicelib.domain.weighted import BAND_LABELS, BANDS

if TYPE_CHECKING:
    from chalicelib.api.shapes import clients as clients_shapes
    from chalicelib.api.shapes import portfolio as shapes

blueprint = Blueprint(__name__)
analytics, clients = (partial(Route, blueprint, tag) for tag in ("Analytics", "Clients"))

_LABELS: Final[dict[str, str]] = dict([*STATUS_LABELS.items(), *BAND_LABELS.items()])


@analytics("GET", "/analytics/portfolio", permission="reports.read", query=(MODEL, MANAGER), scoped=True)
def get_portfolio(request: Request) -> "shapes.Portfolio":
    """The health dashboard as of the last fleet summary.

    A summary is made when a nightly run completes; before the first one `computed_at` is null and everything is empty.
    For model `deduction` the bands are its statuses.

    Of the clients of some account managers it is as of their current rows. Its trend, and what the average is compared
    with, are the sums over the clients that they had on each date: assigning clients changes no earlier date.
    """
    found = application().portfolios.portfolio(request.tenant, request.query[MODEL], request.query[MANAGER])
    held = found.summary
    bands = BAND_NAMES[found.model]
    return {
        "model": found.model,
        "computed_at": None if found.computed_at is None else format_instant(found.computed_at),
        "bands": [_band(band, held) for band in bands],
        "average_score": mean(held.n, held.total),
        "average_score_change": change_json(found.change),
        "insufficient_data": held.bands.get(INSUFFICIENT, 0),
        "fastest_declining": list(map(_declining, held.declining)),
        "average_by_industry": [
            {"industry": name, "clients": n, "average_score": decimal_places(total, n, 1)}
            for name, n, total in held.industries.values()
        ],
        "trend": [_trend_point(found.model, day) for day in found.trend],
        "revenue_by_band": [
            {"band": band, "currency": currency, "monthly_recurring_revenue": amount_json(amount)}
            for band in (*bands, INSUFFICIENT)
            for (of_band, currency), amount in held.revenue.items()
            if of_band == band
        ],
    }


def _band(band: str, held: ModelSummary) -> "shapes.BandShare":
    count = held.bands.get(band, 0)
    share = decimal_places(count, held.n, 3) if held.n else Decimal(0)
    return {"band": band, "label": _LABELS[band], "count": count, "share": share}


def _declining(row: Declining) -> "shapes.DecliningClient":
    return {
        "client_id": row.client_id,
        "name": row.name,
        "score": row.score,
        "velocity": row.velocity,
        "projected_score": clamp(row.score + row.velocity),
    }


def _trend_point(model: Model, day: DayFigures) -> "shapes.PortfolioTrendPoint":
    figures = day.models[model]
    return {
        "date": format_day(day.date),
        "average_score": mean(figures.n, figures.total),
        "bands": cast("shapes.StatusCounts", dict(zip(BAND_NAMES[model], figures.bands, strict=True))),
    }


def _columns(model: Model, currency: str) -> dict[str, Callable[[CurrentRow], Any]]:
    """What each column of the account list sorts by; revenue in the tenant's currency, bands worst first."""
    severity: dict[str | None, int] = {band: place for place, band in enumerate(reversed(BAND_NAMES[model]))}

    def revenue(row: CurrentRow) -> int | None:
        money = row.client.monthly_recurring_revenue
        return money.amount if money is not None and money.currency == currency else None

    return {
        "name": lambda row: name_key(row.client.name),
        "industry": lambda row: industry_key(row.client.industry),
        "account_manager_id": lambda row: row.client.account_manager_id,
        "status": lambda row: row.client.effective_status,
        "score": lambda row: row.score(model),
        "band": lambda row: severity.get(score_json(model, row)["band"]),
        "monthly_recurring_revenue": revenue,
        "open_alerts": lambda row: row.alerts.open_count,
        "score_trend": lambda row: row.velocity(model).points,
    }


BAND: Final = choices(
    "band",
    (*STATUSES, *BANDS, INSUFFICIENT),
    "Only clients in this band of the selected model: `HEALTHY`, `AT_RISK`, `CRITICAL` of `deduction`, `GREEN`, "
    "`YELLOW`, `RED` of `weighted`, `INSUFFICIENT_DATA` of either. A band of the other model is a 400.",
    "RED",
)
INDUSTRY: Final = texts("industry", "Only clients of this industry, in any case.", "Healthcare")
STATUS: Final = choices(
    "status", LIFECYCLE_STATUSES, "Only clients of this lifecycle status, unscored ones too.", "CHURNED"
)
ARCHIVED: Final = optional_choice(
    "archived", ("true", "false"), "Only archived clients or only others, unscored ones too.", "true"
)
COLUMNS: Final = optional_choice(
    "columns",
    ("score_trend", "worklist"),
    "Adds what is not there by default: `score_trend`; with `worklist` also `main_cost` and `week`.",
    "score_trend",
)
SORT, ORDER = ordering(tuple(_columns("deduction", "")), "name")


@clients(
    "GET",
    "/clients",
    permission="clients.read",
    query=(MODEL, BAND, INDUSTRY, MANAGER, NAME_CONTAINS, STATUS, ARCHIVED, COLUMNS, SORT, ORDER, LIMIT, CURSOR),
    scoped=True,
)
def list_clients(request: Request) -> "clients_shapes.AccountList":
    """The account list; with `status` or `archived` it shows unscored clients too.

    Without `status` and `archived` only scored clients are listed. `band` sorts the worst first,
    `monthly_recurring_revenue` by amounts in the tenant's currency.
    """
    app, query = application(), request.query
    worklist = query[COLUMNS] == "worklist"
    if worklist:
        tenant, rows, before = app.portfolios.worklist(request.tenant, query[MANAGER])
    else:
        tenant, rows = app.portfolios.rows(request.tenant, query[MANAGER])
        before = {}
    model = query[MODEL] or tenant.primary_model
    columns = _columns(model, tenant.currency)
    sort, descending, with_trend = query[SORT], query[ORDER] == "desc", query[COLUMNS] is not None
    scope = query.scope(request.tenant, "clients", model)
    cursor = query[CURSOR]
    matching = list(_matching(rows, query, model))
    page, following = page_of_rows(
        matching,
        columns[sort],
        lambda row: (name_key(row.client.name), row.client.id),
        descending=descending,
        limit=query[LIMIT],
        place=None if cursor is None else app.cursors.read(scope, cursor),
    )
    items = [_account(model, row, with_trend=with_trend) for row in page]
    if worklist:
        for account, row in zip(items, page, strict=True):
            _add_reasons(account, tenant, model, row, before.get(row.client.id))
    return {
        "items": items,
        "total": len(matching),
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


def _matching(rows: Iterable[CurrentRow], query: Query, model: Model) -> Iterable[CurrentRow]:
    """The rows that the filters let through; unscored ones only where status or archived is asked for."""
    bands = query.read(BAND, any_of("band", (*BAND_NAMES[model], INSUFFICIENT)))
    sent_industries, text = query[INDUSTRY], search_key(query[NAME_CONTAINS])
    industries = set(map(industry_key, sent_industries))
    statuses, archived = query[STATUS], query[ARCHIVED]
    for row in rows:
        client = row.client
        if row.evaluation is None and statuses is None and archived is None:
            continue
        if (
            (statuses is None or client.effective_status in statuses)
            and archived in (None, "true" if client.archived else "false")
            and (bands is None or score_json(model, row)["band"] in bands)
            and (not industries or industry_key(client.industry) in industries)
            and text in search_key(client.name)
        ):
            yield row


def _account(model: Model, row: CurrentRow, *, with_trend: bool) -> "clients_shapes.Account":
    client, score = row.client, score_json(model, row)
    money = client.monthly_recurring_revenue
    account: clients_shapes.Account = {
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
        account["score_trend"] = trend_direction(row.velocity(model))
    return account


def _add_reasons(
    account: "clients_shapes.Account",
    tenant: Tenant,
    model: Model,
    row: CurrentRow,
    before: tuple[Scores, Stamp] | None,
) -> None:
    """Adds what a worklist says of a client: what costs it most, and how it changed in a week."""
    from chalicelib.domain.worklist import main_cost, week_change

    scoring, score = tenant.settings.scoring, row.score(model)
    cost, change = main_cost(model, row, scoring), week_change(model, row, before, row.stamp.sources, scoring).points
    account["main_cost"] = (
        None if cost is None else {"id": cost.id, "label": cost.label, "points": cost.points, "sentence": cost.sentence}
    )
    account["week"] = None
    if score is not None and change is not None:
        then = clamp(score - change)
        account["week"] = {"points": change, "from_score": then, "from_band": band_for(model, then, row.stamp)}
