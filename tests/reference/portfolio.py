"""All clients of a tenant at one instant: the Client Health page and the health dashboard."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.deduction import RISK_INDICATORS
from tests.reference.history import month_over_month
from tests.reference.inputs import (
    Record,
    average,
    folded,
    folded_industry,
    folded_name,
    local_date,
    rounded,
    truncated,
)
from tests.reference.scoring import resolved_sources, score_client

STATUSES = ("HEALTHY", "AT_RISK", "CRITICAL")
BANDS = ("GREEN", "YELLOW", "RED")
Row = Mapping[str, Any]


def share(count: int, total: int) -> Decimal:
    """Three decimals; of nothing: 0."""
    return rounded(Fraction(count, total), 3) if total else Decimal("0.000")


def score_fleet(
    records: Sequence[Record],
    settings: Mapping[str, Any],
    business_hours: Mapping[str, Any],
    time_zone: str,
    as_of: datetime,
    connected_sources: Set[str],
    period_days: int = 30,
) -> list[tuple[Record, dict[str, Any]]]:
    """The scored clients with their results, by name, then id."""
    clients = sorted((record for record in records if record["type"] == "client"), key=folded_name)
    found = []
    for client in clients:
        own = [client] + [record for record in records if record.get("client_id") == client["id"]]
        result = score_client(
            own, client["id"], settings, business_hours, time_zone, as_of, connected_sources, period_days
        )
        if result["scored"]:
            found.append((client, result))
    return found


def sort_table(rows: Sequence[Row], column: str = "score", order: str = "asc", currency: str = "EUR") -> list[Row]:
    """By one column, nulls last in both orders; ties by name, then id, always ascending."""

    def value(row: Row) -> Any:
        if column == "revenue":
            return row["revenue"].get(currency)
        if column == "name":
            return folded(row["name"])
        if column == "status":
            return ("CRITICAL", "AT_RISK", "HEALTHY").index(row["status"])
        return row[column]

    by_name = sorted(rows, key=lambda row: (folded(row["name"]), row["client_id"]))
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return sorted(known, key=value, reverse=order == "desc") + unknown


def fleet(
    records: Sequence[Record],
    settings: Mapping[str, Any],
    business_hours: Mapping[str, Any],
    time_zone: str,
    as_of: datetime,
    period_days: int = 30,
    stored_days: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """The Client Health page. `stored_days`: see `history.month_over_month`, for model `deduction`."""
    as_of = truncated(as_of)
    sources = resolved_sources(records, settings)
    scored = score_fleet(records, settings, business_hours, time_zone, as_of, sources, period_days)
    rows = sort_table(
        [
            {
                "client_id": client["id"],
                "name": client["name"],
                "status": result["deduction"]["status"],
                "score": result["deduction"]["score"],
                "tickets": result["deduction"]["tickets"],
                "tickets_change": result["deduction"]["tickets_change"],
                "open_tickets": result["deduction"]["open_tickets"],
                "overdue_tickets": result["deduction"]["overdue_tickets"],
                "average_first_response_hours": result["deduction"]["average_first_response_hours"],
                "revenue": result["deduction"]["revenue"],
                "days_since_last_activity": result["deduction"]["days_since_last_activity"],
            }
            for client, result in scored
        ]
    )
    counts = {status: sum(row["status"] == status for row in rows) for status in STATUSES}
    indicators_of = {client["id"]: result["risk_indicators"] for client, result in scored}
    indicators = []
    for code, label in RISK_INDICATORS.items():
        matches = [row for row in rows if code in indicators_of[row["client_id"]]]
        if matches:
            named = [{"client_id": row["client_id"], "name": row["name"]} for row in matches[:5]]
            indicators.append({"code": code, "label": label, "count": len(matches), "clients": named})

    monthly = scored
    if period_days != 30:  # month over month always uses 30 days
        monthly = score_fleet(records, settings, business_hours, time_zone, as_of, sources, 30)
    return {
        "summary": {
            "total": len(rows),
            "healthy": counts["HEALTHY"],
            "at_risk": counts["AT_RISK"],
            "critical": counts["CRITICAL"],
        },
        "average_score": average(row["score"] for row in rows),
        "average_score_change": month_over_month(
            [result["deduction"]["score"] for _, result in monthly],
            stored_days or {},
            local_date(as_of, time_zone),
            settings["version"],
        ),
        "distribution": [
            {"status": status, "count": counts[status], "share": share(counts[status], len(rows))}
            for status in STATUSES
        ],
        "risk_indicators": indicators,
        "clients": rows,
    }


def portfolio(
    records: Sequence[Record],
    settings: Mapping[str, Any],
    business_hours: Mapping[str, Any],
    time_zone: str,
    as_of: datetime,
    model: str = "weighted",
) -> dict[str, Any]:
    """Bands, averages and recurring revenue of one model over 30 days; shares are of clients with a score."""
    as_of = truncated(as_of)
    sources = resolved_sources(records, settings)
    scored = score_fleet(records, settings, business_hours, time_zone, as_of, sources)
    key, names = ("status", STATUSES) if model == "deduction" else ("band", BANDS)
    all_results = [(client, result[model]) for client, result in scored]
    results = [(client, result) for client, result in all_results if result["score"] is not None]

    by_industry: dict[str, list[int]] = {}
    for client, result in results:
        industry = folded_industry(client.get("industry"))
        if industry is not None:
            by_industry.setdefault(industry, []).append(result["score"])

    revenue: dict[tuple[str, str], Decimal] = {}
    for client, result in all_results:
        money = client.get("monthly_recurring_revenue")
        if money:
            place = (result[key], money["currency"])
            revenue[place] = revenue.get(place, Decimal(0)) + Decimal(str(money["amount"]))

    bands = []
    for name in names:
        count = sum(result[key] == name for _, result in results)
        bands.append({"band": name, "count": count, "share": share(count, len(results))})
    return {
        "bands": bands,
        "average_score": average(result["score"] for _, result in results),
        "insufficient_data": len(all_results) - len(results),
        "average_by_industry": [
            {"industry": industry, "clients": len(scores), "average_score": average(scores)}
            for industry, scores in sorted(by_industry.items())
        ],
        "revenue_by_band": revenue,
    }
