"""Stored sources: tickets are told apart, and what the first builds wrote counts as having them."""

from itertools import combinations

import pytest

from chalicelib.adapters.dynamodb.sources import known_seen, known_sources, stored_seen, stored_sources
from chalicelib.domain.settings import REMEMBERED_SOURCES, SOURCES, TICKETS

SUBSETS = [chosen for size in range(9) for chosen in combinations(REMEMBERED_SOURCES, size)]


def test_sources_of_a_result_come_back() -> None:
    assert [known_sources(stored_sources(chosen)) for chosen in SUBSETS] == SUBSETS


def test_a_result_with_tickets_is_stored_as_the_first_builds_did() -> None:
    assert stored_sources(REMEMBERED_SOURCES) == list(SOURCES)


@pytest.mark.parametrize("stored", [[], ["psa"], ["accounting", "headcount"]])
def test_results_of_the_first_builds_were_scored_with_tickets(stored: list[str]) -> None:
    assert known_sources(stored) == (*stored, TICKETS)


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        pytest.param([{"psa", TICKETS}], {"psa", TICKETS}, id="a ticket"),
        pytest.param([{"psa"}], {"psa"}, id="a survey"),
        pytest.param([{"psa"}, {TICKETS}], {"psa", TICKETS}, id="a survey, then a ticket"),
        pytest.param([{"psa", TICKETS}, {"psa"}], {"psa", TICKETS}, id="a ticket, then a survey that raced it"),
        pytest.param([{"accounting"}], {"accounting"}, id="an invoice"),
        pytest.param([], set(), id="nothing"),
    ],
)
def test_what_a_tenant_was_seen_to_have_comes_back(steps: list[set[str]], seen: set[str]) -> None:
    stored: set[str] = set()
    for step in steps:
        stored |= stored_seen(step)

    assert known_seen(stored) == seen


def test_psa_as_the_first_builds_saw_it_counts_as_having_tickets() -> None:
    assert known_seen({"psa", "qbr"}) == {"psa", "qbr", TICKETS}
    assert known_seen({"qbr"}) == {"qbr"}
