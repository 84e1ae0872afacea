"""One client at one instant: both models, risk indicators and data quality."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from tests.reference.deduction import score_deduction
from tests.reference.inputs import (
    SIGNAL_SOURCE,
    SOURCE_OF_RECORD_TYPE,
    Record,
    Settings,
    client_record,
    client_since,
    exact,
    facts,
    folded_industry,
    instant,
    is_scored,
    known_by_date,
    known_by_instant,
    known_tickets,
    local_date,
    optional_instant,
    truncated,
)
from tests.reference.weighted import (
    completed_qbrs,
    decision_maker_contacts,
    is_stale,
    newest_assessment,
    score_weighted,
)


def auto_sources(records: Sequence[Record]) -> set[str]:
    """The sources of which a record was ever stored, whatever its date, client or deletion."""
    kinds = {record["type"] for record in records}
    found = {source for kind, source in SOURCE_OF_RECORD_TYPE.items() if kind in kinds}
    return found | {"tickets"} if "ticket" in kinds else found


def resolved_sources(records: Sequence[Record], settings: Settings) -> set[str]:
    """The setting `sources`: an explicit list, or `auto`. Tickets cannot be selected: there are some or none."""
    found = auto_sources(records)
    return found if settings["sources"] == "auto" else set(settings["sources"]) | (found & {"tickets"})


def resolved_primary_model(settings: Settings, connected_sources: Set[str]) -> str:
    """`auto`: weighted when the weights of the connected sources reach 70."""
    if settings["primary_model"] != "auto":
        return str(settings["primary_model"])
    connected = sum(
        exact(settings["weights"][signal]) for signal, source in SIGNAL_SOURCE.items() if source in connected_sources
    )
    return "weighted" if connected >= 70 else "deduction"


def data_quality(records: Sequence[Record], client_id: str, time_zone: str, as_of: datetime) -> list[dict[str, str]]:
    """Findings that name their record, sorted by code, then record id."""
    today = local_date(as_of, time_zone)
    client = client_record(records, client_id)
    findings: list[tuple[str, str, str]] = []

    for ticket in known_tickets(records, client_id, as_of):
        created = instant(ticket["created_at"])
        answered = optional_instant(ticket, "first_response_at")
        closed = optional_instant(ticket, "closed_at")
        if answered is not None and (created - answered).total_seconds() > 60:
            findings.append(("answered_before_creation", "ticket", ticket["id"]))
        if closed is not None and (created - closed).total_seconds() > 60:
            findings.append(("closed_before_creation", "ticket", ticket["id"]))

    touchpoints = known_by_instant(facts(records, client_id, "touchpoint"), "occurred_at", as_of)
    if not decision_maker_contacts(completed_qbrs(records, client_id, today), touchpoints, time_zone):
        findings.append(("no_decision_maker_contact", "client", client_id))
    if not client.get("account_manager_id"):
        findings.append(("no_account_manager", "client", client_id))
    if folded_industry(client.get("industry")) is None:
        findings.append(("no_industry", "client", client_id))
    if client_since(client) is None:
        findings.append(("no_client_since", "client", client_id))

    assessment = newest_assessment(known_by_date(facts(records, client_id, "assessment"), "completed_on", today))
    if assessment is not None and is_stale(assessment, today):
        findings.append(("stale_assessment", "assessment", assessment["id"]))

    return [{"code": code, "record_type": kind, "record_id": found} for code, kind, found in sorted(findings)]


def score_client(
    records: Sequence[Mapping[str, Any]],
    client_id: str,
    settings: Mapping[str, Any],
    business_hours: Mapping[str, Any],
    time_zone: str,
    as_of: datetime,
    connected_sources: Set[str],
    period_days: int = 30,
) -> dict[str, Any]:
    """Both models of one client; unscored: both null and no indicators, data quality all the same."""
    as_of = truncated(as_of)
    scored = is_scored(client_record(records, client_id), local_date(as_of, time_zone))
    quality = data_quality(records, client_id, time_zone, as_of)
    if not scored:
        return {
            "scored": False,
            "deduction": None,
            "weighted": None,
            "risk_indicators": [],
            "data_quality": quality,
        }
    ticket_source = "tickets" in connected_sources
    deduction = score_deduction(
        records, client_id, settings, business_hours, time_zone, as_of, period_days, ticket_source
    )
    indicators = deduction.pop("risk_indicators")
    return {
        "scored": True,
        "deduction": deduction,
        "weighted": score_weighted(records, client_id, settings, time_zone, as_of, connected_sources),
        "risk_indicators": indicators,
        "data_quality": quality,
    }
