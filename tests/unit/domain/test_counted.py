"""Which records a signal or factor counts: they alone give its value, and none of them is too many."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamodb.fact_codec import FACTS_FIELDS
from chalicelib.domain import weighted
from chalicelib.domain.counted import COMPONENTS, counted
from chalicelib.domain.deduction import FACTORS, open_ticket_rows
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, evaluate
from chalicelib.domain.facts import Facts, Instant, Tickets
from chalicelib.domain.moment import Moment
from chalicelib.domain.settings import REMEMBERED_SOURCES, SIGNALS, ScoringSettings
from chalicelib.domain.settings_resources import scoring_settings
from tests.unit.domain.builders import AS_OF, DAY, NOW, TODAY, facts, ticket
from tests.unit.domain.random_portfolio import Generator, facts_by_client, hours_of

SEEDS: Final = range(12)

Chosen = Mapping[str, frozenset[str]]


@cache
def cases() -> list[tuple[Facts, ScoringSettings, Moment]]:
    """Clients of random portfolios."""
    found = []
    for portfolio in (Generator(seed).portfolio() for seed in SEEDS):
        moment = Moment.at(Instant(int(portfolio.as_of.timestamp())), portfolio.zone, hours_of(portfolio))
        for each in facts_by_client(portfolio).values():
            active = each.client._replace(status="ACTIVE", archived=False)
            found.append((replace(each, client=active), scoring_settings(portfolio.settings), moment))
    return found


def only(held: Facts, chosen: Chosen, *, keep: bool = True) -> Facts:
    """The facts with just the chosen records of their types, or without these; all other types stay."""
    changed: dict[str, Any] = {}
    for name, ids in chosen.items():
        if name == "ticket":
            changed["tickets"] = Tickets.of(row for row in held.tickets.rows() if (row.id in ids) == keep)
        else:
            field = FACTS_FIELDS[name]
            changed[field] = [row for row in getattr(held, field) if (row.id in ids) == keep]
    return replace(held, **changed)


def reading(component: str, held: Facts, settings: ScoringSettings, moment: Moment) -> weighted.Reading:
    open_rows = open_ticket_rows(held.tickets, moment.as_of, settings.ticket_open_until)
    return weighted.readings(held, open_rows, moment)[SIGNALS.index(component)]


def evaluated(held: Facts, settings: ScoringSettings, moment: Moment) -> Any:
    client = held.client._replace(client_since=None)
    found = evaluate(replace(held, client=client), REMEMBERED_SOURCES, settings, moment)
    assert found is not None
    return found


FACTOR_MEASURES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ticket_volume": lambda found: found.activities[DEFAULT_PERIOD_INDEX].tickets,
    "first_response": lambda found: found.activities[DEFAULT_PERIOD_INDEX][2:4],
    "overdue_tickets": lambda found: found.standing.overdue_tickets,
    "open_tickets": lambda found: found.standing.open_tickets,
    "inactivity": lambda found: found.standing.inactivity_days,
    "active_contract": lambda found: found.standing.active_contracts,
}
"""What a factor is made of; of volume the half that is not its comparison."""


def measure(component: str, held: Facts, settings: ScoringSettings, moment: Moment) -> Any:
    if component in FACTORS:
        return FACTOR_MEASURES[component](evaluated(held, settings, moment))
    found = reading(component, held, settings, moment)
    # The trend of surveys compares with another window.
    return found.value if component == "csat_nps_trend" else found


def counts(component: str, held: Facts, settings: ScoringSettings, moment: Moment) -> int | None:
    """How many records the score itself says that it counts, where it does."""
    if component in FACTORS:
        found = FACTOR_MEASURES[component](evaluated(held, settings, moment))
        return None if component == "inactivity" else int(found[0] if component == "first_response" else found)
    found = reading(component, held, settings, moment)
    match component:
        case "open_p1_p2_tickets":
            return int(found.value)
        case "csat_nps_trend":
            return sum(int(level.responses) for _, level in found.facts)
        case "billable_utilization":
            return int(found.facts[2]) if found.facts else 0
        case "payment_health":
            return int(found.facts[0]) if found.facts else 0
        case "days_since_qbr" | "days_since_decision_maker_contact":
            return int(found.facts[0])
    return (2 if component == "employee_growth" else 1) if found.points is not None else 0


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_listed_makes_the_value(component: str) -> None:
    listed = 0
    for held, settings, moment in cases():
        chosen = counted(component, held, settings, moment)
        listed += sum(map(len, chosen.values()))
        if any(chosen.values()):
            assert measure(component, only(held, chosen), settings, moment) == measure(
                component, held, settings, moment
            )
            assert counted(component, only(held, chosen), settings, moment) == chosen
        else:
            assert counts(component, held, settings, moment) in (0, None)
    assert listed, "without any of them this proves nothing"


@pytest.mark.parametrize("component", COMPONENTS)
def test_as_many_are_listed_as_are_counted(component: str) -> None:
    for held, settings, moment in cases():
        said = counts(component, held, settings, moment)
        chosen = counted(component, held, settings, moment)
        if said is not None:
            assert sum(map(len, chosen.values())) == said


@pytest.mark.parametrize("component", ["open_p1_p2_tickets", "open_tickets", "overdue_tickets", "active_contract"])
def test_without_them_nothing_is_counted(component: str) -> None:
    for held, settings, moment in cases():
        chosen = counted(component, held, settings, moment)
        assert counts(component, only(held, chosen, keep=False), settings, moment) == 0


def test_edges_of_the_window_and_of_time() -> None:
    edge = AS_OF - 30 * DAY
    held = facts(
        [
            ticket(edge - 1, id="before", first_response=edge),
            ticket(edge, id="first", first_response=AS_OF - 1),
            ticket(AS_OF - 1, id="last", first_response=AS_OF),
            ticket(AS_OF, id="not yet"),
        ]
    )

    def ids(component: str) -> set[str]:
        return set(counted(component, held, ScoringSettings(), NOW).get("ticket", ()))

    assert ids("ticket_volume") == {"first", "last"}
    assert ids("first_response") == {"first"}
    assert ids("inactivity") == {"last"}
    assert ids("open_tickets") == {"before", "first", "last"}


def test_a_client_without_records_counts_none() -> None:
    held = facts(client_since=TODAY - 10)
    assert [
        component for component in COMPONENTS if any(counted(component, held, ScoringSettings(), NOW).values())
    ] == []


def test_what_is_no_part() -> None:
    with pytest.raises(KeyError):
        counted("mood", facts(), ScoringSettings(), NOW)
