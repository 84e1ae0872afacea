"""Which records each signal and factor counts now (api.md, Routes): chosen by the code that scores."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.domain import weighted
from chalicelib.domain.deduction import FACTORS, is_active, newest_row, open_ticket_rows, overdue_rows
from chalicelib.domain.facts import Facts, Qbr
from chalicelib.domain.moment import DEFAULT_PERIOD, SECONDS_PER_DAY, Moment
from chalicelib.domain.settings import SIGNALS, ScoringSettings

COMPONENTS: Final = (*SIGNALS, *FACTORS)
"""What a score is made of: signals and factors, by name."""

Counted = Mapping[str, frozenset[str]]
"""Ids by type of record."""


class _Scored(NamedTuple):
    """What all components are chosen from."""

    facts: Facts
    open_rows: Sequence[int]
    moment: Moment

    def tickets(self, rows: Iterable[int]) -> Counted:
        return {"ticket": frozenset(self.facts.tickets.id[row] for row in rows)}

    @property
    def window(self) -> range:
        """The rows of the tickets of the period that scores are made of."""
        created = self.facts.tickets.created
        end = bisect_left(created, self.moment.as_of)
        return range(bisect_left(created, self.moment.windows[DEFAULT_PERIOD].start, hi=end), end)


def counted(component: str, facts: Facts, settings: ScoringSettings, moment: Moment) -> Counted:
    """The records of a client that a signal or factor counts at a moment, whether or not its source is connected.

    What it is compared with does not belong to it: the window before (survey trend, ticket volume), nor does what is
    paid. A component without data counts none. Raises KeyError for what is no component.
    """
    open_rows = open_ticket_rows(facts.tickets, moment.as_of, settings.ticket_open_until)
    return _CHOICES[component](_Scored(facts, open_rows, moment))


def _records(record_type: str, rows: Iterable[Any]) -> Counted:
    return {record_type: frozenset(row.id for row in rows if row is not None)}


def _surveys(scored: _Scored) -> Counted:
    facts, moment = scored.facts, scored.moment
    chosen = []
    for kind in weighted.SURVEY_SCALES:
        level = weighted.survey_level(facts.surveys, kind, moment)
        if level is not None:
            start = moment.as_of - level.days * SECONDS_PER_DAY
            chosen += [s for s in facts.surveys if s.kind == kind and start <= s.responded < moment.as_of]
    return _records("survey", chosen)


def _contact(scored: _Scored) -> Counted:
    contact = weighted.last_contact(scored.facts, scored.moment)
    if contact is None:
        return {}
    row = contact[0]
    return _records("qbr" if isinstance(row, Qbr) else "touchpoint", [row])


def _answered(scored: _Scored) -> Counted:
    answers = scored.facts.tickets.first_response
    return scored.tickets(row for row in scored.window if answers[row] < scored.moment.as_of)


def _newest_ticket(scored: _Scored) -> Counted:
    row = newest_row(scored.facts.tickets, scored.moment.as_of)
    return scored.tickets([] if row is None else [row])


_CHOICES: Final[Mapping[str, Callable[[_Scored], Counted]]] = {
    "open_p1_p2_tickets": lambda s: s.tickets(weighted.urgent_rows(s.facts.tickets, s.open_rows)),
    "csat_nps_trend": _surveys,
    "billable_utilization": lambda s: _records("billable_month", weighted.budgeted_months(s.facts, s.moment)),
    "days_since_qbr": lambda s: _records("qbr", [weighted.last_qbr(s.facts.qbrs, s.moment.today)]),
    "days_since_decision_maker_contact": _contact,
    "stack_standardization": lambda s: _records("assessment", [weighted.newest_assessment(s.facts, s.moment)]),
    "payment_health": lambda s: _records(
        "invoice", weighted.past_due(weighted.billed_invoices(s.facts.invoices, s.moment.today), s.moment.today)
    ),
    "contract_utilization_variance": lambda s: _records(
        "reconciliation", [weighted.newest_reconciliation(s.facts, s.moment)]
    ),
    "employee_growth": lambda s: _records("headcount", weighted.compared_headcounts(s.facts, s.moment) or ()),
    "ticket_volume": lambda s: s.tickets(s.window),
    "first_response": _answered,
    "overdue_tickets": lambda s: s.tickets(overdue_rows(s.facts.tickets, s.open_rows, s.moment.as_of)),
    "open_tickets": lambda s: s.tickets(s.open_rows),
    "inactivity": _newest_ticket,
    "active_contract": lambda s: _records("contract", [c for c in s.facts.contracts if is_active(c, s.moment.today)]),
}
